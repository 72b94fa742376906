"""What the outcome of training becomes in a report: its plan, and the candidates of tuned methods."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import mean
from typing import TYPE_CHECKING, Any

from regcmp.analysis.statistics import correction_ratio
from regcmp.analysis.testing import chosen_test
from regcmp.analysis.tuned import choice_notes
from regcmp.analysis.verdict import verdict
from regcmp.analysis.wording import drawn_of
from regcmp.results import TRIED_COLUMNS, frame

if TYPE_CHECKING:
    import pandas as pd

    from regcmp.analysis.testing import Test
    from regcmp.data.dataset import Dataset
    from regcmp.plan import Plan
    from regcmp.runs.collecting import Outcome
    from regcmp.runs.tuning import Tried


def plan_carried_out(plan: Plan, dataset: Dataset, outcome: Outcome, test: Test) -> dict[str, Any]:
    """The plan as a report has it: its options, and what was found out when it was carried out."""
    return plan.as_dict() | {
        "data": _data(dataset, outcome),
        "correction_ratio": correction(plan, dataset, outcome),
        "tested_by": test.name,
        "effective_rows": outcome.rows.effective_rows(plan.run_seeds),
        "other_networks": [str(each) for each in plan.methods if each.changes_network],
    }


def workers_elsewhere(outcome: Outcome) -> dict[str, Any]:
    """Under 'workers', the machines of other bits than this one's, each with its runs."""
    found: dict[str, dict[str, Any]] = {}
    for place, where in outcome.elsewhere.items():
        machine = {"machine": str(where), "numerics": where.numerics, "runs": []}
        found.setdefault(where.digest, machine)["runs"].append(list(place))
    return {"workers": list(found.values())}


def correction(plan: Plan, dataset: Dataset, outcome: Outcome) -> float:
    """What corrects for splits that share rows, by the rows as drawn; 0 where the split is held."""
    if "split" not in plan.protocol.vary:
        return 0.0
    if dataset.order is not None:  # a rolling origin, which trains on what comes before
        trained = mean(train + validated for train, validated, _ in outcome.sizes)
        return mean(tested for _, _, tested in outcome.sizes) / trained
    if plan.protocol.folds is not None:
        return 1 / (plan.protocol.folds - 1)
    return correction_ratio(dataset.n_rows, mean(tested for _, _, tested in outcome.sizes))


def test_of(plan: Plan, dataset: Dataset, outcome: Outcome) -> Test:
    """The test that differences are judged by."""
    ratio = correction(plan, dataset, outcome)
    return chosen_test(plan.protocol.significance_test, ratio, plan.run_seeds, outcome.rows)


def verdict_of(summary: pd.DataFrame, plan: dict[str, Any]) -> str:
    """The verdict on the summary of a plan that was carried out."""
    return verdict(
        summary,
        plan["baseline"],
        plan["seeds"],
        plan["vary"],
        plan["tested_by"],
        drawn_of(plan),
        plan["folds"] or 1,
    )


def tried_and_noted(summary: pd.DataFrame, plan: Plan, outcome: Outcome) -> pd.DataFrame:
    """The candidates of tuned methods, with what is to be noted of them added to the summary."""
    tried = frame((_tried_row(plan, each) for each in outcome.tried), TRIED_COLUMNS)
    for name, notes in choice_notes(tried, plan.methods, plan.protocol.tune).items():
        here = summary["method"] == name
        summary.loc[here, "note"] = "; ".join(filter(None, [*summary.loc[here, "note"], *notes]))
    return tried


def _tried_row(plan: Plan, each: Tried) -> dict[str, Any]:
    """A candidate's row, without its test score."""
    return {
        "dataset": plan.dataset,
        **{name: getattr(each, name) for name in ("method", "seed", "candidate", "setting")},
        "status": each.status,
        "epochs": each.epochs,
        "select_by": plan.protocol.select_by,
        "validation_score": each.score,
        "validation_loss": each.loss,
        "chosen": int(each.rank == 0),
    }


def ranked(tried: Iterable[Tried]) -> dict[str, list[list[float | None]]]:
    """The test scores of each row's candidates, seed by seed, the best on validation rows first."""
    places: dict[str, dict[int, list[Tried]]] = {}
    for each in tried:
        places.setdefault(each.method, {}).setdefault(each.seed, []).append(each)
    return {
        method: [
            [each.test for each in sorted(found, key=lambda each: each.rank)]
            for found in seeds.values()
        ]
        for method, seeds in places.items()
    }


def _data(dataset: Dataset, outcome: Outcome) -> dict[str, Any]:
    parts = dict(
        zip(("train", "validation", "test"), zip(*outcome.sizes, strict=True), strict=True)
    )
    ranges = {name: [min(sizes), max(sizes)] for name, sizes in parts.items()}
    varied = any(low < high for low, high in ranges.values())
    return dataset.describe() | {
        **{f"n_{name}": round(mean(sizes)) for name, sizes in parts.items()},
        "n_selection": outcome.n_selection,
        "sizes": ranges if varied else None,
    }

"""From runs to a summary: paired differences to the baseline, their intervals and p-values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from regcmp.analysis.endings import endings
from regcmp.analysis.statistics import EQUAL, MIN_PAIRS_FOR_P, Difference, holm, paired_t
from regcmp.analysis.testing import Pairs, Test
from regcmp.metrics import METRICS, Scores
from regcmp.numbers import count
from regcmp.results import (
    CONSTANT,
    REFERENCE_RUN,
    STOPS,
    SUMMARY_COLUMNS,
    UNDERFIT,
    frame,
    levels_of,
    plain_rows,
)


def summarize(runs: pd.DataFrame, baseline: str, metric: str, test: Test) -> pd.DataFrame:
    """One row per method of ``runs``, in their order, compared with ``baseline`` seed by seed."""
    columns = METRICS[metric]
    names = list(dict.fromkeys(runs["method"]))
    scores = {name: _scores(runs[runs["method"] == name], metric) for name in names}
    statuses = {name: list(runs["status"][runs["method"] == name]) for name in names}
    constant = {name: int(runs["constant"][runs["method"] == name].sum()) for name in names}
    dataset = runs["dataset"].iloc[0]
    sign = 1 if columns.higher_is_better else -1
    rows: list[dict[str, Any]] = [
        {"dataset": dataset, "method": name, "metric": metric}
        | _levels(scores[name])
        | _differences(name, baseline, scores, sign, test)
        for name in names
    ]
    bar = scores[baseline]["test"]
    for row, p in zip(rows, holm([row["p_value"] for row in rows]), strict=True):
        row["p_holm"] = p
        name = str(row["method"])
        underfit = is_underfit(sign * (scores[name]["train"] - bar), test.ratio)
        _judge(row, underfit, name == baseline)
        _mark_constant(row, constant[name])
        _mark_stopped(row, statuses[name])
        row["note"] = "; ".join([*row["note"], *endings(runs[runs["method"] == name], test.ratio)])
    return frame(rows, SUMMARY_COLUMNS)


def summarize_reference(
    name: str, kind: str, note: str, scores: Mapping[int, tuple[Scores, Scores]], metric: str
) -> dict[str, Any]:
    """What a report has of a reference with these scores, by seed, of training and test rows."""
    rows = [{"seed": seed} | levels_of(*each) for seed, each in scores.items()]
    runs = frame(rows, tuple(REFERENCE_RUN))
    levels = _levels(_scores(runs, metric))
    del levels["n_failed"]
    head = {"name": name, "kind": kind, "metric": metric}
    return head | levels | {"note": note, "runs": plain_rows(runs)}


def _scores(runs: pd.DataFrame, metric: str) -> pd.DataFrame:
    """The metric's scores by seed: train, test and gap."""
    columns = METRICS[metric]
    own = runs.set_index("seed")[[columns.train, columns.test, columns.gap]]
    return own.set_axis(["train", "test", "gap"], axis=1).astype(float)


def _levels(scores: pd.DataFrame) -> dict[str, Any]:
    done = scores.dropna()
    levels: dict[str, Any] = {"n": len(done), "n_failed": len(scores) - len(done)}
    for name in ("train", "test", "gap"):
        levels[f"{name}_mean"] = float(done[name].mean()) if len(done) else None
        levels[f"{name}_sd"] = float(done[name].std(ddof=1)) if len(done) > 1 else None
    return levels


def _differences(
    name: str, baseline: str, scores: dict[str, pd.DataFrame], sign: int, by: Test
) -> dict[str, object]:
    """The columns from delta_test to p_value, and what is to be said of them."""
    if name == baseline:
        return {"p_value": None, "note": ["baseline"]}
    pairs = (scores[name] - scores[baseline]).dropna()
    lost = len(scores[name]) - len(pairs)
    seeds = pairs.index.tolist()
    test = by.of(Pairs(name, baseline, seeds, pairs["test"].tolist()))
    gap = by.of(Pairs(name, baseline, seeds, pairs["gap"].tolist(), of_gaps=True))
    better = sign * pairs["test"]
    return {
        "delta_test": test.mean,
        "delta_test_low": test.low,
        "delta_test_high": test.high,
        "delta_gap": gap.mean,
        "delta_gap_low": gap.low,
        "delta_gap_high": gap.high,
        "wins": int((better > EQUAL).sum()) if test.n else None,
        "ties": int((better.abs() <= EQUAL).sum()) if test.n else None,
        "losses": int((better < -EQUAL).sum()) if test.n else None,
        "p_value": None if lost else test.p,
        "error": test.error,
        "error_floor": None if test.error is None else test.floor,
        "df": None if test.error is None else test.df,
        "p_gap": None if lost else gap.p,
        "note": _caveats(test, lost),
    }


def _caveats(test: Difference, lost: int) -> list[str]:
    notes = []
    if lost:
        notes.append(f"{lost} of {test.n + lost} pairs lost: no p-value")
    if test.n == 1:
        notes.append("1 pair: no estimate of uncertainty")
    elif test.all_equal:
        value = "0" if abs(test.mean or 0) <= EQUAL else "the same value"
        notes.append(f"all {test.n} differences in test score are {value}: no interval, no p-value")
    elif test.n == 2:
        notes.append("interval from 2 pairs only; no p-value below 5")
    elif 2 < test.n < MIN_PAIRS_FOR_P:
        notes.append(f"{test.n} pairs: no p-value below 5")
    return notes


def is_underfit(above: pd.Series, ratio: float) -> bool:
    """Whether training scores are worse than the baseline's test scores, by more than chance.

    ``above`` is how much better each seed's training score is, missing where a run was stopped. The
    95 % interval of its mean has to lie below zero, from as many pairs as a p-value needs. Without
    any spread the interval is the mean itself.
    """
    mean = paired_t(above.dropna(), ratio)
    high = mean.mean if mean.all_equal else mean.high
    return mean.n >= MIN_PAIRS_FOR_P and high is not None and high < -EQUAL


def _judge(row: dict[str, Any], underfit: bool, is_baseline: bool) -> None:
    """Set the status: 'ok' or 'underfit'."""
    row["status"] = "ok"
    if underfit:
        row["status"] = UNDERFIT
        whose = "its own" if is_baseline else "the baseline's"
        row["note"].append(f"underfit: its training score is worse than {whose} test score")


def _mark_constant(row: dict[str, Any], constant: int) -> None:
    """Say how many of the finished runs end in a network that answers the same for every row."""
    if not constant:
        return
    if 2 * constant > row["n"]:
        row["status"] = CONSTANT
    networks = f"{constant} of {count(row['n'], 'network')}"
    verb = "answers" if constant == 1 else "answer"
    row["note"].append(f"constant: {networks} {verb} the same for every row")


def _mark_stopped(row: dict[str, Any], statuses: list[str]) -> None:
    """Set the status to the gravest of stopped runs."""
    stopped = [name for name in STOPS if name in statuses]
    if stopped:
        row["status"] = stopped[0]
        row["note"][:0] = [f"{statuses.count(n)} of {len(statuses)} runs {n}" for n in stopped]

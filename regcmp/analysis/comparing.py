"""Two reports, method by method: what changed from the old to the new, and whether the seeds show it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from regcmp.analysis.statistics import EQUAL, MIN_PAIRS_FOR_P, holm, welch_t
from regcmp.analysis.testing import Pairs, Resampled, Test, chosen_test
from regcmp.errors import DataError
from regcmp.metrics import METRICS
from regcmp.option import AUTO
from regcmp.plan.protocol import TWO_WAY
from regcmp.results import DIFF_COLUMNS, Report, frame

SEEDS = ("seed", "seeds")
"""The words that say which seeds there are: those that both reports have are pairs."""
PAIRING = (
    *("vary", "test_size", "train_size", "folds", "groups", "order", "weight"),
    *("data.sha256", "data.given_test"),
)
"""The words that decide the split under each seed: where all agree, equal seeds are pairs.

Validation rows are taken from the training rows alone.
"""
DERIVED = ("methods", "correction_ratio", "tested_by", "effective_rows", "data.name", "reference")
"""What of two plans is not compared word by word: it stands in the table, follows from the rest, or
touches no method."""
ADDED, REMOVED, BOTH = "added", "removed", "both"


@dataclass(frozen=True)
class Change:
    """A word that two reports do not share; None where one of them lacks it."""

    word: str
    old: Any
    new: Any


@dataclass(frozen=True)
class Diff:
    """Two reports and their files, how their plans and versions differ, and a row per method."""

    old_file: str
    new_file: str
    old: Report
    new: Report
    seeds: tuple[int, ...]
    """Those that are pairs; none where the reports are not paired."""
    test: str
    """The test of paired differences."""
    changes: tuple[Change, ...]
    table: pd.DataFrame

    @property
    def paired(self) -> bool:
        """Whether differences are those of equal seeds."""
        return bool(self.seeds)


def diff_reports(old_file: str, old: Report, new_file: str, new: Report) -> Diff:
    """Compare two reports. Raises DataError where they can't be, naming the file."""
    for file, report in ((old_file, old), (new_file, new)):
        _check(file, report)
    if old.plan["metric"] != new.plan["metric"]:
        raise DataError(
            f"{old_file!r} compares {old.plan['metric']}, {new_file!r} {new.plan['metric']}:"
            " expected one metric; run one of them again with the other's --metric"
        )
    changes = (*_plan_changes(old.plan, new.plan), *_version_changes(old, new))
    seeds = _paired_seeds(old, new, changes)
    methods = list(dict.fromkeys([*new.summary["method"], *old.summary["method"]]))
    test = _test_of(old, new, seeds)
    before, after = (_of_seeds(each, seeds) if seeds else each for each in (old, new))
    rows = [_row(method, before, after, test if seeds else None) for method in methods]
    for row, p in zip(rows, holm([row.get("p_value") for row in rows]), strict=True):
        row["p_holm"] = p
    return Diff(old_file, new_file, old, new, seeds, test.name, changes, frame(rows, DIFF_COLUMNS))


def _paired_seeds(old: Report, new: Report, changes: Iterable[Change]) -> tuple[int, ...]:
    """The seeds that both reports have, where these draw the same split in both."""
    if any(each.word in PAIRING for each in changes):
        return ()
    if "split" not in new.plan["vary"] and old.plan["seed"] != new.plan["seed"]:
        return ()  # the first seed draws the split of all
    if (new.plan["seed"] - old.plan["seed"]) % (new.plan["folds"] or 1):
        return ()  # a walk through folds begins at the first seed
    theirs = set(_seeds(old))
    return tuple(seed for seed in _seeds(new) if seed in theirs)


def _seeds(report: Report) -> range:
    first = report.plan["seed"]
    return range(first, first + report.plan["seeds"])


def _of_seeds(report: Report, seeds: Sequence[int]) -> Report:
    """The report with the runs of these seeds alone."""
    return replace(report, runs=report.runs[report.runs["seed"].isin(seeds)])


def _test_of(old: Report, new: Report, seeds: Sequence[int]) -> Test:
    """The two-way test where both reports were judged by it, and keep enough rows of these seeds."""
    ratio = new.plan["correction_ratio"]
    judged = all(each.plan["tested_by"] == TWO_WAY for each in (old, new))
    if (
        judged
        and seeds
        and old.rows
        and new.rows
        and old.rows.kept
        and old.rows.fits(new.rows, seeds)
    ):
        is_asked_for = all(each.plan.get("significance_test") == TWO_WAY for each in (old, new))
        return chosen_test(TWO_WAY if is_asked_for else AUTO, ratio, seeds, new.rows, old.rows)
    return Resampled(ratio)


def _check(file: str, report: Report) -> None:
    data, ratio = report.plan.get("data"), report.plan.get("correction_ratio")
    if not isinstance(data, dict) or not isinstance(ratio, int | float):
        raise DataError(
            f"{file!r} is a damaged report: its plan lacks its data or correction_ratio"
        )
    missing = [name for name in (*SEEDS, *PAIRING) if name not in _flat(report.plan)]
    if missing:
        raise DataError(f"{file!r} is a damaged report: its plan has no {missing[0]!r}")
    if report.runs.duplicated(["method", "seed"]).any():
        raise DataError(f"{file!r} is a damaged report: a method has two runs of one seed")


def _flat(plan: dict[str, Any]) -> dict[str, Any]:
    """The words of a plan, those of its data as 'data.rows'."""
    words = {name: value for name, value in plan.items() if name != "data"}
    return words | {f"data.{name}": value for name, value in plan["data"].items()}


def _plan_changes(old: dict[str, Any], new: dict[str, Any]) -> Iterator[Change]:
    before, after = _flat(old), _flat(new)
    for word in dict.fromkeys([*after, *before]):
        change = Change(word, before.get(word), after.get(word))
        if change.old != change.new and word not in DERIVED:
            yield change


def _version_changes(old: Report, new: Report) -> Iterator[Change]:
    """Of regcmp and of the packages that compute: other numbers may come from these alone."""
    before, after = (
        {"regcmp": each.environment.get("regcmp")} | dict(each.environment.get("packages", {}))
        for each in (old, new)
    )
    for name in dict.fromkeys([*after, *before]):
        if before.get(name) != after.get(name):
            yield Change(f"version of {name}", before.get(name), after.get(name))


def _row(method: str, old: Report, new: Report, test: Test | None) -> dict[str, Any]:
    """A method's row; without a test of paired differences, of the difference of means."""
    before, after = _scores(old, method), _scores(new, method)
    row: dict[str, Any] = {"method": method, "metric": new.plan["metric"]}
    for side, scores in (("old", before), ("new", after)):
        if scores is not None:
            done = scores.dropna()
            row |= {f"n_{side}": len(done), f"n_failed_{side}": len(scores) - len(done)}
            for name in ("test", "gap"):
                row[f"{name}_{side}"] = done[name].mean() if len(done) else None
    if before is None or after is None:
        return row | {"status": ADDED if before is None else REMOVED, "note": ""}
    if test is not None:
        higher = METRICS[new.plan["metric"]].higher_is_better
        return row | {"status": BOTH} | _pairs(method, before, after, higher, test)
    ratios = new.plan["correction_ratio"], old.plan["correction_ratio"]
    return row | {"status": BOTH} | _unpaired(before, after, *ratios)


def _scores(report: Report, method: str) -> pd.DataFrame | None:
    """Test score and gap by seed, missing where a run was stopped; None without this method."""
    if method not in set(report.summary["method"]):
        return None
    columns = METRICS[report.plan["metric"]]
    own = report.runs[report.runs["method"] == method].set_index("seed")
    return own[[columns.test, columns.gap]].set_axis(["test", "gap"], axis=1)


def _pairs(
    method: str, old: pd.DataFrame, new: pd.DataFrame, higher: bool, test: Test
) -> dict[str, Any]:
    """Seed by seed. A method that repeats to the last digit has not changed: its interval is [0, 0]."""
    pairs = (new - old).dropna()
    lost = max(len(old), len(new)) - len(pairs)
    better = pairs["test"] if higher else -pairs["test"]
    row: dict[str, Any] = {}
    if len(pairs):
        row["wins"] = int((better > EQUAL).sum())
        row["ties"] = int((better.abs() <= EQUAL).sum())
        row["losses"] = int((better < -EQUAL).sum())
    p, notes = None, [f"{lost} of {lost + len(pairs)} pairs lost: no p-value"] if lost else []
    seeds = pairs.index.tolist()
    for name in ("test", "gap"):
        of_gaps = name == "gap"
        result = test.of(Pairs(method, method, seeds, pairs[name].tolist(), of_gaps))
        low, high = result.low, result.high
        if result.all_equal and abs(result.mean or 0.0) <= EQUAL:
            low = high = 0.0
        row |= _estimate(name, result.mean, low, high)
        if name == "test":
            p = None if lost else result.p
            notes += _caveats(len(pairs), result.all_equal, row)
    return row | {"p_value": p, "note": "; ".join(notes)}


def _caveats(n: int, all_equal: bool, row: dict[str, Any]) -> list[str]:
    if n == 1:
        return ["1 pair: no estimate of uncertainty"]
    if all_equal:
        same = row["change_test_low"] is not None
        return [
            f"the same test score under all {n} seeds: no p-value"
            if same
            else f"all {n} differences in test score are the same: no interval, no p-value"
        ]
    return [f"{n} pairs: no p-value below {MIN_PAIRS_FOR_P}"] if 0 < n < MIN_PAIRS_FOR_P else []


def _unpaired(
    old: pd.DataFrame, new: pd.DataFrame, ratio_new: float, ratio_old: float
) -> dict[str, Any]:
    before, after = old.dropna(), new.dropna()
    lost = len(old) - len(before) + len(new) - len(after)
    row: dict[str, Any] = {}
    notes = [f"{lost} of {len(old) + len(new)} runs stopped: no p-value"] if lost else []
    for name in ("test", "gap"):
        result = welch_t(after[name], before[name], ratio_new, ratio_old)
        row |= _estimate(name, result.mean, result.low, result.high)
        if name == "test":
            row["p_value"] = None if lost else result.p
    fewest = min(len(before), len(after))
    if fewest and row["change_test_low"] is None:
        notes.append("no spread to judge the change by: no interval, no p-value")
    elif 0 < fewest < MIN_PAIRS_FOR_P:
        notes.append(f"{fewest} runs on one side: no p-value below {MIN_PAIRS_FOR_P}")
    return row | {"note": "; ".join(notes)}


def _estimate(
    name: str, mean: float | None, low: float | None, high: float | None
) -> dict[str, Any]:
    return {f"change_{name}": mean, f"change_{name}_low": low, f"change_{name}_high": high}

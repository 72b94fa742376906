"""From runs to a summary: paired differences to the baseline, their intervals and p-values."""

from __future__ import annotations

import pandas as pd

from regcmp.analysis.endings import endings
from regcmp.analysis.statistics import EQUAL, MIN_PAIRS_FOR_P, Difference, holm, paired_t
from regcmp.analysis.testing import Test
from regcmp.metrics import METRICS
from regcmp.results import STOPS, SUMMARY_COLUMNS, frame


def summarize(runs: pd.DataFrame, baseline: str, metric: str, test: Test) -> pd.DataFrame:
    """One row per method of ``runs``, in their order, compared with ``baseline`` seed by seed."""
    columns = METRICS[metric]
    names = list(dict.fromkeys(runs["method"]))
    scores = {
        name: runs[runs["method"] == name]
        .set_index("seed")[[columns.train, columns.test, columns.gap]]
        .set_axis(["train", "test", "gap"], axis=1)
        .astype(float)
        for name in names
    }
    statuses = {name: list(runs["status"][runs["method"] == name]) for name in names}
    dataset = runs["dataset"].iloc[0]
    sign = 1 if columns.higher_is_better else -1
    rows = [
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
        _judge(row, underfit, name == baseline, statuses[name])
        row["note"] = "; ".join([*row["note"], *endings(runs[runs["method"] == name], test.ratio)])
    return frame(rows, SUMMARY_COLUMNS)


def _levels(scores: pd.DataFrame) -> dict[str, object]:
    done = scores.dropna()
    levels: dict[str, object] = {"n": len(done), "n_failed": len(scores) - len(done)}
    for name in ("train", "test", "gap"):
        levels[f"{name}_mean"] = done[name].mean() if len(done) else None
        levels[f"{name}_sd"] = done[name].std(ddof=1) if len(done) > 1 else None
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
    test = by.of(name, baseline, seeds, pairs["test"].tolist(), gap=False)
    gap = by.of(name, baseline, seeds, pairs["gap"].tolist(), gap=True)
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
        "df": test.df or None,
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


def _judge(row: dict[str, object], underfit: bool, is_baseline: bool, statuses: list[str]) -> None:
    """Set the status: the gravest of its stopped runs, or else 'underfit'."""
    notes: list[str] = row["note"]  # type: ignore[assignment]
    row["status"] = "ok"
    if underfit:
        row["status"] = "underfit"
        whose = "its own" if is_baseline else "the baseline's"
        notes.append(f"underfit: its training score is worse than {whose} test score")
    stopped = [name for name in STOPS if name in statuses]
    if stopped:
        row["status"] = stopped[0]
        notes[:0] = [f"{statuses.count(n)} of {len(statuses)} runs {n}" for n in stopped]

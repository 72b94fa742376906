"""From runs to a summary: paired differences to the baseline, their intervals and p-values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import stdtr, stdtrit

from regcmp.metrics import METRICS
from regcmp.results import STOPS, SUMMARY_COLUMNS, frame

LEVEL = 0.95
MIN_PAIRS_FOR_P = 5
EQUAL = 1e-12
"""Scores that differ by no more than this are tied."""


@dataclass(frozen=True)
class Unpaired:
    """The difference of two means, with its interval and two-sided p where the numbers carry them."""

    mean: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None


@dataclass(frozen=True)
class Paired:
    """The mean of n paired differences, with its interval and two-sided p where n carries them."""

    n: int
    mean: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    all_equal: bool = False


def correction_ratio(n_rows: int, n_test: int) -> float:
    """What Nadeau and Bengio (2003) add to 1/J where each of J splits is drawn from the same rows.

    They write n_test / n_train for splits that use every row, from a correlation of rho = n_test / N
    between the splits' differences: the factor is 1/J + rho / (1 - rho). Where rows are left unused,
    rho is the same, so n_train counts all rows that are not test rows. (With the rows trained on
    instead, a test that should reject 5 % rejects next to nothing; tests/test_statistics.py.)
    """
    return n_test / (n_rows - n_test)


@np.errstate(over="ignore", invalid="ignore")
def paired_t(differences: npt.ArrayLike, ratio: float) -> Paired:
    """The corrected resampled t-test of Nadeau and Bengio (2003), and its interval.

    t = mean / sqrt((1/J + ratio) s²) with J - 1 degrees of freedom, where s² is the variance (ddof 1)
    of the J ``differences`` and ``ratio`` is their correction where each difference comes from a
    split of its own. With ratio 0 it is the plain paired t-test. Without any spread there is no
    interval and no p: the observed variance of 0 is no estimate; nor is one too large for a number.
    """
    d = np.asarray(differences, float)
    n = len(d)
    if n == 0:
        return Paired(0)
    mean = float(d.mean())
    if n == 1:
        return Paired(1, mean)
    if np.ptp(d) <= EQUAL:
        return Paired(n, mean, all_equal=True)
    error = float(np.sqrt((1 / n + ratio) * d.var(ddof=1)))
    if not isfinite(error):
        return Paired(n, mean)
    half = float(stdtrit(n - 1, (1 + LEVEL) / 2)) * error
    p = 2 * float(stdtr(n - 1, -abs(mean) / error)) if n >= MIN_PAIRS_FOR_P else None
    return Paired(n, mean, mean - half, mean + half, p)


@np.errstate(over="ignore", invalid="ignore")
def welch_t(new: npt.ArrayLike, old: npt.ArrayLike, ratio_new: float, ratio_old: float) -> Unpaired:
    """Welch's (1947) t-test of mean(new) - mean(old), each mean with Nadeau and Bengio's correction.

    t = difference / sqrt(v_new + v_old) with v = (1/n + ratio) s² for each sample, and the degrees of
    freedom of Satterthwaite (1946), (v_new + v_old)² / (v_new² / (n_new - 1) + v_old² / (n_old - 1)).
    The correction only scales s², so these are those of the plain test. With ratios of 0 it is the
    plain test. Without any spread on either side there is no interval and no p.
    """
    a, b = np.asarray(new, float), np.asarray(old, float)
    if not len(a) or not len(b):
        return Unpaired()
    mean = float(a.mean() - b.mean())
    if min(len(a), len(b)) < 2 or max(np.ptp(a), np.ptp(b)) <= EQUAL:
        return Unpaired(mean)
    v = (1 / len(a) + ratio_new) * a.var(ddof=1)
    w = (1 / len(b) + ratio_old) * b.var(ddof=1)
    if not isfinite((v + w) ** 2):
        return Unpaired(mean)
    df = float((v + w) ** 2 / (v**2 / (len(a) - 1) + w**2 / (len(b) - 1)))
    error = float(np.sqrt(v + w))
    half = float(stdtrit(df, (1 + LEVEL) / 2)) * error
    enough = min(len(a), len(b)) >= MIN_PAIRS_FOR_P
    p = 2 * float(stdtr(df, -abs(mean) / error)) if enough else None
    return Unpaired(mean, mean - half, mean + half, p)


def interval_p(mean: float, high: float, n: int) -> float:
    """The two-sided p of a mean of n differences, from the upper end of its interval."""
    error = (high - mean) / float(stdtrit(n - 1, (1 + LEVEL) / 2))
    return 2 * float(stdtr(n - 1, -abs(mean) / error))


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Holm's (1979) adjusted p-values: the running maximum of min(1, (m - i) p) over ascending p.

    A missing p stays missing and does not count in m.
    """
    adjusted: list[float | None] = [None] * len(p_values)
    known = sorted((p, i) for i, p in enumerate(p_values) if p is not None)
    highest = 0.0
    for rank, (p, i) in enumerate(known):
        highest = max(highest, min(1.0, (len(known) - rank) * p))
        adjusted[i] = highest
    return adjusted


def summarize(runs: pd.DataFrame, baseline: str, metric: str, ratio: float) -> pd.DataFrame:
    """One row per method of ``runs``, in their order, compared with ``baseline`` seed by seed.

    ``ratio`` is the correction where the split varies with the seed, else 0.
    """
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
        | _differences(scores[name], scores[baseline], sign, ratio, name == baseline)
        for name in names
    ]
    bar = rows[names.index(baseline)]["test_mean"]
    for row, p in zip(rows, holm([row["p_value"] for row in rows]), strict=True):
        row["p_holm"] = p
        name = str(row["method"])
        _judge(row, bar, sign, name == baseline, statuses[name])
        row["note"] = "; ".join(row["note"])
    return frame(rows, SUMMARY_COLUMNS)


def _levels(scores: pd.DataFrame) -> dict[str, object]:
    done = scores.dropna()
    levels: dict[str, object] = {"n": len(done), "n_failed": len(scores) - len(done)}
    for name in ("train", "test", "gap"):
        levels[f"{name}_mean"] = done[name].mean() if len(done) else None
        levels[f"{name}_sd"] = done[name].std(ddof=1) if len(done) > 1 else None
    return levels


def _differences(
    own: pd.DataFrame, baseline: pd.DataFrame, sign: int, ratio: float, is_baseline: bool
) -> dict[str, object]:
    """The columns from delta_test to p_value, and what is to be said of them."""
    if is_baseline:
        return {"p_value": None, "note": ["baseline"]}
    pairs = (own - baseline).dropna()
    lost = len(own) - len(pairs)
    test, gap = paired_t(pairs["test"], ratio), paired_t(pairs["gap"], ratio)
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
        "note": _caveats(test, lost),
    }


def _caveats(test: Paired, lost: int) -> list[str]:
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


def _judge(
    row: dict[str, object], bar: object, sign: int, is_baseline: bool, statuses: list[str]
) -> None:
    """Set the status: the gravest of its stopped runs, or 'underfit' if training ends below ``bar``.

    That is the baseline's test score.
    """
    notes: list[str] = row["note"]  # type: ignore[assignment]
    row["status"] = "ok"
    train = row["train_mean"]
    if isinstance(train, float) and isinstance(bar, float) and sign * train < sign * bar:
        row["status"] = "underfit"
        whose = "its own" if is_baseline else "the baseline's"
        notes.append(f"underfit: its training score is worse than {whose} test score")
    stopped = [name for name in STOPS if name in statuses]
    if stopped:
        row["status"] = stopped[0]
        notes[:0] = [f"{statuses.count(n)} of {len(statuses)} runs {n}" for n in stopped]

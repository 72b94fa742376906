"""The candidates: how each judges the sums of a comparison, and how often it rejects."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
from regcmp.analysis.statistics import TRAINING_SHARE
from regcmp.analysis.testing import FEWEST_ROWS
from scipy.special import stdtr
from scipy.stats import binomtest

Judged = tuple[np.ndarray, np.ndarray]
"""Squared standard errors and degrees of freedom."""


def resampled(s: pd.DataFrame) -> Judged:
    """Nadeau and Bengio (2003)."""
    return (1 / s.n + s.ratio) * s.variance, s.n - 1


def plain(s: pd.DataFrame) -> Judged:
    """Student's paired t, which takes splits for independent samples."""
    return s.variance / s.n, s.n - 1


def rows_alone(s: pd.DataFrame) -> Judged:
    """The row term of Bayle et al. (2020), by normal quantiles."""
    return s.rows, s.rows * 0 + 1e6


def cluster(s: pd.DataFrame) -> Judged:
    """Cameron, Gelbach and Miller (2011), at least the larger term, n - 1 degrees of freedom."""
    both = s.rows + s.seeds - s.cells
    return np.maximum(both, np.maximum(s.rows, s.seeds)), s.n - 1


def cluster_small(s: pd.DataFrame) -> Judged:
    """The same with the small-sample factor G / (G - 1) on both terms."""
    g = s.effective / (s.effective - 1)
    seeds = s.variance / s.n
    both = s.rows * g + seeds - s.cells
    return np.maximum(both, np.maximum(s.rows * g, seeds)), s.n - 1


def sum_of_terms(s: pd.DataFrame) -> Judged:
    """Rows and seeds added, nothing subtracted: never too small, and often twice too large."""
    return s.rows + s.variance / s.n, s.n - 1


def random_effects(s: pd.DataFrame) -> Judged:
    """Crossed random effects of rows and seeds, by moments, degrees of freedom by Satterthwaite."""
    return _two_way(s, share=0.0, clipped=False)


def two_way(share: float, alike: float = 3.0) -> Callable[[pd.DataFrame], Judged]:
    """Regcmp's form: a share more of the row term for the training rows, and no negative seed term."""
    return lambda s: _two_way(s, share, clipped=True, alike=alike)


def _two_way(s: pd.DataFrame, share: float, *, clipped: bool, alike: float = 3.0) -> Judged:
    rows, seeds = (1 + share) * s.rows, s.variance / s.n - s.cells
    if clipped:
        seeds = np.maximum(seeds, 0)
    total = np.maximum(rows + seeds, s.rows)
    df_rows = np.maximum(alike * s.rows**2 / s.fourth, 1)
    return total, total**2 / (rows**2 / df_rows + seeds**2 / (s.n - 1))


def ungrouped(s: pd.DataFrame) -> Judged:
    """Regcmp's form where copies of a row count as rows of their own."""
    return two_way(TRAINING_SHARE)(s.assign(rows=s.single_rows, fourth=s.single_fourth))


def chosen(s: pd.DataFrame) -> Judged:
    """What regcmp does: two-way from so many rows on, else Nadeau and Bengio."""
    old, new = resampled(s), two_way(TRAINING_SHARE)(s)
    enough = s.effective >= FEWEST_ROWS
    return np.where(enough, new[0], old[0]), np.where(enough, new[1], old[1])


CANDIDATES: dict[str, Callable[[pd.DataFrame], Judged]] = {
    "nadeau-bengio": resampled,
    "plain t": plain,
    "rows alone": rows_alone,
    "two-way, t(n-1)": cluster,
    "two-way, G/(G-1)": cluster_small,
    "rows + seeds": sum_of_terms,
    "random effects": random_effects,
    "two-way, share 0.1": two_way(0.1),
    "two-way, share 0.2": two_way(0.2),
    "two-way, share 0.35": two_way(0.35),
    "two-way, share 0.5": two_way(0.5),
    "share 0.2, df / 3": two_way(0.2, alike=1.0),
    "copies apart": ungrouped,
    "auto": chosen,
}


def p_values(s: pd.DataFrame, judge: Callable[[pd.DataFrame], Judged]) -> np.ndarray:
    """Two-sided; 1 where there is no spread."""
    s = s.astype(dict.fromkeys(s.select_dtypes("number").columns, float))
    with np.errstate(all="ignore"):
        variance, df = judge(s)
        p = 2 * stdtr(np.asarray(df, float), -np.abs(s["mean"]) / np.sqrt(variance))
    return np.nan_to_num(np.asarray(p), nan=1.0)


def rejections(sums: pd.DataFrame) -> Iterator[dict[str, object]]:
    """For each metric, side and number of seeds: in how many comparisons each candidate claims anything.

    ``rows`` are the effective ones. Of several methods, Holm's smallest adjusted p decides.
    """
    for (metric, gap, n), s in sums.groupby(["metric", "gap", "n"], sort=False):
        row = {
            "metric": metric,
            "side": "gap" if gap else "test",
            "seeds": n,
            "rows": round(float(s.effective.mean()), 1),
            "difference": round(float(s["mean"].mean()), 5),
            "comparisons": s.comparison.nunique(),
        }
        methods = s.method.nunique()
        for name, judge in CANDIDATES.items():
            smallest = s.assign(p=p_values(s, judge)).groupby("comparison").p.min()
            row[name] = int((smallest * methods < 0.05).sum())
        yield row


def interval(claims: int, comparisons: int) -> tuple[float, float, float]:
    """The rate of claims in %, with its 95 % interval of Clopper and Pearson."""
    low, high = binomtest(int(claims), int(comparisons)).proportion_ci(0.95, "exact")
    return 100 * claims / comparisons, 100 * low, 100 * high

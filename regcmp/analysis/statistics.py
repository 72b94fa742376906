"""Tests of a difference between two methods: their standard errors, degrees of freedom and p-values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import isfinite, sqrt

import numpy as np
import numpy.typing as npt
from scipy.special import gammaincinv, ndtr, stdtr, stdtrit

LEVEL = 0.95
MIN_PAIRS_FOR_P = 5
EQUAL = 1e-12
"""Scores that differ by no more than this are tied."""

TRAINING_SHARE = 0.35
"""What drawing training rows adds to the variance that drawing test rows gives, to be safe.

Ten or twenty seeds can't show it, since their training rows overlap: benchmarks/power measured it.
"""

Cells = tuple[npt.NDArray[np.integer], npt.NDArray[np.float64]]
"""Of one seed: (K,) groups of rows, and (K,) what each row added to the mean difference, less its mean."""


@dataclass(frozen=True)
class Difference:
    """A mean difference; with a standard error and degrees of freedom where the numbers carry them."""

    n: int
    mean: float | None = None
    error: float | None = None
    df: float = 0.0
    floor: float = 0.0
    """The standard error that more seeds would leave."""
    all_equal: bool = False
    """Whether the differences have no spread."""

    @property
    def low(self) -> float | None:
        """The lower end of the 95 % interval."""
        return None if self.error is None or self.mean is None else self.mean - self._half

    @property
    def high(self) -> float | None:
        """The upper end of the 95 % interval."""
        return None if self.error is None or self.mean is None else self.mean + self._half

    @property
    def p(self) -> float | None:
        """Two-sided; None below five pairs."""
        if self.error is None or self.mean is None or self.n < MIN_PAIRS_FOR_P:
            return None
        return 2 * float(stdtr(self.df, -abs(self.mean) / self.error))

    @property
    def _half(self) -> float:
        return (self.error or 0.0) * float(stdtrit(self.df, (1 + LEVEL) / 2))


def correction_ratio(n_rows: int, n_test: float) -> float:
    """What Nadeau and Bengio (2003) add to 1/J where each of J splits is drawn from the same rows.

    They write n_test / n_train for splits that use every row, from a correlation of rho = n_test / N
    between the splits' differences: the factor is 1/J + rho / (1 - rho). Where rows are left unused,
    rho is the same, so n_train counts all rows that are not test rows. (With the rows trained on
    instead, a test that should reject 5 % rejects next to nothing; tests/test_statistics.py.)
    """
    return n_test / (n_rows - n_test)


@np.errstate(over="ignore", invalid="ignore")
def paired_t(differences: npt.ArrayLike, ratio: float) -> Difference:
    """The corrected resampled t-test of Nadeau and Bengio (2003), and its interval.

    t = mean / sqrt((1/J + ratio) s²) with J - 1 degrees of freedom, where s² is the variance (ddof 1)
    of the J ``differences`` and ``ratio`` is their correction where each difference comes from a
    split of its own. With ratio 0 it is the plain paired t-test. Without any spread there is no
    interval and no p: the observed variance of 0 is no estimate; nor is one too large for a number.
    """
    d = np.asarray(differences, float)
    n = len(d)
    if n < 2:
        return Difference(n, float(d.mean()) if n else None)
    mean = float(d.mean())
    if np.ptp(d) <= EQUAL:
        return Difference(n, mean, all_equal=True)
    error = float(np.sqrt((1 / n + ratio) * d.var(ddof=1)))
    if not isfinite(error):
        return Difference(n, mean)
    return Difference(n, mean, error, n - 1, _paired_floor(error, n, ratio))


def paired_from_interval(n: int, low: float, high: float, ratio: float) -> Difference:
    """What ``paired_t`` returned for n differences, from the 95 % interval that it gave."""
    mean = low + (high - low) / 2
    error = (high - low) / 2 / float(stdtrit(n - 1, (1 + LEVEL) / 2))
    return Difference(n, mean, error, n - 1, _paired_floor(error, n, ratio))


def _paired_floor(error: float, n: int, ratio: float) -> float:
    """What is left of sqrt((1/n + ratio) s²) with any number of differences."""
    return error * sqrt(ratio / (1 / n + ratio))


@np.errstate(over="ignore", invalid="ignore")
def two_way(differences: npt.ArrayLike, cells: Iterable[Cells]) -> Difference:
    """A t-test whose variance is made of rows and seeds, which both are drawn; and its interval.

    A cell is what one row added to the mean of the J ``differences`` under one seed, less the mean.
    With V_rows, V_seeds and V_cells the sums of squares of the cells summed by row (copies of a row
    together), by seed and not at all, the two-way cluster variance of Cameron, Gelbach and Miller
    (2011, J. Bus. Econ. Stat. 29) is V_rows + V_seeds - V_cells. Here it is

        (1 + TRAINING_SHARE) V_rows + max(0, J/(J-1) V_seeds - V_cells)

    since seeds share most of their training rows, which only the first factor stands for. The degrees
    of freedom are those of Satterthwaite (1946), with J - 1 for the second term and, for the first,
    3 V_rows² / (the sum over rows of fourth powers): the number of rows, were all alike and normal.
    Without any spread over rows and seeds there is no interval and no p.
    """
    d = np.asarray(differences, float)
    n = len(d)
    if n < 2:
        return Difference(n, float(d.mean()) if n else None)
    mean = float(d.mean())
    by_row, v_cells = _summed(cells)
    v_rows = float(np.sum(by_row**2))
    if not v_rows > 0 or not isfinite(v_rows * v_rows):
        return Difference(n, mean, all_equal=bool(np.ptp(d) <= EQUAL))
    rows = (1 + TRAINING_SHARE) * v_rows
    seeds = max(0.0, float(d.var(ddof=1)) / n - v_cells)
    df_rows = max(1.0, 3 * v_rows**2 / float(np.sum(by_row**4)))
    df = (rows + seeds) ** 2 / (rows**2 / df_rows + seeds**2 / (n - 1))
    # What is the same under every seed; the rest of a row's part falls with their number.
    floor = (1 + TRAINING_SHARE) * max(0.0, v_rows - v_cells)
    return Difference(n, mean, sqrt(rows + seeds), df, sqrt(floor))


def _summed(cells: Iterable[Cells]) -> tuple[npt.NDArray[np.float64], float]:
    """The cells summed by group of rows, (G,), and the sum of squares of each group in each seed."""
    total, squares = np.zeros(0), 0.0
    for groups, values in cells:
        sums = np.bincount(groups, values, minlength=len(total))
        total = np.pad(total, (0, len(sums) - len(total))) + sums
        squares += float(np.sum(sums**2))
    return total, squares


@np.errstate(over="ignore", invalid="ignore")
def welch_t(
    new: npt.ArrayLike, old: npt.ArrayLike, ratio_new: float, ratio_old: float
) -> Difference:
    """Welch's (1947) t-test of mean(new) - mean(old), each mean with Nadeau and Bengio's correction.

    t = difference / sqrt(v_new + v_old) with v = (1/n + ratio) s² for each sample, and the degrees of
    freedom of Satterthwaite (1946), (v_new + v_old)² / (v_new² / (n_new - 1) + v_old² / (n_old - 1)).
    The correction only scales s², so these are those of the plain test. With ratios of 0 it is the
    plain test. Without any spread on either side there is no interval and no p.
    """
    a, b = np.asarray(new, float), np.asarray(old, float)
    n = min(len(a), len(b))
    if not n:
        return Difference(0)
    mean = float(a.mean() - b.mean())
    if n < 2 or max(np.ptp(a), np.ptp(b)) <= EQUAL:
        return Difference(n, mean, all_equal=n > 1)
    v = (1 / len(a) + ratio_new) * a.var(ddof=1)
    w = (1 / len(b) + ratio_old) * b.var(ddof=1)
    if not isfinite((v + w) ** 2):
        return Difference(n, mean)
    df = float((v + w) ** 2 / (v**2 / (len(a) - 1) + w**2 / (len(b) - 1)))
    return Difference(n, mean, float(np.sqrt(v + w)), df)


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


def power(difference: float, error: float, df: float, alpha: float) -> float:
    """How often a two-sided t-test finds a true difference: two tails of the noncentral t distribution.

    Given the estimated standard error, t is normal: the mean over its quantiles is taken. (Of scipy 1.17,
    nctdtr is nan for many large shifts.)
    """
    bound, shift = float(stdtrit(df, 1 - alpha / 2)), abs(difference) / error
    places = bound * _error_quantiles(df)
    return float(np.mean(ndtr(shift - places) + ndtr(-shift - places)))


@lru_cache(maxsize=64)
def _error_quantiles(df: float) -> npt.NDArray[np.float64]:
    """2,000 quantiles of an estimated standard error over the true one: sqrt(chi² / df)."""
    quantiles: npt.NDArray[np.float64] = gammaincinv(df / 2, (np.arange(2000) + 0.5) / 2000)
    return np.sqrt(2 * quantiles / df)


def detectable(error: float, df: float, alpha: float, wanted: float = 0.8) -> float:
    """The smallest true difference that a two-sided t-test finds this often, by bisection."""
    low, high = 0.0, error
    while power(high, error, df, alpha) < wanted:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if power(middle, error, df, alpha) < wanted else (low, middle)
    return high

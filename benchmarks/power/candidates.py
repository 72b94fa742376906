"""What is computed of each comparison, and the tests that are judged by it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from networks import Comparison
from regcmp.metrics import METRICS, Metric

PREFIXES = (5, 10, 20)
SUMS = (
    "metric", "gap", "method", "n", "ratio", "mean", "variance",
    "rows", "seeds", "cells", "single_rows", "effective", "fourth", "single_fourth",
)  # fmt: skip


def sums_of(comparison: Comparison, ratio: float) -> Iterator[tuple]:
    """One tuple of SUMS for each metric, side, method and number of seeds."""
    first = comparison.runs[0][0].outcomes
    assert first is not None
    for metric in METRICS.values():
        if metric.task != first[1].task:
            continue
        for method in range(1, len(comparison.runs)):
            for gap in (False, True):
                yield from _of_pair(comparison, metric, method, gap, ratio)


def _of_pair(
    comparison: Comparison, metric: Metric, method: int, gap: bool, ratio: float
) -> Iterator[tuple]:
    """By the shares of rows in scores, as regcmp's own test does."""
    n_rows = len(comparison.sample.y)
    runs = list(zip(comparison.runs[0], comparison.runs[method], strict=True))
    if any(old.outcomes is None or new.outcomes is None for old, new in runs):
        return
    sides = [
        np.array(
            [metric.shares(new.outcomes[i]) - metric.shares(old.outcomes[i]) for old, new in runs]
        )
        for i in (0, 1)
    ]
    places = [comparison.train, comparison.test]
    signs = (0, 1) if not gap else (1, -1) if metric.higher_is_better else (-1, 1)
    codes = [comparison.sample.y[each] if metric.by_class else each * 0 for each in places]
    members = [np.array([np.bincount(each)[each] for each in side]) for side in codes]
    for n in PREFIXES:
        d = sum(sign * side[:n].sum(axis=1) for sign, side in zip(signs, sides, strict=True))
        u = np.hstack(
            [
                signs[i] * (sides[i][:n] - _mean(codes[i][:n], sides[i][:n]) / members[i][:n]) / n
                for i in (0, 1)
                if signs[i]
            ]
        )
        rows = np.hstack([each[:n] for each, sign in zip(places, signs, strict=True) if sign])
        own = comparison.sample.rows[rows]
        g = np.bincount(own.ravel(), u.ravel(), minlength=n_rows)
        single = np.bincount(rows.ravel(), u.ravel(), minlength=n_rows)
        wg = np.bincount(comparison.test[:n].ravel(), 1 / members[1][:n].ravel(), minlength=n_rows)
        if comparison.sample.grouped:
            wg = np.bincount(comparison.sample.rows, wg)
        cells = np.bincount((own + n_rows * np.arange(n)[:, None]).ravel(), u.ravel())
        yield (
            metric.name, gap, method, n, ratio, d.mean(), d.var(ddof=1),
            (g**2).sum(), (u.sum(axis=1) ** 2).sum(), (cells**2).sum(), (single**2).sum(),
            wg.sum() ** 2 / (wg**2).sum(), (g**4).sum(), (single**4).sum(),
        )  # fmt: skip


def _mean(codes: np.ndarray, values: np.ndarray) -> np.ndarray:
    """(S, n) the mean over seeds of what each row's class added to the difference, or all rows."""
    sums = np.bincount(codes.ravel(), values.ravel())
    return sums[codes] / len(codes)

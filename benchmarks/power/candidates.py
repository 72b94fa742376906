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
        [metric.shares(new.outcomes[i]) - metric.shares(old.outcomes[i]) for old, new in runs]
        for i in (0, 1)
    ]
    places = [comparison.train, comparison.test]
    signs = (0, 1) if not gap else (1, -1) if metric.higher_is_better else (-1, 1)
    codes = [
        [comparison.sample.y[each] if metric.by_class else each * 0 for each in side]
        for side in places
    ]
    weights = np.ones(n_rows) if comparison.sample.weights is None else comparison.sample.weights
    members = [
        [
            np.bincount(code, weights[each])[code] / weights[each]
            for code, each in zip(*side, strict=True)
        ]
        for side in zip(codes, places, strict=True)
    ]
    for n in PREFIXES:
        d = np.array([sum(signs[i] * sides[i][s].sum() for i in (0, 1)) for s in range(n)])
        moved, rows, seeds = [], [], []
        for i in (0, 1):
            if not signs[i]:
                continue
            mean = np.bincount(np.concatenate(codes[i][:n]), np.concatenate(sides[i][:n])) / n
            for s in range(n):
                moved.append(signs[i] * (sides[i][s] - mean[codes[i][s]] / members[i][s]) / n)
                rows.append(places[i][s])
                seeds.append(np.full(len(moved[-1]), s))
        u, where, seed = (np.concatenate(each) for each in (moved, rows, seeds))
        own = comparison.sample.rows[where]
        g = np.bincount(own, u, minlength=n_rows)
        single = np.bincount(where, u, minlength=n_rows)
        tested = [1 / each for each in members[1][:n]]
        wg = np.bincount(np.concatenate(places[1][:n]), np.concatenate(tested), minlength=n_rows)
        if comparison.sample.grouped:
            wg = np.bincount(comparison.sample.rows, wg)
        cells = np.bincount(own + n_rows * seed, u)
        yield (
            metric.name, gap, method, n, ratio, d.mean(), d.var(ddof=1),
            (g**2).sum(), (np.bincount(seed, u) ** 2).sum(), (cells**2).sum(), (single**2).sum(),
            wg.sum() ** 2 / (wg**2).sum(), (g**4).sum(), (single**4).sum(),
        )  # fmt: skip

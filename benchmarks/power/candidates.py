"""What is computed of each comparison, and the tests that are judged by it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from networks import Comparison
from regcmp.metrics import METRICS, Metric

PREFIXES = (5, 8, 10, 20)
SUMS = (
    "metric", "gap", "method", "n", "ratio", "mean", "variance",
    "rows", "seeds", "cells", "rows_single", "tested", "effective", "fourth",
    "sum_rows", "sum_seeds", "sum_cells", "square",
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
    n_rows = len(comparison.sample.y)
    d, moves, clusters = [], [], []
    for s, (old, new) in enumerate(zip(comparison.runs[0], comparison.runs[method], strict=True)):
        if old.outcomes is None or new.outcomes is None:
            return
        train = metric.score(new.outcomes[0]) - metric.score(old.outcomes[0])
        test = metric.score(new.outcomes[1]) - metric.score(old.outcomes[1])
        on_test = metric.influence(new.outcomes[1]) - metric.influence(old.outcomes[1])
        own, rows = on_test, comparison.test[s]
        d.append(test)
        if gap:
            on_train = metric.influence(new.outcomes[0]) - metric.influence(old.outcomes[0])
            sign = 1 if metric.higher_is_better else -1
            d[-1] = sign * (train - test)
            own = sign * np.concatenate([on_train, -on_test])
            rows = np.concatenate([comparison.train[s], comparison.test[s]])
        moves.append(own)
        clusters.append(rows)
    d, moves, clusters = np.array(d), np.array(moves), np.array(clusters)
    weight = np.full(moves.shape, 1 / moves.shape[1])
    if gap:  # a seed's deviation is spread over its test rows
        weight[:] = 0
        weight[:, -comparison.test.shape[1] :] = 1 / comparison.test.shape[1]
    for n in PREFIXES:
        if n > len(d):
            continue
        deviation = d[:n] - d[:n].mean()
        u = (moves[:n] + weight[:n] * deviation[:, None]) / n
        w = weight[:n] / n
        own = comparison.sample.rows[clusters[:n]]
        g = np.bincount(own.ravel(), weights=u.ravel(), minlength=n_rows)
        single = np.bincount(clusters[:n].ravel(), weights=u.ravel(), minlength=n_rows)
        wg = np.bincount(own.ravel(), weights=w.ravel(), minlength=n_rows)
        cell = own + n_rows * np.arange(n)[:, None]
        cells = np.bincount(cell.ravel(), weights=u.ravel(), minlength=n * n_rows)
        yield (
            metric.name, gap, method, n, ratio, d[:n].mean(), d[:n].var(ddof=1),
            (g**2).sum(), (u.sum(axis=1) ** 2).sum(), (cells**2).sum(), (single**2).sum(),
            int((wg > 0).sum()), 1 / (wg**2).sum(), (g**4).sum(),
            (wg**2).sum(), 1 / n, (w**2).sum(), (u**2).sum(),
        )  # fmt: skip

"""Splits by an order of rows: what is learned comes before what it is judged by; ties stay together."""

from __future__ import annotations

import numpy as np

from regcmp.data.dataset import Dataset, Rows, count
from regcmp.data.folds import Fold
from regcmp.errors import DataError

LEAST = 0.5
"""The share of its rows that a part has at least, where ties move its end."""


def last_rows(dataset: Dataset, rows: Rows, n_last: int, use: str) -> tuple[Rows, Rows]:
    """These rows without about the last ``n_last``, and those; sorted by their numbers.

    Rows that are tied stay together: the cut is the nearest place between two that are not. Raises
    DataError, naming the ``use`` of the last rows, where ties leave either part half of its rows.
    """
    assert dataset.order is not None
    ordered = rows[np.argsort(dataset.order[rows], kind="stable")]
    (at,) = _cuts(dataset, ordered, [len(rows) - n_last], use)
    return np.sort(ordered[:at]), np.sort(ordered[at:])


def rolling_fold(dataset: Dataset, fold: Fold) -> tuple[Rows, Rows]:
    """The rows before a fold, and those in it, as scikit-learn's TimeSeriesSplit has them.

    The last rows are cut into so many folds of one size, which is as many as come before the first.
    Raises DataError where ties leave a fold half of its rows.
    """
    assert dataset.order is not None
    ordered = np.argsort(dataset.order, kind="stable")
    n, size = len(ordered), len(ordered) // (fold.of + 1)
    cuts = _cuts(dataset, ordered, [n - size * (fold.of - i) for i in range(fold.of)], "test on")
    start, end = [*cuts, n][fold.place : fold.place + 2]
    return np.sort(ordered[:start]), np.sort(ordered[start:end])


def _cuts(dataset: Dataset, ordered: Rows, wanted: list[int], use: str) -> list[int]:
    """The places between rows that are not tied, each the nearest to one that is wanted."""
    assert dataset.order is not None
    between = np.flatnonzero(np.diff(dataset.order[ordered])) + 1
    cuts = [int(between[np.abs(between - each).argmin()]) for each in wanted if len(between)]
    due, found = (np.diff([0, *each, len(ordered)]) for each in (wanted, cuts))
    if len(due) != len(found) or (found < LEAST * due).any():
        most = int(np.bincount(dataset.order[ordered]).max())
        raise DataError(
            f"--order: {count(most)} of {dataset.name!r} are tied, and ties stay together, so that"
            f" {count(len(ordered) - wanted[-1])} to {use} can't be cut off; name a finer column, or"
            " change the sizes"
        )
    return cuts

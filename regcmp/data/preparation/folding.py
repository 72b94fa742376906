"""Folds: every row is in one of them, each class by its share, and no group in two."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import numpy as np

from regcmp.data.dataset import Dataset, Rows, count
from regcmp.data.folds import Fold
from regcmp.data.preparation.grouping import DRAWS, Counts, check_spread, members_of
from regcmp.engine.streams import stream
from regcmp.errors import DataError, UsageError

PLACED = 50_000
"""How many groups are placed in all draws together, but for the first, which has its time."""


def fold_rows(dataset: Dataset, fold: Fold) -> tuple[Rows, Rows]:
    """The rows outside of a fold, and those in it.

    Folds are those of scikit-learn's StratifiedKFold, shuffled; of values, of its KFold. Of groups,
    each is put where its classes are rarest so far, in random order, and of several such draws the
    most even one is taken: StratifiedGroupKFold would find the same folds each time.
    Raises DataError where groups can't be shared out.
    """
    if dataset.groups is not None:
        inside = _group_folds(dataset, fold)[dataset.groups] == fold.place
        return np.flatnonzero(~inside), np.flatnonzero(inside)
    from sklearn.model_selection import KFold, StratifiedKFold

    kind = StratifiedKFold if dataset.classes else KFold
    state = int(stream(fold.seed, "folds").integers(2**32))
    splits: Iterator[tuple[Rows, Rows]] = kind(fold.of, shuffle=True, random_state=state).split(
        dataset.y, dataset.y
    )
    return next(islice(splits, fold.place, None))


def check_folds(dataset: Dataset, folds: int) -> None:
    """Raise UsageError for more folds than a class has rows, or than can show how values vary.

    Raises DataError for more of them than there are groups, or groups with a class.
    """
    if dataset.order is not None:
        if dataset.n_rows // (folds + 1) < 2:
            raise UsageError(
                f"--folds: {count(dataset.n_rows)} of {dataset.name!r}, cut into {folds} folds and what comes"
                " before them, leave a fold with a single row; take fewer folds",
                "folds",
            )
    elif dataset.groups is not None:
        check_spread(dataset, members_of(dataset, np.arange(dataset.n_rows)), parts=folds)
    elif dataset.classes:
        members = np.bincount(dataset.y, minlength=len(dataset.classes))
        rarest = int(members.argmin())
        if members[rarest] < folds:
            raise UsageError(
                f"--folds: class {dataset.classes[rarest]!r} of {dataset.name!r} has"
                f" {count(int(members[rarest]))}, too few for {folds} folds; take fewer folds, or join the"
                " class with another one",
                "folds",
            )
    elif dataset.n_rows < 2 * folds:
        raise UsageError(
            f"--folds: {count(dataset.n_rows)} of {dataset.name!r} in {folds} folds leave a fold with a"
            " single row, which can't show how the target varies; take fewer folds",
            "folds",
        )


def _group_folds(dataset: Dataset, fold: Fold) -> Rows:
    """(G,) the fold of each group, by its number."""
    assert dataset.groups is not None
    members = members_of(dataset, np.arange(dataset.n_rows))
    # Rows in all stand beside the classes, so that folds are even in size, too.
    beside = np.column_stack([members, members.sum(axis=1)])
    rng = stream(fold.seed, "folds")
    draws = max(1, min(DRAWS, PLACED // len(members)))
    found = [_placed(beside, fold.of, rng.permutation(len(members))) for _ in range(draws)]
    places, (lacks, _) = min(found, key=lambda each: each[1])
    if lacks:
        raise DataError(
            f"--folds: {len(members)} groups of {dataset.name!r} can't be shared out so that each of"
            f" {fold.of} folds has a row of each class; take fewer folds, or join rare classes"
        )
    return places


def _placed(members: Counts, folds: int, order: Rows) -> tuple[Rows, tuple[bool, float]]:
    """The fold of each group (G, C), placed in this order; if one lacks a class; how uneven all are."""
    totals = members.sum(axis=0)
    shares = members / totals
    sums, places = np.zeros((folds, len(totals))), np.empty(len(members), np.intp)
    for group in order:
        places[group] = place = int((sums @ shares[group]).argmin())
        sums[place] += shares[group]
    lacks = bool((sums < 0.5 / totals).any())
    return places, (lacks, float(np.abs(sums - 1 / folds).sum()))

"""Draws of whole groups: rows that belong together stay together, classes stratified as far as that goes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from regcmp.data.dataset import Dataset, Rows
from regcmp.errors import DataError

DRAWS = 10
"""So many draws of whole groups are made; the one that is nearest to the shares of rows is taken.

Of many more, few groups would have the same split under every seed.
"""
Counts = npt.NDArray[np.intp]


def draw_groups(
    dataset: Dataset, rows: Rows, n_others: int, rng: np.random.Generator, where: str = ""
) -> npt.NDArray[np.bool_]:
    """(N,) which of these rows are drawn, in whole groups, about ``n_others`` of them.

    Groups are drawn at random until their rows come as near to ``n_others`` as they can: this is
    scikit-learn's GroupShuffleSplit, but with a share of rows. Of ``DRAWS`` such draws, that one is
    taken whose classes are nearest to their shares; before them go those that leave every class two
    groups, one for validation. (StratifiedGroupKFold takes groups in the order of their make-up,
    and so finds the same folds under every seed.)
    Raises DataError, saying ``where``, if no draw leaves each class, or any group, on both sides.
    """
    assert dataset.groups is not None
    members = members_of(dataset, rows)
    check_spread(dataset, members, where)
    totals, present = members.sum(axis=0), members > 0
    wanted = totals * (n_others / len(rows))
    best, smallest = None, (np.inf, np.inf)
    for _ in range(DRAWS):
        order = rng.permutation(len(members))
        sizes = members[order].sum(axis=1).cumsum()[:-1]  # one group at least stays
        end = int(np.abs(sizes - n_others).argmin()) + 1
        drawn, left = members[order[:end]].sum(axis=0), present[order[end:]].sum(axis=0)
        cost = (float(left.min() < 2), float(np.abs(drawn - wanted).sum()))
        if cost < smallest and drawn.min() > 0 and left.min() > 0:
            best, smallest = order[:end], cost
    if best is None:
        raise DataError(
            f"--groups: {len(members)} groups of {dataset.name!r} can't be shared out so that every part"
            f" has a row of each class{where}; take more groups, or join rare classes"
        )
    chosen: npt.NDArray[np.bool_] = np.isin(
        dataset.groups[rows], np.unique(dataset.groups[rows])[best]
    )
    return chosen


def members_of(dataset: Dataset, rows: Rows) -> Counts:
    """(G, C) how many of these rows each of their groups has of each class; of values, of all."""
    assert dataset.groups is not None
    keys, codes = np.unique(dataset.groups[rows], return_inverse=True)
    n_classes = len(dataset.classes) or 1
    labels = dataset.y[rows] if dataset.classes else np.zeros(len(rows), np.intp)
    counts: Counts = np.bincount(codes * n_classes + labels, minlength=len(keys) * n_classes)
    return counts.reshape(len(keys), n_classes)


def check_spread(dataset: Dataset, members: Counts, where: str = "", parts: int = 2) -> None:
    """Raise DataError for groups (G, C) that are fewer than the parts, or a class that has fewer."""
    fewer = "take fewer folds" if parts > 2 else "take rows of more groups"
    if len(members) < parts:
        raise DataError(
            f"--groups: {dataset.name!r} has {_groups(len(members))} to share out among {parts}"
            f" parts{where}; {fewer}"
        )
    in_groups = (members > 0).sum(axis=0)
    if dataset.classes and in_groups.min() < parts:
        rare = int(in_groups.argmin())
        raise DataError(
            f"--groups: class {dataset.classes[rare]!r} of {dataset.name!r} is in"
            f" {_groups(int(in_groups[rare]))} only, too few for {parts} parts{where}; {fewer}, or drop"
            " the class"
        )


def _groups(number: int) -> str:
    return f"{number} group" + ("" if number == 1 else "s")

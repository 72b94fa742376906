"""A part of the rows, as --sample asks for: always the same one, and no class is lost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from regcmp.data.dataset import Rows, count
from regcmp.engine.streams import stream
from regcmp.errors import UsageError

Counts = npt.NDArray[np.intp]

FEWEST_ROWS = 4
"""Two classes, each with a training and a test row."""
FEWEST = 2
"""The rows that every class keeps: a split needs one to train on and one to test on."""
ENOUGH = 4
"""The rows that it keeps where there is room for them: a quarter of them is a test row."""


def sampled_rows(
    name: str, y: npt.NDArray[Any], n_classes: int, size: int, fewest: int = FEWEST
) -> Rows:
    """The numbers of so many rows, in order, the same at every call.

    Each class has its share of them, and at least ``fewest`` rows or all that it has. Without
    classes, the draw is a plain one. Raises UsageError where it can't be.
    """
    if size > len(y):
        raise UsageError(
            f"--sample: {name!r} has {count(len(y))}, fewer than the {size} asked for", "sample"
        )
    members = np.bincount(y, minlength=n_classes) if n_classes else np.empty(0, np.intp)
    least = np.minimum(members, fewest)
    if size < max(FEWEST_ROWS, least.sum()):
        needed = (
            f"hold {count(fewest)} of each of its {n_classes} classes" if n_classes else "be split"
        )
        raise UsageError(
            f"--sample: {count(size)} of {name!r} can't {needed}; at least"
            f" {max(FEWEST_ROWS, least.sum())} are needed",
            "sample",
        )
    drawn = stream(0, "sample").permutation(len(y))
    if not n_classes:
        return np.sort(drawn[:size])
    enough = np.minimum(members, ENOUGH)
    shares = class_shares(members, enough if enough.sum() <= size else least, size)
    labels = y[drawn]
    order = np.argsort(labels, kind="stable")  # class by class, in the order of the draw
    starts = np.searchsorted(labels[order], np.arange(n_classes))
    place = np.arange(len(y)) - starts[labels[order]]
    rows: Rows = np.sort(drawn[order[place < shares[labels[order]]]])
    return rows


def raised_shares(y: npt.NDArray[Any], rows: Rows, classes: Sequence[str]) -> list[str]:
    """A line on classes that have more of these rows than their share of all rows."""
    members, drawn = (np.bincount(each, minlength=len(classes)) for each in (y, y[rows]))
    exact = members * (len(rows) / len(y))
    raised = [k for k in range(len(classes)) if drawn[k] > np.ceil(exact[k])]
    if not raised:
        return []
    first = raised[0]
    others = f", and {len(raised) - 1} more classes" if len(raised) > 1 else ""
    return [
        f"--sample keeps a few rows of each class: {classes[first]!r} has {drawn[first]} of {len(rows)}"
        f" rows, by its share {exact[first]:.1f}{others}; scores weigh them as they are"
    ]


def class_shares(members: Counts, least: Counts, size: int) -> Counts:
    """How many rows of each class make ``size``: by its share, but no fewer than ``least``."""
    exact = members * (size / members.sum())
    low, high = 0.0, float(size)  # what each share is multiplied by, so that all make up size
    for _ in range(60):
        middle = (low + high) / 2
        total = np.clip(exact * middle, least, members).sum()
        low, high = (middle, high) if total < size else (low, middle)
    wanted = np.clip(exact * high, least, members)
    shares: Counts = np.floor(wanted + 1e-9).astype(np.intp)
    rest = np.argsort(shares - wanted, kind="stable")[: size - shares.sum()]
    shares[rest] += 1
    return shares

"""How much each row counts, by a column of the table that is no feature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from regcmp.data.columns import LARGEST, Numbers
from regcmp.data.dataset import count
from regcmp.data.table import Table
from regcmp.data.tables.doubts import Line, holds_texts
from regcmp.data.tables.floats import to_floats
from regcmp.data.tables.given_test import name_of_test
from regcmp.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

OPTION = "--weight"


def counted(table: Table, column: str) -> Table:
    """The table without rows of weight 0, which count for nothing, and with a line that says so.

    Raises DataError for what is no weight, and where all rows have the weight 0.
    """
    found = {table.name: _counts(table.frame[column], table.name, table.line)}
    if table.test is not None:
        name = name_of_test(table)
        if column not in table.test.columns:
            raise DataError(
                f"{OPTION}: {name!r} has no column {column!r}, so that nobody knows how much its rows"
                " count; add it, or leave the option out"
            )
        found[name] = _counts(table.test[column], name)
    frames = [table.frame, *([] if table.test is None else [table.test])]
    left, said = [], []
    for frame, (name, kept) in zip(frames, found.items(), strict=True):
        left.append(frame if kept.all() else frame[kept].reset_index(drop=True))
        if not kept.all():
            said.append(
                f"{count(int((~kept).sum()))} of {name!r} have the weight 0 in {column!r}, and are left out"
            )
    weights = _weights(left, column)
    if np.ptp(weights) == 0:
        said.append(
            f"column {column!r} is {weights[0]:g} in every row, so that all rows count alike"
        )
    return replace(
        table,
        frame=left[0],
        test=None if table.test is None else left[1],
        line=table.line if left[0] is table.frame else None,
        warnings=(*table.warnings, *said),
    )


def weights_of(table: Table, column: str | None) -> Numbers | None:
    """(N,) the weight of each row, given test rows last; None where all count alike."""
    if column is None:
        return None
    weights = _weights([table.frame, *([] if table.test is None else [table.test])], column)
    return weights if np.ptp(weights) > 0 else None


def _weights(frames: Sequence[pd.DataFrame], column: str) -> Numbers:
    weights: Numbers = np.concatenate([to_floats(each[column]).to_numpy() for each in frames])
    return weights


def _counts(cells: pd.Series, name: str, line: Line | None = None) -> np.ndarray:
    """(N,) whether a row has a weight above 0. Raises DataError, naming the row, for what is no weight."""
    if cells.dtype.kind in "mM":
        raise DataError(
            f"{OPTION}: column {str(cells.name)!r} of {name!r} holds dates or times, which are no weights;"
            " make numbers of them first"
        )
    numbers = to_floats(cells, "coerce").to_numpy()
    fits = (numbers == 0) | ((numbers >= 1 / LARGEST) & (numbers <= LARGEST))
    if not fits.all():
        place = int((~fits).argmax())
        raise DataError(
            f"{OPTION}: column {str(cells.name)!r} of {name!r} {_fault(cells, numbers, place)}"
            f" {_where(place, line)}; expected a number of at least 0 in every row, and 0 for a row that"
            " counts for nothing"
        )
    if not numbers.any():
        raise DataError(
            f"{OPTION}: column {str(cells.name)!r} of {name!r} is 0 in every row, so that none counts;"
            " name another column"
        )
    above: np.ndarray = numbers > 0
    return above


def _fault(cells: pd.Series, numbers: Numbers, place: int) -> str:
    if cells.isna().iloc[place]:
        return "is empty"
    cell = cells.iloc[place]
    if not holds_texts(cells):  # -1, and not -1.0
        cell = f"{numbers[place]:g}"
    too_far = 0 < numbers[place] < 1 / LARGEST or LARGEST < numbers[place] < np.inf
    return f"has {str(cell)!r}" + (", too far from 1," if too_far else "")


def _where(place: int, line: Line | None) -> str:
    at = None if line is None else line(place)
    return f"in row {place + 1:,}" if at is None else f"in line {at:,}"

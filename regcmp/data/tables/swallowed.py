"""Rows that two stray quotes swallowed: they stand within one quoted cell."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from regcmp.data.tables.text_lines import BLANK, NO_QUOTES
from regcmp.errors import DataError
from regcmp.hints import is_number

if TYPE_CHECKING:
    import pandas as pd

FEW_LEVELS = 100
"""A column of so many different texts has a say in what a row of the table looks like."""


def check_swallowed(
    name: str, frame: pd.DataFrame, sep: str, line: Callable[[int], int | None]
) -> None:
    """Raise DataError for a cell over several lines, one of which is a row by itself.

    A text may have several lines with separators in them. A line is taken for a row if it has as
    many cells as the table has columns, a number in each column of numbers, and in each column of a
    few recurring texts one of these; and if there is such a column.
    """
    if len(frame.columns) < 2:
        return
    expected: list[set[str] | None] | None = None
    for place, (column, kind) in enumerate(zip(frame, frame.dtypes, strict=True)):
        if kind.kind != "O":
            continue
        for row, cell in enumerate(frame[column].tolist()):
            if cell is None or ("\n" not in cell and "\r" not in cell):
                continue
            expected = _expected(frame) if expected is None else expected
            before = [_text(each) for each in frame.iloc[row, :place]]
            after = [_text(each) for each in frame.iloc[row, place + 1 :]]
            if _holds_row(cell, sep, before, after, expected):
                at = line(row)
                where = (
                    f"the quoted cell that opens in line {at}" if at else f"a cell of {column!r}"
                )
                raise DataError(
                    f"{name!r}: {where} goes over {len(cell.splitlines())} lines, which look like rows"
                    f" of their own; take stray quotes out, or {NO_QUOTES}"
                )


def _holds_row(
    cell: str, sep: str, before: list[str], after: list[str], expected: list[set[str] | None]
) -> bool:
    """Whether one of its lines is a row: the first with what stands before it, the last with what
    stands behind it, or one between them.
    """
    pieces = [each for each in cell.splitlines() if each.strip()]
    if len(pieces) < 2:
        return False
    cut = [each.split(None if sep == BLANK else sep) for each in pieces]
    rows = [[*before, *cut[0]], *cut[1:-1], [*cut[-1], *after]]
    # A line without a separator is text, whatever stands before or behind the cell.
    return any(len(own) > 1 and _is_row(row, expected) for own, row in zip(cut, rows, strict=True))


def _is_row(cells: list[str], expected: list[set[str] | None]) -> bool:
    if len(cells) != len(expected) or all(each == set() for each in expected):
        return False
    for cell, known in zip(cells, expected, strict=True):
        plain = cell.strip()
        if known is None and plain and not is_number(plain):
            return False
        if known and cell not in known:
            return False
    return True


def _expected(frame: pd.DataFrame) -> list[set[str] | None]:
    """For each column: None for numbers, its recurring texts where they are few, else nothing."""
    found: list[set[str] | None] = []
    for column in frame:
        values = frame[column]
        if values.dtype != object:
            found.append(None)
            continue
        counts = values.value_counts()
        few = len(counts) <= min(FEW_LEVELS, len(values) / 2)
        found.append(set(counts.index[counts > 1]) if few else set())
    return found


def _text(cell: object) -> str:
    return "" if cell is None or cell != cell else str(cell)

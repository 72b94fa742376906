"""Cells of text tables: what is a number, what is missing, and what only looks like it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from regcmp.data.table import Reading
from regcmp.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

MARKERS = ("NA", "N/A", "NaN", "nan", "null", "NULL", "None", "?")
"""What programs write for a missing cell. Taken for it only between numbers, and then said."""

COMMAS = re.compile(r"\s*[-+]?\d+(?:\.\d{3})*(?:,\d+)+\s*")


def to_numbers(column: pd.Series, reading: Reading) -> npt.NDArray[np.float64] | None:
    """Cells as float64, NaN where one is missing; None if any is text, a truth value included."""
    import pandas as pd

    if pd.api.types.is_bool_dtype(column.dtype):
        return None
    if pd.api.types.is_numeric_dtype(column.dtype):
        return np.array(column, np.float64)
    return _parse(column, reading.decimal)


def _parse(column: pd.Series, decimal: str) -> npt.NDArray[np.float64] | None:
    import pandas as pd

    filled = column.astype(object).where(column.notna(), None)
    if any(isinstance(cell, bool) for cell in filled):
        return None
    if decimal != ".":
        filled = filled.map(lambda cell: cell.replace(decimal, ".") if cell else cell)
    try:
        return np.asarray(pd.to_numeric(filled, errors="raise"), np.float64)
    except (ValueError, TypeError, OverflowError):
        return None


def check_commas(name: str, column: str, cells: pd.Series, reading: Reading) -> None:
    """Raise DataError where a column's cells are all numbers but for commas in them."""
    if reading.decimal == ",":
        return
    present = [(row, cell) for row, cell in enumerate(cells) if cell is not None]
    first = next(((row, cell) for row, cell in present if "," in cell), None)
    if first is None:
        return
    if all(COMMAS.fullmatch(cell) or cell in MARKERS or _is_number(cell) for _, cell in present):
        raise DataError(
            f"{name!r}: column {column!r} has numbers with a comma, such as {first[1]!r}; add"
            " --decimal , if it is the decimal point, or remove commas between thousands"
        )


def warn_of_markers(
    frame: pd.DataFrame, texts: list[str], decimal: str
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Columns of numbers but for markers of missing cells become numbers, with a warning.

    In a column of words a marker stays a word: 'None' may be one.
    """
    warnings = []
    changed: dict[str, Any] = {}
    for column in texts:
        marked = frame[column].isin(MARKERS)
        if not marked.any():
            continue
        cells = f"{int(marked.sum())} cell" + ("" if marked.sum() == 1 else "s")
        shown = ", ".join(repr(each) for each in sorted(set(frame[column][marked])))
        numbers = _parse(frame[column].where(~marked, None), decimal)
        if numbers is None or marked.all():
            warnings.append(
                f"column {column!r}: {shown} stands in {cells} and was read as"
                " a word; --na makes it missing"
            )
        else:
            changed[column] = numbers
            warnings.append(
                f"column {column!r}: {shown} stands between numbers in {cells} and was read as"
                " missing; --na says what is"
            )
    return frame.assign(**changed) if changed else frame, tuple(warnings)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True

"""Cells of text tables: what is a number, what is missing, and what only looks like it."""

from __future__ import annotations

import re
from shlex import quote as quoted
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from regcmp.data.table import Reading
from regcmp.data.tables.floats import to_floats
from regcmp.hints import is_number

if TYPE_CHECKING:
    import pandas as pd

MARKERS = ("NA", "N/A", "NaN", "nan", "null", "NULL", "None", "?")
"""What programs write for a missing cell. Taken for it only between numbers, and then said."""

COMMAS = re.compile(r"\s*[-+]?\d+(?:\.\d{3})*(?:,\d+)+(?:\.\d+)?(?:[eE][-+]?\d+)?\s*")
POINTS = re.compile(r"\s*[-+]?(?:\d{1,3}(?:\.\d{3})+(?:,\d+)?|\d*\.\d+|\d+\.)(?:[eE][-+]?\d+)?\s*")
"""Numbers with a point where the decimal point is a comma: between thousands, or in its place."""

LONG = re.compile(r"\s*[-+]?\d{16,300}\s*")

EXACT = 2.0**53
"""Up to it, float64 holds every whole number."""


def to_numbers(column: pd.Series, reading: Reading) -> npt.NDArray[Any] | None:
    """Cells as float64, NaN where one is missing; None if any is text, a truth value included.

    Whole numbers that float64 does not hold stay whole: they may be names of classes.
    """
    import pandas as pd

    if pd.api.types.is_bool_dtype(column.dtype):
        return None
    if pd.api.types.is_numeric_dtype(column.dtype):
        numbers = np.array(column, np.float64)
        if column.dtype.kind in "iu" and (np.abs(numbers) >= EXACT).any():
            return np.array(column)
        return None if _lost_digits(column, numbers) else numbers
    if column.dtype == object and any(isinstance(cell, int) for cell in column):
        return None  # too long for any integer of a machine
    return _parse(column, reading.decimal)


def _lost_digits(column: pd.Series, numbers: npt.NDArray[np.float64]) -> bool:
    """Whether whole numbers may have become floats, since a cell between them is missing."""
    if column.dtype.kind != "f":
        return False
    with np.errstate(invalid="ignore"):
        return bool((np.abs(numbers) >= EXACT).any() and np.isnan(numbers).any())


def numbers_after_all(cells: list[str | None], decimal: str) -> npt.NDArray[np.float64] | None:
    """Texts as numbers, if all are numbers and float64 holds each whole one digit by digit."""
    import pandas as pd

    first = next((cell for cell in cells if cell is not None), None)
    if first is None or not is_number(first.replace(decimal, ".")):
        return None
    if any(LONG.fullmatch(cell) and int(float(cell)) != int(cell) for cell in cells if cell):
        return None
    return _parse(pd.Series(cells, dtype=object), decimal)


def _parse(column: pd.Series, decimal: str) -> npt.NDArray[np.float64] | None:
    filled = column.astype(object).where(column.notna(), None)
    if any(isinstance(cell, bool) for cell in filled):
        return None
    if decimal != ".":
        if any("." in cell for cell in filled if cell):
            return None  # 1.234 is not 1,234
        filled = filled.map(lambda cell: cell.replace(decimal, ".") if cell else cell)
    try:
        return np.asarray(to_floats(filled), np.float64)
    except (ValueError, TypeError, OverflowError):
        return None


def fault_of(column: str, cells: pd.Series, decimal: str) -> str | None:
    """What is wrong with a column whose cells are all numbers but for commas or points in them."""
    present = [cell for cell in cells if cell is not None and cell not in MARKERS]
    odd, pattern = (".", POINTS) if decimal == "," else (",", COMMAS)
    first = next((cell for cell in present if odd in cell), None)
    if first is None or not all(
        pattern.fullmatch(cell) or is_number(cell.replace(decimal, ".")) for cell in present
    ):
        return None
    start = f"column {column!r} has numbers with a {'point' if odd == '.' else 'comma'}, such as {first!r}"
    if odd == ".":
        return (
            f"{start}, and --decimal says that the decimal point is a comma; write it so, remove points"
            f" between thousands, or drop it with --drop {quoted(column)}"
        )
    if any("." in cell and "," in cell for cell in present):
        return f"{start}; remove commas between thousands, or drop it with --drop {quoted(column)}"
    return (
        f"{start}; add --decimal , if it is the decimal point, or remove commas between thousands"
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

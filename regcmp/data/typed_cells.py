"""Cells of typed tables that pandas keeps as Python objects: decimals, dates, times, bytes, lists."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time
from decimal import Decimal
from itertools import chain
from shlex import quote as quoted
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np

from regcmp.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

EXACT = 2**53
"""Up to it, float64 holds every whole number."""

NESTED = {"list": "lists", "ndarray": "lists", "tuple": "lists", "dict": "records"}
"""What a column holds that is a table by itself, by the type of a cell."""


def is_time(dtype: object) -> bool:
    """Whether pandas knows a column for dates, with or without a time zone, or for durations."""
    from pandas.api import types

    return bool(types.is_datetime64_any_dtype(dtype) or types.is_timedelta64_dtype(dtype))


def from_objects(name: str, cells: pd.Series) -> tuple[pd.Series, str]:
    """A column as numbers, dates, times or texts, and what is wrong with it, in which case it is empty."""
    cells = cells.astype(object)
    cells = cells.where(cells.notna(), None)
    for kinds, read in READERS.items():
        present = cells.dropna()
        if len(present) and all(isinstance(cell, kinds) for cell in present):
            read_as = read(cells)
            if read_as is not None:
                return read_as, ""
    odd = next((each for each in cells if not isinstance(each, str | bool | None)), None)
    if odd is None:
        return _series(cells, str), ""
    return _series(cells, lambda _: None), f"column {name!r} holds {_fault(name, odd)}"


def _fault(name: str, odd: object) -> str:
    drop, kind = f"drop it with --drop {quoted(name)}", type(odd).__name__
    if kind in NESTED:
        return (
            f"{NESTED[kind]}; expected a number or a text in each cell: give their values columns of"
            f" their own, or {drop}"
        )
    if isinstance(odd, bytes):
        return f"bytes that are no text in UTF-8; expected numbers or text: {drop}"
    return f"{kind} values; expected numbers or text: {drop}"


def _series(cells: pd.Series, change: Callable[[object], object]) -> pd.Series:
    import pandas as pd

    changed = [None if cell is None else change(cell) for cell in cells]
    return pd.Series(changed, dtype=object, index=cells.index)


def _decimals(cells: pd.Series) -> pd.Series:
    """Each the nearest float64; whole numbers beyond it stay whole, they may be names of classes."""
    present = cells.dropna()
    large = any(abs(cell) >= EXACT for cell in present)
    if large and all(cell == cell.to_integral_value() for cell in present):
        whole = [int(cell) for cell in present]
        if len(present) == len(cells) and min(whole) >= -(2**63) and max(whole) < 2**63:
            return cells.map(int).astype(np.int64)
        if any(int(float(cell)) != cell for cell in whole):
            return _series(cells, lambda cell: str(int(cell)))  # type: ignore[call-overload]
    return cells.map(float, na_action="ignore").astype(np.float64)


def _dates(cells: pd.Series) -> pd.Series:
    return cells.astype("datetime64[s]")


def _times(cells: pd.Series) -> pd.Series:
    import pandas as pd

    return pd.to_timedelta(cells.map(str, na_action="ignore"))


def _decoded(cells: pd.Series) -> pd.Series | None:
    """Bytes as texts, which some programs write so; None where they are none."""
    try:
        texts = _series(cells, lambda cell: cell.decode("utf-8"))  # type: ignore[attr-defined]
    except UnicodeDecodeError:
        return None
    return None if "\0" in set(chain.from_iterable(texts.dropna())) else texts


def _as_words(cells: pd.Series) -> pd.Series:
    return _series(cells, str)


READERS: dict[type, Callable[[pd.Series], pd.Series | None]] = {
    Decimal: _decimals,
    date: _dates,
    time: _times,
    bytes: _decoded,
    UUID: _as_words,
}
"""By the type of all cells that are there: what reads them."""


def plain_columns(name: str, frame: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, str]]:
    """Columns of numbers, booleans, dates or text alone, and by name why any other is empty."""
    import pandas as pd

    frame = frame.set_axis([str(column) for column in frame.columns], axis=1)
    if not frame.columns.is_unique:
        twice = frame.columns[frame.columns.duplicated()][0]
        raise DataError(f"{name!r} has two columns named {twice!r}; rename one of them")
    if frame.empty:
        raise DataError(f"{name!r} has no rows or no columns")
    plain: dict[str, Any] = {}
    faults: dict[str, str] = {}
    for column, cells in frame.items():
        kind = cells.dtype
        if pd.api.types.is_extension_array_dtype(kind) and pd.api.types.is_numeric_dtype(kind):
            plain[str(column)] = cells.astype(np.float64 if cells.hasnans else kind.numpy_dtype)
        elif isinstance(kind, pd.PeriodDtype):
            plain[str(column)] = cells.dt.to_timestamp()
        elif pd.api.types.is_numeric_dtype(kind) or is_time(kind):
            plain[str(column)] = cells
        else:
            plain[str(column)], fault = from_objects(str(column), cells)
            if fault:
                faults[str(column)] = fault
    return pd.DataFrame(plain), faults


def first_line(error: Exception) -> str:
    """What a library says, in a line."""
    text = str(error).strip().split("\n")[0].strip()
    return text[:200] or type(error).__name__

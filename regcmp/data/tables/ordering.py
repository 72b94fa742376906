"""What comes before what, by a column of the table that is no feature: numbers, or dates."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from regcmp.data.dataset import Rows
from regcmp.data.table import Table
from regcmp.data.tables.belonging import complete, with_test
from regcmp.data.tables.doubts import holds_texts
from regcmp.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

OPTION = "--order"
DATE = re.compile(
    r"\d{4}([-/.]?)\d{2}\1\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?( ?(Z|[-+]\d{2}:?\d{2}))?)?"
)
"""A date, with the year first: of others nobody knows which number is the month."""


def order_of(table: Table, column: str) -> Rows:
    """(N,) the place of each row in the order, given test rows last; rows of one value have one place.

    Raises DataError where a row has none, for texts that are no dates, and where a given test row
    does not come after all training rows.
    """
    cells = [complete(OPTION, table.frame[column], table.name)]
    if table.test is not None:
        cells = with_test(OPTION, table, column, cells[0])
    values = np.concatenate([_sortable(each, column, table.name) for each in cells])
    places: Rows = np.unique(values, return_inverse=True)[1].astype(np.intp)
    n = len(cells[0])
    early = int((places[n:] <= places[:n].max()).sum())
    if early:
        raise DataError(
            f"{OPTION}: {early} of {len(places) - n} given test rows do not come after the last training"
            f" row by {column!r}; leave them out, or leave the option out"
        )
    return places


def _sortable(cells: pd.Series, column: str, name: str) -> np.ndarray[Any, Any]:
    """The cells as numbers. Raises DataError for what has no order, or more than one."""
    import pandas as pd

    if holds_texts(cells):
        texts = cells.astype(str)
        odd = texts[~texts.map(lambda each: bool(DATE.fullmatch(each)))]
        dates = (
            pd.to_datetime(texts, errors="coerce", utc=True, format="ISO8601")
            if odd.empty
            else None
        )
        if dates is None or dates.isna().any():
            odd = odd if dates is None else texts[dates.isna()]
            raise DataError(
                f"{OPTION}: column {column!r} of {name!r} has {odd.iloc[0]!r}, which is neither a number"
                " nor a date such as 2024-01-31; write all dates like this, the year first"
            )
        return np.asarray(dates.astype("int64"))
    if cells.dtype.kind in "mM":
        return np.asarray(cells.astype("int64"))
    if not np.isfinite(np.asarray(cells, np.float64)).all():
        raise DataError(
            f"{OPTION}: column {column!r} of {name!r} has infinite numbers; correct them"
        )
    return np.asarray(cells)

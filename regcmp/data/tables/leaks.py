"""Columns that give the target away: copies of it, maybe under other names."""

from __future__ import annotations

from dataclasses import replace
from shlex import quote as quoted
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from regcmp.data.columns import Column
from regcmp.data.tables.wide import may_give_away

if TYPE_CHECKING:
    import pandas as pd


def with_leaks(
    known: list[Column], frame: pd.DataFrame, y: npt.NDArray[Any], n_classes: int, target: str
) -> list[Column]:
    """The columns, with a warning each where one gives the target away."""
    copies = may_give_away(frame, [each.name for each in known if each.used], y, n_classes)
    return [
        _with_leak(each, frame[each.name], y, n_classes, target) if each.name in copies else each
        for each in known
    ]


def _with_leak(
    column: Column, values: pd.Series, y: npt.NDArray[Any], n_classes: int, target: str
) -> Column:
    """The column, with a warning if it is a copy of the target, maybe under other names."""
    if values.iloc[:1000].nunique() > max(n_classes, 1):
        copied = n_classes == 0 and column.kind == "number" and np.array_equal(values, y)
    else:
        codes, levels = values.factorize()
        pairs = len(np.unique(codes * n_classes + y)) if len(levels) == n_classes else 0
        copied = pairs == n_classes > 0 and bool((codes >= 0).all())
    if not copied:
        return column
    warning = f"{column.warning}; " if column.warning else ""
    warning += (
        f"column {column.name!r} gives the target {target!r} away in every row;"
        f" --drop {quoted(column.name)} leaves it out"
    )
    return replace(column, warning=warning)

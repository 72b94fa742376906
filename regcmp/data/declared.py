"""Columns that a file declares to be categories."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def declared_as_texts(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[bool]]:
    """The frame with levels of declared categories as texts, and which columns are such."""
    import pandas as pd

    declared = [isinstance(kind, pd.CategoricalDtype) for kind in frame.dtypes]
    for place in (i for i, each in enumerate(declared) if each):
        cells = frame.iloc[:, place].astype(object)
        texts = cells.map(_level, na_action="ignore")
        frame.isetitem(place, texts.astype(object).where(cells.notna(), None))
    return frame, declared


def _level(cell: object) -> object:
    """A level as text: 3 of whole numbers and of floats that are whole; bytes and the like stay."""
    if isinstance(cell, str | bool):
        return cell
    if isinstance(cell, int | float):
        return f"{cell:.15g}" if isinstance(cell, float) else str(cell)
    return cell

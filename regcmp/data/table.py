"""A table: rows as they were read, not yet understood; and the options of reading."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

Progress = Callable[[int, int | None], None]
"""Told how many bytes were read, and of how many, where that is known."""


@dataclass(frozen=True)
class Table:
    """Rows as they were read: a column per feature, and the target's where there is one.

    A column is float64 (NaN is missing) if every cell is a number; else it has the text of the file,
    as ``str`` in an object column, with None where a cell is missing. Typed formats keep their
    booleans and integers, text keeps integers that float64 does not hold.
    """

    name: str
    frame: pd.DataFrame
    source: str
    """Where the rows are from, for the reader of a report."""
    target: str | None = None
    """The column that the source itself knows to be the target."""
    test: pd.DataFrame | None = None
    """Test rows that are given, with the same columns."""
    image: tuple[int, int, int] | None = None
    """(H, W, C) where the features are an image's pixels, row by row, channels last."""
    warnings: tuple[str, ...] = ()
    faults: Mapping[str, str] = field(default_factory=dict)
    """Why columns can't be learned from, by name: an error for one that is not dropped."""
    merged: Mapping[str, str] = field(default_factory=dict)
    """By name of a target of numbers: a warning where it has one in two spellings, as classes."""
    line: Callable[[int], int | None] | None = None
    """The line of the file in which a row begins, rows counted from 0; None where that is not known."""


def name_or_place(name: str, place: int) -> str:
    """A column's name, or one by its place, from 1, where it has none."""
    return name if name.strip() else f"unnamed_{place}"


@dataclass(frozen=True)
class Reading:
    """How text is read, and how much of it: None is 'found out, where there is no doubt'."""

    sep: str | None = None
    decimal: str = "."
    encoding: str = "utf-8"
    header: bool | None = None
    na: tuple[str, ...] | None = None
    quoting: str = "standard"
    """'none' takes quotes for letters."""
    format: str | None = None
    """What the files are, whatever their suffix."""
    target: str | None = None
    """The target, if it was named: classes may have to be told apart by their spelling."""
    classes_as_text: bool = False
    """Whether its cells stay texts."""
    sample: int | None = None
    test: str | None = None
    """The file of test rows."""

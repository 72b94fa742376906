"""A table: rows as they were read, not yet understood; and the options of reading."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from regcmp.option import option

if TYPE_CHECKING:
    import pandas as pd

Progress = Callable[[int, int | None], None]
"""Told how many bytes were read, and of how many, where that is known."""


QUOTING = ("standard", "none")
"""Whether double quotes stand around cells, or are letters."""

FORMAT_NAMES = ("csv", "tsv", "arff", "svmlight", "parquet", "npz", "npy", "idx")
"""What the option --format may say."""


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
    """Test rows that are given; of the columns, those that are learned from must be there."""
    image: tuple[int, int, int] | None = None
    """(H, W, C) where the features are an image's pixels, row by row, channels last."""
    warnings: tuple[str, ...] = ()
    faults: Mapping[str, str] = field(default_factory=dict)
    """Why columns can't be learned from, by name: an error for one that is not dropped."""
    test_name: str = ""
    """The file of the test rows where that is another one."""
    test_faults: Mapping[str, str] = field(default_factory=dict)
    """The same as ``faults``, of the test rows."""
    declared: frozenset[str] = frozenset()
    """The columns that the file itself declares to be categories, whatever their levels look like."""
    is_text: bool = False
    """Whether it was read as text, by options such as --na."""
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

    sep: str | None = option(
        "text",
        None,
        "Cell separator of a text file: comma, semicolon, tab, pipe, space or any character."
        "  [default: the only one that fits]",
        metavar="CHARACTER",
        text_tables=True,
    )
    decimal: str = option(
        "text",
        ".",
        "Decimal separator of a text file: '.' or ','.",
        metavar="CHARACTER",
        text_tables=True,
        neutral=True,
    )
    encoding: str = option(
        "text",
        "utf-8",
        "Encoding of a text file, such as cp1252 or utf-16.",
        metavar="NAME",
        text_tables=True,
        neutral=True,
    )
    header: bool | None = option(
        "flag",
        None,
        "Line 1 of a text file has the column names. With --no-header, columns are called 1, 2, …"
        "  [default: --header, and line 1 must not look like a row]",
        text_tables=True,
    )
    na: tuple[str, ...] | None = option(
        "markers",
        None,
        "Texts that mark a missing cell in a text file, in addition to an empty cell.  [default: 'NA' and"
        " the like between numbers, with a warning]",
        metavar="TEXT,...",
        text_tables=True,
    )
    quoting: str = option(
        "choice",
        QUOTING[0],
        "Double quotes in a text file: standard reads them as quotes around cells, none as ordinary"
        " characters.",
        choices=QUOTING,
        text_tables=True,
        neutral=True,
        since="0.2",
    )
    format: str | None = option(
        "choice",
        None,
        "Format of the dataset file and of the --test file.  [default: by the suffix]",
        choices=FORMAT_NAMES,
        since="0.2",
    )
    sample: int | None = option(
        "whole",
        None,
        "Use a random sample of this many rows, stratified by class. The same rows every time.",
        low=1,
        metavar="ROWS",
    )
    test: str | None = option(
        "file",
        None,
        "File of test rows, with the target and the feature columns.",
        metavar="FILE",
    )

"""What each column of a table is: a number, a category, or nothing to learn from as it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

import numpy as np

from regcmp.errors import DataError, UsageError

if TYPE_CHECKING:
    import pandas as pd

USED = ("number", "boolean", "category", "text")
"""The kinds of columns that a network learns from."""

MOST_LEVELS = 100
"""A text column of more levels is no category."""

LARGEST = 1e150
"""Beyond it, a square overflows, and with it the variance that a column is scaled by."""

TARGETS = ("target", "label", "class", "y")
"""The names, in any case, of the column that is the target where none is named."""

EMPTY_WORDS = ("none", "nan", "na", "n/a", "null", "?", "-")
"""Levels that might mean 'missing'; nothing but an empty cell does unless --na says so."""

DATE = re.compile(
    r"(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})([ T][\d:.,Z+-]*)?"
)
DECIMAL_COMMA = re.compile(r"[-+]?\d*,\d+")
ROW_NUMBER = re.compile(r"(.*[^a-z])?(id|index|idx|nr|no|row|number)|unnamed: ?\d+|", re.IGNORECASE)


@dataclass(frozen=True)
class Columns:
    """What the user says of the columns."""

    target: str | None = None
    drop: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    task: str | None = None


@dataclass(frozen=True)
class Column:
    """One column: how it was understood, and what should be known of it."""

    name: str
    kind: str
    missing: int
    levels: int
    """How many different values it has, missing ones aside."""
    warning: str = ""

    @property
    def used(self) -> bool:
        """Whether the network sees it."""
        return self.kind in USED


def find_target(names: Sequence[str], wanted: str | None, known: str | None, table: str) -> str:
    """The target's name. A number that is no column's name is a position, counted from 1.

    Raises UsageError, with the columns, where there is no such column.
    """
    if wanted is not None:
        if wanted.isdecimal() and wanted not in names and 1 <= int(wanted) <= len(names):
            return names[int(wanted) - 1]
        return find_column("--target", wanted, names, table)
    if known is not None:
        return known
    found = [name for name in names if name.lower() in TARGETS]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(
            f"{table!r}: {' and '.join(map(repr, found))} could both be the target; choose one with"
            " --target"
        )
    raise UsageError(
        f"{table!r}: no column is called {', '.join(TARGETS[:-1])} or {TARGETS[-1]}; choose one with"
        f" --target: {some(names)}"
    )


def find_column(option: str, wanted: str, names: Sequence[str], table: str) -> str:
    """This column's name. Raises UsageError with the nearest one, or some of them."""
    if wanted in names:
        return wanted
    near = get_close_matches(wanted, names, n=1, cutoff=0.6)
    way_out = f"did you mean {near[0]!r}?" if near else f"choose one of {some(names)}"
    raise UsageError(f"{option}: {table!r} has no column {wanted!r}; {way_out}")


def some(names: Iterable[str], most: int = 10) -> str:
    """The first of some names, quoted, and how many more there are."""
    names = list(names)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(map(repr, names[:most])) + more


def describe_column(values: pd.Series, table: str, as_text: bool) -> Column:
    """What a column is. Raises DataError for what is neither a number nor plainly something else."""
    from pandas.api import types

    name, missing = str(values.name), int(values.isna().sum())
    present = values.dropna()
    levels = int(present.nunique())

    def column(kind: str, warning: str = "") -> Column:
        return Column(name, kind, missing, levels, warning and f"column {name!r} {warning}")

    if levels == 0:
        return column("empty", "has no values; it is not used")
    if as_text:
        return column("text")
    if levels == 1 and not missing:
        return column("constant", f"is {present.iloc[0]!s} in every row; it is not used")
    if types.is_bool_dtype(values.dtype):
        return column("boolean")
    if types.is_datetime64_any_dtype(values.dtype):
        return column("date", "holds dates; it is not used")
    if types.is_numeric_dtype(values.dtype):
        _check_numbers(name, present.to_numpy(np.float64), table)
        return column("number", _row_number(name, present.to_numpy(np.float64)))
    return column(*_kind_of_text(name, present.astype(str), table))


def _check_numbers(
    name: str, numbers: np.ndarray[tuple[int], np.dtype[np.float64]], table: str
) -> None:
    infinite = int(np.isinf(numbers).sum())
    if infinite:
        raise DataError(
            f"{table!r}: column {name!r} is infinite in {infinite} of {len(numbers)} rows; correct"
            f" these, leave them empty, or drop it with --drop {name}"
        )
    largest = numbers[np.abs(numbers).argmax()]
    if abs(largest) > LARGEST:
        raise DataError(
            f"{table!r}: column {name!r} has {largest:g}, too large to be scaled; take it in another"
            f" unit, or drop it with --drop {name}"
        )


def _row_number(name: str, numbers: np.ndarray[tuple[int], np.dtype[np.float64]]) -> str:
    """A warning where a column counts the rows."""
    if ROW_NUMBER.fullmatch(name) and len(numbers) > 2 and (np.diff(numbers) > 0).all():
        return (
            f"looks like a row number, and may give the target away; --drop {name!r} leaves it out"
        )
    return ""


def _kind_of_text(name: str, texts: pd.Series, table: str) -> tuple[str, str]:
    """The kind of a text column, and what to warn of. Raises DataError for numbers in disguise."""
    import pandas as pd

    counts = texts.value_counts(sort=False)
    levels = pd.Series(counts.index, dtype=object)
    if levels.map(lambda each: bool(DECIMAL_COMMA.fullmatch(each))).mean() > 0.5:
        sample = next(filter(DECIMAL_COMMA.fullmatch, levels))
        raise DataError(
            f"{table!r}: column {name!r} has {sample!r}, which may be a decimal comma; say so with"
            f" --decimal ',', or drop it with --drop {name}"
        )
    words = levels[pd.to_numeric(levels, errors="coerce").isna()]
    if len(words) == 1 and len(levels) > 5:
        word = words.iloc[0]
        raise DataError(
            f"{table!r}: column {name!r} has numbers, but {word!r} in {counts[word]} of"
            f" {len(texts)} rows; if that means missing, add --na {word!r}, or drop it with --drop"
            f" {name}"
        )
    if set(levels.str.lower()) <= {"true", "false"}:
        return "boolean", ""
    if levels.map(lambda each: bool(DATE.fullmatch(each))).all():
        return "date", "holds dates; it is not used"
    if len(levels) <= min(MOST_LEVELS, len(texts) / 2):
        odd = [each for each in levels if each.strip().lower() in EMPTY_WORDS]
        if odd:
            return (
                "category",
                f"has {odd[0]!r} as a category; --na {odd[0]!r} would make it missing",
            )
        return "category", ""
    if levels.str.count(" ").mean() >= 2:
        return "free text", f"holds free text; it is not used, unless --text {name!r} asks for it"
    return "id", (
        f"has {len(levels)} different texts in {len(texts)} rows, as an id has; it is not used,"
        f" unless --text {name!r} asks for its words"
    )

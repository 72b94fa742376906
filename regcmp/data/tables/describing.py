"""What each column of a table is: a number, a category, or nothing to learn from as it is."""

from __future__ import annotations

import re
from shlex import quote as quoted
from typing import TYPE_CHECKING

import numpy as np

from regcmp.data.columns import (
    LARGEST,
    MOST_LEVELS,
    RARE,
    Column,
    Numbers,
)
from regcmp.data.tables.doubts import Line, check_no_numbers, check_notation, doubt_of
from regcmp.errors import DataError, UsageError
from regcmp.hints import is_number

if TYPE_CHECKING:
    import pandas as pd

NOT_USABLE = {
    "empty": "has no values; leave it out of --use",
    "date": "holds dates; make numbers of them first, such as years, or leave it out of --use",
    "one text": "has the same text in every row; leave it out of --use",
    "free text": f"has no text that stands in {RARE} rows; --text {{0}} learns from its words",
    "id": f"has no text that stands in {RARE} rows; leave it out of --use",
}
"""By the kind of a column that can't be used: why, and what to do instead."""

DATE = re.compile(
    r"(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})([ T][\d:.,Z+-]*)?"
)
ID = re.compile(
    r"(?i:(.*[^a-z])?(id|uid|uuid|guid|pk|key|index|idx|nr|no|num|number|serial"
    r"|row ?(id|names|num|number)?)[.#]?|unnamed(: ?|_)\d+)|.*[a-z](Id|ID|Nr|No|Key|PK)"
)
"""What a column is called that names or counts rows; also one that had no name."""


def describe_column(
    values: pd.Series,
    table: str,
    decimal: str = ".",
    *,
    as_text: bool = False,
    use: bool = False,
    declared: bool = False,
    line: Line | None = None,
) -> Column:
    """What a column is. Raises DataError for what is neither a number nor plainly something else.

    ``decimal`` is empty for what no option of text says how to read.
    ``as_text`` asks for its words, ``use`` for the column also where it looks like an id. One that is
    ``declared`` a category is not doubted. ``line`` knows the line of a row.
    Raises UsageError where there is nothing of the kind.
    """
    if not (as_text or use or declared):
        check_notation(values, table, decimal, line)
    column = _described(values, table, decimal, as_text, use, declared, line)
    if use and not column.used:
        why = NOT_USABLE[column.kind].format(quoted(column.name))
        raise UsageError(f"--use: column {column.name!r} of {table!r} {why}", "use")
    return column


def _described(
    values: pd.Series,
    table: str,
    decimal: str,
    as_text: bool,
    use: bool,
    declared: bool,
    line: Line | None,
) -> Column:
    from pandas.api import types

    name, missing = str(values.name), int(values.isna().sum())
    present = values.dropna() if missing else values
    if not len(present):
        return _unused(name, "empty", missing, "has no values")
    if as_text:
        if not types.is_string_dtype(present.dtype):
            raise UsageError(
                f"--text: column {name!r} of {table!r} holds no texts, but values such as"
                f" {str(present.iloc[0])!r}; leave the option out",
                "text",
            )
        return Column(name, "text", missing)
    if types.is_bool_dtype(values.dtype):
        return Column(name, "boolean", missing)
    if (kind := values.dtype.kind) in "mM":
        return _unused(name, "date", missing, f"holds {'dates' if kind == 'M' else 'times'}")
    if types.is_numeric_dtype(values.dtype):
        return _number(name, present, missing, table, use)
    return _text(present.astype(str), missing, table, decimal, use, declared, line)


def _unused(name: str, kind: str, missing: int, why: str, unless: str = "") -> Column:
    return Column(name, kind, missing, f"column {name!r} {why}; it is not used{unless}")


def _number(name: str, present: pd.Series, missing: int, table: str, use: bool) -> Column:
    """A column of numbers. Raises DataError for what can't be scaled."""
    numbers = present.to_numpy(np.float64)
    infinite = int(np.isinf(numbers).sum())
    if infinite:
        raise DataError(
            f"{table!r}: column {name!r} is infinite in {infinite} of {len(numbers)} rows; correct"
            f" these, leave them empty, or drop it with --drop {quoted(name)}"
        )
    low, high = float(numbers.min()), float(numbers.max())
    largest = max(low, high, key=abs)
    if abs(largest) > LARGEST:
        raise DataError(
            f"{table!r}: column {name!r} has {largest:g}, too large to be scaled; take it in another"
            f" unit, or drop it with --drop {quoted(name)}"
        )
    if low == high and not missing:
        return Column(name, "constant", 0, range=(low, high))
    warning, is_id = "", bool(ID.fullmatch(name))
    if is_id and not use and _counts(present, numbers):
        many = "has a different whole number in every row, like an id"
        asked = f"; if it measures something, --use {quoted(name)} takes it as a number"
        return _unused(name, "id", missing, many, asked)
    if len(numbers) > 2 and (np.diff(numbers) == 1).all():
        way_out = "leave it out of --use" if is_id else f"--drop {quoted(name)} leaves it out"
        warning = f"column {name!r} counts the rows, and may give the target away; {way_out}"
    return Column(name, "number", missing, warning, range=(low, high))


def _counts(present: pd.Series, numbers: Numbers) -> bool:
    """Whether they are whole and no two of them alike, also where float64 can't tell them apart."""
    whole = bool((numbers == np.round(numbers)).all())
    return whole and present.nunique() == len(numbers) > 2


def _text(
    texts: pd.Series,
    missing: int,
    table: str,
    decimal: str,
    use: bool,
    declared: bool,
    line: Line | None,
) -> Column:
    """A column of texts: a category where they recur; where only some do, if that is asked for."""
    import pandas as pd

    name, counts = str(texts.name), texts.value_counts()
    levels = pd.Series(counts.index, dtype=object)
    if len(levels) == 1 and not missing:
        return _unused(name, "one text", 0, f"is {levels[0]!r} in every row")
    if set(levels.str.lower()) <= {"true", "false"}:
        return Column(name, "boolean", missing)
    if not declared:
        check_no_numbers(texts, counts, table, decimal, line)
    if not declared and levels.map(lambda each: bool(DATE.fullmatch(each))).all():
        return _unused(name, "date", missing, "holds dates")
    some_recur = max(counts.iloc[0], missing) >= RARE  # a gap is a level, too
    if len(levels) <= min(MOST_LEVELS, len(texts) / 2) or (use and some_recur):
        pairs = tuple(zip(levels.tolist(), counts.tolist(), strict=True))
        doubt = "" if use or declared else doubt_of(name, levels, decimal)
        return Column(name, "category", missing, doubt, levels=pairs)
    if not (declared or decimal) and levels.map(is_number).all():
        return _unused(name, "id", missing, "holds numbers as texts", "; save it as numbers")
    asked = f", unless --text {quoted(name)} asks for its words"
    if some_recur:
        asked += f" or --use {quoted(name)} takes it as a category"
    if levels.str.count(" ").mean() >= 2:
        return _unused(name, "free text", missing, "holds free text", asked)
    many = (
        f"has {len(levels)} different texts in {len(texts)} rows, such as {levels[0]!r}, like an id"
    )
    return _unused(name, "id", missing, many, asked)

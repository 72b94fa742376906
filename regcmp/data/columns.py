"""What each column of a table is: a number, a category, or nothing to learn from as it is."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from regcmp.data.doubts import Line, check_no_numbers, check_notation, doubt_of
from regcmp.errors import DataError, UsageError
from regcmp.hints import is_number, split_names
from regcmp.option import option

if TYPE_CHECKING:
    import pandas as pd

Numbers = npt.NDArray[np.float64]

PLAIN = ("number", "constant", "boolean")
"""The kinds of columns that hold a number in each row; a constant is one feature that is 0."""

USED = (*PLAIN, "category", "text")
"""The kinds that a network learns from."""

AUTO = "auto"
TASKS = (AUTO, "classification", "regression")
"""What is to be learned; auto goes by the target's values."""

MOST_LEVELS = 100
"""A text column of more levels is no category, unless asked for."""

RARE = 10
"""A level of fewer training rows is pooled with the other rare ones."""

NOT_USABLE = {
    "empty": "has no values; leave it out of --use",
    "date": "holds dates; make numbers of them first, such as years, or leave it out of --use",
    "one text": "has the same text in every row; leave it out of --use",
    "free text": f"has no text that stands in {RARE} rows; --text {{0}} learns from its words",
    "id": f"has no text that stands in {RARE} rows; leave it out of --use",
}
"""By the kind of a column that can't be used: why, and what to do instead."""

LARGEST = 1e150
"""Beyond it, a square overflows, and with it the variance that a column is scaled by."""

TARGETS = ("target", "label", "class", "y")
"""The names, in any case, of the column that is the target where none is named."""

DATE = re.compile(
    r"(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})([ T][\d:.,Z+-]*)?"
)
ID = re.compile(
    r"(?i:(.*[^a-z])?(id|uid|uuid|guid|pk|key|index|idx|nr|no|num|number|serial"
    r"|row ?(id|names|num|number)?)[.#]?|unnamed(: ?|_)\d+)|.*[a-z](Id|ID|Nr|No|Key|PK)"
)
"""What a column is called that names or counts rows; also one that had no name."""

MANY_KEYS = 20
"""So many different whole numbers under such a name are keys."""


@dataclass(frozen=True)
class Columns:
    """What the user says of the columns."""

    target: str | None = option(
        "column",
        None,
        "The column to predict: its name, or its position from 1.  [default: the one called"
        " target, label, class or y]",
        metavar="COLUMN",
    )
    drop: tuple[str, ...] = option(
        "columns", (), "Columns to leave out. Repeatable.", metavar="COLUMN,...", repeatable=True
    )
    text: tuple[str, ...] = option(
        "columns",
        (),
        "Columns of text whose words to learn from, by TF-IDF. Repeatable.",
        metavar="COLUMN,...",
        repeatable=True,
    )
    use: tuple[str, ...] = option(
        "columns",
        (),
        "Columns to learn from although they look like ids: numbers as such, texts as"
        " categories. Repeatable.",
        metavar="COLUMN,...",
        repeatable=True,
        before=(),
    )
    task: str = option(
        "choice",
        AUTO,
        "What the target is; auto takes numbers that are many or not whole as a regression.",
        choices=TASKS,
        neutral=True,
    )
    classes_as_text: bool = option(
        "switch",
        False,
        "Take the target's cells for names of classes as they stand: 01 is not 1.",
        neutral=True,
        before=False,
    )
    image: str | None = option(
        "image", None,
        "The columns are an image's pixels, row by row and channels last: 28x28, or 32x32x3."
        "  [default: as a file of images has it]",
        metavar="SIZE",
    )  # fmt: skip


@dataclass(frozen=True)
class Column:
    """One column: how it was understood, and what should be known of it."""

    name: str
    kind: str
    missing: int
    warning: str = ""
    levels: tuple[tuple[str, int], ...] = ()
    """Of a category: each level, and how many rows have it."""
    range: tuple[float, float] | None = None
    """Of a number: its least and its largest value."""

    @property
    def used(self) -> bool:
        """Whether the network sees it."""
        return self.kind in USED


def find_target(
    names: Sequence[str], wanted: str | None, known: str | None, table: str, *, is_text: bool = True
) -> str:
    """The target's name. A number that is no column's name is a position, counted from 1.

    A table that ``is_text`` may have names that are a row.
    Raises UsageError, with the columns, where there is no such column.
    """
    if wanted is not None:
        if wanted.isdecimal() and wanted not in names and 1 <= int(wanted) <= len(names):
            return names[int(wanted) - 1]
        if wanted.isdecimal() and wanted not in names:
            raise UsageError(
                f"--target: {table!r} has no column {wanted!r}; by position, its columns are 1 to"
                f" {len(names)}, by name {some(names)}",
                "target",
            )
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
        f" --target: {some(names)}{_maybe_a_row(names) if is_text else ''}"
    )


def target_among(names: Sequence[str], wanted: str | None) -> str | None:
    """The target's name; None where these columns leave it open."""
    try:
        return find_target(names, wanted, None, "")
    except UsageError:
        return None


def _maybe_a_row(names: Sequence[str]) -> str:
    """Advice where some names are numbers, and not those that columns without names get."""
    numbered = list(names) == [str(i + 1) for i in range(len(names))]
    if numbered or not any(map(is_number, names)):
        return ""
    return "; if these are a row's values, add --no-header"


def find_column(option: str, wanted: str, names: Sequence[str], table: str) -> str:
    """This column's name. Raises UsageError with the nearest one, or some of them."""
    if wanted in names:
        return wanted
    near = get_close_matches(wanted, names, n=1, cutoff=0.6)
    way_out = f"did you mean {near[0]!r}?" if near else f"choose one of {some(names)}"
    raise UsageError(f"{option}: {table!r} has no column {wanted!r}; {way_out}", option.lstrip("-"))


def find_columns(option: str, wanted: Sequence[str], names: Sequence[str], table: str) -> set[str]:
    """The columns of these names, one after the other; a name may have commas, at which it was split,
    and blanks around it, which were lost.

    Raises UsageError for one that is not there.
    """
    plain = {(name,) for name in names}
    whole: dict[tuple[str, ...], list[str]] = {}
    for name in names:
        if (parts := tuple(split_names(name))) not in plain:
            whole.setdefault(parts, []).append(name)
    longest = max(map(len, whole), default=1)
    found, start = set(), 0
    while start < len(wanted):
        ends = range(min(start + longest, len(wanted)), start, -1)
        end = next((end for end in ends if tuple(wanted[start:end]) in whole), start + 1)
        parts = tuple(wanted[start:end])
        meant = [[each] for each in whole.get(parts, ())]
        if not meant or plain.issuperset((part,) for part in parts):
            meant.append([find_column(option, part, names, table) for part in parts])
        if len(meant) > 1:
            either = " or ".join(" and ".join(map(repr, each)) for each in meant)
            raise UsageError(
                f"{option}: {','.join(parts)!r} could mean {either} of {table!r}; rename one of them",
                option.lstrip("-"),
            )
        found.update(meant[0])
        start = end
    return found


def some(names: Iterable[str], most: int = 10) -> str:
    """The first of some names, quoted, and how many more there are."""
    names = list(names)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(map(repr, names[:most])) + more


def quoted(text: str) -> str:
    """A text as a shell takes it."""
    return shlex.quote(text)


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
    column = _described(values, table, decimal, as_text, use, declared)
    if use and not column.used:
        why = NOT_USABLE[column.kind].format(quoted(column.name))
        raise UsageError(f"--use: column {column.name!r} of {table!r} {why}", "use")
    return column


def _described(
    values: pd.Series, table: str, decimal: str, as_text: bool, use: bool, declared: bool
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
    return _text(name, present.astype(str), missing, table, decimal, use, declared)


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
        many = f"has another whole number in each of {len(numbers)} rows, as an id has"
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
    name: str,
    texts: pd.Series,
    missing: int,
    table: str,
    decimal: str,
    use: bool,
    declared: bool,
) -> Column:
    """A column of texts: a category where they recur; where only some do, if that is asked for."""
    import pandas as pd

    counts = texts.value_counts()
    levels = pd.Series(counts.index, dtype=object)
    if len(levels) == 1 and not missing:
        return _unused(name, "one text", 0, f"is {levels[0]!r} in every row")
    if set(levels.str.lower()) <= {"true", "false"}:
        return Column(name, "boolean", missing)
    if not declared:
        check_no_numbers(name, counts, levels, table, decimal)
    if not declared and levels.map(lambda each: bool(DATE.fullmatch(each))).all():
        return _unused(name, "date", missing, "holds dates")
    some_recur = max(counts.iloc[0], missing) >= RARE  # a gap is a level, too
    if len(levels) <= min(MOST_LEVELS, len(texts) / 2) or (use and some_recur):
        pairs = tuple(zip(levels.tolist(), counts.tolist(), strict=True))
        doubt = "" if use or declared else doubt_of(name, levels, decimal)
        return Column(name, "category", missing, doubt, levels=pairs)
    asked = f", unless --text {quoted(name)} asks for its words"
    if some_recur:
        asked += f" or --use {quoted(name)} takes it as a category"
    if levels.str.count(" ").mean() >= 2:
        return _unused(name, "free text", missing, "holds free text", asked)
    many = f"has {len(levels)} different texts in {len(texts)} rows, such as {levels[0]!r}, as an id has"
    return _unused(name, "id", missing, many, asked)

"""Columns: the options that choose them, what is known of one, and how one is found by its name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np
import numpy.typing as npt

from regcmp.errors import UsageError
from regcmp.hints import is_number, split_names
from regcmp.option import AUTO, option

Numbers = npt.NDArray[np.float64]

PLAIN = ("number", "constant", "boolean")
"""The kinds of columns that hold a number in each row; a constant is one feature that is 0."""

USED = (*PLAIN, "category", "text")
"""The kinds that a network learns from."""

GROUPS = "groups"
ORDER = "order"
WEIGHT = "weight"
ROLES = (GROUPS, ORDER, WEIGHT)
"""The kinds of the columns that say which rows belong together, what comes first, and how much rows count:
no features."""

CONTENT = "content"
"""The word of --groups for rows with the same features, unless a column is called so."""

TASKS = (AUTO, "classification", "regression")
"""What is to be learned; auto goes by the target's values."""

MOST_LEVELS = 100
"""A text column of more levels is no category, unless asked for."""

RARE = 10
"""A level of fewer training rows is pooled with the other rare ones."""

LARGEST = 1e150
"""Beyond it, a square overflows, and with it the variance that a column is scaled by."""

TARGETS = ("target", "label", "class", "y")
"""The names, in any case, of the column that is the target where none is named."""


@dataclass(frozen=True)
class Columns:
    """What the user says of the columns."""

    target: str | None = option(
        "column",
        None,
        "Column to predict: its name, or its position, counted from 1.  [default: the one called"
        " target, label, class or y]",
        metavar="COLUMN",
    )
    drop: tuple[str, ...] = option(
        "columns", (), "Columns to leave out. Repeatable.", metavar="COLUMN,...", repeatable=True
    )
    text: tuple[str, ...] = option(
        "columns",
        (),
        "Text columns whose words become features, by TF-IDF. Repeatable.",
        metavar="COLUMN,...",
        repeatable=True,
    )
    use: tuple[str, ...] = option(
        "columns",
        (),
        "Use these columns even though they look like ids: numbers as numbers, texts as"
        " categories. Repeatable.",
        metavar="COLUMN,...",
        repeatable=True,
        before=(),
    )
    task: str = option(
        "choice",
        AUTO,
        "auto: a numeric target with many or non-integer values is a regression.",
        choices=TASKS,
        neutral=True,
    )
    classes_as_text: bool = option(
        "switch",
        False,
        "Treat target cells as class names, so that 01 and 1 differ.",
        neutral=True,
        since="0.2",
    )
    groups: str | None = option(
        "column", None,
        "Column that says which rows belong together, such as those of one customer: no group stands in"
        " two of training, validation and test rows. It is no feature. content: rows with the same"
        " features.",
        metavar="COLUMN", since="0.2",
    )  # fmt: skip
    drop_duplicates: bool = option(
        "switch", False,
        "Keep one of the training rows that are alike in target and features, and none that a given test"
        " row is like.",
        neutral=True, since="0.2",
    )  # fmt: skip
    order: str | None = option(
        "column", None,
        "Column of dates or numbers by which training rows come before validation rows, and these before"
        " test rows. Rows that are tied stay together. It is no feature.",
        metavar="COLUMN", since="0.2",
    )  # fmt: skip
    weight: str | None = option(
        "column", None,
        "Column of how much each row counts: in the training loss, as so many equal rows do, and in every"
        " score. Rows of weight 0 are left out. It is no feature.",
        metavar="COLUMN", since="0.2",
    )  # fmt: skip
    image: str | None = option(
        "image", None,
        "Columns are the pixels of an image, row by row, channels last: 28x28, or 32x32x3."
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
            " --target",
            "target",
        )
    raise UsageError(
        f"{table!r}: no column is called {', '.join(TARGETS[:-1])} or {TARGETS[-1]}; choose one with"
        f" --target: {some(names)}{_maybe_a_row(names) if is_text else ''}",
        "target",
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
    raise UsageError(f"{option}: {table!r} has no column {wanted!r}; {way_out}", option)


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
                option,
            )
        found.update(meant[0])
        start = end
    return found


def some(names: Iterable[str], most: int = 10) -> str:
    """The first of some names, quoted, and how many more there are."""
    names = list(names)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(map(repr, names[:most])) + more

"""The columns that options name: that they are there, and that none is asked to be two things."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

from regcmp.data.columns import CONTENT, Columns, find_column, find_columns, find_target
from regcmp.data.table import Table
from regcmp.errors import UsageError


@dataclass(frozen=True)
class Asked:
    """The columns that options name, each of which is there."""

    target: str
    dropped: set[str]
    texts: set[str]
    used: set[str]
    groups: str | None
    order: str | None
    weight: str | None
    by_content: bool
    """Whether rows with the same features are a group."""


def asked_of(table: Table, columns: Columns) -> Asked:
    """Raises UsageError for a column that isn't there, or is asked to be two things."""
    names = [str(name) for name in table.frame.columns]
    target = find_target(names, columns.target, table.target, table.name, is_text=table.is_text)
    others = [] if table.test is None else [*map(str, table.test.columns.difference(names))]
    dropped = find_columns("--drop", columns.drop, [*names, *others], table.name)
    texts = find_columns("--text", columns.text, names, table.name)
    used = find_columns("--use", columns.use, names, table.name)
    asked = {"--drop": dropped, "--text": texts, "--use": used}
    by_content = columns.groups == CONTENT and CONTENT not in names
    groups = None if by_content else columns.groups
    single: dict[str, str | None] = {
        "--groups": groups,
        "--order": columns.order,
        "--weight": columns.weight,
    }
    for option, wanted in single.items():
        if wanted is not None:
            single[option] = name = find_column(option, wanted, names, table.name)
            asked[option] = {name}
    _check_words(target, asked)
    groups, order, weight = single.values()
    return Asked(target, dropped, texts, used, groups, order, weight, by_content)


def _check_words(target: str, asked: dict[str, set[str]]) -> None:
    """Raise UsageError for a column that is to be two things; ``asked`` has columns by option."""
    for option, names in asked.items():
        if target in names:
            raise UsageError(
                f"{option}: {target!r} is the target; choose another one with --target",
                option,
            )
    for (one, names), (other, others) in combinations(asked.items(), 2):
        if both := names & others:
            raise UsageError(
                f"{one} and {other} both name {min(both)!r}; leave one out",
                one,
                other,
            )

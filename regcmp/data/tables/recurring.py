"""Keys that recur: whose rows these are, where rows of one person or thing may stand on both sides."""

from __future__ import annotations

import re
from collections.abc import Iterable
from shlex import quote as quoted

import numpy as np

from regcmp.data.columns import GROUPS, Column
from regcmp.data.dataset import Rows
from regcmp.data.table import Table
from regcmp.data.tables.given_test import name_of_test

THINGS = (
    "account|animal|author|child|client|company|customer|device|donor|employee|family|firm|household"
    "|member|participant|patient|person|player|pupil|respondent|speaker|student|subject|user|vehicle"
)
KEY = re.compile(
    rf"(?:.*[ _.-])?(?:id|ids|key|uuid|guid)|.*[a-z](?:Id|ID|Key)"
    rf"|(?i:(?:{THINGS})s?(?:[ _.-]?(?:id|no|nr|num|number|key|code|name))?)"
)
"""What a column is called that says whose row it is."""

FEWEST_KEYS = 10
"""A column of fewer values is a category."""
PART = 0.5
"""The share of rows that have their key in common with another row, from which it is said."""


def recurring_keys(
    table: Table,
    columns: Iterable[Column],
    groups: Rows | None = None,
    order: Rows | None = None,
) -> list[str]:
    """A line for each of these columns that looks like a key of which rows are on both sides.

    Of given test rows it is known whether they are; where test rows are drawn, it is likely, unless
    the rows of each key are in one of the ``groups`` (N,) that are never on both sides. By an ``order``,
    a network may know keys from before, and no option keeps their rows together.
    """
    lines = [
        _said(table, each.name, in_order=order is not None)
        for each in columns
        if each.kind != GROUPS
        and KEY.fullmatch(each.name.strip())
        and not _within(table, each.name, groups)
    ]
    return [each for each in lines if each]


def _within(table: Table, name: str, groups: Rows | None) -> bool:
    """Whether the rows of each key are in one group."""
    if groups is None:
        return False
    import pandas as pd

    pairs = pd.DataFrame({"key": table.frame[name], "group": groups[: len(table.frame)]})
    return not bool(pairs.drop_duplicates().dropna()["key"].duplicated().any())


def _said(table: Table, name: str, *, in_order: bool) -> str:
    values = table.frame[name].dropna()
    if values.dtype.kind == "f" and not bool((values == np.round(values)).all()):
        return ""
    rows = values.value_counts()
    if len(rows) < FEWEST_KEYS or rows[rows > 1].sum() < PART * len(table.frame):
        return ""
    each = f"{'' if rows.nunique() == 1 else 'about '}{rows.mean():.3g} each"
    sizes = f"{len(rows):,} values in {len(values):,} rows, {each}"
    start = f"column {name!r} looks like a key that recurs ({sizes})"
    if table.test is None:
        way_out = f"--groups {quoted(name)} keeps them together"
        if in_order:
            way_out += ", in the place of --order"
        return (
            f"{start}: rows of one key may stand in both training and test, and be recognised, also if"
            f" --drop {quoted(name)} leaves it out; {way_out}"
        )
    if name not in table.test.columns:
        return ""
    shared = int(table.test[name].isin(rows.index).sum())
    if not shared:
        return ""
    return (
        f"{start}, and {shared:,} of {len(table.test):,} rows of {name_of_test(table)} have a key of the"
        " training rows, and may be recognised; leave such rows out"
    )

"""What a comparison could have found, laid out for people."""

from __future__ import annotations

from math import ceil
from typing import Any

import pandas as pd

from regcmp.analysis.power import MOST_SEEDS, WANTED, Design, design_of
from regcmp.analysis.verdict import TEST_NAMES, conditions
from regcmp.errors import DataError
from regcmp.numbers import MISSING, Style, count, style_of
from regcmp.report.layout import Column, Table, records_of
from regcmp.report.text import clean
from regcmp.results import Report

MOST_ROWS = 1000
"""Above so many times the rows, no number is printed."""


def make_power_table(file: str, report: Report, difference: float | None) -> Table:
    """A row per method: what it takes to find a true ``difference``, in the score's own unit.

    Without one, that is the smallest that the best-known method's design finds. Raises DataError where
    no method has an interval.
    """
    style, plan = style_of(report.summary), report.plan
    rows = [row for row in records_of(report) if row["method"] != plan["baseline"]]
    tests = sum(pd.notna(row["p_value"]) for row in rows)
    designs = {row["method"]: design_of(row, tests) for row in rows}
    known = [each for each in designs.values() if each is not None]
    if not known:
        raise DataError(
            f"{file!r} has no interval of a difference, so no power can be computed; expected a report"
            " of two methods or more, with 5 seeds or more; run 'regcmp compare --seeds 10 -o FILE.json'"
        )
    wanted = min(each.detectable for each in known) if difference is None else difference
    size = style.size(wanted)
    columns = (
        Column("Method", 0),
        Column(f"Found with {WANTED:.0%} power", 0),
        Column(f"Power for {size}", 1),
        Column(f"Seeds for {size}", 1),
        Column(f"Rows for {size}", 1),
    )
    cells = [_cells(name, each, wanted, style) for name, each in designs.items()]
    return Table(
        above=(clean(f"{plan['data']['name']}: {_design(plan, tests)}"),),
        columns=columns,
        rows=tuple(tuple(map(clean, each)) for each in cells),
        tones=("",) * len(cells),
        notes=(),
        below=tuple(_legend(style, tests)),
        verdict=(_answer(known, wanted, plan, style),),
    )


def _design(plan: dict[str, Any], tests: int) -> str:
    test = TEST_NAMES[plan["tested_by"]]
    return f"{count(plan['seeds'], 'seed')}, {test}, Holm over {count(tests, 'method')}"


def _cells(name: str, design: Design | None, wanted: float, style: Style) -> tuple[str, ...]:
    if design is None:
        return (name, *[MISSING] * 4)
    seeds, rows = design.seeds_for(wanted), design.rows_for(wanted)
    return (
        name,
        style.amount(style.size(design.detectable)),
        f"{design.power(wanted):.0%}",
        f"over {MOST_SEEDS:,}" if seeds is None else f"{seeds:,}",
        f"x {rows:.1f}" if rows < MOST_ROWS else f"over x {MOST_ROWS:,}",
    )


def _answer(known: list[Design], wanted: float, plan: dict[str, Any], style: Style) -> str:
    """For the method that is known best."""
    best = min(known, key=lambda each: each.detectable)
    size, seeds = style.amount(style.size(wanted)), best.seeds_for(wanted)
    given = conditions(plan["vary"])
    if best.finds(wanted):
        seeds_now = count(plan["seeds"], "seed")
        return f"{size} would be found{given}: power {best.power(wanted):.0%} at {seeds_now}."
    rows = ceil(10 * best.rows_for(wanted)) / 10
    if seeds is None:
        return f"{size} would need {rows:g} times the rows{given}; more seeds are not enough."
    return f"{size} would need {seeds:,} seeds, or {rows:g} times the rows{given}."


def _legend(style: Style, tests: int) -> list[str]:
    holm = f" at 5 % / {tests}, as Holm tests the first" if tests > 1 else " at 5 %"
    return [
        f"Power: how often a true difference in test {style.name} of this size is found, two-sided{holm}.",
        "Seeds and rows: what finds it with 80 % power, the other as it is. They follow from the spread of"
        " this report's differences, so they are rough.",
    ]

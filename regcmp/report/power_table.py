"""What a comparison could have found, laid out for people."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, inf
from typing import Any

import pandas as pd

from regcmp.analysis.power import MOST_SEEDS, WANTED, Design, design_of
from regcmp.analysis.statistics import MIN_PAIRS_FOR_P
from regcmp.analysis.verdict import ALPHA
from regcmp.analysis.wording import conditions, drawn_of, in_words, test_name
from regcmp.errors import DataError
from regcmp.numbers import MISSING, Style, count, style_of
from regcmp.report.layout import records_of
from regcmp.report.table import Column, Table
from regcmp.report.text import clean
from regcmp.results import Report

MOST_ROWS = 1000
"""Above so many times the rows, no number is printed."""
MOST_DIGITS = 15
"""Of a difference, point included."""
ROUNDING = 1e-6
"""By which tenths of rows may be too many, as powers are computed."""


@dataclass(frozen=True)
class Known:
    """A method's row of the summary, with the design behind it."""

    row: dict[str, Any]
    design: Design

    def closeness(self, sign: int) -> tuple[bool, bool, float]:
        """Largest for what a verdict calls the closest: the best that was not shown to differ."""
        p, gain = self.row["p_holm"], sign * self.row["delta_test"]
        return p >= ALPHA, pd.notna(p), gain if pd.notna(gain) else -inf


def make_power_table(file: str, report: Report, difference: float | None) -> Table:
    """A row per method: what it takes to find a true ``difference``, in the score's own unit.

    Without one, that is the smallest that the closest method's design finds. Raises DataError where no
    method has an interval.
    """
    style, plan = style_of(report.summary), report.plan
    rows = [row for row in records_of(report) if row["method"] != plan["baseline"]]
    tests = _tests(rows)
    designs = [design_of(row, tests, plan["folds"] or 1) for row in rows]
    known = [Known(row, each) for row, each in zip(rows, designs, strict=True) if each]
    if not known:
        raise DataError(
            f"{file!r} has no interval of a difference, so no power can be computed; expected a report"
            " of two methods or more, with 5 seeds or more; run 'regcmp compare --seeds 10 -o FILE.json'"
        )
    sign = 1 if style.metric.higher_is_better else -1
    closest = max(known, key=lambda each: each.closeness(sign))
    wanted = _smallest(closest.design, style) if difference is None else difference
    size, drawn = _size(wanted, style), "split" in plan["vary"]
    columns = (
        Column("Method", 0),
        Column(f"Found with {WANTED:.0%} power", 0),
        Column(f"Power for {size}", 1),
        Column(f"Seeds for {size}", 1),
        *([Column(f"Rows for {size}", 1)] if drawn else []),
    )
    cells = [
        (row["method"], *_cells(design, wanted, style))
        if design
        else (row["method"], *[MISSING] * 4)
        for row, design in zip(rows, designs, strict=True)
    ]
    return Table(
        above=(clean(f"{plan['data']['name']}: {_design(plan, tests)}"),),
        columns=columns,
        rows=tuple(tuple(map(clean, each[: len(columns)])) for each in cells),
        tones=("",) * len(cells),
        notes=(),
        below=tuple(_legend(style, tests, drawn)),
        verdict=(clean(_answer(closest, wanted, plan, style)),),
    )


def _tests(rows: list[dict[str, Any]]) -> int:
    """Over how many methods Holm adjusts; where none has a p-value, over how many it will."""
    tested, known = (sum(1 for row in rows if pd.notna(row[name])) for name in ("p_value", "error"))
    return tested or known


def _smallest(design: Design, style: Style) -> float:
    """The smallest difference that a design finds, with as many seeds as a test needs."""
    return min(design.at(max(design.seeds, MIN_PAIRS_FOR_P)).detectable, style.metric.span)


def _size(value: float, style: Style) -> str:
    """As in other tables; but shorter where that has no digits, or too many."""
    text = style.size(value)
    return text if float(text) and len(text) <= MOST_DIGITS else f"{value * style.factor:.3g}"


def _design(plan: dict[str, Any], tests: int) -> str:
    words = [count(plan["seeds"], "seed"), test_name(plan["tested_by"], drawn_of(plan))]
    if plan["seeds"] < MIN_PAIRS_FOR_P:
        words.append(f"no p-value below {MIN_PAIRS_FOR_P} seeds")
    elif tests:
        words.append(f"Holm over {count(tests, 'method')}")
    return ", ".join(words)


def _cells(design: Design, wanted: float, style: Style) -> tuple[str, ...]:
    seeds, found = design.seeds_for(wanted), design.detectable
    return (
        MISSING if found == inf else _found(found, style),
        f"{design.power(wanted):.0%}",
        f"over {MOST_SEEDS:,}" if seeds is None else f"{seeds:,}",
        MISSING if found == inf else _times(design.rows_for(wanted), "x "),
    )


def _found(smallest: float, style: Style) -> str:
    """The smallest difference that is found; a bound where no two scores differ by so much."""
    if smallest > style.metric.span:
        return f"over {style.amount(_size(style.metric.span, style))}"
    return style.amount(_size(smallest, style))


def _times(rows: float, mark: str = "") -> str:
    """How many times the rows, rounded up: '2.4'."""
    if rows < 0.1:
        return f"under {mark}0.1"
    if rows > MOST_ROWS:
        return f"over {mark}{MOST_ROWS:,}"
    return f"{mark}{ceil(10 * rows - ROUNDING) / 10:.1f}"


def _answer(closest: Known, wanted: float, plan: dict[str, Any], style: Style) -> str:
    """For the method that comes closest to a winner, or won."""
    design, given = closest.design, conditions(plan["vary"])
    head = f"With {in_words(closest.row['method'])}, {style.amount(_size(wanted, style))} would"
    if design.finds(wanted):
        at = count(design.seeds, "seed")
        return f"{head} be found{given}: power {design.power(wanted):.0%} at {at}."
    seeds, ways = design.seeds_for(wanted), []
    if seeds is not None:
        ways.append(f"{seeds:,} seeds")
    if "split" in plan["vary"] and design.detectable < inf:
        ways.append(f"{_times(design.rows_for(wanted))} times the rows")
    if not ways:
        return f"{head} need more than {MOST_SEEDS:,} seeds{given}."
    more = "" if seeds else "; more seeds are not enough"
    return f"{head} need {', or '.join(ways)}{given}{more}."


def _legend(style: Style, tests: int, drawn: bool) -> list[str]:
    holm = f" at 5 % / {tests}, as Holm tests the first" if tests > 1 else " at 5 %"
    takes = "Seeds and rows: what finds it with 80 % power, the other as it is."
    if not drawn:
        takes = "Seeds: how many find it with 80 % power."
    return [
        f"Power: how often a true difference in test {style.name} of this size is found, two-sided{holm}.",
        f"{takes} They follow from the spread of this report's differences, so they are rough.",
    ]

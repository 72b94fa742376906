"""A study laid out for people: methods by conditions, and what several datasets show together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from regcmp.analysis.across import Across
from regcmp.analysis.statistics import LEVEL
from regcmp.analysis.studies import Closing, Study
from regcmp.metrics import METRICS
from regcmp.numbers import MISSING, Style, count, p_text, style_of
from regcmp.report.table import Column, Table
from regcmp.report.text import clean
from regcmp.results import Report

SHOWN = "*"
"""Behind a difference that was shown."""


def study_tables(study: Study) -> list[Table]:
    """All conditions in one table, then one for each group of datasets that a test takes together."""
    return [matrix(study), *(closing_table(each, study.rope) for each in study.closings)]


def matrix(study: Study) -> Table:
    """Methods by conditions: the mean test score, and its difference to the condition's baseline."""
    names = list(
        dict.fromkeys(name for _, report in study.done for name in report.summary["method"])
    )
    cells = [_column(report) for _, report in study.done]
    baselines = {report.plan["baseline"] for _, report in study.done}
    marked = {
        (row, column)
        for column, found in enumerate(cells, 1)
        for row, name in enumerate(names)
        if found.get(name, "").endswith(SHOWN)
    }
    columns = [Column("Method", 0), *(Column(clean(part.short), 0) for part, _ in study.done)]
    rows = [(name, *(found.get(name, MISSING) for found in cells)) for name in names]
    return Table(
        above=tuple(map(clean, _above(study))),
        columns=tuple(columns),
        rows=tuple(tuple(map(clean, row)) for row in rows),
        tones=tuple("baseline" if name in baselines else "" for name in names),
        notes=tuple(clean(f"{part.label}: failed: {part.error}") for part in study.failed),
        below=tuple(map(clean, _below(study))),
        verdict=tuple(map(clean, _verdict(study))),
        shown=frozenset(marked),
    )


def _column(report: Report) -> dict[str, str]:
    """A condition's cells by method, '87.3', '88.1 +0.84*', so that levels stand below each other."""
    style, baseline = style_of(report.summary), report.plan["baseline"]
    rows = report.summary.to_dict("records")
    differences = [_difference(row, style, baseline) for row in rows]
    width = max(map(len, differences))
    return {
        row["method"]: f"{style.level(row['test_mean'])}{each.rjust(width)}{_mark(row)}"
        for row, each in zip(rows, differences, strict=True)
    }


def _difference(row: dict[str, Any], style: Style, baseline: str) -> str:
    if row["method"] == baseline or pd.isna(row["delta_test"]):
        return ""
    return f" {style.difference(row['delta_test'])}"


def _mark(row: dict[str, Any]) -> str:
    return SHOWN if row["p_holm"] < 1 - LEVEL else " "


def _above(study: Study) -> list[str]:
    lines = [f"{count(len(study.parts), 'condition')}: {_values(study)}"]
    if study.done:
        plan = study.done[0][1].plan
        seeds = count(plan["seeds"], "seed")
        held = [] if "dataset" in study.keys else [f"dataset {plan['data']['name']}"]
        lines.append(", ".join([*held, f"{seeds} in each condition, baseline {plan['baseline']}"]))
    return lines


def _values(study: Study) -> str:
    values = {
        key: list(dict.fromkeys(part.words[key] for part in study.parts)) for key in study.keys
    }
    return "; ".join(f"{key} {', '.join(each)}" for key, each in values.items())


def _verdict(study: Study) -> list[str]:
    """How many conditions show something, then the answer of each."""
    better = [part for part, report in study.done if _shows_better(report)]
    done = count(len(study.done), "condition")
    head = f"A method was shown to be better than the baseline in {len(better)} of {done}."
    return [
        head,
        *(f"{part.label}: {report.verdict.splitlines()[0]}" for part, report in study.done),
    ]


def _shows_better(report: Report) -> bool:
    sign = 1 if METRICS[report.plan["metric"]].higher_is_better else -1
    table = report.summary
    return bool(((table["p_holm"] < 1 - LEVEL) & (table["delta_test"] * sign > 0)).any())


def _below(study: Study) -> list[str]:
    scores = dict.fromkeys(_score(report) for _, report in study.done)
    return [
        f"Columns: {', '.join(study.keys)}. Cell: mean test score ({'; '.join(scores)}) and the mean of"
        " paired differences to that condition's baseline.",
        f"{SHOWN}: shown (p < {1 - LEVEL:.2g}), adjusted by Holm over the methods of its condition. Each"
        " condition is a comparison of its own, and nothing is claimed from one condition to the next."
        f" Where no method has an effect, up to one in {round(1 / (1 - LEVEL))} conditions is expected to"
        " show one.",
    ]


def _score(report: Report) -> str:
    metric = METRICS[report.plan["metric"]]
    return f"{style_of(report.summary).score_in}, {metric.better}"


def closing_table(closing: Closing, rope: float) -> Table:
    """What several datasets show together: the signed-rank test, and the Bayesian one beside it."""
    metric = METRICS[closing.metric]
    style = Style(metric, metric.decimals)
    columns = (
        Column("Method", 0),
        Column("Mean difference", 0),
        Column("W/T/L", 0),
        Column("p (Holm)", 0),
        Column("P(better)", 1),
        Column("P(equivalent)", 1),
        Column("P(worse)", 1),
    )
    return Table(
        above=(clean(_over(closing)),),
        columns=columns,
        rows=tuple(_across(each, style) for each in closing.methods),
        tones=tuple(_tone(each) for each in closing.methods),
        notes=(clean(closing.refused[:1].upper() + closing.refused[1:] + "."),)
        if closing.refused
        else (),
        below=tuple(_explained(closing, style, rope)),
        verdict=(_answer(closing),),
    )


def _over(closing: Closing) -> str:
    others = "".join(f", {key}={value}" for key, value in closing.words.items())
    return f"Over {len(closing.datasets)} datasets{others}: {', '.join(closing.datasets)}"


def _across(each: Across, style: Style) -> tuple[str, ...]:
    mean = sum(each.differences) / len(each.differences)
    chances = (each.better, each.equivalent, each.worse)
    return (
        clean(each.method),
        style.difference(mean),
        "/".join(map(str, each.signs)),
        MISSING if each.p_holm is None else p_text(each.p_holm),
        *(f"{chance:.3f}" for chance in chances),
    )


def _is_shown(each: Across) -> bool:
    return each.p_holm is not None and each.p_holm < 1 - LEVEL


def _tone(each: Across) -> str:
    if not _is_shown(each):
        return ""
    return "better" if each.signs[0] > each.signs[2] else "worse"


def _answer(closing: Closing) -> str:
    if not closing.methods:
        return "Nothing can be said of these datasets together."
    said = [
        f"{name} over these datasets: {', '.join(found)}."
        for name, tone in (("Better", "better"), ("Worse", "worse"))
        if (found := [clean(each.method) for each in closing.methods if _tone(each) == tone])
    ]
    if said:
        return " ".join(said)
    if all(each.p is None for each in closing.methods):
        return "Too few datasets for a test."
    return "No method was shown to differ from the baseline over these datasets."


def _explained(closing: Closing, style: Style, rope: float) -> Iterable[str]:
    if not closing.methods:
        return []
    number = len(closing.methods)
    shown = style.difference(rope).lstrip("+")
    return [
        f"Mean difference: of {style.score_in} to the baseline, positive is better, each dataset counts once."
        " W/T/L: datasets won, tied, lost.",
        f"p: Wilcoxon's signed-rank test, exact, both sides, Holm over {count(number, 'method')}. It rests on"
        " the datasets as a sample of those that are meant.",
        f"P: Bayesian signed-rank test; equivalent is a difference of at most {style.amount(shown)} (--rope"
        f" {rope:g}).",
    ]

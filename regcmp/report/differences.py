"""Differences to the baseline as figures: lists with a row for each method."""

from __future__ import annotations

import pandas as pd

from regcmp.analysis.statistics import LEVEL
from regcmp.analysis.verdict import adjusted_gaps
from regcmp.metrics import METRICS
from regcmp.numbers import style_of
from regcmp.report.layout import tone_of
from regcmp.report.marks import Axis, Dots, Figure, Interval, Mark, Panel, Rule
from regcmp.report.text import clean
from regcmp.results import Report


def gaps(report: Report) -> list[Figure]:
    """Each method's mean difference to the baseline in test score and in the gap, with its interval."""
    style, better = style_of(report.summary), METRICS[report.plan["metric"]].better
    test = sentence(f"{style.name}{style.in_unit}", better)
    gap = sentence(f"Gap in {style.name}{style.in_unit}", "smaller is less overfitting")
    return [
        *_differences(report, "test", "Test score", test, f"Test {style.name}", _tones(report)),
        *_differences(report, "gap", "Gap", gap, f"Gap in {style.name}", _gap_tones(report)),
    ]


def _tones(report: Report) -> dict[str, str]:
    """What the table shows of each method's test score."""
    return {row["method"]: tone_of(row, report.plan) for row in report.summary.to_dict("records")}


def _gap_tones(report: Report) -> dict[str, str]:
    """Whose gap was shown to be smaller or larger; an underfit network has no gap to boast of."""
    rows = report.summary.to_dict("records")
    others = [row for row in rows if row["method"] != report.plan["baseline"]]
    tones = {}
    for row, p in zip(others, adjusted_gaps(others), strict=True):
        shown = p is not None and p < 1 - LEVEL
        better = "better" if row["status"] == "ok" else "marked"
        tones[row["method"]] = (better if row["delta_gap"] < 0 else "worse") if shown else ""
    return tones


def _differences(
    report: Report, what: str, heading: str, sentence: str, title: str, tones: dict[str, str]
) -> list[Figure]:
    style = style_of(report.summary)
    numbers: list[tuple[str, ...]] = [("Method", "Mean difference", "95 % interval")]
    marks: list[Mark] = []
    about: list[str] = []
    for record in report.summary.to_dict("records"):
        ends = [record[f"delta_{what}{end}"] for end in ("", "_low", "_high")]
        if pd.isna(ends[0]):
            continue
        name, row = clean(record["method"]), len(about)
        tone = tones.get(record["method"], "")
        value, low, high = (end * style.factor for end in ends)
        marks += [] if pd.isna(low) else [Interval(row, (low, high), tone)]
        marks.append(Dots(row, (value,), tone))
        shown = [style.difference(end) for end in ends]
        numbers.append((name, shown[0], "-" if pd.isna(low) else f"{shown[1]} to {shown[2]}"))
        about.append(f"{name} {style.estimate(*ends)}")
    alone = report.plan["seeds"] == 1
    line = "no interval from a single seed" if alone else "line: its 95 % interval"
    return _rows(
        f"{heading} against the baseline",
        f"{sentence}Dot: mean paired difference; {line}; dashed: the baseline.",
        f"{title} minus the baseline's{style.in_unit}",
        marks, "; ".join(about), numbers,
    )  # fmt: skip


def pairs(report: Report) -> list[Figure]:
    """A dot for each seed: the method's test score minus the baseline's under the same seed."""
    style, metric = style_of(report.summary), METRICS[report.plan["metric"]]
    table = report.runs.pivot_table(index="seed", columns="method", values=metric.test, sort=False)
    baseline = report.plan["baseline"]
    several = len(table) > 1
    head = ("Difference of each seed",) if several else ("Mean difference", "95 % interval")
    numbers: list[tuple[str, ...]] = [("Method", *head)]
    marks: list[Mark] = []
    tones = _tones(report)
    for name in [each for each in table if each != baseline] if baseline in table else []:
        values = ((table[name] - table[baseline]).dropna() * style.factor).tolist()
        if values:
            marks.append(Dots(len(marks), tuple(values), tones.get(name, "")))
            text = ", ".join(style.difference(value / style.factor) for value in values)
            numbers.append((clean(name), text, *(() if several else ("-",))))
    return _rows(
        "Paired differences",
        f"{sentence(style.name + style.in_unit, metric.better)}A dot per seed; dashed: the baseline.",
        f"Test {style.name} minus the baseline's, seed by seed{style.in_unit}",
        marks, "; ".join(f"{name}: {text}" for name, text, *_ in numbers[1:]), numbers,
    )  # fmt: skip


def _rows(
    heading: str, caption: str, title: str, marks: list[Mark], about: str, numbers: list[tuple[str, ...]]
) -> list[Figure]:  # fmt: skip
    """A figure of one panel, with a row for each row of its numbers, and the baseline at 0."""
    if not marks:
        return []
    names = Axis(labels=tuple(name for name, *_ in numbers[1:]))
    panel = Panel("", title, about, Axis(), names, (Rule((0.0,)), *marks))
    return [Figure(heading, caption, (panel,), tuple(numbers))]


def sentence(score: str, better: str) -> str:
    """'Log loss in nats, lower is better. '."""
    return f"{score[:1].upper()}{score[1:]}, {better}. "

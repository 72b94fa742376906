"""What a study's figures show: scores against the number that varies, a line for each method."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import pandas as pd

from regcmp.analysis.studies import Part, Study
from regcmp.metrics import METRICS
from regcmp.numbers import Style, style_of
from regcmp.report.differences import sentence
from regcmp.report.marks import Axis, Figure, Line, Panel
from regcmp.report.text import clean
from regcmp.results import Report

DIFFERENCE = "delta_test"
TEST, VERSUS = "Test score", "Difference to the baseline"


@dataclass(frozen=True)
class Place:
    """A method's row of the summary under a value of what varies."""

    x: float
    row: dict[str, Any]


@dataclass(frozen=True)
class Drawn:
    """A figure: its heading, what it shows, and the mean and half band of a row."""

    heading: str
    what: str
    better: str
    band: str
    of: Callable[[dict[str, Any]], tuple[float, float]]


def study_figures(study: Study) -> list[Figure]:
    """Test score, gap and difference to the baseline, where a word of numbers varies; else none.

    Conditions of another metric than the first are left out: they have no common axis.
    """
    key = next((each for each in study.keys if _is_numeric(study, each)), None)
    if key is None or not study.done:
        return []
    metric = study.done[0][1].plan["metric"]
    done = [(part, report) for part, report in study.done if report.plan["metric"] == metric]
    style = style_of(pd.concat([report.summary for _, report in done]))
    lines = _lines(key, done)
    if max((len({each.x for each in places}) for places in lines.values()), default=0) < 2:
        return []
    baseline = done[0][1].plan["baseline"]
    kinds = _kinds(style, METRICS[metric].better)
    return [each for kind in kinds if (each := _figure(kind, key, lines, style, baseline))]


def _is_numeric(study: Study, key: str) -> bool:
    values = {part.words[key] for part in study.parts}
    return len(values) > 1 and all(map(_number, values))


def _number(text: str) -> bool:
    try:
        return isfinite(float(text))
    except ValueError:
        return False


def _lines(key: str, done: Sequence[tuple[Part, Report]]) -> dict[str, list[Place]]:
    """The rows of each method, by its name and the values of what else varies, along the axis."""
    found: dict[str, list[Place]] = {}
    for part, report in done:
        others = [f"{name}={value}" for name, value in part.words.items() if name != key]
        for row in report.summary.to_dict("records"):
            if row["n"]:
                name = clean(", ".join([row["method"], *others]))
                found.setdefault(name, []).append(Place(float(part.words[key]), row))
    return {name: sorted(places, key=lambda each: each.x) for name, places in found.items()}


def _kinds(style: Style, better: str) -> list[Drawn]:
    def spread(name: str) -> Callable[[dict[str, Any]], tuple[float, float]]:
        def of(row: dict[str, Any]) -> tuple[float, float]:
            sd = row[f"{name}_sd"]
            return row[f"{name}_mean"], 0.0 if pd.isna(sd) else sd

        return of

    def difference(row: dict[str, Any]) -> tuple[float, float]:
        high = row[f"{DIFFERENCE}_high"]
        return row[DIFFERENCE], 0.0 if pd.isna(high) else high - row[DIFFERENCE]

    sds, interval = "standard deviation over seeds", "95 % interval of the mean difference"
    gap = f"Gap in {style.name}{style.in_unit}"
    versus = f"Difference in {style.name}{style.in_unit}"
    side = "above" if better.startswith("higher") else "below"
    return [
        Drawn(TEST, style.score_in, better, sds, spread("test")),
        Drawn("Gap", gap, "smaller is less overfitting", sds, spread("gap")),
        Drawn(VERSUS, versus, f"{side} 0 is better", interval, difference),
    ]


def _figure(
    kind: Drawn, key: str, lines: dict[str, list[Place]], style: Style, baseline: str
) -> Figure | None:
    """A panel for each method; the baseline's difference to itself is 0."""
    all_xs = sorted({each.x for places in lines.values() for each in places})
    numbers = [("Method", *(f"{key} {x:g}" for x in all_xs))]
    panels = []
    for name, places in lines.items():
        is_zero = kind.heading == VERSUS and places[0].row["method"] == baseline
        found = {each.x: (0.0, 0.0) if is_zero else kind.of(each.row) for each in places}
        means = {x: mean for x, (mean, _) in found.items() if not pd.isna(mean)}
        if not means:
            continue
        write = style.level if kind.heading == TEST else style.difference
        numbers.append((name, *(write(means[x]) if x in means else "-" for x in all_xs)))
        scaled = tuple(mean * style.factor for mean in means.values())
        bands = tuple(found[x][1] * style.factor for x in means)
        panels.append(_panel(kind, key, name, Line("test", tuple(means), scaled, bands)))
    caption = f"{sentence(kind.what, kind.better)}Line: mean; band: {kind.band}."
    heading = f"{kind.heading} against {key}"
    return Figure(heading, caption, tuple(panels), tuple(numbers)) if panels else None


def _panel(kind: Drawn, key: str, name: str, line: Line) -> Panel:
    ends = ", ".join(f"{key} {line.xs[i]:g}: {line.means[i]:.4g}" for i in (0, -1))
    return Panel(
        name=name,
        title=f"{name}: {kind.what} against {key}",
        about=ends,
        x=Axis(key, tight=True),
        y=Axis(kind.what, better=kind.better),
        marks=(line,),
    )

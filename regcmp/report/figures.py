"""What each figure shows, as numbers: the page, matplotlib and the terminal draw the same ones."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from regcmp.errors import DataError
from regcmp.metrics import METRICS
from regcmp.numbers import Style, style_of
from regcmp.report.regions import Map, regions
from regcmp.report.text import clean
from regcmp.results import Report

LARGEST = 1e100
"""Of a score on a curve: what runs give that diverge goes beyond, up to where squares are no numbers."""
NUMBER = re.compile(r"=(\d+(?:\.\d+)?(?:e[+-]?\d+)?)")


@dataclass(frozen=True)
class Row:
    """A method's dots on the axis of a ``Differences``, and its interval if it has one."""

    name: str
    dots: tuple[float, ...]
    interval: tuple[float, float] | None
    about: str
    """The same in words."""


@dataclass(frozen=True)
class Differences:
    """A row per method on one axis, where zero is the baseline."""

    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Line:
    """Means with a standard deviation each; ``side`` is 'train', 'test' or 'weights'."""

    side: str
    means: tuple[float, ...]
    sds: tuple[float, ...]


@dataclass(frozen=True)
class Panel:
    """Lines over the same places of a horizontal axis, drawn beside other panels on equal axes."""

    name: str
    title: str
    along: tuple[float, ...]
    labels: tuple[str, ...]
    """Of the places along the axis; none where they are the numbers themselves."""
    lines: tuple[Line, ...]
    about: str
    axis: str
    """What the places along the axis are."""
    score: str = ""
    """What the lines show, with its unit; '' where it is no score."""
    better: str = ""
    """Which way the score is better, in words."""


Figure = Differences | Panel | Map


def differences(report: Report, what: str) -> list[Figure]:
    """Each method's mean difference to the baseline, ``what`` being 'test' or 'gap', with its interval."""
    style = style_of(report.summary)
    names = (f"delta_{what}", f"delta_{what}_low", f"delta_{what}_high")
    rows = []
    for record in _records(report.summary):
        value, low, high = (record[name] for name in names)
        if pd.isna(value):
            continue
        interval = None if pd.isna(low) else (low * style.factor, high * style.factor)
        name = clean(record["method"])
        about = f"{name} {style.estimate(value, low, high)}"
        rows.append(Row(name, (value * style.factor,), interval, about))
    score = f"Test {style.name}" if what == "test" else f"Gap in {style.name}"
    title = f"{score} minus the baseline's{style.in_unit}"
    return [Differences(title, tuple(rows))] if rows else []


def pairs(report: Report) -> list[Figure]:
    """A dot for each seed: the method's test score minus the baseline's under the same seed."""
    style, column = style_of(report.summary), METRICS[report.plan["metric"]].test
    table = report.runs.pivot_table(index="seed", columns="method", values=column, sort=False)
    baseline = report.plan["baseline"]
    rows = []
    for name in [each for each in table if each != baseline] if baseline in table else []:
        values = ((table[name] - table[baseline]).dropna() * style.factor).tolist()
        if values:
            about = f"{clean(name)}: {', '.join(f'{v:+.2f}' for v in values)}"
            rows.append(Row(clean(name), tuple(values), None, about))
    title = f"Test {style.name} minus the baseline's, seed by seed{style.in_unit}"
    return [Differences(title, tuple(rows))] if rows else []


def curves(report: Report) -> list[Figure]:
    """A panel for each method: train and test scores over the epochs, mean and standard deviation."""
    score, style = METRICS[report.plan["metric"]], style_of(report.summary)
    if report.history[score.test].isna().all():  # older reports have no balanced accuracy here
        score = METRICS["accuracy"]
        style = Style(score, score.decimals)
    columns = [score.train, score.test]
    history = report.history[(report.history[columns].abs() < LARGEST).all(axis=1)]
    if history["epoch"].nunique() < 2:
        return []
    stats = history.groupby(["method", "epoch"], sort=False)[columns]
    means, sds = stats.mean() * style.factor, stats.std().fillna(0.0) * style.factor
    panels: list[Figure] = []
    for method in dict.fromkeys(history["method"]):
        mean, sd = means.loc[method], sds.loc[method]
        if len(mean) < 2:  # all of its runs were stopped at once
            continue
        last = mean.iloc[-1]
        panels.append(
            Panel(
                name=clean(method),
                title=f"{clean(method)}: {style.score_in} over epochs",
                along=tuple(map(float, mean.index)),
                labels=(),
                lines=tuple(
                    Line(column.split("_")[0], tuple(mean[column]), tuple(sd[column]))
                    for column in columns
                ),
                about=f"At epoch {mean.index[-1]}: train {last.iloc[0]:.4g}, test {last.iloc[1]:.4g}.",
                axis="Epoch",
                score=style.score_in,
                better=score.better,
            )
        )
    return panels


def strengths(report: Report) -> list[Figure]:
    """A panel for each regularizer with several strengths: train and test score against strength."""
    style = style_of(report.summary)
    families: dict[str, list[tuple[float, dict[str, Any]]]] = {}
    for record in _records(report.summary):
        name = record["method"]
        for found in NUMBER.finditer(name) if pd.notna(record["test_mean"]) else ():
            rest = name[: found.start()] + "=…" + name[found.end() :]
            families.setdefault(clean(rest), []).append((float(found[1]), record))
    panels: list[Figure] = []
    for name, members in families.items():
        if len(members) < 2:
            continue
        values, records = zip(*sorted(members, key=lambda each: each[0]), strict=True)
        panels.append(
            Panel(
                name=name,
                title=f"{name}: {style.score_in} against strength",
                along=tuple(map(float, range(len(values)))),
                labels=tuple(f"{value:g}" for value in values),
                lines=tuple(
                    Line(
                        side,
                        tuple(each[f"{side}_mean"] * style.factor for each in records),
                        tuple(_or_zero(each[f"{side}_sd"]) * style.factor for each in records),
                    )
                    for side in ("train", "test")
                ),
                about="; ".join(
                    f"{clean(each['method'])}: test {style.level(each['test_mean'], each['test_sd'])}"
                    for each in records
                ),
                axis="Strength",
                score=style.score_in,
                better=METRICS[report.plan["metric"]].better,
            )
        )
    return panels


def weights(report: Report) -> list[Figure]:
    """A panel for each method: the share of weights in each bin, mean and standard deviation."""
    if not report.weights or not report.weights["runs"]:
        return []
    edges = report.weights["edges"]
    step = edges[1] - edges[0]
    centers = [edges[0] - step / 2, *(edge + step / 2 for edge in edges)]
    shares: dict[str, list[pd.Series]] = {}
    for run in report.weights["runs"]:
        counts = pd.Series(run["counts"], dtype=float)
        shares.setdefault(run["method"], []).append(counts / counts.sum() * 100)
    panels: list[Figure] = []
    for method, runs in shares.items():
        table = pd.concat(runs, axis=1)
        mean, sd = table.mean(axis=1), table.std(axis=1).fillna(0.0)
        zero = max(i for i, edge in enumerate([-float("inf"), *edges]) if edge <= 0)
        line = Line("weights", tuple(mean), tuple(sd))
        about = f"{mean[zero]:.3g} % of the weights are within {step / 2:g} of 0."
        title = f"{clean(method)}: weights in % by value"
        panels.append(Panel(clean(method), title, tuple(centers), (), (line,), about, "Weight"))
    return panels


def boundary(report: Report) -> list[Figure]:
    """A map for each method of data with two features."""
    return [*regions(report)]


def gaps(report: Report) -> list[Figure]:
    """The differences in test score and in the gap."""
    return differences(report, "test") + differences(report, "gap")


KINDS: dict[str, tuple[Callable[[Report], list[Figure]], str]] = {
    "gap": (gaps, "a method beside the baseline"),
    "curves": (curves, "two recorded epochs"),
    "strength": (strengths, "a regularizer at two strengths"),
    "pairs": (pairs, "a method beside the baseline"),
    "weights": (weights, "a run that was not stopped"),
    "boundary": (
        boundary,
        "data of two numeric features, and a run of the first seed that was not stopped",
    ),
}
"""What --plot draws, and what a report must have for it."""


def figures_of(report: Report, kind: str) -> list[Figure]:
    """The figures of this kind. Raises DataError where the report has nothing for them."""
    make, needed = KINDS[kind]
    figures = make(report)
    if not figures:
        others = ", ".join(each for each in KINDS if each != kind and KINDS[each][0](report))
        raise DataError(
            f"--plot {kind!r}: nothing to draw; it needs {needed}; this report has {others or 'no figure'}"
        )
    return figures


def extent(panels: Sequence[Panel]) -> list[float]:
    """Every value that panels on equal axes must have room for."""
    return [
        mean + sign * sd
        for panel in panels
        for line in panel.lines
        for mean, sd in zip(line.means, line.sds, strict=True)
        for sign in (-1, 1)
    ]


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = frame.to_dict("records")
    return rows


def _or_zero(value: float) -> float:
    return 0.0 if pd.isna(value) else value

"""What each figure shows, in marks: the page, matplotlib and the terminal draw the same ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from regcmp.errors import DataError
from regcmp.metrics import METRICS
from regcmp.numbers import Style, count, style_of
from regcmp.plan.grammar import numbers_of, parts_of
from regcmp.report.differences import gaps, pairs, sentence
from regcmp.report.marks import Axis, Figure, Line, Panel, Points
from regcmp.report.regions import boundary
from regcmp.report.text import clean
from regcmp.results import Report

LARGEST = 1e100
"""Of a score on a curve: what runs give that diverge goes beyond, up to where squares are no numbers."""
CHOSEN = "#d93a32"
"""The colour of chosen strengths, seen on white and on black."""
MOST_STRENGTHS, BINS, WIDE = 12, 8, 10.0
"""Above so many strengths, they are put into bins: by the logarithm, where one is so many times another."""
SIDES = "Solid blue: test; dashed orange: train"


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
    panels = []
    for method in dict.fromkeys(history["method"]):
        mean, sd = means.loc[method], sds.loc[method]
        if len(mean) < 2:  # all of its runs were stopped at once
            continue
        epochs, last = tuple(map(float, mean.index)), mean.iloc[-1]
        lines = (
            Line(column.split("_")[0], epochs, tuple(mean[column]), tuple(sd[column]))
            for column in columns
        )
        panels.append(
            Panel(
                name=clean(method),
                title=f"{clean(method)}: {style.score_in} over epochs",
                about=f"At epoch {mean.index[-1]}: train {last.iloc[0]:.4g}, test {last.iloc[1]:.4g}.",
                x=Axis("Epoch", tight=True),
                y=Axis(style.score_in, better=score.better),
                marks=tuple(lines),
                begins_untrained=epochs[0] == 0,
            )
        )
    caption = f"{sentence(style.score_in, score.better)}{SIDES}{_spread(report, 'bands')}."
    return _panels("Learning curves", caption, panels)


def strengths(report: Report) -> list[Figure]:
    """Score against strength: of tuned methods on validation rows, of others on training and test rows."""
    return [*plain_strengths(report), *tuned_strengths(report)]


def plain_strengths(report: Report) -> list[Figure]:
    """A panel for each regularizer with several strengths: train and test score against strength."""
    style, better = style_of(report.summary), METRICS[report.plan["metric"]].better
    families: dict[tuple[str, str], list[tuple[float, dict[str, Any]]]] = {}
    for record in report.summary.to_dict("records"):
        parts = report.methods.get(record["method"], ()) if pd.notna(record["test_mean"]) else ()
        for family, varied, value in numbers_of(parts):
            families.setdefault((clean(family), varied), []).append((value, record))
    panels = []
    for (name, varied), members in families.items():
        if len(members) < 2:
            continue
        values, records = zip(*sorted(members, key=lambda each: each[0]), strict=True)
        about = (
            f"{clean(each['method'])}: test {style.level(each['test_mean'], each['test_sd'])}"
            for each in records
        )
        panels.append(
            Panel(
                name=name,
                title=f"{name}: {style.score_in} against {varied}",
                about="; ".join(about),
                x=Axis(varied.capitalize(), labels=tuple(f"{value:g}" for value in values)),
                y=Axis(style.score_in, better=better),
                marks=tuple(_against(side, records, style) for side in ("train", "test")),
            )
        )
    caption = (
        f"{sentence(style.score_in, better)}{SIDES}{_spread(report, 'bars')}."
        " Strengths stand evenly spaced."
    )
    return _panels("Score against strength", caption, panels)


def tuned_strengths(report: Report) -> list[Figure]:
    """A panel for each tuned method with one regularizer: validation score against strength."""
    if not len(report.tried):
        return []
    score, panels = METRICS[report.tried["select_by"].iloc[0]], []
    style = Style(score, score.decimals)
    for method, rows in report.tried.groupby("method", sort=False):
        parts = rows["candidate"].map(parts_of)
        if (parts.map(len) != 1).any() or parts.map(lambda each: each[0].strength).nunique() < 2:
            continue
        values = _binned(parts.map(lambda each: each[0].strength))
        stats = (rows["validation_score"] * score.factor).groupby(values).agg(["mean", "std"])
        stats = stats[stats["mean"].notna()]
        times = values[rows["chosen"] == 1].value_counts()
        chosen = [(i, value) for i, value in enumerate(stats.index) if value in times.index]
        said = ", ".join(f"{value:g} in {count(int(times[value]), 'seed')}" for _, value in chosen)
        means, sds = tuple(stats["mean"]), tuple(stats["std"].fillna(0.0))
        marks = (
            Line("validation", tuple(map(float, range(len(means)))), means, sds, bars=True),
            Points(
                tuple(float(i) for i, _ in chosen),
                tuple(means[i] for i, _ in chosen),
                (CHOSEN,) * len(chosen),
            ),
        )
        panels.append(
            Panel(
                name=clean(method),
                title=f"{clean(method)}: {style.score_in} against strength",
                about=f"Chosen: {said}.",
                x=Axis("Strength", labels=tuple(f"{value:g}" for value in stats.index)),
                y=Axis(style.score_in, better=score.better),
                marks=marks,
            )
        )
    caption = (
        f"{sentence(style.score_in, score.better)}On validation rows, of all candidates of a strength"
        f"{_spread(report, 'bars')}. Red: strengths that were chosen. Strengths stand evenly spaced."
    )
    keys = ((CHOSEN, "chosen in at least one seed"),)
    return _panels("Validation score against strength", caption, panels, keys)


def _binned(values: pd.Series) -> pd.Series:
    """The strengths; where random draws make too many different ones, each as the middle of its bin."""
    if values.nunique() <= MOST_STRENGTHS:
        return values
    low, high = values.min(), values.max()
    if low > 0 and high / low > WIDE:
        edges = np.geomspace(low, high, BINS + 1)
        middles = np.sqrt(edges[1:] * edges[:-1])
    else:
        edges = np.linspace(low, high, BINS + 1)
        middles = (edges[1:] + edges[:-1]) / 2
    places = np.searchsorted(edges[1:-1], values, side="right")
    return pd.Series([float(f"{middles[i]:.2g}") for i in places], index=values.index)


def budget(report: Report) -> list[Figure]:
    """A panel for each tuned method: what is expected of the best of so many candidates."""
    metric, style = METRICS[report.plan["metric"]], style_of(report.summary)
    panels = []
    for method, rows in report.budget.groupby("method", sort=False):
        if len(rows) < 2:
            continue
        means = rows["test_mean"] * style.factor
        sds = rows["test_sd"].fillna(0.0) * style.factor
        trials = tuple(map(float, rows["trials"]))
        gain = style.difference(rows["test_mean"].iloc[-1] - rows["test_mean"].iloc[0])
        panels.append(
            Panel(
                name=clean(method),
                title=f"{clean(method)}: test {style.score_in} by trials",
                about=f"From 1 trial to {trials[-1]:g}: {style.amount(gain)}.",
                x=Axis("Trials", tight=True),
                y=Axis(style.score_in, better=metric.better),
                marks=(Line("test", trials, tuple(means), tuple(sds)),),
            )
        )
    caption = (
        f"{sentence(style.score_in, metric.better)}Expected test score of the candidate that is best on"
        " validation rows, after so many candidates in random order, before it is trained again on all rows"
        f"{_spread(report, 'bands')}."
    )
    return _panels("What trials bring", caption, panels)


def _against(side: str, records: Sequence[dict[str, Any]], style: Style) -> Line:
    means = tuple(each[f"{side}_mean"] * style.factor for each in records)
    sds = (each[f"{side}_sd"] for each in records)
    spread = tuple(0.0 if pd.isna(sd) else sd * style.factor for sd in sds)
    return Line(side, tuple(map(float, range(len(records)))), means, spread, bars=True)


def weights(report: Report) -> list[Figure]:
    """A panel for each method: the share of weights in each bin, mean and standard deviation."""
    if not report.weights or not report.weights["runs"]:
        return []
    edges = report.weights["edges"]
    step = edges[1] - edges[0]
    centers = (edges[0] - step / 2, *(edge + step / 2 for edge in edges))
    shares: dict[str, list[pd.Series]] = {}
    for run in report.weights["runs"]:
        counts = pd.Series(run["counts"], dtype=float)
        shares.setdefault(run["method"], []).append(counts / counts.sum() * 100)
    panels = []
    for method, runs in shares.items():
        table = pd.concat(runs, axis=1)
        mean, sd = table.mean(axis=1), table.std(axis=1).fillna(0.0)
        zero = max(i for i, edge in enumerate([-float("inf"), *edges]) if edge <= 0)
        panels.append(
            Panel(
                name=clean(method),
                title=f"{clean(method)}: weights in % by value",
                about=f"{mean[zero]:.3g} % of the weights are within {step / 2:g} of 0.",
                x=Axis("Weight", tight=True),
                y=Axis("Weights in %"),
                marks=(Line("weights", centers, tuple(mean), tuple(sd)),),
            )
        )
    caption = (
        "The share of weights by value after training, biases aside, in %, in bins of 0.05, of which"
        f" the first and the last hold all beyond{_spread(report, 'bands')}."
    )
    return _panels("Weights", caption, panels)


KINDS: dict[str, tuple[Callable[[Report], list[Figure]], str]] = {
    "gap": (gaps, "a method beside the baseline"),
    "curves": (curves, "two recorded epochs"),
    "strength": (strengths, "a regularizer at two strengths"),
    "budget": (budget, "a tuned method with two candidates"),
    "pairs": (pairs, "a method beside the baseline"),
    "weights": (weights, "a run that was not stopped"),
    "boundary": (
        boundary,
        "data of two numeric features, and a run of the first seed that was not stopped",
    ),
}
"""What --plot draws, and what a report must have for it. The page shows all of them."""


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


def _panels(
    heading: str, caption: str, panels: list[Panel], keys: tuple[tuple[str, str], ...] = ()
) -> list[Figure]:
    """A figure of these panels, whose lines are of the same sides in each."""
    if not panels:
        return []
    sides = (f"{line.side.capitalize()} ± sd" for line in panels[0].lines)
    numbers: list[tuple[str, ...]] = [("Method", panels[0].x.name, *sides)]
    for panel in panels:
        for i, place in enumerate(panel.lines[0].xs):
            label = panel.x.labels[i] if panel.x.labels else f"{place:.3g}"
            values = (f"{line.means[i]:.4g} ± {line.sds[i]:.2g}" for line in panel.lines)
            numbers.append((panel.name, label, *values))
    return [Figure(heading, caption, tuple(panels), tuple(numbers), keys)]


def _spread(report: Report, shape: str) -> str:
    return "" if report.plan["seeds"] == 1 else f"; {shape}: one standard deviation over seeds"

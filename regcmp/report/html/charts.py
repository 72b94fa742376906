"""The charts of the page: each is a pure function of the report, or '' where it has nothing to show."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

from regcmp.report.html.svg import area, dot, drawing, line, path, scale, text
from regcmp.report.numbers import STYLES
from regcmp.results import METRICS, Report

WIDTH, LEFT, ROW = 640, 210, 26
PANEL, PANEL_HEIGHT = 300, 170
NAME = 30
"""Longer names are cut in a chart; the table has them whole."""
NUMBER = re.compile(r"=(\d+(?:\.\d+)?(?:e[+-]?\d+)?)")


def differences(report: Report, what: str) -> str:
    """Each method's mean difference to the baseline, ``what`` being 'test' or 'gap', with its interval."""
    style = STYLES[report.plan["metric"]]
    names = (f"delta_{what}", f"delta_{what}_low", f"delta_{what}_high")
    rows = [row for row in _records(report.summary) if pd.notna(row[names[0]])]
    if not rows:
        return ""
    values = [
        0.0,
        *(row[name] * style.factor for row in rows for name in names if pd.notna(row[name])),
    ]
    across, bottom = scale(values, LEFT, WIDTH - 20), ROW * len(rows) + 10
    shapes = [_axis(across, bottom), line(across(0), 0, across(0), bottom, "zero")]
    for i, row in enumerate(rows):
        y = ROW * (i + 0.5) + 4
        shapes.append(text(LEFT - 10, y + 4, _short(row["method"]), "end"))
        if pd.notna(row[names[1]]):
            ends = (across(row[name] * style.factor) for name in names[1:])
            shapes.append(line(next(ends), y, next(ends), y, "interval"))
        shapes.append(dot(across(row[names[0]] * style.factor), y, 4.5, "point"))
    about = "; ".join(
        f"{row['method']} {style.estimate(*(row[name] for name in names))}" for row in rows
    )
    title = f"{'Test score' if what == 'test' else 'Gap'} minus the baseline's, in {style.unit}"
    return drawing(title, about, WIDTH, bottom + 26, shapes)


def pairs(report: Report) -> str:
    """A dot for each seed: the method's test score minus the baseline's under the same seed."""
    style, column = STYLES[report.plan["metric"]], METRICS[report.plan["metric"]].test
    table = report.runs.pivot_table(index="seed", columns="method", values=column, sort=False)
    baseline = report.plan["baseline"]
    if baseline not in table:
        return ""
    own = {
        name: ((table[name] - table[baseline]).dropna() * style.factor).tolist()
        for name in table
        if name != baseline
    }
    own = {name: values for name, values in own.items() if values}
    if not own:
        return ""
    across = scale([0.0, *(v for values in own.values() for v in values)], LEFT, WIDTH - 20)
    bottom = ROW * len(own) + 10
    shapes = [_axis(across, bottom), line(across(0), 0, across(0), bottom, "zero")]
    for i, (name, values) in enumerate(own.items()):
        y = ROW * (i + 0.5) + 4
        shapes.append(text(LEFT - 10, y + 4, _short(name), "end"))
        shapes += [dot(across(v), y + 3 * (k % 3 - 1), 3.5, "seed") for k, v in enumerate(values)]
    about = "; ".join(
        f"{name}: {', '.join(f'{v:+.2f}' for v in values)}" for name, values in own.items()
    )
    title = f"Test score minus the baseline's, seed by seed, in {style.unit}"
    return drawing(title, about, WIDTH, bottom + 26, shapes)


def curves(report: Report) -> list[str]:
    """A panel for each method: train and test scores over the epochs, mean and a band of ± one sd."""
    kind = "loss" if report.plan["metric"] == "log_loss" else "accuracy"
    factor = 1 if kind == "loss" else 100
    history = report.history.dropna(subset=[f"train_{kind}", f"test_{kind}"])
    if history["epoch"].nunique() < 2:
        return []
    stats = history.groupby(["method", "epoch"], sort=False)[[f"train_{kind}", f"test_{kind}"]]
    means, sds = stats.mean() * factor, stats.std().fillna(0.0) * factor
    values = [*(means - sds).to_numpy().ravel(), *(means + sds).to_numpy().ravel()]
    up = scale(values, PANEL_HEIGHT - 26, 24)
    along = scale([0, float(history["epoch"].max())], 44, PANEL - 10)
    panels = []
    for method in dict.fromkeys(history["method"]):
        mean, sd = means.loc[method], sds.loc[method]
        shapes = [text(44, 14, _short(method), kind="name")]
        for tick in up.ticks():
            shapes += [
                line(44, up(tick), PANEL - 10, up(tick), "grid"),
                text(38, up(tick) + 4, f"{tick:g}", "end", "tick"),
            ]
        for tick in along.ticks():
            shapes.append(text(along(tick), PANEL_HEIGHT - 8, f"{tick:g}", "middle", "tick"))
        for side in ("train", "test"):
            column = f"{side}_{kind}"
            points = list(zip(mean.index, mean[column], sd[column], strict=True))
            band = [(along(e), up(m + s)) for e, m, s in points]
            band += [(along(e), up(m - s)) for e, m, s in reversed(points)]
            shapes.append(area(band, f"band {side}"))
            shapes.append(path([(along(e), up(m)) for e, m, _ in points], f"curve {side}"))
        last = mean.iloc[-1]
        about = (
            f"At epoch {mean.index[-1]}: train {last.iloc[0]:.4g}, test {last.iloc[1]:.4g}"
            f"{' nats' if kind == 'loss' else ' %'}."
        )
        panels.append(drawing(f"{method}: {kind} over epochs", about, PANEL, PANEL_HEIGHT, shapes))
    return panels


def strengths(report: Report) -> list[str]:
    """A panel for each regularizer with several strengths: train and test score against strength."""
    style = STYLES[report.plan["metric"]]
    families: dict[str, list[tuple[float, dict[str, Any]]]] = {}
    for row in _records(report.summary):
        for found in NUMBER.finditer(row["method"]) if pd.notna(row["test_mean"]) else ():
            rest = row["method"][: found.start()] + "=…" + row["method"][found.end() :]
            families.setdefault(rest, []).append((float(found[1]), row))
    panels = []
    for name, members in families.items():
        if len(members) < 2:
            continue
        rows = [row for _, row in sorted(members, key=lambda each: each[0])]
        sds = [0.0 if pd.isna(row["test_sd"]) else row["test_sd"] for row in rows]
        spread = [
            row["test_mean"] + side * sd
            for row, sd in zip(rows, sds, strict=True)
            for side in (-1, 1)
        ]
        up = scale([v * style.factor for v in [*spread, *(row["train_mean"] for row in rows)]],
                   PANEL_HEIGHT - 26, 24)  # fmt: skip
        along = scale([0, len(rows) - 1], 54, PANEL - 20)
        shapes = [text(44, 14, _short(name), kind="name")]
        for tick in up.ticks():
            shapes += [
                line(44, up(tick), PANEL - 10, up(tick), "grid"),
                text(38, up(tick) + 4, f"{tick:g}", "end", "tick"),
            ]
        for side in ("train", "test"):
            points = [
                (along(i), up(row[f"{side}_mean"] * style.factor)) for i, row in enumerate(rows)
            ]
            shapes.append(path(points, f"curve {side}"))
            shapes += [dot(*point, 3, f"mark {side}") for point in points]
        for i, ((value, _), row, sd) in enumerate(
            zip(sorted(members, key=lambda e: e[0]), rows, sds, strict=True)
        ):
            ends = [up((row["test_mean"] + side * sd) * style.factor) for side in (-1, 1)]
            shapes.append(line(along(i), ends[0], along(i), ends[1], "error"))
            shapes.append(text(along(i), PANEL_HEIGHT - 8, f"{value:g}", "middle", "tick"))
        about = "; ".join(
            f"{row['method']}: test {style.level(row['test_mean'], row['test_sd'])}" for row in rows
        )
        panels.append(
            drawing(f"{name}: score against strength", about, PANEL, PANEL_HEIGHT, shapes)
        )
    return panels


def _axis(across: Any, bottom: float) -> str:
    return "".join(
        line(across(tick), 0, across(tick), bottom, "grid")
        + text(across(tick), bottom + 16, f"{tick:g}", "middle", "tick")
        for tick in across.ticks()
    )


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = frame.to_dict("records")
    return rows


def _short(name: str) -> str:
    return name if len(name) <= NAME else name[: NAME - 1] + "…"

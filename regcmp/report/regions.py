"""Decision regions: what each method's network predicts over two features, a map for each."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from regcmp.report.marks import Axis, Figure, Panel, Points, Raster
from regcmp.report.text import clean
from regcmp.results import Report

BANDS = 9
"""Into how many equal steps the values of a regression are put."""
OF_CLASSES = (
    "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#8c8c8c",
)  # fmt: skip
"""Colours of Okabe and Ito, which the colour-blind can tell apart, and a grey."""
OF_BANDS = (
    "#440154", "#472d7b", "#3b528b", "#2c728e", "#21918c", "#28ae80", "#5ec962", "#addc30",
    "#fde725",
)  # fmt: skip
"""Steps of matplotlib's viridis."""
CAPTION = (
    "What each method's network of the first seed predicts over both features; dots: rows that it was"
    " trained on."
)


def boundary(report: Report) -> list[Figure]:
    """A map for each method whose run of the first seed was not stopped; none of other data."""
    part = report.boundary
    if not part or not part["methods"]:
        return []
    grids = {each["method"]: _values(each["rows"]) for each in part["methods"]}
    targets = np.array(part["points"]["target"], float)
    levels = tuple(map(clean, report.plan["data"]["classes"]))
    edges, ordered = np.arange(1, len(levels)) - 0.5, not levels
    if ordered:
        levels, edges = _bands(np.concatenate([targets, *map(np.ravel, grids.values())]))
    palette: tuple[str, ...] = OF_BANDS if ordered else OF_CLASSES
    # More classes than colours share them.
    colors = tuple(palette[level % len(palette)] for level in range(len(levels)))
    trained = tuple(colors[level] for level in np.searchsorted(edges, targets, side="right"))
    points = Points(tuple(part["points"]["x"]), tuple(part["points"]["y"]), trained)
    across, up = (Axis(clean(name), tight=True) for name in part["features"])
    numbers = [("Method", *(f"{level}: % of the map" for level in levels))]
    panels = []
    for name, grid in grids.items():
        cells = np.searchsorted(edges, grid, side="right")
        shares = np.bincount(cells.ravel(), minlength=len(levels)) / cells.size * 100
        numbers.append((clean(name), *(f"{share:.3g}" for share in shares)))
        named = zip(levels, shares, strict=True)
        taken = ", ".join(f"{level} in {share:.3g} %" for level, share in named if share)
        sides = (_edges(part, axis, count) for axis, count in enumerate(reversed(cells.shape)))
        raster = Raster(tuple(map(tuple, cells.tolist())), colors, ordered, *sides)
        panels.append(
            Panel(
                name=clean(name),
                title=f"{clean(name)}: predictions of seed {part['seed']}",
                about=f"Of the map of {across.name} and {up.name}: {taken}.",
                x=across,
                y=up,
                marks=(raster, points),
            )
        )
    keys = tuple(zip(colors, levels, strict=True))
    return [Figure("Decision regions", CAPTION, tuple(panels), tuple(numbers), keys)]


def _edges(part: dict[str, Any], axis: int, count: int) -> tuple[float, float]:
    """Where the cells begin and end, whose first and last middle the report has."""
    low, high = part["low"][axis], part["high"][axis]
    half = (high - low) / max(count - 1, 1) / 2
    return low - half, high + half


def _values(rows: list[str]) -> Any:
    return np.array([[float(cell) for cell in row.split(" ")] for row in rows])


def _bands(values: Any) -> tuple[tuple[str, ...], Any]:
    """Names of equal steps from the lowest to the highest value, and the edges between them."""
    steps = np.linspace(values.min(), values.max(), BANDS + 1)
    names = (f"{low:.3g} to {high:.3g}" for low, high in pairwise(steps))
    return tuple(names), steps[1:-1]

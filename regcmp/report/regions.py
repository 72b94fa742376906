"""Decision regions: what each method's network predicts over two features, a map for each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

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


@dataclass(frozen=True)
class Map:
    """One method's predictions: each cell's number of a level, a class or a range of values."""

    name: str
    title: str
    axes: tuple[str, str]
    low: tuple[float, float]
    high: tuple[float, float]
    """The middles of the first and of the last cell, along either axis."""
    levels: tuple[str, ...]
    ordered: bool
    """Whether levels are steps of a value."""
    cells: tuple[tuple[int, ...], ...]
    """From the bottom up."""
    points: tuple[tuple[float, float, int], ...]
    """Training rows: where they are, and the level that was trained on."""
    about: str

    @property
    def outline(self) -> tuple[float, float, float, float]:
        """Left, right, bottom and top edge of the cells."""
        ends = []
        for low, high, count in zip(
            self.low, self.high, (len(self.cells[0]), len(self.cells)), strict=True
        ):
            half = (high - low) / max(count - 1, 1) / 2
            ends += [low - half, high + half]
        left, right, bottom, top = ends
        return left, right, bottom, top

    def color(self, level: int) -> str:
        """Of a level's cells and points; more classes than colours share them."""
        colors = OF_BANDS if self.ordered else OF_CLASSES
        return colors[level % len(colors)]

    def shares(self) -> list[float]:
        """How much of the map each level takes, in percent."""
        counts = np.bincount(np.ravel(self.cells), minlength=len(self.levels))
        shares: list[float] = (counts / counts.sum() * 100).tolist()
        return shares


def regions(report: Report) -> list[Map]:
    """A map for each method whose run of the first seed was not stopped; none of other data."""
    part = report.boundary
    if not part or not part["methods"]:
        return []
    grids = {each["method"]: _values(each["rows"]) for each in part["methods"]}
    targets = np.array(part["points"]["target"], float)
    classes = tuple(map(clean, report.plan["data"]["classes"]))
    if classes:
        levels, edges = classes, np.arange(1, len(classes)) - 0.5
    else:
        levels, edges = _bands(np.concatenate([targets, *map(np.ravel, grids.values())]))
    trained = np.searchsorted(edges, targets, side="right").tolist()
    return [
        _described(
            Map(
                name=clean(name),
                title=f"{clean(name)}: predictions of seed {part['seed']}",
                axes=(clean(part["features"][0]), clean(part["features"][1])),
                low=(part["low"][0], part["low"][1]),
                high=(part["high"][0], part["high"][1]),
                levels=levels,
                ordered=not classes,
                cells=tuple(map(tuple, np.searchsorted(edges, grid, side="right").tolist())),
                points=tuple(zip(part["points"]["x"], part["points"]["y"], trained, strict=True)),
                about="",
            )
        )
        for name, grid in grids.items()
    ]


def _values(rows: list[str]) -> Any:
    return np.array([[float(cell) for cell in row.split(" ")] for row in rows])


def _bands(values: Any) -> tuple[tuple[str, ...], Any]:
    """Names of equal steps from the lowest to the highest value, and the edges between them."""
    steps = np.linspace(values.min(), values.max(), BANDS + 1)
    names = (f"{low:.3g} to {high:.3g}" for low, high in pairwise(steps))
    return tuple(names), steps[1:-1]


def _described(plain: Map) -> Map:
    shares = zip(plain.levels, plain.shares(), strict=True)
    each = ", ".join(f"{level} in {share:.3g} %" for level, share in shares if share)
    return replace(plain, about=f"Of the map of {plain.axes[0]} and {plain.axes[1]}: {each}.")

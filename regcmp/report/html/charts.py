"""The charts of the page: panels as shapes of SVG, each with its text alternative."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from regcmp.report.html.svg import Scale, Shape, dot, line, scale, short, text, through
from regcmp.report.marks import Axis, Dots, Figure, Interval, Line, Panel, Points, Raster, Rule

ROW, NAME_OF_ROW, NAME_OF_AXIS = 36, 50, 18


@dataclass(frozen=True)
class Frame:
    """The size of a drawing, the sides of what is within its axes, and the height of its ticks' text."""

    width: int
    height: int
    left: int
    right: int
    top: int
    bottom: int
    ticks: int


PLAIN = Frame(300, 170, 44, 290, 24, 144, 162)
FILLED = Frame(300, 260, 44, 290, 22, 222, 236)


@dataclass(frozen=True)
class Drawing:
    """A panel, and where its marks are in it."""

    panel: Panel
    frame: Frame
    across: Scale
    up: Scale

    def shapes(self) -> Iterator[Shape]:
        """All that is drawn, the later over the earlier."""
        yield from _axes(self)
        for mark in self.panel.marks:
            yield from DRAW[type(mark)](self, mark)
        yield from _names(self)


def draw(figure: Figure) -> Iterator[Drawing]:
    """Its panels, which have the same scales, so that they can be compared."""
    ys = [y for each in figure.panels for mark in each.marks for y in mark.ys]
    for panel in figure.panels:
        frame = _frame(panel)
        alike = (panel,) if panel.x.labels else figure.panels
        xs = [x for each in alike for mark in each.marks for x in mark.xs]
        across = _scale(panel.x, xs, frame.left, frame.right)
        rows = Scale(0, 1, ROW - 8, 2 * ROW - 8)
        up = rows if panel.y.labels else _scale(panel.y, ys, frame.bottom, frame.top)
        yield Drawing(panel, frame, across, up)


def _frame(panel: Panel) -> Frame:
    if panel.y.labels:
        bottom = ROW * len(panel.y.labels) + 6
        return Frame(430, bottom + 26, 20, 410, 0, bottom, bottom + 16)
    return FILLED if panel.filled else PLAIN


def _scale(axis: Axis, values: list[float], start: float, end: float) -> Scale:
    return Scale(min(values), max(values), start, end) if axis.tight else scale(values, start, end)


def _axes(drawing: Drawing) -> Iterator[Shape]:
    """Ticks of both axes, with lines along that of the values."""
    panel, frame, across, up = drawing.panel, drawing.frame, drawing.across, drawing.up
    if panel.name:
        yield text(frame.left, 14, short(panel.name), kind="name")
    for tick in () if panel.y.labels else up.ticks():
        if not panel.filled:
            yield line(frame.left, up(tick), frame.right, up(tick), "grid")
        yield text(frame.left - 6, up(tick) + 4, f"{tick:g}", "end", "tick")
    ticks = [(tick, f"{tick:g}") for tick in across.ticks()]
    for place, label in enumerate(panel.x.labels) if panel.x.labels else ticks:
        if panel.y.labels:
            yield line(across(place), frame.top, across(place), frame.bottom, "grid")
        yield text(across(place), frame.ticks, label, "middle", "tick")


def _names(drawing: Drawing) -> Iterator[Shape]:
    """Over the marks: the names of rows, or of both axes where marks reach them."""
    panel = drawing.panel
    for row, label in enumerate(panel.y.labels):
        yield text(0, drawing.up(row) - 12, short(label, NAME_OF_ROW), kind="label")
    if panel.filled:
        names = f"{short(panel.x.name, NAME_OF_AXIS)} →, {short(panel.y.name, NAME_OF_AXIS)} ↑"
        middle = (drawing.frame.left + drawing.frame.right) / 2
        yield text(middle, drawing.frame.height - 8, names, "middle", "tick")


def _rule(drawing: Drawing, mark: Rule) -> Iterator[Shape]:
    for x in map(drawing.across, mark.xs):
        yield line(x, drawing.frame.top, x, drawing.frame.bottom, "zero")


def _interval(drawing: Drawing, mark: Interval) -> Iterator[Shape]:
    y = drawing.up(mark.row)
    low, high = map(drawing.across, mark.xs)
    yield line(low, y, high, y, "interval")


def _dots(drawing: Drawing, mark: Dots) -> Iterator[Shape]:
    y = drawing.up(mark.row)
    if len(mark.xs) == 1:
        yield dot(drawing.across(mark.xs[0]), y, 4.5, "point")
        return
    for k, x in enumerate(mark.xs):  # three heights, so that equal dots can be told apart
        yield dot(drawing.across(x), y + 3 * (k % 3 - 1), 3.5, "seed")


def _line(drawing: Drawing, mark: Line) -> Iterator[Shape]:
    xs, up = list(map(drawing.across, mark.xs)), drawing.up
    points = list(zip(xs, map(up, mark.means), strict=True))
    ends = [(x, up(low), up(high)) for x, (low, high) in zip(xs, mark.ends, strict=True)]
    if not mark.bars:
        outline = [(x, high) for x, _, high in ends] + [(x, low) for x, low, _ in reversed(ends)]
        yield through("polygon", outline, f"band {mark.side}")
    yield through("polyline", points, f"curve {mark.side}")
    if mark.bars:
        yield from (dot(*point, 3, f"mark {mark.side}") for point in points)
        yield from (line(x, low, x, high, f"error {mark.side}") for x, low, high in ends)


def _raster(drawing: Drawing, mark: Raster) -> Iterator[Shape]:
    """For each level one path, whose parts are the stretches of equal cells in each row."""
    left, right = map(drawing.across, mark.xs)
    bottom, top = map(drawing.up, mark.ys)
    wide, high = (right - left) / len(mark.cells[0]), (bottom - top) / len(mark.cells)
    parts: dict[int, list[str]] = {}
    for row, cells in enumerate(mark.cells):
        x, y = left, bottom - (row + 1) * high
        for level, stretch in groupby(cells):
            length = len(list(stretch)) * wide
            parts.setdefault(level, []).append(
                f"M{x:.2f} {y:.2f}h{length:.2f}v{high:.2f}h-{length:.2f}z"
            )
            x += length
    for level, each in sorted(parts.items()):
        shape = {"d": "".join(each), "fill": mark.colors[level], "class": "cells"}
        yield Shape("path", shape)


def _points(drawing: Drawing, mark: Points) -> Iterator[Shape]:
    for x, y, color in zip(mark.xs, mark.ys, mark.colors, strict=True):
        yield dot(drawing.across(x), drawing.up(y), 2, "row", fill=color)


DRAW: dict[type, Callable[[Drawing, Any], Iterator[Shape]]] = {
    Rule: _rule,
    Interval: _interval,
    Dots: _dots,
    Line: _line,
    Raster: _raster,
    Points: _points,
}
"""How each mark is drawn."""

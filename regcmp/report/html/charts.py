"""The charts of the page: panels as shapes of SVG, lists as a strip for each row."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from regcmp.report.html.svg import (
    Scale,
    Shape,
    dot,
    line,
    percent,
    scale,
    stretched,
    text,
    through,
)
from regcmp.report.marks import (
    Axis,
    Dots,
    Figure,
    Interval,
    Line,
    Mark,
    Panel,
    Points,
    Raster,
    Rule,
)

LOW, SQUARE, TALL = 150, 240, 340
"""Heights of plots, in pixels: of lines, of maps, and of all methods' lines."""
MIDDLE, JITTER = 50.0, 16.0
"""Where the marks of a row are in its strip, and how far equal dots are moved apart, in percent."""
MOST_LABELS = 6
"""Along an axis: of more, some are left out, for which a narrow panel has no room."""
SIDES = ("train", "test", "validation")
"""The sides that a legend explains."""


@dataclass(frozen=True)
class Drawing:
    """A panel, and where its marks are in it."""

    panel: Panel
    across: Scale
    up: Scale
    height: int = LOW

    def shapes(self) -> Iterator[Shape]:
        """All that is drawn, the later over the earlier."""
        yield from self.axes()
        yield from self.drawn(self.panel.marks)

    def drawn(self, marks: Sequence[Mark]) -> Iterator[Shape]:
        """The shapes of these marks."""
        for mark in marks:
            yield from DRAW[type(mark)](self, mark)

    def axes(self) -> Iterator[Shape]:
        """Ticks of both axes, with lines along that of the values."""
        for tick in self.up.ticks():
            if not self.panel.filled:
                yield line(0, self.up(tick), 100, self.up(tick), "grid")
            yield text("-6", percent(self.up(tick)), f"{tick:g}", "tick up")
        yield from self.ticks_across()

    def ticks_across(self) -> Iterator[Shape]:
        """What stands along the horizontal axis."""
        labels = self.panel.x.labels
        step = -(-len(labels) // MOST_LABELS)
        places: Any = list(enumerate(labels))[::step] if labels else _numbers(self.across)
        for place, label in places:
            yield text(percent(self.across(place)), "100%", label, "tick across")

    def strips(self) -> Iterator[tuple[str, list[Shape]]]:
        """Of a list: each row's label, and what is drawn in its strip."""
        places = [self.across(tick) for tick in self.across.ticks()]
        grid = [line(place, 0, place, 100, "grid") for place in places]
        for row, label in enumerate(self.panel.y.labels):
            own = [each for each in self.panel.marks if getattr(each, "row", row) == row]
            yield label, [*grid, *self.drawn(own)]


TONES = {
    "better": "better, Holm p below 0.05",
    "worse": "worse, Holm p below 0.05",
    "marked": "see the notes",
    "": "not shown to differ",
}
"""What tones mean."""


def legend(figure: Figure) -> list[tuple[str, str]]:
    """The classes of marks whose looks mean something, and what."""
    marks = [mark for panel in figure.panels for mark in panel.marks]
    sides = dict.fromkeys(mark.side for mark in marks if isinstance(mark, Line))
    named = {side: side for side in sides if side in SIDES} if len(sides) > 1 else {}
    tones = {mark.tone for mark in marks if isinstance(mark, Dots)}
    shown = {f"tone {tone}": words for tone, words in TONES.items() if tone in tones}
    return [*named.items(), *shown.items()]


def _numbers(along: Scale) -> list[tuple[float, str]]:
    return [(tick, f"{tick:g}") for tick in along.ticks()]


def draw(figure: Figure) -> Iterator[Drawing]:
    """Its panels, which have the same scales, so that they can be compared."""
    panels = [each.trained for each in figure.panels]
    ys = [y for each in panels for mark in each.marks for y in mark.ys]
    for panel in panels:
        alike = [panel] if panel.x.labels else panels
        xs = [x for each in alike for mark in each.marks for x in mark.xs]
        across = _scale(panel.x, xs)
        up = (
            Scale(0, 1, MIDDLE, MIDDLE) if panel.y.labels else _scale(panel.y, ys, start=100, end=0)
        )
        yield Drawing(panel, across, up, SQUARE if panel.filled else LOW)


def _scale(axis: Axis, values: list[float], start: float = 0.0, end: float = 100.0) -> Scale:
    if axis.tight and min(values) < max(values):
        return Scale(min(values), max(values), start, end)
    return scale(values, start, end)


def _rule(drawing: Drawing, mark: Rule) -> Iterator[Shape]:
    for x in map(drawing.across, mark.xs):
        yield line(x, 0, x, 100, "zero")


def _interval(drawing: Drawing, mark: Interval) -> Iterator[Shape]:
    y = drawing.up(mark.row)
    low, high = map(drawing.across, mark.xs)
    yield line(low, y, high, y, f"interval {mark.tone}".rstrip())


def _dots(drawing: Drawing, mark: Dots) -> Iterator[Shape]:
    y = drawing.up(mark.row)
    if len(mark.xs) == 1:
        yield dot(drawing.across(mark.xs[0]), y, 5, f"point {mark.tone}".rstrip())
        return
    for k, x in enumerate(mark.xs):  # three heights, so that equal dots can be told apart
        kind = f"seed {mark.tone}".rstrip()
        yield dot(drawing.across(x), y + JITTER * (k % 3 - 1), 3.5, kind)


def _line(drawing: Drawing, mark: Line) -> Iterator[Shape]:
    xs, up = list(map(drawing.across, mark.xs)), drawing.up
    points = list(zip(xs, map(up, mark.means), strict=True))
    ends = [(x, up(low), up(high)) for x, (low, high) in zip(xs, mark.ends, strict=True)]
    curve = through("polyline", points, f"curve {mark.side}")
    if not mark.bars:
        outline = [(x, high) for x, _, high in ends] + [(x, low) for x, low, _ in reversed(ends)]
        yield stretched(through("polygon", outline, f"band {mark.side}"), curve)
        return
    yield stretched(curve)
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
    yield stretched(
        *(
            Shape("path", {"d": "".join(each), "fill": mark.colors[level], "class": "cells"})
            for level, each in sorted(parts.items())
        )
    )


def _points(drawing: Drawing, mark: Points) -> Iterator[Shape]:
    radius = 2.5 if drawing.panel.filled else 5  # the latter cover the marks of a line
    for x, y, color in zip(mark.xs, mark.ys, mark.colors, strict=True):
        yield dot(drawing.across(x), drawing.up(y), radius, "row", fill=color)


DRAW: dict[type, Callable[[Drawing, Any], Iterator[Shape]]] = {
    Rule: _rule,
    Interval: _interval,
    Dots: _dots,
    Line: _line,
    Raster: _raster,
    Points: _points,
}
"""How each mark is drawn."""

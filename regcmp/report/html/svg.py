"""What the page's charts are drawn with: scales, and a few shapes of SVG that the template writes.

Places are percentages of the plot, which is as wide as the page has room for: so text and dots keep
their size at any width. What has a path is in a drawing of its own, which is stretched.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import floor, log10


@dataclass(frozen=True)
class Scale:
    """Values from ``low`` to ``high`` laid on places from ``start`` to ``end``, in percent."""

    low: float
    high: float
    start: float = 0.0
    end: float = 100.0

    def __call__(self, value: float) -> float:
        """The place of a value."""
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)

    def ticks(self) -> list[float]:
        """Round values within, about four of them."""
        rough = (self.high - self.low) / 4
        unit = 10.0 ** floor(log10(rough))
        step = next(unit * m for m in (1, 2, 5, 10) if unit * m >= rough * 0.999)
        first = -floor(-self.low / step)
        return [k * step for k in range(int(first), floor(self.high / step) + 1)]


def scale(values: Iterable[float], start: float = 0.0, end: float = 100.0) -> Scale:
    """A scale that has room for these values, and for a little more on either side."""
    known = list(values) or [0.0, 1.0]
    low, high = min(known), max(known)
    room = (high - low) * 0.06 or abs(high) * 0.1 or 1.0
    return Scale(low - room, high + room, start, end)


@dataclass(frozen=True)
class Shape:
    """An element of SVG."""

    tag: str
    attributes: dict[str, str]
    text: str = ""
    within: tuple[Shape, ...] = ()
    """What is drawn in it."""


def percent(place: float) -> str:
    """A place as an attribute has it."""
    return f"{place:.2f}%"


def text(x: str, y: str, words: str, kind: str) -> Shape:
    """A line of text; its class says how it lies to its place."""
    return Shape("text", {"x": x, "y": y, "class": kind}, words)


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> Shape:
    """A straight line."""
    ends = zip(("x1", "y1", "x2", "y2"), (x1, y1, x2, y2), strict=True)
    return Shape("line", {name: percent(value) for name, value in ends} | {"class": kind})


def dot(x: float, y: float, radius: float, kind: str, **others: str) -> Shape:
    """A filled circle, whose radius is in pixels."""
    place = {"cx": percent(x), "cy": percent(y), "r": f"{radius:g}"}
    return Shape("circle", place | others | {"class": kind})


def through(tag: str, points: Sequence[tuple[float, float]], kind: str) -> Shape:
    """A line through points, a 'polyline', or what it encloses, a 'polygon'; to be stretched."""
    return Shape(tag, {"points": " ".join(f"{x:.2f},{y:.2f}" for x, y in points), "class": kind})


def stretched(*shapes: Shape) -> Shape:
    """Shapes whose places are numbers from 0 to 100, laid over the whole plot."""
    laid = {"viewBox": "0 0 100 100", "preserveAspectRatio": "none", "class": "stretched"}
    return Shape("svg", laid, within=shapes)

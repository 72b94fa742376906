"""What the page's charts are drawn with: scales, and a few shapes of SVG that the template writes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import floor, log10

NAME = 30
"""Longer names are cut in a panel."""


@dataclass(frozen=True)
class Scale:
    """Values from ``low`` to ``high`` laid on pixels from ``start`` to ``end``."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """The pixel of a value."""
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)

    def ticks(self) -> list[float]:
        """Round values within, about four of them."""
        rough = (self.high - self.low) / 4
        unit = 10.0 ** floor(log10(rough))
        step = next(unit * m for m in (1, 2, 5, 10) if unit * m >= rough * 0.999)
        first = -floor(-self.low / step)
        return [k * step for k in range(int(first), floor(self.high / step) + 1)]


def scale(values: Iterable[float], start: float, end: float) -> Scale:
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


def text(x: float, y: float, words: str, anchor: str = "start", kind: str = "") -> Shape:
    """A line of text."""
    place = {"x": f"{x:.1f}", "y": f"{y:.1f}", "text-anchor": anchor, "class": kind}
    return Shape("text", place, words)


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> Shape:
    """A straight line."""
    ends = zip(("x1", "y1", "x2", "y2"), (x1, y1, x2, y2), strict=True)
    return Shape("line", {name: f"{value:.1f}" for name, value in ends} | {"class": kind})


def dot(x: float, y: float, radius: float, kind: str, **others: str) -> Shape:
    """A filled circle."""
    place = {"cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": f"{radius:g}"}
    return Shape("circle", place | others | {"class": kind})


def through(tag: str, points: Sequence[tuple[float, float]], kind: str) -> Shape:
    """A line through points, a 'polyline', or what it encloses, a 'polygon'."""
    return Shape(tag, {"points": " ".join(f"{x:.1f},{y:.1f}" for x, y in points), "class": kind})


def short(name: str, most: int = NAME) -> str:
    """A name as a chart has room for it; the table has it whole."""
    return name if len(name) <= most else name[: most - 1] + "…"

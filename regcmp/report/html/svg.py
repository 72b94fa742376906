"""What the page's charts are drawn with: escaped text, scales and a few shapes of SVG."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape as html_escape
from math import floor, log10

Points = Sequence[tuple[float, float]]
NAME = 30
"""Longer names are cut in a panel."""


def escape(text: str) -> str:
    """Text that HTML and SVG show as it is; control characters become spaces."""
    return html_escape("".join(c if c.isprintable() else " " for c in text))


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


def text(x: float, y: float, words: str, anchor: str = "start", kind: str = "") -> str:
    """A line of text."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{kind}">{escape(words)}</text>'


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    """A straight line."""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}"/>'


def dot(x: float, y: float, radius: float, kind: str) -> str:
    """A filled circle."""
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" class="{kind}"/>'


def path(points: Points, kind: str) -> str:
    """A line through points."""
    return f'<polyline points="{_joined(points)}" class="{kind}"/>'


def area(points: Points, kind: str) -> str:
    """A filled outline."""
    return f'<polygon points="{_joined(points)}" class="{kind}"/>'


def short(name: str, most: int = NAME) -> str:
    """A name as a chart has room for it; the table has it whole."""
    return name if len(name) <= most else name[: most - 1] + "…"


def drawing(name: str, about: str, width: int, height: int, shapes: Iterable[str]) -> str:
    """A chart with its text alternative."""
    return (
        f'<svg viewBox="0 0 {width} {height}" width="{width}" role="img" aria-label="{escape(name)}">'
        f"<title>{escape(name)}</title><desc>{escape(about)}</desc>{''.join(shapes)}</svg>"
    )


def _joined(points: Points) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)

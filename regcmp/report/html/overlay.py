"""One chart of all methods: the last line of each panel of a figure, such as the test curve."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from regcmp.report.html.charts import TALL, Drawing
from regcmp.report.html.svg import Scale, Shape, scale, stretched, through
from regcmp.report.marks import Figure, Line

COLORS, DASHES = 8, 6
"""How many of each there are in page.css; a line has one of each, so that 48 lines differ."""
SHOWN = 8
"""How many lines are shown at first where there are more; by a script, since without one all are."""


@dataclass(frozen=True)
class Curve:
    """A method's line."""

    name: str
    line: Line
    kind: str
    """Its classes: a colour, a dash."""
    first: bool
    """Whether it is shown at first."""


@dataclass(frozen=True)
class Overlay:
    """The lines of all methods on one pair of axes."""

    drawing: Drawing
    title: str
    about: str
    curves: tuple[Curve, ...]

    @property
    def box(self) -> str:
        """The values at the plot's sides: left, right, bottom, top."""
        across, up = self.drawing.across, self.drawing.up
        return " ".join(f"{each:.6g}" for each in (across.low, across.high, up.low, up.high))

    def shape(self, curve: Curve) -> Shape:
        """A curve's line."""
        places = map(self.drawing.across, curve.line.xs), map(self.drawing.up, curve.line.means)
        points = list(zip(*places, strict=True))
        return stretched(through("polyline", points, f"curve {curve.kind}"))

    @property
    def axes(self) -> Iterator[Shape]:
        """Ticks of both."""
        return self.drawing.axes()


def overlay(figure: Figure) -> Overlay | None:
    """Its methods in one chart; None where they are no lines over numbers, or one alone."""
    panels = [each.trained for each in figure.panels]
    lines = [each.lines[-1] for each in panels if each.lines and not each.lines[-1].bars]
    if len(lines) < len(panels) or len(lines) < 2 or panels[0].x.labels:
        return None
    xs = [x for each in lines for x in each.xs]
    means = [mean for each in lines for mean in each.means]
    across = Scale(min(xs), max(xs)) if min(xs) < max(xs) else scale(xs)
    shown = _shown(lines, panels[0].y.better)
    curves = tuple(
        Curve(panel.name, each, f"c{i % COLORS} d{i // COLORS % DASHES}", i in shown)
        for i, (panel, each) in enumerate(zip(panels, lines, strict=True))
    )
    side = {"test": "test rows", "weights": "all methods"}.get(lines[0].side, lines[0].side)
    drawing = Drawing(panels[0], across, scale(means, 100, 0), TALL)
    about = "; ".join(f"{each.name}: {each.line.means[-1]:.4g} at the end" for each in curves)
    spread = any(sd for each in lines for sd in each.sds)
    title = f"{figure.heading}: {side}{', mean over seeds' if spread else ''}"
    return Overlay(drawing, title, about, curves)


def _shown(lines: list[Line], better: str) -> set[int]:
    """The first line, and those that end best; or simply the first ones."""
    sign = {"higher": -1, "lower": 1}.get(better.split(" ")[0], 0)
    rest = sorted(range(1, len(lines)), key=lambda i: sign * lines[i].means[-1])
    return {0, *rest[: SHOWN - 1]}

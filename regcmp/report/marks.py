"""The vocabulary of drawings: marks on the axes of a panel, and panels that make a figure.

``figures`` says in these words what a report shows; the page, matplotlib and the terminal draw the
words, and know no kind of figure. A new mark goes into the tables of all three; the terminal leaves
points out, for which it has no room.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeVar

KEYS = 20
"""How many colours of a figure are named."""


@dataclass(frozen=True)
class Rule:
    """Lines down all rows, at what they are compared with."""

    xs: tuple[float, ...]
    ys = ()


@dataclass(frozen=True)
class Interval:
    """From one value to another in a row, such as a confidence interval."""

    row: int
    xs: tuple[float, float]
    tone: str = ""
    """What was shown of it: 'better', 'worse', 'marked', or '' for nothing."""
    ys = ()


@dataclass(frozen=True)
class Dots:
    """Values in a row."""

    row: int
    xs: tuple[float, ...]
    tone: str = ""
    """As of an interval."""
    ys = ()


@dataclass(frozen=True)
class Line:
    """Means with a standard deviation each; ``side`` is 'train', 'test', 'validation' or 'weights'."""

    side: str
    xs: tuple[float, ...]
    means: tuple[float, ...]
    sds: tuple[float, ...]
    bars: bool = False
    """Whether a deviation is a bar at its place; else all of them are a band."""

    @property
    def ends(self) -> tuple[tuple[float, float], ...]:
        """A standard deviation below and above each mean."""
        return tuple((m - sd, m + sd) for m, sd in zip(self.means, self.sds, strict=True))

    @property
    def ys(self) -> tuple[float, ...]:
        """What the vertical axis must have room for."""
        return tuple(end for ends in self.ends for end in ends)


@dataclass(frozen=True)
class Raster:
    """Cells of equal size, each with the number of its level, a class or a range of values."""

    cells: tuple[tuple[int, ...], ...]
    """From the bottom up."""
    colors: tuple[str, ...]
    """Of each level."""
    ordered: bool
    """Whether levels are steps of a value."""
    xs: tuple[float, float]
    """The left and right edge of the cells."""
    ys: tuple[float, float]
    """Their bottom and top edge."""


@dataclass(frozen=True)
class Points:
    """Places in the plane, each in its colour."""

    xs: tuple[float, ...]
    ys: tuple[float, ...]
    colors: tuple[str, ...]


Mark = Rule | Interval | Dots | Line | Raster | Points
Kind = TypeVar("Kind", bound=Mark)


@dataclass(frozen=True)
class Axis:
    """What lies along one side of a panel."""

    name: str = ""
    """With its unit; '' where the panel's title says it."""
    labels: tuple[str, ...] = ()
    """Of the places 0, 1, 2, ...; none where places are the numbers themselves."""
    tight: bool = False
    """Whether marks reach both ends; else there is some room beyond them."""
    better: str = ""
    """Which way a score is better, in words."""

    @property
    def words(self) -> str:
        """Its name, and which way is better: 'accuracy in %, higher is better'."""
        return ", ".join(filter(None, (self.name, self.better)))


@dataclass(frozen=True)
class Panel:
    """Marks on two axes. Labels of the vertical one make it a list, a row for each, from the top."""

    name: str
    title: str
    about: str
    """What is seen, in words."""
    x: Axis
    y: Axis
    marks: tuple[Mark, ...]
    begins_untrained: bool = False
    """Whether lines begin at a network that has learned nothing."""

    @property
    def filled(self) -> bool:
        """Whether marks cover the whole of it."""
        return self.x.tight and self.y.tight

    @property
    def trained(self) -> Panel:
        """It without epoch 0: beside an untrained network, all other scores would be one flat line."""
        if not self.begins_untrained or len(self.lines[0].xs) < 3:
            return self
        lines = (
            replace(each, xs=each.xs[1:], means=each.means[1:], sds=each.sds[1:])
            for each in self.lines
        )
        return replace(self, marks=tuple(lines))

    @property
    def lines(self) -> list[Line]:
        """Its lines alone."""
        return self.of(Line)

    def of(self, kind: type[Kind]) -> list[Kind]:
        """Its marks of one kind."""
        return [each for each in self.marks if isinstance(each, kind)]


@dataclass(frozen=True)
class Figure:
    """Panels of one shape beside each other, on the same scales."""

    heading: str
    caption: str
    panels: tuple[Panel, ...]
    numbers: tuple[tuple[str, ...], ...]
    """What is drawn as a table: its header, then its rows."""
    keys: tuple[tuple[str, str], ...] = ()
    """Colours, and what each of them means."""

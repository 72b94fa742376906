"""Ranges of strengths: ``1e-5..1e-1``, a point per decade, and ``1e-5..1e-1x9``, nine points."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, isfinite, log, log10

import numpy as np

from regcmp.engine.regularizers import Number
from regcmp.plan.number_texts import number_of

DOTS = ".."
MOST_POINTS = 1000
STEP = 0.1
"""Between the points of a linear range, unless their number is given."""
DIGITS = 3
"""To how many digits points within a range are rounded, where that keeps them apart."""


class RangeError(ValueError):
    """A range that is none, in words that follow its name."""


@dataclass(frozen=True)
class Span:
    """A range from ``low`` to ``high``, both included, evenly spaced in the logarithm or linear."""

    low: float
    high: float
    linear: bool
    whole: bool
    given: int | None = None
    """How many points were asked for."""

    def points(self) -> tuple[float, ...]:
        """Its points, rising. Raises RangeError where rounding leaves fewer."""
        n = self.given or self._intervals() + 1
        inner = np.linspace(self._scaled(self.low), self._scaled(self.high), n)[1:-1].tolist()
        for digits in range(DIGITS, 18):
            values = [self.low, *(self._value(each, digits) for each in inner), self.high]
            if len(set(values)) == n and sorted(values) == values:
                return tuple(values)
        raise RangeError(f"has no {n} different points")

    def draw(self, rng: np.random.Generator) -> float:
        """A random strength, as likely anywhere on the range's scale."""
        low, high = self._scaled(self.low), self._scaled(self.high)
        value = self._value(low + (high - low) * rng.random(), DIGITS)
        return min(max(value, self.low), self.high)

    def _intervals(self) -> int:
        width = (self.high - self.low) / (1 if self.whole else STEP)
        number = width if self.linear else log10(self.high / self.low)
        return int(min(MOST_POINTS, max(1, round(number))))

    def _scaled(self, value: float) -> float:
        return value if self.linear else log(value)

    def _value(self, scaled: float, digits: int) -> float:
        value = scaled if self.linear else exp(scaled)
        return float(round(value)) if self.whole else float(f"{value:.{digits}g}")


def parse_span(text: str, number: Number) -> Span:
    """The range that a text such as '1e-5..1e-1x9' names. Raises RangeError."""
    if DOTS + "." in text or text.count(DOTS) > 1:
        raise RangeError("has more than two dots between its ends")
    low, _, rest = text.partition(DOTS)
    high, times, points = rest.partition("x")
    ends = number_of(low), number_of(high)
    if not all(map(isfinite, ends)):
        raise RangeError("needs a number at each end, as in 1e-5..1e-1 or 1e-5..1e-1x9")
    given = None
    if times:
        if not points.isdecimal() or not points.isascii() or not 2 <= int(points) <= MOST_POINTS:
            raise RangeError(f"takes a whole number of points from 2 to {MOST_POINTS} after 'x'")
        given = int(points)
    if not ends[0] < ends[1]:
        raise RangeError("is empty; write the smaller number first")
    if not number.is_linear and ends[0] <= 0:
        raise RangeError("is spaced by the logarithm, so it begins above 0, as in 1e-5..1e-1")
    return Span(ends[0], ends[1], number.is_linear, number.whole, given)

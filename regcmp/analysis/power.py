"""What a comparison could have found: the power of its design, and what more seeds or rows would add."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isfinite, sqrt
from typing import Any

import pandas as pd

from regcmp.analysis.statistics import LEVEL, MIN_PAIRS_FOR_P, detectable, power

WANTED = 0.8
"""The power that a design should have: four of five true differences of that size are found."""
MOST_SEEDS = 1000
"""More are never advised."""


@dataclass(frozen=True)
class Design:
    """How precisely a method's difference is known. Of m methods, Holm tests the first at 5 % / m.

    ``floor`` is the standard error that is left with any number of seeds.
    """

    error: float
    floor: float
    df: float
    seeds: int
    tests: int = 1
    step: int = 1
    """Seeds come in so many, as folds do."""

    @property
    def alpha(self) -> float:
        """At which a difference is tested."""
        return (1 - LEVEL) / self.tests

    def at(self, seeds: int, rows: float = 1.0) -> Design:
        """The design with so many seeds, and so many times the rows: variances fall with their number.

        That is exact for what test rows add, and an approximation for what training adds.
        """
        fixed = (self.floor / self.error) ** 2  # shares, as a square may be too large for a number
        error = self.error * sqrt((fixed + (1 - fixed) * self.seeds / seeds) / rows)
        df = max(1.0, self.df + seeds - self.seeds)
        return Design(error, self.floor / sqrt(rows), df, seeds, self.tests, self.step)

    def power(self, difference: float) -> float:
        """How often a true difference of this size is found; never where seeds are too few for a p."""
        if self.seeds < MIN_PAIRS_FOR_P:
            return 0.0
        return power(difference, self.error, self.df, self.alpha)

    def finds(self, difference: float) -> bool:
        """Whether that is four times of five, but for rounding."""
        return self.power(difference) > WANTED - 1e-6

    @property
    def detectable(self) -> float:
        """The smallest true difference that is found four times of five; inf where none is."""
        if self.seeds < MIN_PAIRS_FOR_P:
            return inf
        return detectable(self.error, self.df, self.alpha, WANTED)

    def seeds_for(self, difference: float) -> int | None:
        """How many seeds find a difference four times of five; None where no number does."""
        too_few = MIN_PAIRS_FOR_P - 1
        if self.finds(difference):
            fewest = self._fewest(difference, too_few, self.seeds)
        elif not self.at(MOST_SEEDS).finds(difference):
            return None
        else:
            fewest = self._fewest(difference, max(self.seeds, too_few), MOST_SEEDS)
        return whole_walks(fewest, self.step)

    def _fewest(self, difference: float, low: int, high: int) -> int:
        """By bisection, where ``low`` seeds do not find it and ``high`` do."""
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self.at(middle).finds(difference) else (middle, high)
        return high

    def rows_for(self, difference: float) -> float:
        """How many times the rows find a difference four times of five; inf where no number does."""
        times = self.detectable / difference
        return times * times  # inf where it is too large; ** would raise


def whole_walks(seeds: int, step: int) -> int:
    """So many seeds, or a few more, that make whole walks through ``step`` folds."""
    return -(-seeds // step) * step


def design_of(row: dict[str, Any], tests: int, step: int = 1) -> Design | None:
    """The design behind a method's row of a summary; None where it has none that is possible."""
    error, floor, df = (row[name] for name in ("error", "error_floor", "df"))
    signs = [row[name] for name in ("wins", "ties", "losses")]
    if not all(pd.notna(each) and isfinite(each) for each in (error, floor, df, *signs)):
        return None
    pairs = int(sum(signs))
    if not (0 <= floor <= error and error > 0 and df >= 1 and pairs >= 2):
        return None
    return Design(float(error), float(floor), float(df), pairs, max(tests, 1), step)

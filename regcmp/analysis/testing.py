"""Which test a comparison's differences are judged by, and what it is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from regcmp.analysis.statistics import Cells, Difference, paired_t, two_way
from regcmp.influences import Influences

TWO_WAY, NADEAU_BENGIO, PLAIN = "two-way", "nadeau-bengio", "paired-t"
"""What a report may say. A plain paired t-test is what is left where the split is held."""

FEWEST_ROWS = 55
"""To how many rows, tested equally often, test rows must amount for the two-way test."""


class Test(Protocol):
    """A test of the differences of two methods, seed by seed."""

    @property
    def ratio(self) -> float:
        """The correction of what is judged by its spread over seeds alone; 0 where the split is held."""

    @property
    def name(self) -> str:
        """As a report has it."""

    def of(
        self, new: str, old: str, seeds: Sequence[int], differences: Sequence[float], *, gap: bool
    ) -> Difference:
        """The difference of two methods' test scores, or gaps, under these seeds."""


@dataclass(frozen=True)
class Resampled:
    """The corrected resampled t-test, or with ratio 0 the plain paired one."""

    ratio: float

    @property
    def name(self) -> str:
        """As a report has it."""
        return NADEAU_BENGIO if self.ratio else PLAIN

    def of(
        self, new: str, old: str, seeds: Sequence[int], differences: Sequence[float], *, gap: bool
    ) -> Difference:
        """By the spread of the differences alone."""
        return paired_t(differences, self.ratio)


@dataclass(frozen=True)
class TwoWay:
    """The two-way test over rows and seeds. Old and new runs may be those of two reports."""

    old: Influences
    new: Influences
    ratio: float
    name: str = TWO_WAY

    def of(
        self, new: str, old: str, seeds: Sequence[int], differences: Sequence[float], *, gap: bool
    ) -> Difference:
        """By the spread over rows and over seeds."""
        d = np.asarray(differences, float)
        cells = (
            self._cell(new, old, seed, each, gap)
            for seed, each in zip(seeds, d - d.mean() if len(d) else d, strict=True)
        )
        return two_way(d, ((groups, values / len(d)) for groups, values in cells))

    def _cell(self, new: str, old: str, seed: int, deviation: float, gap: bool) -> Cells:
        """What each row did under a seed; its deviation from the mean is spread over its test rows."""
        moved = self.new.moved(new, seed, gap=gap) - self.old.moved(old, seed, gap=gap)
        n_test = len(self.new.rows[seed][1])
        moved[len(moved) - n_test :] += deviation / n_test
        return self.new.places(seed, gap=gap), moved


def test_of(
    asked: str, vary: Sequence[str], ratio: float, seeds: Sequence[int], rows: Influences | None
) -> Test:
    """The test that was asked for; for 'auto', the two-way one where it keeps its level.

    That is where splits vary, and the test rows amount to enough (benchmarks/power).
    """
    if "split" not in vary:
        return Resampled(0.0)
    enough = rows is not None and (asked == TWO_WAY or rows.effective_rows(seeds) >= FEWEST_ROWS)
    if asked == NADEAU_BENGIO or rows is None or not enough:
        return Resampled(ratio)
    return TwoWay(rows, rows, ratio)

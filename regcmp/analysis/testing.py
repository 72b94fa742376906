"""Which test a comparison's differences are judged by, and what it is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from regcmp.analysis.statistics import Difference, paired_t, two_way
from regcmp.metrics import METRICS
from regcmp.plan.protocol import NADEAU_BENGIO, PLAIN, TWO_WAY
from regcmp.shares import Floats, RowShares

FEWEST_ROWS = 55
"""To how many rows, tested equally often, test rows must amount for the two-way test."""


@dataclass(frozen=True)
class Pairs:
    """The differences of two methods' test scores, or of their gaps, seed by seed."""

    new: str
    old: str
    seeds: Sequence[int]
    differences: Sequence[float]
    of_gaps: bool = False


class Test(Protocol):
    """A test of paired differences."""

    @property
    def ratio(self) -> float:
        """The correction of what is judged by its spread over seeds alone; 0 where the split is held."""

    @property
    def name(self) -> str:
        """As a report has it."""

    def of(self, pairs: Pairs) -> Difference:
        """Their mean, with its standard error."""


@dataclass(frozen=True)
class Resampled:
    """The corrected resampled t-test, or with ratio 0 the plain paired one."""

    ratio: float

    @property
    def name(self) -> str:
        """As a report has it."""
        return NADEAU_BENGIO if self.ratio else PLAIN

    def of(self, pairs: Pairs) -> Difference:
        """By the spread of the differences alone."""
        return paired_t(pairs.differences, self.ratio)


@dataclass(frozen=True)
class TwoWay:
    """The two-way test over rows and seeds. Old and new runs may be those of two reports."""

    old: RowShares
    new: RowShares
    ratio: float
    name: str = TWO_WAY

    @np.errstate(over="ignore", invalid="ignore")
    def of(self, pairs: Pairs) -> Difference:
        """By the spread over rows and over seeds; infinite shares give no interval."""
        higher = METRICS[self.new.metric].higher_is_better
        signs = ((1, -1) if higher else (-1, 1)) if pairs.of_gaps else (0, 1)
        sides = [side for side, sign in enumerate(signs) if sign]
        means = {side: self._mean(pairs, side) for side in sides}
        cells = (
            (
                np.concatenate([self.new.places(seed)[side] for side in sides]),
                np.concatenate(
                    [signs[side] * self._moved(pairs, seed, side, means[side]) for side in sides]
                )
                / len(pairs.seeds),
            )
            for seed in pairs.seeds
        )
        return two_way(pairs.differences, cells)

    def _added(self, pairs: Pairs, seed: int, side: int) -> Floats:
        """What each row of a side added to the difference of scores under a seed."""
        return self.new.side(pairs.new, seed, side) - self.old.side(pairs.old, seed, side)

    def _mean(self, pairs: Pairs, side: int) -> Floats:
        """(C,) the mean over seeds of what the rows of each class added, or all rows: it keeps no row."""
        total = np.zeros(1)
        for seed in pairs.seeds:
            added, codes = self._added(pairs, seed, side), self.new.codes(seed, side)
            sums = np.bincount(codes, added) if codes.any() else added.sum(keepdims=True)
            total = np.pad(total, (0, max(0, len(sums) - len(total))))
            total[: len(sums)] += sums
        return total / max(len(pairs.seeds), 1)

    def _moved(self, pairs: Pairs, seed: int, side: int, mean: Floats) -> Floats:
        """What each row of a side added under a seed, less its part of the mean."""
        added, codes = self._added(pairs, seed, side), self.new.codes(seed, side)
        return added - mean[codes] / self.new.members(seed, side)


def chosen_test(
    asked: str,
    ratio: float,
    seeds: Sequence[int],
    rows: RowShares | None,
    before: RowShares | None = None,
) -> Test:
    """The test that was asked for; for 'auto', the two-way one where it keeps its level.

    That is where splits vary, so that ``ratio`` is not 0, and the test rows amount to enough
    (benchmarks/power). Where two reports are compared, ``before`` has the rows of the old one.
    """
    if not ratio:
        return Resampled(0.0)
    if asked == NADEAU_BENGIO or rows is None or not rows.kept:
        return Resampled(ratio)
    if asked != TWO_WAY and rows.effective_rows(seeds) < FEWEST_ROWS:
        return Resampled(ratio)
    return TwoWay(before or rows, rows, ratio)

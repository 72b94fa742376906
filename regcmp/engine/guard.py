"""The guard: runs that can't come to anything are stopped, and their neighbours do not notice.

A stopped run is not taken out of its stack: it is computed on and ignored, since taking it out would
copy every array. When all runs of a stack are stopped, the stack ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from math import isfinite, prod, sqrt

import numpy as np

from regcmp.engine.arrays import Booleans, Floats, Integers
from regcmp.engine.measuring import Record
from regcmp.engine.network import Masks
from regcmp.engine.settings import Settings
from regcmp.engine.taps import Tap
from regcmp.metrics import LOSS

BLOWN_UP = 10.0
"""A training loss above this multiple of its start is too high."""

PATIENCE = 2
"""At how many recorded epochs in a row a loss is too high before a run is stopped; one at the end."""

ENOUGH = 1000
"""How many draws must have been looked at before the share of dropped units is judged."""

CHANCE = 4.0
"""By how many standard errors that share must be too large: a rate at the bound is allowed."""


@dataclass
class Count:
    """How many of a layer's units or weights each run has lost (R,), of how many."""

    dropped: Integers
    all: int = 0
    draws: int = 0
    """How many of them are dropped independently, at least: a channel's pixels may go together."""


@dataclass(frozen=True)
class Stop:
    """Why and after which epoch a run was stopped, and its weights (P,) then."""

    status: str
    epoch: int
    theta: Floats


class Guard:
    """Watches the R runs of a stack. It reads what training makes and changes none of it.

    What is looked at in a step is a comparison of two numbers, but for the first step of an epoch:
    its masks stand for the epoch's.
    """

    def __init__(
        self, settings: Settings, runs: int, shapes: Sequence[tuple[int, ...]] = ()
    ) -> None:
        self.settings = settings
        self.runs = runs
        self.shapes = shapes
        """The shape of an example before each layer; without them, no layer has feature maps."""
        self.stops: dict[int, Stop] = {}
        self.too_high = [0] * runs
        self.counted = 0
        self.counts: dict[tuple[int, str], Count] = {}
        """By the layer and by what it loses, since they were judged last."""

    @property
    def all_stopped(self) -> bool:
        """Whether nothing is left to train."""
        return len(self.stops) == self.runs

    def count_dropped(
        self,
        masks: Masks,
        epoch: int,
        taps: Sequence[Sequence[Tap]] = (),
        connections: Sequence[Floats | None] = (),
    ) -> None:
        """Count what each run's layers lose in the first step of an epoch: units, and weights.

        A unit is lost where the layer's mask (R, B, width) or one of its taps is 0; what taps keep is
        known once the pass is over. ``connections`` say which weights are.
        """
        if epoch == self.counted:
            return
        self.counted = epoch
        for layer, mask in enumerate(masks):
            kept = [mask, *(tap.kept for tap in (taps[layer] if taps else ()))]
            alive = [each != 0 for each in kept if each is not None]
            if alive:
                self._count(layer, "units", reduce(np.logical_and, alive))
        for layer, lost in enumerate(connections):
            if lost is not None:
                self._count(layer, "weights", lost != -1)

    def _count(self, layer: int, what: str, kept: Booleans) -> None:
        count = self.counts.setdefault((layer, what), Count(np.zeros(self.runs, np.int64)))
        count.dropped += kept[0].size - np.count_nonzero(kept.reshape(self.runs, -1), axis=1)
        count.all += kept[0].size
        count.draws += kept[0].size // self._pixels(layer, kept)

    def _pixels(self, layer: int, kept: Floats | Booleans) -> int:
        """How many pixels the maps have that a mask (R, B, width) acts on; of dense units, one."""
        shape = self.shapes[layer] if self.shapes else ()
        return prod(shape[:-1]) if kept.shape[2] == prod(shape) else 1

    def check(
        self,
        epoch: int,
        judged: Floats,
        history: Sequence[Sequence[Record]],
        theta: Floats,
        ended: Booleans | None = None,
    ) -> None:
        """After an epoch, stop the runs that it shows to be lost: ``judged`` (R, P) are their weights.

        The weights theta (R, P) that are trained may be others. They count as well, and so do masks,
        but not of runs that had ``ended`` (R,) before this epoch and only wait for their neighbours.
        """
        training = np.ones(self.runs, bool) if ended is None else ~ended
        broken = ~np.isfinite(judged).all(axis=1) | (training & ~np.isfinite(theta).all(axis=1))
        overdropped = training & self._overdropped()
        recorded = history[-1][0].epoch == epoch
        for run in range(self.runs):
            if run in self.stops:
                continue
            start, last = history[0][run], history[-1][run]
            status = "diverged" if broken[run] else ""
            if recorded:
                status = status or self._judged(run, start, last)
            if overdropped[run]:
                status = status or "overdropped"
            if status:
                self.stops[run] = Stop(status, epoch, judged[run].copy())

    def _judged(self, run: int, start: Record, last: Record) -> str:
        """What the record shows. Where the loss is too high, dead units are but a part of it."""
        if not (isfinite(last.train[LOSS]) and isfinite(last.test[LOSS])):
            return "diverged"
        if last.train[LOSS] <= BLOWN_UP * start.train[LOSS]:
            self.too_high[run] = 0
            return "dead" if last.dead_share > self.settings.max_dead else ""
        self.too_high[run] += 1
        final = last.epoch == self.settings.epochs
        return "diverged" if self.too_high[run] >= (1 if final else PATIENCE) else ""

    def _overdropped(self) -> Booleans:
        """Of each run, whether a layer has lost more than its share, or all that it had.

        Whenever enough was counted it is judged, and counted anew: what was lost early does not hide
        behind what is kept later, nor the other way round.
        """
        most = self.settings.max_dropped
        over: Booleans = np.zeros(self.runs, bool)
        for place, count in list(self.counts.items()):
            if count.draws >= ENOUGH:
                slack = CHANCE * sqrt(most * (1 - most) / count.draws)
                over |= count.dropped / count.all > most + slack
                over |= count.dropped == count.all
                del self.counts[place]
        return over

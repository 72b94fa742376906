"""Several networks from one training, whose predictions are averaged."""

from __future__ import annotations

from bisect import bisect_left
from math import cos, pi
from typing import ClassVar

from regcmp.engine.arrays import Floats
from regcmp.engine.regularizers.base import Context, Number, Regularizer


class Snapshot(Regularizer):
    """Snapshot ensemble: the rate falls to 0 M times, and the networks reached there are judged as one.

    In every cycle the learning rate falls along half a cosine, on top of --schedule, and then begins
    anew. The weights at the end of each cycle are kept; judged is the mean of the probabilities that
    they predict. Cycle i of E epochs ends after epoch round(i E / M), so there are at most E; before
    the first one ends, the weights themselves are judged. M = 1 is one network and one cosine.
    """

    name = "snapshot"
    strength_is = Number(5, 0, 1000, "number M of cycles, and of networks averaged", whole=True)
    fixed = "it is the number of the learning rate's cycles"
    shared = keeps = True
    grid = (1, 2, 3, 5, 8)
    formula = "rate ← rate ½ (1 + cos(π c)) at share c of a cycle; p ← mean of p over the snapshots"
    paper = "Huang et al. 2017, Snapshot ensembles: Train 1, get M for free"
    elsewhere: ClassVar = {
        "scikit-learn": "not available",
        "Keras": "rate keras.optimizers.schedules.CosineDecayRestarts(lr, steps/M, t_mul=1); keep a"
        " copy of the model after each cycle and average predict()",
        "PyTorch": "torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, steps/M); keep a"
        " copy of the model after each cycle and average the softmax",
    }
    excludes: ClassVar = dict.fromkeys(
        ("ema", "swa", "earlystop"), "each says which weights are judged"
    )

    def prepare(self) -> None:
        self.cycles = int(self.strength.max())
        assert (self.strength == self.cycles).all(), "the runs of a stack share their learning rate"
        self.kept: list[Floats] = []

    def pace(self, rate: float, context: Context) -> float:
        if self.cycles == 0:
            return rate
        ends = self._ends(context)
        cycle = bisect_left(ends, context.epoch)
        start, end = ends[cycle - 1], ends[cycle]
        return rate * 0.5 * (1 + cos(pi * (context.done * context.epochs - start) / (end - start)))

    def select(self, theta: Floats, context: Context) -> Floats:
        if context.epoch in self._ends(context):
            self.kept.append(theta.copy())
        if not self.kept:
            return theta
        *context.others, last = self.kept
        return last

    def _ends(self, context: Context) -> list[int]:
        """0, and the epoch after which each cycle ends."""
        cycles = min(self.cycles, context.epochs)
        return [0, *(round(context.epochs * i / cycles) for i in range(1, cycles + 1))]

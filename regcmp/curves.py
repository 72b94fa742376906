"""How a run's training loss ends, by the records of it: still falling, or on a spike."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log

LATE = 0.75
"""The share of the epochs after which training is late."""

RECENT = 3
"""How many records before the last one it is compared with."""

SPIKE, LEAST_SPIKE = 2.0, 0.02
"""How many times the lowest recent loss a spike is at least, and by how much it is higher.

By ``benchmarks/results-schedules.md``, runs at a falling rate never end so, and those at a constant one
that do are worse on test rows as well.
"""

TINY = 1e-300
"""What stands for a loss of 0, which has no logarithm."""


def late_fall(epochs: Sequence[int], losses: Sequence[float]) -> float | None:
    """How far the loss fell in the last quarter of the epochs, from records of which 0 is the first.

    Between two records its logarithm is taken as a straight line. None where only one record
    follows that of epoch 0: what happened in between can't be told.
    """
    if len(epochs) < 3:
        return None
    late = LATE * epochs[-1]
    after = next(i for i, epoch in enumerate(epochs) if epoch >= late)
    share = (late - epochs[after - 1]) / (epochs[after] - epochs[after - 1])
    before, behind = (log(max(losses[i], TINY)) for i in (after - 1, after))
    return exp(before + share * (behind - before)) - losses[-1]


def ends_unsteady(losses: Sequence[float]) -> bool:
    """Whether the last loss stands far above the lowest of the recent ones; the first is untrained."""
    recent = losses[1:-1][-RECENT:]
    if not recent:
        return False
    lowest = min(recent)
    return losses[-1] > SPIKE * lowest and losses[-1] - lowest > LEAST_SPIKE

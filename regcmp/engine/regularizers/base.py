"""What a regularizer is: a class that overrides the hooks it needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from regcmp.engine.arrays import Floats, Scratch
from regcmp.engine.network import Masks, Network

Batch = tuple[Floats, Floats]
"""Inputs (R, B, D) and targets (R, B, C) of one step."""


@dataclass(frozen=True)
class Number:
    """A strength or an option: its default, its range (both ends allowed) and what it means."""

    default: float
    low: float
    high: float
    meaning: str


@dataclass
class Context:
    """What hooks may look at during a step."""

    network: Network
    theta: Floats
    """(R, P) the weights before this step."""
    scratch: Scratch
    batch_size: int = 0
    rate: float = 0.0
    """The learning rate of this step."""


class Regularizer:
    """One technique, for all runs of a stack. An object lives as long as one training.

    Each hook takes a value that it may change in place, and returns it. ``strength`` and every value
    of ``options`` is a column (R, 1, 1), one number per run; ``seeds`` are those of the runs' noise:
    draw from ``stream(seed, purpose)`` with a purpose that begins with the regularizer's name.
    """

    name: ClassVar[str]
    strength_is: ClassVar[Number]
    options_are: ClassVar[Mapping[str, Number]] = {}
    formula: ClassVar[str]
    paper: ClassVar[str]

    def __init__(
        self,
        strength: Floats,
        options: Mapping[str, Floats],
        seeds: Sequence[int],
        network: Network,
    ) -> None:
        self.strength = strength
        self.options = options
        self.seeds = seeds
        self.network = network

    def transform(self, batch: Batch, context: Context) -> Batch:
        """Change the batch's inputs and targets."""
        return batch

    def mask(self, masks: Masks, context: Context) -> Masks:
        """Multiply into the masks what drops units: one entry per layer, (R, B, width) or None."""
        return masks

    def perturb(self, theta: Floats, context: Context) -> Floats:
        """Move the point (R, P) where the gradient is taken; return a new array, theta stays."""
        return theta

    def penalize(self, grad: Floats, context: Context) -> Floats:
        """Add to the gradient (R, P)."""
        return grad

    def project(self, theta: Floats, context: Context) -> Floats:
        """Change the weights (R, P) after the optimizer's step."""
        return theta

    def select(self, theta: Floats, context: Context) -> Floats:
        """After an epoch, choose the weights (R, P) that are judged; return a new array if others."""
        return theta

    def penalty(self, theta: Floats) -> Floats:
        """(R,) The term whose gradient ``penalize`` adds: zero for all but penalties."""
        return 0 * theta[:, 0]

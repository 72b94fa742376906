"""What a regularizer is: a class that overrides the hooks it needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from regcmp.engine.arrays import Booleans, Floats, Integers, Scratch
from regcmp.engine.layers import Layer
from regcmp.engine.losses import Loss
from regcmp.engine.network import Masks, Network
from regcmp.engine.taps import Taps

Batch = tuple[Floats, Floats]
"""Inputs (R, B, D) and targets (R, B, C) of one step."""


TASKS = ("classification", "regression")
"""What a network can be trained for."""


@dataclass(frozen=True)
class Number:
    """A strength or an option: its default, its range (both ends allowed) and what it means."""

    default: float
    low: float
    high: float
    meaning: str
    whole: bool = False
    """Whether only whole numbers are meant."""
    drops: bool = False
    """Whether it is a rate at which units are dropped, which --max-dropped bounds."""

    @property
    def is_linear(self) -> bool:
        """Whether its ranges are spaced evenly: those of whole numbers, and of rates and shares, up to 1."""
        return self.whole or self.high <= 1


def no_gradient(theta: Floats) -> Floats:
    """Stand in for ``Context.gradient`` where no step is under way."""
    raise RuntimeError("the gradient is known only within a step, once its masks are drawn")


def no_validation(theta: Floats) -> Floats:
    """Stand in for ``Context.validation_loss`` where no rows were set aside."""
    raise RuntimeError("there are no validation rows: the class must say 'selects = True'")


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
    done: float = 0.0
    """The share of training that lies before this step."""
    epoch: int = 0
    """The epoch under way, from 1 to ``epochs``."""
    epochs: int = 0
    loss: Loss = field(default_factory=Loss)
    """What is trained, without penalties."""
    x: Floats = field(default_factory=lambda: np.empty((0, 0, 0)))
    """(R, B, D) the batch's inputs, once every ``transform`` has passed."""
    targets: Floats = field(default_factory=lambda: np.empty((0, 0, 0)))
    """(R, B, C) what they are to give."""
    gradient: Callable[[Floats], Floats] = no_gradient
    """The loss's gradient (R, P) at any theta, for this step's batch and masks, from ``perturb`` on.

    The next call overwrites what it returned.
    """
    input_gradient: Callable[[Floats], Floats] = no_gradient
    """The gradient (R, B, D) of the loss alone at the inputs x, at any theta, with this step's masks.

    Neither gradient keeps what the other returned.
    """
    validation_loss: Callable[[Floats], Floats] = no_validation
    """The mean loss (R,) at any theta on the validation rows, in evaluation mode."""
    selected: Integers | None = None
    """(R,) the epoch whose weights are judged, where ``select`` chose one."""
    validated: Floats | None = None
    """(R, P) the weights of this epoch, where ``select`` looked at them and judges older ones."""
    ended: Booleans | None = None
    """(R,) the runs that ``select`` had done with before this epoch: what became of them is not looked at."""
    others: list[Floats] = field(default_factory=list)
    """Further weights, each (R, P), whose predictions are averaged with those that are judged."""


NO_HIDDEN = "it acts on hidden layers; give --arch a layer with weights, as in gap-32"


class Regularizer:
    """One technique, for all runs of a stack. An object lives as long as one training.

    Each hook takes a value that it may change in place, and returns it. ``strength`` and every value
    of ``options`` is a column (R, 1, 1), one number per run; under a schedule, ``strength`` is that of
    the step; ``seeds`` are those of the runs' noise:
    draw from ``stream(seed, purpose)`` with a purpose that begins with the regularizer's name.
    """

    name: ClassVar[str]
    file: ClassVar[str] = ""
    """Where a class from outside is written, for messages."""
    strength_is: ClassVar[Number]
    options_are: ClassVar[Mapping[str, Number]] = {}
    off: ClassVar[float | None] = 0.0
    """The strength at which training is that of the baseline, bit for bit; None if there is none."""
    schedule: ClassVar[str] = "constant"
    """What the strength follows over training, unless the method says otherwise."""
    fixed: ClassVar[str] = ""
    """Why its strength can't follow a schedule, if 0 is off and it still can't."""
    selects: ClassVar[bool] = False
    """Whether it looks at validation rows, which are then set aside for every method alike."""
    keeps: ClassVar[bool] = False
    """Whether the weights that are judged may be those of an earlier epoch, as they were then."""
    shared: ClassVar[bool] = False
    """Whether the runs of a stack must have one strength, as where it sets the rate of their steps."""
    grid: ClassVar[tuple[float, ...]] = ()
    """Strengths worth trying, from weak to strong."""
    cocktail: ClassVar[tuple[float, float] | None] = None
    """Within which strengths ``tune:cocktail`` mixes it; None leaves it out."""
    formula: ClassVar[str]
    paper: ClassVar[str] = ""
    elsewhere: ClassVar[Mapping[str, str]] = {}
    """The same setting in scikit-learn, Keras and PyTorch."""
    excludes: ClassVar[Mapping[str, str]] = {}
    """Regularizers that can't stand beside this one in a method, and why."""
    tasks: ClassVar[tuple[str, ...]] = TASKS
    """What it is defined for."""

    needs: ClassVar[Mapping[str, str]] = {}
    """Regularizers that this one can't be without in a method, and why."""
    changes_network: ClassVar[bool] = False
    """Whether ``build`` makes another network, with other parameters than the baseline's."""
    hidden_only: ClassVar[bool] = False
    """Whether its strength acts on hidden layers alone."""

    @classmethod
    def build(cls, layers: Sequence[Layer], strength: float) -> list[Layer]:
        """Change the layers of the network that is trained, before its weights are drawn."""
        return list(layers)

    @classmethod
    def misfit(cls, layers: Sequence[Layer], strength: float) -> str:
        """Why this can't act in a network of these layers, and a way out; empty where it can."""
        lacking = sum(bool(layer.weights) for layer in layers) < 2
        return NO_HIDDEN if cls.hidden_only and strength and lacking else ""

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
        self.prepare()

    def prepare(self) -> None:
        """Make what lasts as long as the training: streams of noise, draws, averages."""

    def adjust(self, strength: Floats) -> None:
        """Take another strength: before each step, where it follows a schedule.

        Override it where something was made from the strength in ``prepare``, and make it again.
        """
        self.strength = strength

    def start(self, context: Context) -> None:
        """Look at the initial weights ``context.theta`` before the first step."""

    def pace(self, rate: float, context: Context) -> float:
        """Change the learning rate of the step."""
        return rate

    def transform(self, batch: Batch, context: Context) -> Batch:
        """Change the batch's inputs and targets.

        With class weights (``context.loss.weights``) the loss multiplies targets by them: so rows may be
        mixed as they are, and what softens a target must keep the row's weight, as ``Smooth`` does.
        """
        return batch

    def mask(self, masks: Masks, context: Context) -> Masks:
        """Multiply into the masks what drops units: one entry per layer, (R, B, width) or None."""
        return masks

    def disconnect(self, connections: Masks, context: Context) -> Masks:
        """Give examples weights W + D ⋆ W of their own: D (R, B, in, out), or None, for each layer."""
        return connections

    def tap(self, taps: Taps, context: Context) -> Taps:
        """Append what acts on activations to the taps before a layer, or to those at the logits."""
        return taps

    def evaluate(self, taps: Taps) -> Taps:
        """Append what acts on activations when the network is judged, with no dropping and no noise."""
        return taps

    def perturb(self, theta: Floats, context: Context) -> Floats:
        """Move the point (R, P) where the gradient is taken; return a new array, theta stays.

        What is put in the place of ``context.gradient`` holds for those that follow, and the step.
        """
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

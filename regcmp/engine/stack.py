"""What the engine is asked to train, as plain values and arrays: a stack of runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from regcmp.engine.arrays import Floats, Integers
from regcmp.engine.losses import Loss, loss_of
from regcmp.engine.regularizers.base import Regularizer
from regcmp.engine.settings import Settings


@dataclass(frozen=True)
class RunSeeds:
    """The seeds of one run's streams, by purpose."""

    init: int
    order: int
    noise: int


@dataclass(frozen=True)
class Ingredient:
    """One regularizer, with its strength and options in each of the R runs."""

    name: str
    strength: tuple[float, ...]
    options: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    schedule: str = "constant"
    """What the strength of all runs follows."""


@dataclass(frozen=True)
class RowWeights:
    """How much rows count in scores: (S, N) of each part, above 0."""

    train: Floats
    test: Floats
    validation: Floats | None = None


@dataclass(frozen=True)
class Rows:
    """Training and test rows of S splits, prepared: x (S, N, D), and what is to be learned y (S, N).

    y are labels from 0 to n_classes - 1; or, where n_classes is 0, values: the task is regression.
    Validation rows, where some were set aside, are not trained on.
    """

    x_train: Floats
    y_train: Integers | Floats
    x_test: Floats
    y_test: Integers | Floats
    n_classes: int
    class_weights: Floats | None = None
    """(S, C) how much the rows of a class count in the training loss; None for 1 each."""
    scales: Floats | None = None
    """(S,) the unit of y in a regression, in that of the dataset; None for 1 each."""
    image: tuple[int, int, int] | None = None
    """(H, W, C) where a row is an image, with D = H W C."""
    x_validation: Floats | None = None
    y_validation: Integers | Floats | None = None
    row_weights: Floats | None = None
    """(S, N) how much each training row counts in the training loss, beside its class; None for 1 each."""
    score_weights: RowWeights | None = None
    """How much rows count in scores; None for 1 each."""

    def loss(self, splits: Sequence[int]) -> Loss:
        """The task's loss for runs that learn from these splits, with their class weights."""
        by_row, weights = self.row_weights is not None, self.class_weights
        if weights is None and by_row and self.n_classes:
            weights = np.ones((len(self.x_train), self.n_classes))
        if weights is not None:
            weights = weights[list(splits), None].astype(self.x_train.dtype)
        return loss_of(self.n_classes, weights, by_row=by_row)

    def targets(self, splits: Sequence[int]) -> Floats:
        """What outputs should be for all training rows (S N, C), with the weights of rows in them."""
        targets = self.loss(splits).targets(self.y_train.reshape(-1), self.x_train.dtype)
        if self.row_weights is not None:
            targets *= self.row_weights.reshape(-1, 1)
        return targets


class Optimizer(Protocol):
    """What changes weights, with what it remembers of earlier steps."""

    def step(self, theta: Floats, grad: Floats, rate: float) -> None:
        """Change theta (R, P) in place; ``grad`` is used up."""


@dataclass(frozen=True)
class Start:
    """Where training begins, if not at random weights and without any momentum."""

    theta: Floats
    """(R, P)."""
    optimizer: Optimizer
    """With its state, which training changes."""


@dataclass(frozen=True)
class Design:
    """What makes a network: its settings, the shape of its data, and the regularizers that act on it."""

    settings: Settings
    ingredients: tuple[Ingredient, ...]
    shape: tuple[int, ...]
    """Of one example: (D,), or (H, W, C) of an image."""
    n_classes: int
    """0 in a regression."""
    image: tuple[int, int, int] | None = None
    outside: Mapping[str, type[Regularizer]] = field(default_factory=dict)
    """Regularizers that a worker process does not know by itself, by name."""


@dataclass(frozen=True)
class Keep:
    """What is wanted of runs beside their scores."""

    models: bool = False
    """The networks that are judged."""
    outputs: bool = False
    """What they give for each test row."""


@dataclass(frozen=True)
class Stack:
    """R runs with the same kinds of regularizers; run r learns from split ``splits[r]`` of the rows."""

    settings: Settings
    ingredients: tuple[Ingredient, ...]
    seeds: tuple[RunSeeds, ...]
    rows: Rows
    splits: tuple[int, ...]
    outside: Mapping[str, type[Regularizer]] = field(default_factory=dict)
    """Regularizers that a worker process does not know by itself, by name."""
    metric: str | None = None
    """The metric by which something is kept of every row; None keeps nothing."""
    keep: Keep = Keep()
    """What is wanted beside scores."""
    shuffle: bool = True
    """Whether each epoch has its rows in another order."""
    start: Start | None = None
    """What training goes on from; None begins anew."""

    @property
    def design(self) -> Design:
        """What makes the networks of all R runs."""
        rows = self.rows
        shape = rows.image or (rows.x_train.shape[2],)
        parts = self.settings, self.ingredients, shape, rows.n_classes, rows.image, self.outside
        return Design(*parts)

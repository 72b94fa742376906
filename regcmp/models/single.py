"""One network as the engine trains it: a stack of a single run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import train_test_split

from regcmp.engine.arrays import Floats
from regcmp.engine.building import network_of
from regcmp.engine.model import Model
from regcmp.engine.optimizers import OPTIMIZERS
from regcmp.engine.stack import Keep, Optimizer, Rows, RunSeeds, Stack, Start
from regcmp.engine.streams import stream
from regcmp.engine.training import beginning
from regcmp.errors import UsageError
from regcmp.hints import brief
from regcmp.models.parameters import Parameters
from regcmp.runs.stacking import from_outside, ingredients_of

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Given:
    """Rows to learn from, as the engine takes them, and those that training is validated on."""

    x: Floats
    y: Array
    weights: Floats | None
    x_validation: Floats | None = None
    y_validation: Array | None = None

    def with_set_aside(self, share: float, seed: int, *, stratify: bool) -> Given:
        """Move this share of the rows to the validation rows, by the seed's stream for it."""
        if stratify:
            self._check_classes()
        train_rows, others = train_test_split(
            np.arange(len(self.x)),
            test_size=share,
            stratify=self.y if stratify else None,
            random_state=int(stream(seed, "validation").integers(2**32)),
        )
        own, others = np.sort(train_rows), np.sort(others)
        weights = None if self.weights is None else self.weights[own]
        return Given(self.x[own], self.y[own], weights, self.x[others], self.y[others])

    def _check_classes(self) -> None:
        """Raise UsageError for a class that can't have rows on both sides."""
        classes, counts = np.unique(self.y, return_counts=True)
        if counts.min() < 2:
            name = brief(classes[counts.argmin()].item())
            raise UsageError(
                f"y: the class {name} has 1 row, and rows for validation take at least 2 of each class;"
                " give X_val and y_val, add rows of the class or leave it out"
                f" (class {name} in y has only 1 member)",
                "y",
            )


def single_stack(
    given: Given, asked: Parameters, seeds: RunSeeds, n_classes: int, weights: Floats | None
) -> Stack:
    """A stack of one run, with ``weights`` (C,) of its classes."""
    parts = ingredients_of([asked.method])
    x, y = given.x_validation, given.y_validation
    rows = Rows(
        x_train=given.x[None],
        y_train=given.y[None],
        x_test=given.x[None, :1],  # some row has to stand there; its scores are not looked at
        y_test=given.y[None, :1],
        n_classes=n_classes,
        class_weights=None if weights is None else weights[None],
        image=asked.image,
        x_validation=None if x is None else x[None],
        y_validation=None if y is None else y[None],
        row_weights=None if given.weights is None else given.weights[None],
    )
    return Stack(
        settings=asked.settings,
        ingredients=parts,
        seeds=(seeds,),
        rows=rows,
        splits=(0,),
        outside=from_outside(parts),
        keep=Keep(models=True),
    )


def start_of(stack: Stack, model: Model | None, optimizer: Optimizer | None) -> Start:
    """Where training begins: at the model's weights, or else at random ones.

    Raises UsageError where the weights that are there are those of another network.
    """
    network, settings = network_of(stack.design), stack.settings
    if model is None:
        return Start(*beginning(stack, network))
    theta = model.members[-1].theta[None]
    if theta.shape[1] != network.n_parameters:
        raise UsageError(
            f"the network has {theta.shape[1]} weights and biases, and its parameters now ask for"
            f" {network.n_parameters}; fit anew, with warm_start=False",
            "warm_start",
        )
    made = OPTIMIZERS[settings.optimizer](theta.shape, theta.dtype)
    return Start(theta, optimizer if type(optimizer) is type(made) else made)

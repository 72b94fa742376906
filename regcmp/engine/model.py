"""A trained network that predicts rows it has not seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from regcmp.engine.arrays import Floats, Integers
from regcmp.engine.building import network_of, regularizers_of
from regcmp.engine.evaluating import Evaluator, Judged, Moments, parts_of
from regcmp.engine.hooks import Hooks
from regcmp.engine.losses import loss_of
from regcmp.engine.regularizers import Regularizer
from regcmp.engine.stack import Design, Stack


@dataclass(frozen=True)
class Member:
    """One network: its weights theta (P,), and the moments of its layers that normalise."""

    theta: Floats
    moments: Moments


@dataclass(frozen=True)
class Model:
    """The network of one run, or an ensemble of several, in evaluation mode."""

    design: Design
    strengths: tuple[float, ...]
    """Of the regularizers when training ended, where they follow a schedule."""
    members: tuple[Member, ...]

    def outputs(self, x: Floats) -> Floats:
        """(n, C) log-odds up to a constant, or (n, 1) values, for prepared rows x (n, D)."""
        if not len(x):
            return np.empty((0, self.design.n_classes or 1), self.design.settings.dtype)
        network = network_of(self.design)
        regularizers = regularizers_of(self.design, network, [0])
        for each, strength in zip(regularizers, self.strengths, strict=True):
            each.adjust(np.full((1, 1, 1), strength, each.strength.dtype))
        taps = Hooks(regularizers).evaluate(network.no_taps())
        loss = loss_of(self.design.n_classes)
        evaluator = Evaluator(network, loss, taps, self.design.settings.dtype)
        judged = [Judged(network.params(m.theta[None]), m.moments) for m in self.members]
        with np.errstate(all="ignore"):
            parts = [
                evaluator.outputs(judged, x[None, part])[0].copy() for part in parts_of(len(x))
            ]
        return np.concatenate(parts)

    def predict(self, x: Floats) -> Integers | Floats:
        """(n,) class numbers, or values in the unit that the network learned, for prepared rows."""
        outputs = self.outputs(x)
        return outputs.argmax(axis=-1) if self.design.n_classes else outputs[:, 0]


def model_of(
    stack: Stack, run: int, judged: Sequence[Judged], regularizers: Sequence[Regularizer]
) -> Model:
    """The model of one run of a stack, from its networks as they are judged."""

    def one(values: Sequence[float]) -> tuple[float, ...]:
        return (values[run],)

    parts = tuple(
        replace(
            each,
            strength=one(each.strength),
            options={key: one(values) for key, values in each.options.items()},
        )
        for each in stack.ingredients
    )
    members = [
        Member(
            np.concatenate([each[run].ravel() for layer in network.params for each in layer]),
            {i: (m[run : run + 1], v[run : run + 1]) for i, (m, v) in network.moments.items()},
        )
        for network in judged
    ]
    strengths = tuple(float(each.strength[run, 0, 0]) for each in regularizers)
    return Model(replace(stack.design, ingredients=parts), strengths, tuple(members))

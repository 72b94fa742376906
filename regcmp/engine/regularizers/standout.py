"""Dropout whose rate is each unit's own, and depends on the example."""

from __future__ import annotations

from math import prod
from typing import ClassVar

import numpy as np

from regcmp.engine.arrays import Floats
from regcmp.engine.regularizers.base import Context, Number, Regularizer
from regcmp.engine.streams import WORD, Words, Words16, stream
from regcmp.engine.taps import Tap, Taps


class Standout(Regularizer):
    """Standout: a hidden unit is kept with a probability π that grows with its input a.

    p is the probability to drop a unit at a = 0, so β = log((1 - p) / p); at alpha = 0 it is that of
    every unit, as in dropout. As in the paper nothing is scaled up in training: at evaluation each unit
    is multiplied by its π. In training π is rounded up to a multiple of 1/65536. Its weights and biases
    are those of the network times alpha, the paper's short cut for learning others; no gradient passes
    π. Under a schedule it is judged with the last step's p, so it is refused beside earlystop and
    snapshot, which look back.
    """

    name = "standout"
    strength_is = Number(
        0.5, 0, 0.999, "probability p to drop a hidden unit whose input is 0", drops=True
    )
    options_are: ClassVar = {"alpha": Number(1.0, -100, 100, "slope α of log(π / (1 - π)) in a")}
    hidden_only = True
    excludes: ClassVar = {
        "alphadropout": "zeros undo the mean and the variance that alphadropout keeps",
    }
    grid = (0.1, 0.2, 0.3, 0.5, 0.7)
    formula = "h ← m h, m ~ Bernoulli(π), π = sigmoid(α a + β)"
    paper = "Ba and Frey 2013, Adaptive dropout for training deep neural networks"
    elsewhere: ClassVar = {
        "scikit-learn": "not available",
        "Keras": "a layer of your own",
        "PyTorch": "q = (α·a + math.log((1-p)/p)).sigmoid().detach();"
        " h·torch.bernoulli(q) in training, h·q in evaluation, for each hidden layer",
    }

    def prepare(self) -> None:
        self.adjust(self.strength)
        self.streams = {
            layer: [stream(seed, f"standout {layer}") for seed in self.seeds]
            for layer in self.network.activations
        }
        self.words: dict[int, Words] = {}

    def adjust(self, strength: Floats) -> None:
        super().adjust(strength)
        with np.errstate(divide="ignore"):
            self.beta = np.log((1 - strength) / strength)

    def tap(self, taps: Taps, context: Context) -> Taps:
        for layer, streams in self.streams.items():
            shape = (len(self.seeds), context.batch_size, self.network.width(layer))
            if layer not in self.words:
                self.words[layer] = Words(streams, prod(shape[1:]))
            self._stand(taps, layer, Gate(self, self.words[layer](shape)))
        return taps

    def evaluate(self, taps: Taps) -> Taps:
        for layer in self.streams:
            self._stand(taps, layer, Gate(self))
        return taps

    def _stand(self, taps: Taps, layer: int, gate: Gate) -> None:
        """Put the gate ahead of the activation, and what it gates behind."""
        taps[layer].append(gate)
        taps[layer + 1].append(Gated(gate))


class Gate(Tap):
    """Looks at what enters an activation: m with random words (R, B, width), π without."""

    open: Floats

    def __init__(self, standout: Standout, words: Words16 | None = None) -> None:
        self.standout, self.words = standout, words

    def forward(self, x: Floats) -> Floats:
        # A sigmoid by tanh can't overflow; at p = 0 it is 1.
        pi = x * (self.standout.options["alpha"] / 2)
        pi += self.standout.beta / 2
        np.tanh(pi, out=pi)
        pi += 1
        pi /= 2
        self.open = pi
        if self.words is not None:
            pi *= WORD
            self.open = np.less(self.words, pi).astype(x.dtype)
        return x


class Gated(Tap):
    """Multiplies what leaves the activation by what the gate found."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate

    def forward(self, x: Floats) -> Floats:
        self.kept = self.gate.open
        return x * self.kept

    def backward(self, dy: Floats) -> Floats:
        dy *= self.gate.open
        return dy

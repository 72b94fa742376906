"""Dropout that keeps the moments of selu units."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from regcmp.engine.arrays import Booleans, Floats
from regcmp.engine.layers import Selu
from regcmp.engine.regularizers.base import Context, Number
from regcmp.engine.regularizers.masks import LayerDraws
from regcmp.engine.taps import Tap, Taps

LOWEST = -Selu.SCALE * Selu.ALPHA
"""What selu tends to on the far left, and what a dropped unit is set to."""


class AlphaDropout(LayerDraws):
    """Alpha dropout: a dropped unit is set to selu's lowest value l, and all are moved and scaled.

    With q = 1 - p, a = (q + l² p q)^-½ and b = -a p l keep mean 0 and variance 1, where a unit had them.
    It belongs to --activation selu --init lecun, and has these moments there alone; l = -1.7581. Nothing
    changes at evaluation.
    """

    name = "alphadropout"
    strength_is = Number(0.1, 0, 0.999, "probability p to drop a hidden unit", drops=True)
    grid = (0.02, 0.05, 0.1, 0.2, 0.3)
    formula = "h ← a (m h + (1 - m) l) + b, m ~ Bernoulli(1 - p)"
    excludes: ClassVar = {
        "dropout": "zeros undo the mean and the variance that alphadropout keeps",
        "spatialdropout": "zeros undo the mean and the variance that alphadropout keeps",
        "dropblock": "zeros undo the mean and the variance that alphadropout keeps",
        "dropwalk": "zeros undo the mean and the variance that alphadropout keeps",
        "gaussdropout": "its noise undoes the variance that alphadropout keeps",
        "skip": "what leaves a branch is added to what enters it, and has another variance",
    }
    paper = "Klambauer et al. 2017, Self-normalizing neural networks"
    hidden_only = True
    elsewhere: ClassVar = {
        "scikit-learn": "not available",
        "Keras": "keras.layers.AlphaDropout(p) after each hidden layer",
        "PyTorch": "torch.nn.AlphaDropout(p) after each hidden activation",
    }

    def tap(self, taps: Taps, context: Context) -> Taps:
        for layer, draws in self.draws.items():
            width = self.network.width(layer)
            shape = (len(self.seeds), context.batch_size, width)
            mask = draws.draw(shape, context.scratch(f"{self.name} {layer}", shape))
            taps[layer].append(AlphaTap(mask > 0, 1 / draws.scale))
        return taps


class AlphaTap(Tap):
    """One layer's masks m (R, B, width), and the share q (R, 1, 1) that is kept."""

    def __init__(self, keep: Booleans, q: Floats) -> None:
        self.keep = self.kept = keep
        self.a = (q + LOWEST**2 * q * (1 - q)) ** -0.5
        self.b = -self.a * LOWEST * (1 - q)

    def forward(self, x: Floats) -> Floats:
        moved = np.where(self.keep, x, np.asarray(LOWEST, x.dtype))
        moved *= self.a
        moved += self.b
        return moved

    def backward(self, dy: Floats) -> Floats:
        dy *= self.keep
        dy *= self.a
        return dy

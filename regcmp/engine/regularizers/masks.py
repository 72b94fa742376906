"""Regularizers that drop or shake units: random masks on what enters a layer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod
from typing import ClassVar

import numpy as np

from regcmp.engine.arrays import Floats
from regcmp.engine.kernels.units import drop
from regcmp.engine.network import Masks
from regcmp.engine.regularizers.base import Context, Number, Regularizer
from regcmp.engine.streams import WORD, Words, fill_normal, stream


class Bernoulli:
    """Draws of 0 with probability p, else 1 / (1 - p): for each run its own p and its own stream.

    A 16-bit word decides, which is a quarter of the work of drawing floats. So p is rounded to a
    multiple of 1/65536, and the scale is that of the rounded p. Under one seed, what a smaller p
    drops a larger one drops too.
    """

    def __init__(self, rate: Floats, seeds: Sequence[int], purpose: str) -> None:
        self.streams = [stream(seed, purpose) for seed in seeds]
        self.words: Words | None = None
        self.adjust(rate)

    def adjust(self, rate: Floats) -> None:
        """Drop at another rate p from now on."""
        thresholds = np.round(rate.astype(np.float64) * WORD)
        self.threshold = thresholds.astype(np.uint16)
        self.scale = (WORD / (WORD - thresholds)).astype(rate.dtype)

    def draw(self, shape: tuple[int, ...], mask: Floats) -> Floats:
        """Fill ``mask`` (R, B, width), as is ``shape``; the first call's B is the largest."""
        if self.words is None:
            self.words = Words(self.streams, prod(shape[1:]))
        drop(mask, self.words(shape), self.threshold, self.scale)
        return mask


class Gaussian:
    """Draws from N(1, p / (1 - p)): for each run its own p and its own stream."""

    def __init__(self, rate: Floats, seeds: Sequence[int], purpose: str) -> None:
        self.streams = [stream(seed, purpose) for seed in seeds]
        self.adjust(rate)

    def adjust(self, rate: Floats) -> None:
        """Draw at another rate p from now on."""
        self.deviation = np.sqrt(rate / (1 - rate))

    def draw(self, shape: tuple[int, ...], mask: Floats) -> Floats:
        """Fill ``mask`` (R, B, width), as is ``shape``."""
        fill_normal(self.streams, mask)
        mask *= self.deviation
        mask += 1
        return mask


def multiply_in(masks: Masks, layer: int, mask: Floats) -> None:
    """Put a mask (R, B, width or 1) before a layer; beside others there, it becomes their product."""
    before = masks[layer]
    if before is None:
        masks[layer] = mask
    else:
        masks[layer] = np.multiply(mask, before, out=mask if mask.shape == before.shape else None)


class LayerDraws(Regularizer):
    """Draws at some layers, from a stream for each of them, all at the strength p."""

    def prepare(self) -> None:
        self.draws = {
            layer: Bernoulli(self.strength, self.seeds, f"{self.name} {layer}")
            for layer in self.drawn_at()
        }

    def adjust(self, strength: Floats) -> None:
        super().adjust(strength)
        for draws in self.draws.values():
            draws.adjust(strength)

    def drawn_at(self) -> Iterable[int]:
        """The layers; those that hidden activations enter unless told otherwise."""
        return self.network.behind


class Dropout(Regularizer):
    """Zero each unit with probability p, for each example anew, and scale the rest by 1 / (1 - p).

    Inverted scaling: nothing changes at evaluation. p applies to every hidden layer, ahead of the next
    layer with weights, so behind any pooling; ``input`` to what enters the first one.
    """

    name = "dropout"
    strength_is = Number(0.5, 0, 0.999, "probability p to drop a hidden unit", drops=True)
    options_are: ClassVar = {
        "input": Number(0.0, 0, 0.999, "probability to drop an input feature", drops=True)
    }
    grid = (0.1, 0.2, 0.3, 0.5, 0.7)
    cocktail = (0.05, 0.6)
    formula = "h ← h · m / (1 - p), m ~ Bernoulli(1 - p)"
    paper = "Srivastava et al. 2014, Dropout (whose p is the probability to keep)"
    elsewhere: ClassVar = {
        "scikit-learn": "not available",
        "Keras": "keras.layers.Dropout(p) after each hidden layer",
        "PyTorch": "torch.nn.Dropout(p) after each hidden activation",
    }
    hidden_only = True
    draws: ClassVar[type[Bernoulli] | type[Gaussian]] = Bernoulli

    def prepare(self) -> None:
        first, *hidden = self.network.sites
        rates = dict.fromkeys(hidden, self.strength) | {first: self.options["input"]}
        self.sites = {
            i: self.draws(rate, self.seeds, f"{self.name} {i}")
            for i, rate in rates.items()
            if rate.any()
        }

    def adjust(self, strength: Floats) -> None:
        super().adjust(strength)
        for layer in self.network.sites[1:]:
            if layer in self.sites:
                self.sites[layer].adjust(strength)

    def mask(self, masks: Masks, context: Context) -> Masks:
        """Multiply the draws into the masks of the layers whose input this drops."""
        for layer, draws in self.sites.items():
            width = self.network.width(layer)
            shape = (len(self.seeds), context.batch_size, width)
            multiply_in(
                masks, layer, draws.draw(shape, context.scratch(f"{self.name} {layer}", shape))
            )
        return masks


class GaussDropout(Dropout):
    """Multiply each unit, for each example anew, by normal noise around 1: dropout without zeros.

    The noise has the mean and the variance of dropout's m / (1 - p) at the same p. Nothing changes
    at evaluation. p applies to every hidden layer; ``input`` to the network's input.
    """

    name = "gaussdropout"
    strength_is = Number(0.5, 0, 0.95, "rate p; multiplicative noise with variance p / (1 - p)")
    options_are: ClassVar = {"input": Number(0.0, 0, 0.95, "rate p of the input features")}
    formula = "h ← h · m, m ~ N(1, p / (1 - p))"
    paper = "Srivastava et al. 2014, Dropout, section 10"
    elsewhere: ClassVar = {
        "scikit-learn": "not available",
        "Keras": "keras.layers.GaussianDropout(p) after each hidden layer",
        "PyTorch": "h·(1 + sqrt(p/(1-p))·torch.randn_like(h)) after each hidden activation",
    }
    draws = Gaussian

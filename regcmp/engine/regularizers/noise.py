"""Normal noise: on the inputs, on the weights where the gradient is taken, on the gradient."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from regcmp.engine.arrays import Floats
from regcmp.engine.regularizers.base import Batch, Context, Number, Regularizer
from regcmp.engine.streams import fill_normal, stream


class Normal(Regularizer):
    """What draws standard normal numbers, each run's from a stream of its own."""

    def prepare(self) -> None:
        self.streams = [stream(seed, self.name) for seed in self.seeds]

    def draw(self, shape: tuple[int, ...], context: Context) -> Floats:
        """Standard normal numbers (R, ...) in a buffer of this regularizer's own."""
        return fill_normal(self.streams, context.scratch(self.name, shape))


class Noise(Normal):
    """Noise on the inputs: fresh for each example whenever it is seen in training."""

    name = "noise"
    strength_is = Number(0.2, 0, 1e3, "standard deviation σ, in units of the standardised features")
    grid = (0.05, 0.1, 0.2, 0.5, 1.0)
    cocktail = (0.03, 0.5)
    formula = "x ← x + σ z, z ~ N(0, 1)"
    paper = "Bishop 1995, Training with noise is equivalent to Tikhonov regularization"
    elsewhere: ClassVar = {
        "scikit-learn": "not available",
        "Keras": "keras.layers.GaussianNoise(σ) as the first layer",
        "PyTorch": "x = x + σ·torch.randn_like(x), in training only",
    }

    def transform(self, batch: Batch, context: Context) -> Batch:
        x, targets = batch
        noise = self.draw(x.shape, context)
        noise *= self.strength
        x += noise
        return x, targets


class WeightNoise(Normal):
    """Noise on the weights: each step takes its gradient at weights that noise has moved.

    The step itself starts from the weights without noise, and these are judged. One draw serves the
    whole batch. Biases stay as they are.
    """

    name = "weightnoise"
    strength_is = Number(0.05, 0, 1e3, "standard deviation σ of the noise on each weight")
    grid = (0.01, 0.03, 0.05, 0.1, 0.2)
    formula = "gradient at w + σ z, z ~ N(0, 1)"
    paper = "Graves 2011, Practical variational inference for neural networks (fixed variance)"
    elsewhere: ClassVar = {
        "scikit-learn": "not available",
        "Keras": "not available",
        "PyTorch": "add σ·torch.randn_like(w) before the forward pass, take it off before the step",
    }

    def perturb(self, theta: Floats, context: Context) -> Floats:
        point = self.draw(theta.shape, context)
        point *= self.strength[:, :, 0]
        point *= self.network.is_weight
        point += theta
        return point


class GradNoise(Normal):
    """Noise on the gradient, which fades: its variance falls with the number of steps t taken.

    It acts on every parameter, biases too, after penalties and clipping. η is a variance, so ten
    times the noise is a hundred times η.
    """

    name = "gradnoise"
    strength_is = Number(0.01, 0, 1e3, "variance η of the noise in the first step")
    grid = (1e-4, 1e-3, 1e-2, 0.1, 0.3)
    formula = "g ← g + z, z ~ N(0, η / (1 + t)^0.55)"
    paper = "Neelakantan et al. 2015, Adding gradient noise improves learning"
    elsewhere: ClassVar = {
        "scikit-learn": "not available",
        "Keras": "not available",
        "PyTorch": "before optimizer.step(): p.grad.add_(torch.randn_like(p)"
        " * math.sqrt(η / (1 + t)**0.55))",
    }
    t = 0

    def penalize(self, grad: Floats, context: Context) -> Floats:
        noise = self.draw(grad.shape, context)
        noise *= np.sqrt(self.strength[:, :, 0] / (1 + self.t) ** 0.55)
        self.t += 1
        grad += noise
        return grad

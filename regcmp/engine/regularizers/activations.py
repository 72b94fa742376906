"""Penalties on what the hidden units give out, and on what the network says: taps in the pass."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from regcmp.engine.arrays import Floats, Scratch
from regcmp.engine.regularizers.base import Context, Number, Regularizer
from regcmp.engine.taps import Tap, Taps


class Activity(Regularizer):
    """Activity penalty: add λ Σ|h| of each example to the loss, over all hidden units.

    h is what a unit gives out after its activation, before anything is dropped; the sum is averaged
    over the batch as the loss is. With relu it drives units to exactly 0.
    """

    name = "activity"
    strength_is = Number(1e-4, 0, 1e3, "penalty λ on the sum of hidden units' absolute outputs")
    hidden_only = True
    grid = (1e-5, 1e-4, 3e-4, 1e-3, 3e-3)
    formula = "loss + λ Σ|h|, averaged over the batch"
    paper = "Glorot et al. 2011, Deep sparse rectifier neural networks, section 3.2"
    elsewhere: ClassVar = {
        "scikit-learn": "not available",
        "Keras": "Dense(activity_regularizer=keras.regularizers.L1(λ)), which divides by the rows of"
        " the batch in Keras 2 and from Keras 3.14; in 3.0 to 3.13 it does not: L1(λ/n) for n rows",
        "PyTorch": "loss + λ·h.abs().sum(dim=1).mean() for each hidden activation h",
    }

    def tap(self, taps: Taps, context: Context) -> Taps:
        for layer in self.network.activations:
            tap = ActivityTap(self.strength, context.scratch, f"activity {layer}")
            taps[layer + 1].append(tap)
        return taps


class ActivityTap(Tap):
    """Adds λ sign(h) / B to the gradient at h (R, B, width), with sign(0) = 0."""

    penalty = True

    def __init__(self, strength: Floats, scratch: Scratch, name: str) -> None:
        self.strength, self.scratch, self.name = strength, scratch, name

    def forward(self, x: Floats) -> Floats:
        self.slope = np.sign(x, out=self.scratch(self.name, x.shape))
        self.slope *= self.strength / x.shape[1]
        return x

    def backward(self, dy: Floats) -> Floats:
        dy += self.slope
        return dy


class KLSparsity(Regularizer):
    """KL sparsity: each hidden unit is drawn to being on for a share ρ of the examples.

    r is the batch's mean of sigmoid(a) over a unit's inputs a to its activation. For sigmoid units that
    is the mean activation of Ng's lecture notes; relu and tanh are not within 0 and 1, so for them it
    stands for how often the unit is on. KL(ρ‖r) = ρ log(ρ / r) + (1 - ρ) log((1 - ρ) / (1 - r)) is
    summed over units; each pixel of a feature map is one. The notes average over all rows, here it is
    over the batch.
    """

    name = "klsparsity"
    strength_is = Number(1e-3, 0, 1e3, "penalty β on the sum of the units' divergences")
    options_are: ClassVar = {
        "rho": Number(0.05, 0.001, 0.999, "share ρ of examples that a unit should be on for")
    }
    hidden_only = True
    grid = (1e-4, 1e-3, 3e-3, 1e-2, 3e-2)
    formula = "loss + β Σ KL(ρ‖r), r = mean sigmoid(a) over the batch"
    paper = "Ng 2011, Sparse autoencoder (CS294A lecture notes); the aim is that of Lee et al. 2008"
    elsewhere: ClassVar = {
        "scikit-learn": "not available",
        "Keras": "an activity regularizer of your own",
        "PyTorch": "r = a.sigmoid().mean(dim=0); loss + β·(ρ·(ρ/r).log()"
        " + (1-ρ)·((1-ρ)/(1-r)).log()).sum() for each hidden layer",
    }

    def tap(self, taps: Taps, context: Context) -> Taps:
        for layer in self.network.activations:
            tap = KLTap(self.strength, self.options["rho"], context.scratch, f"klsparsity {layer}")
            taps[layer].append(tap)
        return taps


class KLTap(Tap):
    """Adds β (-ρ / r + (1 - ρ) / (1 - r)) s (1 - s) / B to the gradient at a, with s = sigmoid(a)."""

    penalty = True
    LEAST = 1e-6
    """How near r may come to 0 and 1 before the slope no longer grows."""

    def __init__(self, strength: Floats, rho: Floats, scratch: Scratch, name: str) -> None:
        self.strength, self.rho, self.scratch, self.name = strength, rho, scratch, name

    def forward(self, x: Floats) -> Floats:
        rows = x.shape[1]
        s = np.multiply(x, 0.5, out=self.scratch(self.name, x.shape))
        np.tanh(s, out=s)
        s += 1
        s *= 0.5
        r = np.matmul(np.full((1, rows), 1 / rows, s.dtype), s)
        np.clip(r, self.LEAST, 1 - self.LEAST, out=r)
        pull = self.strength / rows * ((1 - self.rho) / (1 - r) - self.rho / r)
        self.slope = s
        self.slope *= 1 - s
        self.slope *= pull
        return x

    def backward(self, dy: Floats) -> Floats:
        dy += self.slope
        return dy


class Confidence(Regularizer):
    """Confidence penalty: predictions that are too sure are taxed by their lack of entropy.

    H is the entropy, in nats, of the predicted classes of each example, averaged over the batch.
    """

    name = "confidence"
    strength_is = Number(0.1, 0, 1e3, "penalty β on the negative entropy of the predictions")
    grid = (0.03, 0.1, 0.3, 0.5, 1.0)
    formula = "loss - β H(p), H(p) = -Σ p log p"
    paper = (
        "Pereyra et al. 2017, Regularizing networks by penalizing confident output distributions"
    )
    tasks = ("classification",)
    elsewhere: ClassVar = {
        "scikit-learn": "not available",
        "Keras": "a loss of your own",
        "PyTorch": "loss - β·torch.distributions.Categorical(logits=z).entropy().mean()",
    }

    def tap(self, taps: Taps, context: Context) -> Taps:
        taps[-1].append(ConfidenceTap(self.strength))
        return taps


class ConfidenceTap(Tap):
    """Adds β p (log p + H) / B to the gradient at the logits."""

    penalty = True

    def __init__(self, strength: Floats) -> None:
        self.strength = strength

    def forward(self, x: Floats) -> Floats:
        log_p = log_softmax(x)
        p = np.exp(log_p)
        entropy = -(p * log_p).sum(axis=2, keepdims=True)
        self.slope = self.strength / x.shape[1] * p * (log_p + entropy)
        return x

    def backward(self, dy: Floats) -> Floats:
        dy += self.slope
        return dy


class Flooding(Regularizer):
    """Flooding: where a batch's loss is below the flood level b, the gradient is climbed.

    So training floats around the loss b instead of going to 0. The loss is the batch's mean
    cross-entropy, or half the mean squared error of values, with the targets as they are then, mixed
    or smoothed, and with class weights; penalties do not count, and their gradients are never turned.
    """

    name = "flooding"
    strength_is = Number(0.02, 0, 1e3, "flood level b, a training loss in nats")
    grid = (0.005, 0.01, 0.02, 0.05, 0.1)
    formula = "|loss - b| + b"
    paper = "Ishida et al. 2020, Do we need zero training loss after achieving zero training error?"
    elsewhere: ClassVar = {
        "scikit-learn": "not available",
        "Keras": "a train_step of your own",
        "PyTorch": "((loss - b).abs() + b).backward()",
    }

    def tap(self, taps: Taps, context: Context) -> Taps:
        # The last to see the logits is the first to get the gradient, with no penalty in it yet.
        taps[-1].append(FloodingTap(self.strength, context))
        return taps


class FloodingTap(Tap):
    """Turns the gradient of the runs whose loss is below b."""

    penalty = True

    def __init__(self, level: Floats, context: Context) -> None:
        self.level, self.loss, self.targets = level, context.loss, context.targets

    def forward(self, x: Floats) -> Floats:
        loss = self.loss.mean(x, self.targets)[:, None, None]
        self.turn = np.where(loss < self.level, -1, 1).astype(x.dtype)
        return x

    def backward(self, dy: Floats) -> Floats:
        dy *= self.turn
        return dy


def log_softmax(logits: Floats) -> Floats:
    """The logarithm of p for logits (R, B, C), without overflow."""
    z: Floats = logits - logits.max(axis=2, keepdims=True)
    z -= np.log(np.exp(z).sum(axis=2, keepdims=True))
    return z

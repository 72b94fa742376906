"""Penalties on the weights, added to the mean cross-entropy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from regcmp.engine.arrays import Floats
from regcmp.engine.network import Network
from regcmp.engine.regularizers.base import Context, Number, Regularizer


class Penalty(Regularizer):
    """A penalty λ Σ f(w) on weights, with ``self.lam`` (R, P): λ at weights and 0 at biases."""

    def __init__(
        self,
        strength: Floats,
        options: Mapping[str, Floats],
        seeds: Sequence[int],
        network: Network,
    ) -> None:
        super().__init__(strength, options, seeds, network)
        self.lam: Floats = strength[:, :, 0] * network.is_weight


class L1(Penalty):
    """Lasso: add λ sign(w) to the gradient of every weight, with sign(0) = 0."""

    name = "l1"
    strength_is = Number(3e-4, 0, 1e3, "penalty λ on the sum of the weights' absolute values")
    formula = "loss + λ Σ|w|"
    paper = "Tibshirani 1996, Regression shrinkage and selection via the lasso"

    def penalize(self, grad: Floats, context: Context) -> Floats:
        """Add λ sign(w)."""
        slope = np.sign(context.theta, out=context.scratch("penalty", grad.shape))
        slope *= self.lam
        grad += slope
        return grad

    def penalty(self, theta: Floats) -> Floats:
        """(R,) λ Σ|w|."""
        total: Floats = (self.lam * np.abs(theta)).sum(axis=1)
        return total


class L2(Penalty):
    """Ridge, or weight decay inside the gradient: add λ w to the gradient of every weight."""

    name = "l2"
    strength_is = Number(3e-3, 0, 1e3, "penalty λ on half the sum of the squared weights")
    formula = "loss + ½ λ Σw²"
    paper = "Krogh and Hertz 1992, A simple weight decay can improve generalization"

    def penalize(self, grad: Floats, context: Context) -> Floats:
        """Add λ w."""
        slope = np.multiply(context.theta, self.lam, out=context.scratch("penalty", grad.shape))
        grad += slope
        return grad

    def penalty(self, theta: Floats) -> Floats:
        """(R,) ½ λ Σw²."""
        total: Floats = (self.lam * np.square(theta)).sum(axis=1) / 2
        return total

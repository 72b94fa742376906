"""Penalties on the weights, added to the mean cross-entropy."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from regcmp.engine.arrays import Floats
from regcmp.engine.kernels.updates import add_elastic_net, add_l1, add_l2
from regcmp.engine.regularizers.base import Context, Number, Regularizer


class Penalty(Regularizer):
    """What acts on each weight by itself, with ``self.lam`` (R, P): λ at weights and 0 at biases."""

    def prepare(self) -> None:
        self.adjust(self.strength)

    def adjust(self, strength: Floats) -> None:
        super().adjust(strength)
        self.lam: Floats = strength[:, :, 0] * self.network.is_weight


class L1(Penalty):
    """Lasso: add λ sign(w) to the gradient of every weight, with sign(0) = 0."""

    name = "l1"
    strength_is = Number(1e-4, 0, 1e3, "penalty λ on the sum of the weights' absolute values")
    grid = (1e-5, 1e-4, 3e-4, 1e-3, 3e-3)
    cocktail = (1e-06, 0.01)
    formula = "loss + λ Σ|w|"
    paper = "Tibshirani 1996, Regression shrinkage and selection via the lasso"
    elsewhere: ClassVar = {
        "scikit-learn": "not available in MLPClassifier",
        "Keras": "Dense(kernel_regularizer=keras.regularizers.L1(λ))",
        "PyTorch": "loss + λ·w.abs().sum() for each weight w",
    }

    def penalize(self, grad: Floats, context: Context) -> Floats:
        """Add λ sign(w)."""
        add_l1(grad, context.theta, self.lam, context.scratch)
        return grad

    def penalty(self, theta: Floats) -> Floats:
        """(R,) λ Σ|w|."""
        total: Floats = (self.lam * np.abs(theta)).sum(axis=1)
        return total


class L2(Penalty):
    """Ridge, or weight decay inside the gradient: add λ w to the gradient of every weight."""

    name = "l2"
    strength_is = Number(1e-3, 0, 1e3, "penalty λ on half the sum of the squared weights")
    grid = (1e-4, 1e-3, 3e-3, 1e-2, 3e-2)
    cocktail = (1e-05, 0.1)
    formula = "loss + ½ λ Σw²"
    paper = "Krogh and Hertz 1992, A simple weight decay can improve generalization"
    elsewhere: ClassVar = {
        "scikit-learn": "MLPClassifier(alpha=λ·n) with n rows in a batch, as it divides by them",
        "Keras": "Dense(kernel_regularizer=keras.regularizers.L2(λ/2)), as it has no ½",
        "PyTorch": "SGD or Adam(weight_decay=λ), biases in a group with weight_decay=0; not AdamW",
    }

    def penalize(self, grad: Floats, context: Context) -> Floats:
        """Add λ w."""
        add_l2(grad, context.theta, self.lam, context.scratch)
        return grad

    def penalty(self, theta: Floats) -> Floats:
        """(R,) ½ λ Σw²."""
        total: Floats = (self.lam * np.square(theta)).sum(axis=1) / 2
        return total


class ElasticNet(Penalty):
    """Elastic net: l1 and l2 in one penalty, shared out by ``ratio`` ρ.

    ρ = 1 is l1 with this λ, ρ = 0 is l2 with it.
    """

    name = "elasticnet"
    strength_is = Number(1e-3, 0, 1e3, "penalty λ on the mix of absolute and squared weights")
    options_are: ClassVar = {"ratio": Number(0.5, 0, 1, "share ρ of the absolute values")}
    grid = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2)
    formula = "loss + λ (ρ Σ|w| + ½ (1 - ρ) Σw²)"
    paper = "Zou and Hastie 2005, Regularization and variable selection via the elastic net"
    elsewhere: ClassVar = {
        "scikit-learn": "not available in MLPClassifier; in linear models alpha=λ, l1_ratio=ρ",
        "Keras": "Dense(kernel_regularizer=keras.regularizers.L1L2(l1=λρ, l2=λ(1-ρ)/2))",
        "PyTorch": "loss + λ·(ρ·w.abs().sum() + (1-ρ)/2·(w**2).sum()) for each weight w",
    }

    def penalize(self, grad: Floats, context: Context) -> Floats:
        """Add λ (ρ sign(w) + (1 - ρ) w)."""
        ratio = self.options["ratio"][:, :, 0]
        add_elastic_net(grad, context.theta, self.lam, ratio, 1 - ratio, context.scratch)
        return grad

    def penalty(self, theta: Floats) -> Floats:
        """(R,) λ (ρ Σ|w| + ½ (1 - ρ) Σw²)."""
        ratio = self.options["ratio"][:, :, 0]
        mixed = ratio * np.abs(theta) + (1 - ratio) / 2 * np.square(theta)
        total: Floats = (self.lam * mixed).sum(axis=1)
        return total

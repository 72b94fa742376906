"""What changes the weights right after the optimizer's step: decay, thresholds and bounds."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from regcmp.engine.arrays import Floats
from regcmp.engine.kernels.updates import decay_of
from regcmp.engine.regularizers.base import Context, Number, Regularizer
from regcmp.engine.regularizers.matrices import TINY, incoming_norms, matrices
from regcmp.engine.regularizers.penalties import Penalty


class L1Prox(Penalty):
    """Lasso by soft threshold: after each step every weight moves to 0 by rate λ, and stops there.

    The minimized sum is that of l1, but weights become exactly 0, which a gradient never reaches.
    With plain SGD this is proximal gradient descent; with Adam the threshold is not divided by the
    gradient's size, so the same λ acts otherwise than in l1.
    """

    name = "l1prox"
    strength_is = Number(0.03, 0, 1e3, "penalty λ on the sum of absolute values, as a threshold")
    grid = (1e-3, 3e-3, 1e-2, 3e-2, 0.1)
    formula = "w ← sign(w) max(|w| - rate λ, 0), after the step"
    paper = "Beck and Teboulle 2009, A fast iterative shrinkage-thresholding algorithm"
    elsewhere: ClassVar = {
        "scikit-learn": "not available in MLPClassifier",
        "Keras": "not available",
        "PyTorch": "after optimizer.step(): w.copy_(torch.nn.functional.softshrink(w, lr·λ))",
    }

    def project(self, theta: Floats, context: Context) -> Floats:
        """Take off w what of it lies within the threshold: w - clip(w, -t, t)."""
        t = np.multiply(self.lam, context.rate, out=context.scratch("threshold", theta.shape))
        inner = np.minimum(theta, t, out=context.scratch("inner", theta.shape))
        np.maximum(inner, np.negative(t, out=t), out=inner)
        theta -= inner
        return theta


class Decay(Regularizer):
    """Decoupled weight decay: the weights shrink beside the optimizer's step, not through it.

    With Adam this is AdamW. The shrinkage is that of the weights before the step, and follows the
    learning rate's schedule. Biases do not decay. With plain SGD it is the same as l2.
    """

    name = "decay"
    strength_is = Number(0.1, 0, 1e3, "decay λ: each step takes rate λ of every weight away")
    grid = (1e-2, 3e-2, 0.1, 0.3, 1.0)
    formula = "w ← w - step - rate λ w"
    paper = "Loshchilov and Hutter 2019, Decoupled weight decay regularization"
    elsewhere: ClassVar = {
        "scikit-learn": "not available; alpha is the penalty of l2",
        "Keras": "keras.optimizers.AdamW(weight_decay=λ), biases excluded by"
        " exclude_from_weight_decay(var_names=['bias'])",
        "PyTorch": "torch.optim.AdamW(weight_decay=λ), biases in a group with weight_decay=0",
    }

    def penalize(self, grad: Floats, context: Context) -> Floats:
        """Leave the gradient, but remember rate λ w: the step is about to change w."""
        strength, own = self.strength[:, :, 0], self.network.is_weight
        decay_of(self._shrink(context), context.theta, context.rate, strength, own)
        return grad

    def project(self, theta: Floats, context: Context) -> Floats:
        """Take it off."""
        theta -= self._shrink(context)
        return theta

    def _shrink(self, context: Context) -> Floats:
        return context.scratch("decay", context.theta.shape)


class MaxNorm(Regularizer):
    """Max-norm: a unit whose incoming weights have a norm above c is scaled back to c.

    Every hidden and output unit; biases do not count and are not scaled. With He initialisation the
    norms start near 1.4; the bounds of 3 to 4 that the paper finds good are for faster learning.
    """

    name = "maxnorm"
    strength_is = Number(1.5, 1e-3, 1e6, "bound c on the norm of each unit's incoming weights")
    off = None
    grid = (3.0, 2.0, 1.5, 1.0, 0.7)
    cocktail = (0.7, 4.0)
    formula = "w_unit ← w_unit min(1, c / ‖w_unit‖₂), after the step"
    paper = "Srivastava et al. 2014, Dropout, section 5.1; Srebro and Shraibman 2005"
    elsewhere: ClassVar = {
        "scikit-learn": "not available",
        "Keras": "Dense(kernel_constraint=keras.constraints.MaxNorm(c, axis=0)); Conv2D with axis=[0, 1, 2]",
        "PyTorch": "after optimizer.step(): w.copy_(torch.renorm(w, p=2, dim=0, maxnorm=c))",
    }

    def project(self, theta: Floats, context: Context) -> Floats:
        for weight in matrices(self.network, theta):
            norms = incoming_norms(weight, context.scratch)
            np.maximum(norms, TINY, out=norms)
            scale = np.divide(self.strength, norms, out=norms)
            weight *= np.minimum(scale, 1, out=scale)
        return theta


class UnitNorm(Regularizer):
    """Unit norm: the incoming weights of every unit are held at one norm, 1 unless set otherwise.

    Every hidden and output unit; biases do not count and are not scaled. Weights that are all 0
    stay 0. Held are the weights that are trained: an average of them, as ema or swa judge, is shorter.
    """

    name = "unitnorm"
    strength_is = Number(1.0, 1e-3, 1e6, "norm c that each unit's incoming weights are held at")
    off = None
    grid = (3.0, 2.0, 1.5, 1.0, 0.7)
    formula = "w_unit ← c w_unit / ‖w_unit‖₂, after the step"
    paper = "Salimans and Kingma 2016, Weight normalization, with a fixed length g = c"
    elsewhere: ClassVar = {
        "scikit-learn": "not available",
        "Keras": "c = 1: Dense(kernel_constraint=keras.constraints.UnitNorm(axis=0)); Conv2D with"
        " axis=[0, 1, 2]",
        "PyTorch": "after optimizer.step(): w.flatten(1).mul_(c / w.flatten(1).norm(dim=1, keepdim=True))",
    }
    excludes: ClassVar = {"maxnorm": "a norm that is held at one value needs no bound"}

    def project(self, theta: Floats, context: Context) -> Floats:
        for weight in matrices(self.network, theta):
            norms = incoming_norms(weight, context.scratch)
            np.maximum(norms, TINY, out=norms)
            weight *= np.divide(self.strength, norms, out=norms)
        return theta

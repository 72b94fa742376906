"""What bounds the gradient, or takes it elsewhere."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from regcmp.engine.arrays import Floats
from regcmp.engine.regularizers.base import Context, Number, Regularizer
from regcmp.engine.regularizers.matrices import TINY, run_norms


class SAM(Regularizer):
    """Sharpness-aware minimization: the gradient is taken a distance ρ uphill of the weights.

    g is the gradient at the weights, for the same batch and the same masks, over all parameters. It is
    that of the loss, with penalties on activations or predictions and with flooding, but without
    penalties on weights, which act at the weights themselves. A step costs two.
    """

    name = "sam"
    strength_is = Number(0.05, 0, 1e3, "distance ρ from the weights to where the gradient is taken")
    grid = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
    formula = "gradient at w + ρ g / ‖g‖₂"
    paper = "Foret et al. 2021, Sharpness-aware minimization"
    elsewhere: ClassVar = {
        "scikit-learn": "not available",
        "Keras": "keras.models.experimental.SharpnessAwareMinimization(model, rho=ρ) of Keras 2; not in"
        " Keras 3",
        "PyTorch": "not built in; the usual sam.SAM(..., rho=ρ, adaptive=False)",
    }

    def perturb(self, theta: Floats, context: Context) -> Floats:
        uphill = context.gradient(theta)
        scale = self.strength[:, :, 0] / np.maximum(run_norms(uphill, context.scratch), TINY)
        point: Floats = np.multiply(uphill, scale, out=context.scratch("sam", theta.shape))
        point += theta
        return point


class Clip(Regularizer):
    """Gradient clipping: a run's whole gradient, penalties included, is scaled back to norm c.

    The norm is over all parameters. With Adam, which divides by the gradient's usual size, only the
    sizes of gradients relative to one another matter.
    """

    name = "clip"
    strength_is = Number(0.1, 1e-9, 1e6, "bound c on the norm of the whole gradient")
    off = None
    grid = (5.0, 1.0, 0.3, 0.1, 0.03)
    formula = "g ← g min(1, c / ‖g‖₂)"
    paper = "Pascanu et al. 2013, On the difficulty of training recurrent neural networks"
    elsewhere: ClassVar = {
        "scikit-learn": "not available",
        "Keras": "any optimizer(global_clipnorm=c); clipnorm bounds each weight array by itself",
        "PyTorch": "torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm=c)",
    }

    def penalize(self, grad: Floats, context: Context) -> Floats:
        scale = self.strength[:, :, 0] / np.maximum(run_norms(grad, context.scratch), TINY)
        grad *= np.minimum(scale, 1, out=scale)
        return grad

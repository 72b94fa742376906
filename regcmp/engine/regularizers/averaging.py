"""Averages of the weights along training: what is judged, or where training goes on from."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from regcmp.engine.arrays import Floats
from regcmp.engine.kernels.updates import fade
from regcmp.engine.regularizers.base import Context, Number, Regularizer


class Lookahead(Regularizer):
    """Lookahead: after every k steps, training goes back to a share α of the way it came.

    Slow weights start at the initial ones. After k steps of the optimizer they move by α towards
    where it got, and training goes on from them; the optimizer's own state stays. α = 1 changes
    nothing. At the end of an epoch the slow weights are judged, as moved by the steps until then.
    """

    name = "lookahead"
    strength_is = Number(0.5, 0.01, 1, "share α of the way that the slow weights go")
    options_are: ClassVar = {"k": Number(5, 1, 1e6, "steps from one to the next", whole=True)}
    off = 1.0
    grid = (0.8, 0.5, 0.2)
    cocktail = (0.2, 0.8)
    formula = "slow ← slow + α (w - slow), w ← slow, every k steps"
    paper = "Zhang et al. 2019, Lookahead optimizer: k steps forward, 1 step back"
    elsewhere: ClassVar = {
        "scikit-learn": "not available",
        "Keras": "tfa.optimizers.Lookahead(optimizer, sync_period=k, slow_step_size=α) of Keras 2",
        "PyTorch": "not built in; timm.optim.Lookahead(optimizer, alpha=α, k=k)",
    }

    def start(self, context: Context) -> None:
        self.steps = 0
        self.slow = context.theta.copy()

    def project(self, theta: Floats, context: Context) -> Floats:
        self.steps += 1
        due = self.steps % self.options["k"][:, :, 0] == 0
        if due.any():
            moved = self._moved(theta, context)
            np.copyto(self.slow, moved, where=due)
            np.copyto(theta, moved, where=due)
        return theta

    def select(self, theta: Floats, context: Context) -> Floats:
        return self._moved(theta, context)

    def _moved(self, theta: Floats, context: Context) -> Floats:
        """α w + (1 - α) slow, in this order exactly w where α = 1."""
        alpha = self.strength[:, :, 0]
        moved: Floats = context.scratch("lookahead", theta.shape)
        np.multiply(self.slow, 1 - alpha, out=moved)
        moved += np.multiply(theta, alpha, out=context.scratch("ahead", theta.shape))
        return moved


class EMA(Regularizer):
    """Exponential moving average: evaluates with an average of weights in which old ones fade.

    Training is not changed. The average starts at the weights after the first step, and reaches
    back about 1 / (1 - d) steps.
    """

    name = "ema"
    strength_is = Number(0.99, 0, 0.999999, "decay d: weight of the old average at each step")
    fixed = "it says which weights are evaluated"
    grid = (0.9, 0.99, 0.999)
    formula = "average ← d average + (1 - d) w, after each step"
    paper = "Polyak and Juditsky 1992, Acceleration of stochastic approximation by averaging"
    elsewhere: ClassVar = {
        "scikit-learn": "not available in MLPClassifier",
        "Keras": "any optimizer(use_ema=True, ema_momentum=d), then finalize_variable_values",
        "PyTorch": "torch.optim.swa_utils.AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(d)),"
        " updated after each step",
    }
    average: Floats | None = None

    def project(self, theta: Floats, context: Context) -> Floats:
        if self.average is None:
            self.average = theta.copy()
        fade(self.average, theta, self.strength[:, :, 0])
        return theta

    def select(self, theta: Floats, context: Context) -> Floats:
        assert self.average is not None
        return np.where(self.strength[:, :, 0] > 0, self.average, theta)


class SWA(Regularizer):
    """Stochastic weight averaging: evaluates with the mean of the last epochs' weights.

    Training is not changed. With E epochs in all, the weights after epochs (1 - s) E to E are
    averaged, at least two of them; before that, the weights themselves are judged. The paper keeps
    the learning rate high meanwhile, here it follows --schedule.
    """

    name = "swa"
    strength_is = Number(0.25, 0, 1, "share s of the epochs, the last ones, that is averaged over")
    fixed = "it says which weights are evaluated"
    grid = (0.1, 0.25, 0.5, 0.75)
    cocktail = (0.1, 0.5)
    formula = "average ← average + (w - average) / n, after each of the last epochs"
    paper = "Izmailov et al. 2018, Averaging weights leads to wider optima"
    elsewhere: ClassVar = {
        "scikit-learn": "not available",
        "Keras": "keras.callbacks.SwapEMAWeights is an exponential average; the mean: not available",
        "PyTorch": "torch.optim.swa_utils.AveragedModel(model), updated after each of these epochs",
    }
    excludes: ClassVar = {"ema": "each says which weights are judged"}
    average: Floats | None = None

    def select(self, theta: Floats, context: Context) -> Floats:
        if self.average is None:
            self.average = theta.copy()
        strength = self.strength[:, :, 0]
        first = np.round((1 - strength) * context.epochs)
        first = np.clip(first, 1, max(1, context.epochs - 1))
        count = np.maximum(context.epoch - first + 1, 1)
        self.average += (theta - self.average) / count
        return np.where((strength > 0) & (context.epoch > first), self.average, theta)

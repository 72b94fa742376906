"""What changes a batch's targets, alone or together with its inputs."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from regcmp.engine.arrays import Floats
from regcmp.engine.regularizers.base import Batch, Context, Number, Regularizer
from regcmp.engine.streams import stream


class Mixup(Regularizer):
    """Mixup: every example is mixed with another one of its batch, inputs and targets alike.

    As in the paper's code there is one share s for the batch, and the partners are the batch itself
    in another order. α = 0 mixes nothing; α = 1 draws all shares alike.
    """

    name = "mixup"
    strength_is = Number(0.2, 0, 100, "parameter α of the shares' Beta distribution")
    grid = (0.1, 0.2, 0.4, 1.0)
    cocktail = (0.1, 2.0)
    formula = "x ← s x + (1 - s) x', y ← s y + (1 - s) y', s ~ Beta(α, α)"
    paper = "Zhang et al. 2018, mixup: Beyond empirical risk minimization"
    elsewhere: ClassVar = {
        "scikit-learn": "not available",
        "Keras": "keras.layers.MixUp(alpha=α), which is made for images",
        "PyTorch": "s = np.random.beta(α, α); i = torch.randperm(n); x = s·x + (1-s)·x[i]; y alike",
    }

    def prepare(self) -> None:
        self.streams = [stream(seed, "mixup") for seed in self.seeds]

    def transform(self, batch: Batch, context: Context) -> Batch:
        shares, partners = self._draw(context.batch_size)
        for each in batch:
            other = context.scratch("mixup", each.shape)
            # mode='clip' skips the bounds check, and with it a copy of the output.
            np.take(each.reshape(-1, each.shape[2]), partners, axis=0, out=other, mode="clip")
            each *= shares
            other *= 1 - shares
            each += other
        return batch

    def _draw(self, rows: int) -> tuple[Floats, np.ndarray]:
        """The shares (R, 1, 1), and the partners' rows (R, B) among the rows of all runs."""
        shares = np.ones_like(self.strength)
        partners = np.empty((len(self.streams), rows), np.intp)
        alphas = self.strength[:, 0, 0].tolist()
        for run, (alpha, generator) in enumerate(zip(alphas, self.streams, strict=True)):
            if alpha > 0:
                shares[run] = generator.beta(alpha, alpha)
            partners[run] = generator.permutation(rows) + run * rows
        return shares, partners


class Smooth(Regularizer):
    """Label smoothing: a target keeps 1 - ε of its class and spreads ε evenly over all K classes.

    The true class so gets 1 - ε + ε/K. Only training sees it; losses are reported on hard labels.
    With class weights a row counts as much as its class does, smoothed or not: Keras' class_weight,
    where PyTorch's CrossEntropyLoss(weight=w) weights each class that ε is spread over.
    """

    name = "smooth"
    strength_is = Number(0.1, 0, 1, "share ε of the target that is spread over all classes")
    grid = (0.01, 0.03, 0.1, 0.2, 0.3)
    cocktail = (0.01, 0.3)
    formula = "y ← (1 - ε) y + ε / K"
    paper = "Szegedy et al. 2016, Rethinking the inception architecture, section 7"
    tasks = ("classification",)
    elsewhere: ClassVar = {
        "scikit-learn": "not available",
        "Keras": "keras.losses.CategoricalCrossentropy(label_smoothing=ε)",
        "PyTorch": "torch.nn.CrossEntropyLoss(label_smoothing=ε)",
    }

    def transform(self, batch: Batch, context: Context) -> Batch:
        x, targets = batch
        spread = self.strength / targets.shape[2]
        weights = context.loss.weights
        if weights is not None:
            # The loss multiplies each target by its class's weight, not by that of the row's class.
            spread = spread * (targets * weights).sum(axis=2, keepdims=True) / weights
        targets *= 1 - self.strength
        targets += spread
        return x, targets

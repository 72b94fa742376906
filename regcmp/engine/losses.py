"""The losses, one per task: what training makes small, its gradient, and its value of each row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from regcmp.engine.arrays import Floats, Integers
from regcmp.engine.kernels.units import subtract_largest


class Loss:
    """What a network's outputs (R, B, C) are held to."""

    weights: Floats | None = None
    """(R, 1, C) how much a row of each class counts; None where all rows count alike."""

    def targets(self, y: npt.NDArray[Any], dtype: npt.DTypeLike) -> Floats:
        """What the outputs should be (N, C), for the y (N,) of a dataset."""
        raise NotImplementedError

    def gradient(self, outputs: Floats, targets: Floats) -> Floats:
        """The gradient of ``mean`` at the outputs (R, B, C), written over them."""
        raise NotImplementedError

    def mean(self, outputs: Floats, targets: Floats) -> Floats:
        """What training makes small (R,): the batch's mean loss, in float64."""
        raise NotImplementedError

    def of_rows(self, outputs: Floats, y: npt.NDArray[Any]) -> Floats:
        """The loss of each row (R, B) without any weights, in float64, for y (R, B)."""
        raise NotImplementedError

    def pooled(self, outputs: Sequence[Floats]) -> Floats:
        """The outputs (R, B, C) of an ensemble, from those of its networks."""
        raise NotImplementedError


class CrossEntropy(Loss):
    """Softmax cross-entropy, for classes.

    With ``weights``, a row of class c counts w_c times, as with Keras' class_weight: its loss is
    -Σ w_c t_c log p_c for the targets t_c. So a mixture of rows counts as its rows do. What spreads
    a target over other classes has to keep the row's weight Σ w_c t_c, as ``Smooth`` does.
    """

    def __init__(self, n_classes: int, weights: Floats | None = None) -> None:
        self.n_classes = n_classes
        self.weights = weights

    def targets(self, y: npt.NDArray[Any], dtype: npt.DTypeLike) -> Floats:
        one_hot: Floats = np.eye(self.n_classes, dtype=dtype)[y]
        return one_hot

    def gradient(self, outputs: Floats, targets: Floats) -> Floats:
        return cross_entropy_gradient(outputs, targets, self.weights)

    def mean(self, outputs: Floats, targets: Floats) -> Floats:
        if self.weights is not None:
            targets = targets * self.weights
        z = outputs - outputs.max(axis=-1, keepdims=True)
        log_sums = np.log(np.exp(z).sum(axis=-1, keepdims=True, dtype=np.float64))
        loss: Floats = (targets * (log_sums - z)).sum(axis=-1).mean(axis=-1)
        return loss

    def of_rows(self, outputs: Floats, y: npt.NDArray[Any]) -> Floats:
        return cross_entropy(outputs, y)

    def pooled(self, outputs: Sequence[Floats]) -> Floats:
        """The logarithm of the mean softmax: its softmax is this mean."""
        logs = np.stack([z - z.max(axis=-1, keepdims=True) for z in outputs])
        logs -= np.log(np.exp(logs).sum(axis=-1, keepdims=True))
        largest = logs.max(axis=0)
        mean: Floats = np.log(np.exp(logs - largest).mean(axis=0))
        mean += largest
        return mean


class SquaredError(Loss):
    """½ (output - y)², for values.

    With the ½ it is the negative log-likelihood of a normal distribution of variance 1, so it is in
    nats as cross-entropy is, and penalties have the scale of scikit-learn's Lasso and ElasticNet.
    """

    def targets(self, y: npt.NDArray[Any], dtype: npt.DTypeLike) -> Floats:
        return y[..., None].astype(dtype)

    def gradient(self, outputs: Floats, targets: Floats) -> Floats:
        outputs -= targets
        outputs /= outputs.shape[1]
        return outputs

    def mean(self, outputs: Floats, targets: Floats) -> Floats:
        loss: Floats = self.of_rows(outputs, targets[..., 0]).mean(axis=-1)
        return loss

    def of_rows(self, outputs: Floats, y: npt.NDArray[Any]) -> Floats:
        loss: Floats = np.square(outputs[..., 0] - y, dtype=np.float64)
        loss /= 2
        return loss

    def pooled(self, outputs: Sequence[Floats]) -> Floats:
        mean: Floats = np.mean(outputs, axis=0)
        return mean


class WeightedSquaredError(SquaredError):
    """½ w (output - y)² for values y of rows that count w times.

    Targets (..., 2) are w y and w; w is 1 until both are multiplied by a row's weight. So
    a mixture of rows counts as its rows do.
    """

    def targets(self, y: npt.NDArray[Any], dtype: npt.DTypeLike) -> Floats:
        return np.stack([y, np.ones_like(y)], axis=-1).astype(dtype)

    def gradient(self, outputs: Floats, targets: Floats) -> Floats:
        outputs *= targets[..., 1:]
        outputs -= targets[..., :1]
        outputs /= outputs.shape[1]
        return outputs

    def mean(self, outputs: Floats, targets: Floats) -> Floats:
        weights = targets[..., 1]
        y = targets[..., 0] / np.where(weights > 0, weights, 1)
        loss: Floats = (self.of_rows(outputs, y) * weights).mean(axis=-1)
        return loss


def cross_entropy_gradient(
    logits: Floats, targets: Floats, weights: Floats | None = None
) -> Floats:
    """The gradient of the batch's mean cross-entropy at the logits (R, B, C), written over them.

    ``targets`` (R, B, C) are probabilities, one-hot or softened. With p = softmax(logits) it is
    (p - targets) / B, and with class weights w (p Σ w_c t_c - w t) / B. The largest logit is taken
    off first, so exp can't overflow.
    """
    p = logits
    subtract_largest(p)
    np.exp(p, out=p)
    # A row of few classes is slow to sum up: of ten, a product with ones takes half as long.
    p /= np.matmul(p, np.ones((p.shape[-1], 1), p.dtype))
    if weights is not None:
        targets = targets * weights
        p *= targets.sum(axis=-1, keepdims=True)
    p -= targets
    p /= logits.shape[1]
    return p


def cross_entropy(logits: Floats, labels: Integers) -> Floats:
    """The cross-entropy of each row (R, B), in float64, for logits (R, B, C) and classes (R, B).

    log Σ exp(z - max z) - (z_label - max z): no overflow, and no logarithm of 0.
    """
    z = logits - logits.max(axis=-1, keepdims=True)
    true_score = np.take_along_axis(z, labels[..., None], axis=-1)[..., 0]
    loss: Floats = np.log(np.exp(z, out=z).sum(axis=-1, dtype=np.float64))
    loss -= true_score
    return loss


def probabilities(outputs: Floats) -> Floats:
    """The softmax (..., C) of log-odds, computed in float64, in their own precision."""
    p: Floats = np.exp(np.subtract(outputs, outputs.max(axis=-1, keepdims=True), dtype=np.float64))
    p /= p.sum(axis=-1, keepdims=True)
    return p.astype(outputs.dtype, copy=False)


def loss_of(n_classes: int, weights: Floats | None = None, *, by_row: bool = False) -> Loss:
    """The loss of so many classes, or that of a regression where there are none.

    ``by_row`` says that a weight of each row multiplies its targets.
    """
    if n_classes:
        return CrossEntropy(n_classes, weights)
    return WeightedSquaredError() if by_row else SquaredError()

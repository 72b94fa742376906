"""Softmax cross-entropy: its gradient for training, its value for measuring."""

import numpy as np

from regcmp.engine.arrays import Floats, Integers


def cross_entropy_gradient(logits: Floats, targets: Floats) -> Floats:
    """The gradient of the batch's mean cross-entropy at the logits (R, B, C), written over them.

    ``targets`` (R, B, C) are probabilities, one-hot or softened. With p = softmax(logits) it is
    (p - targets) / B. The largest logit is taken off first, so exp can't overflow.
    """
    p = logits
    p -= p.max(axis=-1, keepdims=True)
    np.exp(p, out=p)
    p /= p.sum(axis=-1, keepdims=True)
    p -= targets
    p /= logits.shape[1]
    return p


def cross_entropy(logits: Floats, labels: Integers) -> Floats:
    """The cross-entropy of each row (R, B), in float64, for logits (R, B, C) and classes (R, B).

    log Σ exp(z - max z) - (z_label - max z): no overflow, and no logarithm of 0.
    """
    z = logits - logits.max(axis=-1, keepdims=True)
    own = np.take_along_axis(z, labels[..., None], axis=-1)[..., 0]
    loss: Floats = np.log(np.exp(z, out=z).sum(axis=-1, dtype=np.float64))
    loss -= own
    return loss

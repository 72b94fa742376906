"""Scores in evaluation mode: no masks, no penalty, the same code for training and test rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from regcmp.engine.arrays import Floats, Integers
from regcmp.engine.layers import Memory
from regcmp.engine.losses import cross_entropy
from regcmp.engine.network import Network
from regcmp.engine.stack import Rows

CHUNK = 256
"""Rows measured at a time. Fixed, since the last bits of a product may depend on its shape."""


@dataclass(frozen=True)
class Scores:
    """One network's scores on one set of rows: shares in [0, 1], and mean cross-entropy in nats."""

    accuracy: float
    loss: float
    balanced_accuracy: float


class Measure:
    """Scores single networks; its buffers are made once."""

    def __init__(self, network: Network, rows: Rows) -> None:
        self.network = network
        self.rows = rows
        self._memories = [Memory(rows.x_train.dtype) for _ in network.layers]

    def train_scores(self, theta: Floats, split: int) -> Scores:
        """Scores of theta (P,) on the training rows of this split."""
        return self._scores(theta, self.rows.x_train[split], self.rows.y_train[split])

    def test_scores(self, theta: Floats, split: int) -> Scores:
        """Scores of theta (P,) on the test rows of this split."""
        return self._scores(theta, self.rows.x_test[split], self.rows.y_test[split])

    def _scores(self, theta: Floats, x: Floats, labels: Integers) -> Scores:
        params = self.network.params(theta[None])
        masks = self.network.no_masks()
        loss, right = np.empty(len(x)), np.empty(len(x), bool)
        for start in range(0, len(x), CHUNK):
            part = slice(start, start + CHUNK)
            logits = self.network.forward(params, x[None, part], masks, self._memories)[0]
            right[part] = logits.argmax(axis=-1) == labels[part]
            loss[part] = cross_entropy(logits, labels[part])
        members = np.bincount(labels)
        recalls = np.bincount(labels, weights=right)[members > 0] / members[members > 0]
        return Scores(float(right.mean()), float(loss.mean()), float(recalls.mean()))

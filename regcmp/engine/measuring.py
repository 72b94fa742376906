"""Scores in evaluation mode: no masks, no penalty, the same code for training and test rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from regcmp.engine.arrays import Booleans, Floats, Integers
from regcmp.engine.layers import Memory, Relu
from regcmp.engine.network import Network
from regcmp.engine.regularizers.base import no_validation
from regcmp.engine.stack import Rows
from regcmp.engine.taps import Taps

CHUNK = 256
"""Rows measured at a time. Fixed, since the last bits of a product may depend on its shape."""

WEIGHT_EDGES = np.arange(-41, 42, 2) / 40
"""Where a histogram of weights is divided: every 0.05 from -1.025 to 1.025, with 0 inside a bin."""


@dataclass(frozen=True)
class Scores:
    """One network's scores on one set of rows; None where they mean nothing to the task.

    ``loss`` is that of training without weights. ``rmse`` is in the unit of the dataset.
    """

    accuracy: float | None
    loss: float
    balanced_accuracy: float | None
    r2: float | None = None
    rmse: float | None = None


@dataclass(frozen=True)
class Record:
    """One run's scores after an epoch; epoch 0 is before training."""

    epoch: int
    train: Scores
    test: Scores
    dead_share: float = 0.0
    """Of the layer where it is largest: the share of relu units that are 0 on all training rows."""


class Measure:
    """Scores the networks of a stack; its buffers are made once."""

    def __init__(
        self, network: Network, rows: Rows, which: Sequence[int], taps: Taps | None = None
    ) -> None:
        self.network = network
        self.taps = network.no_taps() if taps is None else taps
        self.loss = rows.loss(which)
        self.rows = rows
        self.which = list(which)
        self._memories = [Memory(rows.x_train.dtype) for _ in network.layers]
        relus = zip(network.layers, self._memories, strict=True)
        self._relus = [memory for layer, memory in relus if isinstance(layer, Relu)]
        self._sums: list[Floats] = []
        """(R, width) of each relu layer, over the rows measured last: a dead unit's is 0."""

    def record(self, epoch: int, theta: Floats, others: Sequence[Floats] = ()) -> list[Record]:
        """Every run's record, with weights theta (R, P); with others too, of the ensemble of all."""
        train, dead = self.train_scores(theta, others), np.zeros(len(theta))
        for sums in self._sums:
            np.maximum(dead, (sums == 0).mean(axis=1), out=dead)
        runs = zip(train, self.test_scores(theta, others), dead.tolist(), strict=True)
        return [Record(epoch, *run) for run in runs]

    def train_scores(self, theta: Floats, others: Sequence[Floats] = ()) -> list[Scores]:
        """Scores of every run, with weights theta (R, P), on the training rows of its split."""
        return self._scores(theta, self.rows.x_train, self.rows.y_train, others)

    def test_scores(self, theta: Floats, others: Sequence[Floats] = ()) -> list[Scores]:
        """Scores of every run, with weights theta (R, P), on the test rows of its split."""
        return self._scores(theta, self.rows.x_test, self.rows.y_test, others)

    def validation_loss(self, theta: Floats) -> Floats:
        """(R,) every run's mean loss, with weights theta (R, P), on the validation rows of its split."""
        x, y = self.rows.x_validation, self.rows.y_validation
        if x is None or y is None:
            return no_validation(theta)
        return np.array([scores.loss for scores in self._scores(theta, x, y)])

    def _scores(
        self, theta: Floats, x: Floats, y: Integers | Floats, others: Sequence[Floats] = ()
    ) -> list[Scores]:
        networks = [self.network.params(each) for each in (*others, theta)]
        own = y[self.which]
        loss, right = np.empty(own.shape), np.empty(own.shape, bool)
        self._sums = [np.zeros(1)] * len(self._relus)
        for start in range(0, own.shape[1], CHUNK):
            part = slice(start, start + CHUNK)
            batch = x[self.which, part]
            outputs = self._outputs(networks, batch)
            loss[:, part] = self.loss.of_rows(outputs, own[:, part])
            right[:, part] = outputs.argmax(axis=-1) == own[:, part]
            for i, memory in enumerate(self._relus):
                # A product with ones sums about five times as fast as np.any looks.
                ones = memory.scratch("ones", (1, memory.y.shape[1]))
                ones.fill(1)
                self._sums[i] = self._sums[i] + np.matmul(ones, memory.y)[:, 0]
        if self.rows.n_classes:
            return list(map(score_labels, loss, right, own))
        scales = np.ones(len(y)) if self.rows.scales is None else self.rows.scales
        return list(map(score_values, loss, own, scales[self.which]))

    def _outputs(self, networks: Sequence[list[list[Floats]]], x: Floats) -> Floats:
        """The outputs (R, B, C) of one network, by its parameters, or of an ensemble."""
        masks, taps = self.network.no_masks(), self.taps
        *others, last = networks
        # The next network overwrites what one gives out.
        outputs = [
            self.network.forward(each, x, masks, taps, self._memories).copy() for each in others
        ]
        outputs.append(self.network.forward(last, x, masks, taps, self._memories))
        return self.loss.pooled(outputs) if others else outputs[0]


def score_labels(loss: Floats, right: Booleans, labels: Integers) -> Scores:
    """One run's scores from its rows' losses, which of them are classified right, and their classes."""
    members = np.bincount(labels)
    present = members > 0
    recalls = np.bincount(labels, weights=right)[present] / members[present]
    return Scores(float(right.mean()), float(loss.mean()), float(recalls.mean()))


def score_values(loss: Floats, y: Floats, scale: float) -> Scores:
    """One run's scores from its rows' losses ½ e², their values y, and the unit of both.

    R² = 1 - mean e² / var y with the variance of these rows, so that their own mean scores 0.
    """
    mean = float(loss.mean())
    r2, rmse = 1 - 2 * mean / float(y.var()), float(np.sqrt(2 * mean) * scale)
    return Scores(None, mean, None, r2, rmse)


def weight_counts(weights: Floats) -> tuple[int, ...]:
    """How many weights lie in each bin between the edges, the first and the last being open."""
    bins = np.searchsorted(WEIGHT_EDGES, weights, side="right")
    return tuple(np.bincount(bins, minlength=len(WEIGHT_EDGES) + 1).tolist())

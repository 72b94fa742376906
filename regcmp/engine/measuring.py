"""Scores in evaluation mode: no masks, no penalty, the same code for training and test rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from regcmp.engine.arrays import Floats, Integers
from regcmp.engine.evaluating import Evaluator, Judged, parts_of
from regcmp.engine.layers import Relu
from regcmp.engine.network import Network
from regcmp.engine.regularizers.base import no_validation
from regcmp.engine.stack import Rows
from regcmp.engine.taps import Taps
from regcmp.metrics import LOSS, Outcomes, Scores, scores_of

WEIGHT_EDGES = np.arange(-41, 42, 2) / 40
"""Where a histogram of weights is divided: every 0.05 from -1.025 to 1.025, with 0 inside a bin."""

SAME = 1e-3
"""Answers are the same if they spread over less. Classes are whole numbers, and values are in standard
deviations of the training targets."""


@dataclass(frozen=True)
class Record:
    """One run's scores after an epoch; epoch 0 is before training."""

    epoch: int
    train: Scores
    test: Scores
    validation: Scores | None = None
    """None where no rows are set aside."""
    dead_share: float = 0.0
    """Of the layer where it is largest: the share of relu units that are 0 on all training rows.

    A filter is one unit, which is dead where it is 0 at every pixel.
    """
    constant: bool = False
    """Whether all training and test rows get the same class, or the same value but for ``SAME``."""


class Measure:
    """Scores the networks of a stack; its buffers are made once."""

    def __init__(
        self,
        network: Network,
        rows: Rows,
        splits: Sequence[int],
        taps: Taps | None = None,
        *,
        keep_outputs: bool = False,
    ) -> None:
        self.loss = rows.loss(splits)
        taps = network.no_taps() if taps is None else taps
        self.evaluator = Evaluator(network, self.loss, taps, rows.x_train.dtype)
        self.network = network
        self.rows = rows
        self.splits = list(splits)
        self._relus = [i for i, layer in enumerate(network.layers) if isinstance(layer, Relu)]
        self._sums: list[Floats] = []
        """(R, units) of each relu layer, over the rows measured last: a dead unit's is 0."""
        self._low = self._high = np.zeros(1)
        """(R,) the least and the largest answer to the rows measured last."""
        self.outcomes: list[tuple[Outcomes, Outcomes]] = []
        """What each run made of its training and its test rows, with the weights recorded last."""
        self.outputs: list[Floats] | list[None] = [None] * len(self.splits)
        """(N, C) what each run gave for its test rows, with these weights, where that is kept."""
        if keep_outputs:
            shape = rows.x_test.shape[1], rows.n_classes or 1
            self.outputs = [np.empty(shape, rows.x_test.dtype) for _ in splits]

    def record(self, epoch: int, theta: Floats, others: Sequence[Floats] = ()) -> list[Record]:
        """Every run's record, with weights theta (R, P); with others too, of the ensemble of all."""
        judged = self.judged(theta, others)
        rows, weights = self.rows, self.rows.score_weights
        of_train, of_test = (None, None) if weights is None else (weights.train, weights.test)
        on_train = self._outcomes(judged, rows.x_train, rows.y_train, of_train)
        dead = np.zeros(len(theta))
        for sums in self._sums:
            np.maximum(dead, (sums == 0).mean(axis=1), out=dead)
        low, high = self._low, self._high
        on_test = self._outcomes(judged, rows.x_test, rows.y_test, of_test, self.outputs)
        same = np.maximum(high, self._high) - np.minimum(low, self._low) < SAME
        self.outcomes = list(zip(on_train, on_test, strict=True))
        train, test = map(scores_of, on_train), map(scores_of, on_test)
        aside: Sequence[Scores | None] = self._validated(judged) or [None] * len(theta)
        runs = zip(train, test, aside, dead.tolist(), same.tolist(), strict=True)
        return [Record(epoch, *run) for run in runs]

    def validation_loss(self, theta: Floats) -> Floats:
        """(R,) every run's mean loss, with weights theta (R, P), on the validation rows of its split."""
        if self.rows.x_validation is None:
            return no_validation(theta)
        return np.array([scores[LOSS] for scores in self._validated(self.judged(theta))])

    def judged(self, theta: Floats, others: Sequence[Floats] = ()) -> list[Judged]:
        """The networks of these weights, ready for evaluation; theta's is the last."""
        return [self.evaluator.judged(each, self._training_rows) for each in (*others, theta)]

    def _training_rows(self) -> Iterator[Floats]:
        return (batch for _, batch in self._chunks(self.rows.x_train))

    def _chunks(self, x: Floats) -> Iterator[tuple[slice, Floats]]:
        """The rows x (S, N, D) of every run (R, n, D), and where they stand, a chunk at a time."""
        return ((part, x[self.splits, part]) for part in parts_of(x.shape[1]))

    def _validated(self, judged: Sequence[Judged]) -> list[Scores]:
        """Every run's scores on validation rows; none where there are no such rows."""
        rows, weights = self.rows, self.rows.score_weights
        if rows.x_validation is None or rows.y_validation is None:
            return []
        own = None if weights is None else weights.validation
        return list(
            map(scores_of, self._outcomes(judged, rows.x_validation, rows.y_validation, own))
        )

    def _outcomes(
        self,
        judged: Sequence[Judged],
        x: Floats,
        y: Integers | Floats,
        weights: Floats | None,
        room: Sequence[Floats | None] = (),
    ) -> list[Outcomes]:
        """What each run makes of the rows x of its split; outputs are put where there is ``room``."""
        targets = y[self.splits]
        loss, right = np.empty(targets.shape), np.empty(targets.shape, bool)
        self._sums = [np.zeros(1)] * len(self._relus)
        self._low, self._high = np.full(len(targets), np.inf), np.full(len(targets), -np.inf)
        for part, batch in self._chunks(x):
            outputs = self.evaluator.outputs(judged, batch)
            for i, place in enumerate(room):
                if place is not None:
                    place[part] = outputs[i]
            loss[:, part] = self.loss.of_rows(outputs, targets[:, part])
            answers = outputs.argmax(axis=-1) if self.rows.n_classes else outputs[..., 0]
            right[:, part] = answers == targets[:, part]
            self._low = np.minimum(self._low, answers.min(axis=1))
            self._high = np.maximum(self._high, answers.max(axis=1))
            for i, layer in enumerate(self._relus):
                self._sums[i] = self._sums[i] + self._sum_of_units(layer)
        scales = np.ones(len(y)) if self.rows.scales is None else self.rows.scales
        runs = zip(
            loss,
            targets,
            right if self.rows.n_classes else [None] * len(targets),
            scales[self.splits].tolist(),
            [None] * len(targets) if weights is None else weights[self.splits],
            strict=True,
        )
        return [Outcomes(*run) for run in runs]

    def _sum_of_units(self, layer: int) -> Floats:
        """(R, units) what the units of a relu layer gave for the last chunk of rows, summed up.

        In a feature map a unit is a filter, and its pixels count as rows: some at the border of every
        image see nothing, and are 0, while their filter is at work elsewhere.
        """
        memory, units = self.evaluator.memories[layer], self.network.shapes[layer + 1][-1]
        y = memory.y.reshape(len(memory.y), -1, units)
        # A product with ones sums about five times as fast as np.any looks.
        ones = memory.scratch("ones", (1, y.shape[1]))
        ones.fill(1)
        total: Floats = np.matmul(ones, y)[:, 0]
        return total


def weight_counts(weights: Floats) -> tuple[int, ...]:
    """How many weights lie in each bin between the edges, the first and the last being open."""
    bins = np.searchsorted(WEIGHT_EDGES, weights, side="right")
    return tuple(np.bincount(bins, minlength=len(WEIGHT_EDGES) + 1).tolist())

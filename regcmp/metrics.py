"""The metrics: all that is known of each score of a network stands here, once.

Options, columns of the frames, the JSON Schema, tables and figures follow from this table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf, sqrt
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

CLASSIFICATION, REGRESSION = "classification", "regression"
TASKS = (CLASSIFICATION, REGRESSION)


@dataclass(frozen=True)
class Outcomes:
    """What a network made of N rows."""

    losses: npt.NDArray[Any]
    """(N,) of each row, as in training without weights."""
    targets: npt.NDArray[Any]
    """(N,) classes, or standardised values."""
    right: npt.NDArray[np.bool_] | None = None
    """(N,) whether the row is classified right; None in a regression."""
    scale: float = 1.0
    """The unit of the standardised values."""
    weights: npt.NDArray[Any] | None = None
    """(N,) how much each row counts, above 0; None for 1 each."""

    def mean(self, values: npt.NDArray[Any]) -> float:
        """The mean of values (N,), each row by its weight."""
        if self.weights is None:
            return float(values.mean())
        return float((values * self.weights).sum() / self.weights.sum())

    @property
    def task(self) -> str:
        """Which metrics mean anything here."""
        return REGRESSION if self.right is None else CLASSIFICATION


Scores = Mapping[str, float]
"""A network's scores on one set of rows, by the key of the metric; without those that are undefined."""


Kept = Any
"""Of N rows: (N/8,) packed bits, whether each is classified right, or (N,) shares in float32."""


@dataclass(frozen=True)
class Metric:
    """A score: how it is computed, which way is better, and how it is written.

    ``score`` may return None where the score is undefined. ``low`` and ``high`` are its bounds.
    """

    name: str
    task: str
    """The task whose methods can be compared by it."""
    key: str
    """What its columns are called by: 'train_key', 'test_key' and 'key_gap'."""
    score: Callable[[Outcomes], float | None]
    title: str
    """Its name in sentences."""
    about: str
    higher_is_better: bool = True
    low: float | None = None
    high: float | None = None
    factor: float = 1.0
    """What a score is multiplied by for people: 100 for percent."""
    decimals: int = 3
    unit: str = ""
    """Of a difference, in a sentence; '' where it has none."""
    column_unit: str = ""
    """Of a score, in a column's header."""
    in_unit_of_target: bool = False
    """Whether its size depends on the dataset, and with it the decimals that tell anything."""
    aliases: str = ""
    """What other programs call it."""
    shares: Callable[[Outcomes], npt.NDArray[Any]] | None = None
    """(N,) what each row adds to the score; they sum to it. Where it is no sum, by the delta method.
    A score without them is not judged by rows."""
    is_counted: bool = False
    """Whether a bit of each row, if it is classified right, decides it."""
    by_class: bool = False
    """Whether classes have the same weight, however many rows they have."""
    recorded: tuple[str, ...] = ()
    """The tasks whose runs have it; none stands for its own task alone."""

    def kept(self, rows: Outcomes) -> Kept:
        """What is kept of N rows to know their shares again: a bit of each, or a number."""
        import numpy as np

        if self.is_counted:
            assert rows.right is not None
            return np.packbits(rows.right)
        assert self.shares is not None
        with np.errstate(over="ignore", invalid="ignore"):  # of a score that no float32 holds
            return np.asarray(self.shares(rows), np.float32)

    def shares_of(
        self, kept: Kept, n: int, weights: npt.NDArray[Any] | None = None
    ) -> npt.NDArray[np.float64]:
        """(N,) the shares of n rows of which this was kept, and which have these weights."""
        import numpy as np

        if self.is_counted:
            return _parts(np.unpackbits(kept, count=n).astype(float), weights)
        return np.asarray(kept, float)

    def is_recorded(self, task: str) -> bool:
        """Whether the runs of this task have the score."""
        return task in (self.recorded or (self.task,))

    @property
    def span(self) -> float:
        """The largest difference that two scores can have; inf where a score has no bounds."""
        return inf if self.low is None or self.high is None else self.high - self.low

    @property
    def train(self) -> str:
        """Its column of training rows."""
        return f"train_{self.key}"

    @property
    def test(self) -> str:
        """Its column of test rows."""
        return f"test_{self.key}"

    @property
    def validation(self) -> str:
        """Its column of validation rows."""
        return f"validation_{self.key}"

    @property
    def gap(self) -> str:
        """Its column of the gap, positive for overfitting."""
        return f"{self.key}_gap"

    @property
    def better(self) -> str:
        """Which way is better, in words."""
        return f"{'higher' if self.higher_is_better else 'lower'} is better"

    def gap_of(self, train: float, test: float) -> float:
        """How much worse the test score is than the training score."""
        return train - test if self.higher_is_better else test - train


def _accuracy(rows: Outcomes) -> float | None:
    return None if rows.right is None else rows.mean(rows.right)


def _balanced_accuracy(rows: Outcomes) -> float:
    """The mean recall of the classes that occur in these rows."""
    import numpy as np  # commands that compute nothing know the names of metrics, too

    members = np.bincount(rows.targets, rows.weights)
    present = members > 0
    recalls = np.bincount(rows.targets, weights=_counted(rows))[present] / members[present]
    return float(recalls.mean())


def _loss(rows: Outcomes) -> float:
    return rows.mean(rows.losses)


def _r2(rows: Outcomes) -> float | None:
    """1 - mean e² / var y over these rows, whose losses are ½ e²; undefined where y does not vary."""
    variance = rows.mean((rows.targets - rows.mean(rows.targets)) ** 2)
    return 1 - 2 * _loss(rows) / variance if variance else None


def _rmse(rows: Outcomes) -> float:
    return sqrt(2 * _loss(rows)) * rows.scale


def _counted(rows: Outcomes) -> npt.NDArray[Any]:
    """(N,) the weight of each row that is classified right, and 0 of the others."""
    assert rows.right is not None
    return rows.right if rows.weights is None else rows.right * rows.weights


def _parts(values: npt.NDArray[Any], weights: npt.NDArray[Any] | None) -> npt.NDArray[Any]:
    """What each row adds to the mean of their values, by their weights."""
    shares: npt.NDArray[Any]
    shares = values / len(values) if weights is None else values * weights / weights.sum()
    return shares


def _of_accuracy(rows: Outcomes) -> npt.NDArray[Any]:
    return _parts(rows.losses * 0 if rows.right is None else rows.right, rows.weights)


def _of_balanced_accuracy(rows: Outcomes) -> npt.NDArray[Any]:
    """Of the recall of its class, divided by the number of classes that occur."""
    import numpy as np

    members = np.bincount(rows.targets, rows.weights)
    shares: npt.NDArray[Any] = _counted(rows) / members[rows.targets] / np.count_nonzero(members)
    return shares


def _of_loss(rows: Outcomes) -> npt.NDArray[Any]:
    return _parts(rows.losses, rows.weights)


def _of_r2(rows: Outcomes) -> npt.NDArray[Any]:
    """By the delta method, around the mean square error and the variance of these rows."""
    squares = (rows.targets - rows.mean(rows.targets)) ** 2
    variance = rows.mean(squares)
    if not variance:
        return rows.losses * 0
    unexplained = 2 * _loss(rows) / variance
    moves = unexplained * (squares / variance) - 2 * rows.losses / variance
    return _parts(1 - unexplained + moves, rows.weights)


def _of_rmse(rows: Outcomes) -> npt.NDArray[Any]:
    """By the delta method: d RMSE = d mean e² / (2 RMSE)."""
    root = sqrt(2 * _loss(rows))
    if not root:
        return rows.losses * 0
    return _parts(root / 2 + rows.losses / root, rows.weights) * rows.scale


LOSS = "loss"

METRICS: Mapping[str, Metric] = {
    each.name: each
    for each in (
        Metric(
            "accuracy", CLASSIFICATION, "accuracy", _accuracy, "accuracy",
            "Share of rows that are classified right.",
            low=0, high=1, factor=100, decimals=1, unit="points", column_unit=" %",
            aliases="acc accuracyscore", shares=_of_accuracy, is_counted=True,
        ),
        Metric(
            "balanced_accuracy", CLASSIFICATION, "balanced_accuracy",
            _balanced_accuracy, "balanced accuracy", "Mean of the classes' recalls.",
            low=0, high=1, factor=100, decimals=1, unit="points", column_unit=" %",
            aliases="balancedacc balancedaccuracyscore", shares=_of_balanced_accuracy, by_class=True,
        ),
        Metric(
            "log_loss", CLASSIFICATION, LOSS, _loss, "log loss",
            "Mean cross-entropy in nats, without class weights; of regression, half the mean squared"
            " error of the standardised target.",
            higher_is_better=False, low=0, unit="nats",
            aliases="loss crossentropy nll neglogloss", shares=_of_loss, recorded=TASKS,
        ),
        Metric(
            "r2", REGRESSION, "r2", _r2, "R²",
            "Of regression: 1 - mean squared error / variance of these rows.",
            high=1, aliases="r2score rsquared", shares=_of_r2,
        ),
        Metric(
            "rmse", REGRESSION, "rmse", _rmse, "RMSE",
            "Of regression: root mean squared error, in the target's unit.",
            higher_is_better=False, low=0, unit="units of the target", in_unit_of_target=True,
            aliases="rootmeansquarederror negrootmeansquarederror", shares=_of_rmse,
        ),
    )
}  # fmt: skip
"""The scores that can be compared; the first of a task is its default."""


def metrics_of(task: str) -> tuple[str, ...]:
    """The metrics that methods can be compared by in this task, the default first."""
    return tuple(name for name, each in METRICS.items() if each.task == task)


def scores_of(rows: Outcomes) -> Scores:
    """Every score that these rows have."""
    scores = {
        each.key: each.score(rows) for each in METRICS.values() if each.is_recorded(rows.task)
    }
    return {key: value for key, value in scores.items() if value is not None}

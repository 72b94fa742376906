"""The frames that leave regcmp: their columns, and how runs become rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from regcmp.engine.measuring import Record, Scores
    from regcmp.engine.training import Trained

RUN_COLUMNS = (
    "dataset",
    "method",
    "seed",
    "status",
    "epochs",
    "train_accuracy",
    "test_accuracy",
    "accuracy_gap",
    "train_loss",
    "test_loss",
    "loss_gap",
    "nonzero_fraction",
    "train_balanced_accuracy",
    "test_balanced_accuracy",
    "balanced_accuracy_gap",
    "train_r2",
    "test_r2",
    "r2_gap",
    "train_rmse",
    "test_rmse",
    "rmse_gap",
)
HISTORY_COLUMNS = (
    "dataset",
    "method",
    "seed",
    "epoch",
    "train_accuracy",
    "test_accuracy",
    "train_loss",
    "test_loss",
    "train_r2",
    "test_r2",
    "train_rmse",
    "test_rmse",
    "train_balanced_accuracy",
    "test_balanced_accuracy",
)
SUMMARY_COLUMNS = (
    "dataset",
    "method",
    "metric",
    "n",
    "n_failed",
    "train_mean",
    "train_sd",
    "test_mean",
    "test_sd",
    "gap_mean",
    "gap_sd",
    "delta_test",
    "delta_test_low",
    "delta_test_high",
    "delta_gap",
    "delta_gap_low",
    "delta_gap_high",
    "wins",
    "ties",
    "losses",
    "p_value",
    "p_holm",
    "status",
    "note",
)
DIFF_COLUMNS = (
    "method",
    "metric",
    "status",
    "n_old",
    "n_failed_old",
    "n_new",
    "n_failed_new",
    "test_old",
    "test_new",
    "change_test",
    "change_test_low",
    "change_test_high",
    "gap_old",
    "gap_new",
    "change_gap",
    "change_gap_low",
    "change_gap_high",
    "wins",
    "ties",
    "losses",
    "p_value",
    "p_holm",
    "note",
)
"""Of two reports, method by method; the status is 'both', 'added' or 'removed'."""
INTEGERS = (
    *("seed", "epochs", "epoch", "n", "n_failed", "wins", "ties", "losses"),
    *("n_old", "n_failed_old", "n_new", "n_failed_new"),
)
STOPS = ("diverged", "overdropped", "dead")
"""The statuses of runs that were stopped, the gravest first."""
TEXTS = ("dataset", "method", "metric", "status", "note")


@dataclass(frozen=True)
class Metric:
    """What a metric is called in the engine's scores, and which way is better."""

    score: str
    higher_is_better: bool = True

    @property
    def train(self) -> str:
        """Its column of training rows in the runs frame."""
        return f"train_{self.score}"

    @property
    def test(self) -> str:
        """Its column of test rows in the runs frame."""
        return f"test_{self.score}"

    @property
    def gap(self) -> str:
        """Its column of the gap in the runs frame, positive for overfitting."""
        return f"{self.score}_gap"

    @property
    def better(self) -> str:
        """Which way is better, in words."""
        return f"{'higher' if self.higher_is_better else 'lower'} is better"


METRICS = {
    "accuracy": Metric("accuracy"),
    "balanced_accuracy": Metric("balanced_accuracy"),
    "log_loss": Metric("loss", higher_is_better=False),
    "r2": Metric("r2"),
    "rmse": Metric("rmse", higher_is_better=False),
}
"""The scores that can be compared. The loss of a regression stands in the columns of log_loss."""


@dataclass(frozen=True)
class Report:
    """All that leaves a comparison, as plain values and tidy frames.

    ``plan`` holds every word that decides the numbers, with the data under "data"; ``timing`` is
    the one part that two equal commands do not share.
    """

    plan: dict[str, Any]
    environment: dict[str, Any]
    timing: dict[str, Any]
    summary: pd.DataFrame
    runs: pd.DataFrame
    history: pd.DataFrame
    verdict: str
    weights: dict[str, Any] | None = None
    """A histogram of each run's weights: "edges", and "runs" with method, seed and "counts"."""
    boundary: dict[str, Any] | None = None
    """Of data with two features: what each method's network of the first seed predicts over both."""


def frame(rows: Iterable[dict[str, Any]], columns: Sequence[str]) -> pd.DataFrame:
    """A frame of these columns; what a row lacks, and any number that is not finite, is missing in it."""
    table = pd.DataFrame([[row.get(key) for key in columns] for row in rows], columns=list(columns))
    for name in columns:
        kind = "Int64" if name in INTEGERS else "object" if name in TEXTS else "float64"
        with np.errstate(invalid="ignore"):  # what no integer holds is refused by the cast itself
            table[name] = table[name].astype(kind)
    return table.replace([np.inf, -np.inf], np.nan)


def run_row(dataset: str, method: str, seed: int, run: Trained) -> dict[str, Any]:
    """A run's row. A run that was stopped has no scores: its weights decide nothing."""
    last = run.history[-1]
    row: dict[str, Any] = {
        "dataset": dataset,
        "method": method,
        "seed": seed,
        "status": run.status,
        "epochs": run.stopped or run.selected or last.epoch,
    }
    if run.status != "ok":
        return row
    return row | {
        "nonzero_fraction": run.nonzero_fraction,
        **_levels(last),
    }


def _levels(record: Record) -> dict[str, float]:
    """The scores that the task has, of training and test rows, and their gaps."""
    levels = {}
    for metric in METRICS.values():
        train, test = (getattr(side, metric.score) for side in (record.train, record.test))
        if train is not None:
            levels[metric.train], levels[metric.test] = train, test
            levels[metric.gap] = train - test if metric.higher_is_better else test - train
    return levels


def history_row(dataset: str, method: str, seed: int, record: Record) -> dict[str, Any]:
    """The row of a run's recorded epoch."""
    return {
        "dataset": dataset,
        "method": method,
        "seed": seed,
        "epoch": record.epoch,
        "train_accuracy": _meaningful(record.train, record.train.accuracy),
        "test_accuracy": _meaningful(record.test, record.test.accuracy),
        "train_loss": record.train.loss,
        "test_loss": record.test.loss,
        "train_r2": record.train.r2,
        "test_r2": record.test.r2,
        "train_rmse": record.train.rmse,
        "test_rmse": record.test.rmse,
        "train_balanced_accuracy": _meaningful(record.train, record.train.balanced_accuracy),
        "test_balanced_accuracy": _meaningful(record.test, record.test.balanced_accuracy),
    }


def _meaningful(scores: Scores, accuracy: float | None) -> float | None:
    """An accuracy, unless the network's outputs are no numbers: it would be that of a constant."""
    return accuracy if isfinite(scores.loss) else None

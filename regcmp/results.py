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
INTEGERS = ("seed", "epochs", "epoch", "n", "n_failed", "wins", "ties", "losses")
STOPS = ("diverged", "overdropped", "dead")
"""The statuses of runs that were stopped, the gravest first."""
TEXTS = ("dataset", "method", "metric", "status", "note")


@dataclass(frozen=True)
class Metric:
    """Where a metric's columns stand in the runs frame, and which way is better."""

    train: str
    test: str
    gap: str
    higher_is_better: bool = True


METRICS = {
    "accuracy": Metric("train_accuracy", "test_accuracy", "accuracy_gap"),
    "balanced_accuracy": Metric(
        "train_balanced_accuracy", "test_balanced_accuracy", "balanced_accuracy_gap"
    ),
    "log_loss": Metric("train_loss", "test_loss", "loss_gap", higher_is_better=False),
}


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


def frame(rows: Iterable[dict[str, Any]], columns: Sequence[str]) -> pd.DataFrame:
    """A frame of these columns; what a row lacks, and any number that is not finite, is missing in it."""
    table = pd.DataFrame([[row.get(key) for key in columns] for row in rows], columns=list(columns))
    for name in columns:
        kind = "Int64" if name in INTEGERS else "object" if name in TEXTS else "float64"
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
        "epochs": last.epoch if run.stopped is None else run.stopped,
    }
    if run.status != "ok":
        return row
    return row | {
        "train_accuracy": last.train.accuracy,
        "test_accuracy": last.test.accuracy,
        "accuracy_gap": last.train.accuracy - last.test.accuracy,
        "train_loss": last.train.loss,
        "test_loss": last.test.loss,
        "loss_gap": last.test.loss - last.train.loss,
        "nonzero_fraction": run.nonzero_fraction,
        "train_balanced_accuracy": last.train.balanced_accuracy,
        "test_balanced_accuracy": last.test.balanced_accuracy,
        "balanced_accuracy_gap": last.train.balanced_accuracy - last.test.balanced_accuracy,
    }


def history_row(dataset: str, method: str, seed: int, record: Record) -> dict[str, Any]:
    """The row of a run's recorded epoch."""
    return {
        "dataset": dataset,
        "method": method,
        "seed": seed,
        "epoch": record.epoch,
        "train_accuracy": _meaningful(record.train),
        "test_accuracy": _meaningful(record.test),
        "train_loss": record.train.loss,
        "test_loss": record.test.loss,
    }


def _meaningful(scores: Scores) -> float | None:
    """The accuracy, unless the network's outputs are no numbers: it would be that of a constant."""
    return scores.accuracy if isfinite(scores.loss) else None

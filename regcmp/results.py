"""The frames that leave regcmp: their columns, and how runs become rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite, nan
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from regcmp.curves import ends_unsteady, late_fall
from regcmp.metrics import LOSS, METRICS, Metric, Scores
from regcmp.plan.kinds import REFERENCES
from regcmp.shares import RowShares

if TYPE_CHECKING:
    from regcmp.engine.measuring import Record
    from regcmp.engine.training import Trained
    from regcmp.plan.grammar import Part


@dataclass(frozen=True)
class Field:
    """A column of a frame: what its cells hold, and what there is to say of them.

    ``always`` has a value in every row, of older reports too.
    """

    kind: type = float
    about: str = ""
    low: float | None = None
    high: float | None = None
    always: bool = False
    choices: tuple[str, ...] = ()
    may_be_empty: bool = False
    """Whether a text may have no letters."""


def _count(about: str = "", *, always: bool = False) -> Field:
    return Field(int, about, low=0, always=always)


def _estimate(name: str, about: str = "") -> dict[str, Field]:
    """A mean difference and its interval."""
    return {name: Field(about=about), f"{name}_low": Field(about=INTERVAL), f"{name}_high": Field()}


INTERVAL = "95 % interval."
NAME = Field(str, always=True)
METRIC = Field(str, choices=tuple(METRICS), always=True)
SEED = Field(int, low=0, always=True)
SPREAD = Field(low=0)
NOTE = Field(str, "Caveats, separated by '; '.", always=True, may_be_empty=True)
SIGNS = {
    "wins": _count("Pairs with a better test score than the baseline's."),
    "ties": _count(),
    "losses": _count(),
}


def _sides(metric: Metric, *sides: str) -> dict[str, Field]:
    return {
        f"{side}_{metric.key}": Field(float, metric.about, metric.low, metric.high)
        for side in sides
    }


def _levels_of(metrics: Iterable[str]) -> dict[str, Field]:
    """The columns of a run's scores."""
    found: dict[str, Field] = {}
    for each in map(METRICS.__getitem__, metrics):
        about = "Train - test." if each.higher_is_better else "Test - train."
        found |= _sides(each, "train", "test") | {each.gap: Field(about=about)}
    return found


FIRST_METRICS = ("accuracy", "log_loss")
"""Those whose columns stand before the share of weights that are not 0, as in the first reports."""

RUN = {
    "dataset": NAME,
    "method": NAME,
    "seed": SEED,
    "status": Field(
        str,
        "'ok', or why the run was stopped: 'diverged' (weights or loss left the finite, or the loss"
        " stayed above ten times its start), 'overdropped' (more than max_dropped of a layer's units"
        " dropped), 'dead' (more than max_dead of a layer's relu units 0 on all training rows).",
        always=True,
    ),
    "epochs": _count(
        "After how many epochs the weights that are evaluated were reached, or the run was stopped.",
        always=True,
    ),
    **_levels_of(FIRST_METRICS),
    "nonzero_fraction": Field(float, "Of weights, biases aside, after training.", 0, 1),
    **_levels_of(name for name in METRICS if name not in FIRST_METRICS),
    "constant": _count(
        "1 if the network answers the same for every training and test row: one class, or values that"
        " spread over less than a thousandth of the training targets' standard deviation. Otherwise 0."
    ),
    "late_fall": Field(
        about="How far the training loss fell in the last quarter of the epochs; null below 8 epochs."
    ),
    "unsteady": Field(
        int,
        "1 where the run ends on a spike: its last recorded training loss is more than twice the lowest"
        " of the three records before it, and more than 0.02 higher.",
        low=0,
        high=1,
    ),
}
"""A row per method and seed."""

LAST_METRICS = ("balanced_accuracy",)
"""Those whose columns came to the history later than others, and stand after them."""


def _history_of(metrics: Iterable[str]) -> dict[str, Field]:
    found: dict[str, Field] = {}
    for each in metrics:
        found |= _sides(METRICS[each], "train", "test")
    return found


HISTORY = {
    "dataset": NAME,
    "method": NAME,
    "seed": SEED,
    "epoch": _count(always=True),
    **_history_of(name for name in METRICS if name not in LAST_METRICS),
    **_history_of(LAST_METRICS),
    **{k: v for each in METRICS.values() for k, v in _sides(each, "validation").items()},
}
"""A row per run and recorded epoch; epoch 0 is before training."""

LEVELS = {
    "train_mean": Field(),
    "train_sd": SPREAD,
    "test_mean": Field(),
    "test_sd": SPREAD,
    "gap_mean": Field(
        about="Train - test; for log_loss and rmse test - train. Positive means overfitting."
    ),
    "gap_sd": SPREAD,
}
"""The scores of several runs."""

SUMMARY = {
    "dataset": NAME,
    "method": NAME,
    "metric": METRIC,
    "n": _count("Runs that were not stopped.", always=True),
    "n_failed": _count("Runs that were stopped: diverged, overdropped or dead.", always=True),
    **LEVELS,
    **_estimate(
        "delta_test",
        "Mean over pairs of the test score minus the baseline's; null for the baseline.",
    ),
    **_estimate("delta_gap"),
    **SIGNS,
    "p_value": Field(float, "Two-sided, of delta_test.", 0, 1),
    "p_holm": Field(float, "Adjusted over the methods shown.", 0, 1),
    "status": Field(
        str,
        "'ok'; 'underfit': the training score is worse than the baseline's test score, by a 95 % interval"
        " of their paired difference from at least 5 pairs; 'constant', which goes before: most networks"
        " answer the same for every row; 'diverged', 'overdropped' or 'dead', which go before both: at"
        " least one run was stopped, the gravest reason first.",
        always=True,
    ),
    "note": NOTE,
    "error": Field(float, "Standard error of delta_test.", 0),
    "error_floor": Field(float, "The part of it that more seeds would leave.", 0),
    "df": Field(float, "Its degrees of freedom.", 0),
    "p_gap": Field(float, "Two-sided, of delta_gap.", 0, 1),
}
"""A row per method, the baseline first."""

REFERENCE = {
    "name": Field(str, "What it is called in the table.", always=True),
    "kind": Field(str, choices=REFERENCES, always=True),
    "metric": METRIC,
    "n": _count("Splits that it was scored on; 0 where it was left out.", always=True),
    **LEVELS,
    "note": Field(str, "Why it was left out.", always=True, may_be_empty=True),
}
"""Of a reference."""

REFERENCE_RUN = {"seed": SEED, **_levels_of(METRICS)}
"""A row per split of a reference."""

TRIED = {
    "dataset": NAME,
    "method": NAME,
    "seed": SEED,
    "candidate": Field(str, "A method.", always=True),
    "setting": Field(
        str, "As in 'lr=0.003'; '' where none is tuned.", always=True, may_be_empty=True
    ),
    "status": Field(str, "As of a run.", always=True),
    "epochs": _count("As of a run.", always=True),
    "select_by": METRIC,
    "validation_score": Field(about="By that metric; null of a run that was stopped."),
    "validation_loss": Field(low=0),
    "chosen": Field(
        int, "1 where it stands for the method under this seed, else 0.", 0, 1, always=True
    ),
}
"""A row per candidate of a tuned method and seed, without test scores: these judge no candidate."""

BUDGET = {
    "method": NAME,
    "trials": _count("How many candidates are tried.", always=True),
    "test_mean": Field(
        about="Expected of the best of them, as trained in the search.", always=True
    ),
    "test_sd": Field(about="Across seeds.", low=0),
}
"""A row per tuned method and number of trials."""

DIFF = {
    "method": NAME,
    "metric": METRIC,
    "status": Field(str, choices=("both", "added", "removed"), always=True),
    **{f"{name}_{side}": _count() for side in ("old", "new") for name in ("n", "n_failed")},
    "test_old": Field(),
    "test_new": Field(),
    **_estimate("change_test"),
    "gap_old": Field(),
    "gap_new": Field(),
    **_estimate("change_gap"),
    **SIGNS,
    "p_value": Field(float, "Two-sided, of change_test.", 0, 1),
    "p_holm": Field(float, "Adjusted over the methods in both reports.", 0, 1),
    "note": NOTE,
}
"""A row per method of either of two reports; a change is new - old."""

RUN_COLUMNS, HISTORY_COLUMNS = tuple(RUN), tuple(HISTORY)
SUMMARY_COLUMNS, DIFF_COLUMNS = tuple(SUMMARY), tuple(DIFF)
TRIED_COLUMNS, BUDGET_COLUMNS = tuple(TRIED), tuple(BUDGET)
FIELDS = RUN | HISTORY | SUMMARY | DIFF | TRIED | BUDGET
INTEGERS = tuple(name for name, each in FIELDS.items() if each.kind is int)
TEXTS = tuple(name for name, each in FIELDS.items() if each.kind is str)
STOPS = ("diverged", "overdropped", "dead")
"""The statuses of runs that were stopped, the gravest first."""
CONSTANT, UNDERFIT = "constant", "underfit"
"""The statuses of methods whose networks learned too little, the graver first."""


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
    methods: Mapping[str, tuple[Part, ...]] = field(default_factory=dict)
    """The regularizers of each method, by its name."""
    rows: RowShares | None = None
    """What each row added to each run's score."""
    references: Sequence[Mapping[str, Any]] = ()
    """What stands below the methods: the fields of ``REFERENCE``, and under "runs" a row per split."""
    tried: pd.DataFrame = field(default_factory=lambda: frame([], TRIED_COLUMNS))
    """The candidates of tuned methods; no row where nothing is tuned."""
    budget: pd.DataFrame = field(default_factory=lambda: frame([], BUDGET_COLUMNS))
    """What so many trials of a tuned method bring."""
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


def plain_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """A frame's rows; what is missing is None."""
    plain = table.astype(object).where(table.notna(), None)
    rows: list[dict[str, Any]] = plain.to_dict("records")
    return rows


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
        **levels_of(last.train, last.test),
        "constant": int(last.constant),
        **_ending(run.history),
    }


def _ending(history: Sequence[Record]) -> dict[str, float | int | None]:
    """How the training loss ends."""
    losses = [record.train[LOSS] for record in history]
    return {
        "late_fall": late_fall([record.epoch for record in history], losses),
        "unsteady": int(ends_unsteady(losses)),
    }


def levels_of(on_train: Scores, on_test: Scores) -> dict[str, float]:
    """The scores of training and test rows, and their gaps."""
    levels = {}
    for metric in METRICS.values():
        if metric.key in on_train and metric.key in on_test:
            train, test = on_train[metric.key], on_test[metric.key]
            levels[metric.train], levels[metric.test] = train, test
            levels[metric.gap] = metric.gap_of(train, test)
    return levels


def history_row(dataset: str, method: str, seed: int, record: Record) -> dict[str, Any]:
    """The row of a run's recorded epoch."""
    row = {"dataset": dataset, "method": method, "seed": seed, "epoch": record.epoch}
    for side in ("train", "test", "validation"):
        scores = getattr(record, side) or {}
        # Where the network's outputs are no numbers, an accuracy would be that of a constant.
        if isfinite(scores.get(LOSS, nan)):
            row |= {f"{side}_{key}": value for key, value in scores.items()}
    return row

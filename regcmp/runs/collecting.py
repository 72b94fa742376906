"""What runs gave, put together: the frames, the histograms, the maps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from regcmp.engine.measuring import WEIGHT_EDGES
from regcmp.engine.training import Trained
from regcmp.metrics import METRICS
from regcmp.results import HISTORY_COLUMNS, RUN_COLUMNS, frame, history_row, run_row
from regcmp.runs.condition import Condition
from regcmp.runs.mapping import drawn_map
from regcmp.runs.numerics import Machine
from regcmp.runs.predicted import predicted
from regcmp.runs.references import Reference, references_of
from regcmp.runs.tuning import Place, Tried
from regcmp.shares import RowShares

Finished = Mapping[Place, Trained]


@dataclass(frozen=True)
class Outcome:
    """What training gave: the frames, the sizes of the splits, and how long each method took."""

    runs: pd.DataFrame
    history: pd.DataFrame
    sizes: list[tuple[int, int, int]]
    """Of each seed, how many rows train, validate and test."""
    weights: dict[str, Any]
    """Each run's histogram, as ``results.Report`` has them."""
    seconds: dict[str, float]
    """Training time of a method's runs, summed over workers; a stack's time is shared evenly."""
    rows: RowShares
    """What each row added to each run's score."""
    predictions: pd.DataFrame
    """What each run predicts for its test rows; no row where that was not asked for."""
    references: list[Reference]
    """What the scores are to be held against."""
    n_selection: int = 0
    """Validation rows that candidates are chosen by."""
    tried: tuple[Tried, ...] = ()
    """The candidates of tuned methods."""
    elsewhere: Mapping[Place, Machine] = field(default_factory=dict)
    """Which runs were trained on a machine of other bits."""
    boundary: dict[str, Any] | None = None
    """What the first seed's networks predict over two features, as ``results.Report`` has it."""


def collect(
    condition: Condition,
    finished: Finished,
    seconds: dict[str, float],
    tried: Sequence[Tried] = (),
    n_selection: int = 0,
    elsewhere: Mapping[Place, Machine] | None = None,
) -> Outcome:
    """The outcome of these runs, in their order."""
    name = condition.plan.dataset
    rows = [run_row(name, *place, trained) for place, trained in finished.items()]
    history = [
        history_row(name, *place, record)
        for place, trained in finished.items()
        for record in trained.history
    ]
    return Outcome(
        runs=frame(rows, RUN_COLUMNS),
        history=frame(history, HISTORY_COLUMNS),
        sizes=condition.sizes,
        weights=_histograms(finished),
        seconds=seconds,
        rows=_shares(condition, finished),
        predictions=predicted(condition, finished),
        references=references_of(condition),
        boundary=drawn_map(condition, finished),
        tried=tuple(tried),
        n_selection=n_selection,
        elsewhere=elsewhere or {},
    )


def _shares(condition: Condition, finished: Finished) -> RowShares:
    """What each row added to the score of each run that was not stopped."""
    plan = condition.plan
    splits = {seed: condition.splits[plan.seed_of("split", seed)] for seed in plan.run_seeds}
    dataset = condition.dataset
    alike = dataset.keys if dataset.groups is None else dataset.groups
    _, first, group = np.unique(alike, return_index=True, return_inverse=True)
    return RowShares(
        metric=plan.protocol.metric,
        groups=first[group],
        rows={seed: (split.train, split.test) for seed, split in splits.items()},
        kept={
            place: trained.kept for place, trained in finished.items() if trained.kept is not None
        },
        classes=dataset.y if METRICS[plan.protocol.metric].by_class else None,
        weights=dataset.weights,
        by_group=dataset.groups is not None,
    )


def _histograms(finished: Finished) -> dict[str, Any]:
    """Those of the runs that were not stopped."""
    rows = [
        {"method": name, "seed": seed, "counts": list(trained.weights)}
        for (name, seed), trained in finished.items()
        if trained.status == "ok"
    ]
    return {"edges": WEIGHT_EDGES.tolist(), "runs": rows}

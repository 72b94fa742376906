"""What the networks that were judged predict for each test row, as a frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from regcmp.data.dataset import Rows
from regcmp.engine.arrays import Floats
from regcmp.engine.losses import probabilities
from regcmp.engine.training import Trained
from regcmp.runs.condition import Condition
from regcmp.runs.tuning import Place

PROBABILITY = "p:"
"""What the column of a class is called by, before its name."""


def predicted(condition: Condition, finished: Mapping[Place, Trained]) -> pd.DataFrame:
    """A row per run and test row, of the runs whose outputs were kept, in their order.

    ``row`` counts the rows of the dataset from 0. Probabilities of classes have the precision of the
    network; values are in the unit of the data, in float64.
    """
    kept = [(*place, run.outputs) for place, run in finished.items() if run.outputs is not None]
    plan = condition.plan
    splits = [plan.seed_of("split", seed) for _, seed, _ in kept]
    tested = [condition.splits[each].test for each in splits]
    rows = np.concatenate([np.zeros(0, np.intp), *tested])
    outputs = [each for _, _, each in kept]
    lengths = [len(each) for each in tested]
    methods = np.array([method for method, _, _ in kept], object)
    seeds = np.array([seed for _, seed, _ in kept], np.int64)
    columns = {
        "dataset": _texts(np.full(len(rows), plan.dataset, object)),
        "method": _texts(np.repeat(methods, lengths)),
        "seed": pd.array(np.repeat(seeds, lengths), "Int64"),
        "row": pd.array(rows, "Int64"),
    }
    if condition.dataset.classes:
        return pd.DataFrame(columns | _of_classes(condition, rows, outputs))
    return pd.DataFrame(columns | _of_values(condition, rows, splits, outputs))


def _of_classes(condition: Condition, rows: Rows, outputs: Sequence[Floats]) -> dict[str, Any]:
    """The columns of a classification: the true class, the predicted one, and each one's probability."""
    dataset = condition.dataset
    names = np.array(dataset.classes, object)
    found = [np.zeros(0, np.intp), *(each.argmax(axis=1) for each in outputs)]
    empty = np.zeros((0, len(names)), condition.plan.settings.dtype)
    shares = np.concatenate([empty, *map(probabilities, outputs)])
    return {
        "label": _texts(names[dataset.y[rows]]),
        "prediction": _texts(names[np.concatenate(found)]),
        **{f"{PROBABILITY}{name}": shares[:, i] for i, name in enumerate(dataset.classes)},
    }


def _of_values(
    condition: Condition, rows: Rows, splits: Sequence[int], outputs: Sequence[Floats]
) -> dict[str, Any]:
    """The columns of a regression: the true value and the predicted one, missing where it is not finite."""
    units = [condition.targets[each] for each in splits]
    values = [
        each[:, 0].astype(np.float64) * unit.scale + unit.mean
        for each, unit in zip(outputs, units, strict=True)
    ]
    found = np.concatenate([np.zeros(0), *values])
    found[~np.isfinite(found)] = np.nan
    return {"label": condition.dataset.y[rows], "prediction": found}


def _texts(values: npt.NDArray[Any]) -> pd.Series:
    """A column of references to texts, of which there are few: pandas would copy each."""
    return pd.Series(values, dtype=object)

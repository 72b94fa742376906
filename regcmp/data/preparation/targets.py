"""What a network is to give for the rows of a split: labels, or values in standard deviations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from regcmp.data.dataset import Dataset
from regcmp.data.preparation.splitting import Split
from regcmp.engine.arrays import Floats, Integers
from regcmp.engine.streams import stream
from regcmp.errors import DataError, UsageError

Target = npt.NDArray[Any]


@dataclass(frozen=True)
class Targets:
    """The y of training and validation rows, and what turns that of other rows into the same unit."""

    train: Target
    validation: Target
    mean: float = 0.0
    scale: float = 1.0
    class_weights: Floats | None = None
    row_weights: Floats | None = None
    """(N,) of the training rows, of mean 1; None for 1 each."""

    def of(self, y: Target) -> Target:
        """The y of other rows: labels as they are; values less the mean, over the scale."""
        return (y - self.mean) / self.scale if y.dtype.kind == "f" else y


def targets_of(
    dataset: Dataset, split: Split, label_noise: float, class_weight: str, seed: int
) -> Targets:
    """What is learned and selected by on the rows of a split, drawn under this seed.

    Values are standardised by them. A share ``label_noise`` of their labels is flipped, and as many
    of the validation rows', which are no better known; then the weights of 'balanced' are found. Where
    rows have weights, they count by them.
    Raises DataError for values that do not vary, and UsageError where noise leaves a class no row.
    """
    y, other = dataset.y[split.train], dataset.y[split.validation]
    weights = None if dataset.weights is None else of_mean_one(dataset.weights[split.train])
    if dataset.task == "regression":
        _check_varies(dataset, split, seed)
        mean, scale = unit_of(y, weights)
        parts = (y - mean) / scale, (other - mean) / scale
        return Targets(*parts, mean, scale, row_weights=weights)
    n_classes = len(dataset.classes)
    labels = flipped(y, n_classes, label_noise, seed)
    other = flipped(other, n_classes, label_noise, seed, "validation label noise")
    if class_weight == "none":
        return Targets(labels, other, row_weights=weights)
    members = np.bincount(labels, weights, minlength=n_classes)
    if members.min() == 0:
        raise UsageError(
            f"--label-noise: it leaves class {dataset.classes[int(members.argmin())]!r} of"
            f" {dataset.name!r} without training rows under seed {seed}, so it can't be weighted;"
            " make it smaller, or --train-size larger",
            "label_noise",
        )
    balanced = len(labels) / (len(members) * members)
    return Targets(labels, other, class_weights=balanced, row_weights=weights)


def of_mean_one(weights: Floats) -> Floats:
    """(N,) weights of rows, of mean 1: so that a row of weight 2 counts as two rows do."""
    scaled: Floats = weights * (len(weights) / weights.sum())
    return scaled


def unit_of(y: Floats, weights: Floats | None) -> tuple[float, float]:
    """The mean and the standard deviation of values y (N,), by the weights of rows (N,)."""
    mean = float(np.average(y, weights=weights))
    return mean, float(np.sqrt(np.average((y - mean) ** 2, weights=weights)))


def flipped(
    labels: Integers, n_classes: int, share: float, seed: int, purpose: str = "label noise"
) -> Integers:
    """The labels, this share of them (rounded to whole rows) replaced by another class at random.

    Which rows and which of the other classes, each as likely as the next, are drawn by the seed's
    own stream: they are the same under every method.
    """
    rng = stream(seed, purpose)
    rows = rng.permutation(len(labels))[: round(share * len(labels))]
    labels = labels.copy()
    labels[rows] = (labels[rows] + rng.integers(1, n_classes, len(rows))) % n_classes
    return labels


def _check_varies(dataset: Dataset, split: Split, seed: int) -> None:
    for name, rows in (("training", split.train), ("test", split.test)):
        if np.ptp(dataset.y[rows]) == 0:
            raise DataError(
                f"{dataset.name!r}: the target is {dataset.y[rows[0]]:g} in all {len(rows)} {name}"
                f" rows under seed {seed}, so there is nothing to predict in them; take more rows,"
                " or another target"
            )

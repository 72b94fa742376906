"""From the rows of a dataset to what a network sees: fitted on training rows, for any rows."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from regcmp.data.dataset import Dataset
from regcmp.data.preparation.splitting import Split
from regcmp.engine.arrays import Floats
from regcmp.engine.streams import stream


class Step(Protocol):
    """One step of a preparation. Either method may change the rows that it is given."""

    def fit_transform(self, rows: Any) -> Floats:
        """Fit on training rows, and return these transformed."""

    def transform(self, rows: Any) -> Floats:
        """Transform rows of the same columns, seen or not."""


class Standardizer:
    """Zero mean and unit variance, by the training rows alone.

    Each feature by itself; where ``channels`` are given, all pixels of a channel together, since a
    convolution weighs them alike. A feature that is constant in the training rows becomes 0: its
    weights are never trained, and what it says in a test row would be noise through the initial
    ones, which penalties alone can shrink.
    """

    def __init__(self, channels: int | None = None) -> None:
        self.channels = channels

    def fit_transform(self, rows: Floats) -> Floats:
        """Fit on rows (n, D), and scale them in place."""
        from sklearn.preprocessing import StandardScaler

        by_channel = self._by_channel(rows)
        # In place: at a million rows, each further copy is felt.
        self.scaler = StandardScaler(copy=False).fit(by_channel)
        self.varies = np.ptp(by_channel, axis=0) > 0
        return self.transform(rows)

    def transform(self, rows: Floats) -> Floats:
        """Scale rows (n, D) in place."""
        by_channel = self._by_channel(rows)
        if len(by_channel):  # without any row, the scaler would refuse
            by_channel = self.scaler.transform(by_channel)
            by_channel *= self.varies
        scaled: Floats = by_channel.reshape(rows.shape)
        return scaled

    def _by_channel(self, rows: Floats) -> Floats:
        return rows.reshape(-1, self.channels or rows.shape[1])


class NoiseFeatures:
    """Appends features of standard normal noise. Rows have no noise of their own: it is drawn in turn."""

    def __init__(self, count: int, seed: int) -> None:
        self.count = count
        self.stream = stream(seed, "noise features")

    def fit_transform(self, rows: Floats) -> Floats:
        """Rows (n, D + count); there is nothing to fit."""
        return self.transform(rows)

    def transform(self, rows: Floats) -> Floats:
        """Rows (n, D + count)."""
        noise = self.stream.standard_normal((len(rows), self.count))
        return np.hstack([rows, noise.astype(rows.dtype)])


class Preparation:
    """All steps from rows as ``Dataset.take`` gives them to prepared rows (n, D)."""

    def __init__(self, steps: tuple[Step, ...], dtype: npt.DTypeLike) -> None:
        self.first, *self.later = steps
        self.dtype = dtype

    def fit_transform(self, rows: Any) -> Floats:
        """Fit every step on training rows, and return these prepared. May change ``rows``."""
        x = np.ascontiguousarray(self.first.fit_transform(rows), self.dtype)
        for step in self.later:
            x = step.fit_transform(x)
        return x

    def transform(self, rows: Any) -> Floats:
        """Rows of the same columns, prepared as the training rows were. May change ``rows``."""
        x = np.ascontiguousarray(self.first.transform(rows), self.dtype)
        for step in self.later:
            x = step.transform(x)
        return x

    def of_split(self, dataset: Dataset, split: Split) -> tuple[Floats, Floats, Floats]:
        """Fit on the training rows of a split; its training, test and validation rows, prepared."""
        train = self.fit_transform(dataset.take(split.train))
        rest = [self.transform(dataset.take(rows)) for rows in (split.test, split.validation)]
        return train, rest[0], rest[1]


def preparation_of(
    dataset: Dataset,
    dtype: npt.DTypeLike,
    channels: int | None = None,
    noise_features: int = 0,
    seed: int = 0,
) -> Preparation:
    """The steps that a dataset needs; ``channels`` and ``noise_features`` as the steps have them."""
    steps: list[Step] = [Standardizer(channels)]
    if dataset.mixed is not None:
        from regcmp.data.preparation.encoding import Encoder

        steps = [Encoder(dataset, dtype)]
    if noise_features:
        steps.append(NoiseFeatures(noise_features, seed))
    return Preparation(tuple(steps), dtype)

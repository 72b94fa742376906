"""From the rows of a dataset to what a network sees: fitted on training rows, for any rows."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from regcmp.data.dataset import Dataset
from regcmp.data.preparation.splitting import Split
from regcmp.engine.arrays import Floats
from regcmp.engine.streams import stream
from regcmp.errors import DataError

TOO_FAR = (
    "a value in a test or validation row is too far from the training rows to be scaled in float32;"
    " look for the largest values ('regcmp datasets' shows ranges) and correct them, or add --dtype float64"
)


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
    """Appends features of standard normal noise, the same ones for the same place in a split."""

    def __init__(self, count: int, seed: int) -> None:
        self.count = count
        self.seed = seed

    def append(self, rows: Floats, start: int = 0) -> Floats:
        """Rows (n, D + count), the first of which is row ``start`` of its split."""
        drawn = stream(self.seed, "noise features").standard_normal((start + len(rows), self.count))
        return np.hstack([rows, drawn[start:].astype(rows.dtype)])


class Preparation:
    """All steps from rows as ``Dataset.take`` gives them to prepared rows (n, D).

    Numbers of one kind are scaled; columns of several kinds are imputed, encoded and scaled. Features
    of noise come last.
    """

    def __init__(
        self, step: Step, dtype: npt.DTypeLike, noise: NoiseFeatures | None = None
    ) -> None:
        self.step = step
        self.dtype = dtype
        self.noise = noise

    def fit(self, rows: Any) -> Preparation:
        """Fit on training rows. Raises DataError for rows that nothing can be learned from."""
        self._fitted(rows.copy())
        return self

    def transform(self, rows: Any, start: int = 0) -> Floats:
        """Rows of the same columns (n, D), prepared as the training rows were.

        ``start`` is the place of the first of them in its split, which noise features go by.
        """
        return self._transformed(rows.copy(), start)

    def of_split(self, dataset: Dataset, split: Split) -> tuple[Floats, Floats, Floats]:
        """Fit on the training rows of a split; its training, test and validation rows, prepared."""
        train = self._fitted(dataset.take(split.train))
        test = self._transformed(dataset.take(split.test), len(train))
        rest = self._transformed(dataset.take(split.validation), len(train) + len(test))
        return train, test, rest

    def _fitted(self, rows: Any) -> Floats:
        """Fit in place: at a million rows, each copy is felt."""
        return self._completed(self.step.fit_transform(rows), 0)

    def _transformed(self, rows: Any, start: int) -> Floats:
        try:
            with np.errstate(over="raise"):
                return self._completed(self.step.transform(rows), start)
        except FloatingPointError:
            raise DataError(TOO_FAR) from None

    def _completed(self, rows: Floats, start: int) -> Floats:
        x = np.ascontiguousarray(rows, self.dtype)
        return x if self.noise is None else self.noise.append(x, start)


def preparation_of(
    dataset: Dataset,
    dtype: npt.DTypeLike,
    channels: int | None = None,
    noise_features: int = 0,
    seed: int = 0,
) -> Preparation:
    """What a dataset needs; ``channels`` are those of a convolution's images."""
    noise = NoiseFeatures(noise_features, seed) if noise_features else None
    if dataset.mixed is None:
        return Preparation(Standardizer(channels), dtype, noise)
    from regcmp.data.preparation.encoding import Encoder

    return Preparation(Encoder(dataset, dtype), dtype, noise)

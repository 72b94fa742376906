"""Standardising features by the training rows alone."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from regcmp.data.dataset import Dataset
from regcmp.data.splitting import Split
from regcmp.engine.arrays import Floats


def scale(
    dataset: Dataset, split: Split, dtype: npt.DTypeLike, channels: int | None = None
) -> tuple[Floats, Floats, Floats]:
    """Training, test and validation rows (n, D) each, of zero mean and unit variance.

    Each feature by itself; where ``channels`` are given, all pixels of a channel together, since a
    convolution weighs them alike.

    Mean and variance are those of the training rows, so that nothing of the others is seen. A
    feature that is constant there becomes 0 in both: its weights are never trained, and what it says
    in a test row would be noise through the initial ones, which penalties alone can shrink.
    """
    if dataset.mixed is not None:
        from regcmp.data.encoding import encode

        return encode(dataset, split, dtype)
    from sklearn.preprocessing import StandardScaler

    # In place, on a copy of the rows: at a million rows, each further copy is felt.
    width = channels or dataset.x.shape[1]
    train = dataset.x[split.train].reshape(-1, width)
    scaler = StandardScaler(copy=False).fit(train)
    varies = np.ptp(train, axis=0) > 0

    def scaled(x: Floats) -> Floats:
        rows = x.reshape(-1, width)
        if len(rows):  # without any row, the scaler would refuse
            rows = scaler.transform(rows)
            rows *= varies
        return np.ascontiguousarray(rows.reshape(x.shape), dtype)

    scaled_train = scaled(train.reshape(-1, dataset.x.shape[1]))
    del train
    return scaled_train, scaled(dataset.x[split.test]), scaled(dataset.x[split.validation])

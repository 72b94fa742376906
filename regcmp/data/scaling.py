"""Standardising features by the training rows alone."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from regcmp.data.dataset import Dataset
from regcmp.data.splitting import Split
from regcmp.engine.arrays import Floats


def scale(dataset: Dataset, split: Split, dtype: npt.DTypeLike) -> tuple[Floats, Floats]:
    """Training rows (n_train, D) and test rows (n_test, D) of zero mean and unit variance.

    Mean and variance are those of the training rows, so that nothing of the test rows is seen. A
    feature that is constant there becomes 0 in both: its weights are never trained, and what it says
    in a test row would be noise through the initial ones, which penalties alone can shrink.
    """
    if dataset.mixed is not None:
        from regcmp.data.encoding import encode

        return encode(dataset, split, dtype)
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(dataset.x[split.train])
    varies = np.ptp(dataset.x[split.train], axis=0) > 0
    train, test = (scaler.transform(dataset.x[rows]) * varies for rows in (split.train, split.test))
    return np.ascontiguousarray(train, dtype), np.ascontiguousarray(test, dtype)

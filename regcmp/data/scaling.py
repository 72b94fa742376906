"""Standardising features by the training rows alone."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from regcmp.data.dataset import Dataset
from regcmp.data.splitting import Split
from regcmp.engine.arrays import Floats


def scale(dataset: Dataset, split: Split, dtype: npt.DTypeLike) -> tuple[Floats, Floats]:
    """Training rows (n_train, D) and test rows (n_test, D) of zero mean and unit variance.

    Mean and variance are those of the training rows, so that nothing of the test rows is seen; a
    feature that is constant there becomes 0.
    """
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(dataset.x[split.train])
    return (
        np.ascontiguousarray(scaler.transform(dataset.x[split.train]), dtype),
        np.ascontiguousarray(scaler.transform(dataset.x[split.test]), dtype),
    )

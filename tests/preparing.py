"""Prepared rows of a split, as most tests of data want them."""

from __future__ import annotations

import numpy.typing as npt

from regcmp.data.dataset import Dataset
from regcmp.data.preparation.preparing import preparation_of
from regcmp.data.preparation.splitting import Split
from regcmp.engine.arrays import Floats


def scale(
    dataset: Dataset, split: Split, dtype: npt.DTypeLike, channels: int | None = None
) -> tuple[Floats, Floats, Floats]:
    """Its training, test and validation rows (n, D)."""
    return preparation_of(dataset, dtype, channels).of_split(dataset, split)

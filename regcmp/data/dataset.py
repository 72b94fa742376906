"""A dataset: rows of features, and the class of each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Dataset:
    """``x`` (N, D) float64 features, and ``y`` (N,) class numbers that index ``classes``."""

    name: str
    x: npt.NDArray[np.float64]
    y: npt.NDArray[np.intp]
    classes: tuple[str, ...]
    source: str = ""

    @property
    def n_rows(self) -> int:
        """How many rows there are."""
        return len(self.y)

    @property
    def n_features(self) -> int:
        """How many features a row has."""
        return int(self.x.shape[1])

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of features, classes and their names: what a report was made from."""
        state = sha256(repr((self.x.shape, self.classes)).encode())
        state.update(np.ascontiguousarray(self.x, "<f8").tobytes())
        state.update(np.ascontiguousarray(self.y, "<i8").tobytes())
        return state.hexdigest()

    def describe(self) -> dict[str, Any]:
        """What a report says of it."""
        return {
            "name": self.name,
            "rows": self.n_rows,
            "features": self.n_features,
            "classes": list(self.classes),
            "sha256": self.digest,
        }

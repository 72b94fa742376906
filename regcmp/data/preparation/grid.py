"""The map of data with two features: a grid over both, as a network sees it, and the rows on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from regcmp.data.columns import PLAIN
from regcmp.data.dataset import Dataset
from regcmp.data.preparation.splitting import Split
from regcmp.data.preparation.targets import Targets
from regcmp.engine.arrays import Floats

CELLS = 80
"""Of the grid, along either feature."""
MARGIN = 0.05
"""How far the grid goes beyond the data, as a share of their range."""
MOST_POINTS = 300
"""How many training rows are kept to be drawn."""


@dataclass(frozen=True)
class Grid:
    """The places at which networks are asked, and the training rows that they learned from."""

    dataset: Dataset
    split: Split
    targets: Targets
    seed: int
    low: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]
    """(2,) the middles of the first and of the last cell, in the unit of each feature."""

    @property
    def places(self) -> Floats:
        """(CELLS², 2) the middles of all cells, row by row from the bottom."""
        across, up = np.linspace(self.low, self.high, CELLS).T
        return np.column_stack([np.tile(across, CELLS), np.repeat(up, CELLS)])

    def drawn(self, predicted: Mapping[str, npt.NDArray[Any] | None]) -> dict[str, Any]:
        """What a report holds: each method's predictions for the cells, and some training rows."""
        train = self.split.train
        shown = np.unique(np.linspace(0, len(train) - 1, MOST_POINTS).round().astype(int))
        points = self.dataset.x[train[shown]]
        return {
            "seed": self.seed,
            "features": _names(self.dataset),
            "low": self.low.tolist(),
            "high": self.high.tolist(),
            "points": {
                "x": points[:, 0].tolist(),
                "y": points[:, 1].tolist(),
                "target": self._in_unit(self.targets.train[shown]).tolist(),
            },
            "methods": [
                {"method": name, "rows": _as_texts(self._in_unit(values).reshape(CELLS, CELLS))}
                for name, values in predicted.items()
                if values is not None
            ],
        }

    def _in_unit(self, y: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Values in the dataset's unit again; labels as they are."""
        if self.dataset.task != "regression":
            return y
        return y.astype(np.float64) * self.targets.scale + self.targets.mean


def has_map(dataset: Dataset, noise_features: int) -> bool:
    """Whether networks see two numbers of a row, and they are no image."""
    plain = dataset.mixed is None and dataset.image is None
    return plain and not noise_features and dataset.x.shape[1] == 2


def grid_of(dataset: Dataset, split: Split, targets: Targets, seed: int) -> Grid:
    """The grid over a dataset that has a map."""
    low, high = dataset.x.min(axis=0), dataset.x.max(axis=0)
    margin = np.where(high > low, (high - low) * MARGIN, 1.0)
    return Grid(dataset, split, targets, seed, low - margin, high + margin)


def _names(dataset: Dataset) -> list[str]:
    """The features' names; columns without names of their own are numbered."""
    names = [c.name for c in dataset.columns if c.kind in PLAIN and c.name != dataset.target]
    numbered = len(names) != 2 or names == ["1", "2"]
    return ["feature 1", "feature 2"] if numbered else names


def _as_texts(cells: Iterable[npt.NDArray[Any]]) -> list[str]:
    """A line per row of the grid: 6400 numbers on lines of their own would be most of a report."""
    return [" ".join(f"{value:.6g}" for value in row.tolist()) for row in cells]

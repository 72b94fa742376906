"""A dataset: rows of features, and the class or the value of each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from regcmp.data.columns import Column

if TYPE_CHECKING:
    import pandas as pd

    from regcmp.data.preparation.encoding import Feature

BLOCK = 1 << 16
"""How many rows are hashed at a time."""


Rows = npt.NDArray[np.intp]
"""The numbers of rows."""


@dataclass(frozen=True)
class Dataset:
    """``x`` (N, D) float64 features, and ``y`` (N,) class numbers that index ``classes``.

    In a regression ``y`` are float64 values, and there are no classes. Where columns must first be
    imputed or encoded, ``mixed`` holds them instead of ``x``, which then has none.
    """

    name: str
    x: npt.NDArray[np.float64]
    y: npt.NDArray[Any]
    classes: tuple[str, ...]
    source: str = ""
    task: str = "classification"
    given_test: int = 0
    """How many rows, the last ones, are test rows given as such; 0 where they are to be drawn."""
    target: str | None = None
    mixed: pd.DataFrame | None = None
    columns: tuple[Column, ...] = ()
    """Every column of the table, as it was understood; none where all are plain numbers."""
    warnings: tuple[str, ...] = ()
    image: tuple[int, int, int] | None = None
    """(H, W, C) where the features are an image's pixels, row by row, channels last."""
    groups: Rows | None = None
    """(N,) the number of each row's group, from 0, where rows belong together."""
    order: Rows | None = None
    """(N,) the place of each row in an order that splits follow, from 0; tied rows have the same."""
    weights: npt.NDArray[np.float64] | None = None
    """(N,) how much each row counts in loss and scores, above 0; None where all count alike."""
    dropped: int = 0
    """How many rows were left out as duplicates of others, as --drop-duplicates asked for."""
    sampled: bool = False
    """Whether it is a part of its rows, as --sample asked for."""

    @property
    def n_rows(self) -> int:
        """How many rows there are."""
        return len(self.y)

    @property
    def n_groups(self) -> int | None:
        """How many groups the rows belong to; None where nothing is known of any."""
        return None if self.groups is None else len(np.unique(self.groups))

    @property
    def n_columns(self) -> int:
        """How many columns the features are made from."""
        return int(self.x.shape[1]) if self.mixed is None else self.mixed.shape[1]

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that features are made from; by their place where nothing is known of them."""
        used = tuple(each.name for each in self.columns if each.used)
        return used or tuple(str(i + 1) for i in range(self.n_columns))

    @property
    def n_features(self) -> int:
        """How many features the network sees of a row."""
        return int(self.x.shape[1]) if self.mixed is None else len(self.layout)

    def take(self, rows: npt.NDArray[np.intp]) -> Any:
        """These rows, before any preparation: a copy of features (n, D), or columns to be encoded."""
        return self.x[rows] if self.mixed is None else self.mixed.iloc[rows]

    @cached_property
    def layout(self) -> list[Feature]:
        """The features that ``mixed`` becomes."""
        from regcmp.data.preparation.encoding import layout

        return layout(self)

    @cached_property
    def keys(self) -> npt.NDArray[np.uint64]:
        """A number of each row: those of the same features have the same."""
        from regcmp.data.preparation.copies import row_keys

        return row_keys(self)

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of what a report was made from: features, targets, classes, groups, order, weights."""
        state = sha256(repr((self.x.shape, self.classes)).encode())
        y_type = "<f8" if self.task == "regression" else "<i8"
        for values, kind in ((self.x, "<f8"), (self.y, y_type)):
            for start in range(0, len(values), BLOCK):  # a copy of all would be felt
                state.update(np.ascontiguousarray(values[start : start + BLOCK], kind).tobytes())
        if self.mixed is not None:
            for name, values in self.mixed.items():
                state.update(repr((name, values.tolist())).encode())
        for name, numbers in (("groups", self.groups), ("order", self.order)):
            if numbers is not None:
                state.update(name.encode() + np.ascontiguousarray(numbers, "<i8").tobytes())
        if self.weights is not None:
            state.update(b"weights" + np.ascontiguousarray(self.weights, "<f8").tobytes())
        return state.hexdigest()

    @property
    def fingerprint(self) -> str:
        """A hash of all that decides what is learned from it: values, and how they were understood."""
        kinds = [(each.name, each.kind) for each in self.columns if each.used]
        known = (self.digest, self.task, self.given_test, self.target, self.image, kinds)
        return sha256(repr(known).encode()).hexdigest()

    def describe(self) -> dict[str, Any]:
        """What a report says of it."""
        return {
            "name": self.name,
            "rows": self.n_rows,
            "features": self.n_features,
            "columns": self.n_columns,
            "target": self.target,
            "classes": list(self.classes),
            "warnings": list(self.warnings),
            "sha256": self.digest,
            "task": self.task,
            "given_test": self.given_test,
            "image": None if self.image is None else list(self.image),
            "groups": self.n_groups,
            "weights": None
            if self.weights is None
            else [float(self.weights.min()), float(self.weights.max())],
            "dropped": self.dropped,
        }


def count(rows: int) -> str:
    """'1 row', '2 rows'."""
    return f"{rows} row" + ("" if rows == 1 else "s")

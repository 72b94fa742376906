"""What each row added to each run's score: what a test over rows and seeds needs to know."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from regcmp.metrics import METRICS, Kept

Integers = npt.NDArray[np.integer]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class RowShares:
    """Of every run that was finished, what each row added to its scores.

    ``groups`` (N,) has the same number for rows that are copies of one another, that of the first:
    they are no independent evidence. ``rows`` has the training and the test rows of each seed.
    """

    metric: str
    groups: Integers
    rows: Mapping[int, tuple[Integers, Integers]]
    kept: Mapping[tuple[str, int], tuple[Kept, Kept]]
    """What is kept of a run's training and test rows, by method and seed."""

    def effective_rows(self, seeds: Sequence[int]) -> float:
        """To how many rows, tested equally often, the test rows of these seeds amount: 1 / sum w².

        Copies count: where they leave few different rows, a test over seeds alone is not valid at all.
        """
        tested = [self.rows[seed][1] for seed in seeds]
        weights = np.bincount(np.concatenate(tested)).astype(float)
        return float(weights.sum() ** 2 / (weights**2).sum())

    def side(self, method: str, seed: int, side: int) -> Floats:
        """What each row added to a run's training score (side 0), or to its test score (side 1)."""
        kept, rows = self.kept[method, seed][side], self.rows[seed][side]
        return METRICS[self.metric].shares_of(kept, len(rows))

    def fits(self, other: RowShares) -> bool:
        """Whether the other has the same rows under the same seeds, and something is kept of them."""
        return (
            bool(other.kept)
            and np.array_equal(self.groups, other.groups)
            and self.rows.keys() == other.rows.keys()
            and all(
                np.array_equal(mine, theirs)
                for seed in self.rows
                for mine, theirs in zip(self.rows[seed], other.rows[seed], strict=True)
            )
        )

    def places(self, seed: int) -> tuple[Integers, Integers]:
        """The groups of the training rows and of the test rows."""
        train, test = self.rows[seed]
        return self.groups[train], self.groups[test]


def packed(found: RowShares, *, predictions: bool) -> dict[str, Any]:
    """As JSON has them. Without ``predictions``, none of runs whose rows would take a number each."""
    n = len(found.groups)
    wanted = found.kept if predictions or METRICS[found.metric].is_counted else {}
    alike = not np.array_equal(found.groups, np.arange(n))
    return {
        "rows": n,
        "groups": _text(found.groups.astype("<i4")) if alike else None,
        "splits": [
            {"seed": seed, "train": _marked(train, n), "test": _marked(test, n)}
            for seed, (train, test) in found.rows.items()
        ],
        "runs": [
            {"method": method, "seed": seed, "train": _text(kept[0]), "test": _text(kept[1])}
            for (method, seed), kept in wanted.items()
        ],
    }


def unpacked(document: dict[str, Any], metric: str) -> RowShares:
    """The shares that ``packed`` wrote. Raises ValueError for what it can't have written."""
    n = document["rows"]
    rows = {
        each["seed"]: (_unmarked(each["train"], n), _unmarked(each["test"], n))
        for each in document["splits"]
    }
    groups = np.arange(n if rows else 0)
    if document["groups"] is not None:
        groups = _array(document["groups"], "<i4", n).astype(np.intp)
        if groups.min(initial=0) < 0 or groups.max(initial=0) >= n:
            raise ValueError("its 'rows.groups' are no numbers of rows")
    dtype = "u1" if METRICS[metric].is_counted else "<f4"
    kept = {}
    for run in document["runs"]:
        if run["seed"] not in rows:
            raise ValueError(f"its 'rows' have a run of seed {run['seed']} without a split")
        sizes = (len(each) if dtype == "<f4" else -(-len(each) // 8) for each in rows[run["seed"]])
        parts = zip((run["train"], run["test"]), sizes, strict=True)
        on_train, on_test = (_array(text, dtype, size) for text, size in parts)
        kept[run["method"], run["seed"]] = on_train, on_test
    return RowShares(metric, groups, rows, kept)


def _text(values: Kept) -> str:
    """Bytes, numbers as little-endian ones, in base64."""
    return b64encode(values.astype(values.dtype.newbyteorder("<")).tobytes()).decode()


def _array(text: str, dtype: str, size: int) -> Kept:
    values = np.frombuffer(b64decode(text, validate=True), dtype)
    if len(values) != size or (dtype == "<f4" and not np.isfinite(values).all()):
        raise ValueError(f"its 'rows' have {len(values)} numbers where {size} are due")
    return values


def _marked(rows: Integers, n: int) -> str:
    """A bit of each of n rows: whether it is one of these."""
    marks = np.zeros(n, bool)
    marks[rows] = True
    return _text(np.packbits(marks))


def _unmarked(text: str, n: int) -> Integers:
    return np.flatnonzero(np.unpackbits(_array(text, "u1", -(-n // 8)), count=n))

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

    ``groups`` (N,) has the same number for rows that are copies of one another, that of the first, or
    for those of one group: they are no independent evidence. ``rows`` has the training and the test
    rows of each seed.
    """

    metric: str
    groups: Integers
    rows: Mapping[int, tuple[Integers, Integers]]
    kept: Mapping[tuple[str, int], tuple[Kept, Kept]]
    """What is kept of a run's training and test rows, by method and seed."""
    classes: Integers | None = None
    """(N,) of each row, where the metric gives classes the same weight, however many rows they have."""
    weights: Floats | None = None
    """(N,) how much each row counts, above 0; None where all count alike."""
    by_group: bool = False
    """Whether ``groups`` are those that rows belong to, and not their copies."""

    def effective_rows(self, seeds: Sequence[int]) -> float:
        """To how many rows of equal weight the test rows of these seeds amount: 1 / sum w² (Kish 1965).

        Copies count: where they leave few different rows, a test over seeds alone is not valid at all.
        Where rows belong to groups, it is the number of groups.
        """
        weights: Floats = np.zeros(len(self.groups))
        for seed in seeds:
            tested = self.rows[seed][1]
            weights[tested] += len(tested) / self.members(seed, 1)
        if self.by_group:
            weights = np.bincount(self.groups, weights=weights).astype(float)
        return float(weights.sum() ** 2 / (weights**2).sum())

    def members(self, seed: int, side: int) -> Floats:
        """(n,) for each row of a side, how many such rows would count as its class does, or all of them."""
        codes = self.codes(seed, side)
        if self.weights is None:
            return np.bincount(codes)[codes].astype(float)
        own = self.weights[self.rows[seed][side]]
        return np.bincount(codes, own)[codes] / own

    def codes(self, seed: int, side: int) -> Integers:
        """(n,) for each row of a side, the number of its class where classes have weights, else 0."""
        rows = self.rows[seed][side]
        return np.zeros(len(rows), int) if self.classes is None else self.classes[rows]

    def side(self, method: str, seed: int, side: int) -> Floats:
        """What each row added to a run's training score (side 0), or to its test score (side 1)."""
        kept, rows = self.kept[method, seed][side], self.rows[seed][side]
        own = None if self.weights is None else self.weights[rows]
        return METRICS[self.metric].shares_of(kept, len(rows), own)

    def fits(self, other: RowShares, seeds: Sequence[int]) -> bool:
        """Whether the other has the same rows under these seeds, and something is kept of them."""
        return (
            bool(other.kept)
            and np.array_equal(self.groups, other.groups)
            and _same(self.classes, other.classes)
            and _same(self.weights, other.weights)
            and all(seed in rows for seed in seeds for rows in (self.rows, other.rows))
            and all(
                np.array_equal(mine, theirs)
                for seed in seeds
                for mine, theirs in zip(self.rows[seed], other.rows[seed], strict=True)
            )
        )

    def places(self, seed: int) -> tuple[Integers, Integers]:
        """The groups of the training rows and of the test rows."""
        train, test = self.rows[seed]
        return self.groups[train], self.groups[test]


def packed(found: RowShares, *, with_scores: bool) -> dict[str, Any]:
    """As JSON has them. Without ``with_scores``, none of runs whose rows would take a number each."""
    n = len(found.groups)
    wanted = found.kept if with_scores or METRICS[found.metric].is_counted else {}
    alike = not np.array_equal(found.groups, np.arange(n))
    return {
        "rows": n,
        "groups": _text(found.groups.astype("<i4")) if alike else None,
        "classes": None
        if found.classes is None or not wanted
        else _text(found.classes.astype("<i4")),
        "weights": None if found.weights is None or not wanted else _text(found.weights),
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
    """The shares that ``packed`` wrote.

    Raises ValueError, naming the key, for what it can't have written. Numbers may be infinite: whoever
    knows the scores knows whether a float32 could hold what rows added.
    """
    n = document["rows"]
    rows = _splits(document["splits"], n)  # first, since they show that there are n rows
    dtype = "u1" if METRICS[metric].is_counted else "<f4"
    kept: dict[tuple[str, int], tuple[Kept, Kept]] = {}
    for i, run in enumerate(document["runs"]):
        place, method, seed = f"rows.runs[{i}]", run["method"], run["seed"]
        if seed not in rows:
            raise ValueError(f"its '{place}.seed' is {seed}, and no split has that seed")
        if (method, seed) in kept:
            raise ValueError(f"its '{place}' is a second one of {method!r} under seed {seed}")
        sizes = [-(-len(each) // 8) if dtype == "u1" else len(each) for each in rows[seed]]
        kept[method, seed] = (
            _array(run["train"], dtype, sizes[0], f"{place}.train"),
            _array(run["test"], dtype, sizes[1], f"{place}.test"),
        )
    groups = _numbers(document["groups"], n, "rows.groups")
    classes = _numbers(document.get("classes"), n, "rows.classes")
    weights = _weights(document.get("weights"), n)
    if METRICS[metric].by_class and classes is None:
        kept = {}  # without classes, they can't be tested
    groups = np.arange(n) if groups is None else groups
    return RowShares(metric, groups, rows, kept, classes, weights)


def _weights(text: str | None, n: int) -> Floats | None:
    """The weight of each of n rows, all of them finite and above 0."""
    if text is None:
        return None
    weights: Floats = _array(text, "<f8", n, "rows.weights").astype(float)
    if not (np.isfinite(weights) & (weights > 0)).all():
        raise ValueError("its 'rows.weights' has a number that is no weight above 0")
    return weights


def _same(one: Kept, other: Kept) -> bool:
    return one is other if one is None or other is None else np.array_equal(one, other)


def _splits(given: list[dict[str, Any]], n: int) -> dict[int, tuple[Integers, Integers]]:
    """The training and the test rows of each seed: of both there are some, and they share none."""
    rows: dict[int, tuple[Integers, Integers]] = {}
    if not given:
        raise ValueError("its 'rows.splits' is empty")
    for i, split in enumerate(given):
        place, seed = f"rows.splits[{i}]", split["seed"]
        if seed in rows:
            raise ValueError(f"its '{place}' is a second one of seed {seed}")
        rows[seed] = train, test = (
            _unmarked(split["train"], n, f"{place}.train"),
            _unmarked(split["test"], n, f"{place}.test"),
        )
        if shared := len(np.intersect1d(train, test, assume_unique=True)):
            raise ValueError(f"its '{place}' has {shared} of its rows in both 'train' and 'test'")
    return rows


def _numbers(text: str | None, n: int, place: str) -> Integers | None:
    """A number of each of n rows, from 0 to n - 1."""
    if text is None:
        return None
    numbers: Integers = _array(text, "<i4", n, place).astype(np.intp)
    if numbers.min() < 0 or numbers.max() >= n:
        raise ValueError(f"its '{place}' has a number that is not from 0 to {n - 1}")
    return numbers


def _text(values: Kept) -> str:
    """Bytes, numbers as little-endian ones, in base64."""
    return b64encode(values.astype(values.dtype.newbyteorder("<")).tobytes()).decode()


def _array(text: str, dtype: str, size: int, place: str) -> Kept:
    """The numbers of a text. Raises ValueError, naming its place, unless there are that many."""
    try:
        data = b64decode(text, validate=True)
    except ValueError as error:
        raise ValueError(f"its '{place}' is not base64") from error
    due = size * np.dtype(dtype).itemsize
    if len(data) != due:
        raise ValueError(f"its '{place}' has {len(data)} bytes where {due} are due")
    return np.frombuffer(data, dtype)


def _marked(rows: Integers, n: int) -> str:
    """A bit of each of n rows: whether it is one of these."""
    marks = np.zeros(n, bool)
    marks[rows] = True
    return _text(np.packbits(marks))


def _unmarked(text: str, n: int, place: str) -> Integers:
    """The rows that are marked, at least one."""
    rows = np.flatnonzero(np.unpackbits(_array(text, "u1", -(-n // 8), place), count=n))
    if not len(rows):
        raise ValueError(f"its '{place}' marks no row")
    return rows

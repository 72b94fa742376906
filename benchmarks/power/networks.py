"""Many small networks for many comparisons, trained by regcmp's engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from regcmp.data.dataset import Dataset
from regcmp.data.folds import Fold
from regcmp.data.preparation.splitting import split_rows, split_sizes
from regcmp.data.preparation.targets import of_mean_one
from regcmp.engine.settings import Settings
from regcmp.engine.stack import Ingredient, Rows, RowWeights, RunSeeds, Stack
from regcmp.engine.training import Trained, train
from sklearn.model_selection import (
    KFold,
    ShuffleSplit,
    StratifiedKFold,
    StratifiedShuffleSplit,
)
from worlds import Sample, World

RUNS_PER_STACK = 40
REDRAWN, FOLDS, ONE = "redrawn", "folds", "one split"
ROLLING = "rolling"
"""Folds after one another, each tested by networks that learned from all rows before it."""

Parts = Sequence[np.ndarray]
"""Row numbers of each seed."""


@dataclass(frozen=True)
class Cell:
    """One setting of the study."""

    name: str
    world: World
    rows: int
    test_size: float = 0.2
    train_size: int | None = None
    noise: float = 0.0
    """The share of training labels that are flipped, anew under each seed, alike for all methods."""
    splits: str = REDRAWN
    methods: tuple[tuple[Ingredient, ...], ...] = ((), ())
    """The baseline first; () is no regularization. Where methods are equal, weights are redrawn."""
    null: bool = True
    comparisons: int = 1000
    epochs: int = 20
    seeds: int = 20
    batch_size: int = 32


@dataclass(frozen=True)
class Comparison:
    """The runs of one comparison."""

    sample: Sample
    train: Parts
    """Rows trained on under each seed."""
    test: Parts
    runs: tuple[list[Trained], ...]
    """Of each method, one run per seed."""


def comparisons(cell: Cell, seed: int, number: int) -> Iterator[Comparison]:
    """Draw data and splits, and train every method under every seed."""
    rng = np.random.default_rng(seed)
    for _ in range(number):
        sample = cell.world(rng, cell.rows)
        train_rows, test_rows = split(cell, sample, rng)
        labels = [sample.y[each] for each in train_rows]
        if cell.noise:
            labels = list(_flipped(np.array(labels), cell.noise, sample.n_classes, rng))
        runs = []
        own = rng.integers(2**62, size=(cell.seeds, 3)).tolist()
        for i, parts in enumerate(cell.methods):
            if i and parts == cell.methods[0]:  # equal methods: other weights, another order
                own = rng.integers(2**62, size=(cell.seeds, 3)).tolist()
            x = sample.views[i % len(sample.views)]
            runs.append(_by_size(cell, sample, x, train_rows, labels, test_rows, own, parts))
        yield Comparison(sample, train_rows, test_rows, tuple(runs))


def _flipped(
    labels: np.ndarray, share: float, n_classes: int, rng: np.random.Generator
) -> np.ndarray:
    """The labels, this share of them another class."""
    wrong = rng.random(labels.shape) < share
    return np.where(wrong, (labels + rng.integers(1, n_classes, labels.shape)) % n_classes, labels)


def _by_size(
    cell: Cell,
    sample: Sample,
    x: np.ndarray,
    train_rows: Parts,
    learned: Parts,
    test_rows: Parts,
    seeds: Sequence[Sequence[int]],
    parts: tuple[Ingredient, ...],
) -> list[Trained]:
    """One method's runs, those with as many rows in a stack."""
    sizes = [(len(a), len(b)) for a, b in zip(train_rows, test_rows, strict=True)]
    runs: dict[int, Trained] = {}
    for size in sorted(set(sizes)):
        own = [i for i, each in enumerate(sizes) if each == size]
        rows, labels, others = (
            np.array([each[i] for i in own]) for each in (train_rows, learned, test_rows)
        )
        given = [seeds[i] for i in own]
        runs |= zip(own, trained(cell, sample, x, rows, labels, others, given, parts), strict=True)
    return [runs[i] for i in range(len(sizes))]


def split(cell: Cell, sample: Sample, rng: np.random.Generator) -> tuple[Parts, Parts]:
    """Training and test rows of each seed, classes by their shares."""
    n, state = len(sample.y), int(rng.integers(2**31))
    if sample.grouped or cell.splits == ROLLING:
        return _own(cell, sample, state)
    if cell.splits == FOLDS:
        k = round(1 / cell.test_size)
        kind = StratifiedKFold if sample.n_classes else KFold
        pairs = [
            pair
            for i in range(-(-cell.seeds // k))
            for pair in kind(k, shuffle=True, random_state=state + i).split(sample.y, sample.y)
        ]
        size = min(len(test) for _, test in pairs)
        pairs = [(train[: n - size - 1], test[:size]) for train, test in pairs]
    else:
        kind = StratifiedShuffleSplit if sample.n_classes else ShuffleSplit
        number = 1 if cell.splits == ONE else cell.seeds
        drawn = kind(
            number, test_size=cell.test_size, train_size=cell.train_size, random_state=state
        )
        pairs = list(drawn.split(sample.y, sample.y))
        pairs *= cell.seeds // number
    train_rows, test_rows = zip(*pairs[: cell.seeds], strict=True)
    return np.array(train_rows), np.array(test_rows)


def _own(cell: Cell, sample: Sample, first: int) -> tuple[Parts, Parts]:
    """Regcmp's own splits and folds: of whole groups, or in the order in which rows were drawn."""
    classes = tuple(map(str, range(sample.n_classes)))
    rolling = cell.splits == ROLLING
    own = {"order": np.arange(len(sample.y))} if rolling else {"groups": sample.rows}
    dataset = Dataset("", sample.views[0], sample.y, classes, **own)
    sizes = split_sizes(dataset, cell.test_size, cell.train_size)
    k = 0 if cell.splits == REDRAWN else round(1 / cell.test_size) - rolling
    folds = [Fold(i % k, k, first + i - i % k) if k else None for i in range(cell.seeds)]
    pairs = [split_rows(dataset, *sizes, first + i, fold) for i, fold in enumerate(folds)]
    return [each.train for each in pairs], [each.test for each in pairs]


def trained(
    cell: Cell,
    sample: Sample,
    x: np.ndarray,
    train_rows: np.ndarray,
    learned: np.ndarray,
    test_rows: np.ndarray,
    seeds: Sequence[Sequence[int]],
    parts: tuple[Ingredient, ...],
) -> list[Trained]:
    """One method's runs, each on its split, features scaled by its training rows."""
    settings = Settings(
        hidden=(16,), epochs=cell.epochs, batch_size=cell.batch_size, schedule="constant"
    )
    mean = x[train_rows].mean(axis=1, keepdims=True)
    scale = x[train_rows].std(axis=1, keepdims=True)
    scale[scale == 0] = 1
    tested, scales = sample.y[test_rows], None
    if not sample.n_classes:
        own = None if sample.weights is None else sample.weights[train_rows]
        middle = np.average(learned, axis=1, weights=own, keepdims=True)
        scales = np.sqrt(np.average((learned - middle) ** 2, axis=1, weights=own))
        learned, tested = ((y - middle) / scales[:, None] for y in (learned, tested))
    rows = Rows(
        x_train=((x[train_rows] - mean) / scale).astype(np.float32),
        y_train=learned,
        x_test=((x[test_rows] - mean) / scale).astype(np.float32),
        y_test=tested,
        n_classes=sample.n_classes,
        scales=scales,
    )
    if sample.weights is not None:
        of_train, of_test = sample.weights[train_rows], sample.weights[test_rows]
        rows = replace(
            rows,
            row_weights=np.stack([of_mean_one(each) for each in of_train]),
            score_weights=RowWeights(of_train, of_test),
        )
    ingredients = tuple(
        Ingredient(
            each.name,
            each.strength * len(seeds),
            {name: values * len(seeds) for name, values in each.options.items()},
            each.schedule,
        )
        for each in parts
    )
    stack = Stack(
        settings,
        ingredients,
        tuple(RunSeeds(*each) for each in seeds),
        rows,
        tuple(range(len(seeds))),
    )
    return train(stack)

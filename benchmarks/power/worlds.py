"""Worlds to draw data from: where two methods are equal, and where one is better by a known reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine


@dataclass(frozen=True)
class Sample:
    """What one comparison has: the features that each method sees, and the target."""

    views: tuple[np.ndarray, ...]
    """(N, D) of each method, the baseline first; one view where all see the same."""
    y: np.ndarray
    n_classes: int
    rows: np.ndarray
    """(N,) which rows are copies of one row, or belong together: they have one number."""
    grouped: bool = False
    """Whether they belong together, so that splits are of whole groups."""
    weights: np.ndarray | None = None
    """(N,) how much each row counts in loss and scores; None where all count alike."""


World = Callable[[np.random.Generator, int], Sample]
LOADERS = {
    "digits": load_digits,
    "iris": load_iris,
    "wine": load_wine,
    "breast_cancer": load_breast_cancer,
}


def halves(
    *,
    signal: tuple[float, ...] = (0.8, 0.8),
    width: int = 5,
    shares: tuple[float, ...] = (0.5, 0.5),
    flipped: float = 0.0,
    copies: int = 1,
) -> World:
    """Classes by normal features; each method sees a block of its own, as far apart as ``signal``.

    Where all signals are the same, the blocks have one distribution: no method is better. The label
    decides both blocks, so methods err on different rows, and data are redrawn in each comparison.
    """

    def draw(rng: np.random.Generator, n: int) -> Sample:
        few = n // copies
        y = rng.permutation(np.repeat(np.arange(len(shares)), counts(few, shares)))
        centres = rng.normal(size=(len(shares), width))
        centres /= np.linalg.norm(centres, axis=1, keepdims=True)
        views = [each * centres[y] * 2 + rng.normal(size=(few, width)) for each in signal]
        wrong = rng.random(few) < flipped
        y = np.where(wrong, (y + rng.integers(1, len(shares), few)) % len(shares), y)
        again = np.tile(np.arange(few), copies)
        return Sample(tuple(x[again] for x in views), y[again], len(shares), again)

    return draw


def groups(
    *,
    signal: tuple[float, ...] = (0.8, 0.8),
    width: int = 5,
    shares: tuple[float, ...] = (0.5, 0.5),
    each: tuple[int, ...] = (4,),
    own: float = 0.5,
    within: float = 0.0,
) -> World:
    """Like ``halves``, of groups whose rows share their features and their label in part.

    Groups have as many rows as ``each`` says in turn, of their features' variance a share ``own`` is each
    row's own, and so many labels are changed ``within`` groups.
    """

    def draw(rng: np.random.Generator, n: int) -> Sample:
        sizes = np.resize(each, n)
        sizes = sizes[: int((sizes.cumsum() < n).sum()) + 1]
        group = np.repeat(np.arange(len(sizes)), sizes)[:n]
        few = len(sizes)
        labels = rng.permutation(np.repeat(np.arange(len(shares)), counts(few, shares)))
        centres = rng.normal(size=(len(shares), width))
        centres /= np.linalg.norm(centres, axis=1, keepdims=True)
        views = []
        for strength in signal:
            shared = np.sqrt(1 - own) * rng.normal(size=(few, width))
            rows = np.sqrt(own) * rng.normal(size=(n, width))
            views.append((strength * centres[labels] * 2 + shared)[group] + rows)
        y, wrong = labels[group], rng.random(n) < within
        y = np.where(wrong, (y + rng.integers(1, len(shares), n)) % len(shares), y)
        return Sample(tuple(views), y, len(shares), group, grouped=True)

    return draw


def curves(*, signal: tuple[float, ...] = (1.0, 1.0), width: int = 4) -> World:
    """A regression: y is a sum of a curved function of each method's block, and noise of Student's t3."""

    def draw(rng: np.random.Generator, n: int) -> Sample:
        views = [rng.normal(size=(n, width)) for _ in signal]
        parts = [s * (x[:, 0] + np.sin(2 * x[:, 1])) for s, x in zip(signal, views, strict=True)]
        y = sum(parts) + 0.7 * rng.standard_t(3, n)
        return Sample(tuple(views), y, 0, np.arange(n))

    return draw


def weighted(world: World, spread: float) -> World:
    """Rows of another world with log-normal weights: all count alike where ``spread`` is 0."""

    def draw(rng: np.random.Generator, n: int) -> Sample:
        return replace(world(rng, n), weights=rng.lognormal(sigma=spread, size=n))

    return draw


def bundled(name: str, flipped: float = 0.0) -> World:
    """Rows of a dataset of scikit-learn, drawn without replacement, some labels of all rows flipped."""

    def draw(rng: np.random.Generator, n: int) -> Sample:
        x, y = loaded(name)
        rows = rng.choice(len(y), min(n, len(y)), replace=False)
        y = y[rows].copy()
        k = int(y.max()) + 1
        wrong = rng.random(len(y)) < flipped
        y = np.where(wrong, (y + rng.integers(1, k, len(y))) % k, y)
        return Sample((x[rows],), y, k, np.arange(len(y)))

    return draw


@cache
def loaded(name: str) -> tuple[np.ndarray, np.ndarray]:
    """All rows of a dataset of scikit-learn."""
    x, y = LOADERS[name](return_X_y=True)
    return x, y


def counts(n: int, shares: tuple[float, ...]) -> np.ndarray:
    """How many of n rows each class has."""
    sizes = np.round(np.array(shares) * n).astype(int)
    sizes[0] += n - sizes.sum()
    return sizes

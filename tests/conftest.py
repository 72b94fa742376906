"""Small stacks of runs for the engine's tests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from regcmp.engine.architecture import needs_image
from regcmp.engine.regularizers import REGISTRY
from regcmp.engine.settings import Settings
from regcmp.engine.stack import Ingredient, Rows, RunSeeds, Stack

SETTINGS = Settings(
    hidden=(12, 8),
    activation="relu",
    init="he",
    optimizer="adam",
    lr=0.01,
    schedule="constant",
    batch_size=16,
    epochs=3,
    dtype="float64",
)


def make_rows(splits: int = 1, n_train: int = 40, n_test: int = 20, dtype: str = "float64") -> Rows:
    """Rows of 6 features in 3 classes, with some signal: the same at every call."""
    rng = np.random.default_rng(7)
    y = rng.integers(0, 3, (splits, n_train + n_test))
    x = rng.normal(size=(splits, n_train + n_test, 6))
    x[..., :3] += np.eye(3)[y]
    x = x.astype(dtype)
    # Their labels are another class's, so that the validation loss rises as training goes on.
    labels = rng.integers(0, 3, (splits, 10))
    held_out = (rng.normal(size=(splits, 10, 6)) + 3 * np.eye(3, 6)[labels]).astype(dtype)
    train, test = slice(n_train), slice(n_train, None)
    rows = Rows(x[:, train], y[:, train], x[:, test], y[:, test], 3)
    return replace(rows, x_validation=held_out, y_validation=(labels + 1) % 3)


def make_values(rows: Rows) -> Rows:
    """The same rows with a value for each label, and noise: a regression."""
    rng = np.random.default_rng(8)
    train, test = (y - 1 + 0.3 * rng.normal(size=y.shape) for y in (rows.y_train, rows.y_test))
    scales = 2.0 + np.arange(len(train))
    own = replace(rows, y_train=train, y_test=test, n_classes=0, scales=scales)
    # The opposite of what is learned, so that the validation loss rises here too.
    assert rows.y_validation is not None
    return replace(own, y_validation=10.0 * (1 - (rows.y_validation + 2) % 3))


def make_weights(rows: Rows) -> Rows:
    """The same rows with class weights, others in each split."""
    weights = np.random.default_rng(9).uniform(0.3, 2, (len(rows.x_train), rows.n_classes))
    return replace(rows, class_weights=weights)


TASKS = {"labels": lambda rows: rows, "weighted": make_weights, "values": make_values}
"""What there can be to learn from the same rows."""


def make_stack(
    *ingredients: Ingredient,
    seeds: tuple[int, ...] = (0,),
    splits: int = 1,
    task: str = "labels",
    **settings: object,
) -> Stack:
    """A stack of len(seeds) runs; run r learns from split seed % splits."""
    own = replace(SETTINGS, **settings)  # type: ignore[arg-type]
    return Stack(
        settings=own,
        ingredients=ingredients,
        seeds=tuple(RunSeeds(seed, seed, seed) for seed in seeds),
        rows=replace(
            TASKS[task](make_rows(splits, dtype=own.dtype)),
            image=(3, 2, 1) if needs_image(own.arch) else None,
        ),
        which=tuple(seed % splits for seed in seeds),
    )


@pytest.fixture
def rng() -> np.random.Generator:
    """A generator of its own for each test."""
    return np.random.default_rng(0)


@pytest.fixture
def registry_as_before() -> Iterator[None]:
    """Forget what a test registers."""
    before = dict(REGISTRY)
    yield
    REGISTRY.clear()
    REGISTRY.update(before)

"""What the engine is asked to train, as plain values and arrays: a stack of runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from regcmp.engine.arrays import Floats, Integers
from regcmp.engine.regularizers.base import Regularizer


@dataclass(frozen=True)
class Settings:
    """What every run of a comparison shares."""

    hidden: tuple[int, ...]
    activation: str
    init: str
    optimizer: str
    lr: float
    schedule: str
    batch_size: int
    epochs: int
    dtype: str
    max_dropped: float = 0.95
    """The share of a layer's units above which a run that drops them is stopped."""
    max_dead: float = 0.99
    """The share of a layer's relu units above which a run where they are dead is stopped."""


@dataclass(frozen=True)
class RunSeeds:
    """The seeds of one run's streams, by purpose."""

    init: int
    order: int
    noise: int


@dataclass(frozen=True)
class Ingredient:
    """One regularizer, with its strength and options in each of the R runs."""

    name: str
    strength: tuple[float, ...]
    options: Mapping[str, tuple[float, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Rows:
    """Training and test rows of S splits, prepared: x (S, N, D), labels (S, N) from 0 to n_classes - 1."""

    x_train: Floats
    y_train: Integers
    x_test: Floats
    y_test: Integers
    n_classes: int


@dataclass(frozen=True)
class Stack:
    """R runs with the same kinds of regularizers; run r learns from split ``which[r]`` of the rows."""

    settings: Settings
    ingredients: tuple[Ingredient, ...]
    seeds: tuple[RunSeeds, ...]
    rows: Rows
    which: tuple[int, ...]
    outside: Mapping[str, type[Regularizer]] = field(default_factory=dict)
    """Regularizers that a worker process does not know by itself, by name."""

"""What is trained: the workloads, their rows, and how many floating-point operations they need."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from regcmp.data.dataset import Dataset
    from regcmp.plan import Plan

TEST_SHARE = 0.2
CLASSES = 10
RATE = 0.001
"""Adam's learning rate, on every side."""

METHODS = ("none", "l1=0.0001", "l2=0.001", "dropout=0.5")
"""In regcmp's canonical spelling, so that they are also the names in its frames."""

Run = tuple[str, int]
"""A method and a seed."""


class Split(NamedTuple):
    """One seed's rows: standardised float32 features, int64 labels."""

    x_train: npt.NDArray[np.float32]
    y_train: npt.NDArray[np.int64]
    x_test: npt.NDArray[np.float32]
    y_test: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Workload:
    """Methods times seeds of one network on one dataset: 'digits', or 'synthetic' of any size."""

    name: str
    hidden: tuple[int, ...]
    batch_size: int
    epochs: int
    seeds: int
    methods: tuple[str, ...] = METHODS
    dataset: str = "digits"
    rows: int = 1797
    features: int = 64

    @classmethod
    def from_dict(cls, words: dict[str, Any]) -> Workload:
        """The workload that ``as_dict`` described."""
        words = words | {"hidden": tuple(words["hidden"]), "methods": tuple(words["methods"])}
        return cls(**words)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for a child process and for the JSON."""
        return asdict(self)

    @property
    def runs(self) -> list[Run]:
        """Every (method, seed), a method's seeds side by side."""
        return [(method, seed) for method in self.methods for seed in range(self.seeds)]

    @property
    def widths(self) -> tuple[int, ...]:
        """The layers' widths, input and output included."""
        return (self.features, *self.hidden, CLASSES)

    @property
    def n_test(self) -> int:
        """How many rows are set aside for testing."""
        return round(self.rows * TEST_SHARE)

    def products(self) -> Iterator[tuple[int, int, int]]:
        """(inputs, outputs, products per step) of each dense layer.

        A layer takes three products of 2·batch·inputs·outputs operations each: forward, the
        gradient of its weights, and that of its input, which the first layer does not need.
        """
        for i, (n_in, n_out) in enumerate(zip(self.widths, self.widths[1:], strict=False)):
            yield n_in, n_out, 3 if i else 2

    @property
    def flops_per_row(self) -> int:
        """Floating-point operations of the matrix products that one row costs in training."""
        return sum(2 * n_in * n_out * count for n_in, n_out, count in self.products())

    @property
    def flops_per_run(self) -> int:
        """Floating-point operations of the matrix products of training one network."""
        return self.flops_per_row * (self.rows - self.n_test) * self.epochs

    def plan(self, runs: list[Run] | None = None) -> Plan:
        """The plan by which regcmp trains this workload, or one run of it."""
        from regcmp.plan import make_plan

        methods, seed, seeds = list(self.methods), 0, self.seeds
        if runs is not None:
            ((method, seed),) = runs
            methods, seeds = [method], 1
        return make_plan(
            self.dataset,
            methods,
            baseline=methods[0],
            seed=seed,
            seeds=seeds,
            test_size=self.n_test,
            hidden=self.hidden,
            activation="relu",
            init="he",
            optimizer="adam",
            lr=RATE,
            schedule="constant",
            batch_size=self.batch_size,
            epochs=self.epochs,
            dtype="float32",
        )

    @cached_property
    def data(self) -> Dataset:
        """The dataset, not yet split or scaled."""
        from regcmp.data.loading import load_dataset

        if self.dataset != "synthetic":
            return load_dataset(self.dataset)
        return synthetic(self.rows, self.features)

    def split(self, seed: int) -> Split:
        """The rows that regcmp itself would draw and scale under this seed."""
        from regcmp.data.scaling import scale
        from regcmp.data.splitting import split_rows

        drawn = split_rows(self.data, self.rows - self.n_test, self.n_test, seed)
        x_train, x_test = scale(self.data, drawn, "float32")
        y = self.data.y.astype(np.int64)
        return Split(x_train, y[drawn.train], x_test, y[drawn.test])


def synthetic(rows: int, features: int) -> Dataset:
    """Ten Gaussian clouds whose overlap leaves a test accuracy of about 0.9, whatever the size."""
    from regcmp.data.dataset import Dataset

    rng = np.random.default_rng(0)
    centres = rng.normal(0, 2.2 / np.sqrt(features), (CLASSES, features))
    y = np.arange(rows) % CLASSES
    x = centres[y] + rng.normal(0, 0.6, (rows, features))
    return Dataset("synthetic", x, y.astype(np.intp), tuple(map(str, range(CLASSES))))


def default_comparison() -> Workload:
    """What ``regcmp compare --dataset digits`` trains."""
    from regcmp.plan import Plan

    return Workload("w4", Plan.hidden, Plan.batch_size, Plan.epochs, Plan.seeds)


W1 = Workload("w1", hidden=(256, 128), batch_size=64, epochs=100, seeds=5)
W2 = Workload("w2", hidden=(256, 128), batch_size=64, epochs=100, seeds=50)
W3 = Workload(
    "w3",
    hidden=(512, 512),
    batch_size=128,
    epochs=5,
    seeds=2,
    dataset="synthetic",
    rows=10_000,
    features=784,
)

WORKLOADS = {each.name: each for each in (W1, W2, W3)}
"""Workloads that every side can train; W4, start to prompt, is in prompts.py."""

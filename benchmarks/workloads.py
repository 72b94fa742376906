"""What is trained: the workloads, their rows, and how many floating-point operations they need."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from math import isqrt
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


class Layer(NamedTuple):
    """A layer as every side builds it: a convolution, a max pooling or a dense layer."""

    kind: str
    n_in: int
    """Channels or units that enter."""
    n_out: int
    kernel: int = 1
    pixels: int = 1
    """Of each channel that leaves."""

    @property
    def fan_in(self) -> int:
        """Numbers that each unit weighs."""
        return self.n_in * self.kernel**2


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
    convolutions: tuple[int, ...] = ()
    """Filters of 3x3 pixels ahead of the dense layers, each followed by a pooling of 2x2."""

    @classmethod
    def from_dict(cls, words: dict[str, Any]) -> Workload:
        """The workload that ``as_dict`` described."""
        tuples = {key: tuple(each) for key, each in words.items() if isinstance(each, list)}
        return cls(**words | tuples)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for a child process and for the JSON."""
        return asdict(self)

    @property
    def runs(self) -> list[Run]:
        """Every (method, seed), a method's seeds side by side."""
        return [(method, seed) for method in self.methods for seed in range(self.seeds)]

    @property
    def layers(self) -> list[Layer]:
        """The layers but for activations, which follow each convolution and hidden dense layer."""
        side, n_in, layers = self.side, self.features, []
        if self.convolutions:
            n_in = 1
        for filters in self.convolutions:
            layers.append(Layer("conv", n_in, filters, 3, side * side))
            side //= 2
            layers.append(Layer("pool", filters, filters, 2, side * side))
            n_in = filters
        if self.convolutions:
            n_in *= side * side
        for n_out in (*self.hidden, CLASSES):
            layers.append(Layer("dense", n_in, n_out))
            n_in = n_out
        return layers

    @property
    def side(self) -> int:
        """Pixels on each side of an image."""
        return isqrt(self.features)

    @property
    def network(self) -> str:
        """The layers in words."""
        if not self.convolutions:
            return "-".join(map(str, (self.features, *self.hidden, CLASSES)))
        return f"{self.side}x{self.side}-{self.arch}-{CLASSES}"

    @property
    def arch(self) -> str:
        """The layers in regcmp's words."""
        if not self.convolutions:
            return "mlp"
        parts = [f"conv{filters}x3-pool2" for filters in self.convolutions]
        return "-".join([*parts, *map(str, self.hidden)])

    @property
    def n_test(self) -> int:
        """How many rows are set aside for testing."""
        return round(self.rows * TEST_SHARE)

    def products(self) -> Iterator[tuple[Layer, int]]:
        """Each layer with weights, and how many products it takes in a step.

        There are three of 2·batch·pixels·inputs·outputs operations each: forward, the gradient of
        its weights, and that of its input, which the first layer does not need.
        """
        for i, layer in enumerate(each for each in self.layers if each.kind != "pool"):
            yield layer, 3 if i else 2

    @property
    def flops_per_row(self) -> int:
        """Floating-point operations of the matrix products that one row costs in training."""
        return sum(
            2 * layer.pixels * layer.fan_in * layer.n_out * count
            for layer, count in self.products()
        )

    @property
    def flops_per_run(self) -> int:
        """Floating-point operations of the matrix products of training one network."""
        return self.flops_per_row * (self.rows - self.n_test) * self.epochs

    def plan(self, runs: list[Run] | None = None) -> Plan:
        """The plan by which regcmp trains this workload, or one run of it."""
        from regcmp.plan import make_plan
        from regcmp.plan.settling import settle

        methods, seed, seeds = list(self.methods), 0, self.seeds
        if runs is not None:
            ((method, seed),) = runs
            methods, seeds = [method], 1
        plan = make_plan(
            self.dataset,
            methods,
            baseline=methods[0],
            seed=seed,
            seeds=seeds,
            test_size=self.n_test,
            **({"arch": self.arch} if self.convolutions else {"hidden": self.hidden}),
            activation="relu",
            init="he",
            optimizer="adam",
            lr=RATE,
            schedule="constant",
            batch_size=self.batch_size,
            epochs=self.epochs,
            dtype="float32",
        )
        return settle(plan, self.data)

    @cached_property
    def data(self) -> Dataset:
        """The dataset, not yet split or scaled."""
        from regcmp.data.loading import load_dataset

        if self.dataset != "synthetic":
            return load_dataset(self.dataset)
        return synthetic(self.rows, self.features)

    def split(self, seed: int) -> Split:
        """The rows that regcmp itself would draw and scale under this seed."""
        from regcmp.data.preparation.preparing import preparation_of
        from regcmp.data.preparation.splitting import split_rows

        drawn = split_rows(self.data, self.rows - self.n_test, self.n_test, seed)
        channels = 1 if self.convolutions else None
        preparation = preparation_of(self.data, "float32", channels)
        x_train, x_test, _ = preparation.of_split(self.data, drawn)
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
    """What ``regcmp compare --dataset digits`` trains, but for its learning rate and schedule."""
    return replace(W0, name="w4")


W0 = Workload("w0", hidden=(64, 64), batch_size=64, epochs=80, seeds=10)
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

CNN = Workload(
    "cnn",
    hidden=(64,),
    batch_size=64,
    epochs=20,
    seeds=5,
    methods=("none", "l1=0.0001", "l2=0.001", "dropout=0.2"),
    convolutions=(16, 32),
)
"""The default cnn on images of 8x8 pixels."""

WORKLOADS = {each.name: each for each in (W0, W1, W2, W3, CNN)}
"""Workloads that every side can train; W4, start to prompt, is in prompts.py."""

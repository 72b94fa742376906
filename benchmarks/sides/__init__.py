"""The sides: who trains the workloads, in which ways, and what of it is timed.

Each module has ``load(workload, runs)``, which imports its library, prepares the rows and returns
the timed part, a ``Train``. That returns ``Trained``, whose ``score`` is called after the clock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec

from workloads import Run, Workload

Accuracies = list[tuple[str, int, float]]
"""Method, seed and test accuracy of each run."""


@dataclass(frozen=True)
class Trained:
    """What training returned: how to judge it, and how much of its time went into compiling."""

    score: Callable[[], Accuracies]
    compile_seconds: float = 0.0


Train = Callable[[], Trained]


@dataclass(frozen=True)
class Variant:
    """One way to use the two cores."""

    threads: int = 1
    processes: int = 1
    own_workers: int = 0
    """Worker processes that the side starts by itself."""

    def __str__(self) -> str:
        """How a table names it."""
        for count, word in ((self.own_workers, "workers"), (self.processes, "processes")):
            if count > 1:
                return f"{count} {word}"
        return "1 thread" if self.threads == 1 else f"{self.threads} threads"


ONE, TWO, APART = Variant(1), Variant(2), Variant(processes=2)


@dataclass(frozen=True)
class Side:
    """One competitor."""

    name: str
    title: str
    timed: str
    variants: tuple[Variant, ...]
    needs: str = "regcmp"
    """The package that must be installed."""
    module: str = ""
    """What trains, where that is not named as the side."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """What is set for it."""
    only: tuple[str, ...] = ()
    """The kinds of methods that it can train; empty means all."""
    images: bool = True
    """Whether it trains networks of convolutions."""

    @property
    def installed(self) -> bool:
        """Whether the library is there."""
        return find_spec(self.needs) is not None

    def runs(self, workload: Workload) -> list[Run]:
        """The runs of the workload that it can train."""
        if workload.convolutions and not self.images:
            return []
        return [run for run in workload.runs if not self.only or kind(run[0])[0] in self.only]

    def load(self, workload: Workload, runs: list[Run]) -> Train:
        """Import the library and prepare the rows; what is returned is timed."""
        train: Train = import_module(f"sides.{self.module or self.name}").load(workload, runs)
        return train


def kind(method: str) -> tuple[str, float]:
    """A method's one regularizer and its strength."""
    name, _, strength = method.partition("=")
    return name, float(strength or 0)


def by_method(runs: list[Run]) -> dict[str, list[int]]:
    """The seeds of each method among these runs."""
    seeds: dict[str, list[int]] = {}
    for method, seed in runs:
        seeds.setdefault(method, []).append(seed)
    return seeds


FROM_PLAN = (
    "run_experiment from the plan to the frames: start of two workers and their imports, splits,"
    " scaling, training, history and scores"
)
WORKERS = (Variant(own_workers=2),)
WITH, WITHOUT = "regcmp_fast", "regcmp_side"

SIDES = {
    each.name: each
    for each in (
        Side(WITH, "regcmp[fast]", FROM_PLAN, WORKERS, needs="numba", module=WITHOUT),
        Side(WITHOUT, "regcmp", FROM_PLAN, WORKERS, environment={"REGCMP_KERNELS": "numpy"}),
        Side(
            "torch_loop",
            "PyTorch loop",
            "initial weights and training, one run after another; scoring is not timed",
            (ONE, TWO, APART),
            needs="torch",
        ),
        Side(
            "torch_vmap",
            "PyTorch vmap",
            "initial weights and training, a method's seeds at once; scoring is not timed",
            (ONE, TWO, APART),
            needs="torch",
            images=False,
        ),
        Side(
            "sklearn_mlp",
            "MLPClassifier",
            "fit, one run after another, none and l2 only; scoring is not timed",
            (ONE, TWO, APART),
            needs="sklearn",
            only=("none", "l2"),
            images=False,
        ),
        Side(
            "jax_scan",
            "JAX jit(vmap(scan))",
            "initial weights, batch orders, compiling once per method, training; scoring is not"
            " timed",
            (ONE, TWO, APART),
            needs="jax",
        ),
        Side(
            "numpy_loop",
            "regcmp, R=1",
            "run_experiment for one run at a time in this process: splits, scaling, training,"
            " history, scores and frames",
            (ONE, APART),
        ),
    )
}
"""By name; regcmp comes first in a round, so that there are ratios whenever a run is stopped."""

"""What a worker elsewhere is sent, and what it does with it."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from importlib.metadata import version
from threading import Lock
from types import TracebackType
from typing import Any
from weakref import WeakKeyDictionary

from threadpoolctl import threadpool_limits

from regcmp.data.dataset import Dataset
from regcmp.engine.regularizers import OWN, REGISTRY, Regularizer
from regcmp.engine.stack import Keep
from regcmp.engine.training import timed_training
from regcmp.errors import UsageError
from regcmp.plan import Plan
from regcmp.plan.plugins import Plugin, classes_of, source_of
from regcmp.runs.condition import Condition, Run
from regcmp.runs.executing import Done
from regcmp.runs.numerics import Machine, this_machine
from regcmp.runs.stacking import stack_of


@dataclass(frozen=True)
class Facts:
    """What has to be known of a worker."""

    machine: Machine
    regcmp: str
    python: str

    def check(self, worker: str) -> None:
        """Raise UsageError for a worker that reads other messages than this process writes."""
        here = facts_of_worker()
        if (self.regcmp, self.python) != (here.regcmp, here.python):
            raise UsageError(
                f"--scheduler: the worker {worker!r} has regcmp {self.regcmp} on Python {self.python}, and"
                f" this process regcmp {here.regcmp} on Python {here.python}; install the same there",
                "scheduler",
            )


def facts_of_worker() -> Facts:
    """Those of the process that calls."""
    return Facts(this_machine(), version("regcmp"), ".".join(platform.python_version_tuple()[:2]))


@dataclass(frozen=True, eq=False)
class Recipe:
    """How a condition is made of its dataset. Plugins travel as source, with their hash."""

    plan: Plan
    labelled: Plan | None
    whole: bool
    plugins: tuple[tuple[Plugin, bytes], ...]
    registered: dict[str, type[Regularizer]]
    """Classes from outside that no file of a plugin has."""

    def condition(self, dataset: Dataset) -> Condition:
        """The condition, drawn and prepared as in the process that sent the recipe."""
        labelled = None if self.labelled is None else Condition(self.labelled, dataset)
        condition = Condition(self.plan, dataset, labelled, whole=self.whole)
        found = dict(REGISTRY) | self.registered
        for plugin, source in self.plugins:
            found |= classes_of(plugin, source)
        condition.classes = found
        return condition


def recipe_of(condition: Condition) -> Recipe:
    """How a worker makes this condition. Raises UsageError where a plugin's file has changed."""
    plan = condition.plan
    sources = tuple((each, source_of(each)) for each in plan.plugins)
    of_files = {each.path for each in plan.plugins}
    return Recipe(
        plan,
        None if condition.labelled is None else condition.labelled.plan,
        condition.whole,
        sources,
        {
            name: each
            for name, each in REGISTRY.items()
            if name not in OWN and each.file not in of_files
        },
    )


def train_there(index: int, dataset: Dataset, recipe: Recipe, runs: list[Run], keep: Keep) -> Done:
    """Train a stack of runs in a worker; its condition is made for the first of them."""
    with ONE_THREAD:
        with _MAKING:
            condition = _CONDITIONS.get(recipe)
            if condition is None:
                condition = _CONDITIONS[recipe] = recipe.condition(dataset)
        stack = stack_of(condition, runs, keep)
        return Done(*timed_training(index, stack), this_machine())


_MAKING = Lock()
_CONDITIONS: WeakKeyDictionary[Recipe, Condition] = WeakKeyDictionary()
"""Those of recipes that this worker still has."""


class _OneThread:
    """Holds BLAS to one thread while any thread of this process trains."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._inside = 0
        self._limits: Any = None

    def __enter__(self) -> None:
        with self._lock:
            if not self._inside:
                self._limits = threadpool_limits(1)
            self._inside += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                self._limits.restore_original_limits()


ONE_THREAD = _OneThread()

"""Executors: where stacks of runs are trained, in the shape of ``concurrent.futures.Executor``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from regcmp.engine.hooks import HookError
from regcmp.engine.stack import Keep, Stack
from regcmp.engine.training import Trained, timed_training
from regcmp.errors import PluginError
from regcmp.runs.condition import Condition, Run
from regcmp.runs.numerics import Machine
from regcmp.runs.stacking import stack_of
from regcmp.runs.workers import workers

LOOK_SECONDS = 0.2


class Serial(Executor):
    """Trains in this process: a future is done when it is handed out."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Call at once. What the call raises, the future raises; an interruption comes at once."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


@dataclass(frozen=True)
class Done:
    """A stack that was trained, and its place among those that were asked for."""

    index: int
    trained: list[Trained]
    seconds: float
    where: Machine | None = None
    """The machine of a worker elsewhere; None of this one."""


Call = tuple[Callable[..., Done], tuple[Any, ...]]
"""What an executor is asked to do: a function, and its arguments."""


class Site(Protocol):
    """Where stacks are trained: an executor, and what it is sent."""

    @property
    def executor(self) -> Executor:
        """What calls are submitted to; a future of it that is cancelled was lost on the way."""
        ...

    @property
    def machines(self) -> Sequence[Machine]:
        """Those of its workers, whose bits may differ from those of this one."""
        ...

    def at_once(self) -> int:
        """How many stacks it trains at a time."""
        ...

    def ahead(self) -> int:
        """How many stacks to hand it, so that no worker waits."""
        ...

    def call(self, index: int, condition: Condition, runs: Sequence[Run], *, keep: Keep) -> Call:
        """What to submit for a stack of runs; ``keep`` asks for more than their scores."""
        ...

    def watch(self) -> None:
        """Raise RegcmpError where there is nothing to wait for any more."""
        ...

    def explained(self, error: BaseException) -> BaseException:
        """What to raise in the place of an error of the executor."""
        ...


@dataclass
class Local:
    """This machine, whose processes are sent rows that are prepared once."""

    executor: Executor
    processes: int = 1
    machines: Sequence[Machine] = ()

    def at_once(self) -> int:
        """One for each process."""
        return self.processes

    def ahead(self) -> int:
        """Another for each process that trains while this one collects."""
        return 2 * self.processes if self.processes > 1 else 1

    def call(self, index: int, condition: Condition, runs: Sequence[Run], *, keep: Keep) -> Call:
        """Train the stack, whose rows are shared."""
        return train_here, (index, stack_of(condition, runs, keep))

    def watch(self) -> None:
        """Processes that end are noticed by their executor."""

    def explained(self, error: BaseException) -> BaseException:
        """The error itself."""
        return error


def train_here(index: int, stack: Stack) -> Done:
    """Train a stack in the process that calls."""
    return Done(*timed_training(index, stack))


@contextmanager
def local_site(jobs: int, warn: Callable[[str], None]) -> Iterator[Local]:
    """This machine, with so many processes.

    BLAS has one thread in either case: with another number of threads a product may differ in its
    last bits. Where this system can't start workers, ``warn`` is told, and this process trains.
    """
    if jobs > 1:
        with workers(jobs, warn) as pool:
            if pool is not None:
                yield Local(pool, jobs)
                return
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        yield Local(Serial())


def _next_of(waiting: Iterable[Future[Any]], site: Site) -> set[Future[Any]]:
    """The futures that are done, once one is.

    The wait is cut into pieces: a signal that the system gives to another thread of this process does
    not wake the main thread, which alone can act on it.
    """
    while True:
        done, _ = wait(waiting, LOOK_SECONDS, FIRST_COMPLETED)
        if done:
            return done
        site.watch()


def train_all(
    calls: Iterable[Call], site: Site, outside: Mapping[str, str] | None = None
) -> Iterator[Done]:
    """Submit calls, as many at a time as the site takes; yield what is done as it finishes.

    ``outside`` has the file of each regularizer from outside. Raises PluginError where one's hook fails.
    """
    waiting: dict[Future[Any], Call] = {}

    def submit(call: Call) -> None:
        waiting[site.executor.submit(call[0], *call[1])] = call

    def finished() -> Iterator[Done]:
        for each in _next_of(waiting, site):
            call = waiting.pop(each)
            if each.cancelled():
                submit(call)
            elif (error := each.exception()) is not None:
                raise site.explained(error)
            else:
                yield each.result()

    try:
        for call in calls:
            submit(call)
            while len(waiting) >= site.ahead():
                yield from finished()
        while waiting:
            yield from finished()
    except HookError as error:
        raise PluginError(str(error)) from error
    except BrokenExecutor as error:
        if not outside:
            raise
        suspects = " and ".join(f"{name!r} of {file!r}" for name, file in outside.items())
        raise PluginError(
            f"a worker process ended while {suspects} was trained: killed by the system for want of"
            " memory, or by this code; run with --jobs 1 to find out"
        ) from error

"""Executors: where stacks of runs are trained, in the shape of ``concurrent.futures.Executor``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from contextlib import contextmanager
from typing import Any

from regcmp.engine.hooks import HookError
from regcmp.engine.stack import Stack
from regcmp.engine.training import Trained, timed_training
from regcmp.errors import PluginError
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


@contextmanager
def executor_for(jobs: int, warn: Callable[[str], None]) -> Iterator[tuple[Executor, int]]:
    """An executor with so many workers, and how many stacks to hand it at a time.

    BLAS has one thread in either case: with another number of threads a product may differ in its
    last bits. Where this system can't start workers, ``warn`` is told, and this process trains.
    """
    if jobs > 1:
        with workers(jobs, warn) as pool:
            if pool is not None:
                yield pool, 2 * jobs
                return
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        yield Serial(), 1


def _next_of(waiting: set[Future[Any]]) -> tuple[set[Future[Any]], set[Future[Any]]]:
    """The futures that are done, once one is, and the others.

    The wait is cut into pieces: a signal that the system gives to another thread of this process does
    not wake the main thread, which alone can act on it.
    """
    while True:
        done, others = wait(waiting, LOOK_SECONDS, FIRST_COMPLETED)
        if done:
            return done, others


def train_all(
    stacks: Iterable[Stack], executor: Executor, ahead: int
) -> Iterator[tuple[int, list[Trained], float]]:
    """Train stacks, ``ahead`` of them at a time; yield (index, runs, seconds) as they finish.

    Raises PluginError where a hook of a regularizer from outside fails.
    """
    waiting: set[Future[Any]] = set()
    outside: dict[str, str] = {}
    try:
        for index, stack in enumerate(stacks):
            outside |= {name: each.file for name, each in stack.outside.items()}
            waiting.add(executor.submit(timed_training, index, stack))
            while len(waiting) >= ahead:
                done, waiting = _next_of(waiting)
                yield from (each.result() for each in done)
        while waiting:
            done, waiting = _next_of(waiting)
            yield from (each.result() for each in done)
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

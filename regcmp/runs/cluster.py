"""A cluster: a Dask scheduler whose workers train stacks, which they prepare themselves.

The dataset is sent to each worker once, and then for each stack only which runs it has.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

from regcmp.engine.stack import Keep
from regcmp.errors import RegcmpError, UsageError
from regcmp.plan.execution import ADDRESS, HERE
from regcmp.runs.condition import Condition, Run
from regcmp.runs.executing import Call
from regcmp.runs.numerics import Machine
from regcmp.runs.recipe import Recipe, facts_of_worker, recipe_of, train_there
from regcmp.runs.workers import ONE_THREAD, SAFE_PATH, started_quietly

CONNECT_SECONDS = 10
LOOK_SECONDS = 2.0
"""How often the scheduler is asked for its workers."""
ALONE_SECONDS = 60.0
"""After which a scheduler without workers is given up."""
RETRIES = 3
AHEAD = 2
"""Stacks for each thread of a worker: one that it trains, one that waits for it."""


@contextmanager
def cluster_site(where: str, jobs: int) -> Iterator[Cluster]:
    """The workers of the scheduler at this address, of this file, or of one that is started here.

    ``jobs`` is the number of workers that are started. Raises UsageError where Dask is missing or the
    scheduler isn't there, and RegcmpError where it goes away.
    """
    try:
        import distributed
    except ModuleNotFoundError as error:
        raise UsageError(
            "--scheduler needs the extra 'dask': pip install 'regcmp[dask]'", "scheduler"
        ) from error
    with ExitStack() as stack:
        stack.enter_context(_quiet_logs())
        place = _address_in(where) if where.endswith(".json") else where
        if where == HERE:
            place = stack.enter_context(_started(distributed, jobs))
        connect: Any = distributed.Client
        try:
            client = stack.enter_context(
                connect(place, timeout=CONNECT_SECONDS, set_as_default=False)
            )
        except (OSError, ValueError, ImportError) as error:
            reason = next(iter(str(error).splitlines()), "") or type(error).__name__
            raise UsageError(
                f"--scheduler: can't reach a scheduler at {where!r}: {reason}", "scheduler"
            ) from error
        yield Cluster(client, where)


def _address_in(file: str) -> str:
    """The address in a scheduler's file."""
    try:
        address = json.loads(Path(file).read_bytes())["address"]
    except OSError as error:
        raise UsageError(
            f"--scheduler: can't read {file!r}: {error.strerror}", "scheduler"
        ) from error
    except (ValueError, KeyError, TypeError, RecursionError):
        address = None
    if not isinstance(address, str) or not ADDRESS.fullmatch(address):
        raise UsageError(
            f"--scheduler: {file!r} is not the file of a Dask scheduler; it has no address",
            "scheduler",
        )
    return address


@contextmanager
def _started(distributed: Any, jobs: int) -> Iterator[Any]:
    """A scheduler and workers on this machine, which end with the block."""
    with TemporaryDirectory(prefix="regcmp-dask-") as folder:
        with started_quietly():
            cluster = distributed.LocalCluster(
                n_workers=jobs,
                threads_per_worker=1,
                host="127.0.0.1",
                dashboard_address=None,
                scheduler_kwargs={"dashboard": False, "dashboard_address": "127.0.0.1:0"},
                local_directory=folder,
                silence_logs=logging.CRITICAL,
                env=ONE_THREAD | SAFE_PATH,
            )
        with cluster:
            yield cluster


@dataclass(eq=False)
class Cluster(Executor):
    """A site whose executor is a scheduler: it replaces what is large by what was sent before."""

    client: Any
    where: str
    machines: list[Machine] = field(default_factory=list)
    """Of its workers, each kind once."""
    _inner: Any = None
    _recipes: dict[int, tuple[Condition, Recipe]] = field(default_factory=dict)
    _sent: dict[int, tuple[Any, Any]] = field(default_factory=dict)
    _tries: dict[tuple[int, int], int] = field(default_factory=dict)
    _tasks: dict[str, str] = field(default_factory=dict)
    _threads: dict[str, int] = field(default_factory=dict)
    _looked: float = float("-inf")
    _seen: float = field(default_factory=time.monotonic)
    """When there was a worker last."""

    def __post_init__(self) -> None:
        self._inner = self.client.get_executor(pure=False)
        self._look()
        if not self._threads:
            raise UsageError(
                f"--scheduler: the scheduler at {self.where!r} has no workers; start some with 'dask"
                " worker', and run the same command again",
                "scheduler",
            )

    @property
    def executor(self) -> Executor:
        """What stacks are submitted to."""
        return self

    def at_once(self) -> int:
        """One for each thread of its workers, which may come and go."""
        self._look()
        return max(1, sum(self._threads.values()))

    def ahead(self) -> int:
        """Some for each thread, so that none waits for the next."""
        return AHEAD * self.at_once()

    def call(self, index: int, condition: Condition, runs: Sequence[Run], *, keep: Keep) -> Call:
        """Have a worker prepare and train this stack."""
        _, recipe = self._recipes.setdefault(id(condition), (condition, recipe_of(condition)))
        return train_there, (index, condition.dataset, recipe, list(runs), keep)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Submit a call; one that was lost, because workers were, may come again a few times.

        Raises RegcmpError where the scheduler is gone.
        """
        self._check()
        index, dataset, recipe, runs, keep = args
        kwargs["key"] = key = f"regcmp-{uuid4().hex}"
        place = id(recipe), index
        self._tries[place] = self._tries.get(place, -1) + 1
        text = f"{str(runs[0].method)!r} under seed {runs[0].seed}"
        text += f" and {len(runs) - 1} more runs" if len(runs) > 1 else ""
        if self._tries[place] > RETRIES:
            raise self._lost(text)
        self._tasks[key] = text
        sent = self._there(dataset), self._there(recipe)
        future: Future[Any] = self._inner.submit(fn, index, *sent, runs, keep, **kwargs)
        return future

    def explained(self, error: BaseException) -> BaseException:
        """What to say of an error of Dask; any other stays as it is."""
        import distributed

        if isinstance(error, distributed.KilledWorker):
            return self._lost(self._tasks.get(str(error.task), str(error.task)))
        return error

    def watch(self) -> None:
        """Raise RegcmpError where the scheduler or all workers have been gone for too long."""
        self._check()
        self._look()
        if time.monotonic() - self._seen > ALONE_SECONDS:
            raise RegcmpError(
                f"the scheduler at {self.where!r} has had no worker for {ALONE_SECONDS:g} s; start some"
                " with 'dask worker', and run the same command again: what was trained is in the store"
            )

    def _lost(self, text: str) -> RegcmpError:
        return RegcmpError(
            f"workers of {self.where!r} ended {RETRIES + 1} times while they trained {text}: most often"
            " for want of memory"
        )

    def _check(self) -> None:
        if self.client.status != "running":
            raise RegcmpError(
                f"the scheduler at {self.where!r} went away; when it is back, run the same command again:"
                " what was trained is in the store"
            )

    def _there(self, large: Any) -> Any:
        """A reference to what each worker has; sent again where it was lost."""
        _, sent = self._sent.get(id(large), (large, None))
        if sent is None or sent.status != "finished":
            sent = self.client.scatter(large, broadcast=True, hash=False)
            self._sent[id(large)] = large, sent
        return sent

    def _look(self) -> None:
        """Ask for the workers, now and then, and new ones for their machines."""
        now = time.monotonic()
        if now - self._looked < LOOK_SECONDS:
            return
        self._looked = now
        before, self._threads = self._threads, dict(self.client.nthreads())
        if self._threads:
            self._seen = now
        new = [each for each in self._threads if each not in before]
        if not new:
            return
        for facts in self._facts_of(new).values():
            if facts.machine.digest not in {each.digest for each in self.machines}:
                self.machines.append(facts.machine)

    def _facts_of(self, workers: list[str]) -> dict[str, Any]:
        try:
            found: dict[str, Any] = self.client.run(
                facts_of_worker, workers=workers, on_error="return"
            )
        except OSError:  # it left meanwhile
            return {}
        for worker, facts in found.items():
            if isinstance(facts, ImportError):
                raise UsageError(
                    f"--scheduler: the worker {worker!r} can't import regcmp ({facts}); install it there",
                    "scheduler",
                )
            if not isinstance(facts, BaseException):
                facts.check(worker)
        return {name: each for name, each in found.items() if not isinstance(each, BaseException)}


@contextmanager
def _quiet_logs() -> Iterator[None]:
    """Without Dask's messages: what they tell of is an error of ours, or nobody's concern."""
    loggers = [
        logging.getLogger(name)
        for name in ("distributed", "tornado", *logging.root.manager.loggerDict)
        if name.startswith(("distributed", "tornado"))  # some have a level of their own
    ]
    before = [each.level for each in loggers]
    for each in loggers:
        each.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for each, level in zip(loggers, before, strict=True):
            each.setLevel(level)

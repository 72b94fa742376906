"""How far the runs of a command are, and how long the rest takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import RLock
from time import monotonic

from regcmp.plan.grammar import NONE, Kind, Method
from regcmp.plan.nuisances import Setting
from regcmp.runs.condition import Run

Work = tuple[Kind, Setting]
"""What decides how long a run takes, among the runs of one command."""
LONGER = 1.25
"""How long a stack is expected to take, at least, as a multiple of what it has taken so far."""


@dataclass
class Underway:
    """A stack that was handed to the workers."""

    runs: Sequence[Run]
    begun: float | None = None
    """When a worker was free for it."""

    @property
    def work(self) -> Work:
        """The kind of its runs."""
        return work_of(self.runs[0])


@dataclass
class Measured:
    """What runs of one kind took."""

    seconds: float = 0.0
    epochs: int = 0

    def add(self, seconds: float, epochs: int) -> None:
        """Count so many epochs of a run more."""
        self.seconds += seconds
        self.epochs += epochs


@dataclass
class Pace:
    """Counts the runs of a command; another thread may ask how far they are.

    The time left is what runs of each kind took, epoch by epoch. A kind that was not measured yet takes
    what the others do.
    """

    left: Counter[Work] = field(default_factory=Counter)
    """Runs that are not done."""
    epochs: int = 1
    """Of a run whose setting names no other number."""
    clock: Callable[[], float] = monotonic
    done: int = 0
    at_once: int = 1
    """How many stacks train at a time."""
    expected: float | None = None
    """Seconds of one core for all runs, as a guess before any was measured."""
    total: int = field(init=False)
    _underway: dict[int, Underway] = field(default_factory=dict)
    _measured: dict[Work, Measured] = field(default_factory=dict)
    _before: dict[Work, Measured] = field(default_factory=dict)
    """Of runs that a store has."""
    _lock: RLock = field(default_factory=RLock)

    def __post_init__(self) -> None:
        self.total = self.left.total()
        self._all = self._epochs_of(self.left)

    def known(self, runs: Iterable[Run], seconds: Mapping[Run, float] | None = None) -> None:
        """These runs need no training; some took so many seconds in an earlier command."""
        with self._lock:
            for run in runs:
                self._take(work_of(run))
                taken = (seconds or {}).get(run)
                if taken is not None:
                    before = self._before.setdefault(work_of(run), Measured())
                    before.add(taken, self._epochs(work_of(run)))

    def submitted(self, index: int, runs: Sequence[Run], at_once: int) -> None:
        """A stack waits for a worker, or has one, among so many at a time."""
        with self._lock:
            self.at_once = at_once
            self._underway[index] = Underway(runs)
            self._begin()

    def finished(self, index: int, seconds: float) -> None:
        """A stack is done, and took a worker so long."""
        with self._lock:
            stack = self._underway.pop(index)
            measured = self._measured.setdefault(stack.work, Measured())
            measured.add(seconds, len(stack.runs) * self._epochs(stack.work))
            for _ in stack.runs:
                self._take(stack.work)
            self._begin()

    @property
    def training(self) -> str:
        """The methods that train now: 'dropout=0.5, l2'."""
        with self._lock:
            names = [_name(each.runs) for each in self._begun]
        return ", ".join(dict.fromkeys(names))

    @property
    def is_guess(self) -> bool:
        """Whether no run was measured yet."""
        return not self._measured and not self._before

    @property
    def seconds_left(self) -> float | None:
        """Until the last run is done; None where nothing is known of it."""
        with self._lock:
            running = {id(each): self._elapsed(each) for each in self._begun}
            cost = self._costs(running)
            if cost is None:
                return None
            whole = sum(runs * cost(work) for work, runs in self.left.items())
            gone, longest = 0.0, 0.0
            for each in self._begun:
                takes, so_far = len(each.runs) * cost(each.work), running[id(each)]
                gone += min(so_far, takes)
                longest = max(longest, takes - so_far)
        return max((whole - gone) / self.at_once, longest)

    def _costs(self, running: Mapping[int, float]) -> Callable[[Work], float] | None:
        """Seconds of a run of a kind; a stack that takes longer than expected tells of its kind."""
        rates = {
            work: each.seconds / each.epochs
            for work, each in (self._before | self._measured).items()
        }
        other = sum(rates.values()) / len(rates) if rates else self._guess
        if other is None:
            return None
        for each in self._begun:
            so_far = LONGER * running[id(each)] / (len(each.runs) * self._epochs(each.work))
            rates[each.work] = max(rates.get(each.work, other), so_far)
        return lambda work: rates.get(work, other) * self._epochs(work)

    @property
    def _guess(self) -> float | None:
        """Seconds of an epoch of a run, as expected before any was measured."""
        return None if self.expected is None else self.expected / self._all

    @property
    def _begun(self) -> list[Underway]:
        return [each for each in self._underway.values() if each.begun is not None]

    def _begin(self) -> None:
        """Workers take stacks in the order in which they were handed over."""
        for each in list(self._underway.values())[: self.at_once]:
            if each.begun is None:
                each.begun = self.clock()

    def _elapsed(self, each: Underway) -> float:
        return 0.0 if each.begun is None else self.clock() - each.begun

    def _take(self, work: Work) -> None:
        """Count a run as done. Which one a search ends with was not known when runs were planned."""
        self.done += 1
        if not self.left[work]:
            like = [each for each, n in self.left.items() if n and each[0] == work[0]]
            work = next(iter(like or [each for each, n in self.left.items() if n]), work)
        if self.left[work]:
            self.left[work] -= 1

    def _epochs(self, work: Work) -> int:
        return int(dict(work[1]).get("epochs", self.epochs))

    def _epochs_of(self, works: Mapping[Work, int]) -> int:
        return max(1, sum(runs * self._epochs(work) for work, runs in works.items()))


def pace_of(planned: Mapping[tuple[Method, Setting], int], epochs: int) -> Pace:
    """The pace of so many runs of each method and setting."""
    left: Counter[Work] = Counter()
    for (method, setting), runs in planned.items():
        left[method.kind, setting] += runs
    return Pace(left, epochs)


def work_of(run: Run) -> Work:
    """The kind of a run."""
    return run.method.kind, run.setting


def _name(runs: Sequence[Run]) -> str:
    """The method of a stack, or what its methods have in common."""
    methods = {str(run.method) for run in runs}
    if len(methods) == 1:
        return methods.pop()
    return "+".join(part.name for part in runs[0].method.parts) or NONE


class Paces:
    """The paces of several comparisons, one after the other, as one."""

    def __init__(self, paces: Sequence[Pace]) -> None:
        self.paces = paces
        self.now = 0
        """Which of them is under way."""
        self._begun = monotonic()

    def begin(self, index: int) -> Pace:
        """The pace of the next comparison."""
        self.now = index
        return self.paces[index]

    @property
    def total(self) -> int:
        """Runs of all of them."""
        return sum(each.total for each in self.paces)

    @property
    def done(self) -> int:
        """Runs that are done; of a comparison that failed, all."""
        before = sum(each.total for each in self.paces[: self.now])
        return before + self.paces[self.now].done

    @property
    def training(self) -> str:
        """The methods that train now."""
        return self.paces[self.now].training

    @property
    def is_guess(self) -> bool:
        """Whether nothing was measured yet."""
        return self.now == 0 and self.paces[0].is_guess

    @property
    def seconds_left(self) -> float | None:
        """Of the comparison under way, and of those to come, whose runs take as long as those so far."""
        left = self.paces[self.now].seconds_left
        if left is None:
            return None
        so_far = sum(each.total for each in self.paces[: self.now + 1])
        later = self.total - so_far
        return left + (monotonic() - self._begun + left) * later / max(so_far, 1)

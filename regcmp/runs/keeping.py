"""Which runs need no training, since a store has them; and what is kept there as runs finish."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

from regcmp.engine.training import Trained
from regcmp.errors import DataError
from regcmp.plan.execution import OFF
from regcmp.runs.condition import Condition, Run
from regcmp.runs.numerics import Machine, this_machine
from regcmp.runs.run_bytes import OUTPUTS, encoded
from regcmp.runs.store import Found, Label, Store, StoreError

VARIABLE = "REGCMP_STORE"
MOST_BYTES = 256 << 20
"""Of the store that a command keeps without being asked to."""
TENTH = 10


@dataclass
class Keeper:
    """A store that may fail: then ``warn`` is told once, and all runs are trained."""

    store: Store | None
    warn: Callable[[str], None]
    verifies: bool = False
    asked: int = 0
    taken: int = 0
    elsewhere: int = 0
    """How many of the runs that were taken another machine had trained."""
    verified: int = 0
    _again: dict[Run, Found] = field(default_factory=dict)

    def known(
        self,
        condition: Condition,
        runs: Sequence[Run],
        machines: Sequence[Machine] = (),
        outputs: Callable[[Run], Sequence[str]] = lambda _: (),
    ) -> dict[Run, Found]:
        """Those of these runs that need no training, as trained here or else on one of ``machines``.

        ``outputs`` says which outputs of a run are wanted: a run that lacks one needs training.
        """
        if self.store is None:
            return {}
        self.asked += len(runs)
        known: dict[Run, Found] = {}
        try:
            for where in (this_machine(), *machines):
                keys = {condition.key(run, where): run for run in runs if run not in known}
                metric = condition.plan.protocol.metric
                wanted = {key: outputs(run) for key, run in keys.items()}
                found = self.store.found(list(keys), metric, wanted)
                known |= {keys[key]: replace(each, where=where) for key, each in found.items()}
        except StoreError as error:
            self._give_up(error)
            return {}
        if self.verifies and known:
            chosen = Random().sample(list(known), -(-len(known) // TENTH))
            self._again |= {run: known.pop(run) for run in chosen}
        self.taken += len(known)
        self.elsewhere += sum(each.elsewhere for each in known.values())
        return known

    def keep(
        self,
        condition: Condition,
        finished: Mapping[Run, Trained],
        seconds: float,
        where: Machine | None = None,
    ) -> None:
        """Keep the runs of a stack, with the seconds that each took, under the machine that trained them.

        Raises DataError where one that the store has, too, was trained to other bits.
        """
        for run, trained in finished.items():
            before = self._again.pop(run, None)
            if before is not None and _are_of_one_kind(before.where, where):
                self.verified += 1
                if not _same(before.trained, trained):
                    raise DataError(
                        f"{str(run.method)!r} under seed {run.seed} was trained to other numbers than those"
                        f" in the store {str(self.store and self.store.path)!r}; clear it by 'regcmp store"
                        " --clear'"
                    )
        if self.store is None:
            return
        name, at = condition.plan.dataset, where or this_machine()
        rows = (
            (
                condition.key(run, at),
                Label(name, str(run.method), run.seed, at.host),
                trained,
                seconds,
            )
            for run, trained in finished.items()
        )
        try:
            self.store.put(rows, condition.plan.protocol.metric)
        except StoreError as error:
            self._give_up(error)

    def close(self) -> None:
        """End the connection."""
        if self.store is not None:
            self.store.close()

    def _give_up(self, error: StoreError) -> None:
        self.warn(f"{error}; the comparison goes on without it")
        self.close()
        self.store = None

    @property
    def said(self) -> str:
        """'31 of 40 runs from FILE'; empty where none is."""
        if self.store is None or not (self.taken or self.verified):
            return ""
        text = f"{self.taken} of {self.asked} runs from {str(self.store.path)!r}"
        if self.elsewhere:
            text += f", {self.elsewhere} of them trained on another machine"
        if self.verified:
            text += f"; {self.verified} trained again, with the same bits"
        return text

    def left_behind(self, done: int, total: int) -> str:
        """What a comparison that was stopped leaves: 'Stopped: 12 of 40 runs are kept in FILE ...'."""
        if not done:
            return "Stopped before the first run was done."
        if self.store is None:
            return (
                f"Stopped: {done} of {total} runs were done, and none is kept, for want of a store."
            )
        return (
            f"Stopped: {done} of {total} runs are kept in {str(self.store.path)!r}; the same command goes"
            " on from there."
        )


def open_keeper(
    given: str | None, warn: Callable[[str], None], *, verifies: bool = False
) -> Keeper:
    """The keeper of the store that was named, or of the one in the user's cache folder.

    'off', also as REGCMP_STORE, is none. Raises StoreError where a named file can't be used; where the
    folder can't, ``warn`` is told.
    """
    named = given or os.environ.get(VARIABLE) or ""
    if named == OFF:
        return Keeper(None, warn)
    if named:
        return Keeper(Store(Path(named)), warn, verifies)
    keeper = Keeper(None, warn, verifies)
    try:
        path = default_path()
        path.parent.mkdir(parents=True, exist_ok=True)
        keeper.store = Store(path)
        keeper.store.prune(MOST_BYTES)
    except (StoreError, OSError) as error:
        warn(f"{error}; runs are not kept")
        keeper.store = None
    return keeper


def default_path() -> Path:
    """Where a command keeps its runs unless told otherwise."""
    from platformdirs import user_cache_path

    return user_cache_path("regcmp", appauthor=False) / "runs.sqlite"


def _are_of_one_kind(one: Machine | None, other: Machine | None) -> bool:
    """Whether what was trained at both must have the same bits."""
    here = this_machine()
    return (one or here).digest == (other or here).digest


def _same(one: Trained, other: Trained) -> bool:
    """Whether all that a store keeps of two runs has the same bits."""

    def bits(run: Trained, names: Iterable[str]) -> list[bytes]:
        arrays = *(run.kept or ()), *(getattr(run, name) for name in names)
        return [each.tobytes() for each in arrays]

    # What one of them was not asked for says nothing.
    names = [
        name for name in OUTPUTS if all(getattr(run, name) is not None for run in (one, other))
    ]
    return encoded(one) == encoded(other) and bits(one, names) == bits(other, names)

"""How a plan is carried out on a machine: what no number of it depends on."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from regcmp.engine.schedules import SCHEDULES
from regcmp.errors import UsageError
from regcmp.option import option, options_of
from regcmp.plan.kinds import parse, refuse

OFF = "off"
"""A store that is none."""
HERE = "local"
"""A scheduler that is started on this machine."""
ADDRESS = re.compile(r"(tcp|tls|ws|wss)://[^\s/]+:\d+/?")


@dataclass(frozen=True)
class Execution:
    """None stands for what the machine allows."""

    jobs: int | None = option(
        "whole", None,
        "Worker processes. Does not change the results.  [default: one per core]",
        group="Other", low=1, metavar="N", decides=False,
    )  # fmt: skip
    max_memory: int | None = option(
        "bytes", None,
        "Refuse to start if more memory than this is needed, as in 8GB.  [default: the machine's]",
        group="Other", metavar="SIZE", decides=False,
    )  # fmt: skip
    scheduler: str | None = option(
        "file", None,
        "Dask scheduler whose workers train: its address, as in tcp://HOST:8786, or its file; local: start"
        " one here, with --jobs workers. Does not change the results on equal machines.  [default: none]",
        group="Other", metavar="ADDRESS|FILE.json|local", decides=False, since="0.2",
    )  # fmt: skip
    store: str | None = option(
        "file", None,
        "SQLite file that keeps every finished run and hands it to later commands; off: none. REGCMP_STORE"
        " says the same.  [default: one in the user's cache folder, of at most 256 MB]",
        group="Other", metavar="FILE|off", decides=False, since="0.2",
    )  # fmt: skip
    no_store: bool = option(
        "switch", False, "Keep no run and take none, also where a store is named.",
        group="Other", decides=False, since="0.2",
    )  # fmt: skip
    verify_store: bool = option(
        "switch", False, "Train a tenth of the runs from the store again, and compare their bits.",
        group="Other", decides=False, since="0.2",
    )  # fmt: skip
    predictions: bool = option(
        "switch", False, "Keep what each network predicts for each of its test rows.",
        group="Output", decides=False, since="0.2",
    )  # fmt: skip


EXECUTION = options_of(Execution)


def make_execution(**given: Any) -> Execution:
    """Check these options. Raises UsageError, naming the option."""
    execution = Execution(**{name: parse(EXECUTION[name], each) for name, each in given.items()})
    if execution.no_store:
        execution = replace(execution, store=OFF)
    place = execution.scheduler
    if place is not None and not _is_scheduler(place):
        expected = f"an address as tcp://HOST:8786, a FILE.json, or {HERE}"
        hint = f"; write --schedule {place}" if place in SCHEDULES else ""
        refuse(EXECUTION["scheduler"], expected, place, hint)
    if execution.jobs is not None and place not in (None, HERE):
        raise UsageError(
            f"--jobs: the scheduler {place!r} has workers of its own, as many as were"
            " started; leave --jobs out",
            "jobs",
        )
    return execution


def _is_scheduler(place: str) -> bool:
    return place == HERE or place.endswith(".json") or bool(ADDRESS.fullmatch(place))

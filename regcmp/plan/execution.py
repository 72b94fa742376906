"""How a plan is carried out on a machine: what no number of it depends on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from regcmp.option import option, options_of
from regcmp.plan.kinds import parse


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


EXECUTION = options_of(Execution)


def make_execution(**given: Any) -> Execution:
    """Check these options. Raises UsageError, naming the option."""
    return Execution(**{name: parse(EXECUTION[name], each) for name, each in given.items()})

"""How an option is declared: once, as a field of a frozen dataclass, with all that is said of it.

The command line, the environment, config files, the Python signature, the JSON Schema, the page's
command and what an older report lacks are derived from these declarations (see ``regcmp.plan``).
The engine declares its settings with plain metadata of the same keys, since it imports nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from functools import cache
from typing import Any

FIRST_VERSION = "0.1"
AUTO = "auto"
"""The choice that leaves an option to the data."""


@dataclass(frozen=True)
class Option:
    """One option of a comparison. ``kind`` names how its text is parsed: a key of ``plan.kinds``."""

    name: str
    default: Any
    kind: str
    help: str
    group: str = "Data"
    """The heading that it stands under in the help."""
    metavar: str | None = None
    low: int | None = None
    high: int | None = None
    """The bounds of a whole number."""
    share_of: str = ""
    """What a share is a share of."""
    choices: tuple[str, ...] = ()
    spelled: str = ""
    """Its name on the command line and in files, where that is not the name with hyphens."""
    repeatable: bool = False
    """Whether its flag may be given several times."""
    decides: bool = True
    """Whether any number of a comparison depends on it."""
    text_tables: bool = False
    """Whether it says how a text table is read, and means nothing for another source."""
    neutral: bool = False
    """Whether its default leaves everything as it is, so that a command need not name it."""
    classes: bool = False
    """Whether it means nothing for a regression."""
    settled: bool = False
    """Whether a report always has a value in the place of a default that leaves it open."""
    since: str = FIRST_VERSION
    """The version that has it first. Reports of earlier versions lack it."""
    before: Any = ...
    """What held in reports that lack it, where that is not its default. Of an option of the first
    version, it says that some of that version's reports lack it."""

    @property
    def key(self) -> str:
        """Its name in files and after '--': 'test-size'."""
        return self.spelled or self.name.replace("_", "-")

    @property
    def flag(self) -> str:
        """How it is written on the command line, which is how messages name it: '--test-size'."""
        return "--" + self.key

    @property
    def about(self) -> str:
        """Its help, with the version that has it first where that is not the first version of all."""
        return self.help if self.since == FIRST_VERSION else f"{self.help}  [since {self.since}]"

    @property
    def held_before(self) -> Any:
        """What held in reports that lack it; ``...`` where none is known to lack it."""
        later = self.before is ... and self.since != FIRST_VERSION
        return self.default if later else self.before


def option(kind: str, default: Any, help: str, **more: Any) -> Any:  # noqa: A002
    """A field that is an option: its kind, default and help, and what else ``Option`` knows of it."""
    return field(default=default, metadata={"kind": kind, "help": help, **more})


@cache
def options_of(section: type) -> Mapping[str, Option]:
    """The options that a dataclass declares, by name, in their order."""
    return {
        each.name: Option(name=each.name, default=_default(each), **each.metadata)
        for each in fields(section)
        if "kind" in each.metadata
    }


def _default(each: Field[Any]) -> Any:
    """The default of a field; None for one that has to be given."""
    return None if each.default is MISSING else each.default

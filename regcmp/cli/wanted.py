"""What a command that compares was asked for, beside its plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from regcmp.report.places import Target


@dataclass(frozen=True)
class Wanted:
    """What a comparison or a study is to print and write, and what is asked of it."""

    exports: Sequence[tuple[str, Target]]
    fail_if: Sequence[str] = ()
    warn_if: Sequence[str] = ()
    rope: float = 0.0
    plot: str | None = None
    quiet: bool = False
    color: str = "auto"
    strict: bool = False
    force: bool = False
    dry_run: bool = False
    no_github: bool = False

    @property
    def places(self) -> list[Target]:
        """Where exports go."""
        return [place for _, place in self.exports]

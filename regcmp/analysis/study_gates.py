"""Gates of a study: each asks about one condition that it names, or about every one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from regcmp.analysis.gates import (
    Finding,
    Gate,
    Grounds,
    Reading,
    grounds_of,
    judge,
    parse_gate,
)
from regcmp.analysis.studies import Study
from regcmp.errors import UsageError

NAMED = ": "
"""Between a condition and its gate: 'train-size=60: gap_mean(dropout) > 0.05'."""


@dataclass(frozen=True)
class Asked:
    """A gate, of the condition with this label."""

    label: str
    gate: Gate


def parse_study_gate(text: str, grounds: Mapping[str, Grounds], *, fatal: bool) -> list[Asked]:
    """The gate under each condition that it asks about, by the condition's label.

    Raises UsageError, naming the flag, for a condition that is not there or a gate that is invalid.
    """
    label, named, gate = text.partition(NAMED)
    if not named or "(" in label:
        return [Asked(each, _parsed(text, text, grounds[each], fatal, each)) for each in grounds]
    meant = condition_of(label, grounds)
    if meant is None:
        flag = "--fail-if" if fatal else "--warn-if"
        raise UsageError(
            f"{flag} {text!r}: no condition is called {label.strip()!r}; the first is"
            f" {next(iter(grounds))!r}",
            flag,
        )
    return [Asked(meant, _parsed(gate, text, grounds[meant], fatal))]


def condition_of(label: str, known: Iterable[str]) -> str | None:
    """The condition of a label, whose words may stand in any order and with any blanks."""

    def words(text: str) -> frozenset[str]:
        return frozenset(each.strip() for each in text.split(","))

    return next((each for each in known if words(each) == words(label)), None)


def _parsed(gate: str, shown: str, grounds: Grounds, fatal: bool, under: str = "") -> Gate:
    text = f"{under}{NAMED}{shown}" if under else shown
    return replace(parse_gate(gate.strip(), grounds, fatal=fatal), text=text)


def judge_study(asked: Iterable[Asked], study: Study) -> list[Finding]:
    """How each gate ends; of a condition that failed, nothing can be told."""
    reports = {part.label: part.report for part in study.parts}
    found = []
    for each in asked:
        report = reports[each.label]
        if report is None:
            reason = Reading("", None, "", "the condition failed")
            found.append(Finding(each.gate, "inconclusive", (reason,)))
        else:
            found += judge([each.gate], report.summary, grounds_of(report.plan))
    return found

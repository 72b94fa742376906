"""Gates on the command line: their options, what is said of them, and GitHub Actions."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from regcmp.cli.exports import check_written
from regcmp.cli.options import Decorated, option
from regcmp.cli.screen import harmless
from regcmp.errors import GATE_FAILED, RegcmpError, UsageError
from regcmp.pipes import special, write_into

if TYPE_CHECKING:
    import pandas as pd

    from regcmp.analysis.gates import Finding, Gate, Grounds
    from regcmp.report.places import Target

MOST_ANNOTATIONS = 10
"""What GitHub shows of one kind in a step; the rest is dropped there without a word."""
MOST_SUMMARY = 1_000_000
"""Bytes; GitHub refuses a whole step's summary above 1 MiB."""


class GateText(click.types.StringParamType):
    """A gate's text; in an environment variable, several are separated by semicolons."""

    name = "gate"
    envvar_list_splitter = ";"


GATE_OPTIONS = (
    option("Gates", "--fail-if", "fail_if", multiple=True, metavar="GATE",
           type=GateText(),
           help="Exit 3 if this is true or can't be told: 'gap_mean(dropout=0.5) > 0.05', a column"
           " of the table's CSV, a method, 'best' or '*' (any). Repeatable."),
    option("Gates", "--warn-if", "warn_if", multiple=True, metavar="GATE",
           type=GateText(), help="The same, but only a warning. Repeatable."),
    option("Gates", "--no-github", is_flag=True,
           help="In GitHub Actions, append no table to the step's summary, annotate nothing."),
)  # fmt: skip


def with_gates(function: Decorated) -> Decorated:
    """Declare the options of gates on a command."""
    for declare in reversed(GATE_OPTIONS):
        function = declare(function)
    return function


def parse_gates(
    fail_if: Iterable[str], warn_if: Iterable[str], grounds: Callable[[], Grounds]
) -> list[Gate]:
    """The gates of these words. Raises UsageError at the first that is invalid."""
    words = [(text, True) for text in fail_if] + [(text, False) for text in warn_if]
    if not words:
        return []
    from regcmp.analysis.gates import parse_gate

    known = grounds()
    return [parse_gate(text, known, fatal=fatal) for text, fatal in words]


def need_gates(places: Iterable[Target], gates: Sequence[object]) -> None:
    """Raise UsageError where a JUnit file is asked for and there is nothing to write into it."""
    if not gates and any(each.format == ".xml" for each in places):
        raise UsageError(
            "-o FILE.xml holds gates, and there is none: add --fail-if or --warn-if", "-o"
        )


def judge_gates(
    gates: list[Gate], table: pd.DataFrame, grounds: Callable[[], Grounds]
) -> list[Finding]:
    """How they end on a table."""
    if not gates:
        return []
    from regcmp.analysis.gates import judge

    return judge(gates, table, grounds())


def say_findings(findings: list[Finding], *, quiet: bool) -> None:
    """A line for each gate on standard error; if quiet, only for those that fail."""
    if not findings:
        return
    from regcmp.report.findings import line

    for each in findings:
        if each.fails or not quiet:
            print(harmless(line(each)), file=sys.stderr)


def tell_github(markdown: Callable[[], str], findings: list[Finding], *, off: bool) -> None:
    """In GitHub Actions: append to the step's summary, and annotate each gate that did not pass.

    Annotations go to standard error, which the runner reads like standard output, where data are.
    Raises RegcmpError where the summary can't be written.
    """
    if off or os.environ.get("GITHUB_ACTIONS") != "true":
        return
    from regcmp.report.findings import annotation, to_markdown_list

    missed = [each for each in findings if each.outcome != "passed"]
    for fatal in (True, False):
        kind = [each for each in missed if each.gate.fatal == fatal]
        for i, each in enumerate(kind[:MOST_ANNOTATIONS]):
            rest = len(kind) - MOST_ANNOTATIONS if i == MOST_ANNOTATIONS - 1 else 0
            print(annotation(each, rest), file=sys.stderr)
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary:
        _append(Path(summary), markdown() + to_markdown_list(findings))


def conclude(
    findings: list[Finding],
    refused: list[RegcmpError],
    markdown: Callable[[], str],
    *,
    no_github: bool,
    quiet: bool = False,
) -> None:
    """Say how the gates ended, here and on GitHub, and end with what could not be written, or with 3."""
    say_findings(findings, quiet=quiet)
    tell_github(markdown, findings, off=no_github)
    check_written(refused)
    if any(each.fails for each in findings):
        raise SystemExit(GATE_FAILED)


def _append(path: Path, text: str) -> None:
    data = text.encode("utf-8", "replace") + b"\n"
    try:
        if special(str(path)):
            write_into(str(path), data, wait=False)
            return
        size = path.stat().st_size if path.exists() else 0
        if size + len(data) > MOST_SUMMARY:
            data = b"The table of regcmp is too long for this summary.\n"
        with path.open("ab") as file:
            file.write(data)
    except (OSError, UsageError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise RegcmpError(
            f"GITHUB_STEP_SUMMARY: {str(path)!r} could not be written ({why}); --no-github leaves it"
            " alone"
        ) from error

"""Standard output and standard error: width, colour, messages."""

from __future__ import annotations

import codecs
import os
import re
import shutil
import sys
import textwrap
import unicodedata
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.console import Console

    from regcmp.report.table import Table
    from regcmp.results import Report
    from regcmp.runs.estimating import Estimate

PLAIN = {
    "±": "+-",
    "½": "1/2",
    "·": "*",
    "•": "*",
    "−": "-",
    "←": "<-",
    "‖": "||",
    "√": "sqrt",
    "Σ": "sum",
    "λ": "lambda",
}
"""What a symbol is in ASCII; Greek letters go by their names, raised ones are lowered."""


class Screen:
    """Where a comparison is shown. Data go to standard output, progress and messages to standard error."""

    def __init__(self, *, quiet: bool, color: str) -> None:
        from regcmp import pipes

        self.quiet = quiet
        self.color = color
        pipes.announce = None if quiet else self._warn

    def console(self, stream: TextIO) -> Console:
        """A console on this stream, coloured as --color says."""
        from rich.console import Console

        forced = {"always": True, "never": False}.get(self.color)
        environment = dict(os.environ)
        if forced is not None:
            environment.pop("NO_COLOR", None)
            environment.pop("FORCE_COLOR", None)
        if forced and environment.get("TERM") in (None, "dumb", "unknown"):
            environment["TERM"] = "xterm"
        return Console(
            file=stream,
            force_terminal=forced if self.color == "always" else None,
            no_color=forced is False or None,
            color_system=None if forced is False else "auto",
            highlight=False,
            emoji=False,
            markup=False,
            _environ=environment,
        )

    def show(self, report: Report, *, to_stderr: bool) -> None:
        """Print the table: on standard error, unless quiet, where standard output carries an export.

        A terminal that has room shows the test curves in one more column.
        """
        from regcmp.report.layout import make_table
        from regcmp.report.spark import with_test_curves
        from regcmp.report.terminal import blocks

        table = make_table(report)
        stream = sys.stderr if to_stderr else sys.stdout
        if stream.isatty():
            console = self.console(stream)
            wider = with_test_curves(table, report, console.encoding)
            wider = _encodable(wider, console.encoding)
            if len(blocks(wider, _width(console, stream))) == 1:
                table = wider
        self.show_table(table, to_stderr=to_stderr)

    def show_table(self, table: Table, *, to_stderr: bool, after_another: bool = False) -> None:
        """Print any table in the same way, with an empty line before it if it comes ``after_another``."""
        from regcmp.report.terminal import print_table

        stream = sys.stderr if to_stderr else sys.stdout
        if to_stderr and self.quiet:
            return
        console = self.console(stream)
        if after_another:
            console.print()
        print_table(_encodable(table, console.encoding), console, _width(console, stream))

    def plot(self, report: Report, kind: str, *, to_stderr: bool) -> None:
        """Draw a figure in characters where the table goes."""
        from regcmp.report.figures import figures_of
        from regcmp.report.sketch import sketch

        stream = sys.stderr if to_stderr else sys.stdout
        if to_stderr and self.quiet:
            return
        for line in sketch(figures_of(report, kind), _width(self.console(stream), stream)):
            print(harmless(line), file=stream)

    def warn_of_data(self, warnings: Iterable[str]) -> None:
        """Say on standard error what should be known of the data, a line each."""
        from regcmp.hints import shortened

        if not self.quiet:
            for each in warnings:
                self._warn(f"Warning: {printable(shortened(each))}")

    def warn(self, text: str) -> None:
        """Say one thing of that kind."""
        self.warn_of_data([text])

    def say(self, line: str, *, always: bool = False) -> None:
        """A line on standard error, unless it is empty, or quiet was asked for."""
        if line and (always or not self.quiet):
            self._warn(line)

    def announce(self, estimate: Estimate) -> None:
        """Say on standard error what long work takes, before it starts."""
        if estimate.is_long and not self.quiet:
            self._warn(f"{estimate}".capitalize())

    def _warn(self, line: str) -> None:
        """A line on standard error, on a terminal in lines that fit it."""
        width = self.console(sys.stderr).width if sys.stderr.isatty() else len(line) + 1
        text = textwrap.fill(
            line, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
        )
        print(harmless(text), file=sys.stderr)

    def warn_of_failures(self, report: Report) -> None:
        """Say on standard error which methods have runs that were stopped: a line for each status."""
        from regcmp.analysis.verdict import WAYS_OUT

        if self.quiet:
            return
        for status, way_out in WAYS_OUT.items():
            failed = report.runs["status"] == status
            counts = failed.groupby(report.runs["method"], sort=False).agg(["sum", "size"])
            each = [f"{name} ({n} of {of} runs)" for name, n, of in counts.itertuples() if n]
            if each:
                self._warn(f"Warning: {status}: {', '.join(each)}; {way_out}")


def printable(text: str) -> str:
    """Text in one line, without what would steer a terminal or a runner of GitHub Actions."""
    return harmless("".join(each if each.isprintable() else "?" for each in text))


def harmless(text: str) -> str:
    """The text; in GitHub Actions without what its runner takes for a command: '::', '##['.

    Anywhere in it, since a long name may be folded there.
    """
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return text
    return re.sub(r":(?=:)", ": ", text).replace("##[", "## [")


def _width(console: Console, stream: TextIO) -> int | None:
    """The width to keep to: COLUMNS, or that of the terminal; a file or a pipe has none."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns) > 0:
        return int(columns)
    return console.width if stream.isatty() else None


def _encodable(table: Table, encoding: str) -> Table:
    """The table in characters that the encoding has, so that its columns stay in line."""

    def plain(texts: Iterable[str]) -> tuple[str, ...]:
        return tuple(harmless(text.encode(encoding, "regcmp").decode(encoding)) for text in texts)

    return replace(
        table,
        above=plain(table.above),
        rows=tuple(map(plain, table.rows)),
        notes=plain(table.notes),
        below=plain(table.below),
        verdict=plain(table.verdict),
    )


def show_page(text: str) -> None:
    """Print a page; lines that are wider than the terminal go on below, further in than they began."""
    width = min(shutil.get_terminal_size().columns, 100)
    for line in text.splitlines():
        indent = len(line) - len(line.lstrip())
        # The columns of a list are told apart by two blanks.
        column = line.rfind("  ", indent, width // 2) + 2
        hanging = " " * (column if column > 1 else indent + 2)
        print(
            textwrap.fill(
                line,
                max(width, len(hanging) + 20),
                subsequent_indent=hanging,
                drop_whitespace=True,
                break_long_words=False,
                break_on_hyphens=False,
            )
            if len(line) > width
            else line
        )


def take_all_characters(*streams: TextIO) -> None:
    """Have the streams write in ASCII what their encoding lacks, rather than fail."""
    codecs.register_error("regcmp", _plain)
    for stream in streams:
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="regcmp")


def _plain(error: UnicodeError) -> tuple[str, int]:
    """Characters that a terminal's encoding lacks, in ASCII."""
    assert isinstance(error, UnicodeEncodeError)
    text = error.object[error.start : error.end]
    return "".join(map(_in_ascii, text)), error.end


def _in_ascii(character: str) -> str:
    name = unicodedata.name(character, "")
    if character in PLAIN:
        return PLAIN[character]
    if name.startswith("GREEK"):
        return name.split()[-1].lower()
    return unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode() or "?"

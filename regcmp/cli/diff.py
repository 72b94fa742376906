"""``regcmp diff``: what changed between two saved reports."""

from __future__ import annotations

from functools import partial

import click

from regcmp.cli.exports import write_all
from regcmp.cli.gate_options import (
    conclude,
    judge_gates,
    need_gates,
    parse_gates,
    with_gates,
)
from regcmp.cli.options import Command, option
from regcmp.cli.overwriting import FORCE_OPTION, check_overwritten
from regcmp.cli.screen import Screen
from regcmp.report.formats import DIFFS, offered
from regcmp.report.places import check_distinct, target


@click.command(cls=Command, short_help="Compare two saved reports, method by method.")
@click.argument("old", metavar="OLD.json", type=click.Path())
@click.argument("new", metavar="NEW.json", type=click.Path())
@option("Output", "-o", "--output", "outputs", multiple=True, metavar="FILE", type=click.Path(),
        envvar="REGCMP_DIFF_OUTPUT",
        help=f"Write it as {offered(DIFFS)}; '-' is CSV on standard output. Repeatable. Without"
        " it, the table is printed.")  # fmt: skip
@FORCE_OPTION
@option(
    "Output",
    "-q",
    "--quiet",
    is_flag=True,
    help="Do not report passed gates or waiting for input.",
)
@option("Output", "--color", default="auto", type=click.Choice(["auto", "always", "never"]),
        help="auto follows NO_COLOR, FORCE_COLOR and the terminal.")  # fmt: skip
@option("Gates", "--max-drop", multiple=True, metavar="test|gap=NUMBER",
        help="Exit 3 if any method's mean test score, or gap, is worse than before by more than this, or"
        " it can't be told: test=0.01. Repeatable.")  # fmt: skip
@with_gates
@option("Other", "--debug", is_flag=True, help="Show where an error came from.")
def diff(
    old: str,
    new: str,
    outputs: tuple[str, ...],
    force: bool,
    quiet: bool,
    color: str,
    max_drop: tuple[str, ...],
    fail_if: tuple[str, ...],
    warn_if: tuple[str, ...],
    no_github: bool,
    debug: bool,
) -> None:
    """Show how the test score and gap of each method changed from OLD.json to NEW.json, with intervals.

    Where data, seeds and splits are the same, seeds are compared in pairs, otherwise the means.

    \b
    Examples:
      regcmp diff before.json after.json
      regcmp diff before.json after.json --max-drop test=0.01 --max-drop gap=0.02 -o changes.md
      regcmp diff before.json after.json --fail-if 'change_gap_low(*) > 0'
    """
    places = [target("-o", text, DIFFS) for text in outputs]
    check_distinct(places, [old, new])

    from regcmp.analysis.comparing import diff_reports
    from regcmp.analysis.gates import drop_gate, grounds_of_diff
    from regcmp.report.diff_table import make_diff_table
    from regcmp.report.exporting import diff_as
    from regcmp.report.markdown import to_markdown
    from regcmp.report.reader import read_report

    screen = Screen(quiet=quiet, color=color)
    found = diff_reports(old, read_report(old), new, read_report(new))
    drops = [drop_gate(text, found.new.plan["metric"]) for text in max_drop]
    gates = drops + parse_gates(fail_if, warn_if, lambda: grounds_of_diff(found.table))
    need_gates(places, gates)
    check_overwritten(places, "regcmp.diff", {}, force=force)
    findings = judge_gates(gates, found.table, lambda: grounds_of_diff(found.table))
    refused = write_all(
        (place, partial(diff_as, place.format, found, findings)) for place in places
    )
    table = make_diff_table(found)
    if not places:
        screen.show_table(table, to_stderr=False)
    conclude(findings, refused, lambda: to_markdown(table), no_github=no_github, quiet=quiet)

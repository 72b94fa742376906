"""``regcmp power``: what a saved comparison could have found."""

from __future__ import annotations

from math import inf

import click

from regcmp.cli.options import Command, option
from regcmp.cli.screen import Screen
from regcmp.errors import UsageError
from regcmp.metrics import METRICS, Metric


@click.command(cls=Command, short_help="Show what a saved comparison could have found.")
@click.argument("file", metavar="FILE.json", type=click.Path(), required=False)
@option("Power", "--from", "named", metavar="FILE.json", type=click.Path(),
        help="The report, in the place of the argument.  [since 0.2]")  # fmt: skip
@option("Power", "--difference", type=float, metavar="NUMBER",
        help="A true difference in test score: 0.01 is one point of accuracy.  [default: the smallest"
        " that is found with 80 % power, of the method that comes closest to a winner]")  # fmt: skip
@option("Output", "-q", "--quiet", is_flag=True, help="Do not report waiting for input.")
@option("Output", "--color", default="auto", type=click.Choice(["auto", "always", "never"]),
        help="auto follows NO_COLOR, FORCE_COLOR and the terminal.")  # fmt: skip
@option("Other", "--debug", is_flag=True, help="Show where an error came from.")
def power(
    file: str | None,
    named: str | None,
    difference: float | None,
    quiet: bool,
    color: str,
    debug: bool,
) -> None:
    """Show how large a difference the comparison in FILE.json finds, and what a smaller one takes.

    \b
    Examples:
      regcmp power report.json
      regcmp power report.json --difference 0.01
    """
    if (file is None) == (named is None):
        raise UsageError("name one report: regcmp power FILE.json", "from")
    path = str(file if named is None else named)
    if difference is not None and not 0 < difference < inf:
        raise UsageError(
            f"--difference: expected a number above 0, such as 0.01, got {difference:g}",
            "difference",
        )
    from regcmp.report.power_table import make_power_table
    from regcmp.report.reader import read_report

    screen = Screen(quiet=quiet, color=color)
    report = read_report(path)
    if difference is not None:
        _check_possible(difference, METRICS[report.plan["metric"]])
    table = make_power_table(path, report, difference)
    screen.show_table(table, to_stderr=False)


def _check_possible(difference: float, metric: Metric) -> None:
    """Raise UsageError for a difference that no two scores have."""
    if difference <= metric.span:
        return
    in_units = difference <= metric.span * metric.factor
    meant = f"{difference:g} {metric.unit} are {difference / metric.factor:g}"
    raise UsageError(
        f"--difference: expected at most {metric.span:g}, the largest difference in {metric.title},"
        f" got {difference:g}" + (f"; {meant}" if in_units else ""),
        "difference",
    )

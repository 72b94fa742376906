"""``regcmp report``: a saved report in any format, without training anything again."""

from __future__ import annotations

import click

from regcmp.cli.options import Command, option
from regcmp.cli.screen import Screen
from regcmp.errors import RegcmpError
from regcmp.report.files import FORMATS, check_distinct, target

WITHOUT_GATES = tuple(each for each in FORMATS if each != ".xml")
"""What a report can be written as; JUnit XML tells of gates, which it has none of."""


@click.command(cls=Command, short_help="Render a saved report in any format.")
@click.argument("file", metavar="FILE.json", type=click.Path())
@option("Output", "-o", "--output", "outputs", multiple=True, metavar="FILE", type=click.Path(),
        envvar="REGCMP_REPORT_OUTPUT",
        help="Write it as .csv (summary), .json, .md, .html, .tex or .parquet; '-' is CSV on standard output."
        " Repeatable. Without it, the table is printed.")  # fmt: skip
@option("Output", "--color", default="auto", type=click.Choice(["auto", "always", "never"]),
        help="auto follows NO_COLOR, FORCE_COLOR and the terminal.")  # fmt: skip
@option("Other", "--debug", is_flag=True, help="Show where an error came from.")
def report(file: str, outputs: tuple[str, ...], color: str, debug: bool) -> None:
    """Render a report that 'regcmp compare -o FILE.json' wrote, as that command would have.

    \b
    Examples:
      regcmp report report.json
      regcmp report report.json -o report.html -o report.md
    """
    places = [target("-o", text, WITHOUT_GATES) for text in outputs]
    check_distinct(places)

    from regcmp.cli.compare import export
    from regcmp.report.reading import read_report

    saved = read_report(file)
    if not places:
        Screen(quiet=False, color=color).show(saved, to_stderr=False)
    refused = []
    for place in sorted(places, key=lambda each: each.path is None):
        try:
            export(saved, (), "summary", place)
        except RegcmpError as error:
            refused.append(str(error))
    if refused:
        raise RegcmpError("; ".join(refused))

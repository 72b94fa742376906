"""``regcmp report``: a saved report in any format, without training anything again."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import click

from regcmp.cli.exports import content, listed, write_all
from regcmp.cli.gate_options import (
    conclude,
    judge_gates,
    need_gates,
    parse_gates,
    with_gates,
)
from regcmp.cli.options import Command, option
from regcmp.cli.overwriting import FORCE_OPTION, check_overwritten
from regcmp.cli.plots import PLOT_OPTION, check_plot, draw
from regcmp.cli.screen import Screen
from regcmp.cli.study import check_formats, render
from regcmp.cli.wanted import Wanted
from regcmp.plan.protocol import BY_SCORE, TYPED
from regcmp.report.formats import FORMATS, FRAMES, either, offered
from regcmp.report.places import check_distinct


@click.command(cls=Command, short_help="Render a saved report in any format.")
@click.argument("file", metavar="FILE.json", type=click.Path())
@option("Output", "-o", "--output", "outputs", multiple=True, metavar="FILE", type=click.Path(),
        envvar="REGCMP_REPORT_OUTPUT",
        help=f"Write it as {offered(FORMATS)}; '-' is CSV on standard output. Repeatable. Without it,"
        " the table is printed.")  # fmt: skip
@PLOT_OPTION
@option("Output", "--runs", "runs_file", metavar="FILE", type=click.Path(),
        envvar="REGCMP_REPORT_RUNS", help=f"Write a row per run, as {either(FRAMES)}.")  # fmt: skip
@option("Output", "--history", "history_file", metavar="FILE", type=click.Path(),
        envvar="REGCMP_REPORT_HISTORY", help="Write a row per run and recorded epoch.")  # fmt: skip
@option("Output", "--tried", "tried_file", metavar="FILE", type=click.Path(),
        envvar="REGCMP_REPORT_TRIED",
        help="Write a row per candidate of a tuned method and seed.")  # fmt: skip
@option("Output", "--condition", metavar="NAME=VALUE,...",
        help="Of a study, the report of this condition: train-size=60.  [since 0.2]")  # fmt: skip
@option("Output", "--sort", type=click.Choice([TYPED, BY_SCORE]),
        help="Order of the table's rows: as typed, or the best test score first."
        "  [default: as it was saved]")  # fmt: skip
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
@with_gates
@option("Other", "--debug", is_flag=True, help="Show where an error came from.")
def report(
    file: str,
    outputs: tuple[str, ...],
    plot: str | None,
    runs_file: str | None,
    history_file: str | None,
    tried_file: str | None,
    condition: str | None,
    sort: str | None,
    force: bool,
    quiet: bool,
    color: str,
    fail_if: tuple[str, ...],
    warn_if: tuple[str, ...],
    no_github: bool,
    debug: bool,
) -> None:
    """Render a report that 'regcmp compare -o FILE.json' wrote, as that command would have.

    \b
    Examples:
      regcmp report report.json
      regcmp report report.json -o report.html -o report.md
      regcmp compare --dataset iris -q -o -.json | regcmp report -
      regcmp report report.json --fail-if 'gap_mean(best) > 0.05'
    """
    exports = listed(outputs, runs_file, history_file, tried_file)
    places = [place for _, place in exports]
    check_distinct(places, [file])
    check_plot(plot)

    from regcmp.analysis.gates import grounds_of
    from regcmp.analysis.studies import Study
    from regcmp.report.layout import make_table
    from regcmp.report.markdown import to_markdown
    from regcmp.report.study_reader import one_of, read_any

    screen = Screen(quiet=quiet, color=color)
    found = read_any(file)
    if isinstance(found, Study) and condition is None:
        check_formats(places, plot)
        wanted = Wanted(
            exports, fail_if, warn_if, quiet=quiet, color=color, force=force, no_github=no_github
        )
        render(found, screen, wanted)
        return
    saved = one_of(found, condition, file)
    if sort is not None:
        saved = replace(saved, plan=saved.plan | {"sort": sort})
    gates = parse_gates(fail_if, warn_if, lambda: grounds_of(saved.plan))
    need_gates(places, gates)
    check_overwritten(places, "regcmp.report", saved.plan, force=force)
    findings = judge_gates(gates, saved.summary, lambda: grounds_of(saved.plan))
    refused = write_all(
        (place, partial(content, saved, findings, name, place, plot)) for name, place in exports
    )
    if not exports:
        screen.show(saved, to_stderr=False)
    refused += draw(screen, saved, plot, places)
    conclude(
        findings,
        refused,
        lambda: to_markdown(make_table(saved)),
        no_github=no_github,
        quiet=quiet,
    )

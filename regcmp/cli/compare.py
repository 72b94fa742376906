"""``regcmp compare``: from words to a plan, to a comparison, to the table and the files."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from regcmp.cli.config import CONFIG_OPTIONS, to_toml
from regcmp.cli.exports import content, listed, write_all
from regcmp.cli.gate_options import (
    GATE_OPTIONS,
    conclude,
    judge_gates,
    need_gates,
    parse_gates,
)
from regcmp.cli.options import Command, option
from regcmp.cli.origins import CONFIG, not_loaded, set_in_file
from regcmp.cli.overwriting import FORCE_OPTION, check_overwritten
from regcmp.cli.plan_options import complete_method, of_group, with_options
from regcmp.cli.plots import PLOT_OPTION, check_drawable, check_place, check_plot, draw
from regcmp.cli.progress import progress
from regcmp.cli.screen import Screen
from regcmp.data.opening import check_source
from regcmp.errors import UsageError
from regcmp.plan import make_plan
from regcmp.plan.execution import EXECUTION, make_execution
from regcmp.plan.grammar import TUNE
from regcmp.plan.options import DEFAULT_METHODS
from regcmp.report.formats import FORMATS, FRAMES, either, offered
from regcmp.report.places import check_distinct

if TYPE_CHECKING:
    from regcmp.analysis.gates import Grounds
    from regcmp.data.dataset import Dataset
    from regcmp.plan import Plan

OPTIONS = (
    *of_group("Data", "Protocol", "Network", "Training"),
    option("Output", "-o", "--output", "outputs", multiple=True, metavar="FILE", type=click.Path(),
           envvar="REGCMP_COMPARE_OUTPUT",
           help=f"Also write the report: {offered(FORMATS)}; '-' is CSV on standard output, '-.json' JSON."
           " Repeatable."),
    PLOT_OPTION,
    option("Output", "--runs", "runs_file", metavar="FILE", type=click.Path(),
           envvar="REGCMP_COMPARE_RUNS", help=f"Write a row per run, as {either(FRAMES)}."),
    option("Output", "--history", "history_file", metavar="FILE", type=click.Path(),
           envvar="REGCMP_COMPARE_HISTORY", help="Write a row per run and recorded epoch."),
    option("Output", "--tried", "tried_file", metavar="FILE", type=click.Path(),
           envvar="REGCMP_COMPARE_TRIED", help="Write a row per candidate of a tuned method and seed."),
    option("Output", "--predictions", "predictions_file", metavar="FILE", type=click.Path(),
           envvar="REGCMP_COMPARE_PREDICTIONS",
           help="Write a row per run and test row: the row's number, its label or value, what was predicted,"
           " and the probability of each class. Rows of the data count from 0; runs that were stopped have"
           " none."),
    FORCE_OPTION,
    option("Output", "--dry-run", is_flag=True,
           help="Say how many networks would be trained and about how long that takes, from a first few"
           " that are trained for it; train no more, write nothing."),
    option("Output", "--strict", is_flag=True,
           help="Exit 1 if a run was stopped, when all is printed and written."),
    option("Output", "-q", "--quiet", is_flag=True, help="No progress, no warnings."),
    option("Output", "--color", default="auto", type=click.Choice(["auto", "always", "never"]),
           help="auto follows NO_COLOR, FORCE_COLOR and the terminal."),
    *GATE_OPTIONS,
    *of_group("Other"),
    *CONFIG_OPTIONS,
    option("Other", "--debug", is_flag=True, help="Show where an error came from."),
)  # fmt: skip


FIRST = ("dataset", "target", "hidden", "seeds", "outputs")
"""The options that people need first."""


@click.command(cls=Command, short_help="Train one network under several regularizers.", first=FIRST)
@click.argument("methods", nargs=-1, metavar="[METHOD]...", shell_complete=complete_method)
@with_options(*OPTIONS)
@click.pass_context
def compare(
    ctx: click.Context,
    /,
    methods: tuple[str, ...],
    outputs: tuple[str, ...],
    runs_file: str | None,
    history_file: str | None,
    tried_file: str | None,
    predictions_file: str | None,
    plot: str | None,
    quiet: bool,
    color: str,
    strict: bool,
    dry_run: bool,
    force: bool,
    fail_if: tuple[str, ...],
    warn_if: tuple[str, ...],
    no_github: bool,
    config: str | None,
    save_config: str | None,
    debug: bool,
    **words: Any,
) -> None:
    """Train the same network under each METHOD over paired seeds, and print how they generalize.

    A METHOD is a regularizer or several: NAME[=NUMBER[,NUMBER...]][:OPTION=VALUE...][+NAME...].
    Lists multiply out, and a bare name takes its documented default; 'regcmp methods' lists them.
    tune:METHOD chooses its strengths under each seed, on validation rows. Without any METHOD, none,
    l1, l2 and dropout are compared.

    \b
    Examples:
      regcmp compare --dataset digits
      regcmp compare --dataset digits none l2=1e-4,1e-2 dropout=0.5:input=0.2+l2
      regcmp compare --dataset digits --train-size 100 none tune:l2 tune:dropout
      regcmp compare --dataset breast_cancer --train-size 60 --metric log_loss
      regcmp compare --dataset wine --seeds 20 -o report.json --runs runs.csv
      regcmp compare --dataset moons:n=200:noise=0.4 --hidden 32
    """
    words["predictions"] = predictions_file is not None
    machine = {name: words.pop(name) for name in EXECUTION}
    plan = make_plan(methods=methods or set_in_file(ctx, "methods") or DEFAULT_METHODS, **words)
    check_source(plan.dataset, plan.reading)
    execution = make_execution(**machine)
    exports = listed(outputs, runs_file, history_file, tried_file, predictions_file, save_config)
    inputs = plan.dataset, plan.reading.test, ctx.meta.get(CONFIG), execution.store
    places = [place for _, place in exports]
    check_distinct(places, (*inputs, *words["plugins"]))
    check_plot(plot)
    _check_tried(tried_file, plan)
    check_place(plot, places, quiet=quiet)
    gates = parse_gates(fail_if, warn_if, lambda: grounds(plan.as_dict()))
    need_gates(places, gates)

    from regcmp.api import Watch, rehearse, run
    from regcmp.runs.pace import pace_of
    from regcmp.runs.tuning import planned_networks

    screen = Screen(quiet=quiet, color=color)
    screen.warn_of_data(not_loaded(ctx))

    def loaded(dataset: Dataset, settled: Plan) -> None:
        screen.warn_of_data(dataset.warnings)
        check_drawable(plot, dataset, settled)
        check_overwritten(places, "regcmp.report", settled.as_dict(), force=force)

    if dry_run:
        print(rehearse(plan, execution, Watch(loaded=loaded)))
        return
    pace = pace_of(planned_networks(plan), plan.settings.epochs)
    with progress(screen, pace) as reading:
        watch = Watch(reading, loaded, screen.announce, pace, screen.warn, screen.say)
        comparison = run(plan, execution, watch)
    findings = judge_gates(gates, comparison.summary, lambda: grounds(comparison.plan))
    refused = write_all(
        (place, partial(to_toml, ctx, plan.as_dict()))
        if name == "config"
        else (place, partial(content, comparison, findings, name, place, plot))
        for name, place in exports
    )
    screen.show(comparison, to_stderr=any(place.path is None for place in places))
    refused += draw(screen, comparison, plot, places)
    screen.warn_of_failures(comparison)
    conclude(findings, refused, comparison.to_markdown, no_github=no_github, quiet=quiet)
    if strict and comparison.summary["n_failed"].any():
        raise SystemExit(1)


def _check_tried(tried_file: str | None, plan: Plan) -> None:
    """Raise UsageError for candidates that are to be written where there are none."""
    if tried_file is not None and not plan.is_tuned:
        raise UsageError(
            f"--tried: nothing is tuned; write a method such as {TUNE}l2, or leave the option out",
            "tried",
        )


def grounds(plan: dict[str, Any]) -> Grounds:
    """What a gate on this plan's table can ask about."""
    from regcmp.analysis.gates import grounds_of

    return grounds_of(plan)

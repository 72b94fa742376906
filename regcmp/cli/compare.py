"""``regcmp compare``: from words to a plan, to a comparison, to the table and the files."""

from __future__ import annotations

from functools import partial
from itertools import takewhile
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from regcmp.cli.config import CONFIG_OPTIONS, to_toml
from regcmp.cli.exports import content, listed, write_all
from regcmp.cli.gate_options import (
    GATE_OPTIONS,
    conclude,
    judge_gates,
    need_gates,
    parse_gates,
)
from regcmp.cli.options import Command, is_source, option
from regcmp.cli.origins import CONFIG, not_loaded, set_in_file
from regcmp.cli.overwriting import FORCE_OPTION, check_overwritten
from regcmp.cli.plan_options import complete_method, of_group, with_options
from regcmp.cli.plots import PLOT_OPTION, check_drawable, check_place, check_plot, draw
from regcmp.cli.progress import progress
from regcmp.cli.screen import Screen
from regcmp.cli.study import (
    STUDY_OPTIONS,
    compare_over,
    parse_rope,
    varied_in,
)
from regcmp.cli.wanted import Wanted
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
    from regcmp.plan.execution import Execution

OPTIONS = (
    *of_group("Data", "Protocol"),
    *STUDY_OPTIONS,
    *of_group("Network", "Training"),
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
    over: tuple[str, ...],
    rope: str,
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
      regcmp compare --dataset digits --over train-size=60,120,300
    """
    words["predictions"] = predictions_file is not None
    datasets, methods = _sources(ctx, words.pop("dataset"), methods)
    words["methods"] = methods or set_in_file(ctx, "methods") or DEFAULT_METHODS
    machine = {name: words.pop(name) for name in EXECUTION}
    wanted = Wanted(
        listed(outputs, runs_file, history_file, tried_file, predictions_file, save_config),
        fail_if,
        warn_if,
        parse_rope(rope),
        plot,
        quiet,
        color,
        strict,
        force,
        dry_run,
        no_github,
    )
    if varied := varied_in(datasets, over):
        words["dataset"] = "".join(datasets[:1])
        compare_over(ctx, varied, words, make_execution(**machine), wanted)
    else:
        plan = make_plan(dataset=datasets[0], **words)
        check_source(plan.dataset, plan.reading)
        _compare_one(ctx, plan, make_execution(**machine), wanted)


def _compare_one(ctx: click.Context, plan: Plan, execution: Execution, wanted: Wanted) -> None:
    """Carry out one comparison, print it, and write what was asked for."""
    plot, places, quiet = wanted.plot, wanted.places, wanted.quiet
    inputs = plan.dataset, plan.reading.test, ctx.meta.get(CONFIG), execution.store
    check_distinct(places, (*inputs, *ctx.params["plugins"]))
    check_plot(plot)
    _check_tried(wanted, plan)
    check_place(plot, places, quiet=quiet)
    gates = parse_gates(wanted.fail_if, wanted.warn_if, lambda: grounds(plan.as_dict()))
    need_gates(places, gates)

    from regcmp.api import Watch, rehearse, run
    from regcmp.runs.pace import pace_of
    from regcmp.runs.tuning import planned_networks

    screen = Screen(quiet=quiet, color=wanted.color)
    screen.warn_of_data(not_loaded(ctx))

    def loaded(dataset: Dataset, settled: Plan) -> None:
        screen.warn_of_data(dataset.warnings)
        check_drawable(plot, dataset, settled)
        check_overwritten(places, "regcmp.report", settled.as_dict(), force=wanted.force)

    if wanted.dry_run:
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
        for name, place in wanted.exports
    )
    screen.show(comparison, to_stderr=any(place.path is None for place in places))
    refused += draw(screen, comparison, plot, places)
    screen.warn_of_failures(comparison)
    no_github = wanted.no_github
    conclude(findings, refused, comparison.to_markdown, no_github=no_github, quiet=quiet)
    if wanted.strict and comparison.summary["n_failed"].any():
        raise SystemExit(1)


def _sources(
    ctx: click.Context, datasets: tuple[str, ...], methods: tuple[str, ...]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The datasets and the methods: first arguments that are datasets or files stand for --dataset.

    Raises click.MissingParameter where nothing says what the rows are.
    """
    is_typed = ctx.get_parameter_source("dataset") == ParameterSource.COMMANDLINE
    named = () if is_typed else tuple(takewhile(is_source, methods))
    if named:
        return named, methods[len(named) :]
    over = (each.partition("=")[0].strip() for each in ctx.params["over"])
    if not datasets and "dataset" not in over:
        (param,) = (each for each in ctx.command.params if each.name == "dataset")
        raise click.MissingParameter(ctx=ctx, param=param)
    return datasets, methods


def _check_tried(wanted: Wanted, plan: Plan) -> None:
    """Raise UsageError for candidates that are to be written where there are none."""
    if any(name == "tried" for name, _ in wanted.exports) and not plan.is_tuned:
        raise UsageError(
            f"--tried: nothing is tuned; write a method such as {TUNE}l2, or leave the option out",
            "tried",
        )


def grounds(plan: dict[str, Any]) -> Grounds:
    """What a gate on this plan's table can ask about."""
    from regcmp.analysis.gates import grounds_of

    return grounds_of(plan)

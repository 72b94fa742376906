"""``regcmp compare``: from words to a plan, to a comparison, to the table and the files."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from regcmp.cli.config import CONFIG_OPTIONS, blaming, not_loaded, set_in_file, to_toml
from regcmp.cli.data_options import DATA_OPTIONS
from regcmp.cli.exports import content, listed, write_all
from regcmp.cli.gates import (
    GATE_OPTIONS,
    conclude,
    judge_gates,
    need_gates,
    parse_gates,
)
from regcmp.cli.options import Command, Name, Source, option
from regcmp.cli.overwriting import FORCE_OPTION, check_overwritten
from regcmp.cli.plots import PLOT_OPTION, check_drawable, check_place, check_plot, draw
from regcmp.cli.screen import Screen
from regcmp.data.reading import check_source
from regcmp.engine.optimizers import OPTIMIZERS
from regcmp.engine.regularizers import REGISTRY
from regcmp.method import NONE
from regcmp.plan import CHOICES, DEFAULT_METHODS, SOURCES, Plan, make_plan, whole
from regcmp.report.files import check_distinct, target

if TYPE_CHECKING:
    from regcmp.data.dataset import Dataset
    from regcmp.gates import Grounds

RATES = ", ".join(f"{name} {each.default_rate:g}" for name, each in OPTIMIZERS.items())


def complete_method(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Regularizers for the last part of the word being typed."""
    before, plus, last = incomplete.rpartition("+")
    names = list(REGISTRY) if plus else [NONE, *REGISTRY]
    return [CompletionItem(before + plus + name) for name in names if name.startswith(last)]


def choice(group: str, name: str, text: str) -> Any:
    """An option that takes one of the words that the plan knows for it."""
    word = name.replace("-", "_")
    return option(
        group, f"--{name}", default=getattr(Plan, word), type=Name(CHOICES[word]), help=text
    )


# Numbers stay text here: the plan reads them, and says what it expected.
OPTIONS = (
    option("Data", "--dataset", required=True, metavar="NAME|FILE", type=Source(),
           help="Which rows to learn from: a name that 'regcmp datasets' lists, a file, or '-' for"
           " CSV from standard input."),
    *DATA_OPTIONS,
    option("Data", "--test-size", default=str(Plan.test_size), metavar="SHARE|ROWS",
           help="Rows set aside for testing, as a share or a count."),
    option("Data", "--train-size", metavar="SHARE|ROWS",
           help="Rows to train on: fewer make overfitting stronger.  [default: all the others]"),
    option("Data", "--validation-size", metavar="SHARE|ROWS",
           help="Training rows that every method leaves out, for those that select by them, such as"
           " earlystop.  [default: 0.2 if there is one, else none]"),
    option("Data", "--label-noise", default=f"{Plan.label_noise:g}", metavar="SHARE",
           help="Share of the training labels that is flipped to another class, the same under"
           " every method."),
    option("Data", "--noise-features", default=str(Plan.noise_features), metavar="N",
           help="Features of pure noise that are added, the same under every method."),
    option("Protocol", "--seeds", default=str(Plan.seeds), metavar="N",
           help="Paired runs of each method; below 5 there is no p-value."),
    option("Protocol", "--seed", default=str(Plan.seed), metavar="N", help="The first seed."),
    option("Protocol", "--vary", default=",".join(SOURCES), metavar="WHAT",
           help="What each seed redraws. Without 'split', results are conditional on one split. The"
           " noise of a regularizer is always redrawn."),
    choice("Protocol", "metric",
           "The score that is compared; auto is accuracy, or r2 for a regression."),
    option("Protocol", "--baseline", default=NONE, metavar="METHOD",
           shell_complete=complete_method, help="The method that the others are compared with."),
    option("Network", "--arch", default=Plan.arch, metavar="LAYERS",
           help="mlp, cnn, or layers joined by hyphens, as in conv16x3-pool2-conv32x3-gap-64."),
    option("Network", "--hidden", default=",".join(map(str, Plan.hidden)), metavar="WIDTH,...",
           help="Widths of the hidden layers of mlp."),
    choice("Network", "activation", "Of the hidden layers."),
    choice("Network", "init",
           "Initial weights: he N(0, 2/fan_in), lecun N(0, 1/fan_in), glorot uniform, normal"
           " N(0, 0.05²)."),
    choice("Network", "dtype", "Precision of training."),
    choice("Training", "optimizer", "How weights follow the gradient."),
    option("Training", "--lr", metavar="RATE", help=f"Learning rate.  [default: {RATES}]"),
    choice("Training", "schedule",
           "Of the learning rate: step is x0.1 at 1/2 and 3/4 of training, cosine ends at 0."),
    option("Training", "--batch-size", default=str(Plan.batch_size), metavar="ROWS",
           help="Rows per step."),
    choice("Training", "class-weight",
           "balanced: rows of rare classes count more in the training loss, so that every class"
           " counts alike."),
    option("Training", "--epochs", default=str(Plan.epochs), metavar="N",
           help="Passes over the training rows."),
    option("Training", "--max-dropped", default=str(Plan.max_dropped), metavar="SHARE",
           help="Stop a run where a larger share of a layer's units is dropped."),
    option("Training", "--max-dead", default=str(Plan.max_dead), metavar="SHARE",
           help="Stop a run where a larger share of a layer's relu units is 0 on all training rows;"
           " 1 stops none."),
    option("Output", "-o", "--output", "outputs", multiple=True, metavar="FILE", type=click.Path(),
           envvar="REGCMP_COMPARE_OUTPUT",
           help="Also write the report: .csv or .parquet (summary), .json (everything), .md, .tex, .html,"
           " .xml (gates, as JUnit), .png, .svg or .pdf (a plot); '-' is CSV on standard output, '-.json'"
           " JSON. Repeatable."),
    PLOT_OPTION,
    option("Output", "--runs", "runs_file", metavar="FILE", type=click.Path(),
           envvar="REGCMP_COMPARE_RUNS", help="Write a row per run, as .csv or .parquet."),
    option("Output", "--history", "history_file", metavar="FILE", type=click.Path(),
           envvar="REGCMP_COMPARE_HISTORY", help="Write a row per run and recorded epoch."),
    FORCE_OPTION,
    option("Output", "--strict", is_flag=True,
           help="Exit 1 if a run was stopped, when all is printed and written."),
    option("Output", "-q", "--quiet", is_flag=True, help="No progress, no warnings."),
    option("Output", "--color", default="auto", type=click.Choice(["auto", "always", "never"]),
           help="auto follows NO_COLOR, FORCE_COLOR and the terminal."),
    *GATE_OPTIONS,
    option("Other", "--plugin", "plugins", multiple=True, metavar="FILE.py", type=click.Path(),
           envvar="REGCMP_COMPARE_PLUGIN", help="Python that registers regularizers of your own."
           " Repeatable."),
    *CONFIG_OPTIONS,
    option("Other", "--jobs", metavar="N",
           help="Worker processes; no number depends on them.  [default: one per core]"),
    option("Other", "--debug", is_flag=True, help="Show where an error came from."),
)  # fmt: skip


def with_options(function: Any) -> Any:
    """Declare the options in the order in which the help lists them."""
    for declare in reversed(OPTIONS):
        function = declare(function)
    return function


@click.command(cls=Command, short_help="Train one network under several regularizers.")
@click.argument("methods", nargs=-1, metavar="[METHOD]...", shell_complete=complete_method)
@with_options
@click.pass_context
def compare(
    ctx: click.Context,
    /,
    methods: tuple[str, ...],
    outputs: tuple[str, ...],
    runs_file: str | None,
    history_file: str | None,
    plot: str | None,
    quiet: bool,
    color: str,
    jobs: str | None,
    strict: bool,
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
    Without any, none, l1, l2 and dropout are compared.

    \b
    Examples:
      regcmp compare --dataset digits
      regcmp compare --dataset digits none l2=1e-4,1e-2 dropout=0.5:input=0.2+l2
      regcmp compare --dataset breast_cancer --train-size 60 --metric log_loss
      regcmp compare --dataset wine --seeds 20 -o report.json --runs runs.csv
      regcmp compare --dataset moons:n=200:noise=0.4 --hidden 32
    """
    with blaming(ctx):
        plan = make_plan(methods=methods or set_in_file(ctx, "methods") or DEFAULT_METHODS, **words)
        check_source(plan.dataset, plan.reading)
        workers = None if jobs is None else whole("jobs", jobs, 1)
    exports = listed(outputs, runs_file, history_file)
    if save_config is not None:
        exports.append(("config", target("--save-config", save_config, (".toml",))))
    inputs = (plan.dataset, plan.test, ctx.meta.get("regcmp.config"), *words["plugins"])
    check_distinct((each for _, each in exports), inputs)
    check_plot(plot)
    check_place(plot, [place for _, place in exports], quiet=quiet)
    gates = parse_gates(fail_if, warn_if, lambda: grounds(plan.as_dict()))
    need_gates((each for _, each in exports), gates)

    from regcmp.api import run

    screen = Screen(quiet=quiet, color=color)
    screen.warn_of_data(not_loaded(ctx))

    def loaded(dataset: Dataset, settled: Plan) -> None:
        screen.warn_of_data(dataset.warnings)
        check_drawable(plot, dataset, plan.noise_features)
        places = [place for _, place in exports]
        check_overwritten(places, "regcmp.report", settled.as_dict(), force=force)

    with blaming(ctx), screen.progress(len(plan.methods) * plan.seeds) as (advance, reading):
        comparison = run(plan, workers, advance, reading, loaded)
    findings = judge_gates(gates, comparison.summary, lambda: grounds(comparison.plan))
    refused = write_all(
        (place, partial(to_toml, ctx, plan.as_dict()))
        if name == "config"
        else (place, partial(content, comparison, findings, name, place, plot))
        for name, place in exports
    )
    to_stderr = any(place.path is None for _, place in exports)
    screen.show(comparison, to_stderr=to_stderr)
    refused += draw(screen, comparison, plot, [place for _, place in exports])
    screen.warn_of_failures(comparison)
    conclude(findings, refused, comparison.to_markdown, no_github=no_github, quiet=quiet)
    if strict and comparison.summary["n_failed"].any():
        raise SystemExit(1)


def grounds(plan: dict[str, Any]) -> Grounds:
    """What a gate on this plan's table can ask about."""
    from regcmp.gates import grounds_of

    return grounds_of(plan)

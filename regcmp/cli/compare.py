"""``regcmp compare``: from words to a plan, to a comparison, to the table and the files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from regcmp.cli.options import Command, Name, Option
from regcmp.cli.screen import Screen
from regcmp.data.bundled import BUNDLED
from regcmp.engine.optimizers import OPTIMIZERS
from regcmp.engine.regularizers import REGISTRY
from regcmp.method import NONE
from regcmp.plan import CHOICES, DEFAULT_METHODS, SOURCES, Plan, make_plan
from regcmp.report.files import check_distinct, target, write_whole

if TYPE_CHECKING:
    from regcmp.api import Comparison
    from regcmp.report.files import Target

RATES = ", ".join(f"{name} {each.default_rate:g}" for name, each in OPTIMIZERS.items())


def complete_method(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Regularizers for the last part of the word being typed."""
    before, plus, last = incomplete.rpartition("+")
    names = list(REGISTRY) if plus else [NONE, *REGISTRY]
    return [CompletionItem(before + plus + name) for name in names if name.startswith(last)]


@click.command(cls=Command, short_help="Train one network under several regularizers.")
@click.argument("methods", nargs=-1, metavar="[METHOD]...", shell_complete=complete_method)
@click.option(
    "--dataset", cls=Option, group="Data", required=True, metavar="NAME", type=Name(list(BUNDLED)),
    help="Which rows to learn from; 'regcmp datasets' lists them.",
)
@click.option(
    "--test-size", cls=Option, group="Data", default=str(Plan.test_size), metavar="SHARE|ROWS", show_default=True,
    help="Rows set aside for testing, as a share or a count.",
)
@click.option(
    "--train-size", cls=Option, group="Data", metavar="SHARE|ROWS",
    help="Rows to train on: fewer make overfitting stronger.  [default: all the others]",
)
@click.option(
    "--seeds", cls=Option, group="Protocol", default=Plan.seeds, metavar="N", show_default=True,
    help="Paired runs of each method; below 5 there is no p-value.",
)
@click.option(
    "--seed", cls=Option, group="Protocol", default=Plan.seed, metavar="N", show_default=True, help="The first seed.",
)
@click.option(
    "--vary", cls=Option, group="Protocol", default=",".join(SOURCES), metavar="WHAT", show_default=True,
    help="What each seed redraws. Without 'split', results are conditional on one split. The noise"
    " of a regularizer is always redrawn.",
)
@click.option(
    "--metric", cls=Option, group="Protocol", default=Plan.metric, type=Name(CHOICES["metric"]), show_default=True,
    help="The score that is compared.",
)
@click.option(
    "--baseline", cls=Option, group="Protocol", default=NONE, metavar="METHOD", show_default=True,
    help="The method that the others are compared with.",
)
@click.option(
    "--hidden", cls=Option, group="Network", default=",".join(map(str, Plan.hidden)), metavar="WIDTH,...",
    show_default=True, help="Widths of the hidden layers.",
)
@click.option(
    "--activation", cls=Option, group="Network", default=Plan.activation, type=Name(CHOICES["activation"]),
    show_default=True, help="Of the hidden layers.",
)
@click.option(
    "--init", cls=Option, group="Network", default=Plan.init, type=Name(CHOICES["init"]), show_default=True,
    help="Initial weights: he N(0, 2/fan_in), glorot uniform, normal N(0, 0.05²).",
)
@click.option(
    "--dtype", cls=Option, group="Network", default=Plan.dtype, type=Name(CHOICES["dtype"]), show_default=True,
    help="Precision of training.",
)
@click.option(
    "--optimizer", cls=Option, group="Training", default=Plan.optimizer, type=Name(CHOICES["optimizer"]),
    show_default=True, help="How weights follow the gradient.",
)
@click.option(
    "--lr", cls=Option, group="Training", metavar="RATE", help=f"Learning rate.  [default: {RATES}]",
)
@click.option(
    "--schedule", cls=Option, group="Training", default=Plan.schedule, type=Name(CHOICES["schedule"]),
    show_default=True, help="Of the learning rate: step is x0.1 at 1/2 and 3/4 of training, cosine ends at 0.",
)
@click.option(
    "--batch-size", cls=Option, group="Training", default=Plan.batch_size, metavar="ROWS", show_default=True,
    help="Rows per step.",
)
@click.option(
    "--epochs", cls=Option, group="Training", default=Plan.epochs, metavar="N", show_default=True,
    help="Passes over the training rows.",
)
@click.option(
    "-o", "--output", "outputs", cls=Option, group="Output", multiple=True, metavar="FILE",
    help="Also write the report: .csv (summary), .json (everything), .md; '-' is CSV on standard"
    " output, '-.json' JSON. Repeatable.",
)
@click.option(
    "--runs", "runs_file", cls=Option, group="Output", metavar="FILE.csv", help="Write a row per run.",
)
@click.option(
    "--history", "history_file", cls=Option, group="Output", metavar="FILE.csv",
    help="Write a row per run and recorded epoch.",
)
@click.option("-q", "--quiet", is_flag=True, cls=Option, group="Output", help="No progress, no warnings.")
@click.option(
    "--color", cls=Option, group="Output", default="auto", type=click.Choice(["auto", "always", "never"]),
    show_default=True, help="auto follows NO_COLOR, FORCE_COLOR and the terminal.",
)
@click.option(
    "--jobs", cls=Option, group="Other", type=int, metavar="N",
    help="Worker processes; no number depends on them.  [default: one per core]",
)
@click.option("--debug", is_flag=True, cls=Option, group="Other", help="Show where an error came from.")
def compare(
    methods: tuple[str, ...], outputs: tuple[str, ...], runs_file: str | None, history_file: str | None,
    quiet: bool, color: str, jobs: int | None, debug: bool, **words: Any,
) -> None:
    """Train the same network under each METHOD over paired seeds, and print how they generalize.

    A METHOD is a regularizer or several: NAME[=NUMBER[,NUMBER...]][:OPTION=NUMBER...][+NAME...].
    Lists multiply out, and a bare name takes its documented default; 'regcmp methods' lists them.
    Without any, none, l1, l2 and dropout are compared.

    \b
    Examples:
      regcmp compare --dataset digits
      regcmp compare --dataset digits none l2=1e-4,1e-2 dropout=0.5:input=0.2+l2=1e-4
      regcmp compare --dataset breast_cancer --train-size 60 --metric log_loss
      regcmp compare --dataset wine --seeds 20 -o report.json --runs runs.csv
    """
    plan = make_plan(methods=methods or DEFAULT_METHODS, **words)
    exports = [("summary", target("-o", text)) for text in outputs]
    for name, text in (("runs", runs_file), ("history", history_file)):
        if text is not None:
            exports.append((name, target(f"--{name}", text, (".csv",))))
    check_distinct(each for _, each in exports)

    from regcmp.api import run

    screen = Screen(quiet=quiet, color=color)
    with screen.progress(len(plan.methods) * plan.seeds) as advance:
        comparison = run(plan, jobs, advance)
    for name, place in exports:
        export(comparison, name, place)
    screen.show(comparison, to_stderr=any(place.path is None for _, place in exports))
    screen.warn_of_failures(comparison)


def export(comparison: Comparison, name: str, place: Target) -> None:
    """Write one frame, or the report in the target's format."""
    from regcmp.report.delimited import to_csv

    if name != "summary":
        text = to_csv(getattr(comparison, name))
    elif place.format == ".json":
        text = comparison.to_json()
    elif place.format == ".md":
        text = comparison.to_markdown()
    else:
        text = comparison.to_csv()
    if place.path is None:
        click.echo(text, nl=False)
    else:
        write_whole(place.path, text)

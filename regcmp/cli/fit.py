"""``regcmp fit``: one method, trained on all rows, as a file that predicts."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from regcmp.cli.exports import check_written, write_all
from regcmp.cli.options import Command, Source, option
from regcmp.cli.plan_options import DATA_OPTIONS, complete_method, declare, of_group, with_options
from regcmp.cli.progress import progress
from regcmp.cli.screen import Screen
from regcmp.data.opening import check_source
from regcmp.errors import UsageError
from regcmp.models.fit_words import (
    BEST,
    FORMATS,
    OF_MACHINE,
    ONNX,
    UNUSED,
    fitted_method,
    make_fit_execution,
    make_fit_plan,
)
from regcmp.plan import OPTIONS
from regcmp.plan.execution import EXECUTION
from regcmp.plan.kinds import parse
from regcmp.report.places import Target, check_distinct, target

if TYPE_CHECKING:
    from regcmp.data.dataset import Dataset
    from regcmp.models.fitted import FittedModel
    from regcmp.plan import Plan

HAS_ITS_OWN = ("seeds", "seed", "plugins", "dataset")
"""What may be said beside a report, which has its own settings."""
SEEDS = replace(
    OPTIONS["seeds"],
    default=1,
    group="Model",
    help="Networks, each under a seed of its own, whose predictions are averaged.",
)
SEED = replace(OPTIONS["seed"], group="Model")
DATA = [each for each in (*DATA_OPTIONS, OPTIONS["validation_size"]) if each.name not in UNUSED]

FIT_OPTIONS = (
    option("Data", "--dataset", "dataset", type=Source(), metavar="NAME|FILE",
           help="Rows to learn from: a name listed by 'regcmp datasets', a file, or '-'. Beside a"
           " report, where its rows are now."),
    *map(declare, DATA),
    option("Model", "--method", "chosen", metavar="METHOD", shell_complete=complete_method,
           help="Which method of the report to train: best is the winner that its verdict names, or"
           " the baseline where it names none.  [default: best]"),
    declare(SEEDS),
    declare(SEED),
    *of_group("Network"),
    *(declare(OPTIONS[name]) for name in OPTIONS if OPTIONS[name].group == "Training"),
    option("Output", "-o", "--output", "outputs", multiple=True, metavar="FILE", type=click.Path(),
           required=True, help="Write the model: .regcmp, or .onnx (the network, for other"
           " programs). Repeatable."),
    option("Output", "-q", "--quiet", is_flag=True, help="No progress, no warnings, no summary."),
    option("Output", "--color", default="auto", type=click.Choice(["auto", "always", "never"]),
           help="auto follows NO_COLOR, FORCE_COLOR and the terminal."),
    declare(OPTIONS["plugins"]),
    *(declare(EXECUTION[name]) for name in OF_MACHINE),
    option("Other", "--debug", is_flag=True, help="Show where an error came from."),
)  # fmt: skip


@click.command(
    cls=Command,
    short_help="Train a method on all rows, and write the model.",
    first=("dataset", "target", "chosen", "seeds", "outputs"),
)
@click.argument("words", nargs=-1, metavar="METHOD | REPORT.json", shell_complete=complete_method)
@with_options(*FIT_OPTIONS)
@click.pass_context
def fit(
    ctx: click.Context,
    /,
    words: tuple[str, ...],
    dataset: str | None,
    chosen: str | None,
    outputs: tuple[str, ...],
    quiet: bool,
    color: str,
    jobs: str | None,
    max_memory: str | None,
    debug: bool,
    **options: Any,
) -> None:
    """Train a network under METHOD on all rows, or the winner of a REPORT, and write the model.

    Rows are set aside only for a method that needs validation rows, such as earlystop. Given test rows
    (--test) are not trained on, and scored. 'regcmp predict' uses the model, and regcmp.load in Python.

    \b
    Examples:
      regcmp fit --dataset clients.csv --target churn l2=3e-3+dropout=0.3 \\
          -o model.regcmp
      regcmp fit report.json -o model.regcmp
      regcmp fit report.json --method dropout=0.5 --seeds 5 -o model.regcmp
    """
    places = [_place(text) for text in outputs]
    execution = make_fit_execution({"jobs": jobs, "max_memory": max_memory})
    screen = Screen(quiet=quiet, color=color)
    if len(words) != 1:
        raise UsageError(
            f"expected one method, such as l2=1e-3, or one report, such as report.json; got {len(words)}"
            " words",
            "words",
        )
    expected, expectation = None, ""
    if words[0].lower().endswith(".json"):
        check_distinct(places, [words[0], *options["plugins"]])
        plan, expected, expectation = _from_report(ctx, words[0], chosen, screen, options, dataset)
    else:
        plan = _from_words(words[0], dataset, chosen, options)
        check_distinct(places, [dataset, plan.reading.test, *options["plugins"]])
    check_source(plan.dataset, plan.reading)

    from regcmp.api import Watch, train_model
    from regcmp.models.saving import model_as
    from regcmp.runs.pace import pace_of

    def loaded(found: Dataset, settled: Plan) -> None:
        screen.warn_of_data(found.warnings)
        if any(each.format == ONNX for each in places):
            from regcmp.models.onnx_export import check_exportable

            check_exportable([each for each in found.columns if each.used], fitted_method(settled))

    pace = pace_of({(fitted_method(plan), ()): plan.protocol.seeds}, plan.settings.epochs)
    with progress(screen, pace) as reading:
        watch = Watch(reading, loaded, screen.announce, pace, screen.warn)
        model = train_model(plan, execution, watch, expected)
    refused = write_all(
        (each, partial(model_as, each.format, model, str(each.path))) for each in places
    )
    if not quiet:
        for line in summary(model, expectation):
            print(line)
    check_written(refused)


def _place(text: str) -> Target:
    found = target("-o", text, FORMATS)
    if found.format == ONNX and find_spec("onnx") is None:
        raise UsageError(
            f"-o {text!r}: {ONNX} needs onnx; install it: pip install 'regcmp[onnx]'", "-o"
        )
    if found.path is None:
        raise UsageError(f"-o {text!r}: a model can't be printed; name a file", "-o")
    return found


def _from_words(
    method: str, dataset: str | None, chosen: str | None, options: dict[str, Any]
) -> Plan:
    if chosen is not None:
        raise UsageError(
            f"--method is for a report, and {method!r} is a method; give it alone", "chosen"
        )
    if dataset is None:
        raise UsageError(
            f"--dataset is missing: say what {method!r} is to learn from; a report's name ends in"
            " .json",
            "dataset",
        )
    return make_fit_plan(dataset, method, **options)


def _from_report(
    ctx: click.Context,
    file: str,
    chosen: str | None,
    screen: Screen,
    options: dict[str, Any],
    dataset: str | None,
) -> tuple[Plan, str, str]:
    """The plan of a report's method, the digest of its rows, and how it did in the comparison."""
    for name in options:
        if (
            name not in HAS_ITS_OWN
            and ctx.get_parameter_source(name) == ParameterSource.COMMANDLINE
        ):
            flag = OPTIONS[name].flag
            raise UsageError(
                f"{flag}: the report {file!r} has its own settings; leave the option out, or give"
                " --dataset and a method instead of the report",
                name,
            )
    from regcmp.analysis.verdict import winner
    from regcmp.api import plan_of_report, row_of_report
    from regcmp.report.reader import read_report

    report, seeds = read_report(file), parse(SEEDS, options["seeds"])
    plan, notes = plan_of_report(report, chosen or BEST, seeds, options["plugins"], dataset)
    if ctx.get_parameter_source("seed") == ParameterSource.COMMANDLINE:
        plan = plan.with_values(seed=parse(SEED, options["seed"]))
    screen.warn_of_data(notes)
    meant = chosen not in (None, BEST)
    of_table = row_of_report(report, chosen or "") if meant else winner(report.summary)
    found = _found(report, of_table or "") or _found(report, str(plan.methods[0]))
    return plan, report.plan["data"]["sha256"], found


def _found(report: Any, method: str) -> str:
    """'In the comparison it had a test accuracy of 91.0 ± 1.2 over 10 seeds', of a method that was there."""
    from regcmp.numbers import style_of

    rows = report.summary[report.summary["method"] == method]
    if not len(rows) or not rows["n"].iloc[0]:
        return ""
    style, row = style_of(report.summary), rows.iloc[0]
    return (
        f"In the comparison: test {style.name} {style.level(row['test_mean'], row['test_sd'])}"
        f"{style.column_unit} over {row['n']} seeds."
    )


def summary(model: FittedModel, expectation: str = "") -> list[str]:
    """On what rows a model was trained, and how it scores there."""
    from regcmp.analysis.wording import in_words
    from regcmp.metrics import METRICS, metrics_of

    facts, rows = model.facts, model.facts.rows
    metric = METRICS[metrics_of(facts.task)[0]]

    def level(side: str) -> str:
        value = facts.scores[side].get(metric.key)
        if value is None:
            return f"no {metric.title}"
        return f"{metric.title} {value * metric.factor:.{metric.decimals}f}{metric.column_unit}"

    networks = len(model.networks)
    seed = model.networks[0].seed
    of = (
        f"seed {seed}"
        if networks == 1
        else f"{networks} networks, seeds {seed} to {seed + networks - 1}"
    )
    lines = [
        f"{facts.dataset}: {in_words(facts.method)} for {facts.target!r}, trained on"
        f" {rows['train']:,} rows ({of}).",
        f"On these rows: {level('train')}, which does not estimate the score on new rows.",
    ]
    if rows["validation"]:
        said = f"{rows['validation']:,} rows were set aside to select by"
        said += "" if networks == 1 else " under each seed, other rows each time"
        lines.append(said + (f": {level('validation')}." if "validation" in facts.scores else "."))
    if rows["test"]:
        lines.append(f"On {rows['test']:,} test rows, which were not trained on: {level('test')}.")
    return [*lines, *([expectation] if expectation else [])]

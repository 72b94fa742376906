"""``regcmp predict``: new rows, and what a model gives for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from shlex import quote as quoted
from time import perf_counter
from typing import TYPE_CHECKING, Any

import click

from regcmp.cli.options import Command, option
from regcmp.cli.plan_options import declare, with_options
from regcmp.cli.progress import progress
from regcmp.cli.screen import Screen
from regcmp.data.sources.files import check_file
from regcmp.data.table import Reading
from regcmp.errors import UsageError
from regcmp.models.fit_words import SUFFIX
from regcmp.option import options_of
from regcmp.plan.kinds import parse
from regcmp.report.places import Target, check_distinct, target

if TYPE_CHECKING:
    from regcmp.models.fitted import FittedModel
    from regcmp.models.predicting import Part, Predicting

STOP, SKIP = "stop", "skip"
EVERY = 10.0
"""Seconds from one line on progress to the next, where there is no terminal."""
OF_READING = {
    name: replace(each, default=None, neutral=False, help=each.help.partition("  [default")[0]
                  + "  [default: as in training]")
    for name, each in options_of(Reading).items() if name not in ("sample", "test", "format")
}  # fmt: skip
FORMAT = options_of(Reading)["format"]

PREDICT_OPTIONS = (
    option("Output", "-o", "--output", "output", metavar="FILE.csv", type=click.Path(),
           help="Write the predictions here.  [default: standard output]"),
    option("Output", "--keep", "keep", multiple=True, metavar="COLUMN,...",
           help="Carry these columns along, such as an id. Repeatable."),
    option("Output", "--proba", is_flag=True, help="Also a column for the probability of each class."),
    option("Output", "--score", is_flag=True,
           help="Also say how the model scores; the file has the target."),
    option("Output", "--on-error", "on_error", default=STOP, type=click.Choice([STOP, SKIP]),
           help="A row that can't be predicted is an error that names it, or its prediction is empty."),
    option("Output", "-q", "--quiet", is_flag=True, help="No progress, no warnings."),
    option("Output", "--color", default="auto", type=click.Choice(["auto", "always", "never"]),
           help="auto follows NO_COLOR, FORCE_COLOR and the terminal."),
    *map(declare, (*OF_READING.values(), replace(FORMAT, help="Format of the file of new rows."
                                                 "  [default: by the suffix]"))),
    option("Other", "--plugin", "plugins", multiple=True, metavar="FILE.py", type=click.Path(),
           help="Python file that registers the regularizers of the model. Repeatable."),
    option("Other", "--debug", is_flag=True, help="Show where an error came from."),
)  # fmt: skip


@click.command(cls=Command, short_help="Predict new rows with a model.")
@click.argument("model", metavar="MODEL.regcmp", type=click.Path())
@click.argument("file", metavar="FILE", type=click.Path())
@with_options(*PREDICT_OPTIONS)
def predict(
    model: str,
    file: str,
    output: str | None,
    keep: tuple[str, ...],
    proba: bool,
    score: bool,
    on_error: str,
    quiet: bool,
    color: str,
    plugins: tuple[str, ...],
    debug: bool,
    **words: Any,
) -> None:
    """Predict the rows of FILE, which may have any format that --dataset takes, as CSV.

    Columns may stand in any order. They are checked as those of test rows are: a column that is missing
    or of another kind is an error; levels and gaps that no training row has are warned of. Text tables
    are read part by part, whatever their length.

    \b
    Examples:
      regcmp predict model.regcmp new.csv -o predictions.csv
      regcmp predict model.regcmp new.csv --keep id --proba
      regcmp predict model.regcmp held_out.csv --score -o predictions.csv
    """
    if file.lower().endswith(SUFFIX) and not model.lower().endswith(SUFFIX):
        raise UsageError(
            f"the model comes first, and then the rows: regcmp predict {quoted(file)} {quoted(model)}"
        )
    place = target("-o", output or "-", (".csv",))
    check_distinct([place], [model, file, *plugins])
    check_file(file, "FILE", words["format"])
    given = {name: parse(options_of(Reading)[name], each) for name, each in words.items()
             if each is not None}  # fmt: skip

    from regcmp.models.loading import load
    from regcmp.models.predicting import Predicting, check_proba, open_rows

    screen = Screen(quiet=quiet, color=color)
    loaded = load(model, plugins)
    if proba:
        check_proba(loaded.facts)
    reading = _reading(loaded, given)
    with progress(screen) as read:
        opened = open_rows(file, loaded.facts, reading, keep, read)
        work = Predicting(loaded, opened, reading.decimal, on_error == SKIP, score)
        with _written(place) as write:
            # One part is held back: what is said behind the last may be that there are no predictions.
            names, held, last = header(loaded, opened.kept, proba), "", perf_counter()
            for part in work.parts():
                write(held)
                names, held = "", names + lines(loaded, part, opened.kept, proba)
                if perf_counter() - last > EVERY:
                    last = perf_counter()
                    screen.say(f"Predicted {work.rows:,} rows.")
            write(held)
    screen.warn_of_data(work.warnings())
    _conclude(screen, work, loaded, to_stderr=place.path is None)


def _reading(model: FittedModel, given: dict[str, Any]) -> Reading:
    """How the file is read: as the training rows were, unless told otherwise."""
    plan = model.facts.plan
    names = [name for name in options_of(Reading) if name not in ("sample", "test", "format")]
    words: dict[str, Any] = {name: plan.get(name) for name in names}
    words["na"] = None if words["na"] is None else tuple(words["na"])
    return Reading(**words | given)


@contextmanager
def _written(place: Target) -> Iterator[Callable[[str], None]]:
    """What writes text to a place; a file is there when all of it is."""
    from regcmp.pipes import special
    from regcmp.writing import open_whole, write_whole

    if place.path is None:
        yield lambda text: print(text, end="")
    elif special(str(place.path)):
        parts: list[str] = []
        yield parts.append
        write_whole(place.path, "".join(parts))
    else:
        with open_whole(place.path) as file:

            def write(text: str) -> None:
                file.write(text.encode())

            yield write


def header(model: FittedModel, kept: list[str], proba: bool) -> str:
    """The line of names. Raises UsageError where a kept column is called like one of them."""
    from regcmp.report.csv_text import to_line
    from regcmp.runs.predicted import PROBABILITY

    own = ["prediction", *(f"{PROBABILITY}{each}" for each in model.facts.classes if proba)]
    if clash := sorted({*kept} & {*own}):
        raise UsageError(
            f"--keep: {clash[0]!r} is what a column of predictions is called; rename it", "keep"
        )
    return to_line([*kept, *own])


def lines(model: FittedModel, part: Part, kept: list[str], proba: bool) -> str:
    """A line for each row: what is kept, then what is predicted, or nothing."""
    from regcmp.engine.losses import probabilities
    from regcmp.report.csv_text import to_line

    outputs, classes = part.outputs, model.facts.classes
    columns: list[list[Any]] = []
    for name in kept:
        cells = part.frame[name].astype(object)
        columns.append(cells.where(cells.notna(), None).tolist())
    if classes:
        columns.append([classes[i] for i in outputs.argmax(axis=1).tolist()])
    else:
        columns.append(outputs[:, 0].tolist())
    if proba:
        columns += probabilities(outputs).T.tolist()
    empty = len(columns) - len(kept)
    rows = []
    for cells, bad in zip(zip(*columns, strict=True), part.bad.tolist(), strict=True):
        rows.append(to_line([*cells[: len(kept)], *[None] * empty] if bad else cells))
    return "".join(rows)


def _conclude(screen: Screen, work: Predicting, model: FittedModel, *, to_stderr: bool) -> None:
    """Say how many rows were skipped, and the scores that were asked for."""
    if work.skipped:
        screen.warn_of_data(
            [f"{work.skipped} of {work.rows} rows could not be predicted; first {work.first_fault}"]
        )
    if work.score:
        from regcmp.metrics import METRICS, metrics_of

        scores = work.scores()
        shown = []
        for name in metrics_of(model.facts.task):
            metric = METRICS[name]
            if (value := scores.get(metric.key)) is not None:
                text = f"{value * metric.factor:.{metric.decimals + 1}f}{metric.column_unit}"
                shown.append(f"{metric.title} {text}")
        some = "" if work.scored == work.rows else f"{work.scored:,} of "
        said = f"{some}{work.rows:,} rows: {', '.join(shown) or 'no score'}"
        screen.say(said, always=True) if to_stderr else print(said)

"""``regcmp datasets``: what there is to learn from."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import click

from regcmp.cli.options import Command, Source, option
from regcmp.cli.plan_options import DATA_OPTIONS, declare, with_options
from regcmp.cli.progress import progress
from regcmp.cli.screen import Screen, printable, show_page
from regcmp.data.columns import ROLES
from regcmp.data.image_sizes import image_text
from regcmp.data.opening import check_source
from regcmp.data.sources.bundled import BUNDLED
from regcmp.data.sources.openml import ALIASES
from regcmp.data.sources.synthetic import SYNTHETIC
from regcmp.errors import UsageError
from regcmp.hints import shortened, shortened_cell
from regcmp.plan import make_plan

if TYPE_CHECKING:
    from regcmp.data.columns import Column
    from regcmp.data.dataset import Dataset

SHOWN = 40
"""How many columns, and how many classes, a page lists."""

FILES = """\
Files, by their suffix:

  .csv .tsv           text; also as .gz, .xz, .bz2 or .zip
  .txt .tab           text; also .data and .dat, and columns cut by blanks
  .arff               ARFF, dense or sparse; also compressed
  .svm .libsvm        svmlight; also .svmlight and .t, also compressed
  .parquet            with the extra 'parquet'
  .npz                arrays X and y, or x_train, y_train, x_test and y_test
  .npy                X.npy with y.npy beside it; or X_train, y_train and so on
  IDX                 a folder of MNIST's files, or one file of images
  -                   CSV from standard input

  --format NAME says what a file of another suffix is.

From openml.org, kept by scikit-learn once downloaded: openml:NAME, openml:ID,
and mnist and fashion, short for two of them."""


@click.command(cls=Command, short_help="List the datasets, or show one.")
@click.argument("name", required=False, metavar="[NAME|FILE]", type=Source())
@option("Output", "--json", "as_json", is_flag=True, help="As JSON, for scripts.")
@with_options(*map(declare, DATA_OPTIONS))
def datasets(name: str | None, as_json: bool, **words: Any) -> None:
    """List the datasets, or show how one is read: its target, its columns, warnings.

    \b
    Examples:
      regcmp datasets
      regcmp datasets wine
      regcmp datasets clients.csv --target churn --drop id
    """
    if name is None:
        plan = make_plan("digits", **words)
        for each in DATA_OPTIONS:
            if plan.of(each.name) != each.default:
                raise UsageError(
                    f"{each.flag} needs a dataset: name a file, or one of the list", each.name
                )
        if as_json:
            print(in_json(listed()))
        else:
            show_page(listing())
        return
    dataset = loaded(name, words)
    if as_json:
        print(in_json(facts(dataset)))
    else:
        show_page(page(dataset))


def loaded(name: str, words: dict[str, Any]) -> Dataset:
    """The dataset of this name; progress shows while it is read. Raises UsageError or DataError."""
    plan = make_plan(name, **words)
    check_source(name, plan.reading)
    from regcmp.data.loading import load_dataset

    with progress(Screen(quiet=False, color="auto")) as reading:
        dataset = load_dataset(name, plan.reading, plan.columns, reading)
    from regcmp.data.preparation.copies import warnings_of_given, warnings_of_repeated

    more = [*warnings_of_given(dataset), *warnings_of_repeated(dataset)]
    return replace(dataset, warnings=(*dataset.warnings, *more)) if more else dataset


def in_json(found: dict[str, Any]) -> str:
    """Plain values as strict JSON."""
    return json.dumps(found, ensure_ascii=False, indent=2, allow_nan=False)


def listed() -> dict[str, Any]:
    """All datasets as plain values."""
    return {
        "bundled": {name: asdict(each) for name, each in BUNDLED.items()},
        "synthetic": {
            name: {
                "about": each.about,
                "parameters": {key: asdict(number) for key, number in each.parameters.items()},
            }
            for name, each in SYNTHETIC.items()
        },
        "openml": ALIASES,
    }


def listing() -> str:
    """All datasets, a line each."""
    head = f"{'name':<14} {'rows':>5} {'features':>8} {'classes':>7}"
    lines = [
        f"{name:<14} {each.rows:>5} {each.features:>8} {each.classes or '-':>7}  {each.about}"
        for name, each in BUNDLED.items()
    ]
    drawn = []
    for name, each in SYNTHETIC.items():
        numbers = [f"{key}={number.default:g}" for key, number in each.parameters.items()]
        drawn += [f"  {name:<14}  {each.about}:", f"{'':<16}  {', '.join(numbers)}"]
    return "\n".join(
        [
            head,
            *lines,
            "",
            "Synthetic, with parameters and their defaults, as in moons:n=500:noise=0.3:",
            "",
            *drawn,
            "",
            FILES,
        ]
    )


def page(dataset: Dataset) -> str:
    """One dataset: sizes, source, columns, classes and warnings."""
    from regcmp.numbers import count

    found = facts(dataset)
    made = count(found["features"], "feature")
    if found["columns"] != found["features"]:
        made = f"{count(found['columns'], 'column')} as {made}"
    if dataset.image is not None:
        made += f", images of {image_text(dataset.image)} pixels"
    about = BUNDLED[dataset.name].about if dataset.name in BUNDLED else dataset.source
    target = f", target {dataset.target!r}" if dataset.target else ""
    title = dataset.name if about == dataset.name else f"{dataset.name}: {about}"
    lines = [title, f"{count(dataset.n_rows, 'row')}, {made}{target}, {dataset.task}"]
    if dataset.given_test:
        lines.append(f"The last {dataset.given_test:,} rows are given for testing.")
    if found["groups"]:
        lines.append(f"{count(found['groups'], 'group')} of rows that belong together.")
    if found["weights"]:
        lines.append("Rows count by weights from {:g} to {:g}.".format(*found["weights"]))
    if found["dropped"]:
        lines.append(f"{count(found['dropped'], 'duplicate')} of other rows left out.")
    if found["copied_test_rows"]:
        lines.append(
            f"Of these, {found['copied_test_rows']:,} have the features of a training row."
        )
    elif found["repeated_rows"]:
        lines.append(f"{count(found['repeated_rows'], 'row')} have the features of another row.")
    columns = dataset.columns
    if dataset.image is not None and columns:
        lines += [
            "",
            pixels_line([each for each in columns if each.used], bool(dataset.given_test)),
        ]
        columns = tuple(each for each in columns if not each.used)
    if columns:
        lines += ["", "Columns:", *table([column_line(each) for each in columns[:SHOWN]])]
        lines += more(len(columns), "columns")
    if dataset.classes:
        rows = [
            (label, count(members, "row"), f"{100 * members / dataset.n_rows:.1f} %")
            for label, members in list(found["rows_of_class"].items())[:SHOWN]
        ]
        lines += ["", "Classes:", *table(rows), *more(len(dataset.classes), "classes")]
    else:
        lines += ["", "Target: {:g} to {:g}, mean {:g}".format(*found["target_range"])]
    lines += [line for each in found["warnings"] for line in ("", f"Warning: {each}")]
    return "\n".join(printable(shortened(each)) for each in lines)


def pixels_line(pixels: list[Column], given_test: bool) -> str:
    """All pixels in one: 'Pixels: 784, from 0 to 255; 67 of them have one value in all rows'."""
    ranges = [each.range or (0, 1) for each in pixels]  # truth values have none
    low, high = min(low for low, _ in ranges), max(high for _, high in ranges)
    same = sum(each.kind == "constant" for each in pixels)
    rows = "training rows" if given_test else "rows"
    tail = f"; {same:,} of them have one value in all {rows}" if same else ""
    return f"Pixels: {len(pixels):,}, from {low:g} to {high:g}{tail}"


def column_line(column: Column) -> tuple[str, str, str]:
    """Name, kind, and the values in short."""
    said = [f"{column.missing:,} missing"] if column.missing else []
    if column.kind in ROLES:
        return column.name, f"{column.kind}, no feature", ""
    if column.range is not None:
        said.insert(0, "{:g} to {:g}".format(*column.range))
    if column.levels:
        most = ", ".join(f"{name} {count:,}" for name, count in column.levels[:5])
        others = len(column.levels) - 5
        said.insert(0, most + (f" and {others} more" if others > 0 else ""))
    return column.name, column.kind if column.used else f"{column.kind}, not used", "; ".join(said)


def table(rows: list[tuple[str, str, str]]) -> list[str]:
    """Lines with the second and third cells below each other."""
    rows = [(shortened_cell(a), shortened_cell(b), shortened_cell(c)) for a, b, c in rows]
    widths = [max(len(row[i]) for row in rows) for i in range(2)]
    return [f"  {a:<{widths[0]}}  {b:<{widths[1]}}  {c}".rstrip() for a, b, c in rows]


def more(count: int, what: str) -> list[str]:
    """A line for those that are not shown."""
    return [f"  and {count - SHOWN:,} more {what}, which --json lists"] if count > SHOWN else []


def facts(dataset: Dataset) -> dict[str, Any]:
    """The same as plain values."""
    import numpy as np

    from regcmp.data.preparation.copies import given_copies, repeated_rows

    found = dataset.describe() | {"source": dataset.source, "task": dataset.task}
    found["given_test"] = dataset.given_test
    found["repeated_rows"] = repeated_rows(dataset)
    copies = given_copies(dataset)
    found["copied_test_rows"] = None if copies is None else copies.features
    if dataset.classes:
        members = np.bincount(dataset.y, minlength=len(dataset.classes)).tolist()
        found["rows_of_class"] = dict(zip(dataset.classes, members, strict=True))
        found["warnings"] += [
            f"class {name!r} has a single row, and compare needs two to train and test on"
            for name, rows in found["rows_of_class"].items()
            if rows == 1 and not dataset.given_test
        ]
    else:
        y = dataset.y
        found["target_range"] = [float(y.min()), float(y.max()), float(y.mean())]
    found["column_list"] = [vars(each) | {"used": each.used} for each in dataset.columns]
    return found

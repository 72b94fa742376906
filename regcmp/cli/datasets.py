"""``regcmp datasets``: what there is to learn from."""

from __future__ import annotations

import click

from regcmp.cli.options import Name
from regcmp.cli.screen import show_page
from regcmp.data.bundled import BUNDLED, load_dataset
from regcmp.data.synthetic import SYNTHETIC

FILES = """\
Files, by their suffix:

  .csv .tsv           text; also as .gz, .xz, .bz2 or .zip
  .arff               numeric and nominal attributes; also compressed
  .svm .libsvm        svmlight; also .svmlight, also compressed
  .parquet            with the extra 'parquet'
  .npz                arrays X and y, or x_train, y_train, x_test and y_test
  .npy                X.npy with y.npy beside it; or X_train, y_train and so on
  IDX                 a folder of MNIST's files, or one file of images
  -                   CSV from standard input

From openml.org, kept by scikit-learn once downloaded: openml:NAME, openml:ID,
and mnist and fashion, short for two of them."""


@click.command(short_help="List the datasets, or show one.")
@click.argument("name", required=False, type=Name(list(BUNDLED)))
def datasets(name: str | None) -> None:
    """List the bundled datasets, or show the classes and sizes of one.

    \b
    Examples:
      regcmp datasets
      regcmp datasets wine
    """
    show_page(listing() if name is None else page(name))


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


def page(name: str) -> str:
    """One dataset: sizes, source, and rows of each class. Raises UsageError for an unknown name."""
    dataset = load_dataset(name)
    lines = [
        f"{name}: {BUNDLED[name].about}",
        f"{dataset.n_rows} rows, {dataset.n_features} features,"
        f" {f'{len(dataset.classes)} classes' if dataset.classes else 'regression'}"
        f" ({dataset.source})",
        "",
        *(
            f"  {label:<12} {int((dataset.y == i).sum()):>5} rows"
            for i, label in enumerate(dataset.classes)
        ),
    ]
    return "\n".join(lines)

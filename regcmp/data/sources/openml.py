"""Datasets of openml.org, through scikit-learn."""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING, Any

from regcmp.data.table import Table
from regcmp.data.typed_cells import first_line, plain_columns
from regcmp.errors import DataError, UsageError

if TYPE_CHECKING:
    import pandas as pd

ALIASES = {"mnist": "openml:554", "fashion": "openml:40996"}
"""Short names of datasets at OpenML: mnist_784 and Fashion-MNIST, images of 28x28 pixels."""


def parse_openml(spec: str) -> str | int:
    """The name or the number after 'openml:'. Raises UsageError if there is none."""
    word = ALIASES.get(spec, spec).removeprefix("openml:").strip()
    if not word or "/" in word:
        raise UsageError(
            f"--dataset: expected openml:NAME or openml:ID, as in openml:credit-g; got {spec!r}",
            "dataset",
        )
    return int(word) if word.isdecimal() else word


def read_openml(spec: str) -> Table:
    """A dataset of openml.org through scikit-learn, which keeps what it downloaded."""
    word = parse_openml(spec)
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            bunch, nominal = _fetch(word)
    except OSError as error:  # URLError, HTTPError and timeouts among them
        raise DataError(
            f"can't reach openml.org for {spec!r} ({first_line(error)}), and it isn't in"
            " scikit-learn's cache; use a local file instead: --dataset FILE.csv --target COLUMN"
        ) from error
    except (ValueError, KeyError, ImportError) as error:
        raise DataError(f"OpenML has no usable {spec!r}: {_without_code(error)}") from error
    said = tuple(dict.fromkeys(" ".join(str(each.message).split())[:300] for each in caught))
    names = list(bunch.target_names or ())
    frame, faults = plain_columns(spec, bunch.frame.assign(**nominal))
    image = (28, 28, 1) if f"openml:{word}" in ALIASES.values() and frame.shape[1] == 785 else None
    source = f"openml.org, {bunch.details.get('name', word)} {bunch.details.get('version', '')}"
    target = names[0] if len(names) == 1 else None
    declared = frozenset(nominal)
    return Table(spec, frame, source.strip(), target, None, image, said, faults, declared=declared)


def _without_code(error: Exception) -> str:
    """What scikit-learn says, without the arguments of its own that it advises."""
    said = first_line(error)
    if said.startswith("Sparse"):
        return "it is stored sparse, and only dense tables are read; save it as an .svm file"
    sentences = re.split(r"(?<=\.)\s+", said)
    kept = [each for each in sentences if not re.search(r"as_frame|parser|version=", each)]
    return " ".join(kept) or type(error).__name__


def _fetch(word: str | int) -> tuple[Any, dict[str, pd.Series]]:
    """What scikit-learn has of a dataset, and its nominal columns as texts.

    Types are asked for first, without any row: scikit-learn 1.9 fails at nominal columns of numbers
    under pandas 3.1, and throws the file away that it kept (scikit-learn's issue 34892).
    """
    import pandas as pd
    from sklearn.datasets import fetch_openml

    selector = {"data_id": word} if isinstance(word, int) else {"name": word}
    how = {"as_frame": True, "parser": "auto", "n_retries": 1, "delay": 0.5}
    types = fetch_openml(**selector, **how, read_csv_kwargs={"nrows": 0}).frame.dtypes
    bunch = fetch_openml(**selector, **how, read_csv_kwargs={"dtype": None})
    nominal = {
        name: bunch.frame[name].map(_level, na_action="ignore").astype(object)
        for name, kind in types.items()
        if isinstance(kind, pd.CategoricalDtype)
    }
    return bunch, nominal


def _level(cell: object) -> str:
    """A nominal cell as text: '3' for 3.0, and without the quotes that ARFF puts around blanks."""
    text = f"{cell:.15g}" if isinstance(cell, float) else str(cell)
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == "'" else text

"""What a library reads: Parquet files, and OpenML's datasets."""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from regcmp.data.files import MAX_BYTES, File
from regcmp.data.table import Table, name_or_place
from regcmp.data.typed_cells import from_objects, is_time
from regcmp.errors import DataError, UsageError

if TYPE_CHECKING:
    import pandas as pd

ALIASES = {"mnist": "openml:554", "fashion": "openml:40996"}
"""Short names of datasets at OpenML: mnist_784 and Fashion-MNIST, images of 28x28 pixels."""


def read_parquet(file: File) -> Table:
    """Read a Parquet file, which needs pyarrow."""
    try:
        from pyarrow import ArrowException, parquet
    except ImportError:
        raise UsageError(
            f"{file.option}: {file.text!r} needs pyarrow: pip install 'regcmp[parquet]', or save it as"
            " .csv",
            *file.options,
        ) from None
    try:
        with parquet.ParquetFile(file.path) as opened:
            facts = opened.metadata
            _check_cells(file.text, facts.num_rows, facts.num_columns)
            frame = opened.read().to_pandas()
    except (ArrowException, OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise DataError(f"{file.text!r} is no Parquet file: {_first_line(error)}") from error
    frame = _with_index(frame)
    frame.columns = [name_or_place(str(name), i) for i, name in enumerate(frame.columns, 1)]
    plain, faults = plain_columns(file.text, frame)
    declared = frozenset(name for name, kind in frame.dtypes.items() if kind == "category")
    return Table(file.text, plain, file.text, faults=faults, declared=declared)


def _with_index(frame: pd.DataFrame) -> pd.DataFrame:
    """With an index that has a name as a column, which it was before set_index."""
    named = [each for each in frame.index.names if each is not None and each not in frame.columns]
    return (frame.reset_index(level=named) if named else frame).reset_index(drop=True)


def _check_cells(name: str, rows: int, columns: int) -> None:
    if rows * columns * 8 > MAX_BYTES:
        raise DataError(
            f"{name!r}: {rows} rows of {columns} columns need more than {MAX_BYTES >> 30} GB; take"
            " part of it"
        )


def plain_columns(name: str, frame: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, str]]:
    """Columns of numbers, booleans, dates or text alone, and by name why any other is empty."""
    import pandas as pd

    frame = frame.set_axis([str(column) for column in frame.columns], axis=1)
    if not frame.columns.is_unique:
        twice = frame.columns[frame.columns.duplicated()][0]
        raise DataError(f"{name!r} has two columns named {twice!r}; rename one of them")
    if frame.empty:
        raise DataError(f"{name!r} has no rows or no columns")
    plain: dict[str, Any] = {}
    faults: dict[str, str] = {}
    for column, cells in frame.items():
        kind = cells.dtype
        if pd.api.types.is_extension_array_dtype(kind) and pd.api.types.is_numeric_dtype(kind):
            plain[str(column)] = cells.astype(np.float64 if cells.hasnans else kind.numpy_dtype)
        elif isinstance(kind, pd.PeriodDtype):
            plain[str(column)] = cells.dt.to_timestamp()
        elif pd.api.types.is_numeric_dtype(kind) or is_time(kind):
            plain[str(column)] = cells
        else:
            plain[str(column)], fault = from_objects(str(column), cells)
            if fault:
                faults[str(column)] = fault
    return pd.DataFrame(plain), faults


def _first_line(error: Exception) -> str:
    text = str(error).strip().split("\n")[0].strip()
    return text[:200] or type(error).__name__


# OpenML


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
            f"can't reach openml.org for {spec!r} ({_first_line(error)}), and it isn't in"
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
    said = _first_line(error)
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

    which = {"data_id": word} if isinstance(word, int) else {"name": word}
    how = {"as_frame": True, "parser": "auto", "n_retries": 1, "delay": 0.5}
    types = fetch_openml(**which, **how, read_csv_kwargs={"nrows": 0}).frame.dtypes
    bunch = fetch_openml(**which, **how, read_csv_kwargs={"dtype": None})
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

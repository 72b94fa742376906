"""Parquet files, read by pyarrow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regcmp.data.sources.files import MAX_BYTES, File
from regcmp.data.table import Table, name_or_place
from regcmp.data.typed_cells import first_line, plain_columns
from regcmp.errors import DataError, UsageError

if TYPE_CHECKING:
    import pandas as pd


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
        raise DataError(f"{file.text!r} is no Parquet file: {first_line(error)}") from error
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

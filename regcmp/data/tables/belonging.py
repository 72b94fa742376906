"""Which rows belong together, by a column of the table that is no feature."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from regcmp.data.columns import CONTENT, some
from regcmp.data.dataset import Dataset, Rows, count
from regcmp.data.preparation.copies import given_copies
from regcmp.data.table import Table
from regcmp.data.tables.given_test import as_cells, name_of_test
from regcmp.errors import DataError

if TYPE_CHECKING:
    import pandas as pd


OPTION = "--groups"


def groups_of(table: Table, column: str) -> Rows:
    """(N,) the number of each row's group, given test rows last: groups are numbered as they sort.

    Raises DataError where a row has none, where all rows are one group, or where given test rows
    have a group of the training rows.
    """
    cells = [complete(OPTION, table.frame[column], table.name)]
    if table.test is not None:
        cells = with_test(OPTION, table, column, cells[0])
        _check_apart(table, column, *cells)
    codes = _numbered(cells)
    if not codes.any():
        (only,) = as_cells(cells[0].iloc[:1])
        raise DataError(
            f"{OPTION}: column {column!r} of {table.name!r} is {str(only)!r} in every row, so that"
            " there is nothing to tell apart; name another column"
        )
    return codes


def with_content_groups(dataset: Dataset, table: Table) -> Dataset:
    """The dataset, rows with the same features being a group.

    Raises DataError where given test rows have the features of a training row.
    """
    found = given_copies(dataset)
    if found is not None and found.features:
        raise DataError(
            f"{OPTION} {CONTENT}: {count(found.features)} of {name_of_test(table)!r} have the features of"
            " a training row; leave them out of one of the two, or add --drop-duplicates where their"
            " targets are the same, too"
        )
    return replace(dataset, groups=np.unique(dataset.keys, return_inverse=True)[1])


def complete(option: str, cells: pd.Series, name: str) -> pd.Series:
    """The cells. Raises DataError where some are missing: nobody knows where such rows belong."""
    missing = int(cells.isna().sum())
    if missing:
        raise DataError(
            f"{option}: column {str(cells.name)!r} of {name!r} is empty in {missing} of"
            f" {count(len(cells))}, of which nobody knows where they belong; fill it in, or take these"
            " rows out"
        )
    return cells


def with_test(option: str, table: Table, column: str, ours: pd.Series) -> list[pd.Series]:
    """The cells of training rows and of given test rows, spelt alike.

    Raises DataError where the test rows lack the column, or a cell of it.
    """
    assert table.test is not None
    name = name_of_test(table)
    if column not in table.test.columns:
        raise DataError(
            f"{option}: {name!r} has no column {column!r}, so that nobody knows where its rows belong;"
            " add it, or leave the option out"
        )
    theirs = complete(option, table.test[column], name)
    if _kind(ours) != _kind(theirs):
        ours, theirs = as_cells(ours), as_cells(theirs)
    return [ours, theirs]


def _kind(cells: pd.Series) -> str:
    """What cells must have in common to be compared as they are."""
    return "number" if cells.dtype.kind in "iufb" else cells.dtype.kind


def _check_apart(table: Table, column: str, ours: pd.Series, theirs: pd.Series) -> None:
    """Raise DataError where test rows have a group of the training rows."""
    shared = theirs[theirs.isin(ours)]
    if len(shared):
        keys = as_cells(shared.drop_duplicates()).astype(str)
        raise DataError(
            f"{OPTION}: {count(len(shared))} of {name_of_test(table)!r} have a {column!r} of the"
            f" training rows, such as {some(keys, 3)}; leave them out of one of the two"
        )


def _numbered(cells: list[pd.Series]) -> Rows:
    """The place of each cell among the different ones, sorted: no order of rows matters."""
    import pandas as pd

    together = pd.concat(cells, ignore_index=True)
    if together.dtype == object:
        together = together.astype(str)
    return np.asarray(together.factorize(sort=True)[0], np.intp)

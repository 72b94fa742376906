"""From a table to a dataset: the target, the columns to learn from, and what to warn of."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from regcmp.data.columns import Column, Columns, describe_column, find_column, find_target, some
from regcmp.data.dataset import Dataset
from regcmp.data.table import Table
from regcmp.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

MOST_NUMERIC_CLASSES = 20
"""A target of more different numbers, or of any that are not whole, asks for regression."""

MISSING = "(missing)"
"""The level of a category where nothing stands."""


def understand(table: Table, columns: Columns) -> Dataset:
    """Find the target and what each other column is.

    Raises UsageError for a column that isn't there, DataError for data that can't be learned from.
    """
    names = [str(name) for name in table.frame.columns]
    target = find_target(names, columns.target, table.target, table.name)
    dropped = {find_column("--drop", name, names, table.name) for name in columns.drop} - {target}
    texts = {find_column("--text", name, names, table.name) for name in columns.text}
    _check_rows(table)
    task = columns.task or task_of(table.frame[target])
    if task == "regression":
        raise DataError(
            f"{table.name!r}: target {target!r} has {table.frame[target].nunique()} different numbers,"
            " which asks for regression; --task classification takes each as a class, --target"
            " chooses another column"
        )
    y, classes = classes_of(table.frame[target], table.name)
    known = []
    for name in names:
        if name == target or name in dropped:
            continue
        column = describe_column(table.frame[name], table.name, name in texts)
        if column.used and _tells(table.frame[name], y, len(classes)):
            leak = f"column {name!r} gives the target {target!r} away in every row; --drop {name!r}"
            column = replace(column, warning=f"{leak} leaves it out")
        known.append(column)
    used = [column for column in known if column.used]
    if not used:
        raise DataError(
            f"{table.name!r}: no column is left to learn from; its columns are {some(names)}"
        )
    dataset = Dataset(
        name=table.name,
        x=np.empty((len(y), 0)),
        y=y,
        classes=classes,
        source=table.source,
        target=target,
        task=task,
        columns=tuple(known),
        warnings=(*table.warnings, *(each.warning for each in known if each.warning)),
    )
    if all(each.kind in ("number", "boolean") and not each.missing for each in used):
        return replace(dataset, x=_numbers(table.frame, used))
    return replace(dataset, mixed=_mixed(table.frame, used))


def _check_rows(table: Table) -> None:
    rows = len(table.frame)
    if rows < 4:
        said = "no rows" if rows == 0 else f"{rows} row" + ("s" if rows > 1 else "")
        raise DataError(
            f"{table.name!r} has {said}; training and test rows of two classes need at least 4"
        )


def task_of(target: pd.Series) -> str:
    """'regression' for numbers that are many or not whole, else 'classification'."""
    from pandas.api import types

    if not types.is_numeric_dtype(target.dtype) or types.is_bool_dtype(target.dtype):
        return "classification"
    different = target.dropna().unique().astype(np.float64)
    if len(different) <= 2:
        return "classification"
    whole = np.isfinite(different).all() and (different == np.round(different)).all()
    few = len(different) <= MOST_NUMERIC_CLASSES
    return "classification" if whole and few else "regression"


def classes_of(target: pd.Series, table: str) -> tuple[npt.NDArray[np.intp], tuple[str, ...]]:
    """Class numbers and names, in the order of numbers or of the alphabet.

    Raises DataError for missing ones, for a single class, and for classes that hardly recur.
    """
    name, missing = str(target.name), int(target.isna().sum())
    if missing:
        raise DataError(
            f"{table!r}: the target {name!r} is missing in {missing} of {len(target)} rows; fill it in,"
            " or take these rows out of the file"
        )
    different, y = np.unique(target.to_numpy(), return_inverse=True)
    classes = tuple(f"{each:g}" if isinstance(each, float) else str(each) for each in different)
    if len(classes) < 2:
        raise DataError(
            f"{table!r}: the target {name!r} is {classes[0]!r} in every row, and learning needs at"
            " least 2 classes; choose another column with --target"
        )
    if len(classes) > len(y) / 2:
        raise DataError(
            f"{table!r}: the target {name!r} has {len(classes)} classes in {len(y)} rows, too many to"
            " learn; choose another column with --target"
        )
    return y.astype(np.intp), classes


def _tells(values: pd.Series, y: npt.NDArray[np.intp], n_classes: int) -> bool:
    """Whether a column is a copy of the target under other names."""
    codes, levels = values.factorize()
    if len(levels) != n_classes or (codes < 0).any():
        return False
    return len(np.unique(codes * n_classes + y)) == n_classes


def _numbers(frame: pd.DataFrame, used: list[Column]) -> npt.NDArray[np.float64]:
    if all(each.kind == "number" for each in used):
        return np.asarray(frame[[each.name for each in used]], np.float64)
    return np.column_stack([_as_numbers(frame[each.name], each.kind) for each in used])


def _as_numbers(values: pd.Series, kind: str) -> npt.NDArray[np.float64]:
    """Numbers as they are; of truth values, 1 and 0."""
    if kind == "boolean" and values.dtype != bool:
        values = values.map(lambda each: str(each).lower() == "true", na_action="ignore")
    return np.asarray(values.astype("float64"), np.float64)


def _mixed(frame: pd.DataFrame, used: list[Column]) -> pd.DataFrame:
    """The columns for the encoder: float64 numbers, and texts without gaps."""
    import pandas as pd

    def values(column: Column) -> npt.NDArray[np.float64] | pd.Series:
        if column.kind in ("number", "boolean"):
            return _as_numbers(frame[column.name], column.kind)
        empty = "" if column.kind == "text" else MISSING
        given = frame[column.name].astype(object)
        texts = given.where(given.notna(), empty).astype(str).astype(object)
        return texts.reset_index(drop=True)

    return pd.DataFrame({each.name: values(each) for each in used})

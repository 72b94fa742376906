"""What is to be learned: classes from a target column, or values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from regcmp.data.columns import LARGEST, Numbers
from regcmp.data.tables.doubts import MOST_ODD_WORDS, Line, check_notation, holds_texts
from regcmp.data.tables.floats import to_floats
from regcmp.data.tables.notations import doubtful, in_english
from regcmp.data.tables.spellings import one_spelled_twice
from regcmp.data.typed_cells import is_time
from regcmp.errors import DataError
from regcmp.hints import is_number

if TYPE_CHECKING:
    import pandas as pd

MOST_NUMERIC_CLASSES = 20
"""A target of more different numbers, or of any that are not whole, asks for regression."""


def task_of(target: pd.Series) -> str:
    """'regression' for numbers that are many or not whole, else 'classification'."""
    from pandas.api import types

    if not types.is_numeric_dtype(target.dtype) or types.is_bool_dtype(target.dtype):
        return "classification"
    different = target.unique().astype(np.float64)
    if len(different) <= 2:
        return "classification"
    whole = bool(np.isfinite(different).all() and (different == np.round(different)).all())
    return "classification" if whole and len(different) <= MOST_NUMERIC_CLASSES else "regression"


def check_complete(target: pd.Series, table: str) -> None:
    """Raise DataError where the target is missing."""
    missing = int(target.isna().sum())
    if missing:
        raise DataError(
            f"{table!r}: the target {str(target.name)!r} is missing in {missing} of {len(target)}"
            " rows; fill it in, or take these rows out of the file"
        )


def values_of(target: pd.Series, table: str) -> Numbers:
    """The values of a regression. Raises DataError for what is no finite number."""
    name = str(target.name)
    numbers = np.asarray(to_floats(target, "coerce"), np.float64)
    odd = np.flatnonzero(~(np.abs(numbers) <= LARGEST))
    if len(odd):
        recur = target.nunique() <= len(target) / 2  # else they are too many classes
        other = "choose --task classification" if recur else "choose another column with --target"
        raise DataError(
            f"{table!r}: the target {name!r} is no number to predict in {len(odd)} of {len(numbers)}"
            f" rows, first {str(target.iloc[odd[0]])!r}; correct them, or {other}"
        )
    if np.ptp(numbers) == 0:
        raise DataError(
            f"{table!r}: the target {name!r} is {numbers[0]:g} in every row, so there is nothing to"
            " predict; choose another column with --target"
        )
    return numbers


def classes_of(target: pd.Series, table: str) -> tuple[npt.NDArray[np.intp], tuple[str, ...]]:
    """Class numbers and names, in the order of numbers or of the alphabet.

    Raises DataError for a single class, and for classes that hardly recur.
    """
    from pandas.api import types

    name = str(target.name)
    numeric = types.is_numeric_dtype(target.dtype)
    values = target.to_numpy() if numeric else target.astype(str).to_numpy(object)
    different, y = np.unique(values, return_inverse=True)
    classes = tuple(map(class_name, different.tolist()))
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


def alike(classes: tuple[str, ...], target: str) -> list[str]:
    """Lines for classes that may be one, spelled in two ways; names of numbers are none."""
    if all(map(is_number, classes)):
        return []
    return one_spelled_twice(classes, f"the target {target!r} has the classes", "one class")


def as_texts(target: pd.Series) -> pd.Series:
    """The target as names of classes, as --classes-as-text asks for them."""
    return target.map(class_name, na_action="ignore").astype(object)


def check_notation_of(target: pd.Series, table: str, decimal: str, line: Line | None) -> list[str]:
    """A line for classes that may be numbers. Raises DataError where most are, in another notation."""
    name = str(target.name)
    if is_time(target.dtype):
        raise DataError(
            f"{table!r}: the target {name!r} holds dates or times; make numbers of them first, such as"
            " days, or take each for a class with --classes-as-text"
        )
    if not holds_texts(target):
        return []
    classes = target.astype(str).unique().tolist()
    recur = int(target.value_counts().min()) > 1
    way_out = (
        "take all as names of classes with --classes-as-text"
        if recur
        else "choose another column with --target"
    )
    check_notation(target, table, decimal, line, way_out)
    found = doubtful([in_english(each, decimal) for each in classes])
    if found:
        cell = in_english(found[0], decimal)
        return [
            f"the target {name!r} has {cell!r}, which may be {found[1]}; it is taken for a class"
        ]
    words = [each for each in classes if not is_number(in_english(each, decimal))]
    numbers = len(classes) - len(words)
    if not 0 < len(words) < numbers:
        return []
    some_words = " and ".join(map(repr, words[:MOST_ODD_WORDS]))
    if numbers > MOST_NUMERIC_CLASSES:
        raise DataError(
            f"{table!r}: the target {name!r} has numbers, but {some_words} in"
            f" {int(target.isin(words).sum())} of {len(target)} rows; take these rows out for a"
            f" regression, or {way_out}"
        )
    return [f"the target {name!r} has numbers, but {some_words}, too; each is taken for a class"]


def class_name(value: object) -> str:
    """'3' for 3.0."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)

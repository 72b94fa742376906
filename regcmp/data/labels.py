"""What is to be learned: classes from a target column, or values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from regcmp.data.columns import LARGEST, Numbers
from regcmp.errors import DataError

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
    import pandas as pd

    name = str(target.name)
    numbers = np.asarray(pd.to_numeric(target, errors="coerce"), np.float64)
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
    classes = tuple(map(_class_name, different.tolist()))
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
    """A line for classes that differ by the blanks around them alone."""
    first: dict[str, str] = {}
    return [
        f"the target {target!r} has the classes {first[name.strip()]!r} and {name!r}, which differ by"
        " blanks alone; correct the cells if they are one class"
        for name in classes
        if first.setdefault(name.strip(), name) != name
    ]


def _class_name(value: object) -> str:
    """'3' for 3.0."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)

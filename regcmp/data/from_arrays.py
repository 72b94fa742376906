"""A table from arrays of features and labels, as files, scikit-learn and generators have them."""

from __future__ import annotations

from collections import defaultdict
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from regcmp.data.image_sizes import has_channels_first
from regcmp.data.table import Table
from regcmp.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

Array = npt.NDArray[Any]

TARGET = "target"

WAYS_OUT = defaultdict(
    lambda: "save numbers, as in x.astype(float)",
    M="make numbers of dates first, such as days, as in x.astype('datetime64[D]').astype(float)",
    m="make numbers of times first, such as seconds, as in x / np.timedelta64(1, 's')",
    c="save x.real and x.imag as columns of their own, or np.abs(x)",
    U="save codes of texts, or a table as .csv, whose texts become categories",
    S="save codes of texts, or a table as .csv, whose texts become categories",
    V="of an array with named fields, save a table as .csv, as pd.DataFrame(x).to_csv does",
)
"""By the kind of an array's cells: what to do where they can't be learned from."""


def from_arrays(
    name: str,
    source: str,
    x: Array,
    y: Array,
    x_test: Array | None = None,
    y_test: Array | None = None,
) -> Table:
    """A table of features 1, 2, ... and the target; images are laid out in rows."""
    frame = _frame(name, x, y)
    test = None
    if x_test is not None and y_test is not None:
        if x_test.shape[1:] != x.shape[1:]:
            raise DataError(
                f"{name!r}: test rows have the shape {x_test.shape[1:]}, the others {x.shape[1:]}"
            )
        test = _frame(name, x_test, y_test)
    image = (x.shape[1], x.shape[2], prod(x.shape[3:])) if x.ndim in (3, 4) else None
    if image is not None and has_channels_first(image):
        raise DataError(
            f"{name!r}: features of shape {x.shape} have their channels first, and are read as rows,"
            " height, width, channels; save np.transpose(x, (0, 2, 3, 1))"
        )
    return Table(name, frame, source, TARGET, test, image)


def features_frame(name: str, x: Array) -> pd.DataFrame:
    """Features as columns 1, 2, ...; images are laid out in rows. Raises DataError for what is none."""
    import pandas as pd

    _check_kind(name, x, "features")
    if x.ndim not in (2, 3, 4):
        raise DataError(
            f"{name!r}: expected features of shape (rows, columns), found {x.shape}"
            + ("; of one feature, save x.reshape(-1, 1)" if x.ndim == 1 else "")
        )
    if not x.size:
        raise DataError(
            f"{name!r} has no rows or no columns: its features have the shape {x.shape}"
        )
    flat = x.reshape(len(x), -1)
    return pd.DataFrame(flat, columns=[str(i + 1) for i in range(flat.shape[1])])


def _frame(name: str, x: Array, y: Array) -> pd.DataFrame:
    frame = features_frame(name, x)
    _check_kind(name, y, "labels")
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.ndim != 1 or len(y) != len(x):
        raise DataError(
            f"{name!r}: expected a label for each of {len(x)} rows, found labels of shape {y.shape}"
            + ("; of one-hot labels, save y.argmax(axis=1)" if y.ndim == 2 else "")
        )
    if y.dtype.kind == "S":
        y = np.char.decode(y, "utf-8", "backslashreplace")
    frame[TARGET] = y.astype(object) if y.dtype.kind == "U" else y
    return frame


def _check_kind(name: str, values: Array, what: str) -> None:
    """Raise DataError for cells that are no numbers, nor texts where these are labels."""
    kind, texts = values.dtype.kind, " or texts" if what == "labels" else ""
    if kind in "biuf" or (kind in "US" and texts):
        return
    raise DataError(
        f"{name!r}: expected {what} that are numbers{texts}, found {values.dtype}; {WAYS_OUT[kind]}"
    )

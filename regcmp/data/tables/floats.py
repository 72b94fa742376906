"""Numbers of a text as the nearest float64, whatever version of pandas reads them.

Before 3.1, pandas reads more than 15 digits with an error in the last bit.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


@cache
def precision() -> dict[str, Any]:
    """What pandas.read_csv needs to be told to read the nearest float64."""
    import pandas as pd

    major, minor = map(int, pd.__version__.split(".")[:2])
    return {} if (major, minor) >= (3, 1) else {"float_precision": "round_trip"}


def to_floats(cells: pd.Series, errors: Literal["raise", "coerce"] = "raise") -> pd.Series:
    """Cells as float64, as pandas.to_numeric reads them, but each the nearest."""
    import pandas as pd

    numbers = pd.to_numeric(cells, errors=errors).astype(np.float64)
    if precision() and not pd.api.types.is_numeric_dtype(cells.dtype):
        read = numbers.notna()
        numbers[read] = [float(cell) for cell in cells[read]]
    return numbers

"""Tables of very many columns of numbers: looked at in blocks, since a step per column is slow.

What a block can't settle is left to the functions that look at one column, so the result is theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from regcmp.data.columns import LARGEST, Column, Numbers
from regcmp.data.tables.describing import ID

if TYPE_CHECKING:
    import pandas as pd

CELLS = 1 << 20
"""How many cells a block has, at most."""

FEW = 32
"""Fewer columns than that are not worth a block."""

EXACT = 2.0**53
"""Up to it, float64 holds every whole number."""


def blocks(frame: pd.DataFrame, names: Iterable[str]) -> Iterator[tuple[list[str], Numbers]]:
    """Those of these columns that hold numbers, some at a time, as float64 (rows, columns).

    None at all where columns are long or few.
    """
    numeric = {
        name
        for name, kind in zip(frame.columns, frame.dtypes, strict=True)
        if isinstance(kind, np.dtype) and kind.kind in "fiu"
    }
    chosen = [name for name in names if name in numeric]
    size = CELLS // max(len(frame), 1)
    if min(size, len(chosen)) < FEW:
        return
    whole = len(chosen) == frame.shape[1] and size >= len(chosen)
    for start in range(0, len(chosen), size):
        part = chosen[start : start + size]
        yield part, (frame if whole else frame[part]).to_numpy(np.float64)


def plain_numbers(frame: pd.DataFrame, names: Iterable[str]) -> dict[str, Column]:
    """Columns of which a block shows that they are numbers or constants, with nothing to be said."""
    found: dict[str, Column] = {}
    for part, block in blocks(frame, [name for name in names if not ID.fullmatch(name)]):
        missing = np.isnan(block).sum(axis=0)
        low, high = np.fmin.reduce(block, axis=0), np.fmax.reduce(block, axis=0)
        with np.errstate(invalid="ignore", over="ignore"):
            sized = np.maximum(np.abs(low), np.abs(high)) <= LARGEST  # false where all are missing
            zeros = ((block == 0) & np.signbit(block)).any(axis=0)  # 0 and -0 are no range
            sure = sized & ~zeros & ~_may_count(block, low, high, missing)
        facts = zip(*(each.tolist() for each in (sure, missing, low, high)), strict=True)
        for name, (is_sure, gaps, least, most) in zip(part, facts, strict=True):
            if is_sure:
                kind = "constant" if least == most and not gaps else "number"
                found[name] = Column(name, kind, gaps, range=(least, most))
    return found


def _may_count(block: Numbers, low: Numbers, high: Numbers, missing: npt.NDArray[Any]) -> Any:
    """Whether a column may go up by one from row to row; none that does is left out."""
    present = len(block) - missing
    may = np.abs(high - low - (present - 1)) <= 0.01 * present
    if len(block) > 1:
        may &= (missing > 0) | (block[1] - block[0] == 1)
    return may & (present > 2)


def may_give_away(
    frame: pd.DataFrame, names: Sequence[str], y: npt.NDArray[Any], n_classes: int
) -> set[str]:
    """The columns that may be a copy of the target: all but those of which a block shows otherwise."""
    if n_classes:
        _, first, place = np.unique(y, return_index=True, return_inverse=True)
        same = first[place]  # a row of the same class
    left = set(names)
    for part, block in blocks(frame, names):
        others = block[same] if n_classes else y[:, None]
        copies = (block == others).all(axis=0)
        left -= {name for name, is_copy in zip(part, copies, strict=True) if not is_copy}
    return left


def read_numbers(
    chunk: pd.DataFrame, read: Callable[[pd.Series], npt.NDArray[Any] | None]
) -> dict[str, npt.NDArray[Any] | None]:
    """The columns of a chunk of a text table as float64; ``read`` makes what a block can't settle."""
    found: dict[str, npt.NDArray[Any]] = {}
    for part, block in blocks(chunk, chunk.columns):
        large = np.fmax.reduce(np.abs(block), axis=0, initial=0) >= EXACT  # all digits count
        found |= {name: block[:, i] for i, name in enumerate(part) if not large[i]}
    return {name: found[name] if name in found else read(chunk[name]) for name in chunk.columns}


def in_one_block(columns: dict[str, Any]) -> pd.DataFrame:
    """A frame, whose columns lie in one array where they are many and all are float64."""
    import pandas as pd

    if len(columns) < FEW or any(
        not isinstance(each, np.ndarray) or each.dtype != np.float64 for each in columns.values()
    ):
        return pd.DataFrame(columns, copy=False)
    rows = len(next(iter(columns.values())))
    if len(columns) * rows > CELLS * FEW or rows > CELLS // FEW:
        return pd.DataFrame(columns, copy=False)
    return pd.DataFrame(np.stack(list(columns.values())).T, columns=list(columns), copy=False)

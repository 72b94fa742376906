"""Rows with the features of another row: where one is trained on and one tested on, the score is a memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from regcmp.data.dataset import BLOCK, Dataset, Rows
from regcmp.data.preparation.splitting import Split
from regcmp.engine.streams import stream

FROM = 0.01
"""The share of test rows, or of all rows, from which copies are warned of."""

FEW = 3
"""Where test rows are drawn, fewer copies than that are nothing to be said."""

LOOKED_AT = 1000
"""How many different rows tell how often rows agree by chance."""

ROOM = 10
"""So many times more rows than there are must be possible before rows that are alike are copies."""

FEW_PLACES, MOST_PLACES = 2, 8
"""A number of more decimal places is measured, and recurs in a copy alone."""

WAYS_OUT = (
    "--drop-duplicates keeps one of those that have the target, too, and --groups content keeps all on"
    " one side"
)
"""What to do where drawn test rows may be copies of training rows."""

Keys = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class Copies:
    """How many test rows have the features of a training row, and how many its target, too."""

    n_test: int
    features: int
    target: int


def row_keys(dataset: Dataset) -> Keys:
    """(N,) a number of each row's features, as the network gets them: rows that are alike have the same.

    Others differ but for a chance of 2⁻⁶⁴ for each pair.
    """
    factors = stream(0, "copies").integers(2**63, size=dataset.n_columns, dtype=np.uint64)
    factors |= np.uint64(1)
    first = dataset.n_rows - dataset.given_test
    if dataset.mixed is None:
        return _keys(_as_coarse(dataset.x, first), factors)
    keys = np.zeros(dataset.n_rows, np.uint64)
    for i, (_, values) in enumerate(dataset.mixed.items()):
        keys += _keys(_as_coarse(_numbers(values)[:, None], first), factors[i : i + 1])
    return keys


def _as_coarse(x: npt.NDArray[np.float64], first: int) -> npt.NDArray[np.float64]:
    """In single precision, a column that only training rows, or only test rows, have been saved in."""
    if first == len(x):
        return x
    with np.errstate(over="ignore", invalid="ignore"):
        coarse = x.astype(np.float32)
    exact = (coarse == x) | np.isnan(x)
    differ = exact[:first].all(axis=0) != exact[first:].all(axis=0)
    return np.where(differ, coarse, x) if differ.any() else x


def _keys(x: npt.NDArray[np.float64], factors: Keys) -> Keys:
    """The sum over columns of each number's bits, mixed, times a factor of the column."""
    keys = np.empty(len(x), np.uint64)
    size = max(1, BLOCK // len(factors))  # rows that stay in a cache
    for start in range(0, len(x), size):
        part = slice(start, start + size)
        keys[part] = (_mixed(_bits(x[part])) * factors).sum(axis=1, dtype=np.uint64)
    return keys


def _numbers(values: object) -> npt.NDArray[np.float64]:
    """A column as numbers; of texts, one for each that is different."""
    import pandas as pd

    assert isinstance(values, pd.Series)
    codes = values if values.dtype.kind in "biuf" else values.factorize()[0]
    return np.asarray(codes, np.float64)


def _bits(values: npt.NDArray[np.float64]) -> Keys:
    """Those of each number; 0 and -0 are one number, and so are all that are missing."""
    values = values + 0.0
    values[np.isnan(values)] = np.nan
    return values.view(np.uint64)


def _mixed(bits: Keys) -> Keys:
    """Each bit has a say in all of them: the finalizer of MurmurHash3."""
    bits = (bits ^ (bits >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    bits = (bits ^ (bits >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    return bits ^ (bits >> np.uint64(33))


def repeated_rows(dataset: Dataset) -> int:
    """How many rows have the features of another row."""
    counts = np.unique(dataset.keys, return_counts=True)[1]
    return int(counts[counts > 1].sum())


def copies_in(dataset: Dataset, split: Split) -> Copies:
    """Those among the test rows of a split; validation rows are training rows here."""
    keys, train = dataset.keys, np.concatenate([split.train, split.validation])
    same = np.isin(keys[split.test], keys[train])
    with_y = _with_targets(dataset)
    both = np.isin(with_y[split.test], with_y[train])
    return Copies(len(split.test), int(same.sum()), int(both.sum()))


def _with_targets(dataset: Dataset) -> Keys:
    """(N,) a number of each row's features and target."""
    keys: Keys = dataset.keys + _mixed(_bits(dataset.y.astype(np.float64)))
    return keys


def rows_apart(dataset: Dataset) -> Rows:
    """The rows beside given test rows, in order, but for those that are like another one in all.

    Of such rows the first is kept; none that a given test row is like.
    """
    keys = _with_targets(dataset)
    own, given = np.split(keys, [dataset.n_rows - dataset.given_test])
    first = np.sort(np.unique(own, return_index=True)[1])
    kept: Rows = first[~np.isin(own[first], given)]
    return kept


def given_copies(dataset: Dataset) -> Copies | None:
    """Those among the given test rows; None where there are no such rows."""
    first = dataset.n_rows - dataset.given_test
    split = Split(np.arange(first), np.arange(first, dataset.n_rows))
    return copies_in(dataset, split) if dataset.given_test else None


def warnings_of_given(dataset: Dataset) -> list[str]:
    """A line where many given test rows are copies of training rows."""
    found = given_copies(dataset)
    if found is None or not found.features or found.features < FROM * found.n_test:
        return []
    by_chance = (
        _expected(dataset, dataset.n_rows - found.n_test) > found.features / found.n_test / 2
    )
    way_out = (
        "features of so few values may agree by chance"
        if by_chance
        else "--drop-duplicates leaves out training rows that have the target, too"
    )
    return [f"{_said(found)}; {way_out}"]


def warnings_of_drawn(dataset: Dataset, split: Split, seed: int) -> list[str]:
    """A line where many test rows of a drawn split are copies of training rows.

    Not where columns have so few values that rows agree by chance: their labels differ, then.
    """
    found = copies_in(dataset, split)
    if not _notable(found.features, found.n_test, dataset, len(split.train)):
        return []
    return [f"{_said(found, f' under seed {seed}')}; {WAYS_OUT}"]


def warnings_of_repeated(dataset: Dataset) -> list[str]:
    """The same before any split is drawn."""
    rows = repeated_rows(dataset)
    if dataset.given_test or not _notable(rows, dataset.n_rows, dataset, dataset.n_rows):
        return []
    return [
        f"{rows:,} of {dataset.n_rows:,} rows have the features of another row, so that drawn test rows"
        f" are copies of training rows; {WAYS_OUT}"
    ]


def _notable(copies: int, of: int, dataset: Dataset, others: int) -> bool:
    """Whether so many copies are neither few nor chance."""
    return copies >= max(FEW, FROM * of) and _expected(dataset, others) <= copies / of / 2


def _said(found: Copies, where: str = "") -> str:
    share = 100 * found.features / found.n_test
    return (
        f"{found.features:,} of {found.n_test:,} test rows ({share:.3g} %){where} have the features of"
        f" a training row, and {found.target:,} its target, too: test scores may show what was"
        " remembered"
    )


def _expected(dataset: Dataset, others: int) -> float:
    """The share of rows that have the features of one of so many others, were columns independent.

    All, where the columns' values can hardly make so many different rows. A measured number
    is one of those that its digits leave between the least and the largest, a text one of any number.
    """
    different = np.unique(dataset.keys, return_index=True)[1]
    rows = stream(0, "copies by chance").permutation(different)[:LOOKED_AT]
    alike, possible = 1.0, 1.0
    for i in range(dataset.n_columns):
        values = (
            dataset.x[rows, i] if dataset.mixed is None else _numbers(dataset.mixed.iloc[rows, i])
        )
        counts = np.unique(values, return_counts=True)[1]
        possible = min(possible * max(len(counts), _possible(dataset, i, values)), 1e300)
        alike *= float((counts * (counts - 1)).sum()) / max(len(rows) * (len(rows) - 1), 1)
    if possible < ROOM * others:
        return 1.0
    return float(-np.expm1(others * np.log1p(-max(alike, 1 / possible))))


def _possible(dataset: Dataset, column: int, values: npt.NDArray[np.float64]) -> float:
    """How many different values a column may have, by what kind it is and the digits of its numbers."""
    if dataset.mixed is not None:
        name = dataset.mixed.columns[column]
        kind = next((each.kind for each in dataset.columns if each.name == name), "number")
        if kind in ("category", "text"):
            return 1e300 if kind == "text" else 1.0
    known = values[np.isfinite(values)]
    for places in range(MOST_PLACES):
        scaled = known * 10.0**places
        if np.allclose(scaled, np.round(scaled), rtol=0, atol=1e-6):
            # Whole numbers and those of few places are heaped at round ones.
            return float(np.ptp(scaled)) if places > FEW_PLACES and len(known) else 1.0
    return 1e300

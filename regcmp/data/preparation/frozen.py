"""A fitted preparation as plain numbers and texts: what can be kept in a file, and transforms the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from regcmp.data.dataset import Dataset
from regcmp.data.preparation.encoding import Encoder, words_of
from regcmp.data.preparation.preparing import TOO_FAR, Preparation, Standardizer
from regcmp.engine.arrays import Floats
from regcmp.errors import TooFarError

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Levels:
    """The features of a category: one per level that is frequent in training rows, one for all others."""

    column: str
    frequent: tuple[str, ...]
    pooled: bool
    """Whether there is a feature for the others; without it, they are 0 in all."""


@dataclass(frozen=True)
class Words:
    """The features of a text: TF-IDF of these words, in their order."""

    column: str
    words: tuple[str, ...]
    idf: Numbers


@dataclass(frozen=True)
class Frozen:
    """What was fitted on training rows.

    Rows come as ``Dataset.take`` gives them: (n, D) float64, of numbers alone, or a frame of columns.
    Numbers may be missing (NaN), in which case the median of the training rows takes their place.
    """

    dtype: str
    width: int
    """How many features leave it."""
    numbers: tuple[str, ...]
    """The columns of numbers, in their order; those of plain rows are all."""
    medians: Numbers
    """(numbers,) of the training rows."""
    means: Numbers
    scales: Numbers
    """(numbers,), or one for each channel of an image."""
    varies: npt.NDArray[np.bool_]
    """Which features, in the order of encoding, are not constant in the training rows; others become 0."""
    gaps: tuple[str, ...] = ()
    """The columns with a feature that says where a number is missing."""
    categories: tuple[Levels, ...] = ()
    texts: tuple[Words, ...] = ()
    places: npt.NDArray[np.int64] | None = None
    """Where each feature, in the order of encoding, stands; None for plain rows."""

    @property
    def is_plain(self) -> bool:
        """Whether rows are numbers alone, none of which was missing in training."""
        return self.places is None

    def transform(self, rows: Any) -> Floats:
        """Prepared rows (n, D), as the preparation that this was made of gives them."""
        try:
            with np.errstate(over="raise"):
                return self._transformed(rows)
        except FloatingPointError:
            raise TooFarError(TOO_FAR) from None

    def distances(self, rows: Any) -> Floats:
        """(n, numbers) the sizes of scaled numbers, infinite where ``transform`` refuses a row."""
        with np.errstate(over="ignore"):
            x = self._transformed(rows)
        own = x if self.places is None else x[:, self.places[: len(self.numbers)]]
        found: Floats = np.abs(own)
        return found

    def _transformed(self, rows: Any) -> Floats:
        return self._plain(rows) if self.is_plain else self._encoded(rows)

    def _plain(self, rows: Numbers) -> Floats:
        x = np.where(np.isnan(rows), self.medians, rows)
        by_channel = x.reshape(-1, len(self.means))
        by_channel -= self.means
        by_channel /= self.scales
        by_channel *= self.varies
        return np.ascontiguousarray(by_channel.reshape(x.shape), self.dtype)

    def _encoded(self, rows: Any) -> Floats:
        given = rows[list(self.numbers)].to_numpy(np.float64)
        scaled = np.where(np.isnan(given), self.medians, given)
        scaled -= self.means
        scaled /= self.scales
        blocks: list[Any] = [scaled]
        if self.gaps:
            blocks.append(rows[list(self.gaps)].isna().to_numpy(np.float64))
        for each in self.categories:
            codes = _codes(rows[each.column], each.frequent)
            n = len(each.frequent) + each.pooled
            # The last line of zeros is for levels that have no feature.
            blocks.append(np.eye(n + (not each.pooled), n)[codes])
        blocks += [words_of(each.words, each.idf).transform(rows[each.column]).toarray()
                   for each in self.texts]  # fmt: skip
        encoded = np.hstack(blocks)
        encoded *= self.varies
        out = np.zeros((len(encoded), self.width), self.dtype)
        out[:, self.places] = encoded
        return out


def _codes(texts: Any, levels: tuple[str, ...]) -> npt.NDArray[np.intp]:
    """The place of each text among the levels; one behind them for any other."""
    import pandas as pd

    codes = pd.Index(levels, dtype=object).get_indexer(texts)
    return np.where(codes < 0, len(levels), codes)


def frozen(preparation: Preparation, dataset: Dataset, rows: Any) -> Frozen:
    """What a preparation learned from these training rows, as ``Dataset.take`` gave them."""
    dtype = np.dtype(preparation.dtype).name
    step = preparation.step
    if isinstance(step, Standardizer):
        width = dataset.n_features
        return Frozen(
            dtype=dtype,
            width=width,
            numbers=dataset.names,
            medians=np.median(rows, axis=0),
            means=step.scaler.mean_,
            scales=step.scaler.scale_,
            varies=step.varies,
        )
    assert isinstance(step, Encoder)
    fitted = {name: (each, columns) for name, each, columns in step.transformer.transformers_}
    numbers = tuple(fitted["number"][1])
    imputer, scaler = fitted["number"][0] if numbers else (None, None)
    empty = np.zeros(0)
    return Frozen(
        dtype=dtype,
        width=len(step.layout),
        numbers=numbers,
        medians=np.nan_to_num(imputer.statistics_) if imputer else empty,
        means=scaler.mean_ if scaler else empty,
        scales=scaler.scale_ if scaler else empty,
        varies=step.varies,
        gaps=tuple(fitted["missing"][1]),
        categories=_levels(*fitted["category"]),
        texts=tuple(
            Words(columns, _in_order(each.vocabulary_), each.idf_)
            for name, (each, columns) in fitted.items()
            if name.startswith("text")
        ),
        places=np.array(step.places, np.int64),
    )


def _levels(one_hot: Any, columns: list[str]) -> tuple[Levels, ...]:
    if not columns:
        return ()
    found = zip(columns, one_hot.categories_, one_hot.infrequent_categories_, strict=True)
    return tuple(
        Levels(
            name,
            tuple(level for level in levels if rare is None or level not in set(rare)),
            rare is not None and len(rare) > 0,
        )
        for name, levels, rare in found
    )


def _in_order(vocabulary: dict[str, int]) -> tuple[str, ...]:
    return tuple(sorted(vocabulary, key=lambda word: vocabulary[word]))

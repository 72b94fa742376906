"""Imputing, scaling and encoding columns by the training rows alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from regcmp.data.columns import MOST_LEVELS, RARE
from regcmp.data.dataset import Dataset
from regcmp.engine.arrays import Floats
from regcmp.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

WORDS = 1000
"""How many of a text column's words, the most frequent of the training rows, are features."""

TOKEN = r"(?u)\b\w+\b"
"""A word as people write it: no stemming, and a column of one-letter words is no error."""


Feature = tuple[str, str, str | int | None]
"""A block of the encoder, a column, and its level (None for the rare ones') or the place of a word."""


def layout(dataset: Dataset) -> list[Feature]:
    """All features that any split may have.

    The network must be one and the same under every seed, so that each level of a category and each
    column with gaps has its place, also where the training rows of a seed don't show it, and a text
    has as many as it has words. It is 0 there, as every feature that is constant in training rows.
    Of more levels than a category has unless asked for, only those that may recur have a place.
    Given test rows have no say: initial weights follow the network's width.
    """
    frame, numbers, categories, texts = _not_given(dataset), *_kinds(dataset)
    features: list[Feature] = [("number", name, None) for name in numbers]
    features += [("missing", name, None) for name in _with_gaps(dataset)]
    for name in categories:
        features += [("category", name, level) for level in [*_all_levels(frame[name]), None]]
    for name in texts:
        words = min(WORDS, _count_words(frame[name]))
        features += [("text", name, place) for place in range(words)]
    return features


def _all_levels(texts: Any) -> list[str]:
    """The levels that have a place; of very many, only those that can have one in training rows."""
    rows = texts.value_counts()
    return sorted(rows.index if len(rows) <= MOST_LEVELS + 1 else rows.index[rows >= RARE])


def _count_words(texts: Any) -> int:
    """How many different words all rows have."""
    analyze = _vectorizer().build_analyzer()
    return len({word for text in texts.unique() for word in analyze(text)})


class Encoder:
    """Columns as numbers (n, D), all that is fitted being fitted on the training rows.

    Numbers: the median where one is missing, with an indicator, then zero mean and unit variance.
    Categories: a 0/1 feature per level, rare ones pooled; a level that only other rows have counts as
    rare. Texts: TF-IDF of the most frequent words.
    """

    def __init__(self, dataset: Dataset, dtype: npt.DTypeLike) -> None:
        self.name = dataset.name
        self.texts = _kinds(dataset)[2]
        self.layout = dataset.layout
        self.dtype = dtype
        self.transformer = _transformer(dataset)

    def fit_transform(self, rows: pd.DataFrame) -> Floats:
        """Fit on training rows. Raises DataError for a text column without a word in them."""
        for name in self.texts:
            if not rows[name].str.contains(r"\w").any():
                raise DataError(
                    f"{self.name!r}: no word stands in column {name!r} of the {len(rows)} training"
                    " rows; take more rows, or leave it out of --text"
                )
        numbers = self.transformer.fit_transform(rows)
        self.places = _places(self.layout, self.transformer)
        self.varies = np.ptp(numbers, axis=0) > 0
        return self._laid_out(numbers)

    def transform(self, rows: pd.DataFrame) -> Floats:
        """Encode rows of the same columns."""
        if not len(rows):  # the transformer would refuse
            return np.zeros((0, len(self.layout)), self.dtype)
        return self._laid_out(self.transformer.transform(rows))

    def _laid_out(self, numbers: Floats) -> Floats:
        """At their places; what is constant in training rows is 0."""
        out = np.zeros((len(numbers), len(self.layout)), self.dtype)
        out[:, self.places] = numbers * self.varies
        return out


def _transformer(dataset: Dataset) -> Any:
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import MissingIndicator, SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numbers, categories, texts = _kinds(dataset)
    scaled = make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler()
    )
    one_hot = OneHotEncoder(
        min_frequency=RARE, handle_unknown="infrequent_if_exist", sparse_output=False
    )
    words = [(f"text{i}", _vectorizer(), name) for i, name in enumerate(texts)]
    return ColumnTransformer(
        [
            ("number", scaled, numbers),
            ("missing", MissingIndicator(features="all"), _with_gaps(dataset)),
            ("category", one_hot, categories),
            *words,
        ],
        sparse_threshold=0,
    )


def _vectorizer() -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(max_features=WORDS, token_pattern=TOKEN)


def words_of(words: tuple[str, ...], idf: npt.NDArray[Any]) -> Any:
    """What turns texts into TF-IDF of these words, as it was once fitted."""
    vectorizer = _vectorizer().set_params(vocabulary=list(words))
    vectorizer.idf_ = idf
    return vectorizer


def _places(layout: list[Feature], transformer: Any) -> list[int]:
    """Where each fitted feature stands in the layout."""
    at = {feature: place for place, feature in enumerate(layout)}
    features: list[Feature] = []
    for block, fitted, columns in transformer.transformers_:
        if block.startswith("text"):
            features += [("text", columns, place) for place in range(len(fitted.vocabulary_))]
        elif block == "category" and columns:
            features += _levels(fitted, columns)
        elif block in ("number", "missing"):
            features += [(block, name, None) for name in columns]
    return [at[feature] for feature in features]


def _levels(one_hot: Any, columns: list[str]) -> list[Feature]:
    """The features of a fitted encoder: of each column the frequent levels, then one for the rare."""
    features: list[Feature] = []
    found = zip(columns, one_hot.categories_, one_hot.infrequent_categories_, strict=True)
    for name, levels, rare in found:
        pooled = set() if rare is None else set(rare)
        features += [("category", name, level) for level in levels if level not in pooled]
        if pooled:
            features.append(("category", name, None))
    return features


def _frame(dataset: Dataset) -> Any:
    assert dataset.mixed is not None
    return dataset.mixed


def _not_given(dataset: Dataset) -> Any:
    """The rows that training rows are of: all but given test rows."""
    return _frame(dataset).iloc[: dataset.n_rows - dataset.given_test]


def _kinds(dataset: Dataset) -> tuple[list[str], list[str], list[str]]:
    """The names of numbers, categories and texts, in the table's order."""
    kinds: dict[str, list[str]] = {
        "number": [],
        "constant": [],
        "boolean": [],
        "category": [],
        "text": [],
    }
    for column in dataset.columns:
        if column.used:
            kinds[column.kind].append(column.name)
    return kinds["number"] + kinds["constant"] + kinds["boolean"], kinds["category"], kinds["text"]


def _with_gaps(dataset: Dataset) -> list[str]:
    rows = _not_given(dataset)
    return [name for name in _kinds(dataset)[0] if rows[name].isna().any()]

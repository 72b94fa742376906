"""A model: preparation and networks, fitted; what ``regcmp fit`` makes, and ``regcmp.load`` gives back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

from regcmp.data.columns import Column
from regcmp.data.preparation.frozen import Frozen
from regcmp.engine.arrays import Floats
from regcmp.engine.losses import loss_of, probabilities
from regcmp.engine.model import Model
from regcmp.errors import DataError, TooFarError, UsageError
from regcmp.metrics import Outcomes
from regcmp.models.checking import check_known
from regcmp.models.threads import one_thread
from regcmp.writing import write_whole

Array = npt.NDArray[Any]
CHUNK = 1 << 14
"""Rows prepared at a time. No result depends on it."""


@dataclass(frozen=True)
class Fitted:
    """The network of one seed, with what prepares rows for it."""

    seed: int
    preparation: Frozen
    mean: float
    scale: float
    """Values that it learned are (y - mean) / scale; of classes, 0 and 1."""
    network: Model

    def outputs(self, rows: Any) -> Floats:
        """(n, C) log-odds up to a constant, or (n, 1) values in the unit of y; rows as data are taken."""
        x = self.preparation.transform(rows)
        outputs = self.network.outputs(x)
        if self.network.design.n_classes:
            return outputs
        # In float64: float32 tells no value apart whose mean is large beside its spread.
        values: Floats = outputs.astype(np.float64) * self.scale + self.mean
        return values


@dataclass(frozen=True)
class Facts:
    """What is known of a model beside its networks."""

    plan: Mapping[str, Any]
    """Every word that decided it, as a report has them, with the data under "data"."""
    environment: Mapping[str, Any]
    dataset: str
    task: str
    target: str
    method: str
    classes: tuple[str, ...]
    columns: tuple[Column, ...]
    """Those that it learns from, in their order."""
    others: tuple[str, ...] = ()
    """The other columns that its table had."""
    image: tuple[int, int, int] | None = None
    rows: Mapping[str, int] = field(default_factory=dict)
    """How many rows trained, validated and tested it."""
    mixed: bool = False
    """Whether columns are imputed and encoded, and not numbers alone."""
    scores: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """How it scored on them: by 'train', 'validation' and 'test'."""


def _chunks(rows: Any) -> Iterator[Any]:
    """The rows, some at a time; at least once."""
    for start in range(0, max(1, len(rows)), CHUNK):
        part = slice(start, start + CHUNK)
        yield rows[part] if isinstance(rows, np.ndarray) else rows.iloc[part]


class FittedModel(BaseEstimator):  # type: ignore[misc]
    """A fitted estimator that takes rows as they are: it imputes, encodes and scales them itself.

    Of several networks it predicts the mean of their probabilities, or of their values. ``facts`` says
    what it was trained on, ``networks`` has one ``Fitted`` per seed.

    Attributes:
        n_features_in_, feature_names_in_: of the columns that it takes.
    """

    def __init__(self, facts: Facts, networks: Sequence[Fitted]) -> None:
        self.facts = facts
        self.networks = networks

    def __repr__(self) -> str:
        """What it is, without its weights."""
        networks, facts = len(self.networks), self.facts
        many = "1 network" if networks == 1 else f"{networks} networks"
        return f"{type(self).__name__}({facts.method} for {facts.target!r}, {many})"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": repr(self)}

    def fit(self, X: Any, y: Any) -> Any:
        """Raise UsageError: it is fitted, and trained again by ``regcmp fit``."""
        raise UsageError(
            "a model is fitted already; 'regcmp fit' trains it on other rows, and"
            " regcmp.MLPClassifier and regcmp.MLPRegressor are estimators to be fitted"
        )

    def __sklearn_is_fitted__(self) -> bool:
        return True

    @property
    def n_features_in_(self) -> int:
        """How many columns it learns from."""
        return len(self.facts.columns)

    @property
    def feature_names_in_(self) -> Array:
        """Their names."""
        return np.array([each.name for each in self.facts.columns], dtype=object)

    def save(self, path: str | Path) -> None:
        """Write it to a file, '.regcmp' or '.onnx'; whole or not at all."""
        from regcmp.models.saving import model_as

        write_whole(Path(path), model_as(Path(path).suffix.lower(), self, str(path)))

    def raw_outputs(self, rows: Any) -> Floats:
        """(n, C) what the networks give for rows as ``Dataset.take`` has them."""
        check_known(self.networks[0].network.design)
        with one_thread(), np.errstate(over="ignore", invalid="ignore"):
            parts = [
                self._pooled([each.outputs(own) for each in self.networks]) for own in _chunks(rows)
            ]
        return np.concatenate(parts)

    def held_outputs(self, rows: Any) -> tuple[Floats, npt.NDArray[np.bool_]]:
        """``raw_outputs``, and (n,) for which rows numbers are too far for the precision of the networks.

        The outputs of those have no meaning.
        """
        try:
            outputs, far = self.raw_outputs(rows), np.zeros(len(rows), bool)
        except TooFarError:
            rows, far = rows.copy(), self.too_far(rows)
            if isinstance(rows, np.ndarray):
                rows[far] = np.nan
            else:
                rows.loc[far, self._numbers()] = np.nan
            outputs = self.raw_outputs(rows)
        # What can just be scaled may still be too much for the layers behind it.
        return outputs, far | ~np.isfinite(outputs).all(axis=1)

    def too_far(self, rows: Any) -> npt.NDArray[np.bool_]:
        """(n,) which of these rows ``raw_outputs`` refuses."""
        return np.concatenate([np.isinf(self._distances(own)).any(axis=1) for own in _chunks(rows)])

    def fault_of_far(self, rows: Any, place: int) -> tuple[str, str]:
        """The column whose number is the farthest in the row at ``place``, and what is wrong with it."""
        own, names = rows[place : place + 1], self._numbers()
        at = int(self._distances(own)[0].argmax())
        value = own[0, at] if isinstance(own, np.ndarray) else own[names[at]].iloc[0]
        dtype = self.networks[0].preparation.dtype
        said = f"column {names[at]!r} has {value:g}, which is too far from the training rows for {dtype}"
        return names[at], said

    def _distances(self, rows: Any) -> Floats:
        """(n, numbers) the largest that a preparation gives."""
        preparations = {id(each.preparation): each.preparation for each in self.networks}.values()
        found: Floats = np.max([each.distances(rows) for each in preparations], axis=0)
        return found

    def _numbers(self) -> list[str]:
        own = self.networks[0].preparation
        return [each.name for each in self.facts.columns] if own.is_plain else list(own.numbers)

    def _pooled(self, outputs: list[Floats]) -> Floats:
        if len(outputs) == 1:
            return outputs[0]
        pooled: Floats = loss_of(len(self.facts.classes)).pooled([each[None] for each in outputs])[
            0
        ]
        return pooled

    def outcomes(self, outputs: Floats, y: Array) -> Outcomes:
        """What these outputs (n, C) make of rows whose class numbers or values are y (n,)."""
        classes, unit = len(self.facts.classes), self.networks[0]
        if not classes:
            y, outputs = (y - unit.mean) / unit.scale, (outputs - unit.mean) / unit.scale
        losses = loss_of(classes).of_rows(outputs[None], y[None])[0]
        right = outputs.argmax(axis=1) == y if classes else None
        return Outcomes(losses, y, right, unit.scale)

    def _outputs(self, X: Any) -> Floats:
        from regcmp.models.rows import rows_of, where

        rows = rows_of(self.facts, X)
        outputs, far = self.held_outputs(rows)
        if far.any():
            place = int(far.argmax())
            column, said = self.fault_of_far(rows, place)
            raise DataError(
                f"{where(self.facts, X, place, column)}: {said}; correct it, or fit the model with"
                " dtype='float64'"
            )
        return outputs


class FittedClassifier(ClassifierMixin, FittedModel):  # type: ignore[misc]
    """A model that predicts classes."""

    @property
    def classes_(self) -> Array:
        """The names of the classes."""
        return np.array(self.facts.classes, dtype=object)

    def predict(self, X: Any) -> Array:
        """(n,) the names of the classes of rows: a frame, or an array of the columns in their order."""
        found: Array = self.classes_[self._outputs(X).argmax(axis=1)]
        return found

    def predict_proba(self, X: Any) -> Floats:
        """(n, C) the probability of each of ``classes_``."""
        return probabilities(self._outputs(X))

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """The accuracy on these rows, whose classes y are names, or numbers that are names."""
        from sklearn.metrics import accuracy_score

        from regcmp.data.tables.labels import class_name

        names = [class_name(each) for each in np.asarray(y).tolist()]
        predicted = self.predict(X).tolist()
        return float(accuracy_score(names, predicted, sample_weight=sample_weight))


class FittedRegressor(RegressorMixin, FittedModel):  # type: ignore[misc]
    """A model that predicts values."""

    def predict(self, X: Any) -> Array:
        """(n,) the values of rows: a frame, or an array of the columns in their order."""
        return self._outputs(X)[:, 0]


def fitted_model(facts: Facts, networks: Sequence[Fitted]) -> FittedModel:
    """The estimator of a task."""
    kind = FittedClassifier if facts.classes else FittedRegressor
    made: FittedModel = kind(facts, networks)
    return made

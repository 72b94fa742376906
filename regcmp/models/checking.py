"""What an estimator is given: features, targets and weights, checked as scikit-learn checks them."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.validation import _check_sample_weight

from regcmp.data.columns import LARGEST, some
from regcmp.data.preparation.targets import of_mean_one
from regcmp.engine.arrays import Floats, Integers
from regcmp.engine.regularizers import REGISTRY
from regcmp.engine.stack import Design
from regcmp.errors import UnknownRegularizerError, UsageError
from regcmp.hints import brief

Array = npt.NDArray[Any]
DTYPES = (np.float64, np.float32)
"""Either stays as it is; anything else becomes the first."""
MOST_WEIGHT = 1e30
"""Of a class: float32 holds sums of what has this weight."""


def validated(estimator: Any, X: Any, y: Any = "no_validation", **how: Any) -> Any:
    """X, or X and y, by scikit-learn's own checks, which have moved."""
    try:
        from sklearn.utils.validation import validate_data
    except ImportError:  # before 1.6
        return estimator._validate_data(X, y, dtype=DTYPES, **how)
    return validate_data(estimator, X, y, dtype=DTYPES, **how)


def check_known(design: Design) -> None:
    """Raise UnknownRegularizerError where a network needs a class from outside that is not there."""
    for each in design.ingredients:
        if each.name not in REGISTRY:
            raise UnknownRegularizerError(
                f"the network was trained with {each.name!r}, which is none of regcmp's own: load the"
                " plugin that registers it first, by plugins=[...] or --plugin FILE.py",
                "plugins",
            )


def row_weights(sample_weight: Any, X: Array) -> Floats | None:
    """(N,) weights of rows, of mean 1.

    Raises ValueError for one below 0, or where all are 0.
    """
    if sample_weight is None:
        return None
    weights: Floats = _check_sample_weight(sample_weight, X, dtype=np.float64)
    if weights.min() < 0 or not weights.sum() > 0:
        raise UsageError(
            "sample_weight: expected weights of at least 0, and one above 0; the least is"
            f" {weights.min():g}",
            "sample_weight",
        )
    return of_mean_one(weights)


def check_values(name: str, y: Floats) -> None:
    """Raise UsageError where values y (N,) are too large or too near to each other to be scaled."""
    largest, spread = np.abs(y).max(), np.ptp(y) if np.abs(y).max() <= LARGEST else 0.0
    if largest > LARGEST or 0 < spread < 1 / LARGEST:
        what = "is too large" if largest > LARGEST else "differs by too little"
        shown = largest if largest > LARGEST else spread
        raise UsageError(
            f"{name}: {shown:g} {what} to be scaled; take {name} in another unit", name
        )


def class_weights(given: Any, classes: Array, y: Integers, rows: Floats | None) -> Floats | None:
    """(C,) how much the rows of each class count; 'balanced' goes by the weights of rows (N,), too.

    A class that the dict leaves out counts 1, as in scikit-learn; with 0, its rows count nothing.
    Raises UsageError for what are no such weights.
    """
    if given is None:
        return None
    if isinstance(given, str) and given == "balanced":
        counts = np.bincount(y, rows, minlength=len(classes))
        present = counts > 0
        balanced = np.zeros(len(classes))
        balanced[present] = counts.sum() / (present.sum() * counts[present])
        return balanced
    if not isinstance(given, dict):
        raise UsageError(
            f"class_weight: expected 'balanced', or a dict of weights by class, got {given!r}",
            "class_weight",
        )
    known = set(classes.tolist())
    for name, weight in given.items():
        if name not in known:
            raise UsageError(
                f"class_weight: {brief(name)} is no class of y, which has {some(classes.tolist())}; name"
                " classes as y does",
                "class_weight",
            )
        # A truth value or a text would pass for a number.
        number = isinstance(weight, Real) and not isinstance(weight, bool | np.bool_)
        if not number or not 0 <= weight <= MOST_WEIGHT:
            raise UsageError(
                f"class_weight: expected a number from 0 to {MOST_WEIGHT:g} for the class {brief(name)}, got"
                f" {brief(weight)}",
                "class_weight",
            )
    weights: Floats = compute_class_weight(given, classes=classes, y=classes)
    if not weights.any():
        raise UsageError(
            f"class_weight: all rows count 0 under {brief(given)}; give a class of y a weight above 0",
            "class_weight",
        )
    return weights

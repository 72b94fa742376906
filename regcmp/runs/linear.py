"""The linear reference: logistic or ridge regression, its strength found on the training rows alone."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt

from regcmp.engine.arrays import Floats, Integers

MOST_NUMBERS = 10_000_000
"""Training rows x features x classes, above which none is fitted: some seconds of a split."""

FOLDS = 3
STRENGTHS = 10.0 ** np.arange(-4, 3)
"""C of logistic regression; the smallest is the strongest."""
ALPHAS = 10.0 ** np.arange(-3, 6)
"""Of ridge regression, on the sum of squared errors."""
STEPS = 300
"""Of L-BFGS, at most."""


def too_large(rows: int, features: int, classes: int) -> str:
    """Why none is fitted to so many numbers; empty where one is. A regression has no classes."""
    if rows * features * (classes or 1) <= MOST_NUMBERS:
        return ""
    sizes = f"{rows:,} training rows x {features:,} features"
    if classes:
        sizes += f" x {classes:,} classes"
    return f"left out, since {sizes} are more than {MOST_NUMBERS:,} numbers"


def linear_outputs(
    x: Floats,
    y: npt.NDArray[Any],
    others: Floats,
    n_classes: int,
    balanced: bool,
    weights: Floats | None = None,
) -> tuple[Floats, Floats]:
    """What a linear model fitted to rows x (N, D) gives for them, and for others: logits, or values.

    In float64 and with one thread of BLAS, it gives the same bits each time.
    """
    x, others = x.astype(float), others.astype(float)
    with _alone():
        if n_classes:
            model = _logistic(x, y, balanced, weights)
            return _logits(model, x, n_classes), _logits(model, others, n_classes)
        model = _ridge(x, y, weights)
        return model.predict(x)[:, None], model.predict(others)[:, None]


@contextmanager
def _alone() -> Iterator[None]:
    """One thread, and no warnings: of a fit that did not converge, or of options to come."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _ridge(x: Floats, y: Floats, weights: Floats | None) -> Any:
    """By leave-one-out, which has a closed form."""
    from sklearn.linear_model import RidgeCV

    return RidgeCV(alphas=ALPHAS).fit(x, y, weights)


def _logistic(x: Floats, y: Integers, balanced: bool, weights: Floats | None) -> Any:
    """By the log loss of rows held out; where no fold holds any, with scikit-learn's own strength."""
    from sklearn.linear_model import LogisticRegression, LogisticRegressionCV

    own: dict[str, Any] = {
        "solver": "lbfgs",
        "max_iter": STEPS,
        "random_state": 0,
        "class_weight": "balanced" if balanced else None,
    }
    folds = folds_of(y)
    if not folds:
        return LogisticRegression(**own).fit(x, y, weights)
    model = LogisticRegressionCV(Cs=STRENGTHS, cv=folds, scoring=_held_out, **own)
    return model.fit(x, y, weights)


def _held_out(model: Any, x: Floats, y: Integers, sample_weight: Floats | None = None) -> float:
    """Minus the log loss, also of rows that lack a class."""
    from sklearn.metrics import log_loss

    return -float(
        log_loss(y, model.predict_proba(x), labels=model.classes_, sample_weight=sample_weight)
    )


def folds_of(y: Integers) -> list[tuple[Integers, Integers]]:
    """Rows to fit and rows to hold out, class by class in turn; the only row of a class is never held out."""
    turns = np.empty(len(y), int)
    turns[np.argsort(y, kind="stable")] = np.arange(len(y)) % FOLDS
    alone = np.bincount(y)[y] == 1
    held = [(turns == fold) & ~alone for fold in range(FOLDS)]
    return [(np.flatnonzero(~each), np.flatnonzero(each)) for each in held if each.any()]


def _logits(model: Any, x: Floats, n_classes: int) -> Floats:
    """(N, C), with minus infinity for a class that no training row has."""
    logits = model.decision_function(x)
    if logits.ndim == 1:  # of two classes, that of the second one
        logits = np.stack([np.zeros_like(logits), logits], axis=1)
    every = np.full((len(x), n_classes), -np.inf)
    every[:, model.classes_] = logits
    return every

"""The estimators: regcmp's networks behind scikit-learn's interface."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from regcmp.data.preparation.targets import unit_of
from regcmp.engine.arrays import Floats
from regcmp.engine.losses import probabilities
from regcmp.errors import UsageError
from regcmp.models.checking import check_values, class_weights
from regcmp.models.estimator import Perceptron
from regcmp.models.single import Array, Given

PARAMETERS = """

    The defaults are the network and the training that ``regcmp compare`` compares: a strength means
    the same here, for features of zero mean and unit variance, as behind a StandardScaler.

    Parameters:
        hidden_layer_sizes: widths of the hidden layers of ``arch="mlp"``.
        activation: of the hidden layers; 'regcmp compare --help' lists them.
        regularization: a method, such as ``"l2=1e-3+dropout=0.5"``, in the grammar of ``regcmp
            methods``; one text, over which GridSearchCV can search.
        solver: the optimizer: adam, sgd, momentum, nesterov.
        arch: the layers, as in ``"conv16x3-pool2-64"`` or ``"cnn"``, or ``"mlp"``.
        image_shape: (height, width) or (height, width, channels) of a row that is an image.
        init: how initial weights are drawn: he, lecun, glorot, normal.
        batch_size: rows per step.
        learning_rate: its schedule: constant, step, cosine, cooldown.
        learning_rate_init: the rate; None is the solver's own.
        max_iter: epochs, which are passes over the training rows.
        shuffle: whether each epoch has the rows in another order.
        random_state: an int is the seed of ``regcmp compare --seed``, and repeats the same bits.
        verbose: whether each epoch prints a line.
        warm_start: whether ``fit`` goes on from the weights that are there.
        early_stopping: whether training ends when the loss of validation rows has not fallen in
            ``n_iter_no_change`` epochs; the weights of the best epoch are kept. It is the method
            ``earlystop``.
        validation_fraction: the share of the rows that are set aside for it; None is 0.1 where a
            method needs them, and else none.
        n_iter_no_change: see ``early_stopping``."""

ATTRIBUTES = """

    Attributes:
        coefs_, intercepts_: weights and biases of each layer that has some.
        n_iter_: epochs trained; ``best_iter_``, the one whose weights are kept.
        loss_curve_: the loss of the training rows after each epoch, in evaluation: without noise or
            penalty, each row counting once. ``loss_`` is the last, ``best_loss_`` the least.
        validation_loss_curve_, validation_scores_: of validation rows, or None.
            ``best_validation_score_`` is the largest of the scores.
        n_features_in_, feature_names_in_, n_layers_, n_outputs_, out_activation_."""


class MLPClassifier(ClassifierMixin, Perceptron):  # type: ignore[misc]
    """A network for classes, with any regularization of regcmp, as a scikit-learn estimator."""

    def __init__(
        self,
        hidden_layer_sizes: Any = (64, 64),
        activation: str = "relu",
        *,
        regularization: str = "none",
        solver: str = "adam",
        arch: str = "mlp",
        image_shape: Any = None,
        init: str = "he",
        batch_size: int = 64,
        learning_rate: str = "cooldown",
        learning_rate_init: float | None = None,
        max_iter: int = 80,
        shuffle: bool = True,
        random_state: Any = None,
        verbose: bool = False,
        warm_start: bool = False,
        early_stopping: bool = False,
        validation_fraction: float | None = None,
        n_iter_no_change: int = 10,
        class_weight: Any = None,
    ) -> None:
        super().__init__(
            hidden_layer_sizes,
            activation,
            regularization=regularization,
            solver=solver,
            arch=arch,
            image_shape=image_shape,
            init=init,
            batch_size=batch_size,
            learning_rate=learning_rate,
            learning_rate_init=learning_rate_init,
            max_iter=max_iter,
            shuffle=shuffle,
            random_state=random_state,
            verbose=verbose,
            warm_start=warm_start,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            n_iter_no_change=n_iter_no_change,
        )
        self.class_weight = class_weight

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Any:
        """Train for one epoch on these rows; ``classes`` are all classes, in the first call."""
        if classes is None and not hasattr(self, "_model"):
            raise UsageError(
                "classes must be passed on the first call to partial_fit: all that there are",
                "classes",
            )
        return self._partial_fit(X, y, classes, sample_weight)

    def predict(self, X: Any) -> Array:
        """(n,) the classes of X (n, D)."""
        outputs = self._outputs(X)
        found: Array = self.classes_[outputs.argmax(axis=1)]
        return found

    def predict_proba(self, X: Any) -> Floats:
        """(n, C) the probability of each of ``classes_``."""
        return probabilities(self._outputs(X))

    def predict_log_proba(self, X: Any) -> Floats:
        """(n, C) its logarithm."""
        outputs = self._outputs(X)
        z = outputs - outputs.max(axis=1, keepdims=True)
        logs: Floats = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        return logs

    @property
    def _n_classes(self) -> int:
        return len(self.classes_)

    def _class_weights(self, y: Array, weights: Floats | None) -> Floats | None:
        return class_weights(self.class_weight, self.classes_, y, weights)

    def _look(self, y: Array, classes: Any, *, anew: bool) -> None:
        check_classification_targets(y)
        if anew:
            self.classes_ = np.unique(y if classes is None else classes)
        elif classes is not None and not np.array_equal(np.unique(classes), self.classes_):
            raise UsageError(
                f"classes: {classes!r} are not those of the first call, {self.classes_!r}",
                "classes",
            )

    def _check_again(self, y: Array) -> None:
        if not np.array_equal(np.unique(y), self.classes_):
            raise UsageError(
                "warm_start can only be used where `y` has the same classes as in the previous call to"
                f" fit. Previously got {self.classes_}, `y` has {np.unique(y)}",
                "warm_start",
            )

    def _encoded(self, y: Array, name: str) -> Array:
        places = np.searchsorted(self.classes_, y).clip(max=len(self.classes_) - 1)
        odd = self.classes_[places] != y
        if np.any(odd):
            (found, *_) = y[odd].tolist()
            raise UsageError(
                f"{name} has the class {found!r}, which is none of the classes"
                f" {self.classes_.tolist()!r}; `y` has classes not in `self.classes_`",
                name,
            )
        return places


FAR = 100
"""Standard deviations that values may lie from their mean; and values between two of these."""


class MLPRegressor(RegressorMixin, Perceptron):  # type: ignore[misc]
    """A network for values, with any regularization of regcmp, as a scikit-learn estimator.

    It learns y in standard deviations of the training rows, as a comparison does: so strengths mean
    the same whatever the unit of y. ``coefs_``, ``loss_curve_`` and the like are in that unit;
    ``target_mean_`` and ``target_scale_`` say which it is.
    """

    task = "regression"
    score_key = "r2"

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """Train for one epoch on these rows; the first call decides the unit of y."""
        return self._partial_fit(X, y, None, sample_weight)

    def predict(self, X: Any) -> Array:
        """(n,) the values of X (n, D), in its precision as far as that tells them apart."""
        check_is_fitted(self)
        outputs = self._outputs(X)[:, 0]
        values = outputs.astype(np.float64) * self.target_scale_ + self.target_mean_
        return values.astype(outputs.dtype) if self._is_told_apart(outputs.dtype) else values

    def _is_told_apart(self, dtype: np.dtype[Any]) -> bool:
        """Whether this precision has values within and between the standard deviations of y."""
        limits = np.finfo(dtype)
        most, eps, least = float(limits.max), float(limits.eps), float(limits.tiny)
        farthest = abs(self.target_mean_) + FAR * self.target_scale_
        smallest = max(FAR * eps * farthest, least / eps)
        return most > farthest and self.target_scale_ > smallest

    def _check_targets(self, given: Given) -> None:
        for name, y in (("y", given.y), ("y_val", given.y_validation)):
            if y is not None:
                check_values(name, y.astype(np.float64))

    def _measure(self, y: Array, weights: Floats | None) -> None:
        self.target_mean_, spread = unit_of(y.astype(np.float64), weights)
        self.target_scale_ = spread or 1.0

    def _encoded(self, y: Array, name: str) -> Array:
        learned: Array = (y.astype(np.float64) - self.target_mean_) / self.target_scale_
        return learned


def _document(estimator: type[Perceptron], more: str) -> None:
    estimator.__doc__ = (estimator.__doc__ or "").rstrip() + PARAMETERS + more + ATTRIBUTES + "\n"


_document(
    MLPClassifier,
    """
        class_weight: None, 'balanced', or a dict of how much the rows of each class count in the
            training loss: at least 0. A class that it leaves out counts 1; with 0, rows count nothing.""",
)
_document(MLPRegressor, "")

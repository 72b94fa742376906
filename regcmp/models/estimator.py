"""What both estimators share: training a stack of one, going on from where it ended, and the network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted, check_random_state

from regcmp.engine.arrays import Floats
from regcmp.engine.building import network_of
from regcmp.engine.hooks import HookError
from regcmp.engine.measuring import Record
from regcmp.engine.model import Model
from regcmp.engine.regularizers import REGISTRY, Context, Regularizer
from regcmp.engine.stack import Optimizer, RunSeeds
from regcmp.engine.streams import stream
from regcmp.engine.training import Trained, train
from regcmp.errors import PluginError, UsageError
from regcmp.metrics import LOSS
from regcmp.models.checking import check_known, row_weights, validated
from regcmp.models.parameters import Parameters, parameters_of
from regcmp.models.single import Array, Given, single_stack, start_of
from regcmp.models.threads import one_thread

CLASSES = "classification"


class Perceptron(BaseEstimator):  # type: ignore[misc]
    """The parameters and the training of both estimators."""

    task = CLASSES
    score_key = "accuracy"

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
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.regularization = regularization
        self.solver = solver
        self.arch = arch
        self.image_shape = image_shape
        self.init = init
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.verbose = verbose
        self.warm_start = warm_start
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change

    # What a task decides

    def _look(self, y: Array, classes: Any, *, anew: bool) -> None:
        """Check y (N,), and remember which classes there are."""

    def _check_again(self, y: Array) -> None:
        """Raise UsageError where training can't go on with this y."""

    def _check_targets(self, given: Given) -> None:
        """Raise UsageError where these targets can't be scaled."""

    def _measure(self, y: Array, weights: Floats | None) -> None:
        """Remember the unit of y (N,), by the rows that are trained on."""

    def _encoded(self, y: Array, name: str) -> Array:
        """What is to be learned of y (n,)."""
        raise NotImplementedError

    def _class_weights(self, y: Array, weights: Floats | None) -> Floats | None:
        return None

    @property
    def _n_classes(self) -> int:
        return 0

    # Training

    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        X_val: Any = None,
        y_val: Any = None,
    ) -> Any:
        """Train the network on X (N, D) and y (N,).

        ``sample_weight`` (N,) says how much a row counts in the training loss. ``X_val`` and
        ``y_val`` are validation rows, in the place of ``validation_fraction``. Curves are those of
        evaluation, in which each row counts once. Raises ValueError for what can't be learned from.
        """
        anew = not (self.warm_start and hasattr(self, "_model"))
        if (X_val is None) != (y_val is None):
            raise UsageError("X_val and y_val: expected both or neither", "X_val", "y_val")
        if not anew:
            self._check_again(np.asarray(y))
        given = self._given(X, y, sample_weight, None, anew=anew)
        asked = self._parameters(given.x)
        seed = self._seed()
        if X_val is not None:
            x, y = validated(self, X_val, y_val, reset=False, **self._kind)
            given = replace(given, x_validation=x.astype(given.x.dtype), y_validation=y)
        elif asked.validation_fraction is not None:
            classes = self.task == CLASSES
            given = given.with_set_aside(asked.validation_fraction, seed, stratify=classes)
        self._begin_curves(validated=given.x_validation is not None)
        self._train(given, asked, RunSeeds(seed, seed, seed), anew=anew)
        self._calls = 0
        return self

    def _partial_fit(self, X: Any, y: Any, classes: Any, sample_weight: Any) -> Any:
        """Train for one more epoch, on these rows, at a constant rate."""
        anew = not hasattr(self, "_model")
        given = self._given(X, y, sample_weight, classes, anew=anew)
        asked = self._parameters(given.x)
        _check_by_parts(asked)
        asked = replace(asked, settings=replace(asked.settings, epochs=1, schedule="constant"))
        seed = self._seed() if anew else self._seeds.init
        self._calls = 0 if anew else self._calls + 1
        # Other rows and other noise in each call, and the same ones in each series of calls.
        other = int(stream(seed, f"part {self._calls}").integers(2**32)) if self._calls else seed
        if anew:
            self._optimizer: Optimizer | None = None
            self._begin_curves(validated=False)
        self._train(given, asked, RunSeeds(seed, other, other), anew=anew, by_parts=True)
        return self

    def _begin_curves(self, *, validated: bool) -> None:
        self.loss_curve_: list[float] = []
        self.validation_loss_curve_: list[float] | None = [] if validated else None
        self.validation_scores_: list[float] | None = [] if validated else None

    @property
    def _kind(self) -> dict[str, bool]:
        return {"y_numeric": self.task != CLASSES}

    def _given(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        classes: Any,
        *,
        anew: bool,
    ) -> Given:
        x, y = validated(self, X, y, reset=anew, **self._kind)
        weights = row_weights(sample_weight, x)
        self._look(y, classes, anew=anew)
        if not anew:  # the network keeps its precision
            x = x.astype(self._model.design.settings.dtype, copy=False)
        return Given(np.ascontiguousarray(x), y, weights)

    def _parameters(self, x: Floats) -> Parameters:
        given = {**self.get_params(deep=False)}
        return parameters_of(given, self.task, x.shape[1], self._n_classes or 1, x.dtype)

    def _seed(self) -> int:
        """The seed of all streams: the one that was given, or one that is drawn."""
        if isinstance(self.random_state, int | np.integer) and self.random_state >= 0:
            return int(self.random_state)
        return int(check_random_state(self.random_state).randint(2**31 - 1))

    def _train(
        self,
        given: Given,
        asked: Parameters,
        seeds: RunSeeds,
        *,
        anew: bool,
        by_parts: bool = False,
    ) -> None:
        """Train on these rows, from what is there unless ``anew``; by parts the optimizer goes on, too."""
        self._check_targets(given)
        if anew:
            self._measure(given.y, given.weights)
        given = self._as_learned(given)
        weights = self._class_weights(given.y, given.weights)
        stack = single_stack(given, asked, seeds, self._n_classes, weights)
        stack = replace(stack, shuffle=bool(self.shuffle))
        if by_parts or not anew:
            optimizer = self._optimizer if by_parts else None
            stack = replace(stack, start=start_of(stack, None if anew else self._model, optimizer))
        try:
            with one_thread(), np.errstate(all="ignore"):
                (run,) = train(stack, self._watch)
        except HookError as error:
            raise PluginError(str(error)) from error
        self._keep(run, seeds)
        self._optimizer = stack.start.optimizer if by_parts and stack.start else None

    def _as_learned(self, given: Given) -> Given:
        """The rows with what the network is to give for them."""
        other = given.y_validation
        other = None if other is None else self._encoded(other, "y_val")
        return replace(given, y=self._encoded(given.y, "y"), y_validation=other)

    def _watch(self, records: Sequence[Record], context: Context) -> bool:
        """Keep the curves, say where training is, and end it where nothing more is looked at."""
        (record,) = records
        self.loss_curve_.append(record.train[LOSS])
        text = f"Iteration {len(self.loss_curve_)}, loss = {record.train[LOSS]:.8f}"
        if record.validation is not None and self.validation_loss_curve_ is not None:
            assert self.validation_scores_ is not None
            self.validation_loss_curve_.append(record.validation[LOSS])
            self.validation_scores_.append(record.validation.get(self.score_key, np.nan))
            text += f", validation loss = {record.validation[LOSS]:.8f}"
        if self.verbose:
            print(text)
        return context.ended is not None and bool(context.ended.all())

    def _keep(self, run: Trained, seeds: RunSeeds) -> None:
        """Take over what training gave. Raises ValueError where it gave no numbers."""
        if run.model is None:
            raise ValueError(
                "Solver produced non-finite parameter weights. The input data may contain large values"
                " and need to be preprocessed."
                f" That was after epoch {run.stopped}: scale X, as StandardScaler does, take a smaller"
                " learning_rate_init, or drop less"
            )
        # A plugin's class is looked up by its name when it is needed: it can't be pickled.
        self._model: Model = replace(run.model, design=replace(run.model.design, outside={}))
        self._seeds = seeds
        self.n_iter_ = len(self.loss_curve_)
        self.loss_ = self.loss_curve_[-1]
        self.best_loss_ = None if self.early_stopping else min(self.loss_curve_)
        scores = self.validation_scores_
        self.best_validation_score_ = max(scores) if scores else None
        self.best_iter_ = run.selected or self.n_iter_
        self.n_layers_ = len(self.coefs_) + 1
        self.n_outputs_ = self.coefs_[-1].shape[1]
        self.out_activation_ = "softmax" if self._n_classes else "identity"

    # The network

    def _outputs(self, X: Any) -> Floats:
        """(n, C) what the network gives out."""
        check_is_fitted(self)
        check_known(self._model.design)
        x = validated(self, X, reset=False)
        x = np.ascontiguousarray(x, self._model.design.settings.dtype)
        with one_thread():
            return self._model.outputs(x)

    @property
    def coefs_(self) -> list[Array]:
        """The weights of each layer that has some, (inputs, units), as views."""
        return self._parameters_of("weights")

    @property
    def intercepts_(self) -> list[Array]:
        """The biases (units,) of these layers, as views."""
        return [each[0] for each in self._parameters_of("biases")]

    def _parameters_of(self, kind: str) -> list[Array]:
        if not hasattr(self, "_model"):
            raise AttributeError(f"this {type(self).__name__} has no weights before it is fitted")
        network, found = network_of(self._model.design), []
        params = network.params(self._model.members[-1].theta[None])
        for layer, own in zip(network.layers, params, strict=True):
            if layer.weights:
                found += [own[0][0]] if kind == "weights" else [own[-1][0]]
        return found


def _check_by_parts(asked: Parameters) -> None:
    """Raise UsageError for what needs to know how long training is."""
    for part in asked.method.parts:
        kind = REGISTRY[part.name]
        whole = kind.select is not Regularizer.select or kind.pace is not Regularizer.pace
        if whole or part.schedule != "constant":
            raise UsageError(
                "partial_fit does not support early_stopping=True, nor what else acts over a whole"
                f" training, as {str(part)!r}; use fit",
                "regularization",
            )

"""scikit-learn's own tests of its MLP, run against the estimators here."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

import regcmp

theirs = pytest.importorskip("sklearn.neural_network.tests.test_mlp")

NO_LBFGS = "lbfgs is no optimizer here"
NO_TOL = "training ends by validation loss or by max_iter, and not where the training loss falls by little"
PRIVATE = "it sets and reads attributes of scikit-learn's that are private"
ONE_OUTPUT = "one class or one value is learned of a row"
LEFT_OUT = {
    "test_alpha": NO_LBFGS,
    "test_fit": PRIVATE,
    "test_gradient": PRIVATE + "; test_sklearn_oracle.py compares gradients",
    "test_lbfgs_classification": NO_LBFGS,
    "test_lbfgs_regression": NO_LBFGS,
    "test_lbfgs_classification_maxfun": NO_LBFGS,
    "test_lbfgs_regression_maxfun": NO_LBFGS,
    "test_learning_rate_warmstart": PRIVATE,
    "test_multilabel_classification": ONE_OUTPUT,
    "test_multioutput_regression": ONE_OUTPUT,
    "test_predict_proba_multilabel": ONE_OUTPUT,
    "test_partial_fit_errors": NO_LBFGS + ", so partial_fit is always there",
    "test_sparse_matrices": "sparse X is refused, in words",
    "test_tolerance": NO_TOL,
    "test_early_stopping": NO_TOL,
    "test_early_stopping_stratified": "the message names the class itself, and theirs a code of it",
    "test_mlp_warm_start_no_convergence": "max_iter is the length of training, so none warns of it",
    "test_adaptive_learning_rate": "the rate follows a schedule by name",
    "test_n_iter_no_change": NO_TOL,
    "test_n_iter_no_change_inf": NO_TOL,
    "test_mlp_diverging_loss": "weights that are no numbers are an error, early stopping or not",
    "test_mlp_vs_poisson_glm_equivalent": "there is no Poisson loss",
    "test_minimum_input_sample_size": "early stopping goes by the loss, which one row has",
}
"""Why a test is not run."""

DROPPED = {
    "tol",
    "alpha",
    "momentum",
    "nesterovs_momentum",
    "power_t",
    "beta_1",
    "beta_2",
    "epsilon",
}
"""Parameters of theirs that decide nothing here."""


def translated(words: dict[str, Any]) -> dict[str, Any]:
    """Their defaults, where they are others; without what has no counterpart."""
    words = {"learning_rate": "constant", "batch_size": 200, "max_iter": 200} | words
    if words.get("solver") == "lbfgs":
        words["solver"] = "adam"
    if words.get("n_iter_no_change") == np.inf:
        words["n_iter_no_change"] = 10
    return {key: value for key, value in words.items() if key not in DROPPED}


class Classifier(regcmp.MLPClassifier):
    """Made by the words of theirs."""

    def __init__(self, hidden_layer_sizes: Any = (100,), **words: Any) -> None:
        super().__init__(hidden_layer_sizes, **translated(words))

    @classmethod
    def _get_param_names(cls) -> list[str]:
        return list(regcmp.MLPClassifier._get_param_names())


class Regressor(regcmp.MLPRegressor):
    """Made by the words of theirs."""

    def __init__(self, hidden_layer_sizes: Any = (100,), **words: Any) -> None:
        super().__init__(hidden_layer_sizes, **translated(words))

    @classmethod
    def _get_param_names(cls) -> list[str]:
        return list(regcmp.MLPRegressor._get_param_names())


OURS = {theirs.MLPClassifier: Classifier, theirs.MLPRegressor: Regressor}


def cases() -> Iterator[Any]:
    """Each test of theirs, with each combination of its parameters."""
    for name, test in vars(theirs).items():
        if not name.startswith("test_"):
            continue
        found: list[dict[str, Any]] = [{}]
        for mark in getattr(test, "pytestmark", []):
            if mark.name == "parametrize":
                names, values = mark.args
                keys = [each.strip() for each in names.split(",")] if "," in names else [names]
                given = [dict(zip(keys, v if len(keys) > 1 else (v,), strict=True)) for v in values]
                found = [one | other for one in found for other in given]
        for i, words in enumerate(found):
            yield pytest.param(test, words, id=f"{name}-{i}")


@pytest.mark.parametrize(("test", "words"), list(cases()))
def test_theirs_holds_for_ours(
    test: Callable[..., None],
    words: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    """Their classes being replaced by ours."""
    if test.__name__ in LEFT_OUT:
        pytest.skip(LEFT_OUT[test.__name__])
    for kind, own in OURS.items():
        monkeypatch.setattr(theirs, kind.__name__, own)
    words = {key: OURS.get(value, value) if isinstance(value, type) else value
             for key, value in words.items()}  # fmt: skip
    fixtures = set(inspect.signature(test).parameters) - set(words)
    words |= {name: request.getfixturevalue(name) for name in fixtures}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        test(**words)


def test_nothing_is_left_out_that_is_not_there() -> None:
    """Of the newest version, in which these are all."""
    import sklearn

    if tuple(map(int, sklearn.__version__.split(".")[:2])) >= (1, 9):
        assert set(LEFT_OUT) <= set(vars(theirs))

"""scikit-learn's MLPClassifier as an oracle, through its public ``partial_fit``."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from networks import mlp
from sklearn.neural_network import MLPClassifier

from regcmp.engine.arrays import Floats, Scratch
from regcmp.engine.losses import CrossEntropy
from regcmp.engine.network import Gradient, Network, Step
from regcmp.engine.optimizers import OPTIMIZERS
from regcmp.engine.regularizers import Context
from regcmp.engine.regularizers.penalties import L2

HIDDEN, FEATURES, CLASSES, ROWS = (9, 7), 5, 3, 24
RATE = 0.01
PEERS = {
    "sgd": {"solver": "sgd", "momentum": 0.0},
    "momentum": {"solver": "sgd", "momentum": 0.9, "nesterovs_momentum": False},
    "nesterov": {"solver": "sgd", "momentum": 0.9, "nesterovs_momentum": True},
    "adam": {"solver": "adam"},
}


def peer_and_theta(
    network: Network, x: Floats, y: Floats, activation: str, alpha: float, **words: object
) -> tuple[MLPClassifier, Floats]:
    """A peer that has seen one step at rate 0 (so its weights are set up), and theta with its weights."""
    peer = MLPClassifier(
        HIDDEN,
        activation=activation,
        alpha=alpha,
        batch_size=ROWS,
        learning_rate_init=RATE,
        shuffle=False,
        random_state=3,
        **words,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer.partial_fit(x, y, classes=np.arange(CLASSES))
    theta = np.empty((1, network.n_parameters))
    copy_weights(network, peer, theta)
    return peer, theta


def copy_weights(network: Network, peer: MLPClassifier, theta: Floats) -> None:
    """Write the peer's weights into theta (1, P)."""
    dense = [params for params in network.params(theta) if params]
    for (weight, bias), w, b in zip(dense, peer.coefs_, peer.intercepts_, strict=True):
        weight[0], bias[0, 0] = w, b


def problem(seed: int = 0) -> tuple[Floats, np.ndarray]:
    """A batch of rows and labels with every class in it."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(ROWS, FEATURES)), np.arange(ROWS) % CLASSES


def our_gradient(network: Network, theta: Floats, x: Floats, y: np.ndarray, lam: float) -> Floats:
    """The engine's gradient of the batch, with the l2 regularizer where ``lam`` is not 0."""
    step = Step(x[None], np.eye(CLASSES)[y][None], network.no_masks(), network.no_taps())
    gradient = Gradient(network, CrossEntropy(CLASSES), 1, float)(theta, step)
    if lam:
        l2 = L2(np.full((1, 1, 1), lam), {}, [0], network)
        gradient = l2.penalize(gradient, Context(network, theta, Scratch(float)))
    return gradient


@pytest.mark.parametrize("activation", ["relu", "tanh", "logistic", "identity"])
@pytest.mark.parametrize("alpha", [0.0, 0.7])
def test_gradient_is_that_of_scikit_learn(activation: str, alpha: float) -> None:
    """One SGD step of the peer is its gradient: (before - after) / rate.

    Its L2 term is ½ alpha Σw² / n_batch, so alpha = λ · n_batch.
    """
    x, y = problem()
    network = mlp(FEATURES, HIDDEN, CLASSES, {"logistic": "sigmoid"}.get(activation, activation))
    peer, before = peer_and_theta(network, x, y, activation, alpha, **PEERS["sgd"])
    peer.partial_fit(x, y)
    after = np.empty_like(before)
    copy_weights(network, peer, after)
    ours = our_gradient(network, before, x, y, alpha / ROWS)
    np.testing.assert_allclose(ours, (before - after) / RATE, rtol=0, atol=1e-12)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("alpha", [0.0, 0.7])
def test_weights_after_50_steps_are_those_of_scikit_learn(optimizer: str, alpha: float) -> None:
    """The optimizers start from zero state, so both sides start at the peer's initial weights."""
    x, y = problem(1)
    network = mlp(FEATURES, HIDDEN, CLASSES, "tanh")
    # The first step has moved the peer already; its initial weights are those of a peer at rate 0.
    peer, _ = peer_and_theta(network, x, y, "tanh", alpha, **PEERS[optimizer])
    still = MLPClassifier(
        HIDDEN, activation="tanh", alpha=alpha, batch_size=ROWS, learning_rate_init=1e-300,
        shuffle=False, random_state=3, solver="sgd",
    )  # fmt: skip
    still.partial_fit(x, y, classes=np.arange(CLASSES))
    theta = np.empty((1, network.n_parameters))
    copy_weights(network, still, theta)

    ours = OPTIMIZERS[optimizer](theta.shape, float)
    for step in range(50):
        ours.step(theta, our_gradient(network, theta, x, y, alpha / ROWS), RATE)
        if step:
            peer.partial_fit(x, y)
    expected = np.empty_like(theta)
    copy_weights(network, peer, expected)
    np.testing.assert_allclose(theta, expected, rtol=0, atol=1e-9)
    assert not np.allclose(expected, 0)

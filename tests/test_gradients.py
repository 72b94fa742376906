"""Backpropagation against finite differences in float64: every layer, activation, loss and penalty."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from networks import mlp

from regcmp.engine.arrays import Floats, Scratch
from regcmp.engine.layers import ACTIVATIONS, Dense, Layer, Memory
from regcmp.engine.losses import CrossEntropy, cross_entropy, cross_entropy_gradient
from regcmp.engine.network import Gradient, Masks, Network, Step
from regcmp.engine.normalization import BatchNorm, LayerNorm
from regcmp.engine.regularizers import REGISTRY, Context
from regcmp.engine.taps import Tap, Taps

TOLERANCE = 1e-6
RUNS, ROWS = 3, 5


def directional(f: Callable[[Floats], float], at: Floats, along: Floats, h: float = 1e-6) -> float:
    """The central difference of f at a point, along a direction."""
    return (f(at + h * along) - f(at - h * along)) / (2 * h)


def assert_gradient(
    f: Callable[[Floats], float], gradient: Floats, at: Floats, rng: np.random.Generator
) -> None:
    """Compare the gradient with differences along five random directions.

    A slope's usual size is the gradient's norm; along one direction it can be 0 by chance.
    """
    size = float(np.linalg.norm(gradient))
    for _ in range(5):
        along = rng.normal(size=at.shape)
        expected, got = directional(f, at, along), float((gradient * along).sum())
        assert abs(got - expected) <= TOLERANCE * max(size, abs(expected)), (got, expected)


LAYERS = [Dense(4, 3), BatchNorm((4,)), LayerNorm((4,)), *(each() for each in ACTIVATIONS.values())]


@pytest.mark.parametrize("layer", LAYERS, ids=lambda each: type(each).__name__)
def test_a_layer_has_the_gradient_of_its_forward(layer: Layer, rng: np.random.Generator) -> None:
    """At its input and at its parameters, through a random linear readout."""
    check_layer(layer, rng, width=4)


def check_layer(layer: Layer, rng: np.random.Generator, width: int) -> None:
    """Compare a layer's gradients with differences, for inputs of this width."""
    x = rng.normal(size=(RUNS, ROWS, width))
    shapes = (*layer.weights, *layer.gains, *layer.biases)
    params = [rng.normal(size=(RUNS, *shape)) for shape in shapes]

    def output(x: Floats, params: list[Floats]) -> Floats:
        return layer.forward(params, x.copy(), Memory(float))

    readout = rng.normal(size=output(x, params).shape)
    memory, grads = Memory(float), [np.empty_like(each) for each in params]
    layer.forward(params, x.copy(), memory)
    dx = layer.backward(params, grads, readout.copy(), memory, need_dx=True)

    assert_gradient(lambda at: float((readout * output(at, params)).sum()), dx, x, rng)
    for i, grad in enumerate(grads):

        def loss(at: Floats, i: int = i) -> float:
            moved = [*params[:i], at, *params[i + 1 :]]
            return float((readout * output(x, moved)).sum())

        assert_gradient(loss, grad, params[i], rng)


def batch_loss(
    network: Network, targets: Floats, masks: Masks, taps: Taps
) -> Callable[[Floats, Floats], float]:
    """The sum over runs of the mean cross-entropy, written anew in plain NumPy for soft targets."""

    def loss(theta: Floats, x: Floats) -> float:
        memories = network.memories(float)
        logits = network.forward(network.params(theta), x, masks, taps, memories)
        log_p = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
        return float(-(targets * log_p).sum(axis=-1).mean(axis=-1).sum())

    return loss


class Bend(Tap):
    """y = x + sin(x): a tap whose slope depends on what passes it."""

    def forward(self, x: Floats) -> Floats:
        """Bend a copy."""
        self.x = x.copy()
        return x + np.sin(x)

    def backward(self, dy: Floats) -> Floats:
        """By the slope at what passed."""
        return dy * (1 + np.cos(self.x))


@pytest.mark.parametrize("inside", ["plain", "masked", "tapped"])
@pytest.mark.parametrize("hidden", [(), (7,), (7, 6, 5)], ids=str)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_network_has_the_gradient_of_its_loss(
    activation: str, hidden: tuple[int, ...], inside: str, rng: np.random.Generator
) -> None:
    """At the weights and at the inputs; any depth and activation, soft targets, masks and taps."""
    network = mlp(4, hidden, 3, activation)
    theta = rng.normal(size=(RUNS, network.n_parameters))
    x, targets = rng.normal(size=(RUNS, ROWS, 4)), rng.dirichlet(np.ones(3), (RUNS, ROWS))
    masks, taps = network.no_masks(), network.no_taps()
    if inside != "plain":
        for site in network.sites:
            width = network.layers[site].weights[0][0]
            masks[site] = 2.0 * (rng.random((RUNS, ROWS, width)) < 0.5)
    if inside == "tapped":
        taps = [[Bend()] for _ in taps]
    loss = batch_loss(network, targets, masks, taps)
    gradient = Gradient(network, CrossEntropy(3), RUNS, float)
    step = Step(x, targets, masks, taps)
    at_weights = gradient(theta, step).copy()
    assert_gradient(lambda theta: loss(theta, x), at_weights, theta, rng)
    at_inputs = gradient.at_input(theta, step)
    assert_gradient(lambda x: loss(theta, x), at_inputs, x, rng)


def test_the_loss_has_its_gradient_and_survives_large_logits(rng: np.random.Generator) -> None:
    """Softmax cross-entropy: differences at ordinary logits, exact limits at huge ones."""
    logits, labels = rng.normal(size=(1, ROWS, 4)), rng.integers(0, 4, ROWS)
    targets = np.eye(4)[labels][None]
    gradient = cross_entropy_gradient(logits.copy(), targets)
    assert_gradient(lambda z: float(cross_entropy(z, labels[None]).mean()), gradient, logits, rng)

    huge = np.array([[[1e4, 0.0, -1e4]]], np.float32)
    assert cross_entropy_gradient(huge.copy(), np.eye(3)[[[0]]]).tolist() == [[[0, 0, 0]]]
    assert cross_entropy(huge, np.array([[2]])).tolist() == [[2e4]]


@pytest.mark.parametrize("name", ["l1", "l2", "elasticnet", "grouplasso", "orthogonal"])
def test_a_penalty_has_its_gradient(name: str, rng: np.random.Generator) -> None:
    """What ``penalize`` adds is the gradient of ``penalty``, run by run, each at its own strength."""
    network = mlp(4, (5,), 3, "tanh")
    theta = rng.normal(size=(RUNS, network.n_parameters))
    strength = np.array([0.1, 0.0, 3.0])[:, None, None]
    options = {
        key: np.full_like(strength, number.default)
        for key, number in REGISTRY[name].options_are.items()
    }
    regularizer = REGISTRY[name](strength, options, range(RUNS), network)
    context = Context(network, theta, Scratch(float))
    added = regularizer.penalize(np.zeros_like(theta), context)
    assert_gradient(lambda at: float(regularizer.penalty(at).sum()), added, theta, rng)
    assert not added[1].any()
    assert not added[:, ~network.is_weight].any()


def test_a_network_has_its_gradient_where_examples_have_weights_of_their_own(
    rng: np.random.Generator,
) -> None:
    """At the weights and at the inputs; and its loss is that of each example in a network of its own."""
    network = mlp(4, (6, 5), 3, "tanh")
    theta = rng.normal(size=(RUNS, network.n_parameters))
    x, targets = rng.normal(size=(RUNS, ROWS, 4)), rng.dirichlet(np.ones(3), (RUNS, ROWS))
    connections = network.no_masks()
    for site in network.sites:
        shape = (RUNS, ROWS, *network.layers[site].weights[0])
        connections[site] = 2.0 * (rng.random(shape) < 0.5) - 1

    def loss(theta: Floats, x: Floats) -> float:
        total = 0.0
        for row in range(ROWS):
            own = theta.copy()
            for site in network.sites:
                network.params(own)[site][0][...] *= 1 + connections[site][:, row]  # type: ignore[index]
            alone = batch_loss(
                network, targets[:, row : row + 1], network.no_masks(), network.no_taps()
            )
            total += alone(own, x[:, row : row + 1]) / ROWS
        return total

    gradient = Gradient(network, CrossEntropy(3), RUNS, float)
    step = Step(x, targets, network.no_masks(), network.no_taps(), connections)
    at_weights = gradient(theta, step).copy()
    assert_gradient(lambda theta: loss(theta, x), at_weights, theta, rng)
    assert_gradient(lambda x: loss(theta, x), gradient.at_input(theta, step), x, rng)

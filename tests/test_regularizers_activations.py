"""A closed form, or finite differences, for each regularizer that acts inside the pass."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from conftest import make_stack
from networks import mlp
from scipy.special import softmax
from test_gradients import assert_gradient

from regcmp.engine.arrays import Floats, Scratch
from regcmp.engine.building import network_of
from regcmp.engine.initializers import initial_theta
from regcmp.engine.layers import ACTIVATIONS
from regcmp.engine.losses import CrossEntropy
from regcmp.engine.measuring import Measure
from regcmp.engine.network import Gradient, Network, Step
from regcmp.engine.regularizers import REGISTRY, Context, Regularizer
from regcmp.engine.stack import Ingredient
from regcmp.engine.training import train

RUNS, ROWS = 3, 7
NETWORK = mlp(4, (6, 5), 3, "tanh")
STRENGTHS = (0.3, 0.0, 2.0)


def make(name: str, network: Network, *strengths: float) -> Regularizer:
    """A regularizer with one strength per run."""
    column = np.array(strengths)[:, None, None]
    declared = REGISTRY[name].options_are
    options = {key: np.full_like(column, number.default) for key, number in declared.items()}
    return REGISTRY[name](column, options, range(len(strengths)), network)


def inside(theta: Floats, x: Floats) -> tuple[list[Floats], list[Floats], Floats]:
    """What enters the activations, what leaves them, and log p: in plain NumPy."""
    entering, leaving = [], []
    params = [each for each in NETWORK.params(theta) if each]
    for weight, bias in params[:-1]:
        entering.append(x @ weight + bias)
        x = np.tanh(entering[-1])
        leaving.append(x)
    logits = x @ params[-1][0] + params[-1][1]
    return entering, leaving, logits - np.log(np.exp(logits).sum(axis=2, keepdims=True))


def activity(theta: Floats, x: Floats) -> Floats:
    """(R,) Σ|h|."""
    return sum(abs(h).sum(axis=2).mean(axis=1) for h in inside(theta, x)[1])  # type: ignore[return-value]


def divergence(theta: Floats, x: Floats) -> Floats:
    """(R,) Σ KL(0.05‖r)."""
    total = np.zeros(len(theta))
    for a in inside(theta, x)[0]:
        r = (1 / (1 + np.exp(-a))).mean(axis=1)
        total += (0.05 * np.log(0.05 / r) + 0.95 * np.log(0.95 / (1 - r))).sum(axis=1)
    return total


def negative_entropy(theta: Floats, x: Floats) -> Floats:
    """(R,) Σ p log p."""
    log_p = inside(theta, x)[2]
    return (np.exp(log_p) * log_p).sum(axis=2).mean(axis=1)  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("name", "penalty"),
    [("activity", activity), ("klsparsity", divergence), ("confidence", negative_entropy)],
)
def test_a_tap_adds_the_gradient_of_its_penalty(
    name: str, penalty: Callable[[Floats, Floats], Floats], rng: np.random.Generator
) -> None:
    """Run by run, each at its own strength; the loss keeps its own gradient beside it."""
    theta = rng.normal(size=(RUNS, NETWORK.n_parameters))
    x, targets = rng.normal(size=(RUNS, ROWS, 4)), rng.dirichlet(np.ones(3), (RUNS, ROWS))
    context = Context(NETWORK, theta, Scratch(float), ROWS, targets=targets)
    taps = make(name, NETWORK, *STRENGTHS).tap(NETWORK.no_taps(), context)
    gradient = Gradient(NETWORK, CrossEntropy(3), RUNS, float)
    masks = NETWORK.no_masks()
    plain = gradient(theta, Step(x, targets, masks, NETWORK.no_taps())).copy()
    added = gradient(theta, Step(x, targets, masks, taps)) - plain
    assert_gradient(lambda at: float((STRENGTHS * penalty(at, x)).sum()), added, theta, rng)
    assert not added[1].any()


def test_flooding_turns_the_gradient_below_its_level(rng: np.random.Generator) -> None:
    """Of each run by its own batch loss; penalties beside it keep their sign."""
    theta = rng.normal(size=(RUNS, NETWORK.n_parameters))
    x, targets = rng.normal(size=(RUNS, ROWS, 4)), rng.dirichlet(np.ones(3), (RUNS, ROWS))
    loss = -(targets * inside(theta, x)[2]).sum(axis=2).mean(axis=1)
    levels = loss * [0.99, 1.01, 0]
    context = Context(NETWORK, theta, Scratch(float), ROWS, targets=targets, loss=CrossEntropy(3))
    gradient, masks = Gradient(NETWORK, context.loss, RUNS, float), NETWORK.no_masks()
    plain = gradient(theta, Step(x, targets, masks, NETWORK.no_taps())).copy()
    flooded = make("flooding", NETWORK, *levels).tap(NETWORK.no_taps(), context)
    turned = gradient(theta, Step(x, targets, masks, flooded)).copy()
    assert np.array_equal(turned, plain * [[1], [-1], [1]])

    both = NETWORK.no_taps()
    for name, strengths in (("confidence", STRENGTHS), ("flooding", levels)):
        both = make(name, NETWORK, *strengths).tap(both, context)
    alone = make("confidence", NETWORK, *STRENGTHS).tap(NETWORK.no_taps(), context)
    taxed = gradient(theta, Step(x, targets, masks, alone)) - plain
    np.testing.assert_allclose(
        gradient(theta, Step(x, targets, masks, both)), turned + taxed, atol=1e-14
    )


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.5])
def test_alphadropout_keeps_mean_zero_and_variance_one(
    rate: float, rng: np.random.Generator
) -> None:
    """Of standard normal inputs; a dropped unit has one value, and passes no gradient."""
    network = mlp(4, (300,), 3, "selu")
    context = Context(network, np.zeros((1, 1)), Scratch(float), 1000)
    taps = make("alphadropout", network, rate).tap(network.no_taps(), context)
    assert [len(each) for each in taps] == [0, 0, 1, 0]
    x = rng.normal(size=(1, 1000, 300))
    y, slope = taps[2][0].forward(x), taps[2][0].backward(np.ones_like(x))
    assert abs(y.mean()) < 0.01 and abs(y.var() - 1) < 0.02
    dropped = slope == 0
    assert abs(dropped.mean() - rate) < 0.01
    assert len(np.unique(y[dropped])) == (rate > 0)
    assert np.allclose(np.diff(y[~dropped]), np.diff(x[~dropped]) * slope.max())
    if rate == 0:
        assert np.array_equal(x, y)


def test_a_unit_that_is_always_on_is_still_drawn_down() -> None:
    """With inputs so large that sigmoid is 1, the slope of KL is finite."""
    network = mlp(1, (2,), 2, "relu")
    context = Context(network, np.zeros((1, 1)), Scratch(float), 2)
    taps = make("klsparsity", network, 1.0).tap(network.no_taps(), context)
    taps[1][0].forward(np.array([[[50.0, -50.0], [900.0, -900.0]]]))
    assert np.isfinite(taps[1][0].backward(np.zeros((1, 2, 2)))).all()


def test_standout_keeps_a_unit_by_what_enters_it(rng: np.random.Generator) -> None:
    """As often as π = sigmoid(α a + β) says, with π = 1 - p at a = 0; evaluation multiplies by π."""
    network = mlp(4, (500,), 3, "tanh")
    rates, slopes = np.array([0.0, 0.3, 0.3]), np.array([1.0, 1.0, 0.0])
    standout = make("standout", network, *rates)
    standout.options = {"alpha": slopes[:, None, None]}
    taps = standout.tap(network.no_taps(), Context(network, np.zeros((3, 1)), Scratch(float), 200))
    a = np.broadcast_to(np.linspace(-3, 3, 5)[np.arange(500) % 5], (3, 200, 500)).copy()
    h = rng.uniform(1, 2, a.shape)
    assert taps[1][0].forward(a) is a
    kept = taps[2][0].forward(h)
    assert set(np.unique(kept / h)) == {0, 1}
    assert np.array_equal(taps[2][0].backward(np.ones_like(a)), kept != 0)
    odds = ((1 - rates[1:]) / rates[1:])[:, None, None] * np.exp(slopes[1:, None, None] * a[1:])
    pi = np.concatenate([np.ones((1, *a.shape[1:])), odds / (1 + odds)])
    for unit in range(5):
        own = np.s_[:, :, unit::5]
        shares, expected = (kept[own] != 0).mean(axis=(1, 2)), pi[own].mean(axis=(1, 2))
        assert abs(shares - expected).max() < 0.015

    judged = standout.evaluate(network.no_taps())
    judged[1][0].forward(a)
    np.testing.assert_allclose(judged[2][0].forward(h), pi * h)
    standout.adjust(np.zeros((3, 1, 1)))
    judged[1][0].forward(a)
    assert np.array_equal(judged[2][0].forward(h), h), "as a schedule sets it"


def test_standout_is_judged_with_its_probabilities() -> None:
    """At α = 0 every hidden unit is scaled by 1 - p, so the scores are those of scaled weights."""
    part = Ingredient("standout", (0.25,), {"alpha": (0.0,)})
    stack = make_stack(part, activation="tanh")
    (run,) = train(stack)
    network, theta = network_of(stack.design), run.theta[None].copy()
    for layer in network.sites[1:]:
        network.params(theta)[layer][0][...] *= 0.75
    (plain,), own = Measure(network, stack.rows, [0]).record(0, theta), run.history[-1]
    for scores, expected in ((plain.train, own.train), (plain.test, own.test)):
        np.testing.assert_allclose(scores["loss"], expected["loss"], rtol=1e-12)


@pytest.mark.parametrize("name", ["alphadropout", "standout", "dropconnect"])
def test_what_no_mask_drops_is_counted(name: str) -> None:
    """A run that loses more than --max-dropped of a layer is stopped, its neighbour is not."""
    options = dict.fromkeys(REGISTRY[name].options_are, (0.0, 0.0))
    part = Ingredient(name, (0.2, 0.8), options)
    runs = train(make_stack(part, seeds=(0, 0), epochs=12, max_dropped=0.5))
    assert [run.status for run in runs] == ["ok", "overdropped"]


@pytest.mark.parametrize("name", ["activity", "klsparsity", "standout"])
def test_branches_do_not_hide_an_activation(name: str) -> None:
    """Whatever stands between an activation and the next weights: what enters or leaves it is looked at."""
    plain = mlp(4, (5, 5, 5), 3, "tanh")
    branched = Network(REGISTRY["skip"].build(list(plain.layers), 1))
    places = [
        i for i, layer in enumerate(branched.layers) if isinstance(layer, ACTIVATIONS["tanh"])
    ]
    assert len(places) == 3 and len(branched.layers) > len(plain.layers)
    context = Context(branched, np.zeros((1, 1)), Scratch(float), ROWS)
    taps = make(name, branched, 0.5).tap(branched.no_taps(), context)
    ahead, behind = [bool(taps[i]) for i in places], [bool(taps[i + 1]) for i in places]
    assert ahead == [name != "activity"] * 3 and behind == [name != "klsparsity"] * 3


PENALTIES = ("activity", "klsparsity", "confidence", "flooding")


def test_the_slope_at_the_inputs_is_that_of_the_loss_alone(rng: np.random.Generator) -> None:
    """Whatever is penalised, and below the flood too; but through what stands within the network."""
    theta = rng.normal(size=(RUNS, NETWORK.n_parameters))
    x, targets = rng.normal(size=(RUNS, ROWS, 4)), rng.dirichlet(np.ones(3), (RUNS, ROWS))
    context = Context(NETWORK, theta, Scratch(float), ROWS, targets=targets, loss=CrossEntropy(3))
    gradient, masks = Gradient(NETWORK, context.loss, RUNS, float), NETWORK.no_masks()
    plain = gradient.at_input(theta, Step(x, targets, masks, NETWORK.no_taps())).copy()
    taps = NETWORK.no_taps()
    for name in PENALTIES:
        taps = make(name, NETWORK, *[1e3] * RUNS).tap(taps, context)
    penalised = gradient.at_input(theta, Step(x, targets, masks, taps)).copy()
    assert np.array_equal(penalised, plain)
    gated = make("standout", NETWORK, *[0.5] * RUNS).tap(taps, context)
    assert not np.allclose(gradient.at_input(theta, Step(x, targets, masks, gated)), plain)


def test_rows_move_to_where_they_are_misjudged_below_the_flood_too() -> None:
    """One step of a linear network, by hand: it climbs, from rows that are harder, not easier."""
    parts = (Ingredient("flooding", (1e3,)), Ingredient("fgsm", (0.3,), {"clean": (0.0,)}))
    words = {"hidden": (), "optimizer": "sgd", "lr": 0.1, "batch_size": 40, "epochs": 1}
    stack = make_stack(*parts, **words)
    start = initial_theta(network_of(stack.design), "he", [0], "float64")
    weight, bias = (param[0] for param in network_of(stack.design).params(start)[0])
    x, one_hot = stack.rows.x_train[0], np.eye(3)[stack.rows.y_train[0]]

    def slope(rows: Floats) -> Floats:
        """That of the mean cross-entropy at the logits."""
        return (softmax(rows @ weight + bias, axis=1) - one_hot) / len(x)  # type: ignore[no-any-return]

    moved = x + 0.3 * np.sign(slope(x) @ weight.T)
    climbed = weight + 0.1 * moved.T @ slope(moved), bias + 0.1 * slope(moved).sum(axis=0)
    (run,) = train(stack)
    np.testing.assert_allclose(run.theta, np.concatenate([each.ravel() for each in climbed]))

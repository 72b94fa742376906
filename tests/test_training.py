"""The training loop against a plain one, and what is measured against scikit-learn's metrics."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from conftest import make_rows, make_stack
from networks import mlp
from sklearn.metrics import accuracy_score, balanced_accuracy_score, log_loss
from sklearn.neural_network import MLPClassifier

from regcmp.engine.evaluating import CHUNK
from regcmp.engine.initializers import initial_theta
from regcmp.engine.measuring import Measure
from regcmp.engine.schedules import SCHEDULES, STRENGTH_SCHEDULES
from regcmp.engine.stack import Ingredient, Rows, Stack
from regcmp.engine.streams import stream
from regcmp.engine.training import RECORDS, recorded_epochs, train

LAM, RATE = 0.05, 0.2


def plain_loop(stack: Stack) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """One hidden tanh layer, l2 and SGD with a cosine rate, written out without the engine's parts.

    Of the engine it uses the named streams alone, by their documented meaning.
    """
    rows, settings = stack.rows, stack.settings
    x, y = rows.x_train[0], rows.y_train[0]
    init, order = stream(stack.seeds[0].init, "init"), stream(stack.seeds[0].order, "order")
    (width,) = settings.hidden
    shapes = [(x.shape[1], width), (width, rows.n_classes)]
    weights = [init.normal(0, np.sqrt(2 / shape[0]), shape) for shape in shapes]
    biases = [np.zeros(shape[1]) for shape in shapes]
    batches = -(-len(x) // settings.batch_size)
    for epoch in range(settings.epochs):
        numbers = order.permutation(len(x))
        for batch in range(batches):
            own = numbers[batch * settings.batch_size : (batch + 1) * settings.batch_size]
            done = (epoch + batch * settings.batch_size / len(x)) / settings.epochs
            rate = settings.lr * (1 + np.cos(np.pi * done)) / 2
            h = np.tanh(x[own] @ weights[0] + biases[0])
            e = np.exp(h @ weights[1] + biases[1])
            dz = (e / e.sum(axis=1, keepdims=True) - np.eye(rows.n_classes)[y[own]]) / len(own)
            dh = dz @ weights[1].T * (1 - h**2)
            steps = [x[own].T @ dh + LAM * weights[0], h.T @ dz + LAM * weights[1]]
            for i, slope in enumerate((dh, dz)):
                weights[i] = weights[i] - rate * steps[i]
                biases[i] = biases[i] - rate * slope.sum(axis=0)
    return weights, biases


def test_training_is_that_of_a_plain_loop() -> None:
    """Four epochs of 40 rows in batches of 16: the last batch of an epoch has 8."""
    words = {"hidden": (5,), "activation": "tanh", "optimizer": "sgd", "schedule": "cosine"}
    stack = make_stack(Ingredient("l2", (LAM,)), seeds=(3,), lr=RATE, epochs=4, **words)
    (run,) = train(stack)
    params = mlp(6, (5,), 3, "tanh").params(run.theta[None])
    weights, biases = plain_loop(stack)
    for (weight, bias), w, b in zip([p for p in params if p], weights, biases, strict=True):
        np.testing.assert_allclose(weight[0], w, rtol=0, atol=1e-13)
        np.testing.assert_allclose(bias[0, 0], b, rtol=0, atol=1e-13)


def test_streams_of_two_purposes_or_seeds_are_different() -> None:
    """And the same purpose and seed give the same numbers at every call."""
    draws = [
        stream(seed, purpose).integers(2**60, size=4).tolist()
        for seed in (0, 1)
        for purpose in ("init", "order", "split", "dropout 2", "dropout 4")
    ]
    assert len({tuple(each) for each in draws}) == len(draws)
    assert stream(0, "init").integers(2**60, size=4).tolist() == draws[0]


@pytest.mark.parametrize("n_test", [7, CHUNK, 2 * CHUNK + 5])
def test_scores_are_those_of_scikit_learn(n_test: int, rng: np.random.Generator) -> None:
    """Its forward pass and its metrics, on training and on test rows apart, in chunks or not."""
    x, y = rng.normal(size=(30 + n_test, 6)), rng.integers(0, 3, 30 + n_test)
    rows = Rows(x[None, :30], y[None, :30], x[None, 30:], y[None, 30:], 3)
    network = mlp(6, (8,), 3, "relu")
    theta = rng.normal(size=network.n_parameters) / 3
    (w1, b1), (w2, b2) = [params for params in network.params(theta[None]) if params]
    peer = MLPClassifier((8,)).partial_fit(x, y, classes=[0, 1, 2])
    peer.coefs_, peer.intercepts_ = [w1[0], w2[0]], [b1[0, 0], b2[0, 0]]

    (record,) = Measure(network, rows, [0]).record(0, theta[None])
    for scores, part in ((record.train, slice(0, 30)), (record.test, slice(30, None))):
        p, labels = peer.predict_proba(x[part]), y[part]
        assert scores["accuracy"] == accuracy_score(labels, p.argmax(axis=1))
        assert scores["balanced_accuracy"] == pytest.approx(
            balanced_accuracy_score(labels, p.argmax(axis=1))
        )
        assert scores["loss"] == pytest.approx(log_loss(labels, p, labels=[0, 1, 2]), rel=1e-9)


def test_scores_know_no_mask_and_no_penalty() -> None:
    """A record is a function of the weights: dropout's last record is a plain network's with its weights."""
    stack = make_stack(Ingredient("dropout", (0.5,), {"input": (0.2,)}), Ingredient("l2", (0.1,)))
    (run,) = train(stack)
    last = run.history[-1]
    measure = Measure(mlp(6, (12, 8), 3, "relu"), stack.rows, [0])
    (record,) = measure.record(last.epoch, run.theta[None])
    assert (record.train, record.test) == (last.train, last.test)


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_a_run_that_diverges_says_so_and_leaves_its_neighbours(optimizer: str) -> None:
    """A penalty far too strong for its rate beside one that is not; a rate too large for any."""
    alone = make_stack(Ingredient("l2", (0.01,)), optimizer="sgd", lr=0.1)
    (healthy,) = train(alone)
    both = make_stack(Ingredient("l2", (0.01, 900.0)), seeds=(0, 0), optimizer="sgd", lr=0.1)
    neighbour, broken = train(replace(both, settings=replace(both.settings, epochs=3)))
    assert (neighbour.status, broken.status) == ("ok", "diverged")
    assert neighbour.theta.tobytes() == healthy.theta.tobytes()

    (fast,) = train(make_stack(optimizer=optimizer, lr=1e6, epochs=8))
    assert fast.status == "diverged"


@pytest.mark.parametrize("epochs", [1, 2, 3, 7, 20, 50, 79, 80, 100, 1000])
def test_records_are_about_20_evenly_spread_and_end_with_the_last_epoch(epochs: int) -> None:
    """At most every fourth epoch, so that measuring stays a fraction of training."""
    recorded = sorted(recorded_epochs(epochs))
    assert recorded[-1] == epochs
    assert len(recorded) == max(1, min(RECORDS, epochs // 4))
    steps = np.diff([0, *recorded])
    assert steps.max() - steps.min() <= 1


def test_schedules_begin_at_one_and_keep_their_promise() -> None:
    """step: a tenth from half, a hundredth from three quarters; cosine: half at half, 0 at the end.

    cooldown: half after nine tenths, 0 at the end.
    """
    assert {schedule(0.0) for schedule in SCHEDULES.values()} == {1}
    step, cosine = SCHEDULES["step"], SCHEDULES["cosine"]
    assert [step(at) for at in (0.49, 0.5, 0.74, 0.75, 1)] == [1, 0.1, 0.1, 0.01, 0.01]
    assert [cosine(at) for at in (0.5, 1)] == pytest.approx([0.5, 0])
    assert SCHEDULES["constant"](0.9) == 1
    assert [SCHEDULES["cooldown"](at) for at in (0.8, 0.9, 1)] == pytest.approx([1, 0.5, 0])


def test_nonzero_fraction_counts_weights_alone() -> None:
    """Zero biases at the start do not count; a weight that is exactly zero does."""
    stack = make_stack(optimizer="sgd", lr=1e-300, epochs=1)
    (run,) = train(stack)
    assert run.nonzero_fraction == 1.0


def test_schedules_of_a_strength_have_the_published_form() -> None:
    """At the beginning, at the quarters and at the end."""
    expected = {
        "constant": (1, 1, 1, 1, 1),
        "linear": (1, 0.75, 0.5, 0.25, 0),
        "cosine": (1, 0.5 + 0.125**0.5, 0.5, 0.5 - 0.125**0.5, 0),
        "flatcos": (1, 1, 1, 0.5, 0),
        "ramp": (0, 0.25, 0.5, 0.75, 1),
        "warmup": (0, 1 - np.exp(-2.5), 1 - np.exp(-5), 1 - np.exp(-7.5), 1 - np.exp(-10)),
    }
    assert expected.keys() == STRENGTH_SCHEDULES.keys()
    for name, factor in STRENGTH_SCHEDULES.items():
        np.testing.assert_allclose([factor(i / 4) for i in range(5)], expected[name], atol=1e-15)


def test_a_scheduled_penalty_trains_like_one_that_changes_by_hand() -> None:
    """Plain SGD with l2: the shrinkage of each step is that of the share of training done before it."""
    rows = make_rows()
    words = {"optimizer": "sgd", "lr": 0.1, "epochs": 2, "activation": "identity", "hidden": ()}
    part = Ingredient("l2", (0.5,), {}, "linear")
    (run,) = train(make_stack(part, **words))
    weight, bias = initial_theta(mlp(6, (), 3, "identity"), "he", [0], "float64")[0], np.zeros(3)
    weight = weight[:18].reshape(6, 3)
    order = stream(0, "order")
    for epoch in range(2):
        permutation = order.permutation(40)
        for start in range(0, 40, 16):
            part_rows = permutation[start : start + 16]
            x, y = rows.x_train[0, part_rows], np.eye(3)[rows.y_train[0, part_rows]]
            p = np.exp(x @ weight + bias)
            error = (p / p.sum(axis=1, keepdims=True) - y) / len(x)
            lam = 0.5 * (1 - (epoch + start / 40) / 2)
            weight, bias = (
                weight - 0.1 * (x.T @ error + lam * weight),
                bias - 0.1 * error.sum(axis=0),
            )
    np.testing.assert_allclose(run.theta, [*weight.ravel(), *bias], atol=1e-12)

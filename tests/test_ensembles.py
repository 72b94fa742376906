"""Snapshot ensembles: the rates of the paper's schedule, and what is judged."""

from __future__ import annotations

from math import ceil

import numpy as np
import pytest
from conftest import make_rows, make_stack
from networks import mlp
from scipy.special import softmax

from regcmp.engine.arrays import Floats, Scratch
from regcmp.engine.layers import Memory
from regcmp.engine.losses import CrossEntropy, SquaredError
from regcmp.engine.regularizers import REGISTRY, Context
from regcmp.engine.stack import Ingredient
from regcmp.engine.training import train
from regcmp.errors import UsageError
from regcmp.plan.tuning import parse_methods

NETWORK = mlp(6, (12, 8), 3, "relu")


def test_the_rate_is_that_of_the_paper() -> None:
    """α(t) = α0/2 (cos(π mod(t - 1, ⌈T/M⌉) / ⌈T/M⌉) + 1), with 4 steps in each of 6 epochs."""
    snapshot = REGISTRY["snapshot"](np.full((1, 1, 1), 3.0), {}, [0], NETWORK)
    context = Context(NETWORK, np.zeros((1, 1)), Scratch("float64"), epochs=6)
    steps, cycle = 24, ceil(24 / 3)
    for t in range(1, steps + 1):
        context.epoch, context.done = (t - 1) // 4 + 1, (t - 1) / steps
        expected = 0.1 / 2 * (np.cos(np.pi * ((t - 1) % cycle) / cycle) + 1)
        assert snapshot.pace(0.1, context) == pytest.approx(expected, abs=1e-15)


def probabilities(theta: Floats) -> Floats:
    """What a network of these weights predicts for the test rows."""
    memories = [Memory("float64") for _ in NETWORK.layers]
    params = NETWORK.params(theta[None])
    logits = NETWORK.forward(
        params, make_rows().x_test, NETWORK.no_masks(), NETWORK.no_taps(), memories
    )
    return softmax(logits[0], 1)


def test_judged_is_the_mean_of_the_probabilities_at_the_ends_of_the_cycles() -> None:
    """The first of two cycles over 8 epochs is a training of 4 epochs with one."""
    (first,) = train(make_stack(Ingredient("snapshot", (1.0,)), epochs=4))
    (both,) = train(make_stack(Ingredient("snapshot", (2.0,)), epochs=8))
    y = make_rows().y_test[0]
    mean = (probabilities(first.theta) + probabilities(both.theta)) / 2
    last = both.history[-1].test
    assert last["loss"] == pytest.approx(-np.log(mean[np.arange(len(y)), y]).mean(), rel=1e-12)
    assert last["accuracy"] == (mean.argmax(axis=1) == y).mean()
    (half,) = (each for each in both.history if each.epoch == 4)
    assert half.test["loss"] == pytest.approx(first.history[-1].test["loss"], rel=1e-12)


def test_one_cycle_is_a_cosine_schedule() -> None:
    """One network, judged alone."""
    (one,) = train(make_stack(Ingredient("snapshot", (1.0,)), epochs=6))
    (cosine,) = train(make_stack(schedule="cosine", epochs=6))
    np.testing.assert_allclose(one.theta, cosine.theta, rtol=1e-9)


def test_pooled_logits_have_the_mean_softmax(rng: np.random.Generator) -> None:
    """Also where a class is next to impossible for one of the networks; values have their mean."""
    logits = [rng.normal(size=(2, 5, 3)), rng.normal(size=(2, 5, 3)) * 500]
    expected = (softmax(logits[0], axis=-1) + softmax(logits[1], axis=-1)) / 2
    together = CrossEntropy(3).pooled(logits)
    np.testing.assert_allclose(np.exp(together), expected, rtol=1e-12)
    assert np.isfinite(together).all()
    np.testing.assert_allclose(SquaredError().pooled(logits), (logits[0] + logits[1]) / 2)


def test_numbers_of_cycles_do_not_share_a_stack_and_other_selections_are_refused() -> None:
    """As the rate of a step is that of a whole stack."""
    assert len({method.kind for method in parse_methods(["snapshot=2,3"])}) == 2
    with pytest.raises(AssertionError, match="share their learning rate"):
        train(make_stack(Ingredient("snapshot", (1.0, 2.0)), seeds=(0, 1)))
    for other in ("ema", "swa", "earlystop"):
        with pytest.raises(UsageError, match="each says which weights are judged"):
            parse_methods([f"snapshot+{other}"])

"""A closed form for each regularizer, and for the random words behind the masks."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import make_stack
from networks import mlp

from regcmp.engine.arrays import Scratch
from regcmp.engine.network import Masks, Network
from regcmp.engine.optimizers import SGD
from regcmp.engine.regularizers import Context
from regcmp.engine.regularizers.masks import Bernoulli, Dropout
from regcmp.engine.regularizers.penalties import L1, L2
from regcmp.engine.stack import Ingredient
from regcmp.engine.streams import Words, stream
from regcmp.engine.training import train

NETWORK = mlp(50, (200, 100), 4, "relu")
RATE = 0.1


def column(*values: float) -> np.ndarray:
    """One number per run, (R, 1, 1)."""
    return np.array(values)[:, None, None]


def context(network: Network, theta: np.ndarray, batch_size: int = 0) -> Context:
    """A context of one step."""
    return Context(network, theta, Scratch(theta.dtype), batch_size)


def test_l2_shrinks_weights_geometrically_and_leaves_biases(rng: np.random.Generator) -> None:
    """Without data, t steps of SGD leave (1 - rate λ)^t w."""
    start = rng.normal(size=(2, NETWORK.n_parameters))
    theta, l2, sgd = start.copy(), L2(column(0.5, 2.0), {}, [0, 1], NETWORK), SGD((), float)
    for _ in range(7):
        sgd.step(theta, l2.penalize(np.zeros_like(theta), context(NETWORK, theta)), RATE)
    weight = NETWORK.is_weight
    for run, lam in enumerate((0.5, 2.0)):
        np.testing.assert_allclose(theta[run, weight], (1 - RATE * lam) ** 7 * start[run, weight])
    assert np.array_equal(theta[:, ~weight], start[:, ~weight])


def test_l1_adds_lambda_times_the_sign_of_weights_and_leaves_biases() -> None:
    """sign(0) is 0."""
    theta = np.resize([-2.0, 0.0, 0.5], (2, NETWORK.n_parameters))
    l1 = L1(column(0.25, 1.0), {}, [0, 1], NETWORK)
    added = l1.penalize(np.zeros_like(theta), context(NETWORK, theta))
    weight = NETWORK.is_weight
    expected = np.where(theta > 0, 1, np.where(theta < 0, -1, 0))[:, weight] * [[0.25], [1.0]]
    assert np.array_equal(added[:, weight], expected)
    assert not added[:, ~weight].any()


def test_a_penalty_acts_at_the_weights_before_the_step() -> None:
    """One SGD step of l2 differs from one without by exactly rate λ w, at the initial weights w."""
    words = {"optimizer": "sgd", "lr": RATE, "epochs": 1, "batch_size": 100}
    (plain,) = train(make_stack(**words))
    (penalised,) = train(make_stack(Ingredient("l2", (0.3,)), **words))
    (untrained,) = train(make_stack(optimizer="sgd", lr=1e-300, epochs=1, batch_size=100))
    weight = mlp(6, (12, 8), 3, "relu").is_weight
    expected = plain.theta - RATE * 0.3 * untrained.theta * weight
    np.testing.assert_allclose(penalised.theta, expected, rtol=0, atol=1e-15)


def dropout_masks(hidden: float, inputs: float, rows: int = 3000, seed: int = 0) -> Masks:
    """The masks of one batch."""
    dropout = Dropout(column(hidden), {"input": column(inputs)}, [seed], NETWORK)
    return dropout.mask(NETWORK.no_masks(), context(NETWORK, np.zeros((1, 1)), rows))


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_a_dropout_mask_has_mean_one_and_two_values(rate: float) -> None:
    """0 with probability p, else 1 / (1 - p); units and examples are independent."""
    masks = dropout_masks(rate, 0.0)
    assert [mask is not None for mask in masks] == [False, False, True, False, True]
    for site, width in ((2, 200), (4, 100)):
        mask = masks[site]
        assert mask is not None and mask.shape == (1, 3000, width)
        assert np.allclose(np.unique(mask), [0, 1 / (1 - rate)], rtol=2e-4)
        error = np.sqrt(rate / (1 - rate))  # of one unit's mask
        assert abs(mask.mean() - 1) < 5 * error / np.sqrt(mask.size)
        assert np.all(abs(mask.mean(axis=1) - 1) < 6 * error / np.sqrt(3000)), "each unit"
        assert np.all(abs(mask.mean(axis=2) - 1) < 6 * error / np.sqrt(width)), "each example"
        pairs = np.corrcoef(mask[0, :, :40].T) - np.eye(40)
        assert abs(pairs).max() < 6 / np.sqrt(3000), "no two units go together"


def test_input_dropout_masks_the_input_alone() -> None:
    """``dropout=0:input=0.2`` drops features and no hidden unit."""
    masks = dropout_masks(0.0, 0.2)
    assert [mask is not None for mask in masks] == [True, False, False, False, False]
    first = masks[0]
    assert first is not None and first.shape == (1, 3000, 50)
    assert abs((first == 0).mean() - 0.2) < 0.01


def test_input_dropout_leaves_the_hidden_masks_as_they_are() -> None:
    """Each layer has a stream of its own."""
    with_input, without = dropout_masks(0.5, 0.2), dropout_masks(0.5, 0.0)
    assert np.array_equal(with_input[2], without[2])  # type: ignore[arg-type]


def test_masks_are_nested_across_rates() -> None:
    """Under one seed, what a lower rate drops a higher one drops too: strengths are paired."""
    low, high = dropout_masks(0.2, 0.0)[2], dropout_masks(0.6, 0.0)[2]
    assert low is not None and high is not None
    assert np.all(high[low == 0] == 0)


def test_two_batches_and_two_seeds_have_different_masks() -> None:
    """A mask is drawn anew for every batch."""
    dropout = Dropout(column(0.5, 0.5), {"input": column(0, 0)}, [0, 1], NETWORK)
    one = [
        m if m is None else m.copy()
        for m in dropout.mask(NETWORK.no_masks(), context(NETWORK, np.zeros((2, 1)), 9))
    ]
    two = dropout.mask(NETWORK.no_masks(), context(NETWORK, np.zeros((2, 1)), 9))
    assert not np.array_equal(one[2], two[2])  # type: ignore[arg-type]
    assert not np.array_equal(one[2][0], one[2][1])  # type: ignore[index]


@pytest.mark.parametrize("rate", [0.0, 1 / 65536, 0.3, 0.95])
def test_draws_drop_with_the_rounded_probability_and_scale_exactly(rate: float) -> None:
    """P is a multiple of 1/65536, and the scale is that of this p, so the mean is 1."""
    mask = Bernoulli(column(rate), [0], "test").draw((1, 40, 25_000), np.empty((1, 40, 25_000)))
    error = np.sqrt(rate * (1 - rate) / mask.size)
    assert abs((mask == 0).mean() - rate) <= 5 * error + 1e-6
    exact = round(rate * 65536) / 65536
    assert mask.max() == 1 / (1 - exact)


def test_words_are_those_of_the_stream_in_order() -> None:
    """However they are drawn in blocks, and whoever else draws; a short step leaves the next alone."""
    per_step, steps = 1000, 80
    words = Words([stream(3, "w"), stream(4, "w")], per_step)
    drawn = [words((2, 10, 100)).copy() for _ in range(steps)]
    flat = stream(3, "w").bit_generator.random_raw(per_step * steps // 4).view(np.uint16)
    assert np.array_equal(np.concatenate([each[0].ravel() for each in drawn]), flat)

    again = Words([stream(4, "w")], per_step)
    assert np.array_equal(again((1, 5, 100))[0].ravel(), drawn[0][1].ravel()[:500])
    assert np.array_equal(again((1, 10, 100))[0], drawn[1][1])

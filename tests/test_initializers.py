"""What initial weights are drawn from, and what selu makes of them."""

from __future__ import annotations

import numpy as np
import pytest
from networks import mlp

from regcmp.engine.architecture import layers_of
from regcmp.engine.initializers import initial_theta
from regcmp.engine.network import Network


@pytest.mark.parametrize(("name", "variance"), [("he", 2 / 50), ("lecun", 1 / 50)])
def test_variance_follows_fan_in(name: str, variance: float) -> None:
    """Over the weights; biases are 0."""
    network = mlp(50, (400,), 3, "relu")
    (weight, bias), *_ = network.params(initial_theta(network, name, [0], "float64"))
    assert abs(weight.var() / variance - 1) < 5 * np.sqrt(2 / weight.size)
    assert not bias.any()


def test_glorot_of_a_convolution_counts_the_pixels_of_a_window() -> None:
    """On both sides: the bound is sqrt(6 / (k² C + k² F))."""
    network = Network(layers_of("conv200x3-4", (), (4, 4, 2), 3, "tanh"))
    (weight, _), *_ = network.params(initial_theta(network, "glorot", [0], "float64"))
    bound = np.sqrt(6 / (9 * 2 + 9 * 200))
    assert 0.99 * bound < abs(weight).max() <= bound


def test_selu_and_lecun_keep_mean_zero_and_variance_one(rng: np.random.Generator) -> None:
    """Through eight layers, as Klambauer et al. prove; relu with the same weights fades."""
    for activation, keeps in (("selu", True), ("relu", False)):
        network = mlp(300, (300,) * 8, 300, activation)
        theta = initial_theta(network, "lecun", [0], "float64")
        x, params = rng.normal(size=(1, 400, 300)), network.params(theta)
        logits = network.forward(
            params, x, network.no_masks(), network.no_taps(), network.memories(float)
        )
        assert bool(abs(logits.mean()) < 0.1 and abs(logits.var() - 1) < 0.15) is keeps

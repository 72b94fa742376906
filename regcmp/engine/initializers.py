"""Initial weights. Gains start at one, biases at zero."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from regcmp.engine.arrays import Floats
from regcmp.engine.network import Network
from regcmp.engine.streams import stream

Initializer = Callable[[np.random.Generator, tuple[int, ...], int], Floats]
"""Draws a weight (fan_in, units), knowing its fan-out too: of a convolution, more than its units."""


def he(rng: np.random.Generator, shape: tuple[int, ...], fan_out: int) -> Floats:
    """N(0, 2 / fan_in), for relu (He et al. 2015)."""
    return rng.normal(0, np.sqrt(2 / shape[0]), shape)


def glorot(rng: np.random.Generator, shape: tuple[int, ...], fan_out: int) -> Floats:
    """U(-a, a) with a² = 6 / (fan_in + fan_out), for tanh and sigmoid (Glorot and Bengio 2010)."""
    bound = np.sqrt(6 / (shape[0] + fan_out))
    return rng.uniform(-bound, bound, shape)


def lecun(rng: np.random.Generator, shape: tuple[int, ...], fan_out: int) -> Floats:
    """N(0, 1 / fan_in), for selu (LeCun et al. 1998; Klambauer et al. 2017)."""
    return rng.normal(0, np.sqrt(1 / shape[0]), shape)


def normal(rng: np.random.Generator, shape: tuple[int, ...], fan_out: int) -> Floats:
    """N(0, 0.05²), whatever the width."""
    return rng.normal(0, 0.05, shape)


INITIALIZERS: dict[str, Initializer] = {
    "he": he,
    "glorot": glorot,
    "lecun": lecun,
    "normal": normal,
}
"""Initialisations by their name on the command line."""


def initial_theta(
    network: Network, initializer: str, seeds: list[int], dtype: npt.DTypeLike
) -> Floats:
    """Theta (R, P) at the start of training, row r drawn from the 'init' stream of ``seeds[r]``."""
    theta = np.zeros((len(seeds), network.n_parameters), dtype)
    draw = INITIALIZERS[initializer]
    for row, seed in zip(theta, seeds, strict=True):
        rng = stream(seed, "init")
        for layer, params in zip(network.layers, network.params(row[None]), strict=True):
            n_weights, n_gains = len(layer.weights), len(layer.gains)
            for shape, weight in zip(layer.weights, params, strict=False):
                weight[0] = draw(rng, shape, layer.fan_out)
            for gain in params[n_weights : n_weights + n_gains]:
                gain[...] = 1
    return theta

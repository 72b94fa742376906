"""The weight matrices in theta, and norms over them.

All sums go through a product with ones: that is faster than np.sum, and a product of stacked
matrices is one product per run, so a run's sum has the same bits however many runs there are.
"""

from __future__ import annotations

import numpy as np

from regcmp.engine.arrays import Floats, Scratch
from regcmp.engine.network import Network

TINY = 1e-18
"""The least that is divided by for a norm, so that a zero vector stays 0 instead of becoming 0 / 0.

The squares of what is smaller are 0 in float32.
"""


def matrices(network: Network, theta: Floats) -> list[Floats]:
    """The weight matrices as views of theta (R, P), each (R, in, out); no biases."""
    return [
        param
        for layer, params in zip(network.layers, network.params(theta), strict=True)
        for param in params[: len(layer.weights)]
    ]


def incoming_norms(weight: Floats, scratch: Scratch) -> Floats:
    """(R, 1, out) the Euclidean norm of what goes into each unit, for a weight (R, in, out)."""
    runs, n_in, n_out = weight.shape
    squares = np.square(weight, out=scratch("squares", weight.shape))
    total = scratch("incoming", (runs, 1, n_out))
    np.matmul(_ones((1, n_in), scratch), squares, out=total)
    norms: Floats = np.sqrt(total, out=total)
    return norms


def outgoing_norms(weight: Floats, channels: int, scratch: Scratch) -> Floats:
    """(R, 1, channels) the Euclidean norm of what goes out of each channel, for a weight (R, in, out).

    Of a feature map that enters, row by row and channels last, a channel is one at all places; of
    dense units there is one place.
    """
    runs, n_in, n_out = weight.shape
    squares = np.square(weight, out=scratch("squares", weight.shape))
    total = scratch("outgoing", (runs, n_in, 1))
    np.matmul(squares, _ones((n_out, 1), scratch), out=total)
    places = n_in // channels
    total = total.reshape(runs, places, channels)
    if places > 1:
        total = np.matmul(_ones((1, places), scratch), total)
    norms: Floats = np.sqrt(total, out=total)
    return norms


def run_norms(vectors: Floats, scratch: Scratch) -> Floats:
    """(R, 1) the Euclidean norm of each run's row of (R, P)."""
    rows = vectors[:, None, :]
    total = scratch("run norms", (len(vectors), 1, 1))
    np.matmul(rows, rows.swapaxes(1, 2), out=total)
    norms: Floats = np.sqrt(total, out=total)[:, :, 0]
    return norms


def _ones(shape: tuple[int, int], scratch: Scratch) -> Floats:
    ones = scratch("ones", shape)
    ones.fill(1)
    return ones

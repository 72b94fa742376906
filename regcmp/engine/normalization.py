"""Layers that normalise: batch normalisation over the rows of a batch, layer normalisation over units.

Both end with a gain and a bias, per unit or per channel, which are learned and never penalised.
"""

from __future__ import annotations

from math import prod

import numpy as np

from regcmp.engine.arrays import Floats
from regcmp.engine.layers import Layer, Memory

EPSILON = 1e-5
"""Added to a variance, as in the papers' code and in PyTorch."""


class BatchNorm(Layer):
    """y = g (x - m) / sqrt(v + ε) + b, with m and v (1, width) over the rows of the batch.

    In a feature map a channel has one m, v, g and b, and its pixels count as rows. In evaluation
    ``memory.population`` holds m and v over all training rows instead. The gradient goes through m
    and v (Ioffe and Szegedy 2015, section 3).
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.channels = shape[-1]
        self.gains = ((1, self.channels),)
        self.biases = ((1, self.channels),)

    def forward(self, params: list[Floats], x: Floats, memory: Memory) -> Floats:
        gain, bias = params
        shape = x.shape
        memory.x = x = x.reshape(len(x), -1, self.channels)
        mean, variance = memory.population or self.moments(x, memory)
        memory.slope = 1 / np.sqrt(variance + EPSILON)
        normed = np.subtract(x, mean, out=memory.scratch("normed", x.shape))
        normed *= memory.slope
        y: Floats = np.multiply(normed, gain, out=memory.scratch("y", x.shape))
        y += bias
        return y.reshape(shape)

    def moments(self, x: Floats, memory: Memory) -> tuple[Floats, Floats]:
        """The mean and the variance (R, 1, channels) over the rows of x (R, rows, channels)."""
        mean = _over_rows(x, memory) / x.shape[1]
        centred = np.subtract(x, mean, out=memory.scratch("normed", x.shape))
        squares = np.square(centred, out=memory.scratch("squares", x.shape))
        return mean, _over_rows(squares, memory) / x.shape[1]

    def backward(
        self, params: list[Floats], grads: list[Floats], dy: Floats, memory: Memory, need_dx: bool
    ) -> Floats:
        d_gain, d_bias = grads
        shape = dy.shape
        dy = dy.reshape(len(dy), -1, self.channels)
        normed, rows = memory.scratch("normed", dy.shape), dy.shape[1]
        product = np.multiply(dy, normed, out=memory.scratch("squares", dy.shape))
        d_gain[...] = _over_rows(product, memory)
        d_bias[...] = _over_rows(dy, memory)
        # What the mean of the batch and its variance take off.
        normed *= d_gain / rows
        dy -= normed
        dy -= d_bias / rows
        dy *= params[0] * memory.slope
        return dy.reshape(shape)


class LayerNorm(Layer):
    """y = g (x - m) / sqrt(v + ε) + b, with m and v of each row over its units (Ba et al. 2016).

    Of a feature map, over all pixels and channels, each of which has a g and a b.
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.width = prod(shape)
        self.gains = ((1, self.width),)
        self.biases = ((1, self.width),)

    def forward(self, params: list[Floats], x: Floats, memory: Memory) -> Floats:
        gain, bias = params
        normed = np.subtract(x, self._mean(x, memory), out=memory.scratch("normed", x.shape))
        squares = np.square(normed, out=memory.scratch("squares", x.shape))
        memory.slope = 1 / np.sqrt(self._mean(squares, memory) + EPSILON)
        normed *= memory.slope
        y: Floats = np.multiply(normed, gain, out=memory.scratch("y", x.shape))
        y += bias
        return y

    def backward(
        self, params: list[Floats], grads: list[Floats], dy: Floats, memory: Memory, need_dx: bool
    ) -> Floats:
        d_gain, d_bias = grads
        normed = memory.scratch("normed", dy.shape)
        product = np.multiply(dy, normed, out=memory.scratch("squares", dy.shape))
        d_gain[...] = _over_rows(product, memory)
        d_bias[...] = _over_rows(dy, memory)
        dy *= params[0]
        np.multiply(dy, normed, out=product)
        normed *= self._mean(product, memory)
        dy -= self._mean(dy, memory)
        dy -= normed
        dy *= memory.slope
        return dy

    def _mean(self, x: Floats, memory: Memory) -> Floats:
        """(R, B, 1) the mean of each row."""
        ones = memory.scratch("column", (self.width, 1))
        ones.fill(1 / self.width)
        mean: Floats = np.matmul(x, ones)
        return mean


def _over_rows(x: Floats, memory: Memory) -> Floats:
    """(R, 1, width) the sum over rows: a product, so a run's bits do not depend on its neighbours."""
    ones = memory.scratch("ones", (1, x.shape[1]))
    ones.fill(1)
    total: Floats = np.matmul(ones, x)
    return total

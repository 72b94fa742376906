"""Convolution, as matrix products on unfolded windows.

An image of H x W pixels and C channels is one row of H W C numbers, row by row and channels last, so
that whatever acts on units acts on feature maps too. In this layout a window's rows lie together,
and products of many windows by a few filters ran at 75 to 93 GFLOP/s on one core, against 20 to 84
with channels first (benchmarks/convolution.py).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from regcmp.engine.arrays import Floats
from regcmp.engine.kernels.images import place, unfold
from regcmp.engine.layers import Memory, Weighing
from regcmp.engine.products import multiply

Shape3 = tuple[int, int, int]
"""Height, width and channels."""


class Axis(NamedTuple):
    """How windows lie along one side of an image."""

    before: int
    """Zeros added ahead of the image."""
    padded: int
    """Its length with the zeros on both sides."""
    out: int
    """How many windows there are."""


def axis_of(length: int, kernel: int, stride: int, same: bool) -> Axis:
    """Where windows lie: 'same' makes ceil(length / stride) of them, 'valid' what fits without zeros.

    What 'same' adds is divided evenly, an odd zero at the end, as in Keras and TensorFlow.
    """
    if not same:
        return Axis(0, length, max(0, (length - kernel) // stride + 1))
    out = -(-length // stride)
    added = max(0, (out - 1) * stride + kernel - length)
    return Axis(added // 2, length + added, out)


class Conv(Weighing):
    """y = windows(x) W + b: F filters of k x k pixels, over x (H, W, C) with zeros around it.

    W (k k C, F) has a filter in each column, by row, column and channel of its window: a filter is a
    unit whose incoming weights they are. As in every library it is a cross-correlation.
    """

    shape_in: Shape3
    shape_out: Shape3

    def __init__(
        self, image: Shape3, filters: int, kernel: int, stride: int = 1, same: bool = True
    ) -> None:
        height, width, channels = image
        self.kernel, self.stride = kernel, stride
        self.rows = axis_of(height, kernel, stride, same)
        self.columns = axis_of(width, kernel, stride, same)
        self.shape_in, self.shape_out = image, (self.rows.out, self.columns.out, filters)
        self.weights = ((kernel * kernel * channels, filters),)
        self.biases = ((1, filters),)

    @property
    def n_unfolded(self) -> int:
        """All pixels of all windows."""
        return self.rows.out * self.columns.out * self.weights[0][0]

    @property
    def fan_out(self) -> int:
        """To how many outputs an input leads at stride 1; Keras and PyTorch count so at every stride."""
        return self.kernel**2 * self.shape_out[2]

    def weigh(self, weight: Floats, x: Floats, memory: Memory) -> Floats:
        memory.x = self._unfolded(x, memory)
        y = memory.scratch("y", (*memory.x.shape[:2], self.shape_out[2]))
        return multiply(memory.x, weight, out=y)

    def backward(
        self, params: list[Floats], grads: list[Floats], dy: Floats, memory: Memory, need_dx: bool
    ) -> Floats:
        d_weight, d_bias = grads
        runs, batch = dy.shape[:2]
        flat = dy.reshape(runs, -1, self.shape_out[2])
        multiply(memory.x.swapaxes(1, 2), flat, out=d_weight)
        ones = memory.scratch("ones", (1, flat.shape[1]))
        ones.fill(1)
        np.matmul(ones, flat, out=d_bias)
        if not need_dx:
            return dy
        # The gradient at a pixel is a convolution too: of dy, by the filters turned round.
        windows = self._around(dy, memory)
        dx = memory.scratch("dx", (runs, windows.shape[1], self.shape_in[2]))
        multiply(windows, self._turned(params[0], memory), out=dx)
        return dx.reshape(runs, batch, -1)

    def _unfolded(self, x: Floats, memory: Memory) -> Floats:
        """The windows (R, B Ho Wo, k k C) of x (R, B, H W C)."""
        images = x.reshape(-1, *self.shape_in)
        rows, columns = self.rows, self.columns
        if (rows.padded, columns.padded) != self.shape_in[:2]:
            shape = (len(images), rows.padded, columns.padded, self.shape_in[2])
            padded = memory.scratch("padded", shape)
            place(padded, images, (rows.before, columns.before), 1)
            images = padded
        return self._windows(images, self.stride, memory, "windows", len(x))

    def _around(self, dy: Floats, memory: Memory) -> Floats:
        """For each pixel the outputs that its windows gave, (R, B H W, k k F), of dy (R, B, Ho Wo F).

        A stride leaves zeros between them.
        """
        (height, width, _), more = self.shape_in, self.kernel - 1
        images = dy.reshape(-1, *self.shape_out)
        spread = memory.scratch(
            "spread", (len(images), height + more, width + more, images.shape[3])
        )
        place(spread, images, (more - self.rows.before, more - self.columns.before), self.stride)
        return self._windows(spread, 1, memory, "around", len(dy))

    def _windows(self, images: Floats, stride: int, memory: Memory, name: str, runs: int) -> Floats:
        """The windows (R, B Ho Wo, k k C) of images (R B, H, W, C), copied into one matrix a run."""
        k, channels = self.kernel, images.shape[3]
        high, wide = ((each - k) // stride + 1 for each in images.shape[1:3])
        unfolded = memory.scratch(name, (len(images), high, wide, k, k, channels))
        unfold(unfolded, images, stride)
        return unfolded.reshape(runs, -1, k * k * channels)

    def _turned(self, weight: Floats, memory: Memory) -> Floats:
        """The filters (R, k k F, C) turned by half a circle, from outputs to inputs."""
        k, channels, filters = self.kernel, self.shape_in[2], self.shape_out[2]
        turned = memory.scratch("turned", (len(weight), k, k, filters, channels))
        filters_of = weight.reshape(-1, k, k, channels, filters)
        turned[...] = filters_of[:, ::-1, ::-1].swapaxes(3, 4)
        return turned.reshape(len(weight), k * k * filters, channels)

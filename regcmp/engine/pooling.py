"""Pooling: the largest or the mean of each window of a feature map, channel by channel."""

from __future__ import annotations

import numpy as np

from regcmp.engine.arrays import Floats
from regcmp.engine.convolution import Shape3, axis_of
from regcmp.engine.kernels.images import max_pool, max_pool_slope, parts
from regcmp.engine.layers import Layer, Memory


class Pool(Layer):
    """Windows of k x k pixels, a stride apart, as many as fit; what is left at the end is not seen."""

    shape_in: Shape3
    shape_out: Shape3

    def __init__(self, image: Shape3, kernel: int, stride: int | None = None) -> None:
        self.kernel, self.stride = kernel, stride or kernel
        rows, columns = (axis_of(side, kernel, self.stride, same=False) for side in image[:2])
        self.shape_in, self.shape_out = image, (rows.out, columns.out, image[2])

    def _parts(self, images: Floats, axis: int) -> list[Floats]:
        """Each row (axis 2) or column (axis 3) of a window in turn, of all windows: views (R, B, ...)."""
        return parts(images, axis, self.shape_out[axis - 2], (self.kernel, self.stride))

    def _images(self, x: Floats) -> Floats:
        return x.reshape(*x.shape[:2], *self.shape_in)

    def _tall(self, x: Floats) -> tuple[int, ...]:
        """The shape of windows that are pooled over their rows alone."""
        return (*x.shape[:2], self.shape_out[0], *self.shape_in[1:])


class MaxPool(Pool):
    """y = max over a window; the gradient goes to the first column, and in it the first row, that has it.

    Over the rows of windows first, where neighbouring pixels lie together, and then over columns.
    """

    def forward(self, params: list[Floats], x: Floats, memory: Memory) -> Floats:
        memory.x = x
        memory.tall = memory.scratch("tall", self._tall(x))
        memory.y = memory.scratch("y", (*x.shape[:2], *self.shape_out))
        y, tall, images = map(_in_a_row, (memory.y, memory.tall, self._images(x)))
        max_pool(y, tall, images, (self.kernel, self.stride))
        return memory.y.reshape(*x.shape[:2], -1)

    def backward(
        self, params: list[Floats], grads: list[Floats], dy: Floats, memory: Memory, need_dx: bool
    ) -> Floats:
        dx = memory.scratch("dx", (*dy.shape[:2], *self.shape_in))
        found = dx, memory.y, memory.tall, self._images(memory.x), dy.reshape(memory.y.shape)
        max_pool_slope(*map(_in_a_row, found), (self.kernel, self.stride), memory.scratch)
        return dx.reshape(memory.x.shape)


class AveragePool(Pool):
    """y = mean over a window."""

    def forward(self, params: list[Floats], x: Floats, memory: Memory) -> Floats:
        tall = memory.scratch("tall", self._tall(x))
        y = memory.scratch("y", (*x.shape[:2], *self.shape_out))
        tall.fill(0)
        y.fill(0)
        for row in self._parts(self._images(x), 2):
            tall += row
        for column in self._parts(tall, 3):
            y += column
        y *= 1 / self.kernel**2
        return y.reshape(*x.shape[:2], -1)

    def backward(
        self, params: list[Floats], grads: list[Floats], dy: Floats, memory: Memory, need_dx: bool
    ) -> Floats:
        d_tall = memory.scratch("d_tall", self._tall(dy))
        dx = memory.scratch("dx", (*dy.shape[:2], *self.shape_in))
        d_tall.fill(0)
        dx.fill(0)
        share = dy.reshape(*dy.shape[:2], *self.shape_out)
        share *= 1 / self.kernel**2
        for column in self._parts(d_tall, 3):
            column += share
        for row in self._parts(dx, 2):
            row += d_tall
        return dx.reshape(*dy.shape[:2], -1)


class GlobalAverage(Layer):
    """y = the mean of each feature map (Lin et al. 2014, Network in network)."""

    shape_in: Shape3

    def __init__(self, image: Shape3) -> None:
        self.shape_in, self.shape_out = image, (image[2],)
        self.pixels = image[0] * image[1]

    def forward(self, params: list[Floats], x: Floats, memory: Memory) -> Floats:
        # A product, so a run's bits do not depend on its neighbours.
        mean = memory.scratch("mean", (1, self.pixels))
        mean.fill(1 / self.pixels)
        y: Floats = np.matmul(mean, x.reshape(*x.shape[:2], self.pixels, -1))
        return y.reshape(*x.shape[:2], -1)

    def backward(
        self, params: list[Floats], grads: list[Floats], dy: Floats, memory: Memory, need_dx: bool
    ) -> Floats:
        dx = memory.scratch("dx", (*dy.shape[:2], self.pixels, self.shape_in[2]))
        np.multiply(dy[:, :, None], 1 / self.pixels, out=dx)
        return dx.reshape(*dy.shape[:2], -1)


def _in_a_row(images: Floats) -> Floats:
    """The images (R, B, H, W, C) of all runs as (N, H, W, C)."""
    return images.reshape(-1, *images.shape[2:])

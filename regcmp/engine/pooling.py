"""Pooling: the largest or the mean of each window of a feature map, channel by channel."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from regcmp.engine.arrays import Floats
from regcmp.engine.convolution import Shape3, axis_of
from regcmp.engine.layers import Layer, Memory


class Pool(Layer):
    """Windows of k x k pixels, a stride apart, as many as fit; what is left at the end is not seen."""

    shape_in: Shape3
    shape_out: Shape3

    def __init__(self, image: Shape3, kernel: int, stride: int | None = None) -> None:
        self.kernel, self.stride = kernel, stride or kernel
        rows, columns = (axis_of(side, kernel, self.stride, same=False) for side in image[:2])
        self.shape_in, self.shape_out = image, (rows.out, columns.out, image[2])

    def _corners(self, images: Floats) -> Iterator[Floats]:
        """For each pixel of a window in turn, that pixel of all windows: views (R, B, Ho, Wo, C)."""
        (rows, columns), s = self.shape_out[:2], self.stride
        for i in range(self.kernel):
            for j in range(self.kernel):
                yield images[:, :, i : i + s * rows : s, j : j + s * columns : s]

    def _images(self, x: Floats) -> Floats:
        return x.reshape(*x.shape[:2], *self.shape_in)

    def _zeros(self, dy: Floats, memory: Memory) -> tuple[Floats, Floats]:
        """Room for the gradient at the input, flat and as images, with zeros in it."""
        dx = memory.scratch("dx", (*dy.shape[:2], self.n_in))
        dx.fill(0)
        return dx, self._images(dx)


class MaxPool(Pool):
    """y = max over a window; the gradient goes to the first pixel that is the largest."""

    def forward(self, params: list[Floats], x: Floats, memory: Memory) -> Floats:
        memory.x = x
        memory.y = memory.scratch("y", (*x.shape[:2], *self.shape_out))
        first, *others = self._corners(self._images(x))
        memory.y[...] = first
        for corner in others:
            np.maximum(memory.y, corner, out=memory.y)
        return memory.y.reshape(*x.shape[:2], -1)

    def backward(
        self, params: list[Floats], grads: list[Floats], dy: Floats, memory: Memory, need_dx: bool
    ) -> Floats:
        left = dy.reshape(memory.y.shape)
        dx, images = self._zeros(dy, memory)
        largest = memory.scratch("largest", memory.y.shape, np.bool_)
        share = memory.scratch("share", memory.y.shape)
        for corner, into in zip(
            self._corners(self._images(memory.x)), self._corners(images), strict=True
        ):
            np.equal(corner, memory.y, out=largest)
            np.multiply(left, largest, out=share)
            into += share
            # What was given to this pixel is not there for the next one that is as large.
            left -= share
        return dx


class AveragePool(Pool):
    """y = mean over a window."""

    def forward(self, params: list[Floats], x: Floats, memory: Memory) -> Floats:
        y = memory.scratch("y", (*x.shape[:2], *self.shape_out))
        first, *others = self._corners(self._images(x))
        y[...] = first
        for corner in others:
            y += corner
        y *= 1 / self.kernel**2
        return y.reshape(*x.shape[:2], -1)

    def backward(
        self, params: list[Floats], grads: list[Floats], dy: Floats, memory: Memory, need_dx: bool
    ) -> Floats:
        dx, images = self._zeros(dy, memory)
        share = dy.reshape(*dy.shape[:2], *self.shape_out)
        share *= 1 / self.kernel**2
        for into in self._corners(images):
            into += share
        return dx


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

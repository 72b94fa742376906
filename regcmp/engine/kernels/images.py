"""Kernels over images: unfolding windows, and max pooling both ways."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from regcmp.engine.arrays import Floats, Scratch
from regcmp.engine.kernels.kernel import Pointer, kernel

NARROW = 8
"""Below so many channels, windows are copied faster pixel by pixel than whole."""


@kernel
def place(out: Floats, images: Floats, first: tuple[int, int], step: int) -> None:
    """Set out (N, high, wide, C) <- images (N, H, W, C), from a pixel on and a step apart, in zeros."""
    out.fill(0)
    rows, columns = (
        slice(start, start + step * n, step)
        for start, n in zip(first, images.shape[1:3], strict=True)
    )
    out[:, rows, columns] = images


@place.fused(
    "FF nnnn nnnnn f",
    lambda out, images, first, step: (
        out,
        images,
        *images.shape,
        *out.shape[1:3],
        *first,
        step,
        0.0,
    ),
)
def place_loop(
    out: Pointer, images: Pointer, count: int, height: int, width: int, channels: int,
    high: int, wide: int, top: int, left: int, step: int, zero: float,
) -> None:  # fmt: skip
    """Row by row."""
    for i in range(count * high * wide * channels):
        out[i] = zero
    for image in range(count):
        for i in range(height):
            here = (image * height + i) * width * channels
            there = ((image * high + top + i * step) * wide + left) * channels
            if step == 1:
                for c in range(width * channels):
                    out[there + c] = images[here + c]
            else:
                for j in range(width):
                    for c in range(channels):
                        out[there + j * step * channels + c] = images[here + j * channels + c]


@kernel
def unfold(out: Floats, images: Floats, stride: int) -> None:
    """Set out (N, Ho, Wo, k, k, C) <- the windows of images (N, H, W, C), a stride apart."""
    k, channels = out.shape[4:]
    windows = sliding_window_view(images, (k, k), axis=(1, 2))[:, ::stride, ::stride]
    windows = windows[:, : out.shape[1], : out.shape[2]].transpose(0, 1, 2, 4, 5, 3)
    if channels < NARROW:
        for i in range(k):
            for j in range(k):
                out[..., i, j, :] = windows[..., i, j, :]
    else:
        out[...] = windows


@unfold.fused(
    "FF nnn nnn nn",
    lambda out, images, stride: (
        out, images, *images.shape[:2], images[0, 0].size, *out.shape[1:3],
        out.shape[4], images.shape[3], stride,
    ),
)  # fmt: skip
def unfold_loop(
    out: Pointer, images: Pointer, count: int, height: int, width: int,
    high: int, wide: int, k: int, channels: int, stride: int,
) -> None:  # fmt: skip
    """Row by row of each window."""
    there = 0
    for image in range(count):
        for i in range(high):
            for j in range(wide):
                for row in range(k):
                    here = (image * height + i * stride + row) * width + j * stride * channels
                    for c in range(k * channels):
                        out[there + c] = images[here + c]
                    there += k * channels


Window = tuple[int, int]
"""The side of a pooling's windows, and how far apart they are."""


def parts(images: Floats, axis: int, n: int, window: Window) -> list[Floats]:
    """For each row (or column) of a window in turn, that of all n windows along this axis: views."""
    kernel_size, stride = window
    ahead = (slice(None),) * axis
    return [images[(*ahead, slice(i, i + stride * n, stride))] for i in range(kernel_size)]


@kernel
def max_pool(y: Floats, tall: Floats, images: Floats, window: Window) -> None:
    """Set y (N, Ho, Wo, C) <- the largest of each window of images (N, H, W, C); a zero is positive.

    Over the rows of windows first, where neighbouring pixels lie together: tall (N, Ho, W, C), which
    holds nothing beside windows; and then over columns.
    """
    for out, source, axis in ((tall, images, 1), (y, tall, 2)):
        first, *others = parts(source, axis, y.shape[axis], window)
        out[...] = first
        for part in others:
            np.maximum(out, part, out=out)
        # Of zeros of both signs np.maximum takes the one or the other, by where they stand in memory.
        out += 0


def arrange_pairs(
    y: Floats, tall: Floats, images: Floats, window: Window
) -> tuple[Any, ...] | None:
    """The arguments of loops over windows of 2 x 2 that lie apart."""
    size, stride = window
    if size != 2 or stride < 2:
        return None
    return y, tall, images, len(images), *images.shape[1:], *y.shape[1:3], stride, 0.0


@max_pool.fused("FFF nnnn nn n f", arrange_pairs)
def max_pool_loop(
    y: Pointer, tall: Pointer, images: Pointer, count: int, height: int, width: int, channels: int,
    high: int, wide: int, stride: int, zero: float,
) -> None:  # fmt: skip
    """In one pass."""
    below = width * channels
    for image in range(count):
        for i in range(high):
            for j in range(wide):
                here = ((image * height + i * stride) * width + j * stride) * channels
                middle = ((image * high + i) * width + j * stride) * channels
                there = ((image * high + i) * wide + j) * channels
                for c in range(channels):
                    a, b = images[here + c], images[here + below + c]
                    left = (a if a >= b or a != a else b) + zero
                    a, b = images[here + channels + c], images[here + below + channels + c]
                    right = (a if a >= b or a != a else b) + zero
                    tall[middle + c] = left
                    tall[middle + channels + c] = right
                    y[there + c] = left if left >= right or left != left else right


@kernel
def max_pool_slope(
    dx: Floats,
    y: Floats,
    tall: Floats,
    images: Floats,
    dy: Floats,
    window: Window,
    scratch: Scratch,
) -> None:
    """Set dx (N, H, W, C) <- the gradient at the images, of that at y (N, Ho, Wo, C), which is used up.

    It goes to the first column of a window that has the largest, and in it to the first row; y and
    tall are as ``max_pool`` left them.
    """
    d_tall = scratch("d_tall", tall.shape)
    dx.fill(0)
    d_tall.fill(0)
    for left, whole, source, into, axis in (
        (dy, y, tall, d_tall, 2),
        (d_tall, tall, images, dx, 1),
    ):
        n, largest = y.shape[axis], scratch("largest", whole.shape, np.bool_)
        ways = zip(parts(source, axis, n, window), parts(into, axis, n, window), strict=True)
        *pairs, (_, last) = ways
        for part, d_part in pairs:
            # Where windows don't overlap, a part gets no more than this one share.
            apart = window[1] >= window[0]
            share = d_part if apart else scratch("share", whole.shape)
            np.equal(part, whole, out=largest)
            np.multiply(left, largest, out=share)
            if not apart:
                d_part += share
            # What was given to this one is not there for the next one that is as large.
            left -= share
        last += left


def arrange_slopes(
    dx: Floats, y: Floats, tall: Floats, images: Floats, dy: Floats, window: Window, _: Scratch
) -> tuple[Any, ...] | None:
    """The arguments of a loop over windows of 2 x 2 that lie apart."""
    pairs = arrange_pairs(y, tall, images, window)
    return pairs and (dx, *pairs[:3], dy, *pairs[3:], 1.0)


@max_pool_slope.fused("FFFFF nnnn nn n ff", arrange_slopes)
def max_pool_slope_loop(
    dx: Pointer, y: Pointer, tall: Pointer, images: Pointer, dy: Pointer,
    count: int, height: int, width: int, channels: int,
    high: int, wide: int, stride: int, zero: float, one: float,
) -> None:  # fmt: skip
    """The same subtractions, window by window."""
    below = width * channels
    for i in range(count * height * width * channels):
        dx[i] = zero
    for image in range(count):
        for i in range(high):
            for j in range(wide):
                here = ((image * height + i * stride) * width + j * stride) * channels
                middle = ((image * high + i) * width + j * stride) * channels
                there = ((image * high + i) * wide + j) * channels
                for c in range(channels):
                    left = dy[there + c]
                    share = left * (one if tall[middle + c] == y[there + c] else zero)
                    rest = zero + (left - share)
                    upper = share * (one if images[here + c] == tall[middle + c] else zero)
                    dx[here + c] = upper
                    dx[here + below + c] = zero + (share - upper)
                    place, whole = here + channels + c, tall[middle + channels + c]
                    upper = rest * (one if images[place] == whole else zero)
                    dx[place] = upper
                    dx[place + below] = zero + (rest - upper)

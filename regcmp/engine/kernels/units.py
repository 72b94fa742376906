"""Kernels over units of layers: biases, relu, masks, and softmax around its exponentials."""

from __future__ import annotations

from typing import Any

import numpy as np

from regcmp.engine.arrays import Booleans, Floats, Integers
from regcmp.engine.kernels.kernel import Pointer, kernel, spacing


def with_bias(y: Floats, bias: Floats, *others: Any) -> tuple[Any, ...]:
    """What loops take that add a bias: each run's stands somewhere else in theta."""
    return (y, bias[0], *others, *y.shape, spacing(bias))


@kernel
def add_bias(y: Floats, bias: Floats) -> None:
    """Set y <- y + bias, for y (R, rows, n) and bias (R, 1, n)."""
    y += bias


@add_bias.fused("FFnnnn", with_bias)
def add_bias_loop(y: Pointer, bias: Pointer, runs: int, rows: int, n: int, apart: int) -> None:
    """In one pass."""
    for r in range(runs):
        for row in range(rows):
            here = (r * rows + row) * n
            for i in range(n):
                y[here + i] += bias[r * apart + i]


@kernel
def bias_relu(y: Floats, bias: Floats, positive: Booleans) -> None:
    """Set y <- max(y + bias, 0), and where that is positive, for y (R, rows, n) and bias (R, 1, n)."""
    y += bias
    np.greater(y, 0, out=positive)
    y *= positive


@bias_relu.fused("FFBnnnnff", lambda y, bias, positive: (*with_bias(y, bias, positive), 0.0, 1.0))
def bias_relu_loop(
    y: Pointer, bias: Pointer, positive: Pointer,
    runs: int, rows: int, n: int, apart: int, zero: float, one: float,
) -> None:  # fmt: skip
    """In one pass."""
    for r in range(runs):
        for row in range(rows):
            here = (r * rows + row) * n
            for i in range(n):
                x = y[here + i] + bias[r * apart + i]
                positive[here + i] = x > zero
                y[here + i] = x * (one if x > zero else zero)


@kernel
def relu(x: Floats, positive: Booleans) -> None:
    """Set x <- max(x, 0), and where that is positive."""
    # A comparison and a product are faster than np.maximum, and backward needs the comparison.
    np.greater(x, 0, out=positive)
    x *= positive


@relu.fused("FBnff", lambda x, positive: (x, positive, x.size, 0.0, 1.0))
def relu_loop(x: Pointer, positive: Pointer, n: int, zero: float, one: float) -> None:
    """In one pass."""
    for i in range(n):
        positive[i] = x[i] > zero
        x[i] = x[i] * (one if x[i] > zero else zero)


@kernel
def where_positive(dy: Floats, positive: Booleans) -> None:
    """Set dy <- dy where positive, else 0 of its sign."""
    dy *= positive


@where_positive.fused("FBnff", lambda dy, positive: (dy, positive, dy.size, 0.0, 1.0))
def where_positive_loop(dy: Pointer, positive: Pointer, n: int, zero: float, one: float) -> None:
    """In one pass."""
    for i in range(n):
        dy[i] = dy[i] * (one if positive[i] else zero)


@kernel
def drop(mask: Floats, words: Integers, threshold: Integers, scale: Floats) -> None:
    """Set mask <- scale where words >= threshold, else 0; threshold and scale (R, 1, 1)."""
    np.greater_equal(words, threshold, out=mask, casting="unsafe")
    mask *= scale


@drop.fused(
    "FWWFnnnf",
    lambda mask, words, threshold, scale: (
        mask, words[0], threshold, scale, len(mask), mask[0].size, spacing(words), 0.0,
    ),
)  # fmt: skip
def drop_loop(
    mask: Pointer, words: Pointer, threshold: Pointer, scale: Pointer,
    runs: int, n: int, apart: int, zero: float,
) -> None:  # fmt: skip
    """In one pass."""
    for r in range(runs):
        least, kept = threshold[r], scale[r]
        for i in range(n):
            mask[r * n + i] = kept if words[r * apart + i] >= least else zero


@kernel
def subtract_largest(p: Floats) -> None:
    """Set p <- p - its row's largest, for p (R, B, C).

    A zero may have either sign, since exp gives 1 for both.
    """
    # A row of few classes is slow to reduce. Of ten, a copy turned round takes half as long.
    p -= np.ascontiguousarray(p.swapaxes(1, 2)).max(axis=1)[..., None]


@subtract_largest.fused("Fnn", lambda p: (p, p.shape[0] * p.shape[1], p.shape[2]))
def subtract_largest_loop(p: Pointer, rows: int, n: int) -> None:
    """In one pass."""
    for row in range(rows):
        largest = p[row * n]
        for i in range(row * n, (row + 1) * n):
            if p[i] > largest or p[i] != p[i]:
                largest = p[i]
        for i in range(row * n, (row + 1) * n):
            p[i] -= largest

"""Kernels over all parameters at once: steps of optimizers, penalties, decay, averages."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np

from regcmp.engine.arrays import Booleans, Floats, Scratch
from regcmp.engine.kernels.kernel import Pointer, kernel

SLICE = 1 << 15
"""Floats that a step works on at a time, so that all of its operands stay in a core's L2 cache."""


def flat(*arrays: Floats) -> tuple[Any, ...]:
    """Arrays of one size (R, P) or (N,), and that size; for loops that know no runs."""
    return (*arrays, arrays[0].size)


@kernel
def sgd(theta: Floats, grad: Floats, rate: float) -> None:
    """Set theta <- theta - rate * grad; grad is used up."""
    grad *= rate
    theta -= grad


@sgd.fused("FFnf", lambda theta, grad, rate: (*flat(theta, grad), rate))
def sgd_loop(theta: Pointer, grad: Pointer, n: int, rate: float) -> None:
    """In one pass."""
    for i in range(n):
        theta[i] -= grad[i] * rate


@kernel
def momentum(theta: Floats, grad: Floats, velocity: Floats, rate: float, kept: float) -> None:
    """Set v <- kept v - rate * grad; theta <- theta + v; grad is used up."""
    grad *= rate
    velocity *= kept
    velocity -= grad
    theta += velocity


@momentum.fused("FFFnff", lambda theta, grad, v, *numbers: (*flat(theta, grad, v), *numbers))
def momentum_loop(
    theta: Pointer, grad: Pointer, velocity: Pointer, n: int, rate: float, kept: float
) -> None:
    """In one pass."""
    for i in range(n):
        v = velocity[i] * kept - grad[i] * rate
        velocity[i] = v
        theta[i] += v


@kernel
def nesterov(theta: Floats, grad: Floats, velocity: Floats, rate: float, kept: float) -> None:
    """Set v <- kept v - rate * grad; theta <- theta - rate * grad + kept v; grad is used up."""
    grad *= rate
    velocity *= kept
    velocity -= grad
    theta -= grad
    np.multiply(velocity, kept, out=grad)
    theta += grad


@nesterov.fused("FFFnff", lambda theta, grad, v, *numbers: (*flat(theta, grad, v), *numbers))
def nesterov_loop(
    theta: Pointer, grad: Pointer, velocity: Pointer, n: int, rate: float, kept: float
) -> None:
    """In one pass."""
    for i in range(n):
        step = grad[i] * rate
        v = velocity[i] * kept - step
        velocity[i] = v
        theta[i] = (theta[i] - step) + v * kept


@kernel
def adam(
    theta: Floats, grad: Floats, m: Floats, v: Floats, buffer: Floats,
    b1: float, b2: float, eps: float, rate: float,
) -> None:  # fmt: skip
    """Set m <- b1 m + g; v <- b2 v + g²; theta <- theta - rate * m / (sqrt(v) + eps); grad is used up.

    m and v are flat, and so is the buffer, of SLICE numbers or as many as there are.
    """
    theta, grad = theta.reshape(-1), grad.reshape(-1)
    for start in range(0, theta.size, SLICE):
        part = slice(start, start + SLICE)
        own_m, own_v, g = m[part], v[part], grad[part]
        step = buffer[: g.size]
        own_m *= b1
        own_m += g
        g *= g
        own_v *= b2
        own_v += g
        np.sqrt(own_v, out=step)
        step += eps
        np.divide(own_m, step, out=step)
        step *= rate
        theta[part] -= step


@adam.fused(
    "FFFFnffff", lambda theta, grad, m, v, _, *numbers: (*flat(theta, grad, m, v), *numbers)
)
def adam_loop(
    theta: Pointer, grad: Pointer, m: Pointer, v: Pointer, n: int,
    b1: float, b2: float, eps: float, rate: float,
) -> None:  # fmt: skip
    """In one pass."""
    for i in range(n):
        g = grad[i]
        first = m[i] * b1 + g
        second = v[i] * b2 + g * g
        m[i] = first
        v[i] = second
        theta[i] -= first / (sqrt(second) + eps) * rate


def signs(x: Floats, scratch: Scratch) -> Floats:
    """-1, 0 or 1 for each number of x (R, P), 0 for NaN, in the buffer "penalty".

    Two comparisons of bytes take half as long as np.sign.
    """
    above = np.greater(x, 0, out=scratch("above", x.shape, np.bool_)).view(np.int8)
    below = np.less(x, 0, out=scratch("below", x.shape, np.bool_)).view(np.int8)
    above -= below
    found = scratch("penalty", x.shape)
    found[...] = above
    return found


@kernel
def add_l1(grad: Floats, theta: Floats, lam: Floats, scratch: Scratch) -> None:
    """Set grad <- grad + lam sign(theta), all (R, P)."""
    slope = signs(theta, scratch)
    slope *= lam
    grad += slope


@add_l1.fused("FFFnff", lambda grad, theta, lam, _: (*flat(grad, theta, lam), 0.0, 1.0))
def add_l1_loop(
    grad: Pointer, theta: Pointer, lam: Pointer, n: int, zero: float, one: float
) -> None:
    """In one pass."""
    for i in range(n):
        w = theta[i]
        sign = one if w > zero else (-one if w < zero else zero)
        grad[i] += sign * lam[i]


@kernel
def add_l2(grad: Floats, theta: Floats, lam: Floats, scratch: Scratch) -> None:
    """Set grad <- grad + lam theta, all (R, P)."""
    grad += np.multiply(theta, lam, out=scratch("penalty", grad.shape))


@add_l2.fused("FFFn", lambda grad, theta, lam, _: flat(grad, theta, lam))
def add_l2_loop(grad: Pointer, theta: Pointer, lam: Pointer, n: int) -> None:
    """In one pass."""
    for i in range(n):
        grad[i] += theta[i] * lam[i]


@kernel
def add_elastic_net(
    grad: Floats, theta: Floats, lam: Floats, ratio: Floats, rest: Floats, scratch: Scratch
) -> None:
    """Set grad <- grad + lam (ratio sign(theta) + rest theta), for ratio and rest (R, 1)."""
    slope = signs(theta, scratch)
    slope *= ratio
    slope += np.multiply(theta, rest, out=scratch("ridge", grad.shape))
    slope *= lam
    grad += slope


@add_elastic_net.fused(
    "FFFFFnnff",
    lambda grad, theta, lam, ratio, rest, _: (grad, theta, lam, ratio, rest, *grad.shape, 0.0, 1.0),
)
def add_elastic_net_loop(
    grad: Pointer, theta: Pointer, lam: Pointer, ratio: Pointer, rest: Pointer,
    runs: int, n: int, zero: float, one: float,
) -> None:  # fmt: skip
    """In one pass."""
    for r in range(runs):
        l1, l2 = ratio[r], rest[r]
        for i in range(r * n, (r + 1) * n):
            w = theta[i]
            sign = one if w > zero else (-one if w < zero else zero)
            grad[i] += (sign * l1 + w * l2) * lam[i]


@kernel
def decay_of(
    shrink: Floats, theta: Floats, rate: float, strength: Floats, is_weight: Booleans
) -> None:
    """Set shrink <- rate theta strength, at weights, for strength (R, 1) and is_weight (P,)."""
    np.multiply(theta, rate, out=shrink)
    shrink *= strength
    shrink *= is_weight


@decay_of.fused(
    "FFFBnnfff",
    lambda shrink, theta, rate, strength, own: (
        shrink, theta, strength, own, *theta.shape, rate, 0.0, 1.0,
    ),
)  # fmt: skip
def decay_of_loop(
    shrink: Pointer, theta: Pointer, strength: Pointer, is_weight: Pointer,
    runs: int, n: int, rate: float, zero: float, one: float,
) -> None:  # fmt: skip
    """In one pass."""
    for r in range(runs):
        own = strength[r]
        for i in range(n):
            factor = one if is_weight[i] else zero
            shrink[r * n + i] = theta[r * n + i] * rate * own * factor


@kernel
def fade(average: Floats, theta: Floats, kept: Floats) -> None:
    """Set average <- theta + kept (average - theta), for kept (R, 1)."""
    average -= theta
    average *= kept
    average += theta


@fade.fused("FFFnn", lambda average, theta, kept: (average, theta, kept, *theta.shape))
def fade_loop(average: Pointer, theta: Pointer, kept: Pointer, runs: int, n: int) -> None:
    """In one pass."""
    for r in range(runs):
        own = kept[r]
        for i in range(r * n, (r + 1) * n):
            w = theta[i]
            average[i] = (average[i] - w) * own + w

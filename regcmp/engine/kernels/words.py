"""A kernel over random words: NumPy's generator SFC64, without a call for each of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from regcmp.engine.arrays import Integers
from regcmp.engine.kernels.kernel import Pointer, kernel

ONE, THREE, ELEVEN, UP, DOWN = map(np.uint64, (1, 3, 11, 24, 40))
"""Numba makes a float of a uint64 and a plain whole number."""


@kernel
def draw_words(out: Integers, generator: np.random.Generator) -> None:
    """Fill out (N,), of uint64, with a stream's next words."""
    out[...] = generator.bit_generator.random_raw(out.size)


def arrange(out: Integers, generator: np.random.Generator) -> tuple[Any, ...] | None:
    """The loop's arguments: the state's address, where its four words stand, is NumPy's own interface."""
    bits = generator.bit_generator
    return (out, bits.ctypes.state_address, out.size) if type(bits) is np.random.SFC64 else None


@draw_words.fused("USn", arrange, np.uint64)
def draw_words_loop(out: Pointer, state: Pointer, n: int) -> None:
    """Chris Doty-Humphrey's sfc64, of PractRand."""
    a, b, c, count = state[0], state[1], state[2], state[3]
    for i in range(n):
        drawn = a + b + count
        count = count + ONE
        a = b ^ (b >> ELEVEN)
        b = c + (c << THREE)
        c = ((c << UP) | (c >> DOWN)) + drawn
        out[i] = drawn
    state[0], state[1], state[2], state[3] = a, b, c, count

"""Matrix products in blocks, where a whole one would be slower.

OpenBLAS packs the operands of a product into another order before it multiplies them. On processors
with AVX-512 it also has kernels for small products that go without, for at most a million
multiplications, and for the products of this engine they are a tenth to a third faster
(benchmarks/products.py). So a larger product is made of blocks that are small enough. Which blocks
depends on nothing but the shape of one run's product: no result depends on the stack.
"""

from __future__ import annotations

import os
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from regcmp.engine.arrays import Floats

SMALL = 1_000_000
"""Multiplications in the largest product that OpenBLAS's small kernels take."""

ARCHITECTURES = ("SkylakeX", "Cooperlake", "SapphireRapids")
"""OpenBLAS's names of the processors with AVX-512, by which OPENBLAS_CORETYPE can pin one."""

AVX512 = frozenset({"AVX512_SKX", "X86_V4"})
"""NumPy's names of it, before version 2.4 and since."""


class Block(NamedTuple):
    """Rows and columns of a product that are computed at a time."""

    rows: int
    columns: int


PLAIN = Block(16, 64)
"""The largest for A B, both row by row in memory."""
TURNED_A = Block(128, 32)
"""For Aᵀ B."""
TURNED_B = Block(32, 32)
"""For A Bᵀ, whose small kernel takes about a thousand results at most."""

VECTOR = 16
"""Numbers in a register, in float32: columns come in multiples of it."""
FEWEST_ROWS = 8
SHORTEST = 64
"""Below so many summands, a whole A Bᵀ is faster."""


def multiply(a: Floats, b: Floats, out: Floats) -> Floats:
    """Write the products of a (R, m, k) and b (R, k, n) into out (R, m, n), as np.matmul does."""
    (runs, m, k), n = a.shape, b.shape[2]
    block = _block(m, k, n, is_turned(a), is_turned(b))
    if block is None:
        np.matmul(a, b, out=out)
        return out
    rows, columns = block
    across, down = m // rows, n // columns
    np.matmul(
        a.reshape(runs, across, 1, rows, k),
        b.reshape(runs, 1, k, down, columns).swapaxes(2, 3),
        out=out.reshape(runs, across, rows, down, columns).swapaxes(2, 3),
    )
    return out


def is_turned(matrices: Floats) -> bool:
    """Whether these (R, m, n) are views of matrices that lie transposed in memory."""
    return matrices.strides[1] < matrices.strides[2]


@cache
def _block(m: int, k: int, n: int, a_turned: bool, b_turned: bool) -> Block | None:
    """The block for a product of this shape, None for all of it at once."""
    most = TURNED_B if b_turned else TURNED_A if a_turned else PLAIN
    is_small = m * n <= most.rows * most.columns if b_turned else m * k * n <= SMALL
    if is_small or n % VECTOR or (b_turned and (a_turned or k < SHORTEST)):
        return None
    if not has_small_kernels():
        return None
    columns = VECTOR * _largest_divisor(n // VECTOR, most.columns // VECTOR)
    rows = _largest_divisor(m, min(most.rows, SMALL // (columns * k)))
    return Block(rows, columns) if rows >= FEWEST_ROWS else None


def _largest_divisor(size: int, most: int) -> int:
    """The largest divisor of ``size`` up to ``most``; 0 where ``most`` is less than 1."""
    return max((each for each in range(1, min(size, most) + 1) if size % each == 0), default=0)


@cache
def has_small_kernels() -> bool:
    """Whether NumPy's products are OpenBLAS's, by its kernels for AVX-512."""
    config: Any = np.show_config(mode="dicts")  # without entries that are empty
    blas = config.get("Build Dependencies", {}).get("blas", {}).get("name", "")
    simd = config.get("SIMD Extensions", {})
    pinned = (os.environ.get("OPENBLAS_CORETYPE") or ARCHITECTURES[0]).lower()
    return (
        "openblas" in blas
        and not AVX512.isdisjoint([*simd.get("baseline", ()), *simd.get("found", ())])
        and pinned in map(str.lower, ARCHITECTURES)
    )

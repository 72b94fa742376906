"""Whether a loop gives the bits of its definition, on this machine: asked before machine code is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

import numpy as np

from regcmp.engine.arrays import Floats, Scratch
from regcmp.engine.kernels import KERNELS
from regcmp.engine.kernels.kernel import Compiled
from regcmp.engine.streams import stream

Draw = Callable[..., Floats]
"""Floats of a shape."""
Operands = tuple[Any, ...]


def same_bits(
    compiled: Mapping[str, Compiled], dtype: np.dtype[Any], draw: Draw, sizes: tuple[int, int, int]
) -> dict[str, bool]:
    """Of each kernel, whether its loop leaves what its definition leaves, on operands of this draw."""
    return {
        name: all(_agree(name, compiled[name], operands) for operands in cases)
        for name, cases in operands_of(dtype, draw, *sizes).items()
    }


def _agree(name: str, compiled: Compiled, operands: Operands) -> bool:
    mine, theirs = copies(operands), copies(operands)
    with np.errstate(all="ignore"):
        KERNELS[name].definition(*mine)
        ran = KERNELS[name].run(compiled, theirs)
    written = [i for i in range(len(mine)) if i not in USED_UP.get(name, ())]
    return ran and all(equal_bits(mine[i], theirs[i]) for i in written)


def copies(operands: Operands) -> Operands:
    """The operands once more, with equal strides."""
    return tuple(map(_copy, operands))


def _copy(array: Any) -> Any:
    if isinstance(array, np.random.Generator):
        return deepcopy(array)
    if not isinstance(array, np.ndarray):
        return array
    if array.base is None or array.flags.c_contiguous:
        return array.copy()
    whole = array.base.copy()
    start = array.ctypes.data - array.base.ctypes.data
    return np.ndarray(array.shape, array.dtype, whole, start, array.strides)


def equal_bits(a: Any, b: Any) -> bool:
    """Whether two operands have the same bits; one NaN is like another, since IEEE tells none apart."""
    if isinstance(a, np.random.Generator):
        return bool(a.bit_generator.random_raw() == b.bit_generator.random_raw())
    if not isinstance(a, np.ndarray):
        return True
    if a.dtype.kind != "f":
        return bool((a == b).all())
    known = a == a
    return bool((known == (b == b)).all() and a[known].tobytes() == b[known].tobytes())


USED_UP = {
    "sgd": (1,),
    "momentum": (1,),
    "nesterov": (1,),
    "adam": (1, 4),
    "max_pool": (1,),
    "max_pool_slope": (4,),
}
"""Operands that a definition leaves in a state of its own, which nobody reads, or not all of it."""


def operands_of(
    dtype: np.dtype[Any], draw: Draw, runs: int, rows: int, n: int
) -> dict[str, list[Operands]]:
    """Operands for each kernel: of ``runs`` runs, with n parameters, or rows of n units."""
    scratch = Scratch(dtype)
    return (
        _updates(draw, runs, n, scratch)
        | _units(draw, runs, rows, n)
        | _images(draw, rows, scratch)
    )


def _updates(draw: Draw, runs: int, n: int, scratch: Scratch) -> dict[str, list[Operands]]:
    def three() -> Operands:
        return draw(runs, n), draw(runs, n), draw(runs, n)

    buffer = np.empty(runs * n, scratch.dtype)
    moments = draw(runs * n), np.abs(draw(runs * n))
    column = draw(runs, 1)
    return {
        "sgd": [(*three()[:2], 0.1)],
        "momentum": [(*three(), 0.1, 0.9)],
        "nesterov": [(*three(), 0.1, 0.9)],
        "adam": [(*three()[:2], *moments, buffer, 0.9, 0.999, 3e-7, 0.003)],
        "add_l1": [(*three(), scratch)],
        "add_l2": [(*three(), scratch)],
        "add_elastic_net": [(*three(), column, 1 - column, scratch)],
        "decay_of": [(*three()[:2], 0.1, column, draw(n) > 0)],
        "fade": [(*three()[:2], column)],
    }


def _units(draw: Draw, runs: int, rows: int, n: int) -> dict[str, list[Operands]]:
    theta = draw(runs, 3 * n)
    bias = theta[:, n : 2 * n].reshape(runs, 1, n)
    y, positive = draw(runs, rows, n), draw(runs, rows, n) > 0
    words = np.random.default_rng(0).integers(0, 1 << 16, (runs, 3, rows * n), np.uint16)
    share = np.full((runs, 1, 1), 1 << 14, np.uint16)
    scale = np.linspace(1, 3, runs, dtype=y.dtype).reshape(runs, 1, 1)
    return {
        "add_bias": [(y, bias)],
        "bias_relu": [(y, bias, positive)],
        "relu": [(y, positive)],
        "where_positive": [(y, positive)],
        "drop": [(y, words[:, 1].reshape(y.shape), share, scale)],
        "subtract_largest": [(y,)],
        "draw_words": [(np.empty(rows * n, np.uint64), stream(runs, "check"))],
    }


def _images(draw: Draw, count: int, scratch: Scratch) -> dict[str, list[Operands]]:
    unfolded: list[Operands] = []
    placed: list[Operands] = []
    for size, channels, step in ((5, 1, 1), (8, 3, 1), (9, 8, 2)):
        images = draw(count, 3, 4, channels)
        placed.append((draw(count, size, 9, channels), images, (1, 2), step))
    pooled: list[Operands] = []
    for height, width, channels, k, stride in ((5, 4, 1, 3, 1), (7, 6, 9, 2, 2), (4, 4, 8, 1, 1)):
        high, wide = (height - k) // stride + 1, (width - k) // stride + 1
        images = draw(count, height, width, channels)
        unfolded.append((draw(count, high, wide, k, k, channels), images, stride))
    for height, width, channels, stride in ((4, 6, 1, 2), (5, 7, 9, 2), (8, 5, 16, 3)):
        high, wide = (height - 2) // stride + 1, (width - 2) // stride + 1
        y, images = draw(count, high, wide, channels), draw(count, height, width, channels)
        pooled.append((y, np.zeros((count, high, width, channels), y.dtype), images, (2, stride)))
    slopes: list[Operands] = []
    for y, tall, images, window in map(copies, pooled):
        KERNELS["max_pool"].definition(y, tall, images, window)
        slopes.append((draw(*images.shape), y, tall, images, draw(*y.shape), window, scratch))
    return {"place": placed, "unfold": unfolded, "max_pool": pooled, "max_pool_slope": slopes}

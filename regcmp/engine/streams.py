"""Random streams, one per seed and purpose, so that no draw can shift another one."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, TypeAlias
from zlib import crc32

import numpy as np
import numpy.typing as npt

from regcmp.engine.arrays import Floats
from regcmp.engine.kernels.words import draw_words

Words16: TypeAlias = npt.NDArray[np.uint16]

WORD = 1 << 16
BLOCK = 1 << 15
"""About how many words a run draws at a time."""


def stream(seed: int, purpose: str) -> np.random.Generator:
    """The generator of this ``seed`` for this ``purpose``, always at its beginning.

    Streams of different purposes are independent (NumPy's SeedSequence), so a method that draws
    masks leaves the batch order and the initial weights of its pair as they are.
    """
    return np.random.Generator(np.random.SFC64([seed, crc32(purpose.encode())]))


def fill_normal(streams: Sequence[np.random.Generator], out: Floats) -> Floats:
    """Fill ``out`` (R, ...) with standard normal numbers, each run's from its own stream."""
    dtype: Any = out.dtype
    for generator, row in zip(streams, out, strict=True):
        generator.standard_normal(dtype=dtype, out=row)
    return out


class Words:
    """16-bit random words for R runs, a row per step, each run's from its own stream.

    They are drawn for several steps at a time, since a call for a single step's words takes longer
    than drawing them. How many words make a block is fixed per run: no result depends on R.
    """

    def __init__(self, streams: Sequence[np.random.Generator], per_step: int) -> None:
        self.streams = streams
        self.per_step = -(-per_step // 4) * 4
        self.steps = max(1, BLOCK // self.per_step)
        raw = np.empty((len(streams), self.steps * self.per_step // 4), np.uint64)
        self.raw = list(raw)
        self.block = raw.view(np.uint16).reshape(len(streams), self.steps, self.per_step)
        self.used = self.steps

    def __call__(self, shape: tuple[int, ...]) -> Words16:
        """The next step's words in this shape (R, ...), of at most ``per_step`` per run."""
        if self.used == self.steps:
            for raw, generator in zip(self.raw, self.streams, strict=True):
                draw_words(raw, generator)
            self.used = 0
        words = self.block[:, self.used, : prod(shape[1:])].reshape(shape)
        self.used += 1
        return words

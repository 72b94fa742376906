"""Random streams, one per seed and purpose, so that no draw can shift another one."""

from collections.abc import Iterable, Sequence
from zlib import crc32

import numpy as np

from regcmp.engine.arrays import Booleans

WORD = 1 << 16


def stream(seed: int, purpose: str) -> np.random.Generator:
    """The generator of this ``seed`` for this ``purpose``, always at its beginning.

    Streams of different purposes are independent (NumPy's SeedSequence), so a method that draws
    masks leaves the batch order and the initial weights of its pair as they are.
    """
    return np.random.Generator(np.random.SFC64([seed, crc32(purpose.encode())]))


def keep_threshold(rate: float) -> int:
    """How many of the 65,536 values of a 16-bit word mean 'drop' at this drop probability."""
    return round(rate * WORD)


def draw_kept(
    streams: Iterable[np.random.Generator], thresholds: Sequence[int], kept: Booleans
) -> Booleans:
    """Fill ``kept`` (R, ...) with independent draws, row r false with probability thresholds[r] / 65536.

    Each run reads 16-bit words from its own stream: a quarter of the work of drawing floats. The
    probability is thereby a multiple of 1/65536, and callers scale by that exact value. Equal
    streams give nested masks at different rates.
    """
    for generator, threshold, row in zip(streams, thresholds, kept, strict=True):
        words = generator.bit_generator.random_raw(-(-row.size // 4)).view(np.uint16)
        np.greater_equal(words[: row.size].reshape(row.shape), threshold, out=row)
    return kept

"""The array types of the engine, and buffers that are made once and used at every step."""

from math import prod
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.floating[Any]]
Integers: TypeAlias = npt.NDArray[np.integer[Any]]
Booleans: TypeAlias = npt.NDArray[np.bool_]


class Scratch:
    """Buffers by name, allocated at their first use.

    A training step allocates nothing after its first round: temporaries this large would go back to
    the operating system and be faulted in again at every step. A buffer's content is garbage until
    it is written, and lives until the same name is asked for again: a smaller batch takes a part of
    what a larger one had.
    """

    def __init__(self, dtype: npt.DTypeLike) -> None:
        self.dtype = np.dtype(dtype)
        self._room: dict[Any, npt.NDArray[Any]] = {}
        self._buffers: dict[Any, npt.NDArray[Any]] = {}

    def __call__(
        self, name: str, shape: tuple[int, ...], dtype: npt.DTypeLike | None = None
    ) -> npt.NDArray[Any]:
        """The buffer of this name and shape, of the scratch's dtype unless told otherwise."""
        kind = (name, dtype)
        buffer = self._buffers.get((*kind, shape))
        if buffer is None:
            size, room = prod(shape), self._room.get(kind)
            if room is None or room.size < size:
                room = self._room[kind] = np.empty(size, self.dtype if dtype is None else dtype)
                # Others of this kind would keep the memory that they were parts of.
                self._buffers = {key: b for key, b in self._buffers.items() if key[:2] != kind}
            buffer = self._buffers[*kind, shape] = room[:size].reshape(shape)
        return buffer

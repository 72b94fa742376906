"""Whether kernels run compiled loops: only if there is enough work, and Numba.

Both give the same bits, so no number depends on it. Work is counted in numbers that steps go over,
since a process began: a loop saves about a nanosecond of each. To load machine code takes a
twentieth of a second, to make it once some seconds.
"""

from __future__ import annotations

import os
from importlib.util import find_spec
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt

from regcmp.engine.arrays import Floats
from regcmp.engine.kernels import KERNELS

LOAD = 100_000_000
"""Numbers from which on it pays to load machine code."""

COMPILE = 5_000_000_000
"""And to make it."""

VARIABLE = "REGCMP_KERNELS"
"""For tests and measurements: 'numpy' never compiles or loads, 'fused' does so for any work."""


class Switch:
    """What a process knows of its machine code."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.work = 0
        self.settled: dict[np.dtype[Any], Any] = {}
        """By dtype, the code that is loaded, or None where there is none to be had."""

    def expect(self, dtype: np.dtype[Any], work: int) -> None:
        """Count work that is about to be done, and load or compile the loops once it pays."""
        mode = os.environ.get(VARIABLE)
        if mode == "numpy":
            return
        with self.lock:
            self.work += work
            everything = mode == "fused"
            if dtype in self.settled or not (everything or self.work >= LOAD):
                return
            if not is_there():
                self.settled[dtype] = None
                return
            try:
                self._settle(dtype, everything or self.work >= COMPILE)
            except Exception:
                # Whatever is wrong with a compiler: the definitions are there, and give the same bits.
                if everything:
                    raise
                self.settled[dtype] = None

    def compile(self, dtype: npt.DTypeLike) -> None:
        """Load machine code, whatever the work, and make it first where none is kept.

        Raises whatever goes wrong with it.
        """
        with self.lock:
            self._settle(np.dtype(dtype), compiling=True)

    def _settle(self, dtype: np.dtype[Any], compiling: bool) -> None:
        from regcmp.engine.kernels import storing

        file = storing.file_of(dtype)
        kept = storing.read(file)
        if kept is not None:
            self._take(dtype, kept)
        elif compiling:
            made = checked(dtype)
            storing.write(file, made)
            self._take(dtype, made)

    def _take(self, dtype: np.dtype[Any], object_code: bytes) -> None:
        from regcmp.engine.kernels.compiling import Code

        self.settled[dtype] = code = Code(object_code, dtype)
        for name, function in code.functions.items():
            KERNELS[name].compiled[KERNELS[name].own or dtype] = function


def is_there() -> bool:
    """Whether Numba is installed; it is not imported."""
    return all(find_spec(name) is not None for name in ("numba", "llvmlite"))


def checked(dtype: np.dtype[Any]) -> bytes:
    """The object code of all loops. Raises RuntimeError where one differs from its definition."""
    from regcmp.engine.kernels.checking import same_bits
    from regcmp.engine.kernels.compiling import Code, compiled

    made = compiled(dtype)
    rng = np.random.default_rng(0)

    def draw(*shape: int) -> Floats:
        return rng.standard_normal(shape, np.float64).astype(dtype)

    code = Code(made, dtype)
    found = same_bits(code.functions, dtype, draw, (3, 5, 37))
    others = [name for name, same in found.items() if not same]
    if others:
        raise RuntimeError(f"loops differ from their definitions: {', '.join(others)}")
    return made


SWITCH = Switch()
"""This process's."""

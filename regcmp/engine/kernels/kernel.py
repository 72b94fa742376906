"""What a kernel is: elementwise work that stands once in NumPy and once as a loop for a compiler.

NumPy goes over memory once per operation; a compiled loop does all of them in one pass. The NumPy
code is the definition. A sum, a product, a quotient and a square root are rounded exactly by IEEE 754,
so a loop that keeps their order gives the same bits; exp, tanh, log and sums stay NumPy's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from ctypes import addressof, c_char
from typing import Any

import numpy as np
import numpy.typing as npt

Pointer = Any
"""Numbers side by side in memory, as a loop sees them."""

Compiled = Callable[..., None]
"""A loop in machine code: takes addresses and numbers."""

POINTERS = {
    "F": None,
    "B": np.dtype(np.bool_),
    "W": np.dtype(np.uint16),
    "U": np.dtype(np.uint64),
}
"""A loop's parameters by letter: arrays of floats of its dtype, or of another. S is an address."""
NUMBERS = "nf"
"""A whole number; a float of the loop's dtype."""

KERNELS: dict[str, Kernel] = {}
"""Every kernel by its name."""


class Kernel:
    """Call it as its definition. Where its loop is compiled and fits the operands, the loop is run."""

    def __init__(self, definition: Callable[..., Any]) -> None:
        self.definition = definition
        self.name = definition.__name__
        self.__doc__ = definition.__doc__
        self.loop: Callable[..., None] = definition
        self.parameters = ""
        self.arrange: Callable[..., Sequence[Any] | None] = lambda *_: None
        self.own: np.dtype[Any] | None = None
        """The dtype of the first operand, where that is not of floats."""
        self.compiled: dict[np.dtype[Any], Compiled] = {}
        """The loop's machine code by the dtype of the first operand; empty until it is loaded."""
        KERNELS[self.name] = self

    def fused(
        self,
        parameters: str,
        arrange: Callable[..., Sequence[Any] | None],
        own: npt.DTypeLike | None = None,
    ) -> Callable[[Callable[..., None]], Callable[..., None]]:
        """Take a loop over pointers, with a letter for each of its parameters.

        ``arrange`` makes its arguments of the definition's, or None where the definition must do it:
        what is no whole array in C order, of the expected dtype, is left to the definition anyway, and
        so is what is given twice. A loop may count on operands that don't overlap.
        """

        def take(loop: Callable[..., None]) -> Callable[..., None]:
            self.loop, self.parameters, self.arrange = loop, parameters.replace(" ", ""), arrange
            self.own = None if own is None else np.dtype(own)
            self.pointers = [
                (i, POINTERS[x]) for i, x in enumerate(self.parameters) if x in POINTERS
            ]
            return loop

        return take

    def __call__(self, *operands: Any) -> None:
        """Do it, in whichever way."""
        compiled = self.compiled.get(operands[0].dtype)
        if compiled is None or not self.run(compiled, operands):
            self.definition(*operands)

    def run(self, compiled: Compiled, operands: Sequence[Any]) -> bool:
        """Run the loop on the definition's operands; False, and nothing done, where it doesn't fit."""
        arranged = self.arrange(*operands)
        if arranged is None:
            return False
        arguments, dtype = list(arranged), operands[0].dtype
        for i, expected in self.pointers:
            array = arguments[i]
            if array.dtype != (expected or dtype):
                return False
            arguments[i] = address(array)
        addresses = {arguments[i] for i, _ in self.pointers}
        if None in addresses or len(addresses) < len(self.pointers):
            return False
        compiled(*arguments)
        return True


def kernel(definition: Callable[..., Any]) -> Kernel:
    """Make a kernel of its definition in NumPy."""
    return Kernel(definition)


def address(array: Any) -> int | None:
    """Where an array lies; None of one that is empty or not whole in C order."""
    try:
        return addressof(c_char.from_buffer(array))
    except TypeError:  # It can't be written to: rows that processes share.
        return int(array.ctypes.data) if array.flags.c_contiguous and array.size else None
    except ValueError:
        return None


def spacing(array: Any) -> int:
    """How many numbers lie between the first ones of two runs' parts."""
    return int(array.strides[0] // array.itemsize)

"""One thread for linear algebra: with another number of them, products may round otherwise."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache
from typing import Any

from threadpoolctl import ThreadpoolController


def one_thread() -> AbstractContextManager[Any]:
    """Hold BLAS to one thread within a block."""
    limited: AbstractContextManager[Any] = _libraries().limit(limits=1)
    return limited


@cache
def _libraries() -> Any:
    """The libraries, which take milliseconds to find: NumPy's is loaded by then."""
    return ThreadpoolController()

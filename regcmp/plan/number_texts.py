"""Numbers that are given as text, in ordinary digits."""

from __future__ import annotations

from math import isfinite
from typing import Any, TypeVar

T = TypeVar("T")


def plain_text(number: T) -> T:
    """The number as it is; of a text, only one in ordinary digits, without '1_0' or another script's.

    Raises ValueError.
    """
    if isinstance(number, str) and ("_" in number or not number.isascii()):
        raise ValueError(number)
    return number


def number_of(value: Any) -> float:
    """A finite number from text in ordinary digits or from any number; NaN where it is none."""
    try:
        number = float("nan") if isinstance(value, bool) else float(plain_text(value))
    except (TypeError, ValueError, OverflowError):
        return float("nan")
    return number if isfinite(number) else float("nan")

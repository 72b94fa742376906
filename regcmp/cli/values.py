"""Values of a TOML file as the words of flags: each is of the type that its option takes."""

from __future__ import annotations

from typing import Any

import click

from regcmp.errors import UsageError
from regcmp.hints import brief

NUMBERS = ("N", "ROWS", "RATE", "SHARE", "SHARE|ROWS", "WIDTH,...")
"""Metavars of options that take numbers."""
EITHER = ("COLUMN", "COLUMN,...", "TEXT,...", "SIZE")
"""Those where a number is as good as a text: a column of a file without names, a marker such as -999,
bytes."""


def words_of(param: click.Parameter, given: Any, what: str) -> Any:
    """The value as the flag would have it. Raises UsageError, beginning with ``what``, for another type."""
    if getattr(param, "is_flag", False):
        if not isinstance(given, bool):
            raise UsageError(f"{what}: expected true or false, got {brief(given)}")
        return given
    several = getattr(param, "multiple", False) or param.nargs != 1
    commas = "," in f"{param.metavar}{param.default}"
    if isinstance(given, list) and (several or commas):
        words = [_word(param, each, what) for each in given]
        return words if several else ",".join(words)
    word = _word(param, given, what)
    return [word] if several else word


def _word(param: click.Parameter, given: Any, what: str) -> str:
    metavar = str(param.metavar)
    number = isinstance(given, int | float) and not isinstance(given, bool)
    if metavar in NUMBERS:
        listed = " or a list of numbers" if "," in metavar else ""
        fits, expected = number, f"a number{listed}"
    elif metavar in EITHER:
        fits, expected = number or isinstance(given, str), "a text or a number"
    else:
        fits, expected = isinstance(given, str), "a text"
    if not fits:
        raise UsageError(
            f"{what}: expected {expected}, got {brief(given)}{_unquoted(given, expected)}"
        )
    if isinstance(given, str):
        return given
    try:
        return repr(given)
    except ValueError as error:  # a whole number of thousands of digits
        raise UsageError(f"{what}: expected {expected}, got {brief(given)}") from error


def _unquoted(given: Any, expected: str) -> str:
    """'; write it without quotes' where a number was given as text."""
    if not expected.startswith("a number") or not isinstance(given, str):
        return ""
    try:
        [float(each) for each in given.split(",")]
    except ValueError:
        return ""
    plain = given if "," not in given else f"[{given}]"
    return f"; write {plain} without quotes"


def as_number(param: click.Parameter, value: Any) -> Any:
    """What an option that takes numbers was given as text, as a number; anything else as it is."""
    if param.metavar not in NUMBERS or not isinstance(value, str):
        return value
    for kind in (int, float):
        try:
            return kind(value)
        except ValueError:
            continue
    return value

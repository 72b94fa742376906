"""Values of a TOML file as the words of flags: each is of the type that its option takes."""

from __future__ import annotations

from typing import Any

import click

from regcmp.errors import UsageError
from regcmp.hints import brief
from regcmp.plan.execution import EXECUTION
from regcmp.plan.kinds import KINDS, NUMBER, NUMBERS, SWITCH, TEXT
from regcmp.plan.options import OPTIONS

DECLARED = {**OPTIONS, **EXECUTION}
"""The options whose kind says what they are in a file; of others, all that take a value take a text."""


def toml_type(param: click.Parameter) -> str:
    """What a parameter is in a TOML file: 'a number', 'a text'."""
    if getattr(param, "is_flag", False):
        return SWITCH
    declared = DECLARED.get(str(param.name))
    return TEXT if declared is None else KINDS[declared.kind].toml


def words_of(param: click.Parameter, given: Any, what: str) -> Any:
    """The value as the flag would have it. Raises UsageError, beginning with ``what``, for another type."""
    if getattr(param, "is_flag", False):
        if not isinstance(given, bool):
            raise UsageError(f"{what}: expected {SWITCH}, got {brief(given)}")
        return given
    several = getattr(param, "multiple", False) or param.nargs != 1
    declared = DECLARED.get(str(param.name))
    listed = declared is not None and KINDS[declared.kind].listed
    if isinstance(given, list) and (several or listed):
        words = [_word(param, each, what) for each in given]
        return words if several else ",".join(words)
    word = _word(param, given, what)
    return [word] if several else word


def _word(param: click.Parameter, given: Any, what: str) -> str:
    expected = toml_type(param)
    number = isinstance(given, int | float) and not isinstance(given, bool)
    if not (
        (number and expected != TEXT)
        or (isinstance(given, str) and expected not in (NUMBER, NUMBERS))
    ):
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
    if toml_type(param) not in (NUMBER, NUMBERS) or not isinstance(value, str):
        return value
    for kind in (int, float):
        try:
            return kind(value)
        except ValueError:
            continue
    return value

"""The hooks of a stack's regularizers: each passes a value through all that override it, in order."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from traceback import extract_tb
from typing import Any, TypeVar

import numpy as np

from regcmp.engine.regularizers import OWN
from regcmp.engine.regularizers.base import Context, Regularizer
from regcmp.engine.taps import Taps

Value = TypeVar("Value")
Hook = Callable[[Any, Context], Any]


class HookError(Exception):
    """A hook of a regularizer from outside that failed; says where."""


class Hooks:
    """One attribute per hook of a step; ``start`` and ``evaluate`` act once."""

    def __init__(self, regularizers: Sequence[Regularizer]) -> None:
        self.regularizers = regularizers
        does_nothing = Regularizer
        self.pace = chain([each.pace for each in regularizers], does_nothing.pace)
        self.transform = chain([each.transform for each in regularizers], does_nothing.transform)
        self.mask = chain([each.mask for each in regularizers], does_nothing.mask)
        self.tap = chain([each.tap for each in regularizers], does_nothing.tap)
        self.disconnect = chain([each.disconnect for each in regularizers], does_nothing.disconnect)
        self.perturb = chain([each.perturb for each in regularizers], does_nothing.perturb)
        self.penalize = chain([each.penalize for each in regularizers], does_nothing.penalize)
        self.project = chain([each.project for each in regularizers], does_nothing.project)
        self.select = chain([each.select for each in regularizers], does_nothing.select)

    def start(self, context: Context) -> None:
        """Show every regularizer the initial weights."""
        for each in self.regularizers:
            called(each.start, context)

    def evaluate(self, taps: Taps) -> Taps:
        """What acts on activations when a network is judged."""
        for each in self.regularizers:
            taps = called(each.evaluate, taps)
        return taps


def chain(methods: Sequence[Hook], idle: Callable[..., Any]) -> Callable[[Value, Context], Value]:
    """One function for a hook of several regularizers, without those that leave it as it is."""
    active = [
        each if _is_ours(each) else _checked(each)
        for each in methods
        if getattr(each, "__func__", None) is not idle
    ]

    def through(value: Value, context: Context) -> Value:
        for method in active:
            value = method(value, context)
        return value

    return through


def called(method: Callable[..., Any], *values: Any) -> Any:
    """What a method, or a class, returns. Raises HookError where one from outside raises anything.

    What it prints goes to standard error: standard output may carry an export.
    """
    if _is_ours(method):
        return method(*values)
    try:
        with redirect_stdout(sys.stderr):
            return method(*values)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise HookError(_where(method, error) + f"{type(error).__name__}: {error}") from error


def _owner(method: Any) -> Any:
    """The regularizer, or the class of it, that a method belongs to."""
    return method if isinstance(method, type) else getattr(method, "__self__", None)


def _is_ours(method: Any) -> bool:
    return getattr(_owner(method), "name", "") in OWN


def _checked(method: Any) -> Hook:
    """A hook from outside, whose result must be of the kind that it was given."""

    def call(value: Any, context: Context) -> Any:
        expected = _kind(value)
        result = called(method, value, context)
        if _kind(result) != expected:
            raise HookError(
                f"{_where(method)}expected it to return {_said(expected)}, got {_said(_kind(result))}"
            )
        return result

    return call


def _kind(value: Any) -> tuple[Any, ...]:
    """What two values of one hook have in common: the shapes of arrays, the lengths of lists."""
    if isinstance(value, np.ndarray):
        return ("an array", value.shape)
    if isinstance(value, tuple):
        return ("a tuple", tuple(map(_kind, value)))
    if isinstance(value, list):
        return ("a list", len(value))
    return ("a number" if isinstance(value, float | int | np.number) else repr(value),)


def _said(kind: tuple[Any, ...]) -> str:
    """'an array of shape (2, 5)', 'a list of 3', 'None'."""
    name, *more = kind
    if name == "an array":
        return f"an array of shape {more[0]}"
    if name == "a tuple":
        return " and ".join(map(_said, more[0]))
    return f"a list of {more[0]}" if more else str(name)


def _where(method: Any, error: BaseException | None = None) -> str:
    """'my.py', line 12: hook 'penalize' of 'half': the last line in the hook's file, or its first."""
    owner = _owner(method)
    hook = owner.prepare if method is owner else method
    code = getattr(hook, "__func__", hook).__code__
    frames = extract_tb(error.__traceback__) if error else []
    lines = [each.lineno for each in frames if each.filename == code.co_filename]
    line, file = lines[-1] if lines else code.co_firstlineno, owner.file or code.co_filename
    return f"{file!r}, line {line}: hook {hook.__name__!r} of {owner.name!r}: "

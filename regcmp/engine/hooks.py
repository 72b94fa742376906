"""The hooks of a stack's regularizers: each passes a value through all that override it, in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from regcmp.engine.regularizers.base import Context, Regularizer
from regcmp.engine.taps import Taps

Value = TypeVar("Value")
Hook = Callable[[Any, Context], Any]


class Hooks:
    """One attribute per hook of a step; ``evaluate`` and ``start`` act once."""

    def __init__(self, regularizers: Sequence[Regularizer]) -> None:
        self.regularizers = regularizers
        own = Regularizer
        self.pace = chain([each.pace for each in regularizers], own.pace)
        self.transform = chain([each.transform for each in regularizers], own.transform)
        self.mask = chain([each.mask for each in regularizers], own.mask)
        self.tap = chain([each.tap for each in regularizers], own.tap)
        self.disconnect = chain([each.disconnect for each in regularizers], own.disconnect)
        self.perturb = chain([each.perturb for each in regularizers], own.perturb)
        self.penalize = chain([each.penalize for each in regularizers], own.penalize)
        self.project = chain([each.project for each in regularizers], own.project)
        self.select = chain([each.select for each in regularizers], own.select)

    def start(self, context: Context) -> None:
        """Show every regularizer the initial weights."""
        for each in self.regularizers:
            each.start(context)

    def evaluate(self, taps: Taps) -> Taps:
        """What acts on activations when a network is judged."""
        for each in self.regularizers:
            taps = each.evaluate(taps)
        return taps


def chain(methods: Sequence[Hook], idle: Callable[..., Any]) -> Callable[[Value, Context], Value]:
    """One function for a hook of several regularizers, without those that leave it as it is."""
    active = [each for each in methods if getattr(each, "__func__", None) is not idle]

    def through(value: Value, context: Context) -> Value:
        for method in active:
            value = method(value, context)
        return value

    return through

"""Taps: what acts inside the pass, on the activations that enter a layer or on the logits.

A mask multiplies the same numbers forward and backward and knows nothing of what it multiplies. What
looks at the activations, or adds to their gradient, is a tap instead.
"""

from __future__ import annotations

from typing import ClassVar

from regcmp.engine.arrays import Booleans, Floats


class Tap:
    """What stands between two layers in training: forward and backward side by side.

    It stands before a layer, ahead of that layer's mask, or after the last one, at the logits. Within
    a step the pass may run more than once, at other weights: draw what is random in the hook ``tap``.
    """

    kept: Floats | Booleans | None = None
    """(R, B, width) 0 where the last pass dropped a unit, if it drops any: the guard counts them."""
    penalty: ClassVar[bool] = False
    """Whether it leaves what passes, and only adds to the loss's gradient or turns it."""

    def forward(self, x: Floats) -> Floats:
        """Map x (R, B, ...), which others remember: return a new array instead of changing it."""
        return x

    def backward(self, dy: Floats) -> Floats:
        """Map the gradient of the batch's mean loss at the output to that at the input.

        ``dy`` (R, B, ...) may be overwritten.
        """
        return dy


Taps = list[list[Tap]]
"""The taps before each layer, in the order in which they act, and in a last list those at the logits."""

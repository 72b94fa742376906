"""Multilayer perceptrons, which most tests of the engine train."""

from __future__ import annotations

from collections.abc import Sequence

from regcmp.engine.architecture import MLP, layers_of
from regcmp.engine.layers import Layer
from regcmp.engine.network import Network


def mlp_layers(n_in: int, hidden: Sequence[int], n_out: int, activation: str) -> list[Layer]:
    """The layers of a multilayer perceptron."""
    return layers_of(MLP, hidden, (n_in,), n_out, activation)


def mlp(n_in: int, hidden: Sequence[int], n_out: int, activation: str) -> Network:
    """A multilayer perceptron as a network."""
    return Network(mlp_layers(n_in, hidden, n_out, activation))

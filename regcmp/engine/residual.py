"""Skip connections: what enters a branch of the network is added to what leaves it."""

from __future__ import annotations

import numpy as np

from regcmp.engine.arrays import Floats
from regcmp.engine.layers import Layer, Memory


class Fork(Layer):
    """Where a branch begins. It shares its memory with the ``Join`` that ends the branch."""

    def forward(self, params: list[Floats], x: Floats, memory: Memory) -> Floats:
        memory.x = x
        return x

    def backward(
        self, params: list[Floats], grads: list[Floats], dy: Floats, memory: Memory, need_dx: bool
    ) -> Floats:
        """Add up what came back through the branch and beside it."""
        return np.add(dy, memory.beside, out=dy)


class Join(Layer):
    """y = x + f(x), where f(x) enters this layer and x entered the last ``Fork`` before it.

    A mask on this layer drops or scales the branch and leaves what passes beside it.
    """

    def forward(self, params: list[Floats], x: Floats, memory: Memory) -> Floats:
        joined: Floats = np.add(x, memory.x, out=memory.scratch("joined", x.shape))
        return joined

    def backward(
        self, params: list[Floats], grads: list[Floats], dy: Floats, memory: Memory, need_dx: bool
    ) -> Floats:
        """Keep the gradient for what passed beside: the branch overwrites it."""
        memory.beside = memory.scratch("beside", dy.shape)
        memory.beside[...] = dy
        return dy

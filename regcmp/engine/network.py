"""The network: a tuple of layers whose parameters, for R runs, are the rows of one matrix theta (R, P)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod

import numpy as np
import numpy.typing as npt

from regcmp.engine.arrays import Booleans, Floats
from regcmp.engine.layers import ACTIVATIONS, Dense, Layer, Memory
from regcmp.engine.losses import cross_entropy_gradient

Masks = list[Floats | None]
"""One entry per layer, which multiplies what enters that layer; None leaves it as it is."""


class Network:
    """Forward and backward through ``layers``; a pure function of theta, the batch and the masks.

    It knows nothing of regularizers: what they drop is handed in as ``masks``.
    """

    def __init__(self, layers: Sequence[Layer]) -> None:
        self.layers = tuple(layers)
        self._slots: list[list[tuple[slice, tuple[int, ...]]]] = []
        is_weight: list[npt.NDArray[np.bool_]] = []
        start = 0
        for layer in self.layers:
            slots = []
            for shape in (*layer.weights, *layer.biases):
                slots.append((slice(start, start + prod(shape)), shape))
                start += prod(shape)
            self._slots.append(slots)
            is_weight += [np.ones(prod(shape), bool) for shape in layer.weights]
            is_weight += [np.zeros(prod(shape), bool) for shape in layer.biases]
        self.n_parameters = start
        self.is_weight: Booleans = np.concatenate(is_weight)
        """(P,) True where theta holds a weight: what penalties act on."""
        self.sites = tuple(i for i, layer in enumerate(self.layers) if layer.weights)
        """The layers whose input a mask can drop: the first is the network's input."""

    def params(self, theta: Floats) -> list[list[Floats]]:
        """The parameters of each layer as views of theta (R, P), each (R, *shape)."""
        runs = len(theta)
        return [
            [theta[:, where].reshape(runs, *shape) for where, shape in slots]
            for slots in self._slots
        ]

    def no_masks(self) -> Masks:
        """Masks that leave every layer's input as it is."""
        return [None] * len(self.layers)

    def forward(
        self, params: list[list[Floats]], x: Floats, masks: Masks, memories: list[Memory]
    ) -> Floats:
        """The logits (R, B, C) for x (R, B, D)."""
        for layer, own, mask, memory in zip(self.layers, params, masks, memories, strict=True):
            if mask is not None:
                x = np.multiply(x, mask, out=memory.scratch("masked", x.shape))
            x = layer.forward(own, x, memory)
        return x

    def backward(
        self,
        params: list[list[Floats]],
        grads: list[list[Floats]],
        dy: Floats,
        masks: Masks,
        memories: list[Memory],
    ) -> None:
        """Write into ``grads`` the gradient of the loss whose gradient at the logits is ``dy``."""
        for i in reversed(range(len(self.layers))):
            dy = self.layers[i].backward(params[i], grads[i], dy, memories[i], need_dx=i > 0)
            mask = masks[i]
            if mask is not None and i > 0:
                dy *= mask


class Gradient:
    """The mean loss's gradient over a batch, for all runs, in buffers that are made once."""

    def __init__(self, network: Network, runs: int, dtype: npt.DTypeLike) -> None:
        self.network = network
        self.memories = [Memory(dtype) for _ in network.layers]
        self.value = np.empty((runs, network.n_parameters), dtype)
        self._views = network.params(self.value)

    def __call__(self, theta: Floats, x: Floats, targets: Floats, masks: Masks) -> Floats:
        """The gradient (R, P) at theta (R, P), for x (R, B, D) and targets (R, B, C).

        The next call overwrites it.
        """
        params = self.network.params(theta)
        logits = self.network.forward(params, x, masks, self.memories)
        dy = cross_entropy_gradient(logits, targets)
        self.network.backward(params, self._views, dy, masks, self.memories)
        return self.value


def mlp(n_in: int, hidden: Sequence[int], n_out: int, activation: str) -> Network:
    """A multilayer perceptron: dense layers with ``activation`` between them, and logits at the end."""
    make: Callable[[], Layer] = ACTIVATIONS[activation]
    layers: list[Layer] = []
    for width in hidden:
        layers += [Dense(n_in, width), make()]
        n_in = width
    return Network([*layers, Dense(n_in, n_out)])

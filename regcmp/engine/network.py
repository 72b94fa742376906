"""The network: a tuple of layers whose parameters, for R runs, are the rows of one matrix theta (R, P)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from math import prod
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from regcmp.engine.arrays import Booleans, Floats
from regcmp.engine.layers import ACTIVATIONS, Layer, Memory, Relu, Weighing
from regcmp.engine.losses import Loss
from regcmp.engine.residual import Fork, Join
from regcmp.engine.taps import Taps

Masks = list[Floats | None]
"""One entry per layer, which multiplies what enters that layer; None leaves it as it is."""


class Network:
    """Forward and backward through ``layers``; a pure function of theta, the batch and the masks.

    It knows nothing of regularizers: what they drop is handed in as ``masks``, and what they do to
    activations as ``taps``.
    """

    def __init__(self, layers: Sequence[Layer], image: tuple[int, int, int] | None = None) -> None:
        self.layers = tuple(layers)
        self.image = image
        """(H, W, C) where inputs are images, whatever the first layer makes of them."""
        self.shapes = list(shapes_of(layers))
        """The shape of an example before each layer, and last of its outputs."""
        self._slots: list[list[tuple[slice, tuple[int, ...]]]] = []
        is_weight: list[npt.NDArray[np.bool_]] = []
        start = 0
        for layer in self.layers:
            slots = []
            for shape in (*layer.weights, *layer.gains, *layer.biases):
                slots.append((slice(start, start + prod(shape)), shape))
                start += prod(shape)
            self._slots.append(slots)
            is_weight += [np.ones(prod(shape), bool) for shape in layer.weights]
            is_weight += [np.zeros(prod(shape), bool) for shape in (*layer.gains, *layer.biases)]
        self.n_parameters = start
        self.is_weight: Booleans = np.concatenate(is_weight)
        """(P,) True where theta holds a weight: what penalties act on."""
        self.sites = tuple(i for i, layer in enumerate(self.layers) if layer.weights)
        """The layers with weights, of which the first sees the network's input, if pooled."""
        activations = tuple(ACTIVATIONS.values())
        self.activations = tuple(i for i, x in enumerate(self.layers) if isinstance(x, activations))
        """The hidden activations; a branch may begin or end between one and the next site."""
        pairs = enumerate(pairwise(self.layers))
        self._rectified = {
            i: x for i, (x, y) in pairs if isinstance(x, Weighing) and isinstance(y, Relu)
        }
        """The layers of weights with a relu behind them, which does its work within theirs."""
        self.behind = tuple(map(self._behind, self.activations))
        """The layers that they enter; where a branch ends there, the one behind it."""

    def _behind(self, layer: int) -> int:
        layer += 1
        while layer < len(self.layers) and isinstance(self.layers[layer], Join):
            layer += 1
        return layer

    def params(self, theta: Floats) -> list[list[Floats]]:
        """The parameters of each layer as views of theta (R, P), each (R, *shape)."""
        runs = len(theta)
        return [
            [theta[:, where].reshape(runs, *shape) for where, shape in slots]
            for slots in self._slots
        ]

    def width(self, layer: int) -> int:
        """How many numbers of an example enter a layer."""
        return prod(self.shapes[layer])

    def memories(self, dtype: npt.DTypeLike) -> list[Memory]:
        """Fresh memories of the layers; the two ends of a branch share one."""
        memories: list[Memory] = []
        forks: list[Memory] = []
        for layer in self.layers:
            memories.append(forks.pop() if isinstance(layer, Join) else Memory(dtype))
            if isinstance(layer, Fork):
                forks.append(memories[-1])
        return memories

    def no_masks(self) -> Masks:
        """Masks that leave every layer's input as it is."""
        return [None] * len(self.layers)

    def no_taps(self) -> Taps:
        """Room for taps before every layer and at the outputs."""
        return [[] for _ in range(len(self.layers) + 1)]

    def forward(
        self,
        params: list[list[Floats]],
        x: Floats,
        masks: Masks,
        taps: Taps,
        memories: list[Memory],
    ) -> Floats:
        """The outputs (R, B, C), logits or values, for x (R, B, D)."""
        numbers = iter(range(len(self.layers)))
        for i in numbers:
            mask, memory = masks[i], memories[i]
            for tap in taps[i]:
                x = tap.forward(x)
            if mask is not None:
                # By number, since the two ends of a branch share a memory.
                x = np.multiply(x, mask, out=memory.scratch(f"masked {i}", x.shape))
            rectified = self._rectified.get(i)
            if rectified is None or taps[i + 1] or masks[i + 1] is not None:
                x = self.layers[i].forward(params[i], x, memory)
            else:
                x = rectified.forward_relu(params[i], x, memory, memories[next(numbers)])
        for tap in taps[-1]:
            x = tap.forward(x)
        return x

    def backward(
        self,
        params: list[list[Floats]],
        grads: list[list[Floats]],
        dy: Floats,
        masks: Masks,
        taps: Taps,
        memories: list[Memory],
        need_dx: bool = False,
    ) -> Floats:
        """Write into ``grads`` the gradient of the loss whose gradient at the outputs is ``dy``.

        Return that at the input x (R, B, D), which is meant only where ``need_dx`` asks for it.
        """
        for tap in reversed(taps[-1]):
            dy = tap.backward(dy)
        for i in reversed(range(len(self.layers))):
            need = need_dx or i > 0
            dy = self.layers[i].backward(params[i], grads[i], dy, memories[i], need)
            if not need:
                break
            mask = masks[i]
            if mask is not None:
                dy *= mask
            for tap in reversed(taps[i]):
                dy = tap.backward(dy)
        return dy


class Step(NamedTuple):
    """What a gradient is taken over: a batch, and what acts on it in the pass."""

    x: Floats
    """(R, B, D)."""
    targets: Floats
    """(R, B, C)."""
    masks: Masks
    taps: Taps
    connections: Masks | None = None
    """For each layer (R, B, in, out) D where an example's own weights are W + D ⋆ W, or None."""


class Gradient:
    """The mean loss's gradient over a batch, for all runs, in buffers that are made once."""

    def __init__(self, network: Network, loss: Loss, runs: int, dtype: npt.DTypeLike) -> None:
        self.network = network
        self.loss = loss
        self.memories = network.memories(dtype)
        self.value = np.empty((runs, network.n_parameters), dtype)
        self._views = network.params(self.value)
        self._seen: tuple[Floats, list[list[Floats]]] | None = None
        """The last theta and its layers' parameters: in most steps it is changed in place."""

    def __call__(self, theta: Floats, step: Step) -> Floats:
        """The gradient (R, P) at theta (R, P). The next call overwrites it."""
        self._backward(theta, step, need_dx=False)
        return self.value

    def at_input(self, theta: Floats, step: Step) -> Floats:
        """The gradient (R, B, D) of the loss alone at the inputs: no tap that is a penalty acts.

        It overwrites what a call returned.
        """
        alone = [[tap for tap in own if not tap.penalty] for own in step.taps]
        return self._backward(theta, step._replace(taps=alone), need_dx=True)

    def _backward(self, theta: Floats, step: Step, need_dx: bool) -> Floats:
        if step.connections:
            for memory, own in zip(self.memories, step.connections, strict=True):
                memory.connections = own
        params = self._params(theta)
        outputs = self.network.forward(params, step.x, step.masks, step.taps, self.memories)
        dy = self.loss.gradient(outputs, step.targets)
        return self.network.backward(
            params, self._views, dy, step.masks, step.taps, self.memories, need_dx
        )

    def _params(self, theta: Floats) -> list[list[Floats]]:
        if self._seen is None or self._seen[0] is not theta:
            self._seen = theta, self.network.params(theta)
        return self._seen[1]


def n_parameters_of(layers: Iterable[Layer]) -> int:
    """How many parameters the layers have, of which none is made for it."""
    return sum(
        prod(shape) for layer in layers for shape in (*layer.weights, *layer.gains, *layer.biases)
    )


def shapes_of(layers: Sequence[Layer]) -> Iterator[tuple[int, ...]]:
    """The shape of an example before each layer, and last of the outputs."""
    shape = next((layer.shape_in for layer in layers if layer.shape_in), ())
    yield shape
    for layer in layers:
        shape = layer.shape_out or shape
        yield shape

"""The layers of a network: forward and backward of each side by side.

R runs are trained together, so every array has a leading axis R: activations are (R, B, width) for a
batch of B rows; of a feature map the width is H W C, row by row and channels last. A layer holds no
numbers. Its parameters and their gradients are handed in as views, what forward must remember for
backward stands in the layer's ``Memory``, and gradients are those of the loss averaged over the batch,
which the loss has divided already.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from math import prod

import numpy as np
import numpy.typing as npt

from regcmp.engine.arrays import Booleans, Floats, Scratch
from regcmp.engine.kernels.units import add_bias, bias_relu, relu, where_positive
from regcmp.engine.products import multiply


class Memory:
    """What one layer remembers from forward to backward, and its buffers."""

    x: Floats
    y: Floats
    positive: Booleans
    slope: Floats
    beside: Floats
    tall: Floats
    population: tuple[Floats, Floats] | None = None
    """In evaluation, the mean and variance (R, 1, width) over all training rows."""
    connections: Floats | None = None
    """(R, B, in, out) D where an example's own weights of a dense layer are W + D ⋆ W, else None."""

    def __init__(self, dtype: npt.DTypeLike) -> None:
        self.scratch = Scratch(dtype)


class Layer:
    """A layer without parameters that returns its input; the others override what they need.

    ``weights``, ``gains`` and ``biases`` are the parameters' shapes, in this order in theta. Only
    weights are ever penalised; gains start at 1 and biases at 0.
    """

    weights: tuple[tuple[int, ...], ...] = ()
    gains: tuple[tuple[int, ...], ...] = ()
    biases: tuple[tuple[int, ...], ...] = ()
    shape_in: tuple[int, ...] = ()
    """What one example is when it enters: (width,), or (H, W, C); () for a layer of any shape."""
    shape_out: tuple[int, ...] = ()
    """What it is when it leaves; () where it keeps its shape."""

    @property
    def n_in(self) -> int:
        """How many numbers of an example enter, if the layer has a shape."""
        return prod(self.shape_in)

    @property
    def n_unfolded(self) -> int:
        """How many numbers of an example the layer copies before it weighs them."""
        return 0

    @property
    def fan_out(self) -> int:
        """To how many outputs an input leads."""
        return prod(self.shape_out)

    def forward(self, params: list[Floats], x: Floats, memory: Memory) -> Floats:
        """Map x (R, B, in) to (R, B, out). The input may be overwritten, if it is not remembered."""
        return x

    def backward(
        self, params: list[Floats], grads: list[Floats], dy: Floats, memory: Memory, need_dx: bool
    ) -> Floats:
        """Write the parameters' gradients into ``grads``; return that of the input, if it is needed.

        ``dy`` (R, B, out) is the loss's gradient at the output and may be overwritten.
        """
        return dy


class Weighing(Layer, ABC):
    """A layer that weighs its inputs, sums them up and adds a bias."""

    @abstractmethod
    def weigh(self, weight: Floats, x: Floats, memory: Memory) -> Floats:
        """The sums (R, rows, n), without the bias, in a buffer; x is remembered."""

    def forward(self, params: list[Floats], x: Floats, memory: Memory) -> Floats:
        weight, bias = params
        y = self.weigh(weight, x, memory)
        add_bias(y, bias)
        return y.reshape(*x.shape[:2], -1)

    def forward_relu(
        self, params: list[Floats], x: Floats, memory: Memory, of_relu: Memory
    ) -> Floats:
        """``forward``, and that of a ``Relu`` behind it, whose memory is given: one pass instead of two."""
        weight, bias = params
        y = self.weigh(weight, x, memory)
        positive = of_relu.scratch("positive", y.shape, np.bool_)
        bias_relu(y, bias, positive)
        of_relu.y = y.reshape(*x.shape[:2], -1)
        of_relu.positive = positive.reshape(of_relu.y.shape)
        return of_relu.y


class Dense(Weighing):
    """y = x W + b, with W (in, out) and b (1, out)."""

    def __init__(self, n_in: int, n_out: int) -> None:
        self.shape_in, self.shape_out = (n_in,), (n_out,)
        self.weights = ((n_in, n_out),)
        self.biases = ((1, n_out),)

    def weigh(self, weight: Floats, x: Floats, memory: Memory) -> Floats:
        memory.x = x
        y = memory.scratch("y", (*x.shape[:2], *self.shape_out))
        multiply(x, weight, out=y)
        if memory.connections is not None:
            # Run by run: one example's own weights each are much to hold.
            for run, own in enumerate(memory.connections):
                y[run] += np.matmul(x[run, :, None], weight[run] * own)[:, 0]
        return y

    def backward(
        self, params: list[Floats], grads: list[Floats], dy: Floats, memory: Memory, need_dx: bool
    ) -> Floats:
        weight, _ = params
        d_weight, d_bias = grads
        multiply(memory.x.swapaxes(1, 2), dy, out=d_weight)
        if memory.connections is not None:
            for run, own in enumerate(memory.connections):
                slopes = memory.x[run, :, :, None] * dy[run, :, None]
                slopes *= own
                d_weight[run] += slopes.sum(axis=0)
        # A product with ones sums over the batch about three times as fast as np.sum.
        ones = memory.scratch("ones", (1, dy.shape[1]))
        ones.fill(1)
        np.matmul(ones, dy, out=d_bias)
        if not need_dx:
            return dy
        dx = memory.scratch("dx", memory.x.shape)
        multiply(dy, weight.swapaxes(1, 2), out=dx)
        if memory.connections is not None:
            for run, own in enumerate(memory.connections):
                dx[run] += np.matmul(weight[run] * own, dy[run, :, :, None])[:, :, 0]
        return dx


class Relu(Layer):
    """y = max(x, 0), with derivative 0 at 0."""

    def forward(self, params: list[Floats], x: Floats, memory: Memory) -> Floats:
        memory.positive = memory.scratch("positive", x.shape, np.bool_)
        relu(x, memory.positive)
        memory.y = x
        return x

    def backward(
        self, params: list[Floats], grads: list[Floats], dy: Floats, memory: Memory, need_dx: bool
    ) -> Floats:
        where_positive(dy, memory.positive)
        return dy


class Tanh(Layer):
    """y = tanh(x), so dy/dx = 1 - y²."""

    def forward(self, params: list[Floats], x: Floats, memory: Memory) -> Floats:
        memory.y = np.tanh(x, out=x)
        return memory.y

    def backward(
        self, params: list[Floats], grads: list[Floats], dy: Floats, memory: Memory, need_dx: bool
    ) -> Floats:
        slope = np.square(memory.y, out=memory.scratch("slope", memory.y.shape))
        np.subtract(1, slope, out=slope)
        return np.multiply(dy, slope, out=dy)


class Sigmoid(Layer):
    """y = 1 / (1 + exp(-x)), computed as (1 + tanh(x / 2)) / 2, which can't overflow; dy/dx = y (1 - y)."""

    def forward(self, params: list[Floats], x: Floats, memory: Memory) -> Floats:
        x *= 0.5
        np.tanh(x, out=x)
        x += 1
        x *= 0.5
        memory.y = x
        return x

    def backward(
        self, params: list[Floats], grads: list[Floats], dy: Floats, memory: Memory, need_dx: bool
    ) -> Floats:
        slope = np.subtract(1, memory.y, out=memory.scratch("slope", memory.y.shape))
        slope *= memory.y
        dy *= slope
        return dy


class Selu(Layer):
    """y = s x where x > 0, else s a (exp(x) - 1), so dy/dx = s, else y + s a.

    With s and a of Klambauer et al. 2017, the outputs of a layer whose weights are N(0, 1 / fan_in) keep
    mean 0 and variance 1 from layer to layer.
    """

    ALPHA = 1.6732632423543772
    SCALE = 1.0507009873554805

    def forward(self, params: list[Floats], x: Floats, memory: Memory) -> Floats:
        negative = np.minimum(x, 0, out=memory.scratch("negative", x.shape))
        np.expm1(negative, out=negative)
        negative *= self.ALPHA
        np.maximum(x, 0, out=x)
        x += negative
        x *= self.SCALE
        memory.y = x
        return x

    def backward(
        self, params: list[Floats], grads: list[Floats], dy: Floats, memory: Memory, need_dx: bool
    ) -> Floats:
        slope = np.minimum(memory.y, 0, out=memory.scratch("slope", memory.y.shape))
        slope += self.SCALE * self.ALPHA
        np.copyto(slope, self.SCALE, where=memory.y > 0)
        dy *= slope
        return dy


class Identity(Layer):
    """y = x: a linear network, for checks and as a reference."""


ACTIVATIONS: dict[str, type[Layer]] = {
    "relu": Relu,
    "tanh": Tanh,
    "sigmoid": Sigmoid,
    "selu": Selu,
    "identity": Identity,
}
"""Hidden activations by their name on the command line."""

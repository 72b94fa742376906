"""The layers of a network as nodes of ONNX: what evaluation does, once for each kind of layer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from regcmp.engine.arrays import Floats
from regcmp.engine.convolution import Axis, Conv
from regcmp.engine.layers import Dense, Identity, Layer, Relu, Selu, Sigmoid, Tanh
from regcmp.engine.normalization import EPSILON, BatchNorm, LayerNorm
from regcmp.engine.pooling import AveragePool, GlobalAverage, MaxPool, Pool
from regcmp.engine.residual import Fork, Join
from regcmp.errors import RegcmpError

Moments = tuple[Floats, Floats] | None


class Graph:
    """Nodes and constants of a graph, under names of their own."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        names = list(taken)
        self.prefix = "regcmp/"
        while any(name.startswith(self.prefix) for name in names):
            self.prefix = f"_{self.prefix}"
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.branches: list[str] = []
        """What passes beside the branches that are open."""

    def add(self, kind: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        """Append a node; the name of its output."""
        from onnx import helper

        name = f"{self.prefix}{len(self.nodes)}/{kind}"
        self.nodes.append(
            helper.make_node(kind, list(inputs), [name], name=name, domain=domain, **attributes)
        )
        return name

    def constant(self, values: npt.ArrayLike, dtype: Any = None) -> str:
        """The name of a constant."""
        from onnx import numpy_helper

        name = f"{self.prefix}constant/{len(self.constants)}"
        array = np.ascontiguousarray(np.asarray(values, dtype))
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def shaped(self, x: str, *shape: int) -> str:
        """The rows in another shape: 0 keeps their number, -1 is what is left."""
        return self.add("Reshape", x, self.constant([0, *shape], np.int64))


Maker = Callable[[Graph, str, Any, Sequence[Floats], Moments], str]


def network_nodes(
    graph: Graph,
    x: str,
    layers: Sequence[Layer],
    params: Sequence[Sequence[Floats]],
    moments: dict[int, tuple[Floats, Floats]],
) -> str:
    """Append a network, whose parameters are (1, ...) views; the name of its outputs.

    Raises RegcmpError for a layer that has no counterpart.
    """
    for i, (layer, own) in enumerate(zip(layers, params, strict=True)):
        make = MAKERS.get(type(layer))
        if make is None:
            raise RegcmpError(
                f"ONNX export knows no layer {type(layer).__name__!r}; write .regcmp instead"
            )
        x = make(graph, x, layer, [each[0] for each in own], moments.get(i))
    return x


def _dense(graph: Graph, x: str, layer: Dense, own: Sequence[Floats], _: Moments) -> str:
    weight, bias = own
    return graph.add("Add", graph.add("MatMul", x, graph.constant(weight)), graph.constant(bias[0]))


def _simple(kind: str, **attributes: Any) -> Maker:
    def make(graph: Graph, x: str, layer: Layer, own: Sequence[Floats], _: Moments) -> str:
        return graph.add(kind, x, **attributes)

    return make


def _as_images(graph: Graph, x: str, layer: Conv | Pool | GlobalAverage) -> str:
    """(n, C, H, W), as ONNX has images, from rows with channels last."""
    return graph.add("Transpose", graph.shaped(x, *layer.shape_in), perm=[0, 3, 1, 2])


def _as_rows(graph: Graph, x: str) -> str:
    return graph.shaped(graph.add("Transpose", x, perm=[0, 2, 3, 1]), -1)


def _conv(graph: Graph, x: str, layer: Conv, own: Sequence[Floats], _: Moments) -> str:
    weight, bias = own
    k, (height, width, channels) = layer.kernel, layer.shape_in
    filters = weight.reshape(k, k, channels, -1).transpose(3, 2, 0, 1)

    def after(axis: Axis, length: int) -> int:
        return axis.padded - length - axis.before

    made = graph.add(
        "Conv",
        _as_images(graph, x, layer),
        graph.constant(filters),
        graph.constant(bias[0]),
        kernel_shape=[k, k],
        strides=[layer.stride] * 2,
        pads=[layer.rows.before, layer.columns.before,
              after(layer.rows, height), after(layer.columns, width)],
    )  # fmt: skip
    return _as_rows(graph, made)


def _pool(kind: str) -> Maker:
    def make(graph: Graph, x: str, layer: Any, own: Sequence[Floats], _: Moments) -> str:
        size: Any = {"kernel_shape": [layer.kernel] * 2, "strides": [layer.stride] * 2}
        return _as_rows(graph, graph.add(kind, _as_images(graph, x, layer), **size))

    return make


def _global(graph: Graph, x: str, layer: GlobalAverage, own: Sequence[Floats], _: Moments) -> str:
    return graph.shaped(graph.add("GlobalAveragePool", _as_images(graph, x, layer)), -1)


def _batch_norm(
    graph: Graph, x: str, layer: BatchNorm, own: Sequence[Floats], moments: Moments
) -> str:
    assert moments is not None
    gain, bias = own
    mean, variance = (each[0] for each in moments)
    x = graph.shaped(x, -1, layer.channels)
    x = graph.add("Sub", x, graph.constant(mean))
    x = graph.add("Mul", x, graph.constant(1 / np.sqrt(variance + variance.dtype.type(EPSILON))))
    x = graph.add("Mul", x, graph.constant(gain))
    return graph.shaped(graph.add("Add", x, graph.constant(bias)), -1)


def _layer_norm(graph: Graph, x: str, layer: LayerNorm, own: Sequence[Floats], _: Moments) -> str:
    gain, bias = own
    centred = graph.add("Sub", x, graph.add("ReduceMean", x, axes=[1]))
    variance = graph.add("ReduceMean", graph.add("Mul", centred, centred), axes=[1])
    spread = graph.add("Add", variance, graph.constant(EPSILON, gain.dtype))
    normed = graph.add("Div", centred, graph.add("Sqrt", spread))
    return graph.add("Add", graph.add("Mul", normed, graph.constant(gain)), graph.constant(bias))


def _fork(graph: Graph, x: str, layer: Fork, own: Sequence[Floats], _: Moments) -> str:
    graph.branches.append(x)
    return x


def _join(graph: Graph, x: str, layer: Join, own: Sequence[Floats], _: Moments) -> str:
    return graph.add("Add", x, graph.branches.pop())


MAKERS: dict[type[Layer], Maker] = {
    Dense: _dense,
    Relu: _simple("Relu"),
    Tanh: _simple("Tanh"),
    Sigmoid: _simple("Sigmoid"),
    Selu: _simple("Selu", alpha=Selu.ALPHA, gamma=Selu.SCALE),
    Identity: _simple("Identity"),
    Conv: _conv,
    MaxPool: _pool("MaxPool"),
    AveragePool: _pool("AveragePool"),
    GlobalAverage: _global,
    BatchNorm: _batch_norm,
    LayerNorm: _layer_norm,
    Fork: _fork,
    Join: _join,
}
"""What makes the nodes of each kind of layer."""

"""PyTorch as an oracle for networks of convolutions, where it is installed.

Its images are channels first, and it pads both sides alike: what stands between the two worlds is here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Any

import numpy as np
import pytest
from conftest import make_stack

from regcmp.engine.architecture import layers_of
from regcmp.engine.arrays import Floats, Scratch
from regcmp.engine.convolution import Conv, Shape3
from regcmp.engine.initializers import initial_theta
from regcmp.engine.kernels.images import NARROW
from regcmp.engine.layers import Dense, Layer, Memory
from regcmp.engine.measuring import Measure
from regcmp.engine.network import Network
from regcmp.engine.normalization import BatchNorm
from regcmp.engine.pooling import AveragePool, GlobalAverage, MaxPool
from regcmp.engine.regularizers.base import Context
from regcmp.engine.regularizers.feature_maps import SpatialDropout, drop_blocks
from regcmp.engine.regularizers.normalizing import BatchNormalization
from regcmp.engine.stack import Ingredient, Rows
from regcmp.engine.streams import stream
from regcmp.engine.training import train

torch = pytest.importorskip("torch", reason="the 'oracle' extra is not installed")

IMAGE = (8, 7, 2)
ARCH = "conv5x3-pool2-conv4x3s2-avgpool2s1-6"
"""Each kind of layer, an odd side, and a convolution whose zeros lie on one side only."""
EPOCHS, BATCH, ROWS = 4, 16, 40
Params = list[Any]


def first(x: Any) -> Any:
    """Channels first, (B, C, H, W) of (B, H, W, C); rows (B, width) as they are."""
    return torch.movedim(x, -1, 1)


def last(x: Any) -> Any:
    """Channels last, (B, H, W, C) of (B, C, H, W); rows (B, width) as they are."""
    return torch.movedim(x, 1, -1)


def convolved(layer: Conv, x: Any, params: Params) -> Any:
    """As ``layer`` says of x (B, H, W, C)."""
    weight, bias = params
    k = layer.kernel
    filters = weight.reshape(k, k, layer.shape_in[2], -1).permute(3, 2, 0, 1)
    sides = []
    for axis, length in ((layer.columns, x.shape[2]), (layer.rows, x.shape[1])):
        sides += [axis.before, axis.padded - length - axis.before]
    padded = torch.nn.functional.pad(first(x), sides)
    return last(torch.nn.functional.conv2d(padded, filters, bias[0], stride=layer.stride))


def normed(_: BatchNorm, x: Any, params: Params) -> Any:
    """By the mean and the variance of this batch."""
    gain, bias = params
    y = torch.nn.functional.batch_norm(first(x), None, None, gain[0], bias[0], training=True)
    return last(y)


def max_pooled(layer: MaxPool, x: Any, _: Params) -> Any:
    """The largest of each window."""
    return last(torch.nn.functional.max_pool2d(first(x), layer.kernel, layer.stride))


def average_pooled(layer: AveragePool, x: Any, _: Params) -> Any:
    """The mean of each window."""
    return last(torch.nn.functional.avg_pool2d(first(x), layer.kernel, layer.stride))


def averaged(_: GlobalAverage, x: Any, __: Params) -> Any:
    """The mean of each channel."""
    return torch.nn.functional.adaptive_avg_pool2d(first(x), 1).flatten(1)


def dense(_: Dense, x: Any, params: Params) -> Any:
    """Of the pixels row by row."""
    return x.reshape(len(x), -1) @ params[0] + params[1]


THEIRS: dict[type[Layer], Callable[..., Any]] = {
    Conv: convolved,
    MaxPool: max_pooled,
    AveragePool: average_pooled,
    GlobalAverage: averaged,
    BatchNorm: normed,
    Dense: dense,
}
"""The layers in PyTorch's functions."""

LAYERS: list[tuple[Layer, Shape3]] = [
    *(
        (Conv((h, w, channels), 3, kernel, stride, same), (h, w, channels))
        for h, w in ((6, 5), (7, 8))
        for channels in (1, 2, NARROW)
        for kernel, stride in ((1, 1), (3, 1), (3, 2), (2, 2), (4, 3))
        for same in (True, False)
    ),
    *(
        (pool((7, 6, 3), kernel, stride), (7, 6, 3))
        for pool in (MaxPool, AveragePool)
        for kernel, stride in ((2, 2), (3, 1), (3, 2))
    ),
    (GlobalAverage((4, 5, 3)), (4, 5, 3)),
    (BatchNorm((4, 5, 3)), (4, 5, 3)),
]


def name_of(value: object) -> str:
    """Kind of a layer and what it says of its windows, for the test's id."""
    if not isinstance(value, Layer):
        return ""
    told = [str(getattr(value, key, "")) for key in ("kernel", "stride")]
    return "-".join([type(value).__name__, *told, str(value.shape_out).replace(" ", "")])


@pytest.mark.parametrize(("layer", "image"), LAYERS, ids=name_of)
def test_a_layer_is_pytorchs(layer: Layer, image: Shape3, rng: np.random.Generator) -> None:
    """Forward, and the gradients at inputs and parameters that its autograd finds."""
    x = rng.normal(size=(1, 5, *image))
    shapes = (*layer.weights, *layer.gains, *layer.biases)
    params: list[Floats] = [rng.normal(size=(1, *shape)) for shape in shapes]
    grads, memory = [np.empty_like(each) for each in params], Memory(float)
    y = layer.forward(params, x.reshape(1, 5, -1).copy(), memory).copy()
    dy = rng.normal(size=y.shape)
    dx = layer.backward(params, grads, dy.copy(), memory, need_dx=True)

    leaves = [torch.tensor(each[0], requires_grad=True) for each in (x, *params)]
    their_y = THEIRS[type(layer)](layer, leaves[0], leaves[1:]).reshape(y[0].shape)
    their_y.backward(torch.tensor(dy[0]))
    np.testing.assert_allclose(y[0], their_y.detach(), rtol=0, atol=1e-10)
    for mine, leaf in zip((dx.reshape(x.shape), *grads), leaves, strict=True):
        np.testing.assert_allclose(mine[0], leaf.grad, rtol=0, atol=1e-10)


def images() -> Rows:
    """Rows of images with some signal, in 3 classes: the same at every call."""
    rng = np.random.default_rng(5)
    y = rng.integers(0, 3, (1, ROWS + 20))
    x = rng.normal(size=(1, ROWS + 20, *IMAGE)) + 0.5 * y[..., None, None, None]
    x = x.reshape(1, ROWS + 20, -1)
    return Rows(x[:, :ROWS], y[:, :ROWS], x[:, ROWS:], y[:, ROWS:], 3, image=IMAGE)


def trained(optimizer: str, rate: float, *ingredients: Ingredient) -> Floats:
    """Theta as the engine learns it."""
    words: dict[str, Any] = {
        "arch": ARCH,
        "activation": "tanh",
        "epochs": EPOCHS,
        "batch_size": BATCH,
    }
    stack = make_stack(*ingredients, optimizer=optimizer, lr=rate, **words)
    return train(replace(stack, rows=images()))[0].theta


def passed(layer: Layer, x: Any, params: Params) -> Any:
    """What leaves a layer; what is not among theirs is the activation."""
    return THEIRS[type(layer)](layer, x, params) if type(layer) in THEIRS else torch.tanh(x)


def theirs(network: Network, make: Callable[[Params], Any]) -> tuple[Floats, Floats]:
    """Theta at the start, which is the engine's, and after the same batches under this optimizer."""
    start = initial_theta(network, "he", [0], "float64")
    params = [
        [torch.tensor(each[0].copy(), requires_grad=True) for each in own]
        for own in network.params(start)
    ]
    leaves = [each for own in params for each in own]
    optimizer, rows, order = make(leaves), images(), stream(0, "order")
    for _ in range(EPOCHS):
        permutation = order.permutation(ROWS)
        for begin in range(0, ROWS, BATCH):
            part = permutation[begin : begin + BATCH]
            optimizer.zero_grad()
            x = torch.tensor(rows.x_train[0, part].reshape(-1, *IMAGE))
            for layer, own in zip(network.layers, params, strict=True):
                x = passed(layer, x, own)
            torch.nn.functional.cross_entropy(x, torch.tensor(rows.y_train[0, part])).backward()
            optimizer.step()
    return start[0], np.concatenate([each.detach().numpy().ravel() for each in leaves])


def of_momentum(leaves: Params) -> Any:
    """As the engine's 'momentum'."""
    return torch.optim.SGD(leaves, lr=0.1, momentum=0.9)


def of_adam(leaves: Params) -> Any:
    """As the engine's 'adam': ε without the correction for the first steps, which PyTorch gives it."""
    optimizer, steps = torch.optim.Adam(leaves, lr=0.01), count(1)

    def before(optimizer: Any, *_: Any) -> None:
        optimizer.param_groups[0]["eps"] = 1e-8 / (1 - 0.999 ** next(steps)) ** 0.5

    optimizer.register_step_pre_hook(before)
    return optimizer


@pytest.mark.parametrize("names", [[], ["batchnorm"]], ids=["plain", "batchnorm"])
@pytest.mark.parametrize(
    ("optimizer", "rate", "make"),
    [("momentum", 0.1, of_momentum), ("adam", 0.01, of_adam)],
)
def test_a_network_of_convolutions_learns_what_pytorchs_does(
    optimizer: str, rate: float, make: Callable[[Params], Any], names: list[str]
) -> None:
    """From the same weights, over the same batches: the same weights after 12 steps."""
    layers = layers_of(ARCH, (), IMAGE, 3, "tanh")
    if names:
        layers = BatchNormalization.build(layers, 1)
    start, expected = theirs(Network(layers, IMAGE), make)
    mine = trained(optimizer, rate, *(Ingredient(name, (1.0,)) for name in names))
    np.testing.assert_allclose(mine, expected, rtol=0, atol=1e-9)
    assert abs(mine - start).max() > 0.05


def test_batch_normalisation_of_maps_in_evaluation() -> None:
    """By the moments of all training rows, channel by channel: the same losses."""
    layers = BatchNormalization.build(layers_of("conv5x3-4", (), IMAGE, 3, "tanh"), 1)
    network, rows = Network(layers, IMAGE), images()
    theta = initial_theta(network, "he", [0], "float64")
    record = Measure(network, rows, [0]).record(0, theta)[0]
    params = [[torch.tensor(each[0]) for each in own] for own in network.params(theta)]
    moments: dict[int, tuple[Any, Any]] = {}
    for x, y, score in (
        (rows.x_train, rows.y_train, record.train),
        (rows.x_test, rows.y_test, record.test),
    ):
        at = torch.tensor(x[0].reshape(-1, *IMAGE))
        for i, (layer, own) in enumerate(zip(network.layers, params, strict=True)):
            if isinstance(layer, BatchNorm):
                # Training rows come first, and all of them at once.
                spread, mean = torch.var_mean(at, dim=tuple(range(at.ndim - 1)), correction=0)
                known = moments.setdefault(i, (mean, spread))
                gain, bias = (each[0] for each in own)
                at = last(torch.nn.functional.batch_norm(first(at), *known, gain, bias))
            else:
                at = passed(layer, at, own)
        loss = torch.nn.functional.cross_entropy(at, torch.tensor(y[0]))
        assert score["loss"] == pytest.approx(loss.item(), rel=1e-9)


@pytest.mark.parametrize("block", [1, 2, 3, 5])
def test_squares_are_dropped_as_max_pooling_spreads_their_corners(block: int) -> None:
    """As published implementations of DropBlock do it."""
    rng, (height, width) = np.random.default_rng(0), (7, 6)
    corners = rng.random((4, height, width, 2)) < 0.1
    mask = np.ones(corners.shape)
    drop_blocks(mask, corners, block)
    within = first(torch.tensor(corners[:, : height - block + 1, : width - block + 1] * 1.0))
    spread = torch.nn.functional.pad(within, [block - 1] * 4)
    dropped = torch.nn.functional.max_pool2d(spread, block, stride=1)
    np.testing.assert_array_equal(mask, last(1 - dropped))
    assert 0 < mask.mean() < 1


def test_spatial_dropout_is_dropout2d() -> None:
    """The same two values for inputs of 1, each channel of each example as a whole."""
    network, p = Network(layers_of("conv40x3", (), (4, 3, 1), 3, "relu"), (4, 3, 1)), 0.25
    context = Context(network, np.empty((1, 0)), Scratch(np.float64), batch_size=50)
    drop = SpatialDropout(np.full((1, 1, 1), p), {}, [0], network)
    (mine,) = (each for each in drop.mask(network.no_masks(), context) if each is not None)
    torch.manual_seed(0)
    dropout2d = torch.nn.functional.dropout2d(torch.ones(50, 40, 4, 3).double(), p)
    for maps in (mine.reshape(50, 4, 3, 40), last(dropout2d).numpy()):
        assert (maps == maps[:, :1, :1]).all()
        np.testing.assert_allclose(np.unique(maps), [0, 1 / (1 - p)], rtol=1e-12)
        assert abs((maps[:, 0, 0] == 0).mean() - p) < 4 * (p * (1 - p) / 2000) ** 0.5

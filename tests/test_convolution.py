"""Convolution, pooling and the words for layers: SciPy's correlation, plain loops, finite differences."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import correlate2d
from test_gradients import RUNS, check_layer

from regcmp.engine.architecture import (
    LARGE_CNN,
    SMALL_CNN,
    ArchitectureError,
    check_words,
    layers_of,
    needs_image,
    words_of,
)
from regcmp.engine.arrays import Floats
from regcmp.engine.convolution import Conv, axis_of
from regcmp.engine.kernels.images import NARROW
from regcmp.engine.layers import Dense, Layer, Memory, Relu
from regcmp.engine.network import Network
from regcmp.engine.normalization import BatchNorm
from regcmp.engine.pooling import AveragePool, GlobalAverage, MaxPool, Pool

BATCH = 4
CONVOLUTIONS = [
    Conv((5, 4, 1), 3, 3),
    Conv((5, 4, 2), 3, 3, same=False),
    Conv((5, 6, 2), 3, 3, stride=2),
    Conv((7, 6, 2), 2, 3, stride=3, same=False),
    Conv((5, 4, NARROW), 3, 2),
    Conv((4, 5, 3), 2, 4, stride=2),
    Conv((3, 3, 1), 2, 1),
    Conv((2, 3, 1), 2, 5),
]
POOLS: list[Layer] = [
    MaxPool((4, 6, 2), 2),
    MaxPool((5, 7, 1), 2),
    MaxPool((5, 5, 2), 3, 1),
    AveragePool((4, 6, 2), 2),
    AveragePool((5, 5, 2), 3, 2),
    GlobalAverage((3, 4, 2)),
]


def name_of(layer: Layer) -> str:
    """Kind and shapes, for the test's id."""
    return f"{type(layer).__name__}-{layer.shape_in}-{layer.shape_out}".replace(" ", "")


def passed(layer: Layer, x: Floats, params: list[Floats] | None = None) -> Floats:
    """What leaves the layer, as images or rows of its shape."""
    y = layer.forward(params or [], x.reshape(*x.shape[:2], -1).copy(), Memory(float))
    return y.reshape(*x.shape[:2], *layer.shape_out)


def filters(layer: Conv, rng: np.random.Generator) -> list[Floats]:
    """Random weights and biases for every run."""
    return [rng.normal(size=(RUNS, *shape)) for shape in (*layer.weights, *layer.biases)]


@pytest.mark.parametrize("layer", CONVOLUTIONS, ids=name_of)
def test_a_convolution_is_scipys_correlation(layer: Conv, rng: np.random.Generator) -> None:
    """At every stride; SciPy puts the odd zero of 'same' first, so its full correlation is cut here."""
    height, width, channels = layer.shape_in
    x = rng.normal(size=(RUNS, BATCH, height, width, channels))
    weight, bias = filters(layer, rng)
    y, k, s = passed(layer, x, [weight, bias]), layer.kernel, layer.stride
    for run in range(RUNS):
        windows = weight[run].reshape(k, k, channels, -1)
        for row in range(BATCH):
            for f in range(layer.shape_out[2]):
                full = bias[run, 0, f] + sum(
                    correlate2d(x[run, row, :, :, c], windows[:, :, c, f], "full")
                    for c in range(channels)
                )
                top, left = k - 1 - layer.rows.before, k - 1 - layer.columns.before
                cut = full[top::s, left::s][: layer.rows.out, : layer.columns.out]
                np.testing.assert_allclose(y[run, row, :, :, f], cut, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("layer", [*CONVOLUTIONS, *POOLS], ids=name_of)
def test_an_image_layer_has_the_gradient_of_its_forward(
    layer: Layer, rng: np.random.Generator
) -> None:
    """At inputs, weights and biases, against finite differences."""
    check_layer(layer, rng, layer.n_in)


@pytest.mark.parametrize("layer", POOLS[:-1], ids=name_of)
def test_a_pool_looks_at_each_window(layer: Pool, rng: np.random.Generator) -> None:
    """Window by window, in a plain loop; what is left over at the end is not seen."""
    x = rng.normal(size=(RUNS, BATCH, *layer.shape_in))
    y, k, s = passed(layer, x), layer.kernel, layer.stride
    of = np.max if isinstance(layer, MaxPool) else np.mean
    rows, columns, _ = layer.shape_out
    assert rows == (layer.shape_in[0] - k) // s + 1 and columns == (layer.shape_in[1] - k) // s + 1
    for i in range(rows):
        for j in range(columns):
            window = x[:, :, i * s : i * s + k, j * s : j * s + k]
            np.testing.assert_allclose(y[:, :, i, j], of(window, axis=(2, 3)), rtol=1e-12)


def test_global_average_is_the_mean_of_a_map(rng: np.random.Generator) -> None:
    """Of each channel over all pixels."""
    x = rng.normal(size=(RUNS, BATCH, 3, 4, 2))
    np.testing.assert_allclose(passed(GlobalAverage((3, 4, 2)), x), x.mean(axis=(2, 3)), rtol=1e-12)


def test_of_equal_pixels_the_first_gets_the_gradient() -> None:
    """Once, not each of them, column by column: the sum stays that of what came back."""
    layer, memory = MaxPool((2, 4, 1), 2), Memory(float)
    x = np.array([[[1.0, 1, 0, 2, 1, 1, 2, 2]]])
    layer.forward([], x, memory)
    dx = layer.backward([], [], np.array([[[5.0, 7]]]), memory, need_dx=True)
    assert dx.tolist() == [[[5, 0, 0, 0, 0, 0, 7, 0]]]


@pytest.mark.parametrize(
    ("length", "kernel", "stride", "out"),
    [(8, 3, 1, 8), (8, 3, 2, 4), (7, 3, 2, 4), (5, 2, 1, 5), (3, 5, 1, 3), (28, 5, 3, 10)],
)
def test_same_padding_keeps_the_length_over_the_stride(
    length: int, kernel: int, stride: int, out: int
) -> None:
    """As TensorFlow defines it: ceil(length / stride) windows, which reach the last pixel."""
    axis = axis_of(length, kernel, stride, same=True)
    assert axis.out == out
    assert (axis.out - 1) * stride + kernel <= axis.padded
    assert axis.before <= axis.padded - length - axis.before <= axis.before + 1


def test_batch_normalisation_of_a_map_is_per_channel(rng: np.random.Generator) -> None:
    """Every channel has mean 0 and variance 1 over the pixels of all images of a batch."""
    layer = BatchNorm((3, 4, 2))
    assert layer.gains == layer.biases == ((1, 2),)
    x = rng.normal(3, 5, size=(RUNS, BATCH, 24))
    ones, zeros = np.ones((RUNS, 1, 2)), np.zeros((RUNS, 1, 2))
    y = layer.forward([ones, zeros], x, Memory(float)).reshape(RUNS, BATCH * 12, 2)
    np.testing.assert_allclose(y.mean(axis=1), 0, atol=1e-12)
    np.testing.assert_allclose(y.var(axis=1), 1, rtol=1e-5)


def test_the_words_make_these_layers() -> None:
    """An activation after each convolution and dense layer, none at the end."""
    arch = "conv16x3-pool2-conv32x5s2v-avgpool2s1-flatten-64"
    layers = layers_of(arch, (), (16, 14, 3), 10, "relu")
    assert [type(each) for each in layers] == [
        *(Conv, Relu, MaxPool, Conv, Relu, AveragePool, Dense, Relu, Dense),
    ]
    shapes = [(16, 14, 3), (16, 14, 16), (16, 14, 16), (8, 7, 16), (2, 2, 32), (2, 2, 32)]
    assert Network(layers[:5]).shapes == shapes
    assert layers[3].weights == ((5 * 5 * 16, 32),)
    with pytest.raises(ArchitectureError, match=r"'avgpool2s1' is larger than .* 2x1 pixels"):
        layers_of(arch, (), (16, 12, 3), 10, "relu")


def test_names_stand_for_layers() -> None:
    """By the size of the image; widths alone need none."""
    assert words_of("cnn", (), (8, 8, 1)) == SMALL_CNN
    assert words_of("cnn", (), (28, 28, 1)) == LARGE_CNN
    assert words_of("mlp", (7, 5), None) == "7-5"
    assert [needs_image(each) for each in ("mlp", "cnn", "64-32", "pool2-8")] == [0, 1, 0, 1]
    for image, arch in (((8, 8, 1), SMALL_CNN), ((28, 28, 3), LARGE_CNN)):
        assert Network(layers_of("cnn", (), image, 10, "relu")).shapes[-1] == (10,)
        check_words(arch)


@pytest.mark.parametrize("word", ["", "conv", "conv16", "conv0x3", "pool", "64s2", "relu", "-1"])
def test_a_word_that_is_no_layer_is_named(word: str) -> None:
    """With what is expected."""
    with pytest.raises(ArchitectureError, match=r"is no layer; expected convFxK"):
        check_words(f"8-{word}")


@pytest.mark.parametrize("word", ["conv4x3", "pool2", "gap", "flatten"])
def test_no_image_layer_stands_behind_a_dense_one(word: str) -> None:
    """The rows and columns are gone."""
    with pytest.raises(ArchitectureError, match=f"'{word}' needs the rows and columns"):
        layers_of(f"16-{word}", (), (8, 8, 1), 10, "relu")

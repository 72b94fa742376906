"""Regularizers that normalise the network: a layer after each hidden one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from regcmp.engine.layers import Layer
from regcmp.engine.normalization import BatchNorm, LayerNorm
from regcmp.engine.regularizers.base import Number, Regularizer


class Normalization(Regularizer):
    """A layer of normalisation between each hidden layer's product and its activation."""

    grid = (0.0, 1.0)
    changes_network = shared = hidden_only = True
    fixed = "it is part of the network"
    layer: ClassVar[type[BatchNorm] | type[LayerNorm]]

    @classmethod
    def build(cls, layers: Sequence[Layer], strength: float) -> list[Layer]:
        if not strength:
            return list(layers)
        built: list[Layer] = []
        for layer in layers[:-1]:
            built.append(layer)
            if layer.weights:
                built.append(cls.layer(layer.shape_out))
        return [*built, layers[-1]]


class BatchNormalization(Normalization):
    """Batch normalisation: a unit's input has mean 0 and variance 1 over the rows of each batch.

    In a feature map it is a channel's, over all pixels of these rows. A learned gain and bias follow;
    they start at 1 and 0 and are never penalised, and the layer's own bias stays beside them. In
    evaluation mean and variance are those over all training rows, computed with the weights that are
    judged, where other libraries take running averages. Where the last batch of an epoch is a single
    row, a dense layer has no variance in it: each unit gives its bias b whatever came before, so only b
    and what stands behind it learn from that row.
    """

    name = "batchnorm"
    strength_is = Number(1, 0, 1, "1 puts it before each hidden activation", whole=True)
    formula = "a ← g (a - mean(a)) / sqrt(var(a) + 1e-5) + b, over the batch"
    paper = "Ioffe and Szegedy 2015, Batch normalization"
    elsewhere: ClassVar = {
        "scikit-learn": "not available",
        "Keras": "keras.layers.BatchNormalization(epsilon=1e-5) before each hidden activation; in"
        " evaluation a running average with momentum 0.99",
        "PyTorch": "torch.nn.BatchNorm1d(width), or BatchNorm2d(channels), before each hidden"
        " activation; in evaluation a running average with momentum 0.1; a batch of one row is an error",
    }
    layer = BatchNorm


class LayerNormalization(Normalization):
    """Layer normalisation: the inputs of a layer's units have mean 0 and variance 1 in each example.

    Of a feature map, over all its pixels and channels. A learned gain and bias follow; they start at 1
    and 0 and are never penalised. It is the same in training and in evaluation, and knows nothing of
    batches.
    """

    name = "layernorm"
    strength_is = Number(1, 0, 1, "1 puts it before each hidden activation", whole=True)
    formula = "a ← g (a - mean(a)) / sqrt(var(a) + 1e-5) + b, over the units of a layer"
    paper = "Ba, Kiros and Hinton 2016, Layer normalization"
    elsewhere: ClassVar = {
        "scikit-learn": "not available",
        "Keras": "keras.layers.LayerNormalization(epsilon=1e-5), of feature maps with axis=(1, 2, 3),"
        " before each hidden activation",
        "PyTorch": "torch.nn.LayerNorm(width), or LayerNorm((C, H, W)), before each hidden activation",
    }
    excludes: ClassVar = {"batchnorm": "a layer is normalised once"}
    layer = LayerNorm

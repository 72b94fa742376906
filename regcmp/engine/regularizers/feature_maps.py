"""Regularizers of convolutional networks: what they drop is connected on a feature map."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from math import prod
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from regcmp.engine.arrays import Floats
from regcmp.engine.layers import Layer
from regcmp.engine.network import Masks
from regcmp.engine.regularizers.base import Context, Number, Regularizer
from regcmp.engine.regularizers.masks import LayerDraws, multiply_in
from regcmp.engine.streams import WORD, Words, stream

NO_MAPS = "it acts on feature maps; if the rows are images, give a network that has some, such as --arch cnn"


class MapRegularizer(Regularizer):
    """Masks what leaves the activation of each convolution, ahead of any pooling."""

    @cached_property
    def maps(self) -> dict[int, tuple[int, ...]]:
        """Height, width and channels, by the layer that the map enters."""
        shapes = {layer: self.network.shapes[layer] for layer in self.network.behind}
        return {layer: shape for layer, shape in shapes.items() if len(shape) == 3}

    @classmethod
    def misfit(cls, layers: Sequence[Layer], strength: float) -> str:
        maps = any(layer.weights and len(layer.shape_out) == 3 for layer in layers)
        return "" if maps else NO_MAPS


class SpatialDropout(MapRegularizer, LayerDraws):
    """Spatial dropout: zero each channel of a feature map as a whole, and scale the rest by 1 / (1 - p).

    Drawn for each example anew. Neighbouring pixels say nearly the same, so dropping one alone takes
    little away. It acts behind the activation of each convolution and on no dense layer; nothing
    changes at evaluation.
    """

    name = "spatialdropout"
    strength_is = Number(0.1, 0, 0.999, "probability p to drop a channel", drops=True)
    grid = (0.05, 0.1, 0.2, 0.3, 0.5)
    formula = "h_c ← h_c · m_c / (1 - p), m_c ~ Bernoulli(1 - p), one for all pixels of channel c"
    paper = "Tompson et al. 2015, Efficient object localization using convolutional networks"
    elsewhere: ClassVar = {
        "scikit-learn": "not available",
        "Keras": "keras.layers.SpatialDropout2D(p) after each convolution's activation",
        "PyTorch": "torch.nn.Dropout2d(p) after each convolution's activation",
    }

    def drawn_at(self) -> Iterable[int]:
        return self.maps

    def mask(self, masks: Masks, context: Context) -> Masks:
        for layer, draws in self.draws.items():
            *pixels, channels = self.maps[layer]
            shape = (len(self.seeds), context.batch_size, channels)
            drawn = draws.draw(shape, context.scratch(f"{self.name} {layer}", shape))
            full = context.scratch(f"{self.name} map {layer}", (*shape[:2], prod(pixels), channels))
            full[...] = drawn[:, :, None]
            multiply_in(masks, layer, full.reshape(*shape[:2], -1))
        return masks


class DropBlock(MapRegularizer):
    """DropBlock: zero squares of b x b pixels of a feature map, channel by channel, and scale the rest.

    A pixel becomes the corner of a square with probability γ, where a whole square fits. A share of p
    would be dropped if squares never overlapped; as they do, a cell inside the map is with probability
    1 - (1 - γ)^b², in the mean about 0.25 at p = 0.3 and 0.39 at p = 0.5 (b = 3, 8x8 pixels). What is
    kept is scaled by all / kept over the batch. The strength grows from 0 to p in a straight line over
    training, as published; :schedule=constant has p throughout. On a map smaller than b, b is its
    shorter side. It acts behind the activation of each convolution and on no dense layer; nothing
    changes at evaluation.
    """

    name = "dropblock"
    strength_is = Number(
        0.1, 0, 0.95, "share p of a map to drop (approximate: squares may overlap)", drops=True
    )
    options_are: ClassVar = {
        "block": Number(3, 1, 100, "side b of the squares in pixels; 1 drops pixels", whole=True)
    }
    schedule = "ramp"
    grid = (0.05, 0.1, 0.15, 0.2, 0.3)
    formula = "h ← h · m · all / kept, γ = p / b² · H W / ((H - b + 1) (W - b + 1))"
    paper = "Ghiasi et al. 2018, DropBlock: A regularization method for convolutional networks"
    elsewhere: ClassVar = {
        "scikit-learn": "not available",
        "Keras": "keras_cv.layers.DropBlock2D(p, b), with p constant",
        "PyTorch": "torchvision.ops.DropBlock2d(p, b) after each convolution's activation, with p from"
        " 0 to its full value over training",
    }

    def prepare(self) -> None:
        self.blocks = [int(block) for block in self.options["block"].ravel()]
        self.streams = {
            layer: [stream(seed, f"{self.name} {layer}") for seed in self.seeds]
            for layer in self.maps
        }
        self.words: dict[int, Words] = {}

    def mask(self, masks: Masks, context: Context) -> Masks:
        if not self.words:
            # At the first step, whose batch is the largest, whether or not anything is dropped yet.
            self.words = {
                layer: Words(self.streams[layer], context.batch_size * prod(image))
                for layer, image in self.maps.items()
            }
        if not self.strength.any():
            return masks
        for layer, image in self.maps.items():
            shape = (len(self.seeds), context.batch_size, *image)
            words = self.words[layer](shape)
            mask = context.scratch(f"{self.name} {layer}", shape)
            # Run by run, as each has a block and a rate of its own.
            for own, drawn, p, block in zip(
                mask, words, self.strength.ravel().tolist(), self.blocks, strict=True
            ):
                own[...] = 1
                corners = drawn < round(corner_rate(p, block, image) * WORD)
                drop_blocks(own, corners, min(block, *image[:2]))
                own *= own.size / max(1, np.count_nonzero(own))
            multiply_in(masks, layer, mask.reshape(*shape[:2], -1))
        return masks


def corner_rate(p: float, block: int, image: tuple[int, ...]) -> float:
    """γ, the probability that a pixel where a square can begin is the corner of one (its section 3)."""
    height, width, _ = image
    block = min(block, height, width)
    places = (height - block + 1) * (width - block + 1)
    return p / block**2 * height * width / places


def drop_blocks(mask: Floats, corners: npt.NDArray[np.bool_], block: int) -> None:
    """Zero the squares of a mask (B, H, W, C) whose upper left corners are True."""
    rows, columns = mask.shape[1] - block + 1, mask.shape[2] - block + 1
    kept = ~corners[:, :rows, :columns]
    for i in range(block):
        for j in range(block):
            mask[:, i : i + rows, j : j + columns] *= kept

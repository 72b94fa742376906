"""Images that are moved, and rectangles of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from regcmp.engine.arrays import Booleans
from regcmp.engine.layers import Layer
from regcmp.engine.regularizers.base import Batch, Context, Number, Regularizer
from regcmp.engine.streams import stream


class Shift(Regularizer):
    """Random shift: each image, whenever it is seen, moves by up to k pixels down or up and to a side.

    Each of the (2 k + 1)² moves is equally likely; what comes in at a border repeats it. It needs a
    network of convolutions, as others see each pixel scaled by itself.
    """

    name = "shift"
    strength_is = Number(1, 0, 100, "pixels k by which an image moves at most", whole=True)
    fixed = "it is a whole number of pixels"
    grid = (1.0, 2.0, 3.0, 4.0)
    formula = "x[i, j] ← x[i - v, j - u], u and v uniform from -k to k"
    paper = "Simard et al. 2003, Best practices for convolutional neural networks applied to visual"
    " document analysis"
    elsewhere: ClassVar = {
        "scikit-learn": "not available",
        "Keras": "akin: keras.layers.RandomTranslation(k / H, k / W, fill_mode='nearest'), which moves by"
        " parts of pixels too",
        "PyTorch": "torchvision.transforms.RandomCrop((H, W), padding=k, padding_mode='edge')",
    }

    def prepare(self) -> None:
        self.streams = [stream(seed, self.name) for seed in self.seeds]

    @classmethod
    def misfit(cls, layers: Sequence[Layer], strength: float) -> str:
        if layers and len(layers[0].shape_in) == 3:
            return ""
        return (
            "it moves images; if the rows are images, give a network that is made for them, such as"
            " --arch cnn"
        )

    def transform(self, batch: Batch, context: Context) -> Batch:
        x, targets = batch
        assert self.network.image is not None
        height, width, _ = self.network.image
        images = x.reshape(*x.shape[:2], *self.network.image)
        for own, k, generator in zip(images, self.strength.ravel(), self.streams, strict=True):
            if k:
                down, right = generator.integers(-int(k), int(k) + 1, size=(2, len(own), 1))
                rows = np.clip(np.arange(height) - down, 0, height - 1)
                columns = np.clip(np.arange(width) - right, 0, width - 1)
                each = np.arange(len(own))[:, None, None]
                own[...] = own[each, rows[:, :, None], columns[:, None, :]]
        return x, targets


def rectangles(
    generator: np.random.Generator, count: int, share: float, image: tuple[int, int, int]
) -> Booleans:
    """(count, D) True on rectangles of a share of the image and of its proportions, on every channel.

    Each is centred on a pixel, all equally likely, so some reach over the border and are cut off.
    """
    height, width, channels = image
    inside = []
    for length in (height, width):
        side = max(1, round(share**0.5 * length))
        start = generator.integers(length, size=(count, 1)) - side // 2
        pixels = np.arange(length)
        inside.append((pixels >= start) & (pixels < start + side))
    rows, columns = inside
    cut = rows[:, :, None] & columns[:, None, :]
    return np.repeat(cut.reshape(count, -1), channels, axis=1)

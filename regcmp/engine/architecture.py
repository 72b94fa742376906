"""The words for a network: ``conv16x3-pool2-conv32x3-gap-64``, or the widths of dense layers alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import prod

from regcmp.engine.convolution import Conv, Shape3
from regcmp.engine.layers import ACTIVATIONS, Dense, Layer
from regcmp.engine.pooling import AveragePool, GlobalAverage, MaxPool

MLP, CNN = "mlp", "cnn"
SMALL_CNN = "conv16x3-pool2-conv32x3-pool2-64"
LARGE_CNN = "conv16x3-pool2-conv32x3-pool2-conv64x3-pool2-128"
LARGE = 16
"""Images with at least so many pixels on their shorter side take the large one."""

GRAMMAR = (
    "convFxK (F filters of KxK pixels; s2 for a stride of 2, v for no zeros around the image), poolK,"
    " avgpoolK, gap, flatten and the widths of dense layers, joined by hyphens"
)
WORD = re.compile(
    r"(?:conv(?P<filters>[1-9]\d{0,4})x(?P<kernel>[1-9]\d?)(?:s(?P<stride>[1-9]))?(?P<valid>v)?"
    r"|(?P<pool>pool|avgpool)(?P<size>[1-9]\d?)(?:s(?P<step>[1-9]))?"
    r"|(?P<gap>gap)|(?P<flatten>flatten)|(?P<width>100000|[1-9]\d{0,4}))"
)


class ArchitectureError(ValueError):
    """A word that is none, or that can't stand where it stands."""


def words_of(arch: str, hidden: Sequence[int], image: Shape3 | None) -> str:
    """The layers that a name stands for: 'mlp' for ``hidden``, 'cnn' for what fits the image."""
    if arch == MLP:
        return "-".join(map(str, hidden))
    if arch == CNN and image is not None:
        return LARGE_CNN if min(image[:2]) >= LARGE else SMALL_CNN
    return arch


def check_words(arch: str) -> None:
    """Raise ArchitectureError for a word that is none."""
    for word in arch.split("-"):
        if arch not in (MLP, CNN) and not WORD.fullmatch(word):
            raise ArchitectureError(
                f"{word!r} is no layer; expected {GRAMMAR}, or {MLP} or {CNN} alone"
            )


def needs_image(arch: str) -> bool:
    """Whether a network of these words is for images alone."""
    return arch != MLP and not all(word.isdigit() for word in arch.split("-"))


def layers_of(
    arch: str,
    hidden: Sequence[int],
    shape: tuple[int, ...],
    n_out: int,
    activation: str,
) -> list[Layer]:
    """The layers of a network for examples of this shape, (D,) or (H, W, C), with logits at the end.

    An activation follows every convolution and every dense layer but the last. Raises
    ArchitectureError for a word that can't stand where it stands.
    """
    layers: list[Layer] = []
    image = shape if len(shape) == 3 else None
    for word in words_of(arch, hidden, image).split("-"):
        if word:
            made, shape = _layer(word, shape)
            layers += made
            if made and made[0].weights:
                layers.append(ACTIVATIONS[activation]())
    return [*layers, Dense(prod(shape), n_out)]


def _layer(word: str, shape: tuple[int, ...]) -> tuple[list[Layer], tuple[int, ...]]:
    """The layer of a word, and the shape of what leaves it."""
    given = WORD.fullmatch(word)
    assert given, word
    if given["width"]:
        return _made(Dense(prod(shape), int(given["width"])))
    if len(shape) != 3:
        raise ArchitectureError(
            f"{word!r} needs the rows and columns of an image, which end before it: dense layers, gap"
            " and flatten come last"
        )
    image: Shape3 = (shape[0], shape[1], shape[2])
    if given["flatten"]:
        return [], (prod(image),)
    if given["gap"]:
        return _made(GlobalAverage(image))
    layer: Layer
    if given["filters"]:
        filters, kernel, stride = (
            int(given["filters"]),
            int(given["kernel"]),
            int(given["stride"] or 1),
        )
        layer = Conv(image, filters, kernel, stride, same=not given["valid"])
    else:
        pool = MaxPool if given["pool"] == "pool" else AveragePool
        layer = pool(image, int(given["size"]), int(given["step"] or given["size"]))
    if not prod(layer.shape_out):
        raise ArchitectureError(
            f"{word!r} is larger than what reaches it, {image[0]}x{image[1]} pixels; take a smaller"
            " one, or leave out a pooling or a stride before it"
        )
    return _made(layer)


def _made(layer: Layer) -> tuple[list[Layer], tuple[int, ...]]:
    return [layer], layer.shape_out

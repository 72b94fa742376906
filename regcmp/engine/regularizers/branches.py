"""Regularizers that give the network skip connections, and branches that drop out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from regcmp.engine.arrays import Floats
from regcmp.engine.layers import Layer
from regcmp.engine.network import Masks, shapes_of
from regcmp.engine.regularizers.base import Context, Number, Regularizer
from regcmp.engine.regularizers.masks import Bernoulli, multiply_in
from regcmp.engine.residual import Fork, Join
from regcmp.engine.streams import stream
from regcmp.engine.taps import Tap, Taps


class Skip(Regularizer):
    """Skip connections: what enters a branch of k hidden layers is added to what leaves it.

    A branch is k hidden layers in a row, after the first one, that leave as many units as enter;
    where the widths differ, or the sizes of feature maps, there is none. What is added is the
    activation itself, unchanged, ahead of any pooling.
    """

    name = "skip"
    strength_is = Number(1, 0, 1000, "hidden layers k in a branch; 0 makes none", whole=True)
    grid = (0.0, 1.0, 2.0)
    changes_network = shared = True
    fixed = "it is part of the network"
    formula = "h ← h + f(h), f: k hidden layers"
    paper = "He et al. 2016, Deep residual learning; Identity mappings in deep residual networks"
    elsewhere: ClassVar = {
        "scikit-learn": "not available",
        "Keras": "h = keras.layers.Add()([h, activation(dense(h))])",
        "PyTorch": "h = h + activation(linear(h))",
    }

    @classmethod
    def build(cls, layers: Sequence[Layer], strength: float) -> list[Layer]:
        first, *blocks, last = _blocks(layers)
        length = int(strength)
        built = list(first)
        while blocks:
            branch, blocks = blocks[: max(length, 1)], blocks[max(length, 1) :]
            inside, pooling = _without_pooling([layer for block in branch for layer in block])
            if length and len(branch) == length and _keeps_shape(inside):
                inside = [Fork(), *inside, Join()]
            built += [*inside, *pooling]
        return [*built, *last]

    @classmethod
    def misfit(cls, layers: Sequence[Layer], strength: float) -> str:
        """Why there would be no branch at all."""
        if not strength or any(isinstance(each, Join) for each in cls.build(layers, strength)):
            return ""
        layers_in_a_row = "hidden layer" if strength == 1 else "hidden layers in a row"
        return (
            f"a branch is {strength:g} {layers_in_a_row}, after the first, with as many units coming"
            " in as going out; give --hidden equal widths, as in 64,64, or --arch convolutions of"
            " equal size, as in conv16x3-conv16x3"
        )


def _blocks(layers: Sequence[Layer]) -> list[list[Layer]]:
    """A layer with weights and what follows it: a block per hidden layer, and the last for the logits.

    What stands before the first of them belongs to its block.
    """
    blocks: list[list[Layer]] = [[]]
    for layer in layers:
        if layer.weights and any(each.weights for each in blocks[-1]):
            blocks.append([])
        blocks[-1].append(layer)
    return blocks if len(blocks) > 1 else [[], *blocks]


def _without_pooling(layers: Sequence[Layer]) -> tuple[list[Layer], list[Layer]]:
    """The layers of a branch, and the pooling at its end, which comes after what is added."""
    end = len(layers)
    while layers[end - 1].shape_out and not layers[end - 1].weights:
        end -= 1
    return list(layers[:end]), list(layers[end:])


def _keeps_shape(layers: Sequence[Layer]) -> bool:
    first, *_, last = shapes_of(layers)
    return first == last


class BranchRegularizer(Regularizer):
    """Draws for each example whether it passes a branch, less often the deeper the branch lies.

    Of L branches, the l-th is left out with probability p l / L: the papers' linear rule.
    """

    needs: ClassVar = {"skip": "it acts on the branches that skip makes"}

    def prepare(self) -> None:
        joins = [i for i, layer in enumerate(self.network.layers) if isinstance(layer, Join)]
        self.depths = {join: (depth + 1) / len(joins) for depth, join in enumerate(joins)}
        self.draws = {
            join: Bernoulli(self.strength * depth, self.seeds, f"{self.name} {join}")
            for join, depth in self.depths.items()
            if self.strength.any()
        }

    def adjust(self, strength: Floats) -> None:
        super().adjust(strength)
        for join, draws in self.draws.items():
            draws.adjust(strength * self.depths[join])


class DropPath(BranchRegularizer):
    """Stochastic depth: each example passes beside a branch with probability p, as if it were not there.

    Of L branches the l-th is dropped with probability p l / L, for each example anew. Branches that
    are kept are scaled by the inverse of that, so nothing changes at evaluation; the paper scales at
    evaluation instead, and draws once for a batch.
    """

    name = "droppath"
    strength_is = Number(0.2, 0, 0.999, "probability p to drop the last branch", drops=True)
    grid = (0.05, 0.1, 0.2, 0.3, 0.5)
    formula = "h ← h + m f(h) / (1 - p), m ~ Bernoulli(1 - p)"
    paper = "Huang et al. 2016, Deep networks with stochastic depth"
    elsewhere: ClassVar = {
        "scikit-learn": "not available",
        "Keras": "a layer of your own: keras.layers.Dropout(p, noise_shape=(None, 1)) on f(h),"
        " with p l / L for p",
        "PyTorch": "torchvision.ops.StochasticDepth(p, mode='row') on f(h), with p l / L for p",
    }

    def mask(self, masks: Masks, context: Context) -> Masks:
        for join, draws in self.draws.items():
            shape = (len(self.seeds), context.batch_size, 1)
            mask = draws.draw(shape, context.scratch(f"droppath {join}", shape))
            multiply_in(masks, join, mask)
        return masks


class ShakeDrop(BranchRegularizer):
    """ShakeDrop: where a branch would be dropped it is disturbed instead, otherwise each way.

    With probability p, for each example anew, the branch is multiplied by α ~ U(-1, 1) on the way
    forward and its gradient by β ~ U(0, 1) on the way back. Of L branches the l-th is disturbed with
    probability p l / L. Both ways are divided by 1 - p, the mean of the forward factor, so nothing
    changes at evaluation; the paper multiplies by it there instead. Usual code draws once for a batch
    whether it is disturbed, and only α and β for each example.
    """

    name = "shakedrop"
    strength_is = Number(0.5, 0, 0.999, "probability p to disturb the last branch")
    grid = (0.1, 0.2, 0.3, 0.5)
    formula = "h ← h + (b + α - b α) f(h) / (1 - p), backward (b + β - b β) / (1 - p)"
    paper = "Yamada et al. 2018, ShakeDrop regularization for deep residual learning"
    elsewhere: ClassVar = {
        "scikit-learn": "not available",
        "Keras": "not available",
        "PyTorch": "not available; a torch.autograd.Function of your own",
    }
    excludes: ClassVar = {"droppath": "each decides alone whether an example passes a branch"}

    def prepare(self) -> None:
        super().prepare()
        self.streams = [stream(seed, "shakedrop") for seed in self.seeds]

    def tap(self, taps: Taps, context: Context) -> Taps:
        for join, draws in self.draws.items():
            shape = (len(self.seeds), context.batch_size, 1)
            kept = draws.draw(shape, context.scratch(f"shakedrop {join}", shape))
            # Kept is 0 or 1 / (1 - p): where it is 0, a uniform number takes the place of 1.
            share = 1 / (1 - self.strength * self.depths[join])
            forward, backward = np.empty((2, *shape), kept.dtype)
            for run, generator in enumerate(self.streams):
                forward[run] = generator.uniform(-1, 1, shape[1:])
                backward[run] = generator.uniform(0, 1, shape[1:])
            disturbed = kept == 0
            taps[join].append(
                Shake(
                    np.where(disturbed, forward * share, kept),
                    np.where(disturbed, backward * share, kept),
                )
            )
        return taps


class Shake(Tap):
    """Multiply by one factor (R, B, 1) forward and by another one backward."""

    def __init__(self, ahead: Floats, back: Floats) -> None:
        self.ahead, self.back = ahead, back

    def forward(self, x: Floats) -> Floats:
        return x * self.ahead

    def backward(self, dy: Floats) -> Floats:
        return np.multiply(dy, self.back, out=dy)

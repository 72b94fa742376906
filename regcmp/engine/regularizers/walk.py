"""regcmp's own: units that a random walk visits are dropped."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import numpy.typing as npt

from regcmp.engine.arrays import Booleans, Integers
from regcmp.engine.network import Masks
from regcmp.engine.regularizers.base import Context, Number, Regularizer
from regcmp.engine.regularizers.masks import multiply_in
from regcmp.engine.streams import stream

STEPS = np.array([(-1, 0), (1, 0), (0, -1), (0, 1)])
"""Up, down, left, right."""

MOST_STEPS = 1 << 19
"""How many steps are drawn at once. Fixed, since it says in which order walks draw theirs."""


class DropWalk(Regularizer):
    """Zero the cells that a random walk visits until a share p is gone; scale the rest by 1 / (1 - p).

    Each channel of a feature map has a walk of its own, for each example anew, from a random cell to
    one of its four neighbours at each step; beyond a border it comes in at the opposite one, so every
    cell is dropped equally often. What is dropped is connected but ragged: it lies between dropout,
    whose cells are not connected, and DropBlock, whose cells are compact. Where p is no whole number
    of cells, it is that on average. On a dense layer the units are a ring, and a walk visits an arc of
    it. It acts behind each hidden activation, ahead of any pooling; nothing changes at evaluation.
    """

    name = "dropwalk"
    strength_is = Number(
        0.1, 0, 0.95, "share p of the cells that a walk drops (regcmp's own)", drops=True
    )
    grid = (0.05, 0.1, 0.2, 0.3, 0.5)
    hidden_only = True
    formula = "h ← h · m / (1 - p), m = 0 on the first p H W cells that a random walk visits"
    paper = "regcmp's own, without a paper"
    elsewhere: ClassVar = {
        "scikit-learn": "not available",
        "Keras": "not available",
        "PyTorch": "not available",
    }

    def prepare(self) -> None:
        self.streams = {
            layer: [stream(seed, f"{self.name} {layer}") for seed in self.seeds]
            for layer in self.network.behind
        }

    def mask(self, masks: Masks, context: Context) -> Masks:
        for layer, streams in self.streams.items():
            shape = self.network.shapes[layer]
            mask = context.scratch(
                f"{self.name} {layer}", (len(streams), context.batch_size, *shape)
            )
            for own, p, generator in zip(mask, self.strength.ravel(), streams, strict=True):
                dropped = visited(generator, len(own), shape, float(p)) if p else False
                own[...] = np.where(dropped, 0, 1 / (1 - p))
            multiply_in(masks, layer, mask.reshape(*mask.shape[:2], -1))
        return masks


def visited(
    generator: np.random.Generator, rows: int, shape: tuple[int, ...], p: float
) -> Booleans:
    """(rows, *shape) True on a share p of the cells of each map, or of each ring of units."""
    if len(shape) == 1:
        return arcs(generator, rows, shape[0], p)
    height, width, channels = shape
    cells = on_average(generator, p * height * width, rows * channels)
    # Some at a time, so that their steps take no more memory than they must.
    some = max(1, MOST_STEPS // (4 * int(cells.max()) + 1))
    parts = [cells[start : start + some] for start in range(0, len(cells), some)]
    walked = np.concatenate([walks(generator, part, height, width) for part in parts])
    walked = walked.reshape(rows, channels, height, width)
    return np.moveaxis(walked, 1, 3)


def on_average(generator: np.random.Generator, mean: float, count: int) -> Integers:
    """Whole numbers with this mean, each of them next to it."""
    return np.floor(mean + generator.random(count)).astype(np.intp)


def arcs(generator: np.random.Generator, rows: int, width: int, p: float) -> Booleans:
    """(rows, width) what a walk on a ring has visited: an arc, which begins anywhere."""
    cells = on_average(generator, p * width, rows)
    first = generator.integers(width, size=(rows, 1))
    arc: Booleans = np.less((np.arange(width) - first) % width, cells[:, None])
    return arc


def walks(generator: np.random.Generator, cells: Integers, height: int, width: int) -> Booleans:
    """(n, H W) the first ``cells`` (n,) cells that each of n walks visits.

    All walks go on until the slowest is done: what comes later changes nothing for the others.
    """
    n, never = len(cells), np.iinfo(np.intp).max
    places = generator.integers((height, width), size=(n, 1, 2))
    first = np.full((n, height * width), never)
    walk, row = 0, np.arange(n)[:, None]
    while True:
        # As many steps at a time as a walk is likely to need, at a moderate share.
        ways = generator.integers(4, size=(n, 4 * int(cells.max()) + 1), dtype=np.uint8)
        path = places[:, -1:] + STEPS[ways].cumsum(axis=1) if walk else _started(places, ways)
        cell = path[:, :, 0] % height * width + path[:, :, 1] % width
        times = np.broadcast_to(walk + np.arange(path.shape[1]), cell.shape)
        np.minimum.at(first.ravel(), (row * first.shape[1] + cell).ravel(), times.ravel())
        done = np.sort(first, axis=1)[row, np.maximum(cells, 1)[:, None] - 1]
        if (done < never).all():
            gone: Booleans = (first <= done) & (cells[:, None] > 0)
            return gone
        walk, places = walk + path.shape[1], path[:, -1:]


def _started(places: npt.NDArray[np.intp], ways: npt.NDArray[np.uint8]) -> npt.NDArray[np.intp]:
    """The first stretch of a walk, which begins with the place where it starts."""
    return np.concatenate([places, places + STEPS[ways].cumsum(axis=1)], axis=1)

"""Networks in evaluation mode: no masks and no noise, moments over all training rows, a chunk at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
import numpy.typing as npt

from regcmp.engine.arrays import Floats
from regcmp.engine.layers import Layer
from regcmp.engine.losses import Loss
from regcmp.engine.network import Network, shapes_of
from regcmp.engine.normalization import BatchNorm
from regcmp.engine.taps import Taps

CHUNK = 256
"""Rows evaluated at a time. Fixed, since the last bits of a product may depend on its shape."""

Moments = dict[int, tuple[Floats, Floats]]
"""(R, 1, width) mean and variance over all training rows, by the number of the layer."""
Chunks = Callable[[], Iterable[Floats]]
"""Gives the training rows of every run (R, n, D), a chunk at a time, from the beginning."""


@dataclass(frozen=True)
class Judged:
    """R networks in evaluation: their parameters, and the moments of layers that normalise."""

    params: list[list[Floats]]
    moments: Moments


class Evaluator:
    """Passes rows through networks; its buffers are made once."""

    def __init__(self, network: Network, loss: Loss, taps: Taps, dtype: npt.DTypeLike) -> None:
        self.network = network
        self.loss = loss
        self.taps = taps
        self.memories = network.memories(dtype)

    def judged(self, theta: Floats, training_rows: Chunks) -> Judged:
        """The networks of weights theta (R, P), with the moments of batch normalisation.

        Those of chunks of rows are put together as in Chan, Golub and LeVeque (1979).
        """
        judged = Judged(self.network.params(theta), {})
        for i, layer in enumerate(self.network.layers):
            if isinstance(layer, BatchNorm):
                memory, count, mean, spread = self.memories[i], 0, np.zeros(1), np.zeros(1)
                for batch in training_rows():
                    rows = batch.shape[1]
                    self._forward(judged, batch)
                    chunk_mean, variance = layer.moments(memory.x, memory)
                    shift = chunk_mean - mean
                    spread = spread + rows * (variance + shift**2 * count / (count + rows))
                    mean = mean + shift * rows / (count + rows)
                    count += rows
                dtype = theta.dtype
                judged.moments[i] = mean.astype(dtype), (spread / count).astype(dtype)
        return judged

    def outputs(self, judged: Sequence[Judged], x: Floats) -> Floats:
        """The outputs (R, B, C) for x (R, B, D) of one network, or of the ensemble of several."""
        *others, last = judged
        # The next network overwrites what one gives out.
        outputs = [self._forward(each, x).copy() for each in others]
        outputs.append(self._forward(last, x))
        return self.loss.pooled(outputs) if others else outputs[0]

    def _forward(self, judged: Judged, x: Floats) -> Floats:
        """The outputs (R, B, C); a layer that has no moments yet takes the batch's."""
        for i, memory in enumerate(self.memories):
            memory.population = judged.moments.get(i)
        masks = self.network.no_masks()
        return self.network.forward(judged.params, x, masks, self.taps, self.memories)


def values_of(layers: Sequence[Layer]) -> int:
    """How many values a row takes in evaluation, of which none is made for it."""
    widths = sum(prod(shape) for shape in shapes_of(layers))
    return 2 * widths + sum(layer.n_unfolded for layer in layers)


def parts_of(rows: int) -> Iterator[slice]:
    """Where each chunk of so many rows stands."""
    for start in range(0, rows, CHUNK):
        yield slice(start, start + CHUNK)

"""The floor: how fast this machine does nothing but the matrix products of training.

The products of one step (forward, gradients of the weights, gradients of the inputs but for the
first layer) are repeated in the shapes of the workload and with np.matmul, as the engine calls it,
stacked over R runs. No other side can use more than both cores either, so the rate is that of two
one-thread processes, summed, at the fastest R.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from time import perf_counter

import numpy as np

from processes import Finish, Ready, timed
from workloads import Workload

CORES = 2
STACKS = (1, 2, 4, 8)
SECONDS = 0.5
"""How long each stack size is measured."""


def gemm_rate(workload: Workload) -> float:
    """Floating-point operations per second of both cores together."""
    _, rates, _ = timed(prepare, [(workload,)] * CORES)
    return max(map(sum, zip(*rates, strict=True)))


def prepare(workload: Workload) -> Ready:
    """One core's share: its rate at each stack size."""
    steps = [step(workload, runs) for runs in STACKS]

    def ready() -> Finish:
        rates = [
            rate(once, runs * workload.batch_size * workload.flops_per_row)
            for runs, once in zip(STACKS, steps, strict=True)
        ]
        return partial(list, rates)

    return ready


def step(workload: Workload, runs: int) -> Callable[[], None]:
    """All matrix products of one step for a stack of ``runs``, and nothing else."""
    rng = np.random.default_rng(0)

    def array(*shape: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        return rng.standard_normal((runs, *shape), np.float32)

    layers = list(workload.products())
    activations = [array(workload.batch_size, width) for width in workload.widths]
    slopes = [array(workload.batch_size, width) for width in workload.widths]
    weights = [array(n_in, n_out) for n_in, n_out, _ in layers]
    gradients = [array(n_in, n_out) for n_in, n_out, _ in layers]

    def once() -> None:
        # Inputs and results are apart, so that nothing grows however often this is repeated.
        for i, weight in enumerate(weights):
            np.matmul(activations[i], weight, out=slopes[i + 1])
        for i, weight in reversed(list(enumerate(weights))):
            np.matmul(activations[i].swapaxes(1, 2), activations[i + 1], out=gradients[i])
            if i:
                np.matmul(activations[i + 1], weight.swapaxes(1, 2), out=slopes[i])

    return once


def rate(once: Callable[[], None], flops: int) -> float:
    """Floating-point operations per second of repeating this for a while."""
    once()
    count, start = 0, perf_counter()
    while (seconds := perf_counter() - start) < SECONDS:
        once()
        count += 1
    return count * flops / seconds

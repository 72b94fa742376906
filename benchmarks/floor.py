"""The floor: how fast this machine does nothing but the matrix products of training.

The products of one step (forward, gradients of the weights, gradients of the inputs but for the
first layer) are repeated in the shapes of the workload, stacked over R runs: whole by np.matmul, and
in blocks as the engine multiplies. No other side can use more than both cores either, so a rate is
that of two one-thread processes, summed, at the fastest R.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np
from regcmp.engine.products import multiply

from processes import Finish, Ready, timed
from workloads import Workload

CORES = 2
STACKS = (1, 2, 4, 8)
SECONDS = 0.5
"""How long each stack size is measured."""

Product = Callable[..., Any]
WAYS: dict[str, Product] = {"whole": np.matmul, "in blocks": multiply}


def gemm_rates(workload: Workload) -> dict[str, float]:
    """Floating-point operations per second of both cores together, of each way to multiply."""
    _, found, _ = timed(prepare, [(workload,)] * CORES)
    of_both = [sum(rates) for rates in zip(*found, strict=True)]
    return {way: max(of_both[i :: len(WAYS)]) for i, way in enumerate(WAYS)}


def prepare(workload: Workload) -> Ready:
    """One core's share: its rate at each stack size, each way in turn."""
    steps = [
        (step(workload, runs, product), runs * workload.batch_size * workload.flops_per_row)
        for runs in STACKS
        for product in WAYS.values()
    ]

    def ready() -> Finish:
        rates = [rate(once, flops) for once, flops in steps]
        return partial(list, rates)

    return ready


def step(workload: Workload, runs: int, product: Product) -> Callable[[], None]:
    """All matrix products of one step for a stack of ``runs``, and nothing else."""
    rng = np.random.default_rng(0)

    def array(*shape: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        return rng.standard_normal((runs, *shape), np.float32)

    layers = [layer for layer, _ in workload.products()]
    # Of a convolution, the windows of all pixels; inputs and results are apart, so that nothing
    # grows however often this is repeated.
    inputs = [array(workload.batch_size * each.pixels, each.fan_in) for each in layers]
    outputs = [array(workload.batch_size * each.pixels, each.n_out) for each in layers]
    slopes_in = [np.empty_like(each) for each in inputs]
    slopes_out = [each.copy() for each in outputs]
    weights = [array(each.fan_in, each.n_out) for each in layers]
    gradients = [np.empty_like(each) for each in weights]

    def once() -> None:
        for i, weight in enumerate(weights):
            product(inputs[i], weight, out=outputs[i])
        for i, weight in reversed(list(enumerate(weights))):
            product(inputs[i].swapaxes(1, 2), slopes_out[i], out=gradients[i])
            if i:
                product(slopes_out[i], weight.swapaxes(1, 2), out=slopes_in[i])

    return once


def rate(once: Callable[[], None], flops: int) -> float:
    """Floating-point operations per second of repeating this for a while."""
    once()
    count, start = 0, perf_counter()
    while (seconds := perf_counter() - start) < SECONDS:
        once()
        count += 1
    return count * flops / seconds

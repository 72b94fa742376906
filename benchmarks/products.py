"""Whether products in blocks are faster: ``python benchmarks/products.py``.

The three products of dense layers (forward, the gradient of the weights, that of the input) on one
core: whole by np.matmul, and as the engine multiplies.
"""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter
from typing import Any

import click
import numpy as np
import numpy.typing as npt
from regcmp.engine.products import multiply

from harness import start_clean
from report import columns, significant

Array = npt.NDArray[np.floating[Any]]

LAYERS = (
    (8, 32, 64, 64),
    (5, 64, 64, 256),
    (5, 64, 256, 128),
    (5, 64, 128, 10),
    (1, 128, 784, 512),
    (1, 128, 512, 512),
    (1, 1024, 144, 32),
)
"""Runs, rows, inputs and outputs: of small networks, W1, W3 and the windows of a convolution."""

ROUNDS, SECONDS = 15, 0.02


def main() -> None:
    """Start again in a clean environment with one thread, and print a table."""
    start_clean()
    rows = [("runs, rows, inputs, outputs", "product", "whole", "in blocks", "ratio")]
    for dtype in (np.float32, np.float64):
        rows.append((dtype.__name__, "", "", "", ""))
        for layer in LAYERS:
            rows += products_of(*layer, dtype)
    for line in columns(rows):
        click.echo(line)
    click.echo(f"GFLOP/s, the best of {ROUNDS} turns each")


def products_of(
    runs: int, batch: int, n_in: int, n_out: int, dtype: type[np.floating[Any]]
) -> Iterator[tuple[str, ...]]:
    """A row for each of a layer's products."""
    rng = np.random.default_rng(0)

    def array(*shape: int) -> Array:
        return rng.standard_normal((runs, *shape)).astype(dtype)

    x, weight, dy = array(batch, n_in), array(n_in, n_out), array(batch, n_out)
    name = f"{runs}, {batch}, {n_in}, {n_out}"
    for product, a, b in (
        ("forward", x, weight),
        ("weights", x.swapaxes(1, 2), dy),
        ("input", dy, weight.swapaxes(1, 2)),
    ):
        flops = 2 * runs * batch * n_in * n_out
        whole, blocks = (flops / each / 1e9 for each in seconds(a, b))
        yield name, product, significant(whole), significant(blocks), f"{blocks / whole:.2f}"
        name = ""


def seconds(a: Array, b: Array) -> tuple[float, float]:
    """The shortest mean time of each way, in turns, so that both see the same machine."""
    out = np.empty((len(a), a.shape[1], b.shape[2]), a.dtype)
    best = [float("inf")] * 2
    for _ in range(ROUNDS):
        for i, product in enumerate((np.matmul, multiply)):
            count, start = 0, perf_counter()
            while (taken := perf_counter() - start) < SECONDS:
                product(a, b, out)
                count += 1
            best[i] = min(best[i], taken / count)
    return best[0], best[1]


if __name__ == "__main__":
    main()

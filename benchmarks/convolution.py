"""Which layout a convolution is fastest in: ``python benchmarks/convolution.py``.

A batch of 64 images, 3x3 filters, one core, in the layers of the default networks. Channels last are
images (B, H, W, C) and windows (B H W, 9 C), channels first (C, B, H, W) and (9 C, B H W). For each
stands what it takes to copy the windows, and the rate of the three products: forward, the gradient
of the filters and that of the windows. Last comes the gradient at the images: by adding windows up
where they overlap, or as a convolution of the outputs' gradient by the filters turned round.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import perf_counter

import click
import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from harness import start_clean
from report import columns, significant

Array = npt.NDArray[np.float32]
BATCH, K = 64, 3
LAYERS = ((8, 1, 16), (4, 16, 32), (28, 1, 16), (14, 16, 32), (7, 32, 64))
"""Pixels on a side, channels, filters."""


def main() -> None:
    """Start again in a clean environment with one thread, and print a table."""
    start_clean()
    headings = (
        *("layer", "layout", "copy", "forward", "filters", "windows"),
        *("added up", "turned round"),
    )
    rows = [headings]
    for layer in LAYERS:
        rows += [channels_last(*layer), channels_first(*layer)]
    for line in columns(rows):
        click.echo(line)
    click.echo("copies and gradients at the images in µs, products in GFLOP/s")


def channels_last(side: int, channels: int, filters: int) -> tuple[str, ...]:
    """What windows of pixels by channels cost."""
    rng = np.random.default_rng(0)
    padded = np.zeros((BATCH, side + 2, side + 2, channels), np.float32)
    padded[:, 1:-1, 1:-1] = rng.normal(size=(BATCH, side, side, channels))
    x = np.empty((BATCH, side, side, K, K, channels), np.float32)
    windows = sliding_window_view(padded, (K, K), axis=(1, 2)).transpose(0, 1, 2, 4, 5, 3)
    rows, width = BATCH * side * side, K * K * channels
    weight = rng.normal(size=(width, filters)).astype(np.float32)
    dy = rng.normal(size=(rows, filters)).astype(np.float32)
    flat, dx = x.reshape(rows, width), np.empty_like(padded)

    def added_up() -> None:
        d_windows = np.matmul(dy, weight.T).reshape(x.shape)
        dx.fill(0)
        for i, j in corners():
            dx[:, i : i + side, j : j + side] += d_windows[:, :, :, i, j]

    around = np.zeros((BATCH, side + 2, side + 2, filters), np.float32)
    each = sliding_window_view(around, (K, K), axis=(1, 2)).transpose(0, 1, 2, 4, 5, 3)
    turned = np.ascontiguousarray(
        weight.reshape(K, K, channels, filters)[::-1, ::-1].swapaxes(2, 3)
    ).reshape(-1, channels)

    def turned_round() -> None:
        around[:, 1:-1, 1:-1] = dy.reshape(BATCH, side, side, filters)
        np.matmul(np.ascontiguousarray(each).reshape(rows, -1), turned)

    copies = [lambda: np.copyto(x, windows)]

    def by_pixel() -> None:
        for i, j in corners():
            x[:, :, :, i, j] = padded[:, i : i + side, j : j + side]

    copies.append(by_pixel)
    return (
        f"{side}x{side}x{channels} to {filters}",
        "last",
        " or ".join(microseconds(copy) for copy in copies),
        *rates(flat, weight, dy, flat.T),
        microseconds(added_up),
        microseconds(turned_round),
    )


def channels_first(side: int, channels: int, filters: int) -> tuple[str, ...]:
    """What windows of channels by pixels cost."""
    rng = np.random.default_rng(0)
    padded = np.zeros((channels, BATCH, side + 2, side + 2), np.float32)
    padded[:, :, 1:-1, 1:-1] = rng.normal(size=(channels, BATCH, side, side))
    x = np.empty((channels, K, K, BATCH, side, side), np.float32)
    rows, width = BATCH * side * side, K * K * channels
    weight = rng.normal(size=(filters, width)).astype(np.float32)
    dy = rng.normal(size=(filters, rows)).astype(np.float32)
    dx = np.empty_like(padded)

    def copy() -> None:
        for i, j in corners():
            x[:, i, j] = padded[:, :, i : i + side, j : j + side]

    def added_up() -> None:
        d_windows = np.matmul(weight.T, dy).reshape(x.shape)
        dx.fill(0)
        for i, j in corners():
            dx[:, :, i : i + side, j : j + side] += d_windows[:, i, j]

    flat = x.reshape(width, rows)
    flops = 2 * rows * width * filters
    products = (
        lambda: np.matmul(weight, flat),
        lambda: np.matmul(dy, flat.T),
        lambda: np.matmul(weight.T, dy),
    )
    return (
        "",
        "first",
        microseconds(copy),
        *(significant(flops / seconds(each) / 1e9) for each in products),
        microseconds(added_up),
        "",
    )


def rates(x: Array, weight: Array, dy: Array, transposed: Array) -> Iterator[str]:
    """GFLOP/s of the three products of a layer with windows in rows."""
    flops = 2 * len(x) * weight.size
    for product in (
        lambda: np.matmul(x, weight),
        lambda: np.matmul(transposed, dy),
        lambda: np.matmul(dy, weight.T),
    ):
        yield significant(flops / seconds(product) / 1e9)


def corners() -> Iterator[tuple[int, int]]:
    """The pixels of a window."""
    return ((i, j) for i in range(K) for j in range(K))


def seconds(call: Callable[[], object], repeats: int = 15, calls: int = 10) -> float:
    """The shortest mean time of some calls: others on the machine can only add to it."""
    call()
    best = float("inf")
    for _ in range(repeats):
        start = perf_counter()
        for _ in range(calls):
            call()
        best = min(best, (perf_counter() - start) / calls)
    return best


def microseconds(call: Callable[[], object]) -> str:
    """How long a call takes."""
    return significant(seconds(call) * 1e6)


if __name__ == "__main__":
    main()

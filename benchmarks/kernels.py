"""Kernels with and without the extra 'fast', in turns: ``python benchmarks/kernels.py``.

First each kernel by itself, at the sizes of a workload's stack; then the training of one stack of each
method. One core does both ways alternately in one process, so that both see the same machine, and
what is compared is the processor's time, of which other processes take nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from statistics import median
from time import process_time
from typing import Any

import click
import numpy as np

from engine import words
from harness import start_clean
from report import columns, significant
from workloads import WORKLOADS, Workload

ROUNDS, SECONDS = 9, 0.01
SIZES = {"w0": (10, 64, 9000), "w1": (5, 128, 51_000), "w3": (1, 512, 670_000)}
"""Runs of a stack, units and parameters."""


@click.command()
@click.option("--workloads", metavar="W,...", **words(WORKLOADS))
@click.option("--rounds", type=click.IntRange(1), default=ROUNDS, show_default=True)
def main(workloads: tuple[str, ...], rounds: int) -> None:
    """Print how many times as long each takes without the extra."""
    start_clean()
    from regcmp.engine.kernels.switch import SWITCH

    SWITCH.compile(np.float32)
    for name in workloads:
        if name in SIZES:
            click.echo("\n".join(columns([("", "µs", "ratio"), *kernel_rows(*SIZES[name])])) + "\n")
        click.echo("\n".join(columns([(name.upper(), "s", "ratio"), *stack_rows(name, rounds)])))
        click.echo("")


def kernel_rows(runs: int, units: int, parameters: int) -> Iterator[tuple[str, ...]]:
    """A row for each kernel: its microseconds without the extra, and over those with it."""
    from regcmp.engine.kernels import KERNELS
    from regcmp.engine.kernels.checking import operands_of

    rng = np.random.default_rng(0)

    def draw(*shape: int) -> Any:
        return np.abs(rng.standard_normal(shape, np.float32))

    float32 = np.dtype(np.float32)
    own = operands_of(float32, draw, runs, 64, units) | {
        name: cases
        for name, cases in operands_of(float32, draw, runs, 1, parameters).items()
        if KERNELS[name].definition.__module__.endswith("updates")
    }
    for name, cases in own.items():
        with np.errstate(all="ignore"):
            without, ratio = in_turns(partial(of_kernel, KERNELS[name], cases[-1]), ROUNDS)
        yield name, significant(without * 1e6), f"{ratio:.2f}"


def stack_rows(name: str, rounds: int) -> Iterator[tuple[str, ...]]:
    """A row for each method: seconds of training one stack, and over those with the extra."""
    workload = WORKLOADS[name]
    for method in workload.methods:
        stack = stack_of(replace(workload, methods=(method,)))

        without, ratio = in_turns(partial(of_training, stack), rounds)
        yield method, significant(without), f"{ratio:.2f}"


def stack_of(workload: Workload) -> Any:
    """The first stack that a worker would be given; of a long training, a quarter of its epochs."""
    from regcmp.runs.condition import Condition
    from regcmp.runs.experiment import planned_runs
    from regcmp.runs.stacking import stack_of, stacked_runs

    short = replace(workload, epochs=max(5, workload.epochs // 4))
    condition = Condition(short.plan(), short.data)
    return stack_of(
        condition, next(iter(stacked_runs(condition, planned_runs(condition.plan)))), False
    )


def in_turns(seconds: Callable[[], float], rounds: int) -> tuple[float, float]:
    """Seconds without the extra, and the median ratio to those with it."""
    pairs = []
    for _ in range(rounds):
        with definitions():
            without = seconds()
        pairs.append((without, seconds()))
    return median(a for a, _ in pairs), median(a / b for a, b in pairs)


def of_kernel(kernel: Any, operands: Any) -> float:
    """The mean processor time of a call, each on fresh operands: what is used up may become tiny."""
    from regcmp.engine.kernels.checking import copies

    count, taken = 0, 0.0
    while taken < SECONDS:
        fresh = copies(operands)
        start = process_time()
        kernel(*fresh)
        taken += process_time() - start
        count += 1
    return taken / count


def of_training(stack: Any) -> float:
    """The processor time of training a stack."""
    from regcmp.engine.training import train

    start = process_time()
    train(stack)
    return process_time() - start


@contextmanager
def definitions() -> Iterator[None]:
    """Kernels as without the extra."""
    from regcmp.engine.kernels import KERNELS

    held = {name: each.compiled for name, each in KERNELS.items()}
    for each in KERNELS.values():
        each.compiled = {}
    yield
    for name, compiled in held.items():
        KERNELS[name].compiled = compiled


if __name__ == "__main__":
    main()

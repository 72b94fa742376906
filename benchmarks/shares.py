"""Where the time of training goes: ``python benchmarks/shares.py --workloads w1,w3``.

One core trains one stack of each method, as a worker does. The functions of a step note when they
begin and end, so each part's time is its own, without that of what it calls; records of scores are
one part. The clock itself takes about a hundredth.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import wraps
from time import perf_counter
from types import SimpleNamespace
from typing import Any

import click

from engine import words
from harness import start_clean
from report import columns
from workloads import WORKLOADS, Workload

OUTSIDE = "before and after training"
RECORDS, REST = "records of scores", "the rest"
PARTS = {
    "adam": "Adam",
    **dict.fromkeys(("add_l1", "add_l2"), "the penalty"),
    **dict.fromkeys(("bias_relu", "relu", "where_positive"), "relu and its biases"),
    "add_bias": "biases",
    **dict.fromkeys(("drop", "draw_words"), "drawing masks"),
    "subtract_largest": "softmax",
    **dict.fromkeys(("max_pool", "max_pool_slope"), "pooling"),
    **dict.fromkeys(("place", "unfold"), "windows and biases"),
}
"""What a kernel counts for."""
HOOKS = {"mask": "drawing masks", "penalize": "the penalty"}


class Clock:
    """Seconds by part: of what was begun last and has not ended."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.parts = [OUTSIDE]
        self.since = perf_counter()

    def begin(self, part: str) -> None:
        """From now on, time is this part's; within the records, it stays theirs."""
        self._note()
        self.parts.append(RECORDS if self.parts[-1] == RECORDS else part)

    def end(self) -> None:
        """From now on, time is again that of the part before."""
        self._note()
        self.parts.pop()

    def _note(self) -> None:
        now = perf_counter()
        self.seconds[self.parts[-1]] += now - self.since
        self.since = now

    def watch(self, owner: Any, name: str, part: Callable[..., str]) -> None:
        """Time each call of an owner's function; its arguments say which part it is."""
        call = getattr(owner, name)

        @wraps(call)
        def timed(*args: Any, **options: Any) -> Any:
            self.begin(part(*args))
            try:
                return call(*args, **options)
            finally:
                self.end()

        setattr(owner, name, timed)

    def watch_each(self, owner: Any, name: str, part: str) -> None:
        """Time what a generator does, and not what is done with what it yields."""
        call = getattr(owner, name)

        def timed(*args: Any) -> Iterator[Any]:
            values = call(*args)
            while True:
                self.begin(part)
                try:
                    value = next(values)
                except StopIteration:
                    return
                finally:
                    self.end()
                yield value

        setattr(owner, name, timed)


@click.command()
@click.option("--workloads", metavar="W,...", **words(WORKLOADS))
@click.option(
    "--kernels", type=click.Choice(["numpy", "fused"]), default="numpy", show_default=True
)
def main(workloads: tuple[str, ...], kernels: str) -> None:
    """Print, for each workload, the share of each part in each method's time."""
    start_clean()
    os.environ["REGCMP_KERNELS"] = kernels
    clock = Clock()
    watch_all(clock)
    for name in workloads:
        for line in table(clock, WORKLOADS[name]):
            click.echo(line)


def watch_all(clock: Clock) -> None:
    """Have the parts of a step timed."""
    from regcmp.engine import convolution, layers, losses, measuring, training
    from regcmp.engine.kernels import Kernel
    from regcmp.runs import executing

    clock.watch(executing, "timed_training", lambda *_: REST)
    clock.watch(layers, "multiply", product)
    clock.watch(convolution, "multiply", product)
    clock.watch(Kernel, "__call__", lambda kernel, *_: PARTS[kernel.name])
    parts = (
        (layers.Dense, ("backward",), "biases"),
        (convolution.Conv, ("weigh", "backward"), "windows and biases"),
        (losses.CrossEntropy, ("gradient",), "softmax"),
        (training.Network, ("forward", "backward"), "layers and masks"),
        (measuring.Measure, ("record",), RECORDS),
    )
    for owner, names, part in parts:
        for name in names:
            clock.watch(owner, name, lambda *_, part=part: part)
    watch_hooks(clock)
    clock.watch_each(training.Batches, "epoch", "batches")


def watch_hooks(clock: Clock) -> None:
    """Have the chains of hooks timed that are made from now on."""
    from regcmp.engine import hooks

    chain = hooks.chain

    def watched(methods: Any, idle: Any) -> Any:
        made = SimpleNamespace(through=chain(methods, idle))
        clock.watch(made, "through", lambda *_: HOOKS.get(idle.__name__, "other hooks"))
        return made.through

    hooks.chain = watched


def product(a: Any, b: Any, *_: Any) -> str:
    """Which of a layer's products this is, by the operand that is transposed."""
    from regcmp.engine.products import is_turned

    return f"products: {'weights' if is_turned(a) else 'input' if is_turned(b) else 'forward'}"


def table(clock: Clock, workload: Workload) -> Iterator[str]:
    """A row per part, a column per method."""
    shares, seconds = {}, {}
    for method in workload.methods:
        taken, steps = one_stack(clock, replace(workload, methods=(method,)))
        total = sum(taken.values())
        shares[method] = {part: each / total for part, each in taken.items()}
        seconds[method] = total / steps
    parts = sorted(
        {part for each in shares.values() for part in each},
        key=lambda part: (part == REST, -sum(each.get(part, 0) for each in shares.values())),
    )
    yield f"{workload.name.upper()}: {workload.network}, shares of one core's time"
    rows = [("", *workload.methods)]
    rows += [(part, *(f"{each.get(part, 0):.1%}" for each in shares.values())) for part in parts]
    rows.append(("µs per run and step", *(f"{each * 1e6:.0f}" for each in seconds.values())))
    yield from columns(rows)
    yield ""


def one_stack(clock: Clock, workload: Workload) -> tuple[dict[str, float], int]:
    """Seconds by part of training one stack, and how many steps its runs took together."""
    from regcmp.engine.training import runs_per_stack
    from regcmp.runs.experiment import run_experiment
    from regcmp.runs.pace import Pace

    plan, data = workload.plan(), workload.data
    shape = data.image or (data.n_features,)
    runs = min(workload.seeds, runs_per_stack(plan.settings, shape, len(data.classes)))
    clock.seconds.clear()
    run_experiment(replace(workload, seeds=runs).plan(), data, 1, Pace())
    clock.seconds.pop(OUTSIDE, None)
    steps = -(-(workload.rows - workload.n_test) // workload.batch_size) * workload.epochs
    return dict(clock.seconds), runs * steps


if __name__ == "__main__":
    main()

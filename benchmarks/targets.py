"""What the engine must reach on two cores, and whether it did."""

from __future__ import annotations

from dataclasses import dataclass

from results import Results, Row, Spread


@dataclass(frozen=True)
class Target:
    """A bound on a ratio.

    ``at_floor`` is what the ratio would be if regcmp took no longer than its matrix products.
    """

    text: str
    bound: float
    at_least: bool
    value: Spread | None = None
    at_floor: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether the median keeps to the bound; None where it was not measured."""
        if self.value is None:
            return None
        value = self.value.median
        return value >= self.bound if self.at_least else value <= self.bound


def targets(results: Results) -> list[Target]:
    """Every target, in the order of the workloads."""
    compiled = "JAX jit(vmap(scan)), compiled"
    return [
        _peer(results, "w1", "PyTorch loop", 6, "torch_loop"),
        _peer(results, "w1", "PyTorch vmap", 8, "torch_vmap"),
        _peer(results, "w1", "MLPClassifier", 4, "sklearn_mlp"),
        _peer(results, "w1", "JAX with compiling", 3, "jax_scan", title="JAX jit(vmap(scan))"),
        _peer(results, "w1", "JAX compiled before", 1.2, "jax_scan", title=compiled),
        _floor(results, "w1", 2.2),
        _growth(results, "time per run", 1.0),
        _peer(results, "w3", "the best PyTorch in one process", 0.9, "torch_loop", "torch_vmap"),
        _floor(results, "w3", 1.4),
        _growth(results, "peak memory", 1.5),
        _peer(results, "cnn", "PyTorch loop", 1, "torch_loop"),
    ]


def best(rows: list[Row]) -> Row:
    """The fastest by its median."""
    return min(rows, key=lambda row: Spread.of(row.per_run).median)


def _peer(
    results: Results, workload: str, name: str, bound: float, *sides: str, title: str | None = None
) -> Target:
    text = f"{workload.upper()}: {name} over regcmp"
    rows = [
        row
        for row in results.rows(workload, *sides)
        if row.judged and (title is None or row.title == title)
    ]
    if not rows or results.ours(workload) is None:
        return Target(text, bound, at_least=True)
    row = best(rows)
    return Target(
        f"{text} ({row.variant})",
        bound,
        at_least=True,
        value=results.against_ours(row),
        at_floor=results.over_floor(row).median,
    )


def _floor(results: Results, workload: str, bound: float) -> Target:
    text = f"{workload.upper()}: regcmp over the floor"
    ours = results.ours(workload)
    if ours is None:
        return Target(text, bound, at_least=False)
    return Target(text, bound, at_least=False, value=results.over_floor(ours), at_floor=1.0)


def _growth(results: Results, what: str, bound: float) -> Target:
    text = f"W2 over W1: {what}"
    one, two = results.ours("w1"), results.ours("w2")
    if one is None or two is None:
        return Target(text, bound, at_least=False)
    if what == "time per run":
        value = Spread.of_ratios(two.per_run, one.per_run)
    else:
        value = Spread.of_ratios(two.peaks, one.peaks)
    return Target(text, bound, at_least=False, value=value)

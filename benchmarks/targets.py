"""What the engine must reach on two cores, and whether it did."""

from __future__ import annotations

from dataclasses import dataclass

from harness import installed
from prompts import COMPARE, WITHOUT_EXTRA
from results import Results, Row, Spread
from sides import WITH, WITHOUT


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
    found = []
    for workload in ("w0", "w1"):
        found += [
            _peer(results, workload, "PyTorch", 3, *TORCH),
            _peer(results, workload, "MLPClassifier", 3, "sklearn_mlp"),
            _peer(results, workload, "JAX with compiling", 3, "jax_scan", title=JAX),
            _peer(results, workload, "JAX compiled before", 1.8, "jax_scan", title=COMPILED),
        ]
    for workload, torch, jax in (("w3", 1.3, 1.05), ("cnn", 2.5, 1.6)):
        found += [
            _peer(results, workload, "PyTorch", torch, *TORCH),
            _peer(results, workload, "JAX compiled before", jax, "jax_scan", title=COMPILED),
        ]
    for workload, bound in (("w0", 1.3), ("w1", 1.3), ("w3", 1.2), ("cnn", 1.4)):
        found.append(_peer(results, workload, "without the extra", bound, WITHOUT))
    for workload, bound in (("w0", 2.5), ("w1", 1.6), ("w3", 1.35), ("cnn", 2.5)):
        found.append(_floor(results, workload, bound))
    found += [_growth(results, "time per run", 1.0), _growth(results, "peak memory", 1.5)]
    return [*found, _prompt(results)]


TORCH = ("torch_loop", "torch_vmap")
JAX = "JAX jit(vmap(scan))"
COMPILED = f"{JAX}, compiled"


def best(rows: list[Row]) -> Row:
    """The fastest by its median."""
    return min(rows, key=lambda row: Spread.of(row.per_run).median)


def _peer(
    results: Results, workload: str, name: str, bound: float, *sides: str, title: str | None = None
) -> Target:
    text = f"{workload.upper()}: {name} over regcmp"
    if sides == (WITHOUT,) and not results.rows(workload, WITH):
        return Target(text, bound, at_least=True)
    rows = [row for row in results.rows(workload, *sides) if title is None or row.title == title]
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


def _prompt(results: Results) -> Target:
    text = f"{COMPARE}: with the extra over without"
    seconds = [results.prompts.get(name) for name in (COMPARE, WITHOUT_EXTRA)]
    if None in seconds or installed("numba") is None:
        return Target(text, 1.1, at_least=False)
    return Target(
        text, 1.1, at_least=False, value=Spread.of_ratios(*map(list, filter(None, seconds)))
    )

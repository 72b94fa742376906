"""From single measurements to rows: medians, ratios within one repeat, and whether scores agree."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from math import sqrt
from statistics import fmean, median
from typing import Any

from sides import WITH, WITHOUT, Side, Variant
from workloads import Workload

TOLERANCE = 3.0
"""How many standard errors two sides' accuracies may differ by."""


@dataclass(frozen=True)
class Spread:
    """The median over repeats, with the lowest and the highest."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread:
        """The spread of these values."""
        known = list(values)
        return cls(median(known), min(known), max(known))

    @classmethod
    def of_ratios(cls, above: list[float], below: list[float]) -> Spread:
        """The spread of ratios between values of the same repeat; later ones may lack one of both."""
        return cls.of(a / b for a, b in zip(above, below, strict=False))


@dataclass
class Row:
    """One side in one variant on one workload, with a value per repeat."""

    workload: str
    side: str
    title: str
    variant: str
    runs: int
    seconds: list[float] = field(default_factory=list)
    peaks: list[float] = field(default_factory=list)
    compiling: list[float] = field(default_factory=list)
    others: list[float] = field(default_factory=list)
    accuracies: list[tuple[str, int, float]] = field(default_factory=list)
    messages: set[str] = field(default_factory=set)

    @property
    def per_run(self) -> list[float]:
        """Seconds per trained network, per repeat."""
        return [each / self.runs for each in self.seconds]

    @property
    def accuracy(self) -> float:
        """The mean test accuracy."""
        return fmean(accuracy for _, _, accuracy in self.accuracies)

    @property
    def accuracy_by_method(self) -> dict[str, float]:
        """The mean test accuracy of each method."""
        found: dict[str, list[float]] = {}
        for method, _, accuracy in self.accuracies:
            found.setdefault(method, []).append(accuracy)
        return {method: fmean(values) for method, values in found.items()}

    def add(self, measured: dict[str, Any]) -> None:
        """Take in one repeat."""
        self.seconds.append(measured["seconds"])
        self.peaks.append(measured["peak_bytes"])
        self.compiling.append(measured["compile_seconds"])
        self.others.append(measured["others"])
        self.accuracies += [(str(m), int(s), float(a)) for m, s, a in measured["accuracies"]]
        if measured["messages"]:
            self.messages.add(measured["messages"])

    def without_compiling(self) -> Row:
        """The same side, had it been compiled before."""
        rest = [total - part for total, part in zip(self.seconds, self.compiling, strict=True)]
        return replace(self, title=f"{self.title}, compiled", seconds=rest)


@dataclass
class Results:
    """All that was measured: rows, GEMM rates and start-to-prompt times, each per repeat."""

    workloads: dict[str, Workload] = field(default_factory=dict)
    rates: dict[str, list[float]] = field(default_factory=dict)
    """By workload, of the faster way to multiply."""
    whole_rates: dict[str, list[float]] = field(default_factory=dict)
    """Of np.matmul without blocks."""
    prompts: dict[str, list[float]] = field(default_factory=dict)
    blas: list[str] = field(default_factory=list)
    measured: dict[tuple[str, str, str], Row] = field(default_factory=dict)

    def add(
        self, workload: Workload, side: Side, variant: Variant, measured: dict[str, Any]
    ) -> None:
        """Take in one measurement of a side."""
        key = (workload.name, side.name, str(variant))
        if key not in self.measured:
            count = len(side.runs(workload))
            words = (workload.name, side.name, side.title, str(variant), count)
            self.measured[key] = Row(*words)
        self.measured[key].add(measured)

    def add_floor(self, workload: Workload, measured: dict[str, Any]) -> None:
        """Take in one measurement of the GEMM rate."""
        self.workloads[workload.name] = workload
        rates = measured["rates"]
        self.rates.setdefault(workload.name, []).append(max(rates.values()))
        self.whole_rates.setdefault(workload.name, []).append(rates["whole"])
        self.blas = measured["blas"]

    def rows(self, workload: str, *sides: str) -> list[Row]:
        """The rows of a workload, of these sides or of all; compiled ones stand twice."""
        rows = []
        for row in self.measured.values():
            if row.workload == workload and (not sides or row.side in sides):
                rows += [row, row.without_compiling()] if any(row.compiling) else [row]
        return rows

    def ours(self, workload: str) -> Row | None:
        """The row of regcmp with the extra; without, where that is not installed."""
        found = self.rows(workload, WITH) or self.rows(workload, WITHOUT)
        return next(iter(found), None)

    def fastest(self, workload: Workload, side: Side) -> tuple[Variant, ...]:
        """The variant of a side that took the least in the first repeat; all, if there was none."""
        seconds = {
            each: self.measured[workload.name, side.name, str(each)].seconds[0]
            for each in side.variants
            if (workload.name, side.name, str(each)) in self.measured
        }
        return (min(seconds, key=seconds.__getitem__),) if seconds else side.variants

    def floor(self, workload: str) -> list[float]:
        """Seconds per run that the matrix products alone take, per repeat."""
        flops = self.workloads[workload].flops_per_run
        return [flops / rate for rate in self.rates[workload]]

    def over_floor(self, row: Row) -> Spread:
        """A side's time over that of the matrix products."""
        return Spread.of_ratios(row.per_run, self.floor(row.workload))

    def against_ours(self, row: Row) -> Spread | None:
        """A side's time per run over regcmp's."""
        ours = self.ours(row.workload)
        return Spread.of_ratios(row.per_run, ours.per_run) if ours else None

    def agrees(self, row: Row) -> bool | None:
        """Whether every method's accuracy is regcmp's within the noise of that many test rows."""
        ours = self.ours(row.workload)
        if ours is None:
            return None
        workload = self.workloads[row.workload]
        theirs, own = row.accuracy_by_method, ours.accuracy_by_method
        return all(
            abs(accuracy - own[method]) <= TOLERANCE * standard_error(workload, own[method])
            for method, accuracy in theirs.items()
        )


def standard_error(workload: Workload, accuracy: float) -> float:
    """Of the difference of two mean accuracies, each over all seeds' test rows."""
    rows = workload.seeds * workload.n_test
    # One row more than were wrong: where all are right, there is still noise.
    wrong = 1 - accuracy + 1 / rows
    return sqrt(2 * (1 - wrong) * wrong / rows)

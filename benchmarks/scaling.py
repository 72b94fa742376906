"""How regcmp's cost grows with runs, width and rows: ``python benchmarks/scaling.py``.

Times are those of a whole comparison, the start of two workers included, in fresh processes, and
next to each stands what the matrix products alone would take.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import click

from harness import measure, measure_floor
from report import columns, disturbance, milliseconds, spread
from results import Results, Row, Spread
from sides import SIDES, WITHOUT
from workloads import Workload

BASE = Workload("base", hidden=(128,), batch_size=32, epochs=20, seeds=10, dataset="synthetic")
"""Four methods and 1,797 rows of 64 features, as in digits."""


def sweeps() -> dict[str, dict[int, Workload]]:
    """The workloads of each sweep, by the number that is varied: 40 runs, or 8 of two layers."""
    single = replace(BASE, seeds=1, methods=("none",), epochs=60)
    return {
        "runs": {1: single}
        | {4 * n: replace(BASE, seeds=n, epochs=60) for n in (1, 2, 5, 10, 25, 50)},
        "width": {n: replace(BASE, hidden=(n, n), seeds=2) for n in (32, 64, 128, 256, 512, 1024)},
        "rows": {n: replace(BASE, rows=n) for n in (500, 1000, 2000, 5000, 10_000, 20_000)},
    }


@click.command()
@click.option("--repeats", type=click.IntRange(1), default=3, show_default=True)
def main(repeats: int) -> None:
    """Print a table of time per run for each of runs, width and rows."""
    (variant,) = SIDES[WITHOUT].variants
    for name, workloads in sweeps().items():
        results = Results()
        for _ in range(repeats):
            for number, workload in workloads.items():
                named = replace(workload, name=str(number))
                results.add_floor(named, measure_floor(named))
                results.add(named, SIDES[WITHOUT], variant, measure(SIDES[WITHOUT], variant, named))
        for line in (*columns(list(table(name, results))), *disturbance(results), ""):
            click.echo(line)


def table(name: str, results: Results) -> Iterator[tuple[str, ...]]:
    """A heading, and a row per value of what is varied."""
    yield (name, "seconds", "per run", "per run and row-epoch", "over floor", "peak memory")
    for row in results.measured.values():
        yield row.workload, *cells(results, row)


def cells(results: Results, row: Row) -> tuple[str, ...]:
    """What a row says after its first cell."""
    workload = results.workloads[row.workload]
    per_run = Spread.of(row.per_run).median
    trained_rows = (workload.rows - workload.n_test) * workload.epochs
    return (
        spread(Spread.of(row.seconds)),
        milliseconds(per_run),
        f"{per_run / trained_rows * 1e6:.2f} µs",
        spread(results.over_floor(row)),
        f"{Spread.of(row.peaks).median / 2**20:.0f} MiB",
    )


if __name__ == "__main__":
    main()

"""Which learning-rate schedule should be the default: how it moves scores, their spread and intervals.

    python benchmarks/schedules.py > benchmarks/results-schedules.md     # ten minutes on two cores

Four bundled datasets and two harder ones, the default methods, network and rate, 20 seeds. Everything
is done twice, with the kernels that OpenBLAS picks on this machine and with those of Haswell, which
round sums differently: how far do differences move from one processor to another?
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pandas as pd
import regcmp
from regcmp.analysis.statistics import paired_t
from threadpoolctl import threadpool_info

DATA: dict[str, dict[str, Any]] = {
    "digits": {"dataset": "digits"},
    "iris": {"dataset": "iris"},
    "wine": {"dataset": "wine"},
    "breast_cancer": {"dataset": "breast_cancer"},
    "digits, 300 training rows": {"dataset": "digits", "train_size": 300},
    "digits, 10 % of labels flipped": {"dataset": "digits", "label_noise": 0.1},
}
METHODS = ("none", "l1", "l2", "dropout")
SCHEDULES = ("constant", "step", "cosine", "cooldown")
SEEDS = 20
OTHER_KERNELS = "Haswell"
HEADER = (
    "train %",
    "test %",
    "test % minus constant's",
    "sd over seeds",
    "half-width",
    "unsteady",
    "runs moved by",
    "differences moved by",
)


def measure() -> None:
    """Train everything with the kernels of this process, and write it to standard output as JSON."""
    cells = []
    for data, words in DATA.items():
        for schedule in SCHEDULES:
            made = regcmp.compare(methods=METHODS, seeds=SEEDS, schedule=schedule, **words)
            columns = ["method", "seed", "train_accuracy", "test_accuracy", "unsteady"]
            cells.append(
                {
                    "data": data,
                    "schedule": schedule,
                    "ratio": made.plan["correction_ratio"],
                    "runs": made.runs[columns].to_dict("list"),
                    "summary": json.loads(made.to_json())["summary"],
                }
            )
            print(f"{data}: {schedule}", file=sys.stderr, flush=True)
    json.dump({"kernels": kernels(), "cells": cells}, sys.stdout)


def kernels() -> str:
    """Those that OpenBLAS picked."""
    found = [each["architecture"] for each in threadpool_info() if each.get("architecture")]
    return found[0] if found else "unknown"


def measured(core_type: str | None) -> dict[str, Any]:
    """What a process measures that uses these kernels; None leaves the choice to OpenBLAS."""
    environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_CORETYPE"}
    if core_type:
        environment["OPENBLAS_CORETYPE"] = core_type
    done = subprocess.run(
        [sys.executable, __file__, "measure"], env=environment, stdout=subprocess.PIPE, check=True
    )
    read: dict[str, Any] = json.loads(done.stdout)
    return read


def by_run(cell: dict[str, Any], column: str) -> pd.Series:
    """A column of the runs by method and seed."""
    runs = pd.DataFrame(cell["runs"]).set_index(["method", "seed"])
    return runs[column].astype(float)


def numbers(
    cell: dict[str, Any], constant: dict[str, Any], other: dict[str, Any] | None
) -> dict[str, Any]:
    """A row of the table, in percent and points, over all methods of a dataset and a schedule."""
    test, summary = by_run(cell, "test_accuracy"), pd.DataFrame(cell["summary"])
    above = (test - by_run(constant, "test_accuracy")).groupby("seed").mean()
    row = {
        "train": 100 * by_run(cell, "train_accuracy").mean(),
        "test": 100 * test.mean(),
        "above": paired_t(100 * above, cell["ratio"]),
        "sd": 100 * test.groupby("method").std(ddof=1).mean(),
        "half": 50 * (summary["delta_test_high"] - summary["delta_test_low"]).mean(),
        "unsteady": 100 * by_run(cell, "unsteady").mean(),
    }
    if other:
        moved = summary["delta_test"] - pd.DataFrame(other["summary"])["delta_test"]
        row["runs_moved"] = 100 * (test - by_run(other, "test_accuracy")).abs().mean()
        row["moved"] = 100 * moved.abs().mean()
    return row


def text(row: dict[str, Any]) -> list[str]:
    """The cells of a row."""
    above = row["above"]
    interval = "" if above.low is None else f" [{above.low:+.2f}, {above.high:+.2f}]"
    return [
        f"{row['train']:.2f}",
        f"{row['test']:.2f}",
        f"{above.mean:+.2f}{interval}",
        f"{row['sd']:.2f}",
        f"{row['half']:.2f}",
        f"{row['unsteady']:.1f} %",
        f"{row['runs_moved']:.2f}" if "runs_moved" in row else "-",
        f"{row['moved']:.2f}" if "moved" in row else "-",
    ]


def lines(own: dict[str, Any], other: dict[str, Any] | None) -> Iterator[str]:
    """The tables as Markdown: each dataset with each schedule, and the means over datasets."""
    cells = {(each["data"], each["schedule"]): each for each in own["cells"]}
    others = {(each["data"], each["schedule"]): each for each in other["cells"]} if other else {}
    rows = {
        key: numbers(cell, cells[key[0], "constant"], others.get(key))
        for key, cell in cells.items()
    }
    yield from ("| data | schedule | " + " | ".join(HEADER) + " |", "|---" * 10 + "|")
    for (data, schedule), row in rows.items():
        yield f"| {data} | {schedule} | {' | '.join(text(row))} |"
    for schedule in SCHEDULES:
        own_rows = [row for key, row in rows.items() if key[1] == schedule]
        mean = {
            name: sum(row[name] for row in own_rows) / len(own_rows)
            for name in own_rows[0]
            if name != "above"
        }
        over_data = sum(row["above"].mean for row in own_rows) / len(own_rows)
        mean["above"] = paired_t([over_data], 0.0)
        yield f"| mean | {schedule} | {' | '.join(text(mean))} |"
    yield from ("", *spikes(own["cells"]))


def spikes(cells: list[dict[str, Any]]) -> Iterator[str]:
    """What the test scores of unsteady runs lose against the other runs of their data and method."""
    runs = pd.concat(pd.DataFrame(cell["runs"]).assign(data=i) for i, cell in enumerate(cells))
    lost = []
    for _, own in runs.groupby(["data", "method"]):
        unsteady = own["unsteady"] == 1
        steady = own["test_accuracy"][~unsteady].mean()
        lost += (100 * (steady - own["test_accuracy"][unsteady])).tolist()
    yield f"{len(lost)} of {len(runs):,} runs end on a spike."
    if lost:
        yield (
            f"Their test scores are {sum(lost) / len(lost):.2f} points below the mean of the others of"
            f" their data, schedule and method, those of {sum(each > 0 for each in lost)} are below it."
        )


ABOUT = f"""\
# Schedules of the learning rate

`python benchmarks/schedules.py` printed this, with {{kernels}}.
Methods {", ".join(METHODS)} at their defaults, network and rate at theirs, {SEEDS} seeds; each row is the
mean over the methods.

- `test % minus constant's` is paired by seed, with the corrected 95 % interval.
- `sd over seeds` is that of a method's test scores in points, and `half-width` that of the 95 % interval of
  a method's difference to none.
- `unsteady` is the share of runs that end on a spike.
- The last two columns say by how many points the other kernels move a run's test score, and a method's
  mean difference to none.
"""


def main() -> None:
    """Measure with both kernels, and print the tables."""
    own = measured(None)
    other = measured(OTHER_KERNELS) if own["kernels"] != OTHER_KERNELS else None
    used = f"the kernels {own['kernels']}"
    used += f" and, for the last two columns, {other['kernels']}" if other else " alone"
    print(ABOUT.format(kernels=used))
    print("\n".join(lines(own, other)))


if __name__ == "__main__":
    measure() if sys.argv[1:] == ["measure"] else main()

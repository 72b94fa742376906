"""Which test of a difference keeps its level, and which finds the most: by simulation.

    python benchmarks/power/study.py run [CELL...]     # about two hours on two cores
    python benchmarks/power/study.py confirm CELL...   # once more, with other random numbers
    python benchmarks/power/study.py table             # from the claims that are kept here

Each cell draws data, splits and weights anew in every comparison, trains small networks by regcmp's
engine, and counts what every candidate claims.
"""

from __future__ import annotations

import sys
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
from candidates import SUMS, sums_of
from cells import CELLS
from judging import CANDIDATES, interval, rejections
from networks import ONE, ROLLING, comparisons
from threadpoolctl import threadpool_limits

HERE = Path(__file__).parent
CLAIMS = HERE / "claims.csv"
"""In how many comparisons each candidate claims a difference, by cell, metric, side and seeds."""
CONFIRMED = HERE / "confirmed.csv"
"""The same of cells that were run once more."""
TABLE = HERE / "RESULTS.md"
PARTS = 8
"""In how many parts a cell is computed."""
MOST = 6.0
"""The upper end of the interval of a level, in %, that is still accepted."""


def part(name: str, number: int) -> pd.DataFrame:
    """The sums of a part of a cell's comparisons; numbers from PARTS on are those of another run."""
    cell, rows = CELLS[name], []
    n = cell.comparisons // PARTS
    seed = zlib.crc32(f"{name} {number}".encode())
    with threadpool_limits(1):
        for i, each in enumerate(comparisons(cell, seed, n)):
            n_test = np.mean([len(rows) for rows in each.test])
            others = len(each.sample.y) - n_test
            if cell.splits == ROLLING:
                others = np.mean([len(rows) for rows in each.train])
            c = 0.0 if cell.splits == ONE else n_test / others
            rows += [(number * n + i, *sums) for sums in sums_of(each, c)]
    return pd.DataFrame(rows, columns=["comparison", *SUMS])


def run(names: list[str], file: Path = CLAIMS, first: int = 0) -> None:
    """Count the claims in cells, all or those that are named, and keep them in a file."""
    known = pd.read_csv(file) if file.exists() else pd.DataFrame(columns=["cell"])
    with ProcessPoolExecutor(2) as pool:
        for name in names or CELLS:
            start = time.perf_counter()
            sums = pd.concat(pool.map(part, [name] * PARTS, range(first, first + PARTS)))
            found = pd.DataFrame([{"cell": name} | each for each in rejections(sums)])
            known = pd.concat([known[known.cell != name], found])
            known.to_csv(file, index=False)
            print(name, f"{time.perf_counter() - start:.0f} s", flush=True)


def table() -> None:
    """Write the tables of levels and of power."""
    claims = pd.read_csv(CLAIMS)
    lines = ["# What the study found", "", *worst(claims), "", *power(claims), "", *levels(claims)]
    if CONFIRMED.exists():
        lines += ["", "# Once more, with other random numbers", "", *levels(pd.read_csv(CONFIRMED))]
    TABLE.write_text("\n".join(lines) + "\n", encoding="utf-8")


def worst(claims: pd.DataFrame) -> Iterator[str]:
    """Of each candidate, the cells in which its level may be too high."""
    yield "## Levels of every candidate"
    yield ""
    yield (
        "A claim under a null is false. Nominal 5 %; two-sided; several methods under Holm. 'Too high':"
        f" the upper end of the 95 % interval is above {MOST:g} %. One split is left out: there the claim"
        " is about the split. Balanced accuracy is given only for cells with more than two"
        " classes or with rare ones; for two classes of one size it equals accuracy. In log loss, no test is"
        " valid on cells with heavy copies."
    )
    yield ""
    yield "| candidate | settings | too high | highest level | where |"
    yield "|---|---:|---:|---:|---|"
    nulls = claims[[CELLS[name].null and CELLS[name].splits != ONE for name in claims.cell]]
    for name in CANDIDATES:
        rates = [interval(*each) for each in zip(nulls[name], nulls.comparisons, strict=True)]
        highest = max(range(len(rates)), key=lambda i: rates[i][0])
        row, high = nulls.iloc[highest], sum(each[2] > MOST for each in rates)
        where = f"{row.cell}, {row.metric} ({row.side}), {row.seeds} seeds"
        yield f"| {name} | {len(nulls)} | {high} | {rates[highest][0]:.1f} | {where} |"


def power(claims: pd.DataFrame) -> Iterator[str]:
    """What is found of the effects, in test scores."""
    yield "## Power, in % of comparisons"
    yield ""
    names = ("nadeau-bengio", "plain t", "two-way, t(n-1)", "random effects", "auto")
    yield f"| effect | metric | mean difference | seeds | {' | '.join(names)} |"
    yield f"|---|---|---:|---:|{'---:|' * len(names)}"
    effects = claims[[not CELLS[name].null for name in claims.cell]]
    for _, row in effects[effects.side == "test"].iterrows():
        rates = [f"{100 * row[name] / row.comparisons:.1f}" for name in names]
        head = f"{row.cell} | {row.metric} | {row.difference:+.4f} | {int(row.seeds)}"
        yield f"| {head} | {' | '.join(rates)} |"


def levels(claims: pd.DataFrame) -> Iterator[str]:
    """The level of the default and of the test over seeds alone, in every null."""
    yield "## Levels of the default and of the test over seeds alone, in %"
    yield ""
    yield "| null | metric | side | seeds | rows | nadeau-bengio | auto | 95 % interval |"
    yield "|---|---|---|---:|---:|---:|---:|---|"
    for _, row in claims[[CELLS[name].null for name in claims.cell]].iterrows():
        old = interval(row["nadeau-bengio"], row.comparisons)[0]
        rate, low, high = interval(row["auto"], row.comparisons)
        mark = " !" if high > MOST else ""
        head = f"{row.cell} | {row.metric} | {row.side} | {int(row.seeds)} | {row.rows:.0f}"
        yield f"| {head} | {old:.1f} | {rate:.1f} | {low:.1f} to {high:.1f}{mark} |"


if __name__ == "__main__":
    if sys.argv[1:2] == ["run"]:
        run(sys.argv[2:])
    if sys.argv[1:2] == ["confirm"]:
        run(sys.argv[2:], CONFIRMED, PARTS)
    table()

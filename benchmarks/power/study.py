"""Which test of a difference keeps its level, and which finds the most: by simulation.

    python benchmarks/power/study.py run [CELL...]     # about two hours on two cores
    python benchmarks/power/study.py table             # from the results that are kept here

Each cell draws data, splits and weights anew in every comparison, trains small networks by regcmp's
engine, and keeps the sums from which every candidate is computed.
"""

from __future__ import annotations

import os

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import sys
import time
import zlib
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
from candidates import SUMS, sums_of
from cells import CELLS
from networks import ONE, comparisons

HERE = Path(__file__).parent
PARTS = 8
"""In how many parts a cell is computed."""


def part(name: str, number: int) -> pd.DataFrame:
    """The sums of a part of a cell's comparisons."""
    cell = CELLS[name]
    n = cell.comparisons // PARTS
    seed = zlib.crc32(f"{name} {number}".encode())
    ratio = 0.0 if cell.splits == ONE else None
    rows = []
    for i, each in enumerate(comparisons(cell, seed, n)):
        n_test = each.test.shape[1]
        c = n_test / (len(each.sample.y) - n_test) if ratio is None else ratio
        rows += [(number * n + i, *sums) for sums in sums_of(each, c)]
    return pd.DataFrame(rows, columns=["comparison", *SUMS])


def run(names: list[str]) -> None:
    """Compute cells that have no file yet."""
    out = Path(os.environ.get("POWER_SUMS", HERE / "results" / "sums"))
    out.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(int(os.environ.get("POWER_JOBS", "2"))) as pool:
        for name in names or CELLS:
            file = out / f"{name}.pickle"
            if file.exists():
                continue
            start = time.perf_counter()
            frames = list(pool.map(part, [name] * PARTS, range(PARTS)))
            sums = pd.concat(frames)
            for column in sums.select_dtypes("float64"):
                sums[column] = sums[column].astype(np.float32)
            sums.to_pickle(file)
            print(name, f"{time.perf_counter() - start:.0f} s", flush=True)


if __name__ == "__main__":
    run(sys.argv[2:])

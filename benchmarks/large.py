"""A million rows of 50 numbers as CSV, read and trained for an epoch: ``python benchmarks/large.py``.

Prints how long the command takes and how much memory it and its workers have at most, shared pages
counted once, beside what pandas alone takes to read the file.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, sleep

import click
import numpy as np
import psutil

EPOCH = ["--epochs", "1"]
READ = "import sys, pandas; pandas.read_csv(sys.argv[1])"


def write_csv(path: Path, rows: int, columns: int) -> None:
    """Standard normal numbers with six decimals, and two classes that the first ones decide."""
    rng = np.random.default_rng(0)
    with path.open("w", encoding="utf-8") as file:
        file.write(",".join([*(f"x{i}" for i in range(columns)), "class"]) + "\n")
        line = ",".join(["%.6f"] * columns) + ",%d\n"
        for _ in range(0, rows, 10_000):
            x = rng.normal(size=(min(10_000, rows), columns))
            y = x[:, :5].sum(axis=1) + rng.normal(size=len(x)) > 0
            file.writelines(line % (*row, label) for row, label in zip(x, y, strict=True))


def watched(words: list[str]) -> tuple[float, float]:
    """Seconds of a command and the peak memory in GB of it and its children."""
    start, peak = perf_counter(), 0
    process = psutil.Popen(words, stdout=subprocess.DEVNULL)
    while process.poll() is None:
        peak = max(peak, memory(process))
        sleep(0.1)
    if process.returncode:
        raise SystemExit(process.returncode)
    return perf_counter() - start, peak / 1e9


def memory(process: psutil.Process) -> int:
    """Bytes that a process and its children hold; a page that several share counts once in all."""
    total = 0
    for each in [process, *process.children(recursive=True)]:
        try:
            total += getattr(each.memory_full_info(), "pss", 0) or each.memory_info().rss
        except psutil.Error:  # it has just ended
            continue
    return total


@click.command()
@click.option("--rows", default=1_000_000)
@click.option("--columns", default=50)
@click.option("--seeds", default="2,10", help="How many seeds, one command each.")
@click.option("--jobs", default="1,2", help="How many workers, one command each.")
def main(rows: int, columns: int, seeds: str, jobs: str) -> None:
    """Write the file to a temporary folder, read it, and compare the default methods on it."""
    regcmp = str(Path(sys.executable).with_name("regcmp"))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "rows.csv"
        write_csv(path, rows, columns)
        click.echo(f"{rows:,} rows of {columns} numbers, {path.stat().st_size / 1e6:.0f} MB")
        commands = {"pandas.read_csv": [sys.executable, "-c", READ, str(path)]}
        commands["regcmp datasets"] = [regcmp, "datasets", str(path)]
        for n in seeds.split(","):
            for workers in jobs.split(","):
                words = ["--dataset", str(path), *EPOCH, "--seeds", n, "--jobs", workers, "-q"]
                name = f"compare, {n} seeds, {workers} jobs"
                commands[name] = [regcmp, "compare", *words]
        for name, words in commands.items():
            seconds, peak = watched(words)
            click.echo(f"{name:<28} {seconds:7.1f} s {peak:6.2f} GB")


if __name__ == "__main__":
    main()

"""The engine's benchmark: every side on the same work, alternating, against regcmp and the floor.

    python benchmarks/engine.py --json result.json     # pip install -e '.[bench]' brings the peers

README.md says what the rows mean.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from signal import SIGTERM, default_int_handler, signal
from time import monotonic
from typing import Any

import click

from harness import compile_kernels, installed, measure, measure_floor
from prompts import commands, measure_prompt
from report import as_dict, lines
from results import Results
from sides import SIDES, WITH, WITHOUT, Side
from workloads import W2, WORKLOADS, Workload, default_comparison

PROMPTS = "w4"


def words(known: Iterable[str]) -> dict[str, Any]:
    """Arguments of an option that takes some of these words, by default all."""
    known = tuple(known)

    def parse(text: str) -> tuple[str, ...]:
        given = tuple(text.split(","))
        for each in given:
            if each not in known:
                raise click.BadParameter(f"{each!r} is none of {', '.join(known)}")
        return given

    return {"type": parse, "default": ",".join(known), "show_default": True}


@click.command()
@click.option("--workloads", metavar="W,...", **words([*WORKLOADS, PROMPTS]))
@click.option("--sides", metavar="SIDE,...", **words(SIDES))
@click.option("--repeats", type=click.IntRange(1), default=3, show_default=True)
@click.option("--minutes", type=click.FloatRange(0, min_open=True), default=30.0, show_default=True)
@click.option("--json", "json_file", type=click.Path(path_type=Path, dir_okay=False))
def main(
    workloads: tuple[str, ...],
    sides: tuple[str, ...],
    repeats: int,
    minutes: float,
    json_file: Path | None,
) -> None:
    """Train the same networks on every side, and print medians and ratios to regcmp.

    The floor is always measured. From the second repeat on, a side is measured in its fastest variant
    alone. After so many minutes, or when it is stopped, it prints what it has.
    """
    chosen = [SIDES[name] for name in SIDES if name in sides]
    skipped = [
        f"{each.title}: {each.needs} is not installed" for each in chosen if not each.installed
    ]
    present = [each for each in chosen if each.installed]
    if installed("numba"):
        compile_kernels()
    results, end = Results(), monotonic() + 60 * minutes
    signal(SIGTERM, default_int_handler)
    try:
        for repeat in range(1, repeats + 1):
            for name in workloads:
                say = teller(f"{repeat}/{repeats} {name}", end)
                if name == PROMPTS:
                    round_of_prompts(results, say)
                elif repeat == 1 or name != W2.name:
                    round_of_sides(results, WORKLOADS[name], present, say)
    except (KeyboardInterrupt, OutOfTimeError) as stop:
        skipped.append(f"the rest was not measured: {str(stop) or 'stopped'}")
    if json_file:
        report = as_dict(results, skipped, repeats)
        json_file.write_text(json.dumps(report, indent=1) + "\n")
    for line in lines(results, skipped):
        click.echo(line)


class OutOfTimeError(Exception):
    """The time for measuring is over."""


def round_of_sides(
    results: Results, workload: Workload, sides: list[Side], say: Callable[[str, float], None]
) -> None:
    """The floor, and next to it regcmp; then every other side, at first in every variant."""
    floor_of(results, workload, say)
    for side in sides:
        # Others need no time on the workload that asks whether regcmp's cost per run grows.
        if (workload is W2 and side.name not in (WITH, WITHOUT)) or not side.runs(workload):
            continue
        for variant in results.fastest(workload, side):
            measured = measure(side, variant, workload)
            results.add(workload, side, variant, measured)
            say(f"{side.title}, {variant}", measured["seconds"])


def floor_of(results: Results, workload: Workload, say: Callable[[str, float], None]) -> None:
    """The floor once."""
    measured = measure_floor(workload)
    results.add_floor(workload, measured)
    say("floor", len(workload.runs) * workload.flops_per_run / max(measured["rates"].values()))


def round_of_prompts(results: Results, say: Callable[[str, float], None]) -> None:
    """Every command line once."""
    floor_of(results, default_comparison(), say)
    for name, command in commands().items():
        seconds = measure_prompt(name, command)
        results.prompts.setdefault(name, []).append(seconds)
        say(name, seconds)


def teller(where: str, end: float) -> Callable[[str, float], None]:
    """A function that reports progress on stderr. It raises OutOfTimeError after the end."""

    def say(what: str, seconds: float) -> None:
        click.echo(f"{where}  {what}: {seconds:.2f} s", err=True)
        if monotonic() > end:
            raise OutOfTimeError("the time was up")

    return say


if __name__ == "__main__":
    main()

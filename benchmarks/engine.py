"""The engine's benchmark: every side on the same work, alternating, against regcmp and the floor.

    python benchmarks/engine.py --json result.json     # pip install -e '.[bench]' brings the peers

README.md says what the rows mean.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click

from harness import measure, measure_floor
from prompts import commands, measure_prompt
from report import as_dict, lines
from results import OURS, Results
from sides import SIDES, Side
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
@click.option("--json", "json_file", type=click.Path(path_type=Path, dir_okay=False))
def main(
    workloads: tuple[str, ...], sides: tuple[str, ...], repeats: int, json_file: Path | None
) -> None:
    """Train the same networks on every side, and print medians and ratios to regcmp.

    The floor is always measured. Three repeats of everything take about forty minutes on two cores.
    """
    chosen = [SIDES[name] for name in SIDES if name in sides]
    skipped = [
        f"{each.title}: {each.needs} is not installed" for each in chosen if not each.installed
    ]
    present = [each for each in chosen if each.installed]
    results = Results()
    for repeat in range(1, repeats + 1):
        for name in workloads:
            say = teller(f"{repeat}/{repeats} {name}")
            if name == PROMPTS:
                round_of_prompts(results, say)
            else:
                round_of_sides(results, WORKLOADS[name], present, say)
        if json_file:
            report = as_dict(results, skipped, repeat)
            json_file.write_text(json.dumps(report, indent=1) + "\n")
    for line in lines(results, skipped):
        click.echo(line)


def round_of_sides(
    results: Results, workload: Workload, sides: list[Side], say: Callable[[str, float], None]
) -> None:
    """Every side once, in every variant; and the floor, next to regcmp."""
    for side in sides:
        # Others need no time on the workload that asks whether regcmp's cost per run grows.
        if (workload is W2 and side.name != OURS) or not side.runs(workload):
            continue
        if side.name == OURS:
            floor_of(results, workload, say)
        for variant in side.variants:
            measured = measure(side, variant, workload)
            results.add(workload, side, variant, measured)
            say(f"{side.title}, {variant}", measured["seconds"])
    if OURS not in {side.name for side in sides}:
        floor_of(results, workload, say)


def floor_of(results: Results, workload: Workload, say: Callable[[str, float], None]) -> None:
    """The floor once."""
    measured = measure_floor(workload)
    results.add_floor(workload, measured)
    say("floor", len(workload.runs) * workload.flops_per_run / max(measured["rates"].values()))


def round_of_prompts(results: Results, say: Callable[[str, float], None]) -> None:
    """Every command line once."""
    floor_of(results, default_comparison(), say)
    for name, command in commands().items():
        seconds = measure_prompt(command)
        results.prompts.setdefault(name, []).append(seconds)
        say(name, seconds)


def teller(where: str) -> Callable[[str, float], None]:
    """A function that reports progress on stderr."""

    def say(what: str, seconds: float) -> None:
        click.echo(f"{where}  {what}: {seconds:.2f} s", err=True)

    return say


if __name__ == "__main__":
    main()

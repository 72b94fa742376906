"""The results as tables for people and as plain values for JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from harness import machine
from results import Results, Row, Spread
from sides import SIDES
from targets import Target, targets

SCHEMA = "regcmp.bench/1"
QUIET = 0.15
"""How much of a core other processes may take before a result is called provisional."""

HEADINGS = ("side", "cores by", "seconds", "per run", "over floor", "over regcmp", "test acc.", "")


def lines(results: Results, skipped: list[str]) -> Iterator[str]:
    """The whole report, line by line."""
    found = machine()
    packages = ", ".join(f"{name} {version}" for name, version in found["packages"].items())
    yield f"{found['processor']}, {found['cores']} cores, {found['system']}"
    yield f"Python {found['python']}, {packages}; NumPy on {', '.join(results.blas)} kernels"
    yield ""
    for name in results.workloads:
        if name != "w4":
            yield from _workload(results, name)
    if results.prompts:
        yield from _prompts(results)
    if skipped:
        yield from (*(f"skipped: {each}" for each in skipped), "")
    yield from _targets(targets(results))
    yield from disturbance(results)
    for row in results.measured.values():
        for message in row.messages:
            yield f"{row.title} on {row.workload} ({row.variant}) wrote: {message}"


def disturbance(results: Results) -> Iterator[str]:
    """A line, where the machine was not ours alone."""
    most = max((max(row.others) for row in results.measured.values()), default=0.0)
    if most > QUIET:
        yield f"PROVISIONAL: other processes took up to {most:.1f} cores meanwhile"


def _workload(results: Results, name: str) -> Iterator[str]:
    workload = results.workloads[name]
    rate = Spread.of(each / 1e9 for each in results.rates[name])
    whole = Spread.of(each / 1e9 for each in results.whole_rates[name])
    floor = Spread.of(results.floor(name))
    yield (
        f"{name.upper()}: {workload.dataset}, {workload.network}, batch"
        f" {workload.batch_size}, {workload.epochs} epochs,"
        f" {len(workload.methods)} methods x {workload.seeds} seeds"
    )
    yield (
        f"floor: {workload.flops_per_run / 1e9:.1f} GFLOP per run at {spread(rate)} GFLOP/s on two"
        f" cores, {milliseconds(floor.median)} per run; without blocks {spread(whole)} GFLOP/s"
    )
    cells = [_cells(results, row) for row in results.rows(name)]
    yield from columns([HEADINGS, *cells])
    yield ""


def _cells(results: Results, row: Row) -> tuple[str, ...]:
    ratio = results.against_ours(row)
    notes = []
    if results.agrees(row) is False:
        notes.append("DIFFERS")
    if max(row.others) > QUIET:
        notes.append(f"others {max(row.others):.1f}")
    return (
        row.title,
        row.variant,
        spread(Spread.of(row.seconds)),
        milliseconds(Spread.of(row.per_run).median),
        spread(results.over_floor(row)),
        "" if ratio is None else spread(ratio),
        f"{row.accuracy:.2%}",
        ", ".join(notes),
    )


def _prompts(results: Results) -> Iterator[str]:
    yield "W4: from start to prompt"
    *_, nothing = results.prompts
    trained = [each for each in results.prompts if " compare " in each]
    floors = {nothing: None, **dict.fromkeys(trained, _prompt_floor(results))}
    rows = [("command", "seconds", "over floor", "floor")]
    for command, seconds in results.prompts.items():
        floor = floors.get(command, results.prompts[nothing])
        cells = (
            ("", "")
            if floor is None
            else (
                spread(Spread.of_ratios(seconds, floor)),
                "matrix products" if command in trained else "python -c pass",
            )
        )
        rows.append((command, spread(Spread.of(seconds)), *cells))
    yield from columns(rows)
    yield ""


def _prompt_floor(results: Results) -> list[float]:
    runs = len(results.workloads["w4"].runs)
    return [runs * each for each in results.floor("w4")]


def _targets(found: list[Target]) -> Iterator[str]:
    verdicts = {True: "met", False: "NOT MET", None: "not measured"}
    cells = [
        (
            each.text,
            f"{'>=' if each.at_least else '<='} {each.bound:g}",
            "-" if each.value is None else spread(each.value),
            "-" if each.at_floor is None else f"{each.at_floor:.3g}",
            verdicts[each.met],
        )
        for each in found
    ]
    headings = ("target", "bound", "measured", "at the floor", "")
    yield from columns([headings, *cells])


def columns(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Rows of cells as aligned lines, the first column to the left and the rest to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        first, *rest = (
            cell.rjust(width) if i else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join([first, *rest]).rstrip()


def spread(value: Spread) -> str:
    """The median, and the range in brackets where there is one."""
    middle, low, high = map(significant, (value.median, value.low, value.high))
    return middle if value.low == value.high else f"{middle} [{low}, {high}]"


def milliseconds(seconds: float) -> str:
    """A time per run."""
    return f"{significant(seconds * 1e3)} ms"


def significant(value: float) -> str:
    """Three digits, without an exponent for large numbers."""
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"


def as_dict(results: Results, skipped: list[str], repeats: int) -> dict[str, Any]:
    """All of it as plain values; every number of the tables and every single measurement."""
    return {
        "schema": SCHEMA,
        "machine": machine() | {"blas": results.blas},
        "repeats": repeats,
        "skipped": skipped,
        "timed": {each.title: each.timed for each in SIDES.values()},
        "workloads": [
            each.as_dict() | {"flops_per_run": each.flops_per_run}
            for each in results.workloads.values()
        ],
        "gemm_flops_per_second": results.rates,
        "gemm_flops_per_second_without_blocks": results.whole_rates,
        "rows": [
            _row(results, row)
            for name in results.workloads
            if name != "w4"
            for row in results.rows(name)
        ],
        "prompts": results.prompts,
        "targets": [asdict(each) | {"met": each.met} for each in targets(results)],
    }


def _row(results: Results, row: Row) -> dict[str, Any]:
    ratio = results.against_ours(row)
    return {
        "workload": row.workload,
        "side": row.title,
        "variant": row.variant,
        "runs": row.runs,
        "seconds": row.seconds,
        "seconds_per_run": asdict(Spread.of(row.per_run)),
        "compile_seconds": row.compiling,
        "cores_taken_by_others": row.others,
        "over_floor": asdict(results.over_floor(row)),
        "over_regcmp": None if ratio is None else asdict(ratio),
        "peak_resident_bytes": row.peaks,
        "test_accuracy": row.accuracy,
        "test_accuracy_by_method": row.accuracy_by_method,
        "accuracy_agrees": results.agrees(row),
        "messages": sorted(row.messages),
    }

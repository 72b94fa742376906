"""A column that shows how each method's test score went: one character for some epochs each."""

from __future__ import annotations

from dataclasses import replace

from regcmp.report.figures import curves
from regcmp.report.layout import Column, Table
from regcmp.results import Report

CELLS = 12
BARS = "▁▂▃▄▅▆▇█"
ASCII_BARS = "_.-~=+*#"


def with_test_curves(table: Table, report: Report, encoding: str) -> Table:
    """The table with one more column, or as it is where no two epochs were recorded."""
    figures = curves(report)
    if not figures:
        return table
    tests = {panel.name: panel.lines[1] for panel in figures[0].panels}
    score = figures[0].panels[0].y
    low = min(min(line.means) for line in tests.values())
    high = max(max(line.means) for line in tests.values())
    epochs = sorted({epoch for line in tests.values() for epoch in line.xs})
    last = len(epochs) - 1
    cells = min(CELLS, len(epochs))
    shown = [epochs[round(i * last / (cells - 1))] for i in range(cells)]
    bars = _bars(encoding)
    drawn = {
        name: "".join(
            _bar(value, low, high, bars)
            for value in _at(shown, dict(zip(line.xs, line.means, strict=True)))
        ).ljust(cells)
        for name, line in tests.items()
    }
    legend = (
        f"Test curve: {score.name}, {score.better}; mean over seeds, from {bars[0]} = {low:.3g}"
        f" to {bars[-1]} = {high:.3g}, at epochs {shown[0]:g} to {shown[-1]:g}."
    )
    return replace(
        table,
        columns=(*table.columns, Column("Test curve".ljust(cells), table.columns[-1].group)),
        rows=tuple((*row, drawn.get(row[0], "")) for row in table.rows),
        below=(*table.below, legend),
    )


def _at(epochs: list[float], scores: dict[float, float]) -> list[float]:
    """The scores at these epochs, or before them where none was recorded; none after the last."""
    return [
        scores[max(epoch for epoch in scores if epoch <= each)]
        for each in epochs
        if min(scores) <= each <= max(scores)
    ]


def _bar(value: float, low: float, high: float, bars: str) -> str:
    return bars[round((value - low) / (high - low) * (len(bars) - 1))] if high > low else bars[0]


def _bars(encoding: str) -> str:
    """Blocks, or what every encoding has."""
    try:
        BARS.encode(encoding)
    except UnicodeEncodeError:
        return ASCII_BARS
    return BARS

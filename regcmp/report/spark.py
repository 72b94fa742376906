"""A column that shows how each method's test score went: one character for some epochs each."""

from __future__ import annotations

from dataclasses import replace

from regcmp.report.figures import Panel, curves
from regcmp.report.layout import Column, Table
from regcmp.results import Report

CELLS = 12
BARS = "▁▂▃▄▅▆▇█"
ASCII_BARS = "_.-~=+*#"


def with_test_curves(table: Table, report: Report, encoding: str) -> Table:
    """The table with one more column, or as it is where no two epochs were recorded."""
    panels = {each.name: each for each in curves(report) if isinstance(each, Panel)}
    if not panels:
        return table
    means = {name: panel.lines[1].means for name, panel in panels.items()}
    first = next(iter(panels.values()))
    low, high = min(map(min, means.values())), max(map(max, means.values()))
    epochs = sorted({epoch for panel in panels.values() for epoch in panel.along})
    last = len(epochs) - 1
    cells = min(CELLS, len(epochs))
    shown = [epochs[round(i * last / (cells - 1))] for i in range(cells)]
    bars = _bars(encoding)
    drawn = {
        name: "".join(
            _bar(value, low, high, bars)
            for value in _at(shown, dict(zip(panel.along, means[name], strict=True)))
        ).ljust(cells)
        for name, panel in panels.items()
    }
    legend = (
        f"Test curve: {first.score}, {first.better}; mean over seeds, from {bars[0]} = {low:.3g}"
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

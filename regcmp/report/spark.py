"""A column that shows how each method's test score went: one character for some epochs each."""

from __future__ import annotations

from dataclasses import replace

from regcmp.report.figures import curves
from regcmp.report.marks import Line
from regcmp.report.table import Column, Table
from regcmp.results import Report

CELLS = 12
BARS = "▁▂▃▄▅▆▇█"
ASCII_BARS = "_.-~=+*#"


def with_test_curves(table: Table, report: Report, encoding: str) -> Table:
    """The table with one more column, or as it is where fewer than two epochs were recorded.

    What the networks scored before training, at epoch 0, would take most of the scale: it is left out.
    """
    figures = curves(report)
    tests = {
        panel.name: _trained(panel.lines[1]) for figure in figures[:1] for panel in figure.panels
    }
    epochs = sorted({epoch for scores in tests.values() for epoch in scores})
    if len(epochs) < 2:
        return table
    score = figures[0].panels[0].y
    means = [mean for scores in tests.values() for mean in scores.values()]
    low, high = min(means), max(means)
    last = len(epochs) - 1
    cells = min(CELLS, len(epochs))
    shown = [epochs[round(i * last / (cells - 1))] for i in range(cells)]
    bars = _bars(encoding)
    drawn = {
        name: "".join(_bar(value, low, high, bars) for value in _at(shown, scores)).ljust(cells)
        for name, scores in tests.items()
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


def _trained(line: Line) -> dict[float, float]:
    """The means of a line by their epochs, from the first record after training began."""
    return {x: mean for x, mean in zip(line.xs, line.means, strict=True) if x > 0}


def _at(epochs: list[float], scores: dict[float, float]) -> list[float]:
    """The scores at these epochs, or before them where none was recorded; none after the last."""
    return [
        scores[max(epoch for epoch in scores if epoch <= each)]
        for each in epochs
        if scores and min(scores) <= each <= max(scores)
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

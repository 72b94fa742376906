"""A figure in characters: what --plot shows on a terminal where no picture is asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from string import ascii_lowercase
from typing import Any

from rich.cells import cell_len, set_cell_size

from regcmp.report.marks import KEYS, Dots, Figure, Interval, Line, Panel, Raster, Rule

WIDTH, LEAST, NAME, HEIGHT = 72, 24, 24, 8
CLASSES, BANDS = ".o#+x%@=" + ascii_lowercase.replace("o", "").replace("x", ""), " .:-=+*#@"
"""Marks of a raster's levels; more classes than marks share them."""
MARKS = {"train": ".", "test": "*", "validation": "+", "weights": "*"}
BOTH = "#"


def sketch(figures: Sequence[Figure], width: int | None) -> list[str]:
    """The lines of the figures, one below the other, in at most ``width`` columns."""
    room = max(LEAST, min(width or WIDTH, WIDTH))
    lines: list[str] = []
    for figure in figures:
        if figure.panels[0].filled:
            lines += _abreast(figure, max(LEAST, width or WIDTH))
            continue
        panels = [each.trained for each in figure.panels]
        means = [mean for each in panels for line in each.lines for mean in line.means]
        for panel in panels:
            lines += ["", *_panel(panel, means, room)]
    return lines


@dataclass
class Canvas:
    """Lines of characters, the highest first, and where values are among and along them."""

    cells: list[list[str]]
    line: Callable[[float], int]
    column: Callable[[float], int]


def _panel(panel: Panel, means: list[float], width: int) -> list[str]:
    """Its rows with their names, or lines over a scale that all panels of the figure share."""
    xs = [x for mark in panel.marks for x in mark.xs]
    low, high, bottom, top = min(xs), max(xs), min(means, default=0), max(means, default=0)
    if panel.y.labels:
        names = min(NAME, width // 3, max(map(cell_len, panel.y.labels)))
        left, beside = names + 2, [f"{_cut(name, names)}  " for name in panel.y.labels]
        ends = (_signed(low), _signed(high)) if low < high else ("all are 0", "")
    else:
        scale = [f"{top:.3g}", *[""] * (HEIGHT - 2), f"{bottom:.3g}"]
        left = max(map(len, scale)) + 2
        beside = [f"{mark:>{left - 2}} |" for mark in scale]
        labels = panel.x.labels or (f"{low:.3g}", f"{high:.3g}")
        ends = labels[0], labels[-1]
    room = width - left

    def line(y: float) -> int:
        return round(y) if panel.y.labels else HEIGHT - 1 - _place(y, bottom, top, HEIGHT)

    canvas = Canvas([[" "] * room for _ in beside], line, lambda x: _place(x, low, high, room))
    _draw(canvas, panel)
    return [
        panel.title + _keys(panel, canvas),
        *(
            f"{start}{''.join(cells)}".rstrip()
            for start, cells in zip(beside, canvas.cells, strict=True)
        ),
        (" " * left + ends[0] + ends[1].rjust(room - len(ends[0]))).rstrip(),
    ]


def _keys(panel: Panel, canvas: Canvas) -> str:
    """Which line is which, and which way is better."""
    if not panel.lines:
        return ""
    keys = [f"{MARKS[line.side]} {line.side}" for line in panel.lines]
    keys += [f"{BOTH} both"] if any(BOTH in row for row in canvas.cells) else []
    return f" ({', '.join(keys)})" + (f", {panel.y.better}" if panel.y.better else "")


def _draw(canvas: Canvas, panel: Panel) -> None:
    for kind, draw in DRAW.items():
        for mark in panel.of(kind):
            draw(canvas, mark)


def _raster(canvas: Canvas, mark: Raster) -> None:
    """Half as many lines, since a character is about twice as high as it is wide."""
    step = -(-len(mark.cells[0]) // len(canvas.cells[0]))
    for row, cells in enumerate(reversed(canvas.cells)):
        cells[:] = [_level(mark, level) for level in mark.cells[2 * step * row][::step]]


def _interval(canvas: Canvas, mark: Interval) -> None:
    first, last = map(canvas.column, mark.xs)
    canvas.cells[canvas.line(mark.row)][first : last + 1] = "-" * (last + 1 - first)


def _rule(canvas: Canvas, mark: Rule) -> None:
    for cells in canvas.cells:
        for x in mark.xs:
            cells[canvas.column(x)] = "|"


def _dots(canvas: Canvas, mark: Dots) -> None:
    for x in mark.xs:
        canvas.cells[canvas.line(mark.row)][canvas.column(x)] = "o"


def _line(canvas: Canvas, mark: Line) -> None:
    sign = MARKS[mark.side]
    for x, mean in zip(mark.xs, mark.means, strict=True):
        cells, column = canvas.cells[canvas.line(mean)], canvas.column(x)
        cells[column] = sign if cells[column] in (" ", sign) else BOTH


DRAW: dict[type[Any], Callable[[Canvas, Any], None]] = {
    Raster: _raster,
    Interval: _interval,
    Rule: _rule,
    Dots: _dots,
    Line: _line,
}
"""How each mark is drawn, the later over the earlier; there is no room for points."""


def _abreast(figure: Figure, width: int) -> list[str]:
    """Rasters side by side, as many as there is room for: a mark for every third cell, or fewer."""
    rasters = [raster for panel in figure.panels for raster in panel.of(Raster)]
    first, axes = rasters[0], figure.panels[0]
    shown = sorted({level for each in rasters for row in each.cells for level in row})
    keys = [f"{_level(first, level)} {figure.keys[level][1]}" for level in shown[:KEYS]]
    if len(shown) > KEYS:
        keys.append(f"and {len(shown) - KEYS} more")
    lines = ["", f"{axes.y.name} over {axes.x.name} ({', '.join(keys)})"]
    step = max(3, -(-len(first.cells[0]) // width))
    across, down = -(-len(first.cells[0]) // step), -(-len(first.cells) // (2 * step))
    abreast = max(1, (width + 2) // (across + 2))
    for start in range(0, len(figure.panels), abreast):
        panels = figure.panels[start : start + abreast]
        canvases = [Canvas([[" "] * across for _ in range(down)], int, int) for _ in panels]
        for canvas, panel in zip(canvases, panels, strict=True):
            _draw(canvas, panel)
        lines += ["", "  ".join(_cut(each.name, across) for each in panels).rstrip()]
        for cells in zip(*(each.cells for each in canvases), strict=True):
            lines.append("  ".join(map("".join, cells)).rstrip())
    return lines


def _level(raster: Raster, level: int) -> str:
    marks = BANDS if raster.ordered else CLASSES
    return marks[level % len(marks)]


def _place(value: float, low: float, high: float, room: int) -> int:
    """Which of ``room`` cells a value is in."""
    return round((value - low) / (high - low) * (room - 1)) if high > low else 0


def _signed(value: float) -> str:
    return f"{value:+.3g}" if value else "0"


def _cut(name: str, width: int) -> str:
    """A name in its column; one that is too long ends in '…'."""
    return set_cell_size(name if cell_len(name) <= width else name[: width - 1] + "…", width)

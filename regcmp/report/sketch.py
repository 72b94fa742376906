"""A figure in characters: what --plot shows on a terminal where no picture is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from string import ascii_lowercase

from rich.cells import cell_len, set_cell_size

from regcmp.report.figures import Differences, Figure, Panel
from regcmp.report.regions import Map

WIDTH, LEAST, NAME, HEIGHT = 72, 24, 24, 8
CLASSES, BANDS = ".o#+x%@=" + ascii_lowercase.replace("o", "").replace("x", ""), " .:-=+*#@"
"""Marks of a map's levels; more classes than marks share them."""
MOST_NAMED = 20
MARKS = {"train": ".", "test": "*", "weights": "*"}
BOTH = "#"


def sketch(figures: Sequence[Figure], width: int | None) -> list[str]:
    """The lines of the figures, one below the other, in at most ``width`` columns."""
    room = max(LEAST, min(width or WIDTH, WIDTH))
    maps = [each for each in figures if isinstance(each, Map)]
    if maps:
        return _maps(maps, max(LEAST, width or WIDTH))
    figures = [_trained(each) if isinstance(each, Panel) else each for each in figures]
    panels = [each for each in figures if isinstance(each, Panel)]
    values = [mean for each in panels for line in each.lines for mean in line.means]
    lines: list[str] = []
    for each in figures:
        if isinstance(each, Panel):
            lines += ["", *_panel(each, min(values), max(values), room)]
        elif isinstance(each, Differences):
            lines += ["", *_differences(each, room)]
    return lines


def _trained(panel: Panel) -> Panel:
    """Curves without epoch 0: beside an untrained network, all others would be one flat line."""
    if panel.axis != "Epoch" or panel.along[0] > 0 or len(panel.along) < 3:
        return panel
    lines = (replace(each, means=each.means[1:], sds=each.sds[1:]) for each in panel.lines)
    return replace(panel, along=panel.along[1:], lines=tuple(lines))


def _differences(figure: Differences, width: int) -> list[str]:
    """A line per method: '|' is the baseline, 'o' a dot, dashes an interval."""
    names = min(NAME, width // 3, max(cell_len(row.name) for row in figure.rows))
    room = width - names - 2
    ends = [end for row in figure.rows for end in row.interval or ()]
    values = [0.0, *ends, *(value for row in figure.rows for value in row.dots)]
    low, high = min(values), max(values)
    lines = [figure.title]
    for row in figure.rows:
        cells = [" "] * room
        if row.interval:
            first, last = (_place(end, low, high, room) for end in row.interval)
            cells[first : last + 1] = "-" * (last + 1 - first)
        cells[_place(0.0, low, high, room)] = "|"
        for value in row.dots:
            cells[_place(value, low, high, room)] = "o"
        lines.append(f"{_cut(row.name, names)}  {''.join(cells)}".rstrip())
    ends_of_axis = _ends(_signed(low), _signed(high), room) if low < high else "all are 0"
    return [*lines, " " * (names + 2) + ends_of_axis]


def _panel(panel: Panel, low: float, high: float, width: int) -> list[str]:
    """The means of each line, the test side over the train side; ``low`` is at the bottom."""
    scale = [f"{high:.3g}", *[""] * (HEIGHT - 2), f"{low:.3g}"]
    left = max(map(len, scale))
    room = width - left - 2
    rows = [[" "] * room for _ in range(HEIGHT)]
    for line in panel.lines:
        for x, mean in zip(panel.along, line.means, strict=True):
            up = _place(mean, low, high, HEIGHT)
            column = _place(x, panel.along[0], panel.along[-1], room)
            taken = rows[HEIGHT - 1 - up][column] not in (" ", MARKS[line.side])
            rows[HEIGHT - 1 - up][column] = BOTH if taken else MARKS[line.side]
    labels = panel.labels or tuple(f"{x:.3g}" for x in panel.along)
    keys = ", ".join(f"{MARKS[line.side]} {line.side}" for line in panel.lines)
    keys += f", {BOTH} both" if any(BOTH in row for row in rows) else ""
    better = f", {panel.better}" if panel.better else ""
    return [
        f"{panel.title} ({keys}){better}",
        *(
            f"{mark:>{left}} |{''.join(row)}".rstrip()
            for mark, row in zip(scale, rows, strict=True)
        ),
        " " * (left + 2) + _ends(labels[0], labels[-1], room),
    ]


def _maps(maps: Sequence[Map], width: int) -> list[str]:
    """Maps side by side, as many as there is room for: a mark for every third cell, or fewer.

    Half as many lines, since a character is about twice as high as it is wide.
    """
    first = maps[0]
    marks = (BANDS if first.ordered else CLASSES) * len(first.levels)
    shown = sorted({level for each in maps for row in each.cells for level in row})
    keys = [f"{marks[level]} {first.levels[level]}" for level in shown[:MOST_NAMED]]
    if len(shown) > MOST_NAMED:
        keys.append(f"and {len(shown) - MOST_NAMED} more")
    lines = ["", f"{first.axes[1]} over {first.axes[0]} ({', '.join(keys)})"]
    step = max(3, -(-len(first.cells[0]) // width))
    across, down = -(-len(first.cells[0]) // step), -(-len(first.cells) // (2 * step))
    abreast = max(1, (width + 2) // (across + 2))
    for start in range(0, len(maps), abreast):
        own = maps[start : start + abreast]
        lines += ["", "  ".join(_cut(each.name, across) for each in own).rstrip()]
        for row in reversed(range(down)):
            drawn = [
                "".join(marks[level] for level in each.cells[2 * step * row][::step])
                for each in own
            ]
            lines.append("  ".join(drawn).rstrip())
    return lines


def _place(value: float, low: float, high: float, room: int) -> int:
    """Which of ``room`` cells a value is in."""
    return round((value - low) / (high - low) * (room - 1)) if high > low else 0


def _signed(value: float) -> str:
    return f"{value:+.3g}" if value else "0"


def _ends(first: str, last: str, room: int) -> str:
    return first + last.rjust(max(0, room - len(first)))


def _cut(name: str, width: int) -> str:
    """A name in its column; one that is too long ends in '…'."""
    return set_cell_size(name if cell_len(name) <= width else name[: width - 1] + "…", width)

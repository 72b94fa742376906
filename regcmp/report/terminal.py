"""The table on a terminal: complete at any width. Where it is too wide, it is broken into several."""

from __future__ import annotations

import re
from io import StringIO

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.segment import Segment, Segments
from rich.table import Table as RichTable
from rich.text import Text

from regcmp.report.table import Table
from regcmp.report.text import FOLDS

GUTTER = 2
TONES = {
    "baseline": "dim",
    "better": "bold green",
    "worse": "red",
    "marked": "yellow",
    "reference": "dim italic",
    "": "",
}
SHOWN = "bold"
"""Of a cell that stands out by itself."""
METHOD_SHARE = 0.4
"""A method's name is folded beyond this share of the width; a number never is."""
MIN_NAME = 8
"""How wide a folded name is at least."""
BREAKS = re.compile(r"(?<=[ -])")
"""Where a line may be broken that has a word wider than the terminal, as a deep network's."""


def print_table(table: Table, console: Console, width: int | None) -> None:
    """Print the table in at most ``width`` columns, or as wide as it is for None.

    Where a number does not fit beside a folded name, the table is wider: nothing is ever cropped.
    """
    if width is not None:
        width = max(width, MIN_NAME + GUTTER + max(column_widths(table)[1:]))
    console = _wide(console, width)
    for line in table.above:
        _print(Text(line if width is None else _broken(line, width)), console, width)
    parts = blocks(table, width)
    room = None if width is None else _room_for_names(table, parts, width)
    for part in parts:
        console.print()
        _print(_rich(table, part, room), console, width)
    console.print()
    for line in table.notes:
        _print(Text(line, style=TONES["marked"]), console, width)
    if table.notes:
        console.print()
    answer, *reasons = table.verdict
    _print(Text(answer, style=_answer_style(table)), console, width)
    for line in reasons:
        _print(Text(line), console, width)
    console.print()
    for line in table.below:
        _print(Text(line, style="dim"), console, width)


def _answer_style(table: Table) -> str:
    """Bold; and green where a winner is named, as its row is."""
    return TONES["better"] if "better" in table.tones else "bold"


def to_text(table: Table) -> str:
    """The table as wide as it is, without colour."""
    stream = StringIO()
    console = Console(file=stream, color_system=None, highlight=False, emoji=False, markup=False)
    print_table(table, console, None)
    return stream.getvalue().rstrip("\n")


def _print(what: RenderableType, console: Console, width: int | None) -> None:
    """Print without blanks at the ends of lines."""
    if width is None and isinstance(what, Text):
        console.print(what, soft_wrap=True)
        return
    segments: list[Segment] = []
    for line in console.render_lines(what, pad=False):
        while line and not line[-1].text.strip():
            line.pop()
        if line:
            line[-1] = Segment(line[-1].text.rstrip(), line[-1].style, line[-1].control)
        segments += [*line, Segment.line()]
    console.print(Segments(segments), crop=False, no_wrap=True, end="")


def fold(name: str, width: int, where: re.Pattern[str] = FOLDS) -> str:
    """A method's name in lines of at most ``width``, broken between its parts where that is possible."""
    lines = [""]
    for part in where.split(name):
        if lines[-1] and cell_len(lines[-1] + part) > width:
            lines.append("")
        lines[-1] += part
    return "\n".join(lines)


def _broken(line: str, width: int) -> str:
    """The line, whose words are broken behind their hyphens where one of them is too wide."""
    too_wide = max(map(cell_len, line.split())) > width
    return fold(line, width, BREAKS) if too_wide else line


def blocks(table: Table, width: int | None) -> list[list[int]]:
    """Which columns stand in each of the tables, beside the method's: groups stay together if they can."""
    widths = column_widths(table)
    rest = list(range(1, len(widths)))
    if width is None or _total(widths, rest) <= width:
        return [rest]
    if cell_len_max := int(width * METHOD_SHARE):
        widths[0] = min(widths[0], cell_len_max)
    groups = [
        [i for i in rest if table.columns[i].group == group]
        for group in sorted({table.columns[i].group for i in rest})
    ]
    # From the last one on: the first has most columns, so a part of a single one is the last resort.
    packed: list[list[int]] = []
    for group in reversed(groups):
        if packed and _total(widths, group + packed[0]) <= width:
            packed[0] = group + packed[0]
        else:
            packed.insert(0, group)
    return [part for group in packed for part in _broken_up(group, widths, width)]


def _broken_up(group: list[int], widths: list[int], width: int) -> list[list[int]]:
    """The group's columns, in several parts where it is too wide itself."""
    parts: list[list[int]] = [[]]
    for column in group:
        if parts[-1] and _total(widths, [*parts[-1], column]) > width:
            parts.append([])
        parts[-1].append(column)
    return parts


def column_widths(table: Table) -> list[int]:
    """How wide each column's text is."""
    texts = zip([column.header for column in table.columns], *table.rows, strict=True)
    return [max(map(cell_len, column)) for column in texts]


def _total(widths: list[int], columns: list[int]) -> int:
    return widths[0] + sum(GUTTER + widths[i] for i in columns)


def _room_for_names(table: Table, parts: list[list[int]], width: int) -> int:
    """How wide a name may be: as the fullest part has it, so that all parts fold names alike."""
    widths = column_widths(table)
    return max(MIN_NAME, width - max(sum(GUTTER + widths[i] for i in part) for part in parts))


def _rich(table: Table, block: list[int], limit: int | None) -> RichTable:
    grid = RichTable(box=None, pad_edge=False, padding=(0, GUTTER, 0, 0), header_style="bold")
    grid.add_column(table.columns[0].header, overflow="fold", max_width=limit)
    for i in block:
        grid.add_column(table.columns[i].header, no_wrap=True, justify="right")
    for place, (row, tone) in enumerate(zip(table.rows, table.tones, strict=True)):
        if tone == "reference" and not any(row[i] for i in block):
            continue  # it is compared with nothing
        name = row[0] if limit is None else fold(row[0], limit)
        styles = [SHOWN if (place, i) in table.shown else TONES[tone] for i in (0, *block)]
        texts = (name, *(row[i] for i in block))
        grid.add_row(*map(Text, texts, styles))
    return grid


def _wide(console: Console, width: int | None) -> Console:
    console.width = 10_000 if width is None else width
    return console

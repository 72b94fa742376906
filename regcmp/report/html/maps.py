"""Decision regions as SVG: the cells of each level are one shape."""

from __future__ import annotations

from itertools import groupby

from regcmp.report.html.svg import Scale, drawing, escape, short, text
from regcmp.report.regions import Map

WIDTH, HEIGHT = 300, 260
LEFT, RIGHT, TOP, BOTTOM = 44, 290, 22, 222
MOST_NAMED = 20
"""How many levels are named below the maps."""


def draw_map(figure: Map) -> str:
    """A map with its text alternative."""
    left, right, bottom, top = figure.outline
    across, up = Scale(left, right, LEFT, RIGHT), Scale(bottom, top, BOTTOM, TOP)
    shapes = [text(LEFT, 14, short(figure.name), kind="name"), *_cells(figure)]
    for x, y, level in figure.points:
        shapes.append(
            f'<circle cx="{across(x):.1f}" cy="{up(y):.1f}" r="2" fill="{figure.color(level)}"'
            ' class="row"/>'
        )
    shapes += [
        text(across(tick), BOTTOM + 14, f"{tick:g}", "middle", "tick") for tick in across.ticks()
    ]
    shapes += [text(LEFT - 6, up(tick) + 4, f"{tick:g}", "end", "tick") for tick in up.ticks()]
    axes = f"{short(figure.axes[0], 18)} →, {short(figure.axes[1], 18)} ↑"
    shapes.append(text((LEFT + RIGHT) / 2, HEIGHT - 8, axes, "middle", "tick"))
    return drawing(figure.title, figure.about, WIDTH, HEIGHT, shapes)


def _cells(figure: Map) -> list[str]:
    """For each level one path, whose parts are the stretches of equal cells in each row."""
    wide = (RIGHT - LEFT) / len(figure.cells[0])
    high = (BOTTOM - TOP) / len(figure.cells)
    parts: dict[int, list[str]] = {}
    for row, cells in enumerate(figure.cells):
        x, y = float(LEFT), BOTTOM - (row + 1) * high
        for level, stretch in groupby(cells):
            length = len(list(stretch)) * wide
            parts.setdefault(level, []).append(
                f"M{x:.2f} {y:.2f}h{length:.2f}v{high:.2f}h-{length:.2f}z"
            )
            x += length
    return [
        f'<path d="{"".join(each)}" fill="{figure.color(level)}" class="cells"/>'
        for level, each in sorted(parts.items())
    ]


def legend(figure: Map) -> str:
    """What the colours mean, as a list."""
    names = figure.levels[:MOST_NAMED]
    items = (
        f'<li><svg viewBox="0 0 12 12" width="12" height="12" aria-hidden="true"><rect width="12"'
        f' height="12" fill="{figure.color(i)}"/></svg> {escape(name)}</li>'
        for i, name in enumerate(names)
    )
    more = len(figure.levels) - len(names)
    return f'<ul class="legend">{"".join(items)}{f"<li>and {more} more</li>" if more else ""}</ul>'

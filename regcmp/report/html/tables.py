"""The numbers of a figure as a table, for those who can't see it or want to copy them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from regcmp.report.figures import Differences, Figure, Panel
from regcmp.report.html.svg import escape
from regcmp.report.regions import Map


def as_table(figures: Sequence[Figure], title: str) -> str:
    """A table, folded away below the figure."""
    head, *rows = _rows(figures)
    cells = "".join(f'<th scope="col">{escape(each)}</th>' for each in head)
    body = "\n".join(
        f'<tr><th scope="row">{escape(first)}</th>'
        + "".join(f"<td>{escape(each)}</td>" for each in others)
        + "</tr>"
        for first, *others in rows
    )
    label = escape(f"{title}: numbers")
    return (
        f"<details><summary>{label}</summary>"
        f'<div class="wide" tabindex="0" role="region" aria-label="{label}">'
        f"<table><thead><tr>{cells}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div></details>"
    )


def _rows(figures: Sequence[Figure]) -> Iterator[Sequence[str]]:
    """The header, then the rows; figures that are drawn together are of one kind."""
    first = figures[0]
    if isinstance(first, Differences):
        yield from _differences(first)
    elif isinstance(first, Map):
        yield from _maps([each for each in figures if isinstance(each, Map)])
    else:
        yield from _panels([each for each in figures if isinstance(each, Panel)])


def _differences(figure: Differences) -> Iterator[Sequence[str]]:
    if any(len(row.dots) > 1 for row in figure.rows):
        yield "Method", "Difference of each seed"
        for row in figure.rows:
            yield row.name, ", ".join(f"{dot:+.2f}" for dot in row.dots)
        return
    yield "Method", "Mean difference", "95 % interval"
    for row in figure.rows:
        interval = f"{row.interval[0]:+.2f} to {row.interval[1]:+.2f}" if row.interval else "-"
        yield row.name, f"{row.dots[0]:+.2f}", interval


def _panels(panels: Sequence[Panel]) -> Iterator[Sequence[str]]:
    """A row per method and place; lines have the same sides in every panel."""
    sides = [line.side for line in panels[0].lines]
    yield "Method", panels[0].axis, *(f"{side.capitalize()} ± sd" for side in sides)
    for panel in panels:
        for i, place in enumerate(panel.along):
            label = panel.labels[i] if panel.labels else f"{place:.3g}"
            values = (f"{each.means[i]:.4g} ± {each.sds[i]:.2g}" for each in panel.lines)
            yield panel.name, label, *values


def _maps(maps: Sequence[Map]) -> Iterator[Sequence[str]]:
    yield "Method", *(f"{level}: % of the map" for level in maps[0].levels)
    for each in maps:
        yield each.name, *(f"{share:.3g}" for share in each.shares())

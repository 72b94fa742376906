"""The charts of the page: figures as SVG, each with its text alternative."""

from __future__ import annotations

from collections.abc import Sequence

from regcmp.report.figures import Differences, Figure, Panel, extent
from regcmp.report.html.maps import draw_map
from regcmp.report.html.svg import Scale, area, dot, drawing, line, path, scale, short, text
from regcmp.report.regions import Map

WIDTH, ROW, NAME_OF_ROW = 430, 36, 50
PANEL, PANEL_HEIGHT, PANEL_LEFT = 300, 170, 44


def draw(figures: Sequence[Figure]) -> str:
    """The figures one after another; panels have the same scales, so that they can be compared."""
    panels = [each for each in figures if isinstance(each, Panel)]
    up = scale(extent(panels), PANEL_HEIGHT - 26, 24)
    places = [place for each in panels for place in each.along]

    def drawn(figure: Figure) -> str:
        if isinstance(figure, Map):
            return draw_map(figure)
        return _panel(figure, up, places) if isinstance(figure, Panel) else _differences(figure)

    return "".join(map(drawn, figures))


def _differences(figure: Differences) -> str:
    ends = [end for row in figure.rows for end in row.interval or ()]
    values = [0.0, *ends, *(value for row in figure.rows for value in row.dots)]
    across, bottom = scale(values, 20, WIDTH - 20), ROW * len(figure.rows) + 6
    shapes = [_axis(across, bottom), line(across(0), 0, across(0), bottom, "zero")]
    for i, row in enumerate(figure.rows):
        # The name above the line, not beside it: so a phone has room for both.
        y = ROW * (i + 1) - 8
        shapes.append(text(0, y - 12, short(row.name, NAME_OF_ROW), kind="label"))
        if row.interval:
            shapes.append(line(across(row.interval[0]), y, across(row.interval[1]), y, "interval"))
        if len(row.dots) == 1:
            shapes.append(dot(across(row.dots[0]), y, 4.5, "point"))
        else:  # three heights, so that equal dots can be told apart
            shapes += [dot(across(v), y + 3 * (k % 3 - 1), 3.5, "seed")
                       for k, v in enumerate(row.dots)]  # fmt: skip
    about = "; ".join(row.about for row in figure.rows)
    return drawing(figure.title, about, WIDTH, bottom + 26, shapes)


def _panel(panel: Panel, up: Scale, places: Sequence[float]) -> str:
    along = (
        scale(panel.along, PANEL_LEFT, PANEL - 10)
        if panel.labels
        else Scale(min(places), max(places), PANEL_LEFT, PANEL - 10)
    )
    shapes = [text(PANEL_LEFT, 14, short(panel.name), kind="name")]
    for tick in up.ticks():
        shapes += [
            line(PANEL_LEFT, up(tick), PANEL - 10, up(tick), "grid"),
            text(PANEL_LEFT - 6, up(tick) + 4, f"{tick:g}", "end", "tick"),
        ]
    ticks = dict(zip(panel.along, panel.labels, strict=True)) if panel.labels else {
        tick: f"{tick:g}" for tick in along.ticks()
    }  # fmt: skip
    for place, label in ticks.items():
        shapes.append(text(along(place), PANEL_HEIGHT - 8, label, "middle", "tick"))
    for each in panel.lines:
        xs = [along(place) for place in panel.along]
        points = list(zip(xs, map(up, each.means), strict=True))
        ends = [
            (x, up(mean - sd), up(mean + sd))
            for x, mean, sd in zip(xs, each.means, each.sds, strict=True)
        ]
        if not panel.labels:
            band = [(x, high) for x, _, high in ends] + [(x, low) for x, low, _ in reversed(ends)]
            shapes.append(area(band, f"band {each.side}"))
        shapes.append(path(points, f"curve {each.side}"))
        if panel.labels:
            shapes += [dot(*point, 3, f"mark {each.side}") for point in points]
            shapes += [line(x, low, x, high, f"error {each.side}") for x, low, high in ends]
    return drawing(panel.title, panel.about, PANEL, PANEL_HEIGHT, shapes)


def _axis(across: Scale, bottom: float) -> str:
    return "".join(
        line(across(tick), 0, across(tick), bottom, "grid")
        + text(across(tick), bottom + 16, f"{tick:g}", "middle", "tick")
        for tick in across.ticks()
    )

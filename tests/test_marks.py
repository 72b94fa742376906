"""The vocabulary of drawings: each renderer draws every mark, and a new plot is one function."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from handmade import report
from test_html import Page

from regcmp.report import figures, picture, sketch
from regcmp.report.html import charts, to_html
from regcmp.report.marks import (
    Axis,
    Dots,
    Figure,
    Interval,
    Line,
    Mark,
    Panel,
    Points,
    Raster,
    Rule,
)  # fmt: skip
from regcmp.results import Report

LIST, PLAIN = Axis(labels=("a", "b")), Axis()
FILLED = Axis("width", tight=True)
PANELS = {
    Rule: (PLAIN, LIST, Rule((0.0, 1.0))),
    Interval: (PLAIN, LIST, Interval(1, (-1.0, 1.0))),
    Dots: (PLAIN, LIST, Dots(1, (0.0, 0.5, 2.0))),
    Line: (Axis("Epoch", tight=True), PLAIN, Line("test", (1.0, 2.0), (5.0, 7.0), (1.0, 1.0))),
    Raster: (
        FILLED,
        FILLED,
        Raster(((1, 0), (0, 1)), ("#111111", "#222222"), False, (0, 2), (0, 2)),
    ),
    Points: (FILLED, FILLED, Points((0.0, 1.0), (2.0, 5.0), ("#111111", "#222222"))),
}
"""A mark of each kind, and axes that it is drawn on."""


def figure_of(kind: type[Any]) -> Figure:
    """A figure with one mark."""
    x, y, mark = PANELS[kind]
    panel = Panel("one", "One mark", "What it shows.", x, y, (mark,))
    keys = (("#111111", "dark"), ("#222222", "pale")) if kind is Raster else ()
    return Figure("A heading", "A caption.", (panel,), (("Method", "Value"), ("a", "1")), keys)


def test_each_renderer_knows_every_mark() -> None:
    """But for points, for which characters have no room."""
    marks = set(get_args(Mark))
    assert set(charts.DRAW) == set(picture.DRAW) == set(PANELS) == marks
    assert set(sketch.DRAW) == marks - {Points}


@pytest.mark.parametrize(
    ("kind", "tags"),
    [
        (Rule, ["line.zero"] * 4),
        (Interval, ["line.interval"]),
        (Dots, ["circle.seed"] * 3),
        (Line, ["polygon.band test", "polyline.curve test"]),
        (Raster, ["path.cells"] * 2),
        (Points, ["circle.row"] * 2),
    ],
)
def test_the_page_draws_each_mark_within_its_frame(kind: type[Any], tags: list[str]) -> None:
    """As shapes of its class, whose places are on the sheet."""
    (drawing,) = charts.draw(figure_of(kind))
    is_list = bool(PANELS[kind][1].labels)
    strips = [each for _, shapes in drawing.strips() for each in shapes]
    shapes = [
        inner
        for each in (strips if is_list else drawing.shapes())
        for inner in each.within or (each,)
    ]
    drawn = [f"{each.tag}.{each.attributes['class']}" for each in shapes]
    around = ("text.tick up", "text.tick across", "line.grid")
    assert [each for each in drawn if each not in around] == tags
    for each in shapes:
        for name in ("cx", "x1", "x2", "cy", "y1", "y2"):
            assert 0 <= float(each.attributes.get(name, "0%").removesuffix("%")) <= 100
        for point in each.attributes.get("points", "0,0").split():
            assert all(0 <= float(place) <= 100 for place in point.split(","))


def test_a_row_of_a_list_has_its_own_marks_and_the_rule_of_all() -> None:
    """So that a label can stand in the same strip."""
    marks = (
        Rule((0.0,)),
        Interval(1, (-1.0, 1.0), "worse"),
        Dots(1, (0.5,), "worse"),
        Dots(0, (2.0,)),
    )
    panel = Panel("", "A list", "Two rows.", PLAIN, LIST, marks)
    figure = Figure("A heading", "", (panel,), (("Method", "Value"), ("a", "1"), ("b", "2")))
    (drawing,) = charts.draw(figure)
    kinds = {
        label: [each.attributes["class"] for each in shapes if each.attributes["class"] != "grid"]
        for label, shapes in drawing.strips()
    }
    assert kinds == {"a": ["zero", "point"], "b": ["zero", "interval worse", "point worse"]}
    assert [kind for kind, _ in charts.legend(figure)] == ["tone worse", "tone "]


@pytest.mark.parametrize(
    ("kind", "characters"),
    [(Rule, "|"), (Interval, "-"), (Dots, "o"), (Line, "*"), (Raster, "o")],
)
def test_the_terminal_draws_each_mark(kind: type[Any], characters: str) -> None:
    """In its character."""
    lines = sketch.sketch([figure_of(kind)], 40)
    body = "".join(lines[2:-1]) if kind is not Raster else "".join(lines[4:])
    assert characters in body


@pytest.mark.parametrize("kind", list(PANELS))
def test_matplotlib_draws_each_mark(kind: type[Any]) -> None:
    """As an artist of its own, beside those of empty axes."""
    from matplotlib.figure import Figure as Sheet

    sheet = Sheet(layout="constrained")
    picture._draw(sheet, [figure_of(kind)])
    (axes,) = sheet.axes
    assert [*axes.lines, *axes.collections, *axes.images]


def test_a_new_plot_is_one_function(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page, the terminal and pictures show it as soon as it is named."""

    def new(given: Report) -> list[Figure]:
        """A list with an interval and dots."""
        marks = (Rule((0.0,)), Interval(0, (-1.0, 2.0)), Dots(0, (0.5,)))
        panel = Panel(
            "", "A new plot", "One row.", PLAIN, Axis(labels=(given.plan["baseline"],)), marks
        )
        return [Figure("New heading", "New caption.", (panel,), (("Method", "New"), ("l2", "1")))]

    monkeypatch.setitem(figures.KINDS, "new", (new, "nothing"))
    page = Page(to_html(report()))
    assert "New heading" in page.texts["h2"] and "New caption." in page.texts["figcaption"]
    assert "New heading: numbers" in page.texts["summary"] and "A new plot" in page.texts["p"]
    assert sketch.sketch(figures.figures_of(report(), "new"), 40)[1] == "A new plot"
    pytest.importorskip("matplotlib")
    assert picture.to_picture(report(), "new", ".png").startswith(b"\x89PNG")

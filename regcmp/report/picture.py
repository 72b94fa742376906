"""A figure as a picture: PNG, SVG or PDF through matplotlib, the same bytes for the same report."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Any

from regcmp.report.figures import figures_of
from regcmp.report.marks import KEYS, Dots, Figure, Interval, Line, Panel, Points, Raster, Rule
from regcmp.results import Report

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLORS = {
    "train": "#b35900",
    "test": "#0b62b8",
    "validation": "#6b4fa0",
    "weights": "#0b62b8",
}
DASHES = {"train": "--", "test": "-", "validation": "-.", "weights": "-"}
METADATA: dict[str, dict[str, Any]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "ModDate": None, "Creator": None, "Producer": None},
}
"""What matplotlib would write into a file beside the picture: dates and versions."""
LEGEND: dict[str, Any] = {"loc": "outside lower center", "fontsize": 7}
ABREAST = 3
"""How many panels stand side by side."""


def to_picture(report: Report, kind: str, suffix: str) -> bytes:
    """The figure of this kind. Raises DataError where the report has nothing to draw in it."""
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Sheet

    figures = figures_of(report, kind)
    name = suffix.removeprefix(".")
    # Ids in SVG are drawn from this salt; a '$' in a name is no formula.
    settings: Any = {
        "svg.hashsalt": "regcmp",
        "svg.fonttype": "path",
        "text.parse_math": False,
    }
    with matplotlib.rc_context(), warnings.catch_warnings():
        # A character that the font lacks is drawn as a box, and that is all there is to say.
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(settings)
        sheet = Sheet(layout="constrained", dpi=150)
        FigureCanvasAgg(sheet)
        _draw(sheet, figures)
        content = BytesIO()
        sheet.savefig(content, format=name, metadata=METADATA[name])
    return content.getvalue()


to_png = partial(to_picture, suffix=".png")
to_svg = partial(to_picture, suffix=".svg")
to_pdf = partial(to_picture, suffix=".pdf")


def _draw(sheet: Any, figures: Sequence[Figure]) -> None:
    """The figures one below the other, the panels of each side by side on equal vertical axes."""
    rows = [
        each.panels[i : i + ABREAST]
        for each in figures
        for i in range(0, len(each.panels), ABREAST)
    ]
    across, lists = max(map(len, rows)), [len(row[0].y.labels) for row in rows]
    heights = [1.2 + 0.32 * length if length else 2.6 for length in lists]
    sheet.set_size_inches(3.4 * across if across > 1 else 7.0, sum(heights))
    ratios = {"height_ratios": heights}
    alone = len(figures) == 1
    grid = sheet.subplots(len(rows), across, squeeze=False, sharey=alone, gridspec_kw=ratios)
    for places, panels in zip(grid, rows, strict=True):
        for place, panel in zip(places, panels, strict=False):
            _draw_axes(place, panel, first=place is places[0])
            for mark in panel.marks:
                DRAW[type(mark)](place, mark)
        for place in places[len(panels) :]:
            place.set_axis_off()
    _name_colors(sheet, figures[0], grid[0][0])


def _draw_axes(axes: Axes, panel: Panel, *, first: bool) -> None:
    """What stands around the marks; the vertical axis is named once for those of a row that share it."""
    x, y = panel.x, panel.y
    if panel.filled:
        axes.set_title(panel.name, fontsize=8, wrap=True)
        axes.tick_params(labelsize=7)
    else:
        axes.set_title(panel.title, fontsize=10 if y.labels else 8, wrap=not y.labels)
        axes.grid(axis="x" if y.labels else "both", color="0.9")
        axes.set_axisbelow(True)
    axes.set_xlabel(x.name, fontsize=7 if panel.filled else 8)
    if first or panel.filled:
        axes.set_ylabel(f"{y.name}\n{y.better}".strip(), fontsize=7)
    if x.labels:
        axes.set_xticks(range(len(x.labels)), x.labels)
    if y.labels:
        axes.set_yticks(range(len(y.labels)), y.labels)
        axes.set_ylim(len(y.labels) - 0.5, -0.5)


def _name_colors(sheet: Any, figure: Figure, first: Axes) -> None:
    """One legend for all panels, and below them: within one it would lie on an interval."""
    from matplotlib.patches import Patch

    if figure.keys:
        patches = [Patch(color=color, label=name) for color, name in figure.keys[:KEYS]]
        sheet.legend(handles=patches, **LEGEND, ncols=5, frameon=False)
    elif len(figure.panels[0].lines) > 1:
        handles, labels = first.get_legend_handles_labels()
        sheet.legend(handles, labels, **LEGEND, ncols=2)


def _rule(axes: Axes, mark: Rule) -> None:
    for x in mark.xs:
        axes.axvline(x, color="0.5", linestyle="--", linewidth=1)


def _interval(axes: Axes, mark: Interval) -> None:
    axes.hlines(mark.row, *mark.xs, color=COLORS["test"], linewidth=2)


def _dots(axes: Axes, mark: Dots) -> None:
    """In three heights, so that equal ones can be told apart."""
    spread = 0.12 if len(mark.xs) > 1 else 0
    heights = [mark.row + spread * (k % 3 - 1) for k in range(len(mark.xs))]
    axes.plot(mark.xs, heights, "o", color=COLORS["test"], markersize=5, alpha=0.8)


def _line(axes: Axes, mark: Line) -> None:
    color = COLORS[mark.side]
    style: dict[str, Any] = {"color": color, "linestyle": DASHES[mark.side], "label": mark.side}
    if mark.bars:
        axes.errorbar(mark.xs, mark.means, mark.sds, marker="o", markersize=4, **style)
        return
    low, high = zip(*mark.ends, strict=True)
    axes.fill_between(mark.xs, low, high, color=color, alpha=0.18, linewidth=0)
    axes.plot(mark.xs, mark.means, **style)


def _raster(axes: Axes, mark: Raster) -> None:
    """In pale colours, for points in full ones."""
    from matplotlib.colors import ListedColormap

    axes.imshow(
        mark.cells,
        cmap=ListedColormap(list(mark.colors)),
        vmin=-0.5,
        vmax=len(mark.colors) - 0.5,
        extent=(*mark.xs, *mark.ys),
        origin="lower",
        aspect="auto",
        interpolation="nearest",
        alpha=0.45,
    )


def _points(axes: Axes, mark: Points) -> None:
    axes.scatter(mark.xs, mark.ys, s=9, c=mark.colors, edgecolors="white", linewidths=0.4)


DRAW: dict[type, Callable[[Any, Any], None]] = {
    Rule: _rule,
    Interval: _interval,
    Dots: _dots,
    Line: _line,
    Raster: _raster,
    Points: _points,
}
"""How each mark is drawn."""

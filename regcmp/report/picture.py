"""A figure as a picture: PNG, SVG or PDF through matplotlib, the same bytes for the same report."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Any

from regcmp.report.figures import Differences, Figure, Panel, figures_of
from regcmp.report.regions import Map
from regcmp.results import Report

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLORS = {"train": "#b35900", "test": "#0b62b8", "weights": "#0b62b8"}
DASHES = {"train": "--", "test": "-", "weights": "-"}
METADATA: dict[str, dict[str, Any]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "ModDate": None, "Creator": None, "Producer": None},
}
"""What matplotlib would write into a file beside the picture: dates and versions."""
ABREAST = 3
"""How many panels stand side by side."""
MOST_LEVELS = 20
"""How many classes of a map are named."""


def to_picture(report: Report, kind: str, suffix: str) -> bytes:
    """The figure of this kind. Raises DataError where the report has nothing to draw in it."""
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Sheet

    figures = figures_of(report, kind)
    name = suffix.removeprefix(".")
    # Ids in SVG are drawn from this salt; a '$' in a name is no formula.
    own: Any = {
        "svg.hashsalt": "regcmp",
        "svg.fonttype": "path",
        "text.parse_math": False,
    }
    with matplotlib.rc_context(), warnings.catch_warnings():
        # A character that the font lacks is drawn as a box, and that is all there is to say.
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(own)
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
    """A figure below the other, or panels side by side on equal vertical axes."""
    panels = isinstance(figures[0], Panel | Map)
    across = min(len(figures), ABREAST) if panels else 1
    down = -(-len(figures) // across)
    heights = [
        1.2 + 0.32 * len(each.rows) if isinstance(each, Differences) else 2.6 for each in figures
    ]
    rows = [max(heights[i * across : (i + 1) * across]) for i in range(down)]
    sheet.set_size_inches(3.4 * across if panels and across > 1 else 7.0, sum(rows))
    grid = sheet.subplots(
        down, across, squeeze=False, sharey=panels, gridspec_kw={"height_ratios": rows}
    )
    places = list(grid.flat)
    for place, figure in zip(places, figures, strict=False):
        if isinstance(figure, Differences):
            _draw_differences(place, figure)
        elif isinstance(figure, Map):
            _draw_map(place, figure)
        else:
            _draw_panel(place, figure)
    for row in grid:
        if isinstance(figures[0], Panel):
            row[0].set_ylabel(f"{figures[0].score}\n{figures[0].better}".strip(), fontsize=7)
    for place in places[len(figures) :]:
        place.set_axis_off()
    if isinstance(figures[0], Map):
        _name_levels(sheet, figures[0])
    if isinstance(figures[0], Panel) and len(figures[0].lines) > 1:
        # One for all panels, and below them: within one it would lie on an interval.
        handles, labels = places[0].get_legend_handles_labels()
        sheet.legend(handles, labels, loc="outside lower center", ncols=2, fontsize=7)


def _draw_differences(axes: Axes, figure: Differences) -> None:
    axes.set_title(figure.title, fontsize=10)
    axes.axvline(0, color="0.5", linestyle="--", linewidth=1)
    for i, row in enumerate(figure.rows):
        if row.interval:
            axes.hlines(i, *row.interval, color=COLORS["test"], linewidth=2)
        # Three heights, so that equal dots can be told apart.
        heights = [
            i + (0.12 * (k % 3 - 1) if len(row.dots) > 1 else 0) for k in range(len(row.dots))
        ]
        axes.plot(row.dots, heights, "o", color=COLORS["test"], markersize=5, alpha=0.8)
    axes.set_yticks(range(len(figure.rows)), [row.name for row in figure.rows])
    axes.set_ylim(len(figure.rows) - 0.5, -0.5)
    axes.grid(axis="x", color="0.9")
    axes.set_axisbelow(True)


def _draw_panel(axes: Axes, panel: Panel) -> None:
    axes.set_title(panel.title, fontsize=8, wrap=True)
    for line in panel.lines:
        style: dict[str, Any] = {
            "color": COLORS[line.side],
            "linestyle": DASHES[line.side],
            "label": line.side,
        }
        if panel.labels:
            axes.errorbar(panel.along, line.means, line.sds, marker="o", markersize=4, **style)
            continue
        low, high = zip(
            *((m - s, m + s) for m, s in zip(line.means, line.sds, strict=True)), strict=True
        )
        axes.fill_between(panel.along, low, high, color=COLORS[line.side], alpha=0.18, linewidth=0)
        axes.plot(panel.along, line.means, **style)
    if panel.labels:
        axes.set_xticks(panel.along, panel.labels)
    axes.grid(color="0.9")
    axes.set_axisbelow(True)
    axes.set_xlabel(panel.axis, fontsize=8)


def _draw_map(axes: Axes, figure: Map) -> None:
    """Cells in pale colours, and on them the rows that were trained on in full ones."""
    from matplotlib.colors import ListedColormap

    colors = [figure.color(level) for level in range(len(figure.levels))]
    axes.imshow(
        figure.cells,
        cmap=ListedColormap(colors),
        vmin=-0.5,
        vmax=len(colors) - 0.5,
        extent=figure.outline,
        origin="lower",
        aspect="auto",
        interpolation="nearest",
        alpha=0.45,
    )
    x, y, levels = zip(*figure.points, strict=True)
    shades = [colors[level] for level in levels]
    axes.scatter(x, y, s=9, c=shades, edgecolors="white", linewidths=0.4)
    axes.set_title(figure.name, fontsize=8, wrap=True)
    axes.set_xlabel(figure.axes[0], fontsize=7)
    axes.set_ylabel(figure.axes[1], fontsize=7)
    axes.tick_params(labelsize=7)


def _name_levels(sheet: Any, figure: Map) -> None:
    """One legend for all maps."""
    from matplotlib.patches import Patch

    shown = range(min(len(figure.levels), MOST_LEVELS))
    patches = [Patch(color=figure.color(i), label=figure.levels[i]) for i in shown]
    sheet.legend(handles=patches, loc="outside lower center", ncols=5, fontsize=7, frameon=False)

"""The option --plot: which figure a picture holds, or the terminal shows."""

from __future__ import annotations

from collections.abc import Iterable

from regcmp.cli.options import Name, option
from regcmp.errors import unknown
from regcmp.report.files import PICTURES, PLOTS, Target

PLOT_OPTION = option(
    "Output", "--plot", metavar="KIND", type=Name(PLOTS),
    help=f"What -o FILE.png, .svg or .pdf shows, by default {PLOTS[0]}; without such a file, draw it below"
    f" the table: {', '.join(PLOTS)}.",
)  # fmt: skip


def check_plot(plot: str | None) -> None:
    """Raise UsageError for a kind that is not there."""
    if plot is not None and plot not in PLOTS:
        raise unknown("plot", plot, PLOTS)


def drawn_here(plot: str | None, places: Iterable[Target]) -> bool:
    """Whether the terminal shows the plot: where no picture does."""
    return plot is not None and not any(place.format in PICTURES for place in places)

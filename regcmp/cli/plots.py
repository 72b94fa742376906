"""The option --plot: which figure a picture holds."""

from __future__ import annotations

from collections.abc import Iterable

from regcmp.cli.options import Name, option
from regcmp.errors import UsageError, unknown
from regcmp.report.files import PICTURES, PLOTS, Target

PLOT_OPTION = option(
    "Output", "--plot", metavar="KIND", type=Name(PLOTS),
    help=f"What -o FILE.png, .svg or .pdf shows: {', '.join(PLOTS)}.  [default: {PLOTS[0]}]",
)  # fmt: skip


def check_plot(plot: str | None, places: Iterable[Target]) -> None:
    """Raise UsageError for a kind that is not there, or one that nothing would show."""
    if plot is None:
        return
    if plot not in PLOTS:
        raise unknown("plot", plot, PLOTS)
    if not any(place.format in PICTURES for place in places):
        raise UsageError(f"--plot {plot!r} has no file to go to; add -o {plot}.png, .svg or .pdf")

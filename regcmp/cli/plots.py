"""The option --plot: which figure a picture holds, or the terminal shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from regcmp.cli.options import Name, option
from regcmp.errors import RegcmpError, UsageError, unknown
from regcmp.plan.grammar import TUNE
from regcmp.report.formats import PICTURES, either
from regcmp.report.places import PLOTS, Target

if TYPE_CHECKING:
    from regcmp.cli.screen import Screen
    from regcmp.data.dataset import Dataset
    from regcmp.plan import Plan
    from regcmp.results import Report

PLOT_OPTION = option(
    "Output", "--plot", metavar="KIND", type=Name(PLOTS),
    help=f"What -o FILE{either(PICTURES)} shows, by default {PLOTS[0]}; without such a file, draw it below"
    f" the table: {', '.join(PLOTS)}.",
)  # fmt: skip


def check_plot(plot: str | None) -> None:
    """Raise UsageError for a kind that is not there."""
    if plot is not None and plot not in PLOTS:
        raise unknown("plot", plot, PLOTS, option="plot")


def check_drawable(plot: str | None, dataset: Dataset, plan: Plan) -> None:
    """Raise UsageError, before any training, where there will be nothing to draw."""
    from regcmp.data.preparation.grid import has_map

    noise_features = plan.protocol.noise_features
    if plot == "budget" and not plan.is_tuned:
        raise UsageError(
            f"--plot 'budget' needs a tuned method; write one such as {TUNE}l2", "plot"
        )
    if plot != "boundary" or has_map(dataset, noise_features):
        return
    name = repr(dataset.name)
    if noise_features:
        reason = f"--noise-features adds {noise_features}; leave it out"
    elif dataset.image is not None:
        reason = f"{name} are images"
    elif dataset.mixed is not None:
        reason = f"{name} has columns that are no plain numbers; --drop leaves columns out"
    else:
        reason = f"{name} has {dataset.n_features}; moons and circles have two"
    raise UsageError(f"--plot 'boundary' needs data of two numeric features: {reason}", "plot")


def drawn_here(plot: str | None, places: Iterable[Target]) -> bool:
    """Whether the terminal shows the plot: where no picture does."""
    return plot is not None and not any(place.format in PICTURES for place in places)


def draw(
    screen: Screen, report: Report, plot: str | None, places: Sequence[Target]
) -> list[RegcmpError]:
    """Draw the plot in the terminal where it belongs there; return what kept it from that."""
    if plot is not None and drawn_here(plot, places):
        try:
            screen.plot(report, plot, to_stderr=any(place.path is None for place in places))
        except RegcmpError as error:
            return [error]
    return []


def check_place(plot: str | None, places: Sequence[Target], *, quiet: bool) -> None:
    """Raise UsageError where a plot would be drawn nowhere."""
    if quiet and drawn_here(plot, places) and any(place.path is None for place in places):
        raise UsageError(
            f"--plot {plot!r} has no place: '-' takes standard output, and -q leaves standard error"
            " empty; name a picture, as in -o plot.svg, or leave -q out",
            "plot",
        )

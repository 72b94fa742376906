"""Exports on the command line: each is written, even if others fail."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from regcmp.errors import RegcmpError, of_a_bug
from regcmp.report.formats import FRAMES
from regcmp.report.places import PLOTS, Target, target
from regcmp.writing import write_whole

if TYPE_CHECKING:
    from regcmp.analysis.gates import Finding
    from regcmp.results import Report

Content = str | bytes


def listed(
    outputs: Iterable[str],
    runs_file: str | None,
    history_file: str | None,
    tried_file: str | None = None,
    predictions_file: str | None = None,
    config_file: str | None = None,
) -> list[tuple[str, Target]]:
    """What is to be written where: the summary, a frame, or the config.

    Raises UsageError for a place that nothing can be written to.
    """
    exports = [("summary", target("-o", text)) for text in outputs]
    frames = {
        "runs": runs_file,
        "history": history_file,
        "tried": tried_file,
        "predictions": predictions_file,
    }
    for name, text in frames.items():
        if text is not None:
            exports.append((name, target(f"--{name}", text, FRAMES)))
    if config_file is not None:
        exports.append(("config", target("--save-config", config_file, (".toml",))))
    return exports


def content(
    report: Report, findings: Sequence[Finding], name: str, place: Target, plot: str | None = None
) -> Content:
    """One frame, or the report, or a plot of it, in the target's format."""
    from regcmp.report.exporting import frame_as, report_as

    if name == "summary":
        return report_as(place.format, report, findings, plot or PLOTS[0])
    return frame_as(place.format, getattr(report, name))


def write_all(exports: Iterable[tuple[Target, Callable[[], Content]]]) -> list[RegcmpError]:
    """Make and write each export; what went wrong with some, for ``check_written`` at the end.

    Files first: a pipe that is closed, or that nobody reads yet, must not cost one.
    """
    refused = []
    for place, make in sorted(exports, key=lambda each: _turn(each[0])):
        try:
            made = make()
        except RegcmpError as error:
            refused.append(error)
            continue
        except Exception as error:
            refused.append(_unexpected(place, error))
            continue
        try:
            _put(place, made)
        except RegcmpError as error:
            refused.append(error)
    return refused


def _turn(place: Target) -> int:
    """Files come before pipes and devices, and these before standard output."""
    if place.path is None:
        return 2
    return int(place.path.exists() and not place.path.is_file())


def check_written(refused: Sequence[RegcmpError]) -> None:
    """Raise one error for all exports that could not be written."""
    if refused:
        raise RegcmpError("; ".join(map(str, refused))) from refused[0]


def _unexpected(place: Target, error: Exception) -> RegcmpError:
    where = "standard output" if place.path is None else repr(str(place.path))
    said = RegcmpError(f"{where} could not be made: {of_a_bug(error)}")
    said.__cause__ = error
    return said


def _put(place: Target, made: Content) -> None:
    """Write to a file, or text to standard output."""
    if place.path is not None:
        write_whole(place.path, made)
    else:
        assert isinstance(made, str)
        print(made, end="")

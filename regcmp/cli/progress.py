"""What a command shows on standard error while it works: a bar, or a line now and then."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import ProgressColumn

    from regcmp.cli.screen import Screen
    from regcmp.data.table import Progress as ReadBytes
    from regcmp.runs.pace import Pace, Paces

    Paced = Pace | Paces

EVERY = 30.0
"""Seconds from one line to the next, where there is no terminal."""
NAME_WIDTH = 24
"""Of the methods that train, in the bar."""


@contextmanager
def progress(screen: Screen, pace: Paced | None = None) -> Iterator[ReadBytes]:
    """Show how far the runs of ``pace`` are; yields what is told of bytes that are read before.

    On a terminal that is a bar, elsewhere a line every half a minute, and nothing where quiet was asked.
    """
    if screen.quiet:
        yield lambda _done, _size: None
    elif sys.stderr.isatty() and not screen.console(sys.stderr).is_dumb_terminal:
        with _bar(screen, pace) as read:
            yield read
    else:
        with _lines(screen, pace):
            yield lambda _done, _size: None


@contextmanager
def _bar(screen: Screen, pace: Paced | None) -> Iterator[ReadBytes]:
    """A bar that is drawn anew ten times a second, by a thread of its own."""
    from rich.progress import BarColumn, Progress, TextColumn

    texts = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[count]}")
    columns = texts if pace is None else (*texts, _left_column(pace))
    with Progress(*columns, console=screen.console(sys.stderr), transient=True) as bar:
        reading = bar.add_task("reading", total=None, count="", visible=False)

        def read(done: int, size: int | None) -> None:
            of = "" if size is None else f"/{size / 1e6:.0f}"
            more = size is None or done < size
            said = f"{done / 1e6:.0f}{of} MB"
            bar.update(reading, completed=done, total=size, count=said, visible=more)

        if pace is None:
            yield read
            return
        training = bar.add_task("training", total=pace.total, count=_count(pace))

        def refresh() -> None:
            name = _cut(pace.training)
            said = f"training {name}" if name else "training"
            bar.update(training, description=said, completed=pace.done, count=_count(pace))

        with _repeated(refresh, 0.2):
            yield read


def _left_column(pace: Paced) -> ProgressColumn:
    from rich.progress import ProgressColumn, Task
    from rich.text import Text

    class Left(ProgressColumn):
        """The time left; with a '~' while it is a guess."""

        def render(self, task: Task) -> Text:
            return Text("" if task.total is None else _left(pace), style="progress.remaining")

    return Left()


def _count(pace: Paced) -> str:
    return f"{pace.done}/{pace.total} runs"


def _left(pace: Paced) -> str:
    """'0:01:20', or '~0:01:20' of a guess."""
    seconds = pace.seconds_left
    if seconds is None:
        return "-:--:--"
    whole = round(min(seconds, 1e9))
    text = f"{whole // 3600}:{whole % 3600 // 60:02}:{whole % 60:02}"
    return f"~{text}" if pace.is_guess else text


def _cut(name: str) -> str:
    return name if len(name) <= NAME_WIDTH else name[: NAME_WIDTH - 3] + "..."


@contextmanager
def _lines(screen: Screen, pace: Paced | None) -> Iterator[None]:
    """A line now and then, so that a log shows that a command is alive."""
    if pace is None:
        yield
        return
    with _repeated(lambda: screen.say(line(pace)), EVERY):
        yield


def line(pace: Paced) -> str:
    """'12 of 40 runs done, training dropout, about 2 minutes left'."""
    from regcmp.runs.estimating import duration

    parts = [f"{pace.done} of {pace.total} runs done"]
    if pace.training:
        parts.append(f"training {pace.training}")
    if pace.done < pace.total and (seconds := pace.seconds_left) is not None:
        parts.append(f"about {duration(seconds)} left")
    return ", ".join(parts)


@contextmanager
def _repeated(call: Callable[[], None], every: float) -> Iterator[None]:
    """Call something every so many seconds, in a thread, until the block ends."""
    ended = Event()

    def repeat() -> None:
        with suppress(OSError):  # nobody reads any more
            while not ended.wait(every):
                call()

    thread = Thread(target=repeat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()

"""Standard output and standard error that nobody reads, or that are full: the command goes on all the same.

What a command does beside printing, and its exit code, must not depend on who reads what it prints.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from contextlib import suppress
from typing import Any, TextIO, cast

from regcmp.cli.screen import take_all_characters


class Lenient(io.FileIO):
    """A descriptor to write to. Where that fails, the rest is lost and ``failed`` says why.

    A reader that has gone is no failure: it has read what it wanted.
    """

    failed: OSError | None = None
    lost = False

    def write(self, data: Any) -> int:
        """Write; when it has failed once, do nothing."""
        if not self.lost:
            try:
                return super().write(data)
            except BlockingIOError:
                raise
            except OSError as error:
                self.lost = True
                self.failed = None if is_closed_pipe(error) else error
        return memoryview(data).nbytes


def is_closed_pipe(error: OSError) -> bool:
    """Whether a write failed because nobody reads any more; Windows says so in its own way."""
    return isinstance(error, BrokenPipeError) or (os.name == "nt" and error.errno == errno.EINVAL)


def open_streams() -> None:
    """Have lenient streams to write to, also after '>&-', that take every character."""
    sys.stdout = _lenient(sys.stdout) if sys.stdout else open(os.devnull, "w")  # noqa: SIM115
    sys.stderr = _lenient(sys.stderr) if sys.stderr else open(os.devnull, "w")  # noqa: SIM115
    take_all_characters(sys.stdout, sys.stderr)


def _lenient(stream: TextIO) -> TextIO:
    """The same stream; as it is where it is no descriptor, or a console of Windows."""
    try:
        number = stream.fileno()
    except (OSError, AttributeError):
        return stream
    if os.name == "nt" and stream.isatty():
        return stream
    with suppress(OSError):
        stream.flush()
    own = cast(io.TextIOWrapper, stream)
    return io.TextIOWrapper(
        io.BufferedWriter(Lenient(number, "w", closefd=False)),
        encoding=own.encoding,
        errors=own.errors,
        line_buffering=own.line_buffering or own.write_through,
    )


def end_streams() -> str:
    """Flush both, so that Python's own attempt at exit has nothing to complain of.

    Returns why standard output is not whole, or ''.
    """
    failed = ""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError as error:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
            problem: OSError | None = None if is_closed_pipe(error) else error
        else:
            raw = getattr(getattr(stream, "buffer", None), "raw", None)
            problem = raw.failed if isinstance(raw, Lenient) else None
        if problem and stream is sys.stdout:
            failed = f"standard output could not be written: {problem.strerror or problem}"
    return failed

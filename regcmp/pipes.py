"""Places that are no regular files: pipes, devices and open descriptors.

They are read once and in order, and written into; a file never takes their place.
"""

from __future__ import annotations

import errno
import io
import os
import re
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Timer
from typing import IO

from regcmp.errors import RegcmpError, UsageError

STDIN = "-"
STANDARD = {STDIN: 0, "/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2}
DESCRIPTOR = r"/(?:dev|proc/self)/fd/(\d+)"
PIPE, DEVICE = "a pipe", "a device"
PATIENCE = 2.0
"""Seconds until it is said what is waited for."""
MOST_LINKS = 40
CHUNK = 1 << 20

announce: Callable[[str], None] | None = None
"""Told what is waited for, if somebody wants to know; the command line does, unless quiet."""
_read: dict[str, bytes] = {}
"""What was read of a place that can be read once: text may have to be looked at twice."""


def descriptor(text: str) -> int | None:
    """The number of an open file that a name stands for, as /dev/stdin and the shell's <(...) do."""
    for _ in range(MOST_LINKS):
        if text in STANDARD:
            return STANDARD[text]
        if match := re.fullmatch(DESCRIPTOR, text):
            return int(match[1])
        if not os.path.islink(text):
            return None
        text = os.path.join(os.path.dirname(text), os.readlink(text))
    return None


def special(text: str) -> str:
    """'a pipe', 'a device' or ''. An open descriptor is a pipe, whatever is behind it.

    Raises UsageError for what can be neither read nor written as one: a socket, a disk.
    """
    number = descriptor(text)
    try:
        mode = (os.stat(text) if number is None else os.fstat(number)).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        if number is None:
            raise
        raise UsageError(f"{text!r}: there is no open file of number {number}") from error
    if stat.S_ISSOCK(mode) or stat.S_ISBLK(mode):
        kind = "socket" if stat.S_ISSOCK(mode) else "disk"
        raise UsageError(f"{text!r}: this is a {kind}; name a file")
    if number is not None or stat.S_ISFIFO(mode):
        return PIPE
    return DEVICE if stat.S_ISCHR(mode) else ""


def read_once(text: str, most: int, progress: Callable[[int, None], None] | None = None) -> bytes:
    """All that comes out of a pipe, kept for the next call; above ``most`` bytes, a little more than these.

    ``progress`` is told how many bytes came.
    """
    number = descriptor(text)
    key = os.path.realpath(text) if number is None else str(number)
    if key not in _read:
        parts, size = [], 0
        with _waiting(f"data from {_shown(text)}") as came, _opened(text, number) as file:
            while size <= most and (part := file.read1(CHUNK)):
                came()
                parts.append(part)
                size += len(part)
                if progress:
                    progress(size, None)
        _read[key] = b"".join(parts)
    return _read[key]


def _opened(text: str, number: int | None) -> io.BufferedIOBase:
    if number is None:
        return io.BufferedReader(io.FileIO(text))
    if number == 0:
        # Not to be closed, and perhaps not the descriptor of this number.
        return io.BytesIO(b"") if sys.stdin is None else _unclosed(sys.stdin.buffer)
    return os.fdopen(os.dup(number), "rb")


def _unclosed(stream: IO[bytes]) -> io.BufferedIOBase:
    try:
        return os.fdopen(os.dup(stream.fileno()), "rb")
    except (OSError, AttributeError):  # a stream of a notebook or a test
        return io.BytesIO(stream.read())


def write_into(text: str, data: bytes, *, wait: bool = True) -> None:
    """Write into a pipe or a device. A reader that goes before the end has read what it wanted.

    A named pipe waits for its reader; where it must not, an OSError says that there is none.
    """
    number = descriptor(text)
    try:
        with os.fdopen(_to_write(text, wait) if number is None else os.dup(number), "wb") as file:
            file.write(data)
    except BrokenPipeError:
        pass


def _to_write(text: str, wait: bool) -> int:
    flags = os.O_WRONLY | getattr(os, "O_NOCTTY", 0)
    try:
        number = os.open(text, flags | getattr(os, "O_NONBLOCK", 0))
    except OSError as error:
        if error.errno != errno.ENXIO:
            raise
        if not wait:
            raise OSError(errno.ENXIO, "nobody reads it") from error
        with _waiting(f"a reader of {_shown(text)}"):
            return os.open(text, flags)
    os.set_blocking(number, True)
    return number


@contextmanager
def _waiting(what: str) -> Iterator[Callable[[], None]]:
    """Announce what is waited for, unless it comes soon; yields what to call when it came."""
    if announce is None:
        yield lambda: None
        return
    timer = Timer(PATIENCE, announce, [f"Waiting for {what}."])
    timer.daemon = True
    timer.start()
    try:
        yield timer.cancel
    finally:
        timer.cancel()


def _shown(text: str) -> str:
    return "standard input" if text == STDIN else repr(text)


def read_input(text: str, most: int = 1 << 31) -> bytes:
    """A whole file, or what comes out of a pipe; '-' is standard input. Raises OSError, or UsageError."""
    if text != STDIN and not special(text):
        with open(text, "rb") as file:
            return file.read()
    data = read_once(text, most)
    if len(data) > most:
        raise RegcmpError(f"{_shown(text)} holds more than {most >> 30} GB")
    return data

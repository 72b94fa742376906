"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from regcmp.errors import RegcmpError
from regcmp.pipes import special, write_into


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file beside ``path`` and rename it, so that a reader sees the old or the new, never a part.

    The new file keeps the mode of the one it replaces. What is no regular file is written into. Raises
    RegcmpError where the system refuses.
    """
    data = content if isinstance(content, bytes) else content.encode()
    try:
        if special(str(path)):
            write_into(str(path), data)
            return
    except OSError as error:
        raise _refused(path, error) from error
    with open_whole(path) as file:
        file.write(data)


@contextmanager
def open_whole(path: Path) -> Iterator[BinaryIO]:
    """Open a file beside ``path``, which takes its place at the end, unless something goes wrong.

    ``path`` is a regular file, or none yet. Raises RegcmpError where the system refuses.
    """
    temporary = ""
    try:
        path = path.resolve() if path.is_symlink() else path
        with tempfile.NamedTemporaryFile(
            "wb", dir=path.parent, prefix=".regcmp-", delete=False
        ) as file:
            temporary = file.name
            yield file  # type: ignore[misc]
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, _mode(path))
        os.replace(temporary, path)
    except OSError as error:
        raise _refused(path, error) from error
    finally:
        with suppress(OSError):
            os.unlink(temporary)


def _refused(path: Path, error: OSError) -> RegcmpError:
    return RegcmpError(f"{str(path)!r} could not be written: {error.strerror}")


def _mode(path: Path) -> int:
    """The mode of the file to be replaced, or that of a new one under this process's umask."""
    if path.exists():
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask

"""Where a report goes: targets are checked before any training, and written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from regcmp.errors import UsageError
from regcmp.pipes import DEVICE, descriptor, special
from regcmp.report.formats import FORMATS, either

PLOTS = ("gap", "curves", "strength", "budget", "pairs", "weights", "boundary")
"""What --plot takes; report/figures.py has them."""
STDOUT = "-"


@dataclass(frozen=True)
class Target:
    """Where to write, in which format: ``path`` is None for standard output."""

    path: Path | None
    format: str
    flag: str = field(default="-o", compare=False)
    """By which option it was named."""


def target(flag: str, text: str, formats: Collection[str] = tuple(FORMATS)) -> Target:
    """Check a path given by ``flag``; its suffix is the format.

    '-' is CSV on standard output, '-.md' is Markdown there.
    Raises UsageError if the format is unknown or the file could not be written.
    """
    if text == STDOUT:
        return Target(None, ".csv", flag)
    path = Path(text)
    suffix = path.suffix.lower()
    kind = _special(flag, text)
    if kind and suffix not in formats:
        suffix = ".csv" if ".csv" in formats else next(iter(formats))
    if suffix not in formats:
        printed = ", or '-'" if ".csv" in formats else ""
        raise UsageError(
            f"{flag} {text!r}: expected a name that ends in {either(formats)}{printed}",
            flag,
        )
    is_text = suffix not in FORMATS or FORMATS[suffix].is_text
    if suffix in FORMATS and (package := FORMATS[suffix].package) and find_spec(package) is None:
        raise UsageError(
            f"{flag} {text!r}: {suffix} needs {package}; install it: pip install"
            f" 'regcmp[{FORMATS[suffix].extra}]'",
            flag,
        )
    if text == STDOUT + path.suffix:
        if not is_text:
            raise UsageError(
                f"{flag} {text!r}: {suffix} is no text for a terminal; name a file",
                flag,
            )
        return Target(None, suffix, flag)
    if kind:
        if not os.access(path, os.W_OK):
            raise UsageError(f"{flag} {text!r}: {kind} that may not be written into", flag)
        is_stdout = descriptor(text) == 1 and is_text
        return Target(None if is_stdout else path, suffix, flag)
    _check_file(flag, text, path)
    return Target(path, suffix, flag)


def _special(flag: str, text: str) -> str:
    """What a place is that is no regular file. Raises UsageError where nothing can be written to it."""
    try:
        return special(text)
    except UsageError as error:
        raise UsageError(f"{flag} {error}", flag) from error
    except OSError as error:
        raise UsageError(
            f"{flag} {text!r}: can't be written ({error.strerror}); choose another place",
            flag,
        ) from error
    except ValueError as error:
        raise UsageError(f"{flag} {text!r}: {error}", flag) from error


def _check_file(flag: str, text: str, path: Path) -> None:
    """Raise UsageError where a file could not be written here."""
    try:
        if path.is_dir() or text.endswith(os.sep):
            raise UsageError(f"{flag} {text!r}: this is a directory; name a file in it", flag)
        folder = (path.resolve() if path.is_symlink() else path).parent
        if not folder.is_dir():
            raise UsageError(
                f"{flag} {text!r}: there is no directory {str(folder)!r}; create it first",
                flag,
            )
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".regcmp-"):
            pass
        if path.exists() and not os.access(path, os.W_OK):
            raise PermissionError(13, "the file is read-only")
    except OSError as error:
        raise UsageError(
            f"{flag} {text!r}: can't be written ({error.strerror}); choose another place",
            flag,
        ) from error


def check_distinct(targets: Iterable[Target], inputs: Iterable[str | None] = ()) -> None:
    """Raise UsageError where two exports would go to the same place, or one over an input."""
    targets = list(targets)
    files = [each for each in inputs if each is not None] if any(t.path for t in targets) else []
    read = set(map(_real, files))
    seen: dict[Path | None, str] = {}
    for each in targets:
        if each.path is not None and special(str(each.path)) == DEVICE:
            continue  # such as /dev/null, where nothing is lost
        if each.path is not None and os.path.realpath(each.path) in read:
            raise UsageError(
                f"{str(each.path)!r} is read by this command, and an export would overwrite it; name"
                " another file",
                each.flag,
            )
        place = each.path and each.path.resolve()
        if place in seen:
            where = "standard output" if place is None else repr(str(each.path))
            raise UsageError(
                f"two exports go to {where}; give each its own file", each.flag, seen[place]
            )
        seen[place] = each.flag


def _real(path: str) -> str:
    """The path without links; as it is where the current folder was deleted."""
    try:
        return os.path.realpath(path)
    except FileNotFoundError:
        return path

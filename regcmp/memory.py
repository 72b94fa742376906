"""How much memory this machine has, and sizes of memory in words."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from regcmp.errors import UsageError

UNITS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}
SIZE = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>[kmgt]?)(?P<binary>i?)b?", re.IGNORECASE)


def machine_memory(root: Path = Path("/")) -> float:
    """Bytes of memory that this process may use; without end where the system does not say."""
    found = [float("inf")]
    with suppress(AttributeError, ValueError, OSError):  # as on Windows
        found.append(float(os.sysconf("SC_PAGE_SIZE")) * os.sysconf("SC_PHYS_PAGES"))
    with suppress(ImportError, OSError, ValueError):
        import resource

        limit = resource.getrlimit(resource.RLIMIT_AS)[0]
        if limit != resource.RLIM_INFINITY:
            found.append(float(limit))
    for file in _limits(root):
        with suppress(OSError, ValueError):  # 'max' is no limit
            found.append(float(file.read_text("ascii")))
    return min(each for each in found if each > 0)


def _limits(root: Path) -> Iterator[Path]:
    """The files of Linux that say what this process's control groups, and those around them, may use."""
    top = root / "sys/fs/cgroup"
    with suppress(OSError, UnicodeDecodeError):
        for line in (root / "proc/self/cgroup").read_text("utf-8").splitlines():
            _, kinds, path = line.split(":", 2)
            memory = "memory" in kinds.split(",")
            if kinds and not memory:
                continue
            base, name = (
                (top / "memory", "memory.limit_in_bytes") if memory else (top, "memory.max")
            )
            own = base / path.lstrip("/")
            yield from (each / name for each in (own, *own.parents) if each.is_relative_to(base))
    yield from (top / "memory.max", top / "memory/memory.limit_in_bytes")


def parse_size(value: Any) -> int:
    """Bytes, from '8GB', '512MiB' or a number of them. Raises UsageError for anything else."""
    given = SIZE.fullmatch(str(value).strip())
    size = 0.0
    if given and not isinstance(value, bool):
        base = 1024 if given["binary"] else 1000
        size = float(given["number"]) * base ** UNITS[given["unit"].lower()]
    if not 1 <= size < float("inf"):
        raise UsageError(
            f"--max-memory: expected a size, such as 8GB or 512MB, got {str(value)!r}", "max_memory"
        )
    return int(size)


def size_text(size: float) -> str:
    """'512 MB', '7.9 GB', '1,200 TB'."""
    for name, unit in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if size >= unit or name == "MB":
            number = size / unit
            return f"{number:.1f} {name}" if number < 9.95 else f"{number:,.0f} {name}"
    raise AssertionError(size)

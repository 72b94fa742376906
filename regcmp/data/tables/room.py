"""Whether a table that is stored sparse has room once each of its cells is a number in memory."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from regcmp.data.sources.files import FREE_BYTES, MAX_BYTES
from regcmp.errors import DataError

MAX_GROWTH = 10_000
"""What takes so many times more than its file, beyond FREE_BYTES, is no dataset but a slip."""

COLUMN_BYTES = 1000
"""About what a column takes beside its cells: its name, and what is found out about it."""


def check_room(name: str, rows: int, columns: int, stored: int) -> None:
    """Raise DataError where so many cells don't fit in memory, or are absurd for ``stored`` bytes."""
    needed = columns * (rows * 8 + COLUMN_BYTES)
    grown = needed > FREE_BYTES and needed > MAX_GROWTH * stored
    if needed <= min(free_bytes(), MAX_BYTES) and not grown:
        return
    what = "far more than its few values need" if grown else "more than there is room for"
    raise DataError(
        f"{name!r}: {rows} rows of {columns} columns would take {_size(needed)} in memory, {what};"
        " keep the columns that matter, and number them without gaps"
    )


def free_bytes() -> int:
    """How much memory programs can still get; MAX_BYTES where the system doesn't say."""
    with suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return MAX_BYTES


def _size(count: int) -> str:
    return f"{count / 1e9:,.1f} GB" if count >= 1e9 else f"{count / 1e6:,.0f} MB"

"""Frames as CSV: numbers exact, missing cells empty, text safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

import pandas as pd

DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
AT_ONCE = 4096
"""Rows of a frame whose cells stand in memory, many times as large as their text."""


def to_csv(frame: pd.DataFrame) -> str:
    """The frame as CSV with a header line. Floats are written so that they read back the same."""
    starts = range(0, len(frame), AT_ONCE)
    parts = (_lines(frame.iloc[start : start + AT_ONCE]) for start in starts)
    return "".join([to_line(frame.columns), *parts])


def _lines(part: pd.DataFrame) -> str:
    cells = part.astype(object).where(part.notna(), None)
    return "".join(map(to_line, cells.itertuples(index=False, name=None)))


def escape(text: str) -> str:
    """Text that a spreadsheet takes as text, not as a formula (CSV injection, OWASP)."""
    return "'" + text if text.startswith(DANGEROUS) else text


def to_line(cells: Iterable[object]) -> str:
    """One line of CSV. Only a writer that ends lines in CR LF quotes cells that hold one or the other."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([escape(cell) if isinstance(cell, str) else cell for cell in cells])
    return out.getvalue().removesuffix("\r\n") + "\n"

"""Frames as CSV: numbers exact, missing cells empty, text safe to open in a spreadsheet."""

from __future__ import annotations

import pandas as pd

from regcmp.results import TEXTS

DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


def to_csv(frame: pd.DataFrame) -> str:
    """The frame as CSV with a header line. Floats are written so that they read back the same."""
    safe = frame.copy()
    for name in TEXTS:
        if name in safe:
            safe[name] = [escape(text) for text in safe[name]]
    text: str = safe.to_csv(index=False, lineterminator="\n")
    return text


def escape(text: str) -> str:
    """Text that a spreadsheet takes as text, not as a formula (CSV injection, OWASP)."""
    return "'" + text if text.startswith(DANGEROUS) else text

"""What the kinds of the options of reading do not check, checked before anything is read."""

from __future__ import annotations

import codecs
from dataclasses import replace

from regcmp.data.table import Reading
from regcmp.errors import UsageError

SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|", "space": " "}


def check_reading(reading: Reading) -> Reading:
    """The same options with names of separators resolved. Raises UsageError."""
    sep = reading.sep
    if sep is not None:
        sep = SEPARATORS.get(sep.lower(), "\t" if sep == "\\t" else sep)
        if len(sep) != 1 or sep in '"\n\r\0' or ord(sep) > 127:
            raise UsageError(
                f"--sep: expected one character or one of {', '.join(SEPARATORS)}, got {sep!r}",
                "sep",
            )
    if reading.decimal not in (".", ","):
        raise UsageError(f"--decimal: expected '.' or ',', got {reading.decimal!r}", "decimal")
    if sep == reading.decimal:
        raise UsageError(
            f"--sep and --decimal are both {sep!r}; they must differ", "sep", "decimal"
        )
    try:
        is_text = codecs.lookup(reading.encoding)._is_text_encoding
    except (LookupError, ValueError):
        is_text = False
    if not is_text:
        raise UsageError(
            f"--encoding: unknown encoding {reading.encoding!r}; common ones are utf-8, cp1252,"
            " latin-1 and utf-16",
            "encoding",
        )
    return replace(reading, sep=sep)

"""What a study is written as."""

from __future__ import annotations

from regcmp.report.formats import DOCUMENT, FINDINGS, FORMATS, FRAME, PAGE

STUDIES = tuple(
    suffix
    for suffix, each in FORMATS.items()
    if each.of in (FRAME, DOCUMENT, PAGE, FINDINGS) or suffix == ".md"
)

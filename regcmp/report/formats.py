"""The table of formats: a format that is added is a line here, and its writer a function.

Writers are named and not imported, so that a check of ``-o`` costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

FRAME, TABLE, DOCUMENT, PAGE, FINDINGS, PICTURE = (
    "frame",
    "table",
    "document",
    "page",
    "findings",
    "picture",
)
"""What a writer takes: a frame, the table for people, a JSON document, a report, how gates ended, a
report with the kind of its figure."""


@dataclass(frozen=True)
class Format:
    """A file format: its suffix, what is written in it, and by which function."""

    suffix: str
    of: str
    writer: str
    """A function of a module of ``regcmp.report``: 'csv_text:to_csv'."""
    package: str = ""
    """What it needs beside regcmp's own dependencies."""
    extra: str = ""
    """The extra that installs the package."""
    is_text: bool = True
    """Whether standard output may have it."""

    def write(self, subject: Subject) -> str | bytes:
        """What stands in the file. Raises KeyError where a subject has nothing of the kind."""
        module, name = self.writer.split(":")
        made: str | bytes = getattr(import_module(f"regcmp.report.{module}"), name)(
            *subject[self.of]()
        )
        return made


Subject = Mapping[str, Callable[[], tuple[Any, ...]]]
"""What can be written of a report or a diff: the arguments of a writer, by what the writer takes."""


def _drawn(suffix: str) -> Format:
    writer = f"picture:to_{suffix[1:]}"
    return Format(suffix, PICTURE, writer, "matplotlib", "plots", is_text=False)


FORMATS: dict[str, Format] = {
    each.suffix: each
    for each in (
        Format(".csv", FRAME, "csv_text:to_csv"),
        Format(".json", DOCUMENT, "json_text:to_text"),
        Format(".md", TABLE, "markdown:to_markdown"),
        Format(".html", PAGE, "html:to_html"),
        Format(".tex", TABLE, "latex:to_latex"),
        Format(".parquet", FRAME, "parquet:to_parquet", "pyarrow", "parquet", is_text=False),
        Format(".xml", FINDINGS, "findings:to_junit"),
        *map(_drawn, (".png", ".svg", ".pdf")),
    )
}
"""What -o writes, by suffix."""

PICTURES = tuple(suffix for suffix, each in FORMATS.items() if each.of == PICTURE)
"""Those that hold the figure that --plot names."""

FRAMES = tuple(suffix for suffix, each in FORMATS.items() if each.of == FRAME)
"""What --runs and --history write."""

DIFFS = tuple(
    suffix for suffix, each in FORMATS.items() if each.of in (FRAME, TABLE, DOCUMENT, FINDINGS)
)
"""What diff writes."""

HOLDS = {
    FRAME: "a row per method",
    DOCUMENT: "everything",
    TABLE: "the table",
    PAGE: "a page",
    FINDINGS: "gates, as JUnit",
    PICTURE: "a plot",
}
"""What help texts say of the files that a writer makes, in their order."""


def either(words: Iterable[str]) -> str:
    """'.png, .svg or .pdf'."""
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last


def offered(suffixes: Collection[str]) -> str:
    """'.csv or .parquet (a row per method), .json (everything)': these suffixes, for a help text."""
    kinds = {of: [each for each in suffixes if FORMATS[each].of == of] for of in HOLDS}
    return ", ".join(f"{either(those)} ({HOLDS[of]})" for of, those in kinds.items() if those)

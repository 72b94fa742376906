"""The table as Markdown (GitHub's)."""

from __future__ import annotations

import re

from regcmp.report.table import Table
from regcmp.report.text import clean

LIVE = re.compile(r"[$@]|:(?=//)|(?<=\bwww)\.", re.IGNORECASE)
"""What GitHub makes formulas, mentions and links of, whether or not a backslash stands before it."""


def to_markdown(table: Table) -> str:
    """A Markdown document: the lines above, the table, the verdict and the lines below."""
    headers = [escape(column.header) for column in table.columns]
    lines = [
        *(escape(line) + "  " for line in table.above),
        "",
        _row(headers),
        _row(["---", *["---:"] * (len(headers) - 1)]),
        *(_row(_marked(table, place)) for place in range(len(table.rows))),
        "",
        *(escape(line) + "  " for line in table.notes),
        *([""] if table.notes else []),
        f"**{escape(table.verdict[0])}**  ",
        *(escape(line) + "  " for line in table.verdict[1:]),
        "",
        *(escape(line) + "  " for line in table.below),
    ]
    return "\n".join(lines) + "\n"


def _marked(table: Table, place: int) -> list[str]:
    """The cells of a row; those that stand out are bold."""
    cells = map(escape, table.rows[place])
    return [f"**{cell}**" if (place, i) in table.shown else cell for i, cell in enumerate(cells)]


def escape(text: str) -> str:
    """Text that Markdown shows as it is; control characters become spaces."""
    plain = "".join("\\" + c if c in "\\`*_<>[]|#~&" else c for c in clean(text))
    return LIVE.sub(lambda found: f"<span>{found[0]}</span>", plain)


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"

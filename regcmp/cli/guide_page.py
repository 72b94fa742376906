"""A page of the guide on a terminal: Markdown laid out for its width, nothing of it cropped."""

from __future__ import annotations

import re
from typing import ClassVar, TextIO

from rich import box
from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import CodeBlock, Heading, Markdown, MarkdownElement, TableElement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text
from rich.theme import Theme

from regcmp.cli.screen import Screen

WIDEST = 80
"""Longer lines are hard to read."""
COMMENT = re.compile(r"<!--.*?-->\n?", re.DOTALL)
LINK = re.compile(r"\[([^\]]+)\]\((?!https?:)[^)]+\)")
"""A link within the repository: its text names the topic or the file, which is all that helps here."""
TRAILING = re.compile(r" +((?:\x1b\[[\d;]*m)*)\n")
BLANKS = re.compile(r"\n(?:(?:\x1b\[[\d;]*m)*\n){2,}")
"""Several empty lines, styled or not: tables bring their own."""
THEME = Theme(
    {
        "markdown.h1": "bold",
        "markdown.h2": "bold",
        "markdown.h3": "bold",
        "markdown.code": "cyan",
        "markdown.code_block": "cyan",
        "markdown.table.border": "dim",
        "markdown.table.header": "bold",
    }
)


class Code(CodeBlock):
    """Code as it stands, indented; a line that is too long goes on below."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Its lines."""
        code = Text(str(self.text).rstrip(), style="markdown.code_block", overflow="fold")
        yield Padding(code, (0, 0, 0, 2), expand=False)


class Title(Heading):
    """A heading at the left margin, underlined so that it stands out without colour too."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Its lines."""
        yield self.text
        yield Text("=-"[self.tag != "h1"] * min(self.text.cell_len, options.max_width), "dim")


class Rows(TableElement):
    """A table whose cells are folded, so that no word of them is lost."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Its lines."""
        table = Table(box=box.SIMPLE, pad_edge=False, style="markdown.table.border")
        if self.header is not None and self.header.row is not None:
            for cell in self.header.row.cells:
                heading = cell.content.copy()
                heading.stylize("markdown.table.header")
                table.add_column(heading, overflow="fold")
        for row in self.body.rows if self.body is not None else ():
            table.add_row(*(cell.content for cell in row.cells))
        yield table


class Page(Markdown):
    """Markdown with these elements."""

    elements: ClassVar[dict[str, type[MarkdownElement]]] = Markdown.elements | {
        "fence": Code,
        "code_block": Code,
        "heading_open": Title,
        "table_open": Rows,
    }


def rendered(markdown: str, stream: TextIO) -> str:
    """The text of a page for this stream: as wide as its terminal, at most 80 columns."""
    console = Screen(quiet=False, color="auto").console(stream)
    text = LINK.sub(r"\1", COMMENT.sub("", markdown))
    with console.use_theme(THEME), console.capture() as capture:
        console.print(Page(text, hyperlinks=False), width=min(console.width, WIDEST))
    trimmed = TRAILING.sub(r"\1\n", capture.get())
    return BLANKS.sub("\n\n", trimmed).strip("\n")

"""The table as LaTeX, with the rules of booktabs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from regcmp.report.table import Table

SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "'": r"\textquotesingle{}",
    "`": r"\textasciigrave{}",
    "±": r"$\pm$",
    "λ": r"$\lambda$",
    "½": r"\textonehalf{}",
    # After the end of a row, these would be taken for its options.
    "[": "{[}",
    "]": "{]}",
    "*": "{*}",
    **{each: "\\" + each for each in "{}$&#_%"},
}

PREAMBLE = (
    r"Needs \usepackage{booktabs}, \usepackage{graphicx}, \usepackage[T1]{fontenc} and",
    r"\usepackage{textcomp}. Names beyond Latin letters need LuaLaTeX or XeLaTeX and a font of theirs.",
)
SHRUNK = r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%"
"""A table that is wider than the text is made smaller, and no other."""


def to_latex(table: Table) -> str:
    r"""A table environment for \input; its first lines say what it needs, text is UTF-8."""
    headers = [escape(column.header) for column in table.columns]
    about = [escape(text) for text in (*table.above, *table.verdict)]
    lines = [
        *(f"% {line}" for line in PREAMBLE),
        r"\begin{table}",
        r"\centering\small",
        rf"\caption{{{' '.join(map(_sentence, about))}}}",
        SHRUNK,
        rf"\begin{{tabular}}{{l{'r' * (len(headers) - 1)}}}",
        r"\toprule",
        _row(headers),
        r"\midrule",
        *_rows(table),
        r"\bottomrule",
        r"\end{tabular}}",
        *(rf"\par\smallskip\footnotesize {escape(line)}" for line in (*table.notes, *table.below)),
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def escape(text: str) -> str:
    """Text that LaTeX prints as it is; two hyphens stay two."""
    return "".join(SPECIAL.get(c, c) for c in text).replace("--", "-{}-").replace("--", "-{}-")


def number(cell: str) -> str:
    """A cell whose signs are those of mathematics: a hyphen is no minus."""
    return re.sub(r"(?<![\w=.-])-(?=\d)", r"$-$", cell)


def _rows(table: Table) -> Iterator[str]:
    """Each row; a rule stands before the first reference."""
    for i, (row, tone) in enumerate(zip(table.rows, table.tones, strict=True)):
        if tone == "reference" and table.tones[i - 1] != tone:
            yield r"\midrule"
        yield _row([number(escape(cell)) for cell in row])


def _sentence(text: str) -> str:
    return text if text.endswith(".") else text + "."


def _row(cells: list[str]) -> str:
    return " & ".join(cells) + r" \\"

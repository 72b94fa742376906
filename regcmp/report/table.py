"""A table for people, as every format shows it: texts alone."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """A header; columns of one group stay together where a table must be broken."""

    header: str
    group: int


@dataclass(frozen=True)
class Table:
    """Lines above, a header and rows of text, the verdict's lines, and lines that explain."""

    above: tuple[str, ...]
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    tones: tuple[str, ...]
    """Of each row: 'baseline', 'better', 'worse', 'marked', 'reference' or ''."""
    notes: tuple[str, ...]
    """What the marks of methods mean."""
    below: tuple[str, ...]
    verdict: tuple[str, ...]
    """The answer, then what it rests on."""
    shown: frozenset[tuple[int, int]] = frozenset()
    """The row and column of each cell that stands out by itself."""

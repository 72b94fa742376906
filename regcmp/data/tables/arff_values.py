"""Values in the text of an ARFF file: quoted or not, in dense rows, sparse rows and declarations."""

from __future__ import annotations

import re

QUOTED = r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\""
PLAIN = r"[^\s,{}'\"%][^\s,{}]*"
"""A word without quotes; a percent sign begins a comment where a word could begin."""

BY_COMMA = re.compile(rf"\s*({QUOTED}|{PLAIN}(?:[ \t]+{PLAIN})*|)\s*(,|(?=[{{}}%])|$)")
BY_BLANK = re.compile(rf"\s*({QUOTED}|{PLAIN})(\s+(?=[^\s{{}}%])|(?=\s*(?:[{{}}%]|$)))")
ENTRY = re.compile(rf"\s*(\d+)\s+({QUOTED}|{PLAIN}(?:[ \t]+{PLAIN})*)\s*(,|(?=}}))")
WEIGHT = re.compile(r"\s*,?\s*\{\s*[-+\d.eE]+\s*\}\s*(?:%.*)?$")
REST = re.compile(r"\s*(?:%.*)?$")
ESCAPED = re.compile(r"\\(u[0-9a-fA-F]{4}|[0-3]?[0-7]{1,2}|.)")
LETTERS = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}


class RowError(ValueError):
    """What is wrong with a line."""


def dense(text: str, at: int = 0) -> tuple[list[str | None], int]:
    """The values from a place on, and where they end: cut at commas, or at blanks if there are none."""
    found = _cut(BY_COMMA, text, at)
    if found is None or len(found[0]) == 1:
        found = _cut(BY_BLANK, text, at) or found
    if found is None:
        raise RowError("has a quote that is not closed, or letters behind a quoted value")
    return found


def _cut(pattern: re.Pattern[str], text: str, at: int) -> tuple[list[str | None], int] | None:
    values: list[str | None] = []
    while found := pattern.match(text, at):
        values.append(value(found[1]))
        at = found.end()
        if not found[2]:
            return values, at
    return None


def row(text: str) -> tuple[list[str | None], bool]:
    """The values of a dense row, and whether it has a weight."""
    values, end = dense(text)
    if REST.match(text, end):
        return values, False
    if not WEIGHT.match(text, end):
        raise RowError(f"has {text[end:].strip()[:40]!r} behind its values")
    return values[:-1] if text[:end].rstrip().endswith(",") else values, True


def sparse(text: str, count: int) -> tuple[dict[int, str | None], bool]:
    """The values of a sparse row by their place, and whether it has a weight."""
    values: dict[int, str | None] = {}
    at = text.index("{") + 1
    while found := ENTRY.match(text, at):
        place = int(found[1][:20])
        if place >= count:
            raise RowError(f"has the index {place}; {count} attributes are declared, from 0 on")
        if place in values:
            raise RowError(f"has the index {place} twice")
        values[place] = value(found[2])
        at = found.end()
        if not found[3]:
            break
    close = re.compile(r"\s*\}").match(text, at)
    if close is None or (values and found is None):
        raise RowError("is no sparse row; expected '{INDEX VALUE, ...}'")
    if REST.match(text, close.end()):
        return values, False
    if WEIGHT.match(text, close.end()):
        return values, True
    raise RowError(f"has {text[close.end() :].strip()[:40]!r} behind its values")


def value(token: str) -> str | None:
    """What a token stands for; None for one that is missing."""
    if token[:1] in ("'", '"'):
        return unquoted(token)
    return None if token in ("", "?") else token


def unquoted(token: str) -> str:
    """A token without its quotes, and without what escapes letters in it."""
    return ESCAPED.sub(_letter, token[1:-1]) if token[:1] in ("'", '"') else token


def _letter(found: re.Match[str]) -> str:
    escaped = found[1]
    if escaped[0] == "u" and len(escaped) > 1:
        return chr(int(escaped[1:], 16))
    return chr(int(escaped, 8)) if escaped.isdecimal() else LETTERS.get(escaped, escaped)

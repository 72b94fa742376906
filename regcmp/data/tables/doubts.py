"""Columns of texts that may be meant as numbers: an error where most are, a warning where some may be."""

from __future__ import annotations

import re
from collections.abc import Callable
from shlex import quote as quoted
from typing import TYPE_CHECKING

from regcmp.data.tables.notations import doubtful, first_number, in_english, unit_of
from regcmp.data.tables.spellings import one_spelled_twice
from regcmp.errors import DataError
from regcmp.hints import is_number, split_names

if TYPE_CHECKING:
    import pandas as pd

Line = Callable[[int], int | None]
"""The line of a file in which a row begins."""

MOST_ODD_WORDS = 5
"""So few different words between numbers may all mean that a cell is missing."""

DECIMAL_COMMA = re.compile(r"[-+]?\d*,\d+")


def holds_texts(values: pd.Series) -> bool:
    """Whether a column has cells of text."""
    from pandas.api import types

    return bool(types.is_object_dtype(values.dtype) or types.is_string_dtype(values.dtype))


def check_notation(
    values: pd.Series, table: str, decimal: str = ".", line: Line | None = None, way_out: str = ""
) -> None:
    """Raise DataError for a column most of whose texts are numbers in another notation.

    ``way_out`` is what to do with it if it is none; by default, to drop it or to ask for a category.
    """
    if not holds_texts(values):
        return
    name = str(values.name)
    way_out = way_out or (
        f"drop it with --drop {quoted(name)}, or take it as a category with --use {quoted(name)}"
    )
    levels = {
        in_english(each, decimal or "."): each for each in values.dropna().astype(str).unique()
    }
    found = first_number(list(levels))
    if found is None:
        return
    cell, number = levels[found[0]], in_english(found[1], decimal or ".")
    at = line(int((values == cell).to_numpy().argmax())) if line else None
    place = "" if at is None else f" in line {at}"
    commas = sum(bool(DECIMAL_COMMA.fullmatch(each)) for each in levels)
    if decimal != "," and DECIMAL_COMMA.fullmatch(cell) and commas > len(levels) / 2:
        first = "say so with --decimal ','" if decimal else "save it as numbers"
        raise DataError(
            f"{table!r}: column {name!r} has {cell!r}{place}, which may be a decimal comma; {first}, or"
            f" {way_out}"
        )
    others = {unit_of(each): each for each in levels} if unit_of(found[0]) else {}
    other = next(
        (each for unit, each in others.items() if unit not in ("", unit_of(found[0]))), None
    )
    change = f"write it as {number}" if other is None else "write all in one unit, and leave it out"
    beside = "" if other is None else f" and {levels[other]!r}"
    raise DataError(
        f"{table!r}: column {name!r} has {cell!r}{place}{beside}, which is not in a readable number"
        f" format; {change}, or {way_out}"
    )


def doubt_of(name: str, levels: pd.Series, decimal: str) -> str:
    """A warning of a category that may be numbers, or whose levels may be one."""
    texts = levels.tolist()
    english = [in_english(each, decimal or ".") for each in texts]
    lines = one_spelled_twice(texts, f"column {name!r} has the levels", "one level")
    found = doubtful(english)
    words = [text for text, each in zip(texts, english, strict=True) if not is_number(each)]
    if found:
        cell, what = texts[english.index(found[0])], found[1]
        lines.insert(
            0, f"column {name!r} has {cell!r}, which may be {what}; it is taken as a category"
        )
    elif not words and not decimal:
        lines.insert(
            0,
            f"column {name!r} holds numbers as texts, such as {texts[0]!r}; it is taken as a category:"
            " save it as numbers if they measure something",
        )
    elif words and 2 <= len(texts) - len(words) > len(words):
        number = next(text for text, each in zip(texts, english, strict=True) if is_number(each))
        lines.insert(
            0,
            f"column {name!r} has {number!r} and {words[0]!r}; it is taken as a category: if"
            f" {words[0]!r} means missing, {_missing(words[:1], decimal)}",
        )
    return "; ".join(lines)


def check_no_numbers(
    texts: pd.Series, counts: pd.Series, table: str, decimal: str, line: Line | None = None
) -> None:
    """Raise DataError for a column of numbers but for a few words.

    ``texts`` are its cells, ``counts`` how often each of them stands there.
    """
    import pandas as pd

    name, levels = str(texts.name), pd.Series(counts.index, dtype=object)
    plain = levels if decimal in (".", "") else levels.map(lambda each: _with_point(each, decimal))
    words = levels[pd.to_numeric(plain, errors="coerce").isna()]
    numbers = len(levels) - len(words)
    if 0 < len(words) <= MOST_ODD_WORDS and numbers >= max(5, 3 * len(words)):
        first = line(int(texts.index[texts.isin(words)][0])) if line else None
        at = "" if first is None else f", first in line {first}"
        if list(words) == [name]:
            raise DataError(
                f"{table!r}: column {name!r} has numbers, and its name in {counts[words].sum()} of"
                f" {counts.sum()} rows{at}; delete lines that repeat the header"
            )
        raise DataError(
            f"{table!r}: column {name!r} has numbers, but {' and '.join(map(repr, words))} in"
            f" {counts[words].sum()} of {counts.sum()} rows{at}; if that means missing,"
            f" {_missing(list(words), decimal)}, or drop it with --drop {quoted(name)}"
        )


def _missing(words: list[str], decimal: str) -> str:
    """How to say that these mean a missing cell; no option does where ``decimal`` is empty."""
    sayable = decimal and all(split_names(word) == [word] for word in words)
    return f"add --na {quoted(','.join(words))}" if sayable else "leave these cells empty"


def _with_point(text: str, decimal: str) -> str:
    """With a decimal point; what has one already is no number there."""
    return "" if "." in text else text.replace(decimal, ".")

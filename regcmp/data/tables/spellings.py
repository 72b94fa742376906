"""Texts that may be one and the same, spelled in two ways; and numbers that are one, written in two."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from regcmp.hints import is_number

if TYPE_CHECKING:
    import pandas as pd

WHOLE = re.compile(r"\s*[-+]?\d{1,15}(?:\.0*)?\s*")
"""A whole number that any reader reads alike."""

DIGITS = re.compile(r"\s*[-+]?\d{1,4000}\s*")

MOST_CLASSES = 100
"""A target of more different numbers is none of classes."""

ALIKE = str.maketrans("‐‑‒–—−’‘´`“”„", "------''''\"\"\"")
"""Dashes and quotes that look alike."""

MOST_SHOWN = 3
"""So many pairs are named."""


def one_spelled_twice(texts: Iterable[str], what: str, as_one: str) -> list[str]:
    """Lines for texts that differ by blanks, case, Unicode form or notation alone.

    ``what`` begins a line, as in "the target 'y' has the classes"; ``as_one`` is what two may be.
    """
    first: dict[str, str] = {}
    pairs = [
        (first[key], text) for text in texts if first.setdefault(key := _key(text), text) != text
    ]
    lines = [
        f"{what} {one!r} and {other!r}, which differ by {_difference(one, other)} alone; correct the"
        f" cells if they are {as_one}"
        for one, other in pairs[:MOST_SHOWN]
    ]
    if len(pairs) > MOST_SHOWN:
        lines[-1] += f" ({len(pairs) - MOST_SHOWN} more pairs are alike)"
    return lines


def _key(text: str) -> str:
    """The same for texts that look alike."""
    if text.isascii() and text.isalnum() and not text[0].isdigit():
        return text.casefold()
    seen = "".join(each for each in unicodedata.normalize("NFKC", text) if _is_seen(each))
    key = " ".join(seen.translate(ALIKE).casefold().split())
    return repr(float(key)) if is_number(key) and len(key) < 16 else key


def _is_seen(letter: str) -> bool:
    return unicodedata.category(letter) != "Cf"


def _difference(one: str, other: str) -> str:
    if one.split() == other.split():
        return "blanks"
    if one.casefold() == other.casefold():
        return "case"
    if one.casefold().split() == other.casefold().split():
        return "case and blanks"
    forms = [unicodedata.normalize("NFC", each) for each in (one, other)]
    if forms[0] == forms[1]:
        return "Unicode form"
    keys = [" ".join(unicodedata.normalize("NFKC", each).split()) for each in (one, other)]
    if keys[0] != keys[1] and all(map(is_number, keys)):
        return "notation"
    return (
        "blanks" if re.sub(r"\s", "", one) == re.sub(r"\s", "", other) else "how they are written"
    )


def merged(name: str, cells: Iterable[str]) -> str:
    """A line where different cells are one number, such as '01' and '1'; else nothing."""
    first: dict[float, str] = {}
    for cell in cells:
        number = int(cell) if DIGITS.fullmatch(cell) else float(cell)  # long names keep all digits
        one = first.setdefault(number, cell)
        if one.strip() != cell.strip():
            return (
                f"the target {name!r} has {one!r} and {cell!r}, which are one as numbers;"
                " --classes-as-text keeps them apart"
            )
    return ""


class Spellings:
    """Reads a column of few whole numbers from its cells, and remembers how they were written."""

    def __init__(self) -> None:
        self.numbers: dict[str, float] = {}

    def read(self, cells: pd.Series) -> npt.NDArray[np.float64] | None:
        """These cells as numbers, NaN where one is missing; None if that is another column."""
        for cell in cells.dropna().unique():
            if cell not in self.numbers:
                if len(self.numbers) >= MOST_CLASSES or not WHOLE.fullmatch(cell):
                    return None
                self.numbers[cell] = float(cell)
        return np.asarray(cells.map(self.numbers), np.float64)


def may_be_classes(cells: Iterable[str]) -> bool:
    """Whether the first cells of a column are few whole numbers."""
    different = {each for each in cells if each}
    return len(different) <= MOST_CLASSES // 5 and all(map(WHOLE.fullmatch, different))

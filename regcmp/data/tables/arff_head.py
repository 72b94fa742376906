"""The head of an ARFF file: what each column is declared to be, and what its cells may be."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from shlex import quote as quoted
from typing import Any

import numpy as np
import numpy.typing as npt

from regcmp.data.columns import some
from regcmp.data.table import name_or_place
from regcmp.data.tables.arff_values import QUOTED, REST, WEIGHT, RowError, dense, unquoted
from regcmp.errors import DataError

NAME = re.compile(rf"({QUOTED}|[^\s{{,%'\"][^\s{{]*)\s*")
TYPES = {
    **dict.fromkeys(("numeric", "real", "integer"), "number"),
    "string": "text",
    "date": "date",
    "relational": "relation",
}
DATE_FORM = "yyyy-MM-dd'T'HH:mm:ss"
DATE_LETTERS = dict(
    pair.split("=")
    for pair in (
        "yyyy=%Y yy=%y MMMM=%B MMM=%b MM=%m M=%m dd=%d d=%d EEEE=%A EEE=%a"
        " HH=%H H=%H hh=%I mm=%M ss=%S SSS=%f a=%p Z=%z z=%Z"
    ).split()
)
"""How Python writes what Java's dates are made of."""

Lines = Iterator[tuple[int, str]]
Cells = Sequence[str | None]


class LineError(RowError):
    """What is wrong with a line of this number."""

    def __init__(self, number: int, said: str) -> None:
        super().__init__(said)
        self.number = number


@dataclass
class Attribute:
    """A column as it is declared, and its values so far."""

    name: str
    kind: str
    levels: dict[str, str] = field(default_factory=dict)
    form: str = DATE_FORM
    parts: list[Any] = field(default_factory=list)
    fault: str = ""
    """Why it can't be learned from."""

    @property
    def default(self) -> str | None:
        """What a sparse row has where it names nothing; of texts, that is not known."""
        return {"number": "0", "nominal": next(iter(self.levels), None)}.get(self.kind)

    def read(self, cells: Cells, lines: Sequence[int]) -> npt.NDArray[Any] | list[str | None]:
        """Values of cells. Raises LineError for one that the declaration doesn't allow."""
        if self.kind == "number":
            return self._numbers(cells, lines)
        if self.kind != "nominal":
            return list(cells)
        try:
            return [self.levels[cell] for cell in cells]  # type: ignore[index]
        except KeyError:
            pass
        for cell, line in zip(cells, lines, strict=True):
            if cell is not None and cell not in self.levels:
                raise LineError(
                    line,
                    f"has {cell[:80]!r} as {self.name!r}, which is declared as"
                    f" {some(self.levels, 5)}; declare it, or correct the line",
                )
        return [None if cell is None else self.levels[cell] for cell in cells]

    def _numbers(self, cells: Cells, lines: Sequence[int]) -> npt.NDArray[np.float64]:
        try:
            joined = "".join(cells)  # type: ignore[arg-type]
            if joined.isascii() and "_" not in joined:
                return np.array(list(map(float, cells)), np.float64)  # type: ignore[arg-type]
        except (ValueError, TypeError):
            pass
        values = np.full(len(cells), np.nan)
        for i, (cell, line) in enumerate(zip(cells, lines, strict=True)):
            if cell is None:
                continue
            try:
                if not cell.isascii() or "_" in cell:
                    raise ValueError
                values[i] = float(cell)
            except ValueError:
                raise LineError(
                    line,
                    f"has {cell[:80]!r} as {self.name!r}, which is declared as a number; correct it,"
                    " or write ? where it is missing",
                ) from None
        return values

    def column(self, values: Any, lines: npt.NDArray[np.intp]) -> Any:
        """The column of a table."""
        import pandas as pd

        if self.kind == "number":
            return values
        if self.kind == "relation":
            self.fault = f"is relational; drop it with --drop {quoted(self.name)}"
            return pd.Series([None] * len(values), dtype=object)
        texts = pd.Series(values, dtype=object)
        if self.kind != "date":
            return texts
        dates = pd.to_datetime(texts, format=_date_format(self.form), errors="coerce", utc=True)
        odd = np.flatnonzero((texts.notna() & dates.isna()).to_numpy())
        if len(odd):
            self.fault = (
                f"has {texts[odd[0]][:80]!r} in line {lines[odd[0]]}, which is no date as"
                f" {self.form!r} has it; correct it, or drop it with --drop {quoted(self.name)}"
            )
        return dates


def _date_format(form: str) -> str:
    """A form such as yyyy-MM-dd, as Python has it."""
    found = []
    for part in re.finditer(r"'([^']*)'|([A-Za-z])\2*|[^A-Za-z']+", form):
        text = part[1] or ("'" if part[1] == "" else part[0])
        found.append(DATE_LETTERS.get(text, text) if part[2] else text.replace("%", "%%"))
    return "".join(found)


def read_head(name: str, lines: Lines) -> list[Attribute]:
    """What is declared, up to the line @data."""
    found: list[Attribute] = []
    names: set[str] = set()
    relations: list[str] = []
    for number, line in lines:
        words = line.split(None, 1)
        if not words or words[0].startswith("%"):
            continue
        word = words[0].lower()
        if word == "@data":
            if not found:
                raise LineError(number, "begins rows, and no @attribute is declared before it")
            return found
        if word == "@end" and relations:
            relations.pop()
        elif word == "@attribute":
            attribute = _attribute(number, line.split(None, 1)[1:], lines, len(found) + 1)
            if not relations:
                if attribute.name in names:
                    said = f"declares {attribute.name!r} a second time; rename one of them"
                    raise LineError(number, said)
                names.add(attribute.name)
                found.append(attribute)
            if attribute.kind == "relation":
                relations.append(attribute.name)
        elif word != "@relation":
            raise LineError(
                number,
                f"is {line.strip()[:40]!r}; expected @relation, @attribute or @data, as an ARFF file"
                " has them",
            )
    raise DataError(f"{name!r} is no ARFF file: it has no line @data")


def _attribute(number: int, rest: list[str], lines: Lines, place: int) -> Attribute:
    text = rest[0].strip() if rest else ""
    named = NAME.match(text)
    if named is None:
        raise LineError(number, "declares no name; expected @attribute NAME TYPE")
    name, text = name_or_place(unquoted(named[1]).strip(), place), text[named.end() :]
    if text.startswith("{"):
        return Attribute(name, "nominal", _levels(number, text, lines))
    found = re.match(rf"([^\s\[{{%]+)\s*({QUOTED}|[^\s%{{]+)?", text)
    kind = TYPES.get(found[1].lower()) if found else None
    if found is None or kind is None:
        raise LineError(
            number,
            f"declares {name!r} as {text[:40]!r}; expected numeric, real, integer, string, date or"
            " {LEVEL, ...}, and quotes around a name that has blanks",
        )
    form = unquoted(found[2]) if kind == "date" and found[2] else DATE_FORM
    return Attribute(name, kind, form=form)


def _levels(number: int, text: str, lines: Lines) -> dict[str, str]:
    """The levels between braces, which may go on over several lines."""
    for more in chain([""], (line for _, line in lines)):
        text = f"{text} {more.strip()}" if more else text
        try:
            values, end = dense(text, 1)
        except RowError as fault:
            raise LineError(number, str(fault)) from None
        if text[end:].lstrip().startswith("%"):
            text = text[:end]  # a comment between levels
        elif end < len(text):
            break
    else:
        raise LineError(number, "opens a brace that is never closed")
    close = text[end:].lstrip()
    if not close.startswith("}") or not (REST.match(close, 1) or WEIGHT.match(close, 1)):
        raise LineError(number, f"has {close[:40]!r} behind levels; expected }}")
    texts = [each for each in values if each is not None]
    return dict(zip(texts, texts, strict=True))

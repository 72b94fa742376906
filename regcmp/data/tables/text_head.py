"""The head of a text table: what separates its cells, and what its columns are called."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from shlex import quote as quoted
from typing import TextIO

from regcmp.data.sources.files import File
from regcmp.data.table import Reading, name_or_place
from regcmp.data.tables.text_lines import BLANK, check_lines, open_text, records, said_sep
from regcmp.errors import DataError
from regcmp.hints import is_number

SNIFFED = (",", ";", "\t", "|")
"""What may separate cells where the option --sep does not say it; also runs of blanks, if none of
these does.
"""

UNUSUAL = (
    "::",
    "||",
    "~",
    "^",
    ":",
    "¦",
    "\x1f",
    "\x01",
    "\xa0",
    "\u2003",
    "\\",
    "/",
    "#",
    "*",
    "!",
    "&",
)
"""What may separate cells where none of the others does, and is not taken without being asked for."""

DECIMAL = re.compile(r"^([-+]?\d+),(\d+)$")


def read_head(file: File, reading: Reading) -> tuple[str, list[str], int, list[list[str]]]:
    """The separator, the columns' names, whether a header line is to be skipped, and the first rows."""
    with open_text(file, reading) as text:
        sample = "".join(islice(_lines(text), 50))
        whole = not text.read(1)
    if not sample.strip():
        raise DataError(f"{file.text!r} is empty; expected a header and rows below it")
    sep = _separator(file, reading, sample, whole)
    rows = _records(sample, sep, reading)
    first, second = [*rows, [], []][:2]
    _check_separates(file, reading, sample, rows)
    _check_cut(file, sep, rows)
    by_blanks = _records(sample, BLANK, reading) if len(first) == 1 else []
    for cut in (rows, by_blanks):
        _check_row_names(file, cut)
    header = reading.header is not False
    if not header:
        return sep, [str(i + 1) for i in range(len(first))], 0, rows
    if not second and whole:
        raise DataError(
            f"{file.text!r} has a header and no rows; if its one line is a row, add --no-header"
        )
    if second and len(second) != len(first):
        check_lines(file, reading, sep, len(first))
    names = [name_or_place(cell.strip(), i) for i, cell in enumerate(first, 1)]
    _check_names(file, reading, names)
    return sep, names, 1, rows[1:]


def _separator(file: File, reading: Reading, sample: str, whole: bool) -> str:
    """The one that --sep or the file names, or the only one that cuts all of the first lines alike."""
    if reading.sep is not None:
        return reading.sep
    if (said := said_sep(file, reading)) is not None:
        return said
    if file.suffix == ".tsv" and "\t" in sample:
        return "\t"
    present: list[str] = []
    fitting: list[str] = []
    for sep in (*SNIFFED, BLANK):
        cut = _records(sample, sep, reading)
        lengths = {len(each) for each in (cut if whole else cut[:-1] or cut)}
        if sep == BLANK and (len(lengths) > 1 or (fitting and not _hides_numbers(fitting, cut))):
            break
        if sep == BLANK and fitting == ["\t"]:
            return BLANK
        if len(cut[0]) > 1:
            present.append(sep)
            if len(lengths) == 1:
                fitting.append(sep)
    candidates = fitting or present or [","]
    if len(candidates) > 1:
        shown = " and ".join(map(repr, candidates))
        raise DataError(
            f"{file.text!r}: both {shown} could separate its cells; say which with --sep"
        )
    return candidates[0]


def _hides_numbers(fitting: list[str], cut: list[list[str]]) -> bool:
    """Whether tabs or commas that cut all lines alike may stand between blanks, or be decimal.

    Then blanks cut the lines into numbers, all but one cell in each.
    """
    if fitting not in (["\t"], [","]) or len(cut) < 2:
        return False
    return all(
        len(row) > 2 and sum(is_number(DECIMAL.sub(r"\1.\2", cell)) for cell in row) >= len(row) - 1
        for row in cut[1:]
    )


def _check_separates(file: File, reading: Reading, sample: str, rows: list[list[str]]) -> None:
    """Raise DataError where the separator that --sep or the file names is none, and another one is."""
    said = said_sep(file, reading)
    if len(rows[0]) > 1 or (reading.sep is None and said is None):
        return
    for sep in SNIFFED:
        count = len(_records(sample, sep, reading)[0])
        if count < 2:
            continue
        if reading.sep is None:
            raise DataError(
                f"{file.text!r}: its first line says sep={said}, which does not stand in line 2, and"
                f" {sep!r} would give {count} columns; name the separator with --sep"
            )
        raise DataError(
            f"{file.text!r}: --sep {reading.sep!r} does not stand in line 1, and {sep!r} would give"
            f" {count} columns; correct --sep, or leave it out"
        )


def _check_cut(file: File, sep: str, rows: list[list[str]]) -> None:
    """Raise DataError where something else than a separator of one sign cuts the lines alike."""
    between = [cell.strip() for row in rows for cell in row[1::2]]
    if len(rows[0]) > 2 and len(rows[0]) % 2 and not any(between):
        raise DataError(
            f"{file.text!r}: its cells are separated by {sep * 2!r}, and a separator has one character;"
            f" replace {sep * 2!r} by one that stands in no cell"
        )
    if len(rows) < 2 or len(rows[0]) > 1:
        return
    for other in UNUSUAL:
        counts = {row[0].count(other) if len(row) == 1 else 0 for row in rows}
        if len(counts) == 1 and (count := counts.pop()):
            way_out = "replace it by one character that stands in no cell"
            if len(other) == 1:
                way_out = "add --sep " + (
                    quoted(other) if other.isprintable() else f"$'\\u{ord(other):04x}'"
                )
            raise DataError(
                f"{file.text!r}: {other!r} stands in each line {count} times, and may separate its cells;"
                f" {way_out}"
            )
    lengths = Counter(map(len, rows)).most_common(1)
    if lengths and lengths[0][0] > 1:
        raise DataError(
            f"{file.text!r}: line 1 has 1 cell, and most lines have {lengths[0][0]}; delete what stands"
            " above the header, or name the separator with --sep"
        )


def _check_row_names(file: File, rows: list[list[str]]) -> None:
    """Raise DataError where all rows have a cell that the header has no name for."""
    whole = rows[1:-1] or rows[1:]  # the last one may be cut
    if len(whole) > 2 and all(len(row) == len(rows[0]) + 1 > 2 for row in whole):
        raise DataError(
            f"{file.text!r}: each row has {len(whole[0])} cells, and the header {len(rows[0])} names; write"
            " a name for each cell into line 1, or save the table without the names of its rows"
        )


def _lines(text: TextIO) -> Iterator[str]:
    """Lines, none longer than a header may be."""
    while line := text.readline(1 << 22):
        yield line


def _records(sample: str, sep: str, reading: Reading) -> list[list[str]]:
    """The non-empty records of a piece of text; what the csv module refuses ends them."""
    found = []
    try:
        for _, record in records(io.StringIO(sample, newline=""), sep, reading.quoting):
            found.append(record)  # what came before an error is kept
    except csv.Error:
        pass
    return found or [[""]]


def _check_names(file: File, reading: Reading, names: list[str]) -> None:
    """Raise DataError for names that stand twice, and for a header that is a row."""
    twice = [repr(name) for name, count in Counter(names).items() if count > 1]
    numbers = [name for name in names if is_number(name)]
    counted = numbers in ([str(i + k) for i in range(len(numbers))] for k in (0, 1))
    if reading.header is None and len(numbers) > len(names) / 2 and not counted:
        raise DataError(
            f"{file.text!r}: line 1 looks like a row and not like a header ({numbers[0]!r} is a"
            " number); add --no-header if it is a row, --header if it names the columns"
        )
    if twice:
        shown = ", ".join(twice[:10])
        raise DataError(
            f"{file.text!r}: the header names {shown} more than once; rename one of them (or add"
            " --no-header if line 1 is a row)"
        )

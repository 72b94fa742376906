"""Text tables, .csv and .tsv: read in chunks, and nothing in them is guessed in silence."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any, TextIO

import numpy as np
import numpy.typing as npt

from regcmp.data.cells import fault_of, to_numbers, warn_of_markers
from regcmp.data.files import STDIN, File, open_bytes
from regcmp.data.table import Progress, Reading, Table, name_or_place
from regcmp.errors import DataError, UsageError
from regcmp.hints import is_number

if TYPE_CHECKING:
    import pandas as pd

SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|", "space": " "}
SNIFFED = (",", ";", "\t", "|")
"""What may separate cells where the option --sep does not say it."""

CHUNK_CELLS = 2_000_000
"""About how many cells are parsed at a time."""


def read_delimited(
    file: File,
    reading: Reading,
    progress: Progress | None = None,
    as_text: Collection[str] = (),
) -> Table:
    """Read a text table; ``as_text`` names columns of texts that may all look like numbers.

    Raises DataError, naming line or column, for whatever is not one.
    """
    sep, names, skipped = _head(file, reading)
    numbers = _numbers(file, reading, sep, names, skipped, progress)
    numbers |= dict.fromkeys(numbers.keys() & set(as_text))
    texts = [name for name in names if numbers[name] is None]
    text_columns = _texts(file, reading, sep, names, skipped, texts, progress) if texts else {}
    import pandas as pd

    columns: dict[str, Any] = {}
    for name in names:
        values = numbers[name]
        if values is not None:
            columns[name] = values
        else:
            columns[name] = pd.Series(text_columns[name], dtype=object)
    frame = pd.DataFrame(columns, copy=False)
    if any(frame[names[-1]].isna()):
        check_lines(file, reading, sep, len(names))
    texts = [name for name in texts if name not in as_text]
    found = {name: fault_of(name, frame[name], reading.decimal) for name in texts}
    faults = {name: fault for name, fault in found.items() if fault}
    if reading.na is None:
        frame, warnings = warn_of_markers(frame, texts, reading.decimal)
    else:
        warnings = ()
    name = "standard input" if file.text == STDIN else file.text
    return Table(file.text, frame, name, warnings=warnings, faults=faults, is_text=True)


# The head: separator, column names


def _head(file: File, reading: Reading) -> tuple[str, list[str], int]:
    """The separator, the columns' names, and whether a header line is to be skipped."""
    with open_text(file, reading) as text:
        sample = "".join(islice(_lines(text), 50))
        whole = not text.read(1)
    if not sample.strip():
        raise DataError(f"{file.text!r} is empty; expected a header and rows below it")
    sep = _separator(file, reading, sample, whole)
    records = _records(sample, sep)
    first, second = [*records, [], []][:2]
    _check_separates(file, reading, sample, first)
    header = reading.header is not False
    if not header:
        return sep, [str(i + 1) for i in range(len(first))], 0
    if not second and whole:
        raise DataError(
            f"{file.text!r} has a header and no rows; if its one line is a row, add --no-header"
        )
    if second and len(second) != len(first):
        check_lines(file, reading, sep, len(first))
    names = [name_or_place(cell.strip(), i) for i, cell in enumerate(first, 1)]
    _check_names(file, reading, names)
    return sep, names, 1


def _separator(file: File, reading: Reading, sample: str, whole: bool) -> str:
    """The one that --sep names, or the only one that cuts all of the first lines alike."""
    if reading.sep is not None:
        return reading.sep
    if file.suffix == ".tsv":
        return "\t"
    fitting = []
    present = []
    for sep in SNIFFED:
        records = _records(sample, sep)
        lengths = {len(each) for each in (records if whole else records[:-1] or records)}
        if len(records[0]) > 1:
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


def _check_separates(file: File, reading: Reading, sample: str, first: list[str]) -> None:
    """Raise DataError where the separator that --sep names is none, and another one is."""
    if reading.sep is None or len(first) > 1:
        return
    for sep in SNIFFED:
        count = len(_records(sample, sep)[0])
        if count > 1:
            raise DataError(
                f"{file.text!r}: --sep {reading.sep!r} does not stand in line 1, and {sep!r} would give"
                f" {count} columns; correct --sep, or leave it out"
            )


def _records(sample: str, sep: str) -> list[list[str]]:
    """The non-empty records of a piece of text; what the csv module refuses ends them."""
    records = []
    try:
        for record in csv.reader(io.StringIO(sample, newline=""), delimiter=sep):
            if record:
                records.append(record)  # noqa: PERF401 - what came before an error is kept
    except csv.Error:
        pass
    return records or [[""]]


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


# The body: numbers chunk by chunk, then the columns that have text


def _chunks(
    text: TextIO, file: File, reading: Reading, sep: str, names: list[str], skipped: int, **how: Any
) -> Iterator[pd.DataFrame]:
    """Frames of some rows each, parsed by pandas' C engine."""
    import pandas as pd

    try:
        with pd.read_csv(
            text,
            sep=sep,
            header=0 if skipped else None,
            names=names,
            index_col=False,
            decimal=reading.decimal,
            keep_default_na=False,
            na_values=["", *(reading.na or ())],
            chunksize=max(1, CHUNK_CELLS // len(names)),
            low_memory=False,
            engine="c",
            **how,
        ) as chunks:
            yield from chunks
    except pd.errors.EmptyDataError:
        raise DataError(f"{file.text!r} is empty; expected a header and rows below it") from None
    except pd.errors.ParserError as error:
        check_lines(file, reading, sep, len(names))
        raise DataError(f"{file.text!r}: {error}") from error


def _numbers(
    file: File,
    reading: Reading,
    sep: str,
    names: list[str],
    skipped: int,
    progress: Progress | None,
) -> dict[str, npt.NDArray[np.float64] | None]:
    """Every column that holds numbers alone, as float64; None for one that has text."""
    parts: dict[str, list[npt.NDArray[np.float64]] | None] = {name: [] for name in names}
    rows = 0
    with open_text(file, reading, progress) as text:
        for chunk in _chunks(text, file, reading, sep, names, skipped):
            rows += len(chunk)
            for name in names:
                part = parts[name]
                if part is not None:
                    values = to_numbers(chunk[name], reading)
                    if values is None:
                        parts[name] = None
                    else:
                        part.append(values)
    if not rows:
        raise DataError(f"{file.text!r} has a header and no rows")
    return {name: None if part is None else np.concatenate(part) for name, part in parts.items()}


def _texts(
    file: File,
    reading: Reading,
    sep: str,
    names: list[str],
    skipped: int,
    texts: list[str],
    progress: Progress | None,
) -> dict[str, list[str | None]]:
    """The columns that have text, cell by cell as in the file; None where one is missing."""
    cells: dict[str, list[str | None]] = {name: [] for name in texts}
    with open_text(file, reading, progress) as text:
        for chunk in _chunks(text, file, reading, sep, names, skipped, usecols=texts, dtype=object):
            for name in texts:
                column = chunk[name]
                cells[name].extend(column.where(column.notna(), None).tolist())
    return cells


# The text of a file, and what is wrong with it


@contextmanager
def open_text(
    file: File, reading: Reading, progress: Progress | None = None
) -> Iterator[io.TextIOWrapper]:
    """The file's text, without a byte order mark. Raises DataError at bytes that are none."""
    encoding = "utf-8-sig" if _is_utf8(reading.encoding) else reading.encoding
    try:
        with open_bytes(file, progress) as data:
            checked = io.BufferedReader(_NoNuls(data, file, encoding), 1 << 20)
            yield io.TextIOWrapper(checked, encoding, newline="")
    except UnicodeError:
        _explain_encoding(file, reading.encoding)
        raise


class _NoNuls(io.RawIOBase):
    """Bytes that hold no NUL, which no text table has: pandas would end a cell there."""

    def __init__(self, data: Any, file: File, encoding: str) -> None:
        self.data = data
        self.file = file
        self.wide = b"\0" in "a".encode(encoding)  # UTF-16 and UTF-32
        self.count = 0

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer. Raises DataError where a byte is NUL."""
        data = self.data.read1(len(buffer))
        if not self.wide and b"\0" in data:
            raise DataError(
                f"{self.file.text!r} holds a NUL byte at byte {self.count + data.index(0)}: it is"
                " no text, or UTF-16, which --encoding utf-16 reads"
            )
        buffer[: len(data)] = data
        self.count += len(data)
        return len(data)


def _is_utf8(encoding: str) -> bool:
    return codecs.lookup(encoding).name in ("utf-8", "utf-8-sig")


def _explain_encoding(file: File, encoding: str) -> None:
    """Raise DataError that names the first byte which is no text in this encoding."""
    decoder = codecs.getincrementaldecoder(encoding)()
    done, lines = 0, 1
    with open_bytes(file) as data:
        while True:
            block = data.read(1 << 20)
            pending = len(decoder.getstate()[0])
            try:
                decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                place = done - pending + error.start
                lines += block[: max(0, error.start - pending)].count(b"\n")
                other = "cp1252" if _is_utf8(encoding) else "utf-8"
                hint = "utf-16" if block[:2] in (b"\xff\xfe", b"\xfe\xff") and not done else other
                raise DataError(
                    f"{file.text!r} is not valid {encoding.upper()} at byte {place} (line {lines});"
                    f" name its encoding, as in --encoding {hint}"
                ) from None
            except UnicodeError as error:
                raise DataError(
                    f"{file.text!r} is not valid {encoding.upper()}: {error}; name its encoding,"
                    " as in --encoding utf-8"
                ) from None
            done += len(block)
            lines += block.count(b"\n")
            if not block:
                return


def _lines(text: TextIO) -> Iterator[str]:
    """Lines, none longer than a header may be."""
    while line := text.readline(1 << 22):
        yield line


def check_lines(file: File, reading: Reading, sep: str, fields: int) -> None:
    """Raise DataError that names the first line which has not as many cells as the header."""
    with open_text(file, reading) as text:
        reader = csv.reader(text, delimiter=sep, strict=True)
        line = 1
        try:
            for record in reader:
                if record and len(record) != fields:
                    first = "the header has" if reading.header is not False else "line 1 has"
                    raise DataError(
                        f"{file.text!r}: line {line} has {_cells(len(record))}, {first} {fields};"
                        " correct the line, or name the separator with --sep"
                    )
                line = reader.line_num + 1
        except csv.Error as error:
            if "unexpected end" in str(error):
                raise DataError(
                    f"{file.text!r}: a quote that opens in line {line} is never closed"
                ) from None
            raise DataError(f"{file.text!r}: line {line}: {error}") from None


def _cells(count: int) -> str:
    return f"{count} cell" + ("" if count == 1 else "s")


def check_reading(reading: Reading) -> Reading:
    """The same options with names of separators resolved. Raises UsageError."""
    _check_types(reading)
    sep = reading.sep
    if sep is not None:
        sep = SEPARATORS.get(sep.lower(), "\t" if sep == "\\t" else sep)
        if len(sep) != 1 or sep in '"\n\r\0' or ord(sep) > 127:
            raise UsageError(
                f"--sep: expected one character or one of {', '.join(SEPARATORS)}, got {sep!r}"
            )
    if reading.decimal not in (".", ","):
        raise UsageError(f"--decimal: expected '.' or ',', got {reading.decimal!r}")
    if sep == reading.decimal:
        raise UsageError(f"--sep and --decimal are both {sep!r}; they must differ")
    try:
        is_text = codecs.lookup(reading.encoding)._is_text_encoding
    except (LookupError, ValueError):
        is_text = False
    if not is_text:
        raise UsageError(
            f"--encoding: unknown encoding {reading.encoding!r}; common ones are utf-8, cp1252,"
            " latin-1 and utf-16"
        )
    if reading.sample is not None and reading.sample < 1:
        raise UsageError(f"--sample: expected at least 1 row, got {reading.sample}")
    return replace(reading, sep=sep)


def _check_types(reading: Reading) -> None:
    """Raise UsageError for a value of another type, which only a call from Python can have."""
    for name, kind, expected in (
        ("sep", str | None, "a text such as ';'"),
        ("encoding", str, "a text such as 'cp1252'"),
        ("test", str | None, "a text such as 'test.csv'"),
        ("header", bool | None, "True or False"),
    ):
        value = getattr(reading, name)
        if not isinstance(value, kind):
            raise UsageError(f"--{name}: expected {expected}, got {value!r}")

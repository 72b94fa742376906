"""The text of a file: decoded from its first cell on, cut into records, with line numbers in errors."""

from __future__ import annotations

import codecs
import csv
import io
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from regcmp.data.sources.files import File, open_bytes
from regcmp.data.table import Progress, Reading
from regcmp.errors import DataError

BLANK = " "
"""As a separator, it stands for any run of blanks and tabs."""

SAID_SEP = re.compile(r'"?sep=(.)"?(?:\r\n|\n|\r)', re.IGNORECASE)
"""The line that Excel writes and reads above a table."""

COMMENT = "# "
"""What np.savetxt writes before the names of columns, and before other lines above a table."""

MARKS = {
    "utf-8": codecs.BOM_UTF8,
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
    "utf-32-le": codecs.BOM_UTF32_LE,
    "utf-32-be": codecs.BOM_UTF32_BE,
}
"""The byte order marks of encodings whose decoders keep them."""

NO_QUOTES = "add --quoting none, which reads quotes as letters"


@contextmanager
def open_text(
    file: File, reading: Reading, progress: Progress | None = None
) -> Iterator[io.TextIOWrapper]:
    """The file's text, without a byte order mark and a line 'sep=;'. Raises DataError at bytes that
    are none.
    """
    try:
        with open_bytes(file, progress) as data:
            encoding, _, skipped = _start(data, file, reading)
            data.read(skipped)
            checked = io.BufferedReader(_NoNuls(data, file, encoding), 1 << 20)
            yield io.TextIOWrapper(checked, encoding, newline="")
    except UnicodeError:
        _explain_encoding(file, reading.encoding)
        raise


def said_sep(file: File, reading: Reading) -> str | None:
    """The separator that a first line such as 'sep=;' names."""
    with open_bytes(file) as data:
        return _start(data, file, reading)[1]


def _start(data: Any, file: File, reading: Reading) -> tuple[str, str | None, int]:
    """The encoding with its order of bytes, the separator that the first line names, and how many
    bytes stand before the table.
    """
    encoding = codecs.lookup(reading.encoding).name.removesuffix("-sig")
    head = data.peek(64)[:64]
    if encoding in ("utf-16", "utf-32"):
        orders = (f"{encoding}-le", f"{encoding}-be")
        encoding = next((each for each in orders if head.startswith(MARKS[each])), encoding)
    elif head.startswith(codecs.BOM_UTF8) and not encoding.startswith("utf"):
        raise DataError(
            f"{file.text!r} begins with the byte order mark of UTF-8, and --encoding says"
            f" {reading.encoding!r}; leave --encoding out"
        )
    mark = MARKS.get(encoding, b"")
    skipped = len(mark) if mark and head.startswith(mark) else 0
    if head[skipped:].startswith(COMMENT.encode(encoding)):
        skipped += len(COMMENT.encode(encoding))
    found = SAID_SEP.match(head[skipped:].decode(encoding, "ignore"))
    if found is None or encoding in ("utf-16", "utf-32"):
        return encoding, None, skipped
    return encoding, found[1], skipped + len(found[0].encode(encoding))


class _NoNuls(io.RawIOBase):
    """Bytes that hold no NUL, which no text table has: pandas would end a cell there."""

    def __init__(self, data: Any, file: File, encoding: str) -> None:
        self.data = data
        self.file = file
        self.wide = b"\0" in "a".encode(encoding)  # UTF-16 and UTF-32

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer. Raises DataError where a byte is NUL."""
        data = self.data.read1(len(buffer))
        if not self.wide and b"\0" in data:
            _explain_nul(self.file)
        buffer[: len(data)] = data
        return len(data)


def _explain_nul(file: File) -> None:
    done, lines = 0, _Lines()
    with open_bytes(file) as data:
        while block := data.read(1 << 20):
            place = block.find(0)
            if place >= 0:
                lines.add(block[:place])
                wide = "32" if b"\0\0" in block[place : place + 4] else "16"
                raise DataError(
                    f"{file.text!r} holds a NUL byte at byte {done + place} (line {lines.number}):"
                    f" it is no text, or UTF-{wide}, which --encoding utf-{wide} reads"
                )
            lines.add(block)
            done += len(block)


class _Lines:
    """Counts the ends of lines: LF, CR LF, or CR alone."""

    def __init__(self) -> None:
        self.number = 1
        self.after_cr = False

    def add(self, block: bytes) -> None:
        """Count those of a block."""
        ends = block.count(b"\n") + block.count(b"\r") - block.count(b"\r\n")
        if self.after_cr and block.startswith(b"\n"):
            ends -= 1
        self.number += ends
        self.after_cr = block.endswith(b"\r")


def is_utf8(encoding: str) -> bool:
    """Whether it is UTF-8, by whatever name."""
    return codecs.lookup(encoding).name in ("utf-8", "utf-8-sig")


def _explain_encoding(file: File, encoding: str) -> None:
    """Raise DataError that names the first byte which is no text in this encoding."""
    decoder = codecs.getincrementaldecoder(encoding)()
    done, lines = 0, _Lines()
    with open_bytes(file) as data:
        while True:
            block = data.read(1 << 20)
            pending = len(decoder.getstate()[0])
            try:
                decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                place = done - pending + error.start
                lines.add(block[: max(0, error.start - pending)])
                other = "cp1252" if is_utf8(encoding) else "utf-8"
                hint = "utf-16" if block[:2] in (b"\xff\xfe", b"\xfe\xff") and not done else other
                raise DataError(
                    f"{file.text!r} is not valid {encoding.upper()} at byte {place} (line"
                    f" {lines.number}); name its encoding, as in --encoding {hint}"
                ) from None
            except UnicodeError as error:
                raise DataError(
                    f"{file.text!r} is not valid {encoding.upper()}: {error}; name its encoding,"
                    " as in --encoding utf-8"
                ) from None
            done += len(block)
            lines.add(block)
            if not block:
                return


# Records


def records(
    lines: Iterable[str], sep: str, quoting: str, *, strict: bool = False
) -> Iterator[tuple[int, list[str]]]:
    """Each record that is not empty, after the number of the line that it begins in.

    Raises csv.Error, as the csv module does.
    """
    cut = map(_single_blanks, lines) if sep == BLANK else lines
    plain = quoting == "none"
    reader = csv.reader(
        cut, delimiter=sep, strict=strict, quoting=csv.QUOTE_NONE if plain else csv.QUOTE_MINIMAL
    )
    line = 1
    before = csv.field_size_limit(sys.maxsize)
    try:
        for record in reader:
            if record:
                yield line, record
            line = reader.line_num + 1
    except csv.Error as error:
        error.add_note(str(line))
        raise
    finally:
        csv.field_size_limit(before)


def _single_blanks(line: str) -> str:
    """The line with one blank for each run of them, and none at its ends."""
    cells = line.rstrip("\r\n").replace("\t", " ").split(" ")
    return " ".join(filter(None, cells)) + "\n"


def check_lines(file: File, reading: Reading, sep: str, fields: int) -> None:
    """Raise DataError that names the first line which has not as many cells as the header."""
    above = 0 if said_sep(file, reading) is None else 1
    with open_text(file, reading) as text:
        try:
            for line, record in records(text, sep, reading.quoting, strict=True):
                if len(record) != fields:
                    first = "the header has" if reading.header is not False else "line 1 has"
                    raise DataError(
                        f"{file.text!r}: line {line + above} has {_cells(len(record))}, {first}"
                        f" {fields}; correct the line, or name the separator with --sep"
                    )
        except csv.Error as error:
            line = int(error.__notes__[0]) + above
            if "unexpected end" in str(error):
                raise DataError(
                    f"{file.text!r}: a quote that opens in line {line} is never closed; close it,"
                    f" or {NO_QUOTES}"
                ) from None
            raise DataError(
                f"{file.text!r}: line {line}: {error}; double a quote within a quoted cell, or"
                f" {NO_QUOTES}"
            ) from None


def _cells(count: int) -> str:
    return f"{count} cell" + ("" if count == 1 else "s")


def line_of_row(file: File, reading: Reading, sep: str, row: int) -> int | None:
    """The line in which a row begins, rows counted from 0 below the header."""
    above = 0 if said_sep(file, reading) is None else 1
    place = row + (reading.header is not False)
    try:
        with open_text(file, reading) as text:
            for number, (line, _) in enumerate(records(text, sep, reading.quoting)):
                if number == place:
                    return line + above
    except csv.Error:
        pass
    return None

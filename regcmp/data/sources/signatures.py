"""What a file is that is called a text table and is none: told by its first bytes."""

from __future__ import annotations

import re

from regcmp.data.sources.files import File, open_bytes
from regcmp.errors import DataError

FIRST = 4096
"""How many bytes are looked at."""

SAVE = "save it as .csv"
RENAME = "give its name that suffix too, as in {0}"

MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (b"\x1f\x8b", "compressed by gzip", RENAME.format("data.csv.gz")),
    (b"BZh", "compressed by bzip2", RENAME.format("data.csv.bz2")),
    (b"\xfd7zXZ\0", "compressed by xz", RENAME.format("data.csv.xz")),
    (b"\x28\xb5\x2f\xfd", "compressed by zstd", "unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it first"),
    (b"Rar!\x1a\x07", "a RAR archive", "unpack it first"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Excel workbook (.xls)", SAVE),
    (b"PAR1", "a Parquet file", "add --format parquet"),
    (b"\x93NUMPY", "a NumPy array (.npy)", "add --format npy"),
    (b"SQLite format 3\0", "an SQLite database", "export its table as .csv"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file", SAVE),
    (b"ARROW1\0\0", "an Arrow or Feather file", "save it as .parquet or .csv"),
    (b"FEA1", "a Feather file", "save it as .parquet or .csv"),
    (b"ORC", "an ORC file", "save it as .parquet or .csv"),
    (b"Obj\x01", "an Avro file", "save it as .parquet or .csv"),
    (b"MATLAB 5.0 MAT-file", "a MATLAB file", SAVE),
    (b"$FL2", "an SPSS file", SAVE),
    (b"<stata_dta>", "a Stata file", SAVE),
    (b"%PDF-", "a PDF document", "expected a text table; take the data behind it"),
    (b"{\\rtf", "an RTF document", "save it as plain text"),
    (b"\x89PNG", "a picture", "expected a text table"),
    (b"\xff\xd8\xff", "a picture", "expected a text table"),
    (b"GIF8", "a picture", "expected a text table"),
    (b"\x7fELF", "a program", "expected a text table"),
    (b"version https://git-lfs.github.com/spec/", "a pointer of Git LFS, not the data",
     "fetch them with git lfs pull"),
)  # fmt: skip
"""The first bytes, what they are of, and what to do."""

PICKLE = re.compile(rb"\x80[\x02-\x05](?:\x95|[\]\}cq(])", re.DOTALL)
HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body|table|meta)\b", re.IGNORECASE)
JSON = re.compile(
    rb'\{\s*(?:"[^"\n]*"\s*:|\})|\[\s*(?:\{\s*["}]|\[|"[^"\n]*"\s*[,\]]|-?[\d.]+\s*,)'
)
ARFF = re.compile(rb"(?:\s*%[^\n]*\n|\s*\n)*\s*@relation\b", re.IGNORECASE)
SVMLIGHT = re.compile(rb"[-+\d.eE,]+(?: +qid:\d+)?(?: +\d+:[-+\d.eEinfa]+)+\s*(?:#.*)?$")


def check_text(file: File) -> None:
    """Raise DataError, saying what it is and what to do, where a text table is something else."""
    with open_bytes(file) as data:
        found = told(data.read(FIRST))
    if found:
        what, way_out = found
        raise DataError(f"{file.text!r} is no text table but {what}; {way_out}")


def told(first: bytes) -> tuple[str, str] | None:
    """What a file of these first bytes is, and what to do; None where it may be a text table."""
    for magic, what, way_out in MAGIC:
        if first.startswith(magic):
            return what, way_out
    if first.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _archive(first)
    if PICKLE.match(first):
        return "a pickle, which could run code and is never loaded", SAVE
    if first[257:262] == b"ustar":
        return "a tar archive", "unpack it first"
    return _other_text(first.removeprefix(b"\xef\xbb\xbf").lstrip())


def _archive(first: bytes) -> tuple[str, str]:
    if b"[Content_Types].xml" in first or b"xl/" in first:
        return "an Excel workbook (.xlsx)", SAVE
    if b"opendocument" in first:
        return "an OpenDocument file", SAVE
    if b".npy" in first:
        return "an archive of NumPy arrays (.npz)", "add --format npz"
    return "a zip archive", RENAME.format("data.csv.zip")


def _other_text(text: bytes) -> tuple[str, str] | None:
    if HTML.match(text):
        return "a web page (HTML)", "download the file itself, not the page that shows it"
    if text.startswith(b"<?xml"):
        return "XML", SAVE
    if JSON.match(text):
        return "JSON", SAVE
    if ARFF.match(text):
        return "an ARFF file", "add --format arff"
    lines = [line for line in text.splitlines()[:20] if line.strip()]
    whole = lines[:-1] or lines  # the last one may be cut
    if whole and all(SVMLIGHT.match(line) for line in whole):
        return "an svmlight file", "add --format svmlight"
    return None

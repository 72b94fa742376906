"""Opening files: which format a name says, compressed ones within bounds, and what can go wrong."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import IO, Any, BinaryIO

from regcmp.data.table import Progress
from regcmp.errors import DataError, UsageError
from regcmp.pipes import DEVICE, read_once, special
from regcmp.pipes import STDIN as STDIN

FORMATS = {
    ".csv": "delimited",
    ".tsv": "delimited",
    ".tab": "delimited",
    ".txt": "delimited",
    ".data": "delimited",
    ".dat": "delimited",
    ".parquet": "parquet",
    ".npz": "npz",
    ".npy": "npy",
    ".arff": "arff",
    ".svm": "svmlight",
    ".svmlight": "svmlight",
    ".libsvm": "svmlight",
    ".t": "svmlight",
}
"""How a file is read, by its suffix; IDX files go by their whole name."""

TEXT = ("delimited", "arff", "svmlight")
"""The formats that may be compressed."""

OPENERS: dict[str, Callable[[BinaryIO], Any]] = {
    ".gz": lambda file: gzip.GzipFile(fileobj=file, mode="rb"),
    ".xz": lzma.LZMAFile,
    ".bz2": bz2.BZ2File,
}
COMPRESSED = (*OPENERS, ".zip")

MAX_BYTES = 8 * 2**30
MAX_RATIO = 200
FREE_BYTES = 100 * 2**20
"""What expands to more than MAX_BYTES, or beyond FREE_BYTES to MAX_RATIO times its size, is refused."""

BROKEN = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, gzip.BadGzipFile)


@dataclass(frozen=True)
class File:
    """A path as it was given, the format of what is inside, and how it is compressed."""

    text: str
    format: str
    suffix: str
    compression: str = ""
    option: str = "--dataset"
    """What named it."""

    @property
    def options(self) -> tuple[str, ...]:
        """The option that named it, as errors have it."""
        return (self.option,)

    @property
    def path(self) -> Path:
        """Where it is."""
        return Path(self.text)


def looks_like_path(spec: str) -> bool:
    """Whether this can only be meant as a file: it has a suffix, a slash, or is there."""
    return (
        spec == STDIN
        or "/" in spec
        or "\\" in spec
        or (":" not in spec and Path(spec).suffix[1:2].isalpha())
        or is_idx(spec)
        or Path(spec).exists()
    )


def is_idx(spec: str) -> bool:
    """Whether a name is one of MNIST's own files, such as train-images-idx3-ubyte.gz."""
    return "idx" in Path(spec).name and "ubyte" in Path(spec).name


def check_file(spec: str, option: str = "--dataset", named: str | None = None) -> File:
    """The file and its format, found there and readable. Raises UsageError; reads nothing of it.

    ``named`` is the format where the option --format says it.
    """
    if spec == STDIN:
        return _as_named(File(spec, "delimited", ".csv", option=option), named)
    path = Path(spec)
    folder = _check_found(path, spec, option)
    if kind := _special(spec, option):
        return _as_named(_check_pipe(spec, option, kind), named)
    if folder:
        return _folder(path, spec, option)
    chosen = _by_name(spec, option, named)
    if chosen.compression and chosen.format not in (*TEXT, "idx"):
        raise UsageError(
            f"{option}: files of the format {chosen.format} are compressed inside; unpack {spec!r} first",
            option,
        )
    try:
        path.open("rb").close()
    except OSError as error:
        raise UsageError(f"{option}: can't read {spec!r}: {error.strerror}", option) from None
    return chosen


def _check_found(path: Path, spec: str, option: str) -> bool:
    """Whether this is a folder. Raises UsageError where nothing is there, or its name fits no report."""
    try:
        found, folder = path.exists(), path.is_dir()
    except (OSError, ValueError) as error:
        raise UsageError(f"{option}: can't look for {spec!r}: {error}", option) from None
    if not found:
        raise UsageError(f"{option}: there is no file {spec!r}{_near(path)}", option)
    if any("\ud800" <= letter <= "\udfff" for letter in spec):
        raise UsageError(
            f"{option}: the name {spec!r} is not valid UTF-8, and no report could hold it; rename it",
            option,
        )
    return folder


def _folder(path: Path, spec: str, option: str) -> File:
    """A folder of MNIST's files. Raises UsageError for any other."""
    if any(is_idx(each.name) for each in path.iterdir()):
        return File(spec, "idx", "", option=option)
    raise UsageError(
        f"{option}: {spec!r} is a folder; name a file in it (only folders of MNIST's files,"
        " train-images-idx3-ubyte and its like, are read whole)",
        option,
    )


def _by_name(spec: str, option: str, named: str | None) -> File:
    """The file with the format that was asked for, or else that its suffix tells."""
    suffix, compression = _suffixes(spec)
    if named is not None:
        return _as_named(File(spec, "", suffix, compression, option), named)
    if is_idx(spec):
        return File(spec, "idx", "", compression, option)
    if suffix in FORMATS:
        return File(spec, FORMATS[suffix], suffix, compression, option)
    if compression == ".zip" and not suffix:
        return File(spec, "delimited", _inside(Path(spec), option), compression, option)
    raise UsageError(
        f"{option}: can't tell the format of {spec!r} by its suffix; expected one of"
        f" {', '.join(FORMATS)} or these compressed ({', '.join(COMPRESSED)}); say it with"
        " --format, as in --format csv",
        option,
    )


def _as_named(file: File, named: str | None) -> File:
    """The file in the format that --format names."""
    if named is None:
        return file
    if file.text == STDIN and f".{named}" in FORMATS and FORMATS[f".{named}"] not in TEXT:
        raise UsageError(
            f"--format: {named} can't be read from standard input; name a file", "format"
        )
    chosen = "delimited" if named in ("csv", "tsv") else named
    return replace(file, format=chosen, suffix=f".{named}")


def _special(spec: str, option: str) -> str:
    try:
        return special(spec)
    except UsageError as error:
        raise UsageError(f"{option}: {error}", option) from error


def _check_pipe(spec: str, option: str, kind: str) -> File:
    """A pipe to be read as text, by its suffix or else as CSV. Raises UsageError; does not open it."""
    suffix, compression = _suffixes(spec)
    format_ = FORMATS.get(suffix, "delimited")
    if kind == DEVICE or format_ not in TEXT or compression == ".zip":
        raise UsageError(
            f"{option}: {spec!r} is {kind}, and only text is read from pipes; save it to a file first",
            option,
        )
    return File(spec, format_, suffix if suffix in FORMATS else ".csv", compression, option)


def _suffixes(spec: str) -> tuple[str, str]:
    """('.csv', '.gz') of 'a.csv.gz'; the second is empty where nothing is compressed."""
    suffixes = [each.lower() for each in Path(spec).suffixes[-2:]]
    last = suffixes.pop() if suffixes else ""
    if last not in COMPRESSED:
        return last, ""
    before = suffixes.pop() if suffixes else ""
    return (before if before in FORMATS else ""), last


def _near(path: Path) -> str:
    """'; did you mean ...?' with the most similar name beside a missing file."""
    with suppress(OSError):
        names = [each.name for each in path.parent.iterdir()] if path.parent.is_dir() else []
        # By what stands before the suffix: two names are not alike for being both .csv.
        stems = {name.partition(".")[0]: name for name in sorted(names)}
        near = get_close_matches(path.name.partition(".")[0], stems, n=1, cutoff=0.6)
        if near:
            return f"; did you mean {str(path.with_name(stems[near[0]]))!r}?"
    if not path.parent.is_dir():
        return f": the folder {str(path.parent)!r} is not there"
    return "; check the path, and the folder that the command runs in"


def _inside(path: Path, option: str) -> str:
    """The suffix of the one file in a zip archive."""
    with _one_line(str(path)), zipfile.ZipFile(path) as archive:
        suffix = Path(_member(archive, str(path)).filename).suffix.lower()
    if FORMATS.get(suffix) not in TEXT:
        raise UsageError(f"{option}: in {str(path)!r}, expected a .csv or .tsv file", option)
    return suffix


def _member(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    """The one file of an archive, whose declared size is within bounds."""
    members = [
        each
        for each in archive.infolist()
        if not each.is_dir() and not each.filename.startswith("__MACOSX/")
    ]
    if len(members) != 1:
        raise DataError(f"{name!r}: expected one file in the archive, found {len(members)}")
    if members[0].flag_bits & 1:
        raise DataError(f"{name!r}: the archive is encrypted; unpack it first")
    check_size(name, members[0].file_size, Path(name).stat().st_size)
    return members[0]


def check_size(name: str, expanded: int, stored: int) -> None:
    """Raise DataError where so many bytes are more than a file of ``stored`` bytes may give."""
    if expanded > MAX_BYTES:
        raise DataError(f"{name!r} expands to more than {MAX_BYTES >> 30} GB; take part of it")
    if expanded > FREE_BYTES and expanded > MAX_RATIO * stored:
        raise DataError(
            f"{name!r} expands to more than {MAX_RATIO} times its size, as harmful archives do;"
            " unpack it yourself if you trust it"
        )


@contextmanager
def _one_line(name: str) -> Iterator[None]:
    """Turn what reading a damaged or unreadable file raises into one line."""
    try:
        yield
    except BROKEN as error:
        what = " ".join(str(error).split()) or type(error).__name__
        raise DataError(f"{name!r} is damaged or cut off: {what}") from error
    except (NotImplementedError, RuntimeError) as error:
        raise DataError(f"{name!r} can't be unpacked: {error}; unpack it first") from error
    except OSError as error:
        raise DataError(f"can't read {name!r}: {error.strerror or error}") from error


class Bytes(io.RawIOBase):
    """The bytes of an open file after decompression, within bounds, telling how far reading is.

    Progress counts what was read of the file itself, so that its end is known beforehand.
    """

    def __init__(self, file: File, stored: BinaryIO, inner: IO[bytes], progress: Progress | None):
        self.file = file
        self.stored = stored
        self.inner = inner
        self.progress = progress
        self.size = None if file.text == STDIN else stored.seek(0, io.SEEK_END)
        stored.seek(0)
        self.count = 0

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer. Raises DataError where the file is damaged or expands too far."""
        with _one_line(self.file.text):
            data = self.inner.read(len(buffer))
        buffer[: len(data)] = data
        self.count += len(data)
        if self.file.compression and self.size is not None:
            check_size(self.file.text, self.count, self.size)
        if self.progress:
            self.progress(self.stored.tell(), self.size)
        return len(data)


@contextmanager
def open_bytes(file: File, progress: Progress | None = None) -> Iterator[BinaryIO]:
    """Open a file, or the one file inside a compressed one, to be read from its beginning."""
    with _one_line(file.text):
        once = file.text == STDIN or special(file.text)
        stored = _piped(file.text, progress) if once else file.path.open("rb")
    with stored:
        with _one_line(file.text):
            if file.compression == ".zip":
                archive = zipfile.ZipFile(stored)
                inner: IO[bytes] = archive.open(_member(archive, file.text))
            elif file.compression:
                inner = OPENERS[file.compression](stored)
            else:
                inner = stored
        yield io.BufferedReader(Bytes(file, stored, inner, progress), 1 << 20)


def _piped(text: str, progress: Progress | None) -> BinaryIO:
    data = read_once(text, MAX_BYTES, progress)
    if len(data) > MAX_BYTES:
        name = "standard input" if text == STDIN else repr(text)
        raise DataError(f"{name} holds more than {MAX_BYTES >> 30} GB; take part of it")
    return io.BytesIO(data)

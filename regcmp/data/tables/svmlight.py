"""Files of 'label index:value ...', as svmlight and LIBSVM have them."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from regcmp.data.from_arrays import from_arrays
from regcmp.data.sources.files import File, open_bytes
from regcmp.data.table import Progress, Table
from regcmp.data.tables.room import check_room
from regcmp.errors import DataError

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

BOM = b"\xef\xbb\xbf"
QUERY = re.compile(rb"^[^#\s]+[ \t]+qid:", re.MULTILINE)
FEATURE = re.compile(r"[-+]?\d+")
QUERIES = "query ids (qid) are not used: rows of a query may stand on both sides of a split"
MOST, MANY_ROWS = 0.9, 10
"""A feature that so many rows of one file name, and none of so many rows of the other, is no chance."""
LARGEST_INDEX = 2**31 - 2

Line = tuple[int, str]


def read_svmlight(files: Sequence[File], progress: Progress | None = None) -> list[Table]:
    """Read files whose rows belong together; features that a line doesn't name are 0 there.

    Whether the first feature is 0 or 1, and how many there are, is found in all of them.
    """
    from sklearn.datasets import load_svmlight_files

    raw = []
    for file in files:
        with open_bytes(file, progress) as data:
            raw.append(data.read().removeprefix(BOM))
    try:
        loaded = load_svmlight_files([io.BytesIO(each) for each in raw])
    except (ValueError, OverflowError, IndexError, TypeError) as error:
        for file, text in zip(files, raw, strict=True):
            _explain(file.text, text)
        raise DataError(
            f"{files[0].text!r}: expected lines of 'label index:value ...': {error}"
        ) from error
    pairs = list(zip(loaded[::2], loaded[1::2], strict=True))
    for file, text, (x, _) in zip(files, raw, pairs, strict=True):
        if not x.shape[0]:
            _explain(file.text, text)
    rows, size = sum(x.shape[0] for x, _ in pairs), sum(map(len, raw))
    check_room(files[0].text, rows, pairs[0][0].shape[1], size)
    ranges = [(int(x.indices.min()), int(x.indices.max())) for x, _ in pairs if x.nnz]
    tables: list[Table] = []
    for file, text, (x, y) in zip(files, raw, pairs, strict=True):
        said = [QUERIES] if QUERY.search(text) else []
        if len(ranges) == 2 and not tables:
            said += _shifted(*ranges) or _never_named(pairs[0][0], pairs[1][0], files[1].text)
        table = from_arrays(file.text, file.text, x.toarray(), y)
        tables.append(replace(table, warnings=tuple(said)))
    return tables


def _shifted(one: tuple[int, int], other: tuple[int, int]) -> list[str]:
    """A line where two files may number the same features from 0 and from 1."""
    (low, high), (low_too, high_too) = one, other
    if {low, low_too} != {0, 1} or low - low_too != high - high_too:
        return []
    return [
        f"features are numbered {low} to {high} here, and {low_too} to {high_too} in the test file;"
        " equal numbers are taken for one feature: if both begin at the same one, renumber a file"
    ]


def _never_named(ours: csr_matrix, theirs: csr_matrix, test: str) -> list[str]:
    """A line where test rows name no feature that nearly all training rows have, or the other way round."""
    named, named_too = (np.bincount(x.indices, minlength=x.shape[1]) for x in (ours, theirs))
    for here, there, rows in ((named, named_too, ours), (named_too, named, theirs)):
        only = np.flatnonzero((here > MOST * rows.shape[0]) & (there == 0))
        if len(only) and min(ours.shape[0], theirs.shape[0]) >= MANY_ROWS:
            where = (test, "training") if here is named else ("the training file", "test")
            return [
                f"no row of {where[0]} has column '{only[0] + 1}', and most {where[1]} rows do; if one"
                " file numbers features from 0 and the other from 1, renumber one"
            ]
    return []


def _explain(name: str, raw: bytes) -> None:
    """Raise DataError that names the first line which is no row; none where all are rows."""
    rows = 0
    for number, line in enumerate(raw.split(b"\n"), 1):
        words = line.partition(b"#")[0].decode("utf-8", "backslashreplace").split()
        if not words:
            continue
        rows += 1
        if said := _fault(words):
            raise DataError(f"{name!r}: line {number} {said}")
    if not rows:
        raise DataError(f"{name!r} has no rows; expected lines of 'label index:value ...'")


def _fault(words: list[str]) -> str:
    """What is wrong with a row."""
    label, *features = words
    if ":" in label:
        return f"begins with {_short(label)} and has no label; put the label first"
    if "," in label and all(map(_is_number, label.split(","))):
        return f"has several labels, {_short(label)}; only one label a row is learned"
    if not _is_number(label):
        return (
            f"has the label {_short(label)}, which is no number; number the classes, or add --format csv"
            " if this is a text table"
        )
    before = -1
    for feature in features:
        index, colon, value = feature.partition(":")
        if index == "qid" and feature is features[0]:
            continue
        if not (colon and FEATURE.fullmatch(index) and _is_number(value)):
            return f"has {_short(feature)}; expected 'index:value', two numbers"
        place = int(index[:30])
        if place < 0:
            return f"has the index {index!r}; indices begin at 0 or 1"
        if place > LARGEST_INDEX:
            return f"has the index {_short(index)}, too large; number features from 1"
        if place <= before:
            what = "twice" if place == before else f"behind {before}"
            return f"has the index {place} {what}; name each feature once, in rising order"
        before = place
    return ""


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:40] + "...")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True

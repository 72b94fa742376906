"""Arrays in files: NumPy's .npz and .npy, and IDX, the format that MNIST comes in. No pickle is loaded."""

from __future__ import annotations

import struct
import zipfile
from dataclasses import replace
from math import prod
from pathlib import Path
from tokenize import TokenError
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from regcmp.data.from_arrays import Array, from_arrays
from regcmp.data.sources.files import BROKEN, MAX_BYTES, File, check_size, open_bytes
from regcmp.data.table import Progress, Table
from regcmp.errors import DataError, UsageError

if TYPE_CHECKING:
    pass

NPZ_NAMES = (
    ("x_train", "y_train", "x_test", "y_test"),
    ("X_train", "y_train", "X_test", "y_test"),
    ("X", "y", "X_test", "y_test"),
    ("x", "y", "x_test", "y_test"),
)
"""What the arrays of an .npz file may be called; those of test rows may be missing."""

IDX_TYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
MOST_AXES = 4
"""Rows, height, width and channels."""

DAMAGED = (
    *BROKEN,
    ValueError,
    OSError,
    LookupError,
    TypeError,
    OverflowError,
    MemoryError,
    SyntaxError,
    TokenError,
    RuntimeError,
    struct.error,
)
"""What NumPy raises for a file that is damaged or made to harm."""


def read_npz(file: File) -> Table:
    """Read an .npz file of X and y, or of x_train, y_train, x_test and y_test as Keras has them."""
    try:
        with zipfile.ZipFile(file.path) as archive:
            members = {each.filename.removesuffix(".npy"): each for each in archive.infolist()}
            declared = sum(each.file_size for each in members.values())
            check_size(file.text, declared, file.path.stat().st_size)
            names = _chosen(file, list(members))
            unused = [repr(each) for each in members if each not in names]
            arrays = [_member(file, archive, members[name], name) for name in names]
    except DataError:
        raise
    except DAMAGED as error:
        raise _damaged(file.text, error) from error
    table = from_arrays(file.text, file.text, *arrays)
    said = f"only {', '.join(map(repr, names))} are read of {file.text!r}, not {', '.join(unused)}"
    return replace(table, warnings=(said,)) if unused else table


def _chosen(file: File, there: list[str]) -> list[str]:
    for names in NPZ_NAMES:
        if set(names[:2]) <= set(there):
            test = [name for name in names[2:] if name in there]
            if len(test) == 1:
                lacking = names[2] if test[0] == names[3] else names[3]
                raise DataError(
                    f"{file.text!r} has {test[0]!r} and no {lacking!r}; test rows need both, or neither"
                )
            return [*names[:2], *test]
    shown = ", ".join(repr(name) for name in there[:10]) or "none"
    raise DataError(
        f"{file.text!r}: expected arrays X and y, or x_train, y_train, x_test and y_test; found {shown}"
    )


def _member(file: File, archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> Array:
    with archive.open(member) as data:
        return read_array(data, f"{file.text}: {name}", member.file_size)


def read_features(file: File) -> tuple[Array, Array | None]:
    """The features of an .npy file, or of an .npz file with its labels, where these are there."""
    try:
        if file.format == "npy":
            with file.path.open("rb") as data:
                return read_array(data, file.text, file.path.stat().st_size), None
        with zipfile.ZipFile(file.path) as archive:
            members = {each.filename.removesuffix(".npy"): each for each in archive.infolist()}
            check_size(
                file.text,
                sum(each.file_size for each in members.values()),
                file.path.stat().st_size,
            )
            for x, y in (("X", "y"), ("x", "y"), ("X_test", "y_test"), ("x_test", "y_test")):
                if x in members:
                    labels = _member(file, archive, members[y], y) if y in members else None
                    return _member(file, archive, members[x], x), labels
    except DataError:
        raise
    except DAMAGED as error:
        raise _damaged(file.text, error) from error
    shown = ", ".join(map(repr, members)) or "none"
    raise DataError(f"{file.text!r}: expected an array X or X_test; found {shown}")


def read_npy(file: File) -> Table:
    """Read X.npy with y.npy beside it, X_train.npy with y_train.npy, and X_test.npy if that is there."""
    path = file.path
    if path.stem[:1] not in ("x", "X"):
        raise UsageError(
            f"{file.option}: {file.text!r} has no labels; name the features X.npy, X_train.npy or the"
            " like, and put their labels beside them as y.npy, y_train.npy",
            *file.options,
        )
    paths = [path, _labels_of(path)]
    if not paths[1].exists():
        raise UsageError(
            f"{file.option}: expected the labels of {file.text!r} beside it, in {str(paths[1])!r}",
            *file.options,
        )
    test = path.with_name(path.name.replace("_train", "_test"))
    if test != path and test.exists():
        if not _labels_of(test).exists():
            raise UsageError(
                f"{file.option}: expected the labels of {str(test)!r}, the test rows of {file.text!r},"
                f" in {str(_labels_of(test))!r}",
                *file.options,
            )
        paths += [test, _labels_of(test)]
    arrays = []
    for each in paths:
        try:
            with each.open("rb") as data:
                arrays.append(read_array(data, str(each), each.stat().st_size))
        except DataError:
            raise
        except DAMAGED as error:
            raise _damaged(str(each), error) from error
    return from_arrays(file.text, file.text, *arrays)


def _labels_of(path: Path) -> Path:
    return path.with_name("y" + path.name[1:])


def read_array(data: Any, name: str, size: int) -> Array:
    """One array, whose header is checked before anything else is read."""
    version = np.lib.format.read_magic(data)
    if version not in ((1, 0), (2, 0)):
        raise DataError(f"{name!r}: version {version} of the format isn't read; save it again")
    read_header = (
        np.lib.format.read_array_header_1_0
        if version == (1, 0)
        else np.lib.format.read_array_header_2_0
    )
    shape, by_column, dtype = read_header(data)
    if dtype.hasobject:
        raise DataError(
            f"{name!r} holds Python objects, which could run code when they are loaded; save numbers"
            " or texts, as in X.astype(float)"
        )
    needed = prod(shape) * dtype.itemsize
    if min(shape, default=0) < 0:
        raise DataError(f"{name!r} is damaged: it announces the shape {shape}")
    if needed > min(size, MAX_BYTES):
        raise DataError(
            f"{name!r} is damaged: it announces {needed} bytes and has less than {size}"
        )
    raw = data.read(needed)
    if len(raw) < needed:
        raise DataError(f"{name!r} is cut off: {len(raw)} of {needed} bytes are there")
    return _native(np.frombuffer(raw, dtype).reshape(shape, order="F" if by_column else "C"))


def _native(values: Array) -> Array:
    """In this machine's byte order, which pandas needs; of floats, in a size that it knows."""
    dtype = values.dtype.newbyteorder("=")
    if dtype.kind == "f" and dtype.itemsize not in (4, 8):
        dtype = np.dtype(np.float64)
    with np.errstate(over="ignore"):  # what becomes infinite is said of its column
        return values.astype(dtype, copy=False)


def _damaged(name: str, error: Exception) -> DataError:
    what = " ".join(str(error).split())[:200] or type(error).__name__
    return DataError(f"{name!r} is damaged or no file of arrays: {what}")


# IDX


def read_idx(file: File, progress: Progress | None = None) -> Table:
    """Read a folder of MNIST's files, or one file of images with its labels beside it."""
    if file.path.is_dir():
        train = _find(file, file.path, "train", "images")
        test = [each for each in sorted(file.path.iterdir()) if each.name.startswith("t10k-images")]
        images = [train, *test[:1]]
    else:
        if "images" not in file.path.name:
            raise UsageError(
                f"{file.option}: {file.text!r} is taken for a file of labels; expected a name with"
                " 'images' in it, such as train-images-idx3-ubyte, beside one with 'labels'",
                *file.options,
            )
        images = [file.path]
    arrays = []
    for each in images:
        labels = _find(file, each.parent, each.name.split("images")[0], "labels")
        arrays += [_read_one(each, progress), _read_one(labels, progress)]
    return from_arrays(file.text, file.text, *arrays)


def _find(file: File, folder: Path, start: str, kind: str) -> Path:
    start = start.rstrip("-_.")
    for path in sorted(folder.iterdir()):
        if path.name.startswith(start) and kind in path.name:
            return path
    wanted = f"{start}-{kind}-idx{'3' if kind == 'images' else '1'}-ubyte".lstrip("-")
    raise UsageError(
        f"{file.option}: {file.text!r} needs {wanted!r} (or .gz) in {str(folder)!r}",
        *file.options,
    )


def _read_one(path: Path, progress: Progress | None) -> Array:
    name = str(path)
    compression = path.suffix if path.suffix in (".gz", ".xz", ".bz2") else ""
    with open_bytes(File(name, "idx", "", compression), progress) as data:
        zeros, kind, n_axes = struct.unpack(">HBB", _exactly(data, 4, name))
        if zeros or kind not in IDX_TYPES or not n_axes:
            raise DataError(f"{name!r} is no IDX file: it begins with other bytes")
        shape = struct.unpack(f">{n_axes}I", _exactly(data, 4 * n_axes, name))
        dtype = np.dtype(IDX_TYPES[kind])
        if n_axes > MOST_AXES or not prod(shape):
            sizes = ", ".join(map(str, shape[: MOST_AXES + 1])) + ", ..." * (n_axes > MOST_AXES + 1)
            raise DataError(
                f"{name!r} announces {n_axes} axes of the sizes {sizes}; expected labels of one axis, or"
                f" images of up to {MOST_AXES}, and none of size 0"
            )
        needed = prod(shape) * dtype.itemsize
        if needed > MAX_BYTES:
            raise DataError(f"{name!r} announces {needed} bytes, more than {MAX_BYTES >> 30} GB")
        raw = _exactly(data, needed, name)
        if data.read(1):
            raise DataError(f"{name!r} goes on after the {needed} bytes that it announces")
    return _native(np.frombuffer(raw, dtype).reshape(shape))


def _exactly(data: BinaryIO, size: int, name: str) -> bytes:
    raw = data.read(size)
    if len(raw) < size:
        raise DataError(f"{name!r} is cut off: {len(raw)} of {size} bytes are there")
    return raw


# From arrays to a table

"""Arrays in files: byte orders, kinds of cells, shapes, and where images have their channels."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commands import run_here

from regcmp.cli.datasets import facts
from regcmp.data.columns import Columns
from regcmp.data.image_sizes import parse_image
from regcmp.data.loading import load_dataset
from regcmp.errors import DataError, UsageError

N = 60
RNG = np.random.default_rng(0)
X = RNG.normal(size=(N, 4)).astype("f4").astype(float)
Y = np.arange(N) % 3
LABELS = {
    "int": Y.astype("<i4"),
    "float": Y.astype("<f4"),
    "text": np.array(["a", "ä", "\U0001f600"])[Y],
    "bool": Y == 1,
}
IDX_CODES = {"u1": 8, "i1": 9, "i2": 11, "i4": 12, "f4": 13, "f8": 14}


def understood(path: Path, **arrays: Any) -> dict[str, Any]:
    """All that is known of arrays in a file, but for where they are from."""
    np.savez(path / "a.npz", **arrays)
    found = facts(load_dataset(str(path / "a.npz")))
    return found


def swapped(values: np.ndarray) -> np.ndarray:
    """The same values in the other byte order."""
    other = values.astype(values.dtype.newbyteorder("S"))
    assert other.dtype != values.dtype or values.dtype.itemsize == 1
    return other


@pytest.mark.parametrize("labels", LABELS)
@pytest.mark.parametrize("kind", ["f4", "f8", "i2", "i4", "i8", "u2", "u8"])
def test_byte_order_changes_nothing(labels: str, kind: str, tmp_path: Path) -> None:
    """Of features and labels, of numbers and texts, of training and test rows."""
    x, y = (
        (X * 100).astype(kind) if kind[0] != "u" else np.abs(X * 100).astype(kind),
        LABELS[labels],
    )
    want = understood(tmp_path, X=x, y=y)
    assert understood(tmp_path, X=swapped(x), y=swapped(y)) == want
    want = understood(tmp_path, x_train=x, y_train=y, x_test=x[:9], y_test=y[:9])
    rows = {"x_test": swapped(x[:9]), "y_test": swapped(y[:9])}
    assert understood(tmp_path, x_train=x, y_train=y, **rows) == want


def test_big_endian_arrays_are_compared(tmp_path: Path) -> None:
    """To the last byte as the same values in the usual order, from .npy files also."""
    words = ("--seeds", "2", "--epochs", "2", "--jobs", "1", "-q", "-o", "-")
    said = []
    for x, y in ((X, Y), (swapped(X), swapped(Y))):
        np.save(tmp_path / "X.npy", x)
        np.save(tmp_path / "y.npy", y)
        done = run_here(("compare", "--dataset", "X.npy", *words), tmp_path)
        assert done.code == 0, done.err
        said.append(done.out)
    assert said[0] == said[1]


@pytest.mark.parametrize("kind", ["<f2", ">f2", "<f16", "?", "<u8"])
def test_kinds_of_numbers_that_pandas_lacks(kind: str, tmp_path: Path) -> None:
    """They are read as float64 reads them, whichever way they lie in memory."""
    if kind == "<f16" and np.dtype(np.longdouble).itemsize != 16:
        pytest.skip("this machine has no such floats")
    x = X > 0 if kind == "?" else np.abs(X * 8).round().astype(kind)
    want = understood(tmp_path, X=x.astype(bool if kind == "?" else float), y=Y)
    assert understood(tmp_path, X=x, y=Y) == want
    assert understood(tmp_path, X=np.asfortranarray(x), y=Y) == want
    assert understood(tmp_path, X=np.repeat(x, 2, axis=1)[:, ::2], y=Y) == want
    labels = understood(tmp_path, X=X, y=x[:, 0].astype(float if kind != "?" else bool))
    assert understood(tmp_path, X=X, y=x[:, 0]) == labels


DAYS = np.array(["2020-01-01"] * N, "M8[D]")
FIELDS = np.zeros(N, [("a", "<f8"), ("b", ">i4")])


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (DAYS[:, None], Y, "features that are numbers, found datetime64[D]; make numbers of dates"),
        (X, DAYS, "expected labels that are numbers or texts, found datetime64[D]; make numbers"),
        ((DAYS - DAYS)[:, None], Y, "found timedelta64[D]; make numbers of times first, such as"),
        (
            X * 1j,
            Y,
            "found complex128; save x.real and x.imag as columns of their own, or np.abs(x)",
        ),
        (X.astype(str), Y, "; save codes of texts, or a table as .csv, whose texts become"),
        (
            FIELDS,
            Y,
            "; of an array with named fields, save a table as .csv, as pd.DataFrame(x).to_c",
        ),
        (np.float64(3), Y, "expected features of shape (rows, columns), found ()"),
        (X[:, 0], Y, "found (60,); of one feature, save x.reshape(-1, 1)"),
        (X, np.int64(3), "expected a label for each of 60 rows, found labels of shape ()"),
        (X[:0], Y[:0], "has no rows or no columns: its features have the shape (0, 4)"),
        (X[:, :0], Y, "has no rows or no columns: its features have the shape (60, 0)"),
        (X, Y[:0], "expected a label for each of 60 rows, found labels of shape (0,)"),
    ],
)
def test_what_no_array_to_learn_from_says_what_to_do(
    x: Any, y: Any, message: str, tmp_path: Path
) -> None:
    """In one line."""
    np.savez(tmp_path / "a.npz", X=x, y=y)
    with pytest.raises(DataError) as caught:
        load_dataset(str(tmp_path / "a.npz"))
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_a_shape_below_zero_is_damage(tmp_path: Path) -> None:
    """And no way to say 'as many as there are'."""
    np.save(tmp_path / "y.npy", Y)
    with (tmp_path / "X.npy").open("wb") as file:
        header = {"descr": "<f8", "fortran_order": False, "shape": (-1, 4)}
        np.lib.format.write_array_header_1_0(file, header)
        file.write(X.tobytes())
    with pytest.raises(DataError, match=r"X.npy' is damaged: it announces the shape \(-1, 4\)"):
        load_dataset(str(tmp_path / "X.npy"))


# IDX


def idx(path: Path, code: int, shape: tuple[int, ...], cells: bytes) -> None:
    """An IDX file."""
    path.write_bytes(struct.pack(f">HBB{len(shape)}I", 0, code, len(shape), *shape) + cells)


@pytest.mark.parametrize("kind", IDX_CODES)
def test_idx_files_of_each_type(kind: str, tmp_path: Path) -> None:
    """Give what the same arrays in an .npz file give."""
    x = (RNG.integers(0, 100, (N, 5, 6))).astype(kind)
    np.savez(tmp_path / "a.npz", X=x, y=Y.astype(kind))
    for name, values in (("images", x), ("labels", Y)):
        cells = values.astype(np.dtype(kind).newbyteorder(">")).tobytes()
        idx(tmp_path / f"{name}-idx-ubyte", IDX_CODES[kind], values.shape, cells)
    ours = facts(load_dataset(str(tmp_path / "images-idx-ubyte")))
    want = facts(load_dataset(str(tmp_path / "a.npz")))
    different = {key for key in want if ours[key] != want[key]}
    assert different == {"name", "source"}, different


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((1,) * 255, "announces 255 axes of the sizes 1, 1, 1, 1, 1, ...; expected labels of one"),
        ((2**31,) * 65, "announces 65 axes of the sizes 2147483648, "),
        (
            (9, 0, 3),
            "announces 3 axes of the sizes 9, 0, 3; expected labels of one axis, or images",
        ),
        ((2**32 - 1, 0, 2**32 - 1), " and none of size 0"),
        ((2**32 - 1,) * 4, "announces 340282366604025813516997721482669850625 bytes, more than"),
        ((2**31, 2**31, 4), "announces 18446744073709551616 bytes, more than"),
        ((), "is no IDX file: it begins with other bytes"),
    ],
)
def test_idx_files_that_announce_what_can_t_be(
    shape: tuple[int, ...], message: str, tmp_path: Path
) -> None:
    """Are refused before anything is read of them."""
    idx(tmp_path / "images-idx-ubyte", 8, shape, b"\1" * 8)
    idx(tmp_path / "labels-idx-ubyte", 8, (8,), bytes(range(8)))
    with pytest.raises(DataError) as caught:
        load_dataset(str(tmp_path / "images-idx-ubyte"))
    assert message in str(caught.value) and "\n" not in str(caught.value)


# Where channels stand


@pytest.mark.parametrize(
    ("shape", "image"),
    [
        ((16, 16, 3), (16, 16, 3)),
        ((28, 28, 1), (28, 28, 1)),
        ((3, 3, 3), (3, 3, 3)),
        ((3, 16, 4), (3, 16, 4)),
        ((5, 6, 8), (5, 6, 8)),
        ((3, 16), (3, 16, 1)),
        ((3, 16, 16), None),
        ((1, 28, 28), None),
        ((4, 8, 6), None),
        ((2, 16, 16), None),
    ],
)
def test_channels_stand_last(
    shape: tuple[int, ...], image: tuple[int, ...] | None, tmp_path: Path
) -> None:
    """Arrays with channels first are refused, and the advice is right; what may be either is read."""
    x = RNG.normal(size=(N, *shape))
    np.savez(tmp_path / "a.npz", X=x, y=Y)
    if image is None:
        with pytest.raises(DataError) as caught:
            load_dataset(str(tmp_path / "a.npz"))
        advice = str(caught.value).rpartition("; save ")[2]
        assert advice == "np.transpose(x, (0, 2, 3, 1))"
        np.savez(tmp_path / "a.npz", X=np.transpose(x, (0, 2, 3, 1)), y=Y)
        image = (*shape[1:], shape[0])
    assert load_dataset(str(tmp_path / "a.npz")).image == image


def test_channels_stand_last_in_the_option(tmp_path: Path) -> None:
    """--image and arrays are told by one rule; one channel needs no reordering."""
    with pytest.raises(UsageError, match=r"--image: '1x8x8' has its channels first, .*: say 8x8$"):
        parse_image("1x8x8")
    with pytest.raises(
        UsageError, match=r"np.transpose\(x, \(0, 2, 3, 1\)\) does, and say 32x32x3$"
    ):
        parse_image("3x32x32")
    assert parse_image("3x3x3") == (3, 3, 3)
    np.savez(tmp_path / "a.npz", X=RNG.normal(size=(N, 64)), y=Y)
    with pytest.raises(UsageError, match="channels first"):
        load_dataset(str(tmp_path / "a.npz"), columns=Columns(image="1x8x8"))
    assert load_dataset(str(tmp_path / "a.npz"), columns=Columns(image="8x8")).image == (8, 8, 1)

"""Reading: every format gives the same rows, and what is wrong with a file is said in one line."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import struct
import sys
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from regcmp import compare, pipes
from regcmp.data.columns import Columns
from regcmp.data.opening import check_source, read_table
from regcmp.data.sources import files
from regcmp.data.sources.bundled import BUNDLED
from regcmp.data.table import Reading, Table
from regcmp.data.tables.understanding import understand
from regcmp.errors import DataError, RegcmpError, UsageError

TEXT = "a,b,kind\n1,2.5,x\n-3e2,,y\n5,6,x\n"
ROWS = {"a": [1, -300, 5], "b": [2.5, np.nan, 6], "kind": ["x", "y", "x"]}


def write(folder: Path, data: str | bytes, name: str = "data.csv") -> str:
    """A file of these bytes, and its path."""
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return str(path)


def refused(spec: str, reading: Reading | None = None) -> str:
    """The message with which a spec is refused: one line that names it."""
    with pytest.raises(RegcmpError) as caught:
        read_table(spec, reading)
    message = str(caught.value)
    assert "\n" not in message
    return message


def assert_rows(table: Table) -> None:
    """That these are ROWS: numbers as float64, text as str, None where a text cell is missing."""
    assert list(table.frame) == list(ROWS)
    assert [str(kind) for kind in table.frame.dtypes] == ["float64", "float64", "object"]
    for name, cells in ROWS.items():
        pd.testing.assert_series_equal(
            table.frame[name], pd.Series(cells, name=name, dtype=table.frame[name].dtype)
        )


# Text


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.csv", TEXT.encode()),
        ("a.CSV", TEXT.encode()),
        ("a.csv", b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode()),
        ("a.csv", TEXT.replace(",", ";").encode()),
        ("a.csv", TEXT.replace("x", '"x"').replace("a,", '"a",').encode()),
        ("a.tsv", TEXT.replace(",", "\t").encode()),
        ("a.csv.gz", gzip.compress(TEXT.encode(), mtime=0)),
        ("a.csv.bz2", bz2.compress(TEXT.encode())),
        ("a.tsv.xz", lzma.compress(TEXT.replace(",", "\t").encode())),
    ],
)
def test_text_is_read_alike_however_it_is_written(name: str, data: bytes, tmp_path: Path) -> None:
    """Separators, quotes, line ends, a byte order mark, compression."""
    assert_rows(read_table(write(tmp_path, data, name)))


@pytest.mark.parametrize("name", ["a.zip", "a.csv.zip"])
def test_a_zip_archive_holds_one_file(name: str, tmp_path: Path) -> None:
    """With its own suffix inside; two files are refused."""
    path = tmp_path / name
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("inside.csv", TEXT)
    assert_rows(read_table(str(path)))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("more.csv", TEXT)
    assert "expected one file in the archive, found 2" in refused(str(path))


def test_standard_input_is_csv(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read once, though text columns take a second look."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(TEXT.encode())))
    monkeypatch.setattr(pipes, "_read", {})
    assert_rows(read_table("-"))


def test_options_of_reading(tmp_path: Path) -> None:
    """Separator by name, decimal comma, encoding, no header, markers of missing cells."""
    path = write(tmp_path, "1,5|é|NA\n2,5|-|3\n".encode("cp1252"))
    reading = Reading(sep="pipe", decimal=",", encoding="cp1252", header=False, na=("NA", "-"))
    frame = read_table(path, reading).frame
    assert frame["1"].tolist() == [1.5, 2.5]
    assert frame["2"].tolist() == ["é", None]
    np.testing.assert_array_equal(frame["3"], [np.nan, 3])


def test_text_that_appears_late_keeps_what_stood_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Chunk by chunk a column looks like numbers; in the end it has the file's own text: '007'."""
    monkeypatch.setattr("regcmp.data.tables.text_table.CHUNK_CELLS", 4)
    lines = [f"00{i},{i}" for i in range(9)]
    path = write(tmp_path, "\n".join(["id,x", *lines, "end,9"]))
    frame = read_table(path).frame
    assert frame["id"].tolist() == [f"00{i}" for i in range(9)] + ["end"]
    assert frame["x"].tolist() == list(range(10))


def test_markers_of_missing_cells_are_said(tmp_path: Path) -> None:
    """Between numbers they are missing, between words they are words; either is a warning."""
    table = read_table(write(tmp_path, "x,w,b\n1,None,True\nNA,b,False\n"))
    np.testing.assert_array_equal(table.frame["x"], [1, np.nan])
    assert table.frame["w"].tolist() == ["None", "b"]
    assert table.frame["b"].tolist() == ["True", "False"]
    first, second = table.warnings
    assert "'x': 'NA' stands between numbers in 1 cell and was read as missing" in first
    assert "'w': 'None' stands in 1 cell and was read as a word" in second
    said = read_table(write(tmp_path, "x,w\n1,None\nNA,b\n"), Reading(na=("NA",)))
    assert said.warnings == () and said.frame["w"].tolist() == ["None", "b"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty; expected a header and rows below it"),
        (b"\n\n \n", "is empty"),
        (b"a,b\n", "has a header and no rows; if its one line is a row, add --no-header"),
        (b"a,b,a\n1,2,3\n", "the header names 'a' more than once; rename one of them"),
        (b"a,b\n1,2\n3\n", "line 3 has 1 cell, the header has 2"),
        (b"a,b\n1,2\n3,4,5\n", "line 3 has 3 cells, the header has 2"),
        (b"a,b\n1,2,9\n3,4\n", "line 2 has 3 cells, the header has 2"),
        (b'a,b\n1,"x\n2,y\n3,z\n', "a quote that opens in line 2 is never closed"),
        (b"a,b\n1,caf\xe9\n", "is not valid UTF-8 at byte 9 (line 2); name its encoding, as in --enc"),
        ("a,b\n1,2\n".encode("utf-16"), "is no text, or UTF-16, which --encoding utf-16 reads"),
        (b"a,b\n1,x\0y\n", "holds a NUL byte at byte 7"),
        (b"a;b,c\n1;2,3\n", "both ',' and ';' could separate its cells; say which with --sep"),
        (b"1.5,2,x\n2.5,3,y\n", "line 1 looks like a row and not like a header ('1.5' is a number);"
         " add --no-header"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_text_table_is_said(data: bytes, message: str, tmp_path: Path) -> None:
    """In one line that names the file, the place, and a way out."""
    path = write(tmp_path, data)
    said = refused(path)
    assert repr(path) in said and message in said


def test_a_separator_that_separates_nothing_is_named(tmp_path: Path) -> None:
    """With the one that would; of one column without any other, there is nothing to say."""
    path = write(tmp_path, b"a,b,c\n1,2,3\n")
    with pytest.raises(
        DataError, match=r"--sep ';' does not stand in line 1, and ',' would give 3"
    ):
        read_table(path, Reading(sep=";"))
    path = write(tmp_path, b"a\n1\n2\n")
    assert list(read_table(path, Reading(sep=";")).frame) == ["a"]


@pytest.mark.parametrize(
    ("cells", "decimal", "message"),
    [
        (["1,5", "2"], ".", "column 'a' has numbers with a comma, such as '1,5'; add --decimal ,"),
        (["1,234", "2"], ".", "or remove commas between thousands"),
        (["7.5", "1,234.56"], ".", "such as '1,234.56'; remove commas between thousands, or drop it"),
        (["2,5", "1.234"], ",", "column 'a' has numbers with a point, such as '1.234', and --decimal"),
        (["2,5", "1.234.567,8"], ",", "such as '1.234.567,8'"),
        (["2", "0.5"], ",", "such as '0.5'"),
        (["01.02.2024", "3"], ",", None),
        (["192.168.0.1", "10.0.0.1"], ",", None),
        (["1,5", "x"], ".", None),
    ],
)  # fmt: skip
def test_numbers_in_another_notation_are_no_guess(
    cells: list[str], decimal: str, message: str | None, tmp_path: Path
) -> None:
    """Nothing is read in silence as another number; a column that is dropped may hold anything."""
    text = "\n".join(["a;b;y", *(f"{cells[i % 2]};{i % 7};{'xz'[i % 2]}" for i in range(30))])
    table = read_table(write(tmp_path, text + "\n"), Reading(sep=";", decimal=decimal))
    assert table.frame["a"].tolist()[:2] == cells
    assert understand(table, Columns(drop=("a",))).n_columns == 1
    if message is None:
        assert not table.faults
        return
    with pytest.raises(DataError) as caught:
        understand(table, Columns())
    assert message in str(caught.value) and str(caught.value).startswith(repr(table.name))


def test_words_of_test_rows_do_not_change_what_a_number_is(tmp_path: Path) -> None:
    """The column is named, both files, and the word; dropped, it is no matter."""
    rows = [f"{i % 9},{i % 7},{'xz'[i % 2]}" for i in range(30)]
    ours = write(tmp_path, "\n".join(["age,b,y", *rows]) + "\n", "a.csv")
    theirs = write(tmp_path, "age,b,y\n3,1,x\nunknown,2,z\n,3,x\n4,3,z\n", "b.csv")
    table = read_table(ours, Reading(test=theirs))
    with pytest.raises(DataError) as caught:
        understand(table, Columns())
    assert f"'age' is numbers in {ours!r} and has 'unknown' in {theirs!r}" in str(caught.value)
    assert understand(table, Columns(drop=("age",))).n_columns == 1
    known = understand(read_table(ours, Reading(test=theirs, na=("unknown",))), Columns())
    assert [each.kind for each in known.columns] == ["number", "number"]


def test_a_column_of_lists_can_be_dropped(tmp_path: Path) -> None:
    """Otherwise it is named, with what it holds."""
    frame = pd.DataFrame({"a": range(20), "tags": [[i] for i in range(20)], "y": ["x", "z"] * 10})
    frame.to_parquet(tmp_path / "l.parquet")
    table = read_table(str(tmp_path / "l.parquet"))
    with pytest.raises(DataError, match=r"column 'tags' holds lists; .* --drop tags"):
        understand(table, Columns())
    assert understand(table, Columns(drop=("tags",))).n_columns == 1


def test_large_whole_numbers_stay_apart(tmp_path: Path) -> None:
    """As names of classes: float64 has no odd number there."""
    names = [str(2**53 + i) for i in (0, 1, 3)]
    rows = [f"{i % 7},{names[i % 3]}" for i in range(30)]
    table = read_table(write(tmp_path, "\n".join(["a,y", *rows]) + "\n"))
    assert understand(table, Columns()).classes == tuple(names)


def test_labels_of_bytes_stay_apart(tmp_path: Path) -> None:
    """Also where they are no UTF-8."""
    np.savez(tmp_path / "b.npz", X=np.arange(20.0).reshape(10, 2), y=[b"\xe9", b"\xe8"] * 5)
    table = read_table(str(tmp_path / "b.npz"))
    assert understand(table, Columns()).classes == ("\\xe8", "\\xe9")


def test_arrays_are_not_left_out_in_silence(tmp_path: Path) -> None:
    """Half a test set is refused, other arrays are said not to be read."""
    x, y = np.arange(20.0).reshape(10, 2), np.arange(10) % 2
    np.savez(tmp_path / "half.npz", x_train=x, y_train=y, x_test=x)
    assert "has 'x_test' and no 'y_test'; test rows need both" in refused(
        str(tmp_path / "half.npz")
    )
    np.savez(tmp_path / "more.npz", X=x, y=y, X_val=x, y_val=y)
    (warning,) = read_table(str(tmp_path / "more.npz")).warnings
    assert warning.startswith("only 'X', 'y' are read of") and warning.endswith(
        "not 'X_val', 'y_val'"
    )
    for name, array in (("X_train", x), ("y_train", y), ("X_test", x)):
        np.save(tmp_path / f"{name}.npy", array)
    assert "expected the labels of" in refused(str(tmp_path / "X_train.npy"))


def test_an_index_with_a_name_is_a_column(tmp_path: Path) -> None:
    """It was one before set_index; one without a name counts rows."""
    frame = pd.DataFrame({"age": [3, 1, 2], "y": ["a", "b", "a"]})
    frame.set_index("age").to_parquet(tmp_path / "a.parquet")
    read = read_table(str(tmp_path / "a.parquet")).frame
    assert read.to_dict("list") == frame.to_dict("list")
    frame[frame["age"] != 1].to_parquet(tmp_path / "b.parquet")
    assert list(read_table(str(tmp_path / "b.parquet")).frame) == ["age", "y"]


def test_a_nul_byte_is_seen_in_any_narrow_encoding(tmp_path: Path) -> None:
    """A name with 16 in it is not yet UTF-16."""
    path = write(tmp_path, b"a,b\n1,x\0y\n")
    assert "holds a NUL byte at byte 7" in refused(path, Reading(encoding="iso8859-16"))


def test_a_name_that_no_report_can_hold_is_refused(tmp_path: Path) -> None:
    """Before training, which would be lost with the report."""
    path = os.fsencode(tmp_path) + b"/bad\xff.csv"
    Path(os.fsdecode(path)).write_text(TEXT)
    with pytest.raises(UsageError, match=r"bad\\udcff.csv' is not valid UTF-8, .*; rename it"):
        check_source(os.fsdecode(path))


def test_columns_that_are_counted_are_a_header(tmp_path: Path) -> None:
    """As pandas writes those of an array; and --header takes any."""
    assert list(read_table(write(tmp_path, "0,1,2\n5,6,x\n")).frame) == ["0", "1", "2"]
    taken = read_table(write(tmp_path, "1990,2000\n5,6\n"), Reading(header=True))
    assert list(taken.frame) == ["1990", "2000"]


# Sources


@pytest.mark.parametrize("name", BUNDLED)
def test_bundled_datasets_are_tables_too(name: str) -> None:
    """Of as many rows and features as the list says; digits have an image."""
    table = read_table(name)
    assert table.frame.shape == (BUNDLED[name].rows, BUNDLED[name].features + 1)
    assert table.target in table.frame
    assert table.image == ((8, 8, 1) if name == "digits" else None)


@pytest.mark.parametrize("name", ["moons", "circles", "blobs", "spirals", "classification"])
def test_synthetic_data_follow_their_parameters(name: str) -> None:
    """Rows as asked; the same for the same words, others for another seed."""
    one, same, other = (read_table(f"{name}:n=30:seed={seed}").frame for seed in (1, 1, 2))
    assert len(one) == 30
    pd.testing.assert_frame_equal(one, same)
    assert not one.equals(other)
    assert read_table(f"{name}:n=30:seed=1").target == "target"


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("irs", "did you mean 'iris'?"),
        ("zzz", "unknown dataset 'zzz', and no file of that name: choose one of digits, iris, "),
        ("clients.csvv", "there is no file 'clients.csvv'; check the path"),
        ("mons:n=5", "did you mean 'moons'?"),
        ("moons:nois=0.1", "unknown parameter 'nois' of 'moons': did you mean 'noise'?"),
        ("moons:n", "expected NAME=NUMBER after each ':'"),
        ("moons:n=5.5", "moons:n: expected a whole number from 4 to 10000000, got '5.5'"),
        ("moons:noise=nan", "moons:noise: expected a number from 0 to 1000, got 'nan'"),
        ("moons:n=9:n=9", "'n' stands twice"),
        ("classification:classes=3:informative=1", "make informative larger"),
        ("classification:features=2:informative=3", "more than all 2"),
        ("openml:", "expected openml:NAME or openml:ID"),
        ("nowhere.csv", "there is no file 'nowhere.csv'"),
        ("nowhere/data.csv", "the folder 'nowhere' is not there"),
    ],
)
def test_a_spec_that_cannot_be_meant_is_refused(spec: str, message: str) -> None:
    """Before anything is read."""
    with pytest.raises(UsageError) as caught:
        check_source(spec)
    assert message in str(caught.value)


def test_paths_are_checked(tmp_path: Path) -> None:
    """A near name, a folder, a suffix that says nothing."""
    write(tmp_path, TEXT, "clients.csv")
    assert f"did you mean {str(tmp_path / 'clients.csv')!r}?" in refused(
        str(tmp_path / "cleints.csv")
    )
    assert "did you mean" in refused(str(tmp_path / "clients.csvv"))
    assert "did you mean" not in refused(str(tmp_path / "nothere.csv"))
    assert "is a folder" in refused(str(tmp_path))
    assert "can't tell the format" in refused(write(tmp_path, TEXT, "data.xlsx"))


@pytest.mark.parametrize(
    ("reading", "message"),
    [
        (Reading(sep="||"), "--sep: expected one character or one of comma"),
        (Reading(decimal=";"), "--decimal: expected '.' or ',', got ';'"),
        (Reading(sep=",", decimal=","), "--sep and --decimal are both ','"),
        (Reading(encoding="utf-9"), "--encoding: unknown encoding 'utf-9'"),
        (Reading(encoding="base64"), "--encoding: unknown encoding 'base64'"),
        (Reading(test="nowhere.csv"), "--test: there is no file 'nowhere.csv'"),
        (Reading(sep=";"), "--sep says how a text table (.csv, .tsv) is read, and 'iris' is none"),
        (Reading(decimal=","), "--decimal says how a text table"),
        (Reading(encoding="cp1252"), "--encoding says how a text table"),
        (Reading(header=True), "--header says how a text table"),
        (Reading(header=False), "--no-header says how a text table"),
        (Reading(na=("NA",)), "--na says how a text table"),
        (Reading(quoting="none"), "--quoting says how a text table"),
        (Reading(format="csv"), "--format says what a file is, and 'iris' is none"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(reading: Reading, message: str) -> None:
    """By name."""
    assert message in refused("iris", reading)


def test_options_of_text_serve_test_rows_alone(tmp_path: Path) -> None:
    """The dataset may be of another kind than the file of test rows."""
    np.savez(tmp_path / "a.npz", X=np.eye(4), y=[0, 1, 0, 1])
    test = write(tmp_path, "1;2;3;4;target\n,5;0;0;1;1\n", "test.csv")
    table = read_table(str(tmp_path / "a.npz"), Reading(test=test, decimal=",", sep=";"))
    assert table.test is not None and table.test.iloc[0].tolist() == [0.5, 0, 0, 1, 1]


# Arrays


def test_keras_arrays_have_images_and_a_split(tmp_path: Path) -> None:
    """Pixels in row-major order, types as they are."""
    x = np.arange(24, dtype=np.uint8).reshape(4, 2, 3)
    path = tmp_path / "a.npz"
    np.savez_compressed(path, x_train=x, y_train=[0, 1, 0, 1], x_test=x[:2], y_test=[0, 1])
    table = read_table(str(path))
    assert table.image == (2, 3, 1) and table.target == "target"
    assert table.frame["6"].tolist() == [5, 11, 17, 23] and table.frame["1"].dtype == np.uint8
    assert table.test is not None and len(table.test) == 2


def test_npy_files_stand_side_by_side(tmp_path: Path) -> None:
    """X_train.npy with y_train.npy, and those of the test rows."""
    x, y = np.random.default_rng(0).normal(size=(5, 2)), np.array(list("abaab"))
    np.save(tmp_path / "X_train.npy", np.asfortranarray(x))
    assert "y_train.npy" in refused(str(tmp_path / "X_train.npy"))
    for name, each in (("y_train", y), ("X_test", x[:2]), ("y_test", y[:2])):
        np.save(tmp_path / f"{name}.npy", each)
    table = read_table(str(tmp_path / "X_train.npy"))
    np.testing.assert_array_equal(table.frame[["1", "2"]], x)
    assert table.frame["target"].tolist() == list("abaab")
    assert table.test is not None and len(table.test) == 2


def test_objects_in_arrays_are_never_loaded(tmp_path: Path) -> None:
    """Loading them could run code."""
    path = tmp_path / "a.npz"
    np.savez(path, X=np.array([[1], [None]], dtype=object), y=[0, 1])
    assert "holds Python objects, which could run code" in refused(str(path))


def test_damaged_arrays_are_refused(tmp_path: Path) -> None:
    """Cut off anywhere, or announcing more than there is; no key is taken for a path."""
    path = tmp_path / "a.npz"
    np.savez(path, X=np.ones((20, 3)), y=np.arange(20))
    whole = path.read_bytes()
    for end in range(0, len(whole), 97):
        refused(write(tmp_path, whole[:end], "cut.npz"))
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "<f8", "fortran_order": False, "shape": (10**15,)}
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("X.npy", header.getvalue())
        archive.writestr("y.npy", header.getvalue())
    assert "announces 8000000000000000 bytes" in refused(str(path))
    np.savez(path, features=np.ones(3))
    assert "found 'features'" in refused(str(path))


def idx(array: np.ndarray) -> bytes:
    """Bytes of an IDX file, written by its definition."""
    shape = struct.pack(f">{array.ndim}I", *array.shape)
    return bytes([0, 0, 8, array.ndim]) + shape + array.astype(np.uint8).tobytes()


def test_idx_files_are_read_as_a_folder_or_one_by_one(tmp_path: Path) -> None:
    """MNIST's own names, compressed or not."""
    x, y = np.arange(5 * 4).reshape(5, 2, 2), np.array([3, 1, 4, 1, 5])
    write(tmp_path, gzip.compress(idx(x), mtime=0), "train-images-idx3-ubyte.gz")
    write(tmp_path, gzip.compress(idx(y), mtime=0), "train-labels-idx1-ubyte.gz")
    write(tmp_path, idx(x[:2]), "t10k-images-idx3-ubyte")
    write(tmp_path, idx(y[:2]), "t10k-labels-idx1-ubyte")
    table = read_table(str(tmp_path))
    assert table.image == (2, 2, 1)
    np.testing.assert_array_equal(table.frame.drop(columns="target"), x.reshape(5, 4))
    assert table.frame["target"].tolist() == y.tolist()
    assert table.test is not None and table.test["target"].tolist() == [3, 1]
    alone = read_table(str(tmp_path / "t10k-images-idx3-ubyte"))
    assert len(alone.frame) == 2 and alone.test is None
    for end in range(0, len(idx(x[:2])), 3):
        write(tmp_path, idx(x[:2])[:end], "t10k-images-idx3-ubyte")
        assert "cut off" in refused(str(tmp_path / "t10k-images-idx3-ubyte"))


# Formats


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_column_without_a_name_is_called_by_its_place(suffix: str, tmp_path: Path) -> None:
    """So that options can name it."""
    path = tmp_path / f"rows.{suffix}"
    frame = pd.DataFrame({"": [5, 7], "a": [1, 2], " ": [3, 4]})
    if suffix == "csv":
        frame.to_csv(path, index=False)
    else:
        pytest.importorskip("pyarrow")
        frame.to_parquet(path)
    assert list(read_table(str(path)).frame) == ["unnamed_1", "a", "unnamed_3"]


def test_arff_svmlight_and_parquet(tmp_path: Path) -> None:
    """Each as its format says; missing nominal cells are None."""
    arff = "@relation r\n@attribute a numeric\n@attribute class {x,y}\n@data\n1,x\n?,y\n2,?\n"
    frame = read_table(write(tmp_path, arff, "a.arff")).frame
    np.testing.assert_array_equal(frame["a"], [1, np.nan, 2])
    assert frame["class"].tolist() == ["x", "y", None]
    table = read_table(write(tmp_path, "1 1:0.5 3:2\n-1 2:1\n", "a.svm"))
    assert table.frame.drop(columns="target").to_numpy().tolist() == [[0.5, 0, 2], [0, 1, 0]]
    pytest.importorskip("pyarrow")
    pd.DataFrame({"a": [1, 2], "b": ["x", None], "c": [True, False]}).to_parquet(
        tmp_path / "a.parquet"
    )
    read = read_table(str(tmp_path / "a.parquet")).frame
    assert read["a"].tolist() == [1, 2] and read["b"].tolist() == ["x", None]
    assert read["c"].dtype == bool


@pytest.mark.parametrize(
    ("name", "data"),
    [
        *(("a" + suffix, b"\x93NUMPY\x01\x00v\x00{'descr': 3}") for suffix in (".npz", ".arff", ".svm")),
        ("X.npy", b"\x93NUMPY\x01\x00v\x00{'descr': 3}"),
        ("a.parquet", b"PAR1 no more"),
        ("a.csv.gz", gzip.compress(TEXT.encode(), mtime=0)[:-9]),
        ("a.csv.xz", lzma.compress(TEXT.encode())[:-9]),
        ("a.csv.bz2", b"no archive"),
        ("a.csv.zip", b"PK no archive"),
        ("a.arff", b"@relation r\n@attribute a strange\n@data\nx\n"),
        ("a.svm", b"one 1:2\n"),
    ],
)  # fmt: skip
def test_damaged_files_are_refused(name: str, data: bytes, tmp_path: Path) -> None:
    """In one line that names the file."""
    if name == "X.npy":
        np.save(tmp_path / "y.npy", [1])
    assert name in refused(write(tmp_path, data, name))


@pytest.mark.parametrize("suffix", ["gz", "xz", "bz2", "zip", "npz"])
def test_archives_that_expand_too_far_are_refused(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By their declared size, or while they are read."""
    monkeypatch.setattr(files, "FREE_BYTES", 10_000)
    text = b"a,b\n" + b"1,2\n" * 200_000
    name = f"a.{suffix}" if suffix == "npz" else f"a.csv.{suffix}"
    if suffix == "npz":
        np.savez_compressed(tmp_path / name, X=np.zeros((100_000, 2)), y=np.zeros(100_000))
    elif suffix == "zip":
        with zipfile.ZipFile(
            tmp_path / name, "w", zipfile.ZIP_DEFLATED, compresslevel=9
        ) as archive:
            archive.writestr("a.csv", text)
    else:
        pack = {"gz": gzip.compress, "xz": lzma.compress, "bz2": bz2.compress}[suffix]
        write(tmp_path, pack(text), name)
    assert "expands to more than 200 times its size" in refused(str(tmp_path / name))


def test_progress_tells_bytes(tmp_path: Path) -> None:
    """Up to the file's size: once for numbers, and once more where there is text."""
    tells = []
    for data in ("a,y\n1,2\n3,4\n", TEXT):
        told: list[tuple[int, int | None]] = []
        read_table(write(tmp_path, data), progress=lambda *each, told=told: told.append(each))
        assert told == sorted(told) and told[-1] == (len(data), len(data))
        tells.append(len(told))
    assert tells[1] == 2 * tells[0]


@pytest.mark.full
def test_without_network_a_local_file_is_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is asked of the network here: opening a URL fails as it does without one."""
    from urllib.error import URLError

    def offline(*_: object, **__: object) -> None:
        raise URLError("no network")

    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path))
    monkeypatch.setattr("sklearn.datasets._openml.urlopen", offline)
    message = refused("mnist")
    assert "can't reach openml.org for 'mnist'" in message
    assert "use a local file instead: --dataset FILE.csv" in message
    assert DataError.exit_code == 1


def test_given_test_rows_are_what_is_tested_on(tmp_path: Path) -> None:
    """By --test, and by an .npz file's own: in the report, and in the words above the table."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(40, 3)), np.arange(40) % 2
    np.savez(tmp_path / "a.npz", x_train=x[:30], y_train=y[:30], x_test=x[30:], y_test=y[30:])
    header = "1,2,3,target"
    for name, rows in (("train.csv", slice(0, 30)), ("test.csv", slice(30, 40))):
        cells = np.column_stack([x, y])[rows]
        np.savetxt(tmp_path / name, cells, fmt="%.17g", delimiter=",", header=header, comments="")
    words = {"seeds": 2, "epochs": 1, "hidden": 4, "jobs": 1}
    arrays = compare(str(tmp_path / "a.npz"), "none", **words)
    text = compare(
        str(tmp_path / "train.csv"), "none", test=str(tmp_path / "test.csv"), header=True, **words
    )
    for each in (arrays, text):
        assert each.plan["data"]["given_test"] == each.plan["data"]["n_test"] == 10
        assert each.plan["data"]["n_train"] == 30 and "split" not in each.plan["vary"]
    assert arrays.plan["data"]["sha256"] == text.plan["data"]["sha256"]
    assert arrays.runs["test_loss"].tolist() == text.runs["test_loss"].tolist()

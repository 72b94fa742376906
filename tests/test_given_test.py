"""Test rows that are given: what they must have, whose faults they are, and how levels are spelt."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from commands import Done, run_here, strict

from regcmp.data.columns import Columns
from regcmp.data.loading import load_dataset
from regcmp.data.opening import check_source
from regcmp.data.table import Reading
from regcmp.errors import DataError, RegcmpError, UsageError

ROWS = "a,b,y\n" + "".join(f"{i % 7},{i % 5},{'uv'[i % 2]}\n" for i in range(60))


def write(folder: Path, name: str, text: str | bytes) -> str:
    """A file in this folder."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


def shown(folder: Path, *words: str) -> Done:
    """What ``regcmp datasets train.csv --test test.csv`` says."""
    return run_here(["datasets", "train.csv", "--test", "test.csv", *words], folder)


# The same file


@pytest.mark.parametrize("way", ["./train.csv", "symbolic", "hard", "absolute", "up"])
def test_the_dataset_by_another_name_is_refused(way: str, tmp_path: Path) -> None:
    """Before anything is read."""
    train = Path(write(tmp_path, "train.csv", ROWS))
    other = tmp_path / "other.csv"
    if way == "symbolic":
        other.symlink_to(train)
    elif way == "hard":
        os.link(train, other)
    names = {"absolute": str(train), "up": f"../{tmp_path.name}/train.csv", "./train.csv": way}
    done = run_here(["datasets", "train.csv", "--test", names.get(way, "other.csv")], tmp_path)
    assert done.code == 2 and "is the dataset itself, as 'train.csv' is; name a file of" in done.err
    assert done.err.count("\n") == 1
    with pytest.raises(UsageError, match=r"is the dataset itself; name a file of other rows"):
        check_source(str(train), Reading(test=str(train)))


# Columns


def test_columns_that_are_dropped_may_be_missing_or_surplus(tmp_path: Path) -> None:
    """In either file, in any order; the target's position is one of the training file."""
    ids = "".join(f"{i % 7},{i % 5},{'uv'[i % 2]},{900 - i}\n" for i in range(60))
    write(tmp_path, "train.csv", "a,b,y,id\n" + ids)
    write(tmp_path, "test.csv", "y,b,a\nu,1,2\nv,3,4\n")
    for words in (("--drop", "id"), ("--drop", "id", "--target", "3"), ()):
        done = shown(tmp_path, *words, "--json")
        assert done.code == 0, done.err
        found = strict(done.out)
        assert found["given_test"] == 2 and found["target"] == "y" and found["columns"] == 2
    dataset = load_dataset(
        str(tmp_path / "train.csv"), Reading(test=str(tmp_path / "test.csv")), Columns(drop=("id",))
    )
    assert dataset.x[-2:].tolist() == [[2, 1], [4, 3]] and not dataset.warnings
    swapped = ["datasets", "test.csv", "--test", "train.csv"]
    write(tmp_path, "test.csv", "y,b,a\n" + "u,1,2\nv,3,4\n" * 3)
    assert "Warning: train.csv" not in run_here([*swapped, "--drop", "id"], tmp_path).out
    warned = run_here(swapped, tmp_path).out
    assert "Warning: train.csv: column 'id' is not in 'test.csv', and left out" in warned


@pytest.mark.parametrize(
    ("test", "words", "message"),
    [
        ("a,c,y\n1,2,u\n", (), "but lacks 'b'; add what is missing, or leave it out of both with --drop"),
        ("a,b\n1,2\n", (), "but lacks 'y'; add what is missing"),
        ("1,2,u\n3,4,v\n", ("--header",), "its line 1 looks like a row: give it the header of 'train.csv'"),
        ("a,b,y\n1,2,u\n", ("--drop", "c"), "--drop: 'train.csv' has no column 'c'"),
    ],
)  # fmt: skip
def test_columns_that_are_used_must_be_there(
    test: str, words: tuple[str, ...], message: str, tmp_path: Path
) -> None:
    """Each one that is missing is named."""
    write(tmp_path, "train.csv", ROWS)
    write(tmp_path, "test.csv", test)
    done = shown(tmp_path, *words)
    assert done.code in (1, 2) and message in done.err and done.err.count("\n") == 1


def test_columns_without_names_must_be_as_many(tmp_path: Path) -> None:
    """A first column that only one file has would shift all the others."""
    write(tmp_path, "train.csv", ROWS.partition("\n")[2])
    write(tmp_path, "test.csv", "900,1,2,u\n901,2,3,v\n")
    done = shown(tmp_path, "--no-header", "--target", "3")
    assert done.code == 1 and "which go by their place, but has also '4'" in done.err


# Faults


@pytest.mark.parametrize(
    ("test", "message"),
    [
        (b"a,b,y\n0,0,\n1,1,v\n", "'test.csv': the target 'y' is missing in 1 of 2 rows"),
        (b"a,b,y\n0,0,u\n1,inf,v\n", "'test.csv': column 'b' is infinite in 1 of 2 rows"),
        (b"a,b,y\n0,0,u\n1e200,1,v\n", "'test.csv': column 'a' has 1e+200, too large to be scaled"),
        (b"a,b,y\n0,0,u\n1,x,v\n2,,u\n", "'test.csv': column 'b' is numbers in 'train.csv' and has 'x'"),
        (b"a,b,y\n0,0,u\n1,1,v,4\n", "'test.csv': line 3 has 4 cells, the header has 3"),
        (b"a,z,y\n0,0,u\n", "'test.csv' must have the columns of 'train.csv', but lacks 'b'"),
        (b"a,b,y\n0,0,u\n\n1,1,\xe9\n", "'test.csv' is not valid UTF-8 at byte 17 (line 4)"),
        (b"a,b,y\n0,0,u\n1,\x00,v\n", "'test.csv' holds a NUL byte at byte 14"),
        (b"a,b,y\n", "'test.csv' has a header and no rows"),
        (b"", "'test.csv' is empty"),
        (b"a,b,y\n\"0,0,u\n1,1,v\n", "'test.csv': a quote that opens in line 2 is never closed"),
        (b"a,a,y\n0,0,u\n", "'test.csv': the header names 'a' more than once"),
        (b"a;b;y\n0,5;0;u\n1;1;v\n", "'test.csv': column 'a' has numbers with a comma, such as '0,5'"),
        (b"a,b,y\n0,0,U\n1,1,v\n", "'test.csv': the target 'y' has 'U' in 1 of 2 rows, and no class of"),
    ],
)  # fmt: skip
def test_faults_of_test_rows_are_told_of_their_file(
    test: bytes, message: str, tmp_path: Path
) -> None:
    """With its own counts and lines; an option of reading that is advised holds for both files."""
    write(tmp_path, "train.csv", ROWS)
    write(tmp_path, "test.csv", test)
    done = shown(tmp_path)
    assert done.code == 1 and message in done.err and done.err.count("\n") == 1
    shared = any(f"--{word}" in done.err for word in ("sep", "decimal", "encoding", "no-header"))
    assert shared == ("this holds for both files: if 'train.csv' is read well" in done.err)


def test_options_of_text_are_for_a_test_file_alone_where_it_is_the_only_text(
    tmp_path: Path,
) -> None:
    """Then nothing speaks against what is advised."""
    np.savez(
        tmp_path / "a.npz", X=np.random.default_rng(0).normal(size=(20, 2)), y=["f", "\xe9"] * 10
    )
    write(tmp_path, "test.csv", "1,2,target\n1,2,\xe9\n3,4,f\n".encode("cp1252"))
    words = ["datasets", "a.npz", "--test", "test.csv", "--header"]
    message = "Error: 'test.csv' is not valid UTF-8 at byte 15 (line 2); name its encoding, as in"
    assert run_here(words, tmp_path).err == f"{message} --encoding cp1252\n"
    assert run_here([*words, "--encoding", "cp1252"], tmp_path).code == 0


def test_faults_of_training_rows_count_these_alone(tmp_path: Path) -> None:
    """Sixty, however many test rows there are."""
    write(tmp_path, "train.csv", ROWS.replace("0,0,u", "0,inf,u"))
    write(tmp_path, "test.csv", ROWS)
    assert "'train.csv': column 'b' is infinite in 1 of 60 rows" in shown(tmp_path).err
    write(tmp_path, "train.csv", ROWS.replace("0,0,u", "0,0,"))
    assert "'train.csv': the target 'y' is missing in 1 of 60 rows" in shown(tmp_path).err


def test_a_fault_of_a_value_to_predict_is_told_of_its_file(tmp_path: Path) -> None:
    """In a regression, too."""
    write(tmp_path, "train.csv", "a,y\n" + "".join(f"{i % 7},{i}.5\n" for i in range(40)))
    write(tmp_path, "test.csv", "a,y\n1,2.5\n2,inf\n3,4\n")
    message = "'test.csv': the target 'y' is no number to predict in 1 of 3 rows, first 'inf'"
    assert message in shown(tmp_path).err
    write(tmp_path, "test.csv", "a,y\n1,2.5\n2,much\n3,4\n")
    assert "in 1 of 3 rows, first 'much'" in shown(tmp_path).err


@pytest.mark.parametrize("kind", ["npz", "idx"])
def test_faults_of_test_rows_in_the_file_itself(kind: str, tmp_path: Path) -> None:
    """The same checks: classes that only they have, and what can't be scaled."""
    x, y = np.arange(80.0).reshape(40, 2) % 7, np.arange(40) % 2
    if kind == "npz":
        name, odd = "a.npz", x[:5].copy()
        odd[3, 1] = np.inf
        np.savez(tmp_path / name, x_train=x, y_train=y, x_test=odd, y_test=y[:5])
        done = run_here(["datasets", name], tmp_path)
        assert "'a.npz (test rows)': column '2' is infinite in 1 of 5 rows" in done.err
        np.savez(tmp_path / name, x_train=x, y_train=y, x_test=x[:5], y_test=y[:5] + 1)
    else:
        name = "."
        for start, labels in (("train", y), ("t10k", y[:5] + 1)):
            images = b"\0\0\x08\x03" + len(labels).to_bytes(4) + (2).to_bytes(4) + (1).to_bytes(4)
            cells = x[: len(labels)].astype(np.uint8).tobytes()
            (tmp_path / f"{start}-images-idx3-ubyte").write_bytes(images + cells)
            head = b"\0\0\x08\x01" + len(labels).to_bytes(4)
            path = tmp_path / f"{start}-labels-idx1-ubyte"
            path.write_bytes(head + labels.astype(np.uint8).tobytes())
    done = run_here(["datasets", name], tmp_path)
    assert done.code == 1
    assert (
        f"'{name} (test rows)': the target 'target' has '2' in 2 of 5 rows, and no class"
        in done.err
    )


def test_a_file_of_training_and_test_rows_is_no_test_file(tmp_path: Path) -> None:
    """Which of them were meant?"""
    x, y = np.eye(4), [0, 1, 0, 1]
    np.savez(tmp_path / "a.npz", X=x, y=y)
    np.savez(tmp_path / "b.npz", x_train=x, y_train=y, x_test=x, y_test=y)
    done = run_here(["datasets", "a.npz", "--test", "b.npz"], tmp_path)
    assert done.code == 2 and "'b.npz' has training rows and test rows; name a file of" in done.err


def test_words_of_a_test_file_name_its_option(tmp_path: Path) -> None:
    """Not that of the training file."""
    np.save(tmp_path / "labels.npy", np.eye(3))
    write(tmp_path, "train.csv", ROWS)
    done = run_here(["datasets", "train.csv", "--test", "labels.npy"], tmp_path)
    assert done.code == 2 and done.err.startswith("Error: --test: 'labels.npy' has no labels")


# Levels and classes


def of_levels(folder: Path, ours: list[str], theirs: list[str]) -> Done:
    """What is said of a category with these levels in training and in test rows."""
    for name, levels in (("train.csv", ours), ("test.csv", theirs)):
        rows = [f"{levels[i % len(levels)]},{i % 7},{'uv'[i % 2]}" for i in range(60)]
        write(folder, name, "\n".join(["flag,x,y", *rows]) + "\n")
    return shown(folder)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (["Yes", "No"], ["yes", "no"]),
        (["male", "female"], ["M", "F"]),
        (["a", "b"], ["a ", "b "]),
        (["A1", "1.0", "2.0"], ["1", "2"]),
        (["A1", "01", "02"], ["1", "2"]),
        (["True", "False"], ["0", "1"]),
        (["True", "False"], ["yes", "no"]),
    ],
)
def test_levels_that_are_all_unknown_are_refused(
    ours: list[str], theirs: list[str], tmp_path: Path
) -> None:
    """With the column, and examples of both sides."""
    done = of_levels(tmp_path, ours, theirs)
    assert done.code == 1 and done.err.startswith("Error: 'test.csv': column 'flag' has ")
    assert repr(theirs[0]) in done.err and "'train.csv'" in done.err
    assert repr(ours[-1]) in done.err or "is True or False" in done.err
    assert (
        run_here(["datasets", "train.csv", "--test", "test.csv", "--drop", "flag"], tmp_path).code
        == 0
    )


def test_levels_of_one_file_that_look_like_numbers_are_as_in_the_other(tmp_path: Path) -> None:
    """'3.10' is text where the training file has words beside it."""
    done = of_levels(tmp_path, ["A1", "3.10", "3.20"], ["3.10", "3.20"])
    assert done.code == 0 and "Warning: test.csv" not in done.out
    assert "A1 20" in done.out and "3.10 50" in done.out
    done = of_levels(tmp_path, ["True", "False"], ["TRUE", "FALSE"])
    assert done.code == 0 and "Warning: test.csv" not in done.out


def test_levels_that_are_partly_unknown_are_warned_of(tmp_path: Path) -> None:
    """Where they look alike, or are many; a few that are new are nothing to be said."""
    done = of_levels(tmp_path, ["Yes", "No", "?"], ["yes", "No", "No"])
    assert done.code == 0
    assert "Warning: test.csv: column 'flag' has 'yes' in 20 of 60 rows, and 'Yes' in" in done.out
    done = of_levels(tmp_path, ["red", "blue"], ["red", "blue", "teal", "puce"])
    assert "column 'flag' has levels in 30 of 60 rows that no training row has, such as" in (
        " ".join(done.out.split())
    )
    few = ["red", "blue"] * 29 + ["teal", "blue"]
    assert "Warning: test.csv" not in of_levels(tmp_path, ["red", "blue"], few).out


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [("uv", ["U", "V"]), (["yes", "no"], ["1", "0"]), ("12", ["1.5", "2"]), ("12", ["2", "3"])],
)
def test_classes_that_are_spelt_otherwise_are_refused(
    ours: str, theirs: list[str], tmp_path: Path
) -> None:
    """Those of test rows must be among those of training rows."""
    for name, classes in (("train.csv", ours), ("test.csv", theirs)):
        rows = [f"{i % 7},{classes[i % 2]}" for i in range(60)]
        write(tmp_path, name, "\n".join(["x,y", *rows]) + "\n")
    done = shown(tmp_path)
    assert done.code == 1 and "no class of that name is in 'train.csv', which has" in done.err
    assert repr(theirs[1] if ours == "12" and theirs[0] == "2" else theirs[0]) in done.err or (
        "'3'" in done.err
    )


def test_typed_truth_values_and_numbers_do_not_mix(tmp_path: Path) -> None:
    """0 and 1 would all be False."""
    pytest.importorskip("pyarrow")
    y, x = ["u", "v"] * 30, np.arange(60) % 7
    for name, flag in (("a", np.arange(60) % 3 == 0), ("b", np.arange(60) % 2)):
        pd.DataFrame({"flag": flag, "x": x, "y": y}).to_parquet(tmp_path / f"{name}.parquet")
    with pytest.raises(DataError, match=r"column 'flag' has '0' in 60 of 60 rows, and is True or"):
        load_dataset(str(tmp_path / "a.parquet"), Reading(test=str(tmp_path / "b.parquet")))


# What a column is


def test_test_rows_do_not_decide_what_a_column_is(tmp_path: Path) -> None:
    """Many rows of few texts would make a category of texts that hardly recur in training."""
    rows = [f"w{i},{i % 7},{'uv'[i % 2]}" for i in range(40)]
    train = write(tmp_path, "train.csv", "\n".join(["name,x,y", *rows]) + "\n")
    many = [f"w{i % 40},{i % 5},{'uv'[i % 2]}" for i in range(400)]
    test = write(tmp_path, "test.csv", "\n".join(["name,x,y", *many]) + "\n")
    alone, both = load_dataset(train), load_dataset(train, Reading(test=test))
    assert [each.kind for each in both.columns] == [each.kind for each in alone.columns]
    assert both.columns[0].kind == "id"


def test_counts_of_a_column_are_those_of_all_rows(tmp_path: Path) -> None:
    """As a page shows them: gaps, range and levels; by hand."""
    rows = [f"{i % 7},{'rg'[i % 2]},{'uv'[i % 2]}" for i in range(40)]
    write(tmp_path, "train.csv", "\n".join(["n,c,y", *rows]) + "\n")
    write(tmp_path, "test.csv", "n,c,y\n9,r,u\n,r,v\n-2,,u\n")
    found = {each["name"]: each for each in strict(shown(tmp_path, "--json").out)["column_list"]}
    assert found["n"]["range"] == [-2, 9] and found["n"]["missing"] == 1
    assert dict(found["c"]["levels"]) == {"r": 22, "g": 20} and found["c"]["missing"] == 1


def test_columns_of_the_same_frame_are_the_same_rows(tmp_path: Path) -> None:
    """Column by column as pandas puts them together, in another order and compressed."""
    rng = np.random.default_rng(0)
    frames = [
        pd.DataFrame({"a": rng.normal(size=n), "b": rng.normal(size=n), "y": ["u", "v"] * (n // 2)})
        for n in (40, 10)
    ]
    frames[0].to_csv(tmp_path / "train.csv", index=False)
    text = frames[1][["y", "b", "a"]].to_csv(index=False)
    (tmp_path / "test.csv.gz").write_bytes(gzip.compress(text.encode()))
    dataset = load_dataset(str(tmp_path / "train.csv"), Reading(test=str(tmp_path / "test.csv.gz")))
    expected = pd.concat(frames)[["a", "b"]].to_numpy()
    np.testing.assert_array_equal(dataset.x, expected)
    assert dataset.given_test == 10


def test_a_programmatic_error_is_one_of_ours(tmp_path: Path) -> None:
    """Dates where numbers are expected."""
    pytest.importorskip("pyarrow")
    y = ["u", "v"] * 30
    whens = pd.date_range("2020", periods=60)
    pd.DataFrame({"w": np.arange(60) % 7, "y": y}).to_parquet(tmp_path / "a.parquet")
    pd.DataFrame({"w": whens, "y": y}).to_parquet(tmp_path / "b.parquet")
    with pytest.raises(RegcmpError, match=r"column 'w' is numbers in .* and has '2020-01-01"):
        load_dataset(str(tmp_path / "a.parquet"), Reading(test=str(tmp_path / "b.parquet")))


@pytest.mark.parametrize("kind", ["category", "number", "truth values"])
def test_a_column_that_is_empty_in_all_test_rows_is_warned_of(kind: str, tmp_path: Path) -> None:
    """Whatever it holds in training rows."""
    values = {"category": "mf", "number": "12", "truth values": ["True", "False"]}[kind]
    rows = [f"{values[i % 2]},{i * 0.37:.2f},{'uv'[i % 3 % 2]}" for i in range(60)]
    (tmp_path / "a.csv").write_text("\n".join(["f,x,y", *rows]) + "\n", encoding="utf-8")
    empty = [f",{i * 0.61:.2f},{'uv'[i % 2]}" for i in range(20)]
    (tmp_path / "b.csv").write_text("\n".join(["f,x,y", *empty]) + "\n", encoding="utf-8")
    done = run_here(["datasets", "a.csv", "--test", "b.csv"], tmp_path)
    assert done.code == 0, done.err
    assert "b.csv: column 'f' has no value in any row" in done.out

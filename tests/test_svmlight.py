"""svmlight files: read as scikit-learn reads them, train and test file together."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from commands import run_here
from sklearn.datasets import load_svmlight_files

from regcmp.data.opening import read_table
from regcmp.data.table import Reading, Table
from regcmp.data.tables import room
from regcmp.errors import DataError

rng = np.random.default_rng(0)


def write(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.write_bytes(text.encode())
    return str(path)


def lines(n: int, columns: list[int]) -> str:
    """Rows with some of these features; the first row has all."""
    rows = []
    for i in range(n):
        present = [k for k in columns if i == 0 or rng.random() < 0.5]
        rows.append(" ".join([str(i % 2), *(f"{k}:{rng.normal():.4f}" for k in present)]))
    return "\n".join(rows) + "\n"


def features(table: Table, *, test: bool = False) -> np.ndarray:
    frame = table.test if test else table.frame
    assert frame is not None
    return frame.drop(columns="target").to_numpy()


@pytest.mark.parametrize("train", [range(6), range(1, 6), range(1, 9)])
@pytest.mark.parametrize("test", [range(6), range(1, 6), range(2, 4), range(12)])
def test_train_and_test_are_aligned(train: range, test: range, tmp_path: Path) -> None:
    """What the first feature is and how many there are is found in both files."""
    paths = [
        write(tmp_path, "a.svm", lines(8, list(train))),
        write(tmp_path, "b.svm", lines(5, list(test))),
    ]
    table = read_table(paths[0], Reading(test=paths[1]))
    x, y, x_test, y_test = load_svmlight_files(paths)
    np.testing.assert_array_equal(features(table), x.toarray())
    np.testing.assert_array_equal(features(table, test=True), x_test.toarray())
    assert table.test is not None and table.test_name == paths[1]
    assert table.frame["target"].tolist() == y.tolist()
    assert table.test["target"].tolist() == y_test.tolist()


def test_files_that_may_be_shifted_are_warned_of(tmp_path: Path) -> None:
    """By one and in full; a sparse file may lack the first feature."""
    one = write(tmp_path, "a.svm", lines(8, list(range(1, 11))))
    zero = write(tmp_path, "b.svm", lines(8, list(range(10))))
    assert (
        "are numbered 1 to 10 here, and 0 to 9" in read_table(one, Reading(test=zero)).warnings[0]
    )
    wide = write(tmp_path, "c.svm", lines(8, list(range(11))))
    assert read_table(one, Reading(test=wide)).warnings == ()


@pytest.mark.parametrize(
    ("train", "test", "column"),
    [(range(1, 4), range(1, 3), "3"), (range(3), range(1, 3), "1"), (range(1, 3), range(3), "1")],
)
def test_a_feature_that_one_file_never_names_is_told_of(
    train: range, test: range, column: str, tmp_path: Path
) -> None:
    """It may be the first or the last of a file that counts otherwise."""

    def dense(columns: range) -> str:
        rows = [" ".join(f"{k}:{rng.normal():.3f}" for k in columns) for _ in range(12)]
        return "".join(f"{i % 2} {row}\n" for i, row in enumerate(rows))

    one, other = write(tmp_path, "a.svm", dense(train)), write(tmp_path, "b.svm", dense(test))
    (said,) = read_table(one, Reading(test=other)).warnings
    assert f"has column '{column}', and most" in said and "renumber one" in said
    same = write(tmp_path, "c.svm", dense(train))
    assert read_table(one, Reading(test=same)).warnings == ()


def test_a_shift_does_not_decide_the_score(tmp_path: Path) -> None:
    """Feature 5 decides in a file that begins at 1, and in one that begins at 0."""

    def rows(n: int, columns: range) -> str:
        x = {k: rng.normal(size=n) for k in columns}
        return "".join(
            f"{int(x[5][i] > 0)} " + " ".join(f"{k}:{v[i]:.4f}" for k, v in x.items()) + "\n"
            for i in range(n)
        )

    write(tmp_path, "a.svm", rows(150, range(1, 11)))
    write(tmp_path, "b.svm", rows(100, range(10)))
    words = ["a.svm", "--test", "b.svm", "none", "--seeds", "1", "--epochs", "40", "--jobs", "1"]
    done = run_here(["compare", "--dataset", *words, "-o", "r.csv", "-q"], tmp_path)
    assert done.code == 0, done.err
    names, values = (line.split(",") for line in (tmp_path / "r.csv").read_text().split("\n")[:2])
    assert float(dict(zip(names, values, strict=True))["test_mean"]) > 0.85


def test_query_ids_are_said_to_be_unused(tmp_path: Path) -> None:
    """In a file of rows, and in one of test rows, by its name; not where a comment has the word."""
    ranked = write(tmp_path, "a.svm", "1 qid:1 1:2\n0 qid:1 1:3\n")
    plain = write(tmp_path, "b.svm", "1 1:2 # qid:1\n0 1:3\n")
    (said,) = read_table(ranked).warnings
    assert said.startswith("query ids (qid) are not used")
    assert read_table(plain).warnings == ()
    assert read_table(plain, Reading(test=ranked)).warnings == (f"{ranked}: {said}",)


def test_what_is_read_all_the_same(tmp_path: Path) -> None:
    """A byte order mark, comments, ends of lines of Windows, rows of zeros."""
    table = read_table(write(tmp_path, "a.svm", "\ufeff# c\r\n\r\n1 1:2 # 2:9\r\n0\r\n-1 2:3\r\n"))
    assert features(table).tolist() == [[2, 0], [0, 0], [0, 3]]
    assert table.frame["target"].tolist() == [1, 0, -1]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("1 -1:2", "has the index '-1'; indices begin at 0 or 1"),
        ("1 99999999999:2", "has the index '99999999999', too large"),
        ("1 3:1 2:2", "has the index 2 behind 3"),
        ("1 2:1 2:2", "has the index 2 twice"),
        ("1:2 2:3", "begins with '1:2' and has no label"),
        ("1,2 1:3", "has several labels, '1,2'"),
        ("cat 1:3", "has the label 'cat', which is no number"),
        ("1 1:0,5", "has '1:0,5'; expected 'index:value'"),
        ("1 1:", "has '1:'; expected"),
        ("1 1:2 qid:3", "has 'qid:3'; expected"),
        ("1 one", "has 'one'; expected"),
    ],
)  # fmt: skip
def test_a_row_that_is_none_is_named_by_its_line(row: str, message: str, tmp_path: Path) -> None:
    """Also one of the test file."""
    good = write(tmp_path, "good.svm", "0 1:1\n1 2:3\n")
    bad = write(tmp_path, "bad.svm", f"# rows\n0 1:1\n{row}\n1 1:5\n")
    for spec, reading in ((bad, Reading()), (good, Reading(test=bad))):
        with pytest.raises(DataError) as error:
            read_table(spec, reading)
        assert str(error.value).startswith(f"{bad!r}: line 3 {message}")


@pytest.mark.parametrize("text", ["", "# nothing\n\n"])
def test_no_rows(text: str, tmp_path: Path) -> None:
    """Are said to be none, in either file."""
    good, bad = write(tmp_path, "a.svm", "0 1:1\n1 2:3\n"), write(tmp_path, "b.svm", text)
    for spec, reading in ((bad, Reading()), (good, Reading(test=bad))):
        with pytest.raises(DataError, match=r"b\.svm' has no rows"):
            read_table(spec, reading)


def test_few_values_that_would_fill_the_memory_are_refused(tmp_path: Path) -> None:
    """With what they would take, before it is taken."""
    text = "".join(f"{i % 2} {i + 1}:1 3000000:1\n" for i in range(60))
    for spec, reading in (
        (write(tmp_path, "a.svm", text), Reading()),
        (write(tmp_path, "b.svm", "0 1:1\n1 2:3\n"), Reading(test=str(tmp_path / "a.svm"))),
    ):
        with pytest.raises(DataError, match=r"of 3000000 columns would take [34]\.\d GB"):
            read_table(spec, reading)


@pytest.mark.parametrize(
    ("rows", "columns", "stored", "fits"),
    [
        (1000, 1000, 1, True),  # 9 MB are nothing
        (5000, 20_000, 300_000, True),  # ten words a text
        (4, 3_000_000, 1000, False),
        (10_000, 80_000, 10**9, False),  # more than is free
    ],
)
def test_room(
    rows: int, columns: int, stored: int, fits: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Is what is free, and for tiny files little."""
    monkeypatch.setattr(room, "free_bytes", lambda: 2 * 10**9)
    if fits:
        room.check_room("a.svm", rows, columns, stored)
    else:
        with pytest.raises(DataError, match="keep the columns that matter"):
            room.check_room("a.svm", rows, columns, stored)

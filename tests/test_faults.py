"""What data may contain: each fault through the command, with the message that it prints.

Faults of one kind have one number, from 20 to 44; those between that are missing are faults of the
command itself, tested elsewhere.
"""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import numpy as np
import pytest
from commands import Done, run_here, squeezed, strict

QUICK = ("none", "l2", "--epochs", "1", "--seeds", "2", "--hidden", "2", "--jobs", "1")
N = 40


def csv(columns: dict[str, Sequence[object]], n: int = N, sep: str = ",") -> bytes:
    """A table of n rows; short columns are repeated."""
    rows = zip(*(cycle(cells) for cells in columns.values()), strict=False)
    lines = [sep.join(columns), *(sep.join(map(str, next(rows))) for _ in range(n))]
    return ("\n".join(lines) + "\n").encode()


def table(n: int = N, /, **columns: Sequence[object]) -> bytes:
    """A column of measurements and two classes, and these columns."""
    return csv({"size": range(7), "y": "ab"} | columns, n)


def arrays(save: Callable[..., None] = np.savez, **named: object) -> bytes:
    """An .npz file."""
    file = io.BytesIO()
    save(file, **named)
    return file.getvalue()


def archive(**members: bytes) -> bytes:
    """A zip file of these members."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in members.items():
            packed.writestr(name, data)
    return file.getvalue()


def header(descr: object, shape: object) -> bytes:
    """The beginning of an .npy file, which nothing follows."""
    text = repr({"descr": descr, "fortran_order": False, "shape": shape}).ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


@dataclass(frozen=True)
class Fault:
    """A file, the words of the command beside it, and how the command ends."""

    data: bytes
    message: str
    code: int = 1
    words: tuple[str, ...] = ()
    name: str = "rows.csv"


GOOD_X, GOOD_Y = np.arange(80.0).reshape(40, 2) % 7, np.arange(40) % 2

REFUSED = {
    "20 gaps where pixels must be": Fault(
        table(size=["nan", *["1"] * 9]),
        "--image: every column of 'rows.csv' beside its target must be a pixel, and 'size' has 4 gaps;"
        " fill them in",
        2,
        ("--image", "1x1"),
    ),
    "21 inf": Fault(
        table(size=["inf", *range(9)]),
        "'rows.csv': column 'size' is infinite in 4 of 40 rows; correct these, leave them empty, or"
        " drop it with --drop size",
    ),
    "21 -inf in an array": Fault(
        arrays(X=np.where(GOOD_X == 3, -np.inf, GOOD_X), y=GOOD_Y),
        "'rows.npz': column '1' is infinite in 5 of 40 rows; correct these, leave them empty, or drop"
        " it with --drop 1",
        name="rows.npz",
    ),
    "21 1e308": Fault(
        table(size=["-1e308", *range(9)]),
        "'rows.csv': column 'size' has -1e+308, too large to be scaled; take it in another unit, or"
        " drop it with --drop size",
    ),
    "22 target missing": Fault(
        table(y=["a", "", "b", "a"]),
        "'rows.csv': the target 'y' is missing in 10 of 40 rows; fill it in, or take these rows out of"
        " the file",
    ),
    "22 NaN in an array of values": Fault(
        arrays(X=GOOD_X, y=[np.nan, *np.linspace(0, 1, 39)]),
        "'rows.npz': the target 'target' is missing in 1 of 40 rows; fill it in, or take these rows out"
        " of the file",
        name="rows.npz",
    ),
    "22 infinite value": Fault(
        table(y=["inf", *np.linspace(0, 1, 39)]),
        "'rows.csv': the target 'y' is no number to predict in 1 of 40 rows, first 'inf'; correct them,"
        " or choose another column with --target",
    ),
    "23 single class": Fault(
        table(y="a"),
        "'rows.csv': the target 'y' is 'a' in every row, and learning needs at least 2 classes; choose"
        " another column with --target",
    ),
    "23 class without training rows": Fault(
        table(40, y=["a"] * 30 + ["b"] * 3 + ["a"] * 7),
        "--train-size: 3 rows leave class 'b' of 'rows.csv' without any row under seed 0; make it"
        " larger",
        2,
        ("--train-size", "3"),
    ),
    "24 class of one row": Fault(
        table(y=["a"] * 20 + ["b"] * 19 + ["rare"]),
        "'rows.csv': class 'rare' has a single row, and a stratified split needs two; drop it or join it"
        " with another class",
    ),
    "25 more classes than test rows": Fault(
        table(y="abcdefgh"),
        "--test-size: 5 rows to test on can't hold all 8 classes of 'rows.csv'; at least 8 are needed,"
        " some more for rare classes",
        2,
        ("--test-size", "5"),
    ),
    "25 more classes than training rows": Fault(
        table(y="abcdefgh"),
        "--train-size: 5 rows to train on can't hold all 8 classes of 'rows.csv'; at least 8 are needed,"
        " some more for rare classes",
        2,
        ("--train-size", "5", "--test-size", "0.5"),
    ),
    "27 all columns constant": Fault(
        table(size="5", other="1"),
        "'rows.csv': no column is left that tells its rows apart; columns 'size', 'other' have each one"
        " value in all rows, which tells nothing",
    ),
    "28 0 bytes": Fault(b"", "'rows.csv' is empty; expected a header and rows below it"),
    "28 blank": Fault(b"\n \n\n", "'rows.csv' is empty; expected a header and rows below it"),
    "28 header only": Fault(
        b"size,y\n",
        "'rows.csv' has a header and no rows; if its one line is a row, add --no-header",
    ),
    "28 array without rows": Fault(
        arrays(X=np.empty((0, 3)), y=[]),
        "'rows.npz' has no rows or no columns: its features have the shape (0, 3)",
        name="rows.npz",
    ),
    "29 one row": Fault(
        table(1),
        "'rows.csv' has 1 row; at least 4 are needed, a training and a test row of two classes",
    ),
    "29 two rows": Fault(
        table(2),
        "'rows.csv' has 2 rows; at least 4 are needed, a training and a test row of two classes",
    ),
    "30 target misspelt": Fault(
        table(income=range(9)),
        "--target: 'rows.csv' has no column 'incom'; did you mean 'income'?",
        2,
        ("--target", "incom"),
    ),
    "30 target not there": Fault(
        csv({f"c{i}": range(3) for i in range(12)}),
        "--target: 'rows.csv' has no column 'churn'; choose one of 'c0', 'c1', 'c2', 'c3', 'c4', 'c5',"
        " 'c6', 'c7', 'c8', 'c9' and 2 more",
        2,
        ("--target", "churn"),
    ),
    "30 no column that is called target": Fault(
        csv({"a": range(3), "b": range(2)}),
        "'rows.csv': no column is called target, label, class or y; choose one with --target: 'a', 'b'",
        2,
    ),
    "31 duplicate header": Fault(
        b"a,b,a,y\n" + b"1,2,3,x\n2,1,2,z\n" * 9,
        "'rows.csv': the header names 'a' more than once; rename one of them (or add --no-header if"
        " line 1 is a row)",
    ),
    "32 texts where numbers are asked for": Fault(
        table(y=["low", "high"]),
        "'rows.csv': the target 'y' is no number to predict in 40 of 40 rows, first 'low'; correct them,"
        " or choose --task classification",
        1,
        ("--task", "regression"),
    ),
    "33 decimal commas": Fault(
        csv({"size": ["1,5", "2,25", "3"], "y": "ab"}, sep=";"),
        "'rows.csv': column 'size' has numbers with a comma, such as '1,5'; add --decimal , if it is"
        " the decimal point, or remove commas between thousands",
    ),
    "33 thousands": Fault(
        table(size=['"1,234"', '"12,345"', "7"]),
        "'rows.csv': column 'size' has numbers with a comma, such as '1,234'; add --decimal , if it is"
        " the decimal point, or remove commas between thousands",
    ),
    "33 decimal commas in a tsv": Fault(
        csv({"size": ["1,5", "2,25", "3"], "y": "ab"}, sep="\t"),
        "'rows.tsv': column 'size' has numbers with a comma, such as '1,5'; add --decimal , if it is"
        " the decimal point, or remove commas between thousands",
        name="rows.tsv",
    ),
    "34 latin-1": Fault(
        table(town=["Köln", "Bonn"]).decode().encode("latin-1"),
        "'rows.csv' is not valid UTF-8 at byte 17 (line 2); name its encoding, as in --encoding cp1252",
    ),
    "34 UTF-16": Fault(
        table().decode().encode("utf-16-le"),
        "'rows.csv' holds a NUL byte at byte 1 (line 1): it is no text, or UTF-16, which"
        " --encoding utf-16 reads",
    ),
    "34 NUL": Fault(
        table(town=["Bonn", "K\0ln"]),
        "'rows.csv' holds a NUL byte at byte 26 (line 3): it is no text, or UTF-16, which"
        " --encoding utf-16 reads",
    ),
    "34 not the encoding that was named": Fault(
        table(town=["Köln", "Bonn"]),
        "'rows.csv' is not valid ASCII at byte 17 (line 2); name its encoding, as in --encoding utf-8",
        1,
        ("--encoding", "ascii"),
    ),
    "35 a cell too few": Fault(
        table() + b"1\n",
        "'rows.csv': line 42 has 1 cell, the header has 2; correct the line, or name the separator with"
        " --sep",
    ),
    "35 a cell too many": Fault(
        table() + b"1,a,2\n",
        "'rows.csv': line 42 has 3 cells, the header has 2; correct the line, or name the separator with"
        " --sep",
    ),
    "35 quote never closed": Fault(
        table() + b'1,"a\n2,b\n',
        "'rows.csv': a quote that opens in line 42 is never closed; close it, or"
        " add --quoting none, which reads quotes as letters",
    ),
    "42 pickled objects": Fault(
        arrays(X=np.array([[1], [None]] * 9, dtype=object), y=[0, 1] * 9),
        "'rows.npz: X' holds Python objects, which could run code when they are loaded; save numbers or"
        " texts, as in X.astype(float)",
        name="rows.npz",
    ),
    "42 a pickle by name": Fault(
        b"cos\nsystem\n(S'touch owned'\ntR.",
        "--dataset: can't tell the format of 'rows.pkl' by its suffix; expected one of .csv, .tsv,"
        " .tab, .txt, .data, .dat, .parquet, .npz, .npy, .arff, .svm, .svmlight, .libsvm, .t or these"
        " compressed (.gz, .xz, .bz2, .zip); say it with --format, as in --format csv",
        2,
        name="rows.pkl",
    ),
    "42 petabytes announced": Fault(
        archive(**{"X.npy": header("<f8", (10**15,)), "y.npy": header("<f8", (10**15,))}),
        "'rows.npz: X' is damaged: it announces 8000000000000000 bytes and has less than 128",
        name="rows.npz",
    ),
    "42 expands 1000 times": Fault(
        arrays(np.savez_compressed, X=np.zeros((200_000, 80)), y=np.zeros(200_000)),
        "'rows.npz' expands to more than 200 times its size, as harmful archives do; unpack it yourself"
        " if you trust it",
        name="rows.npz",
    ),
    "42 damaged type": Fault(
        archive(**{"X.npy": header(("<f8",), (9,)), "y.npy": header("<f8", (9,))}),
        "'rows.npz' is damaged or no file of arrays: ",
        name="rows.npz",
    ),
    "42 no zip": Fault(b"PK\3\4", "'rows.npz' is damaged or no file of arrays: ", name="rows.npz"),
    "42 0 bytes": Fault(b"", "'rows.npz' is damaged or no file of arrays: ", name="rows.npz"),
    "42 other members": Fault(
        arrays(features=GOOD_X, labels=GOOD_Y),
        "'rows.npz': expected arrays X and y, or x_train, y_train, x_test and y_test; found 'features',"
        " 'labels'",
        name="rows.npz",
    ),
    "44 a member that would leave the folder": Fault(
        archive(**{"../../evil.npy": header("<f8", (0,))}),
        "'rows.npz': expected arrays X and y, or x_train, y_train, x_test and y_test; found"
        " '../../evil'",
        name="rows.npz",
    ),
    "44 a name of 300 letters": Fault(
        table(), f"-o '{'n' * 300}.csv': can't be written (File name too long); choose another place", 2,
        ("-o", "n" * 300 + ".csv"),
    ),
}  # fmt: skip
"""What ends in one line: the whole of it, or its beginning where the rest is a library's word."""


def compared(folder: Path, fault: Fault) -> Done:
    """What ``regcmp compare`` says of the file."""
    (folder / fault.name).write_bytes(fault.data)
    return run_here(["compare", "--dataset", fault.name, *fault.words, *QUICK], folder)


@pytest.mark.parametrize("number", REFUSED)
def test_a_fault_ends_in_one_line(number: str, tmp_path: Path) -> None:
    """On standard error, with its exit code; no file is written, whole or in part."""
    fault = REFUSED[number]
    words = () if "-o" in fault.words else ("-o", "report.csv", "--runs", "runs.csv")
    done = compared(tmp_path, Fault(fault.data, "", 0, (*fault.words, *words), fault.name))
    *warnings, line, end = done.err.split("\n")
    assert end == "" and all(each.startswith("Warning: ") for each in warnings)
    if fault.message.endswith(": "):
        assert line.startswith(f"Error: {fault.message}")
    else:
        assert line == f"Error: {fault.message}"
    assert (done.code, done.out) == (fault.code, "")
    assert [each.name for each in tmp_path.iterdir()] == [fault.name]


WARNED = {
    "20 NaN": Fault(
        table(size=["NaN", *range(9)]),
        "column 'size': 'NaN' stands between numbers in 4 cells and was read as missing; --na says what"
        " is",
    ),
    "20 literal None": Fault(
        table(size=["None", *range(9)], plan=["None", "gold"]),
        "column 'size': 'None' stands between numbers in 4 cells and was read as missing; --na says what"
        " is\ncolumn 'plan': 'None' stands in 20 cells and was read as a word; --na makes it missing\n"
        "column 'plan' gives the target 'y' away in every row; --drop plan leaves it out",
    ),
    "20 empty cells": Fault(table(size=["", *range(9)]), ""),
    "21 1e-320": Fault(table(size=["1e-320", *range(9)]), ""),
    "26 constant column": Fault(
        table(dull="3"), "column 'dull' has one value in all rows, which tells nothing"
    ),
    "26 constant text": Fault(
        table(dull=["so"]), "column 'dull' is 'so' in every row; it is not used"
    ),
    "32 categories": Fault(table(color=["red", "green", "blue"]), ""),
    "32 texts as target": Fault(table(y=["yes", "no", "maybe"]), ""),
    "32 ids": Fault(
        table(who=[f"K{i:03}" for i in range(N)]),
        "column 'who' has 40 different texts in 40 rows, such as 'K000', like an id; it is not used,"
        " unless --text who asks for its words",
    ),
    "33 with --decimal": Fault(
        csv({"size": ["1,5", "2,25", "3"], "y": "ab"}, sep=";"), "", words=("--decimal", ",")
    ),
    "34 byte order mark": Fault(b"\xef\xbb\xbf" + table(), ""),
    "34 UTF-16 by name": Fault(
        table().decode().encode("utf-16"), "", words=("--encoding", "utf-16")
    ),
    "36 row number": Fault(
        table(id=range(N)),
        "column 'id' has a different whole number in every row, like an id; it is not used; if it"
        " measures something, --use id takes it as a number",
    ),
    "36 count of rows": Fault(
        table(t=range(3, N + 3)),
        "column 't' counts the rows, and may give the target away; --drop t leaves it out",
    ),
    "36 copy of the target": Fault(
        table(again=["x", "z"]),
        "column 'again' gives the target 'y' away in every row; --drop again leaves it out",
    ),
    "36 copy of a value": Fault(
        csv({"size": range(7), "half": np.linspace(0, 1, N), "y": np.linspace(0, 1, N)}),
        "column 'half' gives the target 'y' away in every row; --drop half leaves it out",
    ),
}
"""What is learned from all the same, and what is said of it."""


@pytest.mark.parametrize("number", WARNED)
def test_what_can_be_learned_from_is_warned_of_once(number: str, tmp_path: Path) -> None:
    """The table has numbers, none of which is NaN; the warnings stand in the JSON too."""
    fault = WARNED[number]
    words = (*fault.words, "-o", "report.json")
    done = compared(tmp_path, Fault(fault.data, "", 0, words, fault.name))
    expected = fault.message.splitlines()
    assert done.err.splitlines() == [f"Warning: {each}" for each in expected]
    assert done.code == 0 and "nan" not in done.out.lower()
    report = strict(done.file("report.json"))
    assert report["plan"]["data"]["warnings"] == expected
    assert [each["n_failed"] for each in report["summary"]] == [0, 0]


EVIL = ("<script>x</script>", "a|b", "[red]x[/]", "\x1b[2J", "::error::x", "=cmd|' /C calc'!A0")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no files of such names")
@pytest.mark.parametrize("name", EVIL)
def test_fault_43_names_steer_nothing(name: str, tmp_path: Path) -> None:
    """Of a column, a class and a file: neither a terminal, a page, a table nor a spreadsheet."""
    safe = name.replace("/", "-").replace("\x1b", "_")
    file = f"{safe}.csv"
    words = ["-o", "r.html", "-o", "r.md", "-o", "r.csv", "-o", "r.json", "--no-github", *QUICK]
    (tmp_path / file).write_bytes(csv({name: range(7), f"{name}2": [5], "y": [name, "b"]}))
    done = run_here(["compare", "--dataset", f"./{file}", *words], tmp_path)
    assert done.code == 0, done.err
    shown = run_here(["datasets", f"./{file}"], tmp_path)
    for text in (done.out, done.err, shown.out):
        assert "\x1b" not in text and not text.startswith("::")
    assert squeezed(safe) in squeezed(done.out)
    page = done.file("r.html").decode()
    assert "<script>x" not in page and "\x1b" not in page
    assert not done.file("r.csv").decode().splitlines()[1].startswith(("=", "+", "-", "@"))
    assert strict(done.file("r.json"))["plan"]["data"]["classes"] == sorted([name, "b"])


def test_fault_44_a_path_is_no_more_than_a_path(tmp_path: Path) -> None:
    """Names with dots lead where they say, and a dataset's name into no folder."""
    (tmp_path / "inner").mkdir()
    (tmp_path / "rows.csv").write_bytes(table())
    words = ["-o", "../up.csv", "-o", "é.csv", *QUICK]
    done = run_here(["compare", "--dataset", "../rows.csv", *words], tmp_path / "inner")
    assert done.code == 0, done.err
    assert {each.name for each in tmp_path.iterdir()} == {"inner", "rows.csv", "up.csv"}
    assert [each.name for each in (tmp_path / "inner").iterdir()] == ["é.csv"]

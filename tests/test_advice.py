"""What a message about data advises is accepted for data of that kind."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from commands import Done, run_here

from regcmp.data.opening import TEXT_OPTIONS
from regcmp.data.sources.openml import _without_code

N = 60
Y = ["u", "v"] * (N // 2)
A = np.arange(N) % 7
X = np.random.default_rng(0).normal(size=(6, 3))
ADVISED = re.compile(r"--([a-z-]+)((?: (?:'[^']*'(?:\"'\"'[^']*')*|[^\s;()]+))?)")
TAKES_NONE = ("header", "no-header")


@dataclass(frozen=True)
class Case:
    """Files, the words of a command on them, and one by one the words that its message advises."""

    files: dict[str, object]
    words: tuple[str, ...] = ()
    advised: tuple[str, ...] = ()


def text(sep: str = ",", **columns: object) -> bytes:
    """A text table of N rows."""
    frame = pd.DataFrame({"a": A, "y": Y} | columns)
    return frame.to_csv(sep=sep, index=False).encode()


def typed(**columns: object) -> Callable[[Path], None]:
    """The same as a Parquet file."""
    return lambda path: pd.DataFrame({"a": A, "y": Y} | columns).to_parquet(path)


def arrays(**named: object) -> Callable[[Path], None]:
    """An .npz file."""
    return lambda path: np.savez(path, **named)  # type: ignore[arg-type]


ODD = ["none yet", *map(str, range(N - 1))]
CASES = {
    "an odd word": Case({"d.csv": text(b=ODD)}, (), ("--na 'none yet'", "--drop b")),
    "an odd word with a comma": Case({"d.csv": text(b=["n,a", *ODD[1:]])}, (), ("--drop b",)),
    "an odd word in Parquet": Case({"d.parquet": typed(b=ODD)}, (), ("--drop b",)),
    "a decimal comma": Case({"d.csv": text(";", b=["1,5", "2,5"] * 30)}, (), ("--decimal ,",)),
    "a decimal comma in Parquet": Case({"d.parquet": typed(b=["1,5", "2,5"] * 30)}, (), ("--drop b",)),
    "percent": Case({"d.csv": text(b=["20%", "5%"] * 30)}, (), ("--drop b",)),
    "percent in Parquet": Case({"d.parquet": typed(b=["20%", "5%"] * 30)}, (), ("--drop b",)),
    "lists": Case({"d.parquet": typed(b=[[1], [2]] * 30)}, (), ("--drop b",)),
    "a target of lists": Case({"d.parquet": typed(y=[[1], [2]] * 30, b=Y)}, (), ("--target b --drop y",)),
    "a target with thousands": Case(
        {"d.csv": text(";", y=["1,234.5", "2,345.5"] * 30, b=Y)}, (), ("--target b --drop y",)
    ),
    "an infinite number": Case({"d.csv": text(b=["inf", *range(N - 1)])}, (), ("--drop b",)),
    "a large number": Case({"d.csv": text(b=["1e200", *range(N - 1)])}, (), ("--drop b",)),
    "names that are numbers": Case(
        {"d.csv": b"5.5,6.5,u\n" + b"1.5,2.5,u\n3.5,4.5,v\n" * 30}, (), ("--no-header --target 3",)
    ),
    "one name that is a number": Case(
        {"d.csv": b"p,q,7\n" + b"x,2.5,1\nz,4.5,2\n" * 30}, (), ("--no-header --target 1", "--target 7")
    ),
    "one name that is a number, in Parquet": Case(
        {"d.parquet": lambda path: pd.DataFrame({"7": A, "q": Y}).to_parquet(path)}, (), ("--target q",)
    ),
    "two targets": Case({"d.csv": text(label=Y[::-1], b=A % 3)}, (), ("--target label",)),
    "two separators": Case({"d.csv": b"a,b;y\n" + b"p,q;u\np,r;v\n" * 30}, ("--target", "2"), ("--sep ';'",)),
    "another encoding": Case(
        {"d.csv": text(b=["\xe9", "f"] * 30).decode().encode("cp1252")}, (), ("--encoding cp1252",)
    ),
    "UTF-16": Case({"d.csv": text().decode().encode("utf-16")}, (), ("--encoding utf-16",)),
    "no target": Case({"d.csv": text().replace(b"y\n", b"z\n", 1)}, (), ("--target z",)),
    "a target of one value": Case({"d.csv": text(y=["u"] * N, b=Y)}, (), ("--target b",)),
    "a target of many texts": Case({"d.csv": text(y=ODD, b=Y)}, (), ("--target b --drop y",)),
    "texts as values": Case({"d.csv": text()}, ("--task", "regression"), ("--task classification",)),
    "an infinite value to predict": Case(
        {"d.csv": text(y=["inf", *(i + 0.5 for i in range(N - 1))], b=Y)}, (), ("--target b --drop y",)
    ),
    "pixels that are words": Case({"d.csv": text(b=Y, c=A)}, ("--image", "1x2"), ("--drop b",)),
    "too few pixels that are words": Case({"d.csv": text(b=Y)}, ("--image", "1x2"), ()),
    "--drop of the target": Case({"d.csv": text(b=Y)}, ("--drop", "y"), ()),
    "a test word among numbers": Case(
        {"d.csv": text(b=A), "t.csv": text(b=["x", *A[1:]])}, ("--test", "t.csv"), ("--drop b",)
    ),
    "a test column that is missing": Case(
        {"d.csv": text(b=A), "t.csv": text()}, ("--test", "t.csv"), ("--drop b",)
    ),
    "test levels spelt otherwise": Case(
        {"d.csv": text(b=["A", "B"] * 30), "t.csv": text(b=["a", "b"] * 30)},
        ("--test", "t.csv"), ("--drop b",),
    ),
    "a test target that is a word": Case(
        {"d.csv": text(y=A % 2), "t.csv": text(y=["x", *(A[1:] % 2)])}, ("--test", "t.csv"), ()
    ),
    "a test target in another notation": Case(
        {"d.csv": text(";", y=A % 2 * 1.5, b=Y), "t.csv": text(";", y=["0,5", *(A[1:] % 2)], b=Y)},
        ("--test", "t.csv", "--task", "classification"),
    ),
    "a large test number of an array": Case(
        {"d.npz": arrays(x_train=X, y_train=[0, 1] * 3, x_test=X * [1, 1e200, 1], y_test=[0, 1] * 3)},
        (), ("--drop 2",),
    ),
}  # fmt: skip
"""Each ends in an error; what it advises, spelt out where there is more than one way."""

WARNED = {
    "an id": Case({"d.csv": text(id=range(900, 900 + N)[::-1])}, (), ("--use id",)),
    "a key": Case(
        {"d.csv": text(b=[f"k{i if i > 20 else 0}" for i in range(N)])}, (), ("--text b", "--use b")
    ),
    "a key in Parquet": Case(
        {"d.parquet": typed(b=[f"k{i if i > 20 else 0}" for i in range(N)])}, (), ("--text b", "--use b")
    ),
    "free text": Case({"d.csv": text(b=[f"it was {i} then" for i in range(N)])}, (), ("--text b",)),
    "a count": Case({"d.csv": text(t=range(N))}, (), ("--drop t",)),
    "a copy": Case({"d.csv": text(b=Y)}, (), ("--drop b",)),
    "a marker": Case({"d.csv": text(b=["NA", *range(N - 1, 0, -1)])}, (), ("--na NA",)),
    "a marker among words": Case({"d.csv": text(b=["NULL", "x", "z"] * 20)}, (), ("--na NULL",)),
}  # fmt: skip
"""Each ends well, with a warning that is gone where its advice was followed."""


def told(folder: Path, case: Case, *more: str) -> Done:
    """What ``regcmp datasets`` says of the case's first file."""
    for name, data in case.files.items():
        if callable(data):
            data(folder / name)
        else:
            assert isinstance(data, bytes)
            (folder / name).write_bytes(data)
    return run_here(["datasets", next(iter(case.files)), *case.words, *more], folder)


@pytest.mark.parametrize("name", CASES)
def test_what_an_error_advises_is_accepted(name: str, tmp_path: Path) -> None:
    """The command ends well with it. Files that are no text are not told to be read as some."""
    case = CASES[name]
    done = told(tmp_path, case)
    assert done.code in (1, 2) and "this is a bug" not in done.err
    options = {option for option, _ in ADVISED.findall(done.err)}
    for advice in case.advised:
        assert advice.split(" --")[0].split()[0] in done.err
        followed = told(tmp_path, case, *shlex.split(advice))
        assert followed.code == 0, (done.err, followed.err)
    if not any(file.endswith(".csv") for file in case.files):
        assert not options.intersection({*TEXT_OPTIONS, "no-header"})


@pytest.mark.parametrize("name", WARNED)
def test_what_a_warning_advises_is_accepted(name: str, tmp_path: Path) -> None:
    """And the warning is gone."""
    case = WARNED[name]
    warned = told(tmp_path, case)
    (line,) = re.findall(r"Warning: ((?:.|\n  )*)", warned.out)
    for advice in case.advised:
        assert advice.split()[0] in line
        followed = told(tmp_path, case, *shlex.split(advice))
        assert followed.code == 0, followed.err
        if not (name == "a key" and advice.startswith("--text")):
            assert " ".join(line.split()) not in " ".join(followed.out.split())


@pytest.mark.parametrize("kind", ["word", "notation"])
def test_a_target_is_never_to_be_dropped(kind: str, tmp_path: Path) -> None:
    """It would be refused."""
    name = "a test target that is a word" if kind == "word" else "a test target in another notation"
    done = told(tmp_path, CASES[name])
    assert done.code == 1 and "--drop" not in done.err


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            "Sparse ARFF datasets cannot be loaded with as_frame=True. Use as_frame=False or"
            " as_frame='auto' instead.",
            "it is stored sparse, and only dense tables are read; save it as an .svm file",
        ),
        (
            "STRING attributes are not supported for array representation. Try as_frame=True",
            "STRING attributes are not supported for array representation.",
        ),
        ("Dataset is not there.", "Dataset is not there."),
    ],
)
def test_arguments_of_another_library_are_not_advised(error: str, message: str) -> None:
    """No command takes them."""
    assert _without_code(ValueError(error)) == message

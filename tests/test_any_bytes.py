"""Whatever bytes a file holds, the command ends with a documented exit code and one line."""

from __future__ import annotations

import gzip
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from commands import Done, run_here
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

QUICK = ("none", "--epochs", "1", "--seeds", "1", "--hidden", "2", "--jobs", "1")
CELLS = (
    *(
        "",
        "0",
        "1",
        "-1.5",
        "1e308",
        "-1e308",
        "1e999",
        "inf",
        "nan",
        "None",
        "NA",
        "?",
        "1,5",
        "x",
    ),
    *(
        "True",
        "00",
        "é",
        "\u202e",
        "=1+1",
        "[red]",
        "2020-01-01",
        '"',
        "'",
        "\x1b[2J",
        " ",
        "y" * 99,
    ),
)
NAMES = ("a", "b", "id", "1", "", "=x", "é", "[b]")

odd = st.sampled_from(CELLS)
usual = st.sampled_from([st.integers(-9, 9).map(str), st.sampled_from(["x", "y", "z"])])
columns = usual.flatmap(
    lambda kind: st.lists(
        st.integers(0, 30).flatmap(lambda n: kind if n else odd), min_size=12, max_size=12
    )
)


@st.composite
def tables(draw: Callable[..., object]) -> bytes:
    """Bytes of something like a table, of which a piece may be missing or doubled."""
    drawn = draw(st.lists(columns, min_size=1, max_size=4))
    assert isinstance(drawn, list)
    body = list(zip(*drawn, strict=True))
    names = draw(st.permutations(NAMES))
    assert isinstance(names, list)
    sep = draw(st.sampled_from([",", ";", "\t"]))
    assert isinstance(sep, str)
    end = "\r\n" if draw(st.booleans()) else "\n"
    lines = [sep.join([*names[: len(body[0])], "class"])]
    lines += [sep.join([*row, str(i % 2)]) for i, row in enumerate(body)]
    data = end.join(lines).encode()
    if draw(st.integers(0, 3)) == 0:
        cut = draw(st.integers(0, len(data)))
        assert isinstance(cut, int)
        junk = draw(st.binary(max_size=4))
        assert isinstance(junk, bytes)
        data = data[:cut] + junk + data[cut + len(junk) // 2 :]
    return data


def assert_ends_well(path: Path) -> None:
    """A table and exit code 0, or one line and exit code 1 or 2; never a word of a bug."""
    assert_done_well(run_here(["compare", "--dataset", str(path), *QUICK], path.parent))


def assert_done_well(done: Done) -> None:
    """However the command was given."""
    code, out, err = done.code, done.out, done.err
    assert code in (0, 1, 2), err
    assert "Traceback" not in err and "this is a bug" not in err, err
    errors = [line for line in err.splitlines() if line.startswith("Error: ")]
    assert len(errors) == (code != 0), err
    assert bool(out) == (code == 0)
    assert all(line.startswith(("Error: ", "Warning: ")) for line in err.splitlines()), err


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where each example is written."""
    return tmp_path_factory.mktemp("bytes") / "data.csv"


@pytest.mark.full
@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=tables())
def test_anything_like_a_table_ends_well(path: Path, data: bytes) -> None:
    """Odd numbers, odd words, odd names, a piece cut out."""
    path.write_bytes(data)
    assert_ends_well(path)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_bytes_end_well(path: Path, data: bytes) -> None:
    """And any text."""
    path.write_bytes(data)
    assert_ends_well(path)


TABLE = b"a,b,y\n" + b"".join(b"%d,%d,%d\n" % (i % 7, i % 5, i % 2) for i in range(20))


def whole(folder: Path) -> dict[str, bytes]:
    """A sound file of each binary format, and of text compressed."""
    x, y = np.arange(40.0).reshape(20, 2) % 7, np.arange(20) % 2
    np.save(folder / "X.npy", x)
    np.save(folder / "y.npy", y)
    np.savez(folder / "a.npz", X=x, y=y)
    np.savez_compressed(folder / "b.npz", x_train=x, y_train=y, x_test=x, y_test=y)
    pd.DataFrame({"a": x[:, 0], "b": list("xyzw") * 5, "y": y}).to_parquet(folder / "a.parquet")
    (folder / "a.csv.gz").write_bytes(gzip.compress(TABLE))
    (folder / "a.csv.xz").write_bytes(lzma.compress(TABLE))
    with zipfile.ZipFile(folder / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", TABLE)
    return {each.name: each.read_bytes() for each in folder.iterdir() if each.name != "y.npy"}


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bytes]]:
    """Their folder, and what each holds."""
    folder = tmp_path_factory.mktemp("sound")
    return folder, whole(folder)


@pytest.mark.parametrize("kinds", ["123", "xyz"])
def test_a_test_row_beyond_single_precision_is_an_error(kinds: str, tmp_path: Path) -> None:
    """Among numbers and beside categories; in double precision it is a number like any other."""
    rows = [f"{i % 7},{i % 5},{kinds[i % 3]},{i % 2}" for i in range(40)]
    (tmp_path / "a.csv").write_text("\n".join(["a,b,c,y", *rows]), encoding="utf-8")
    text = f"a,b,c,y\n1.5,1e60,{kinds[0]},0\n2.5,3,{kinds[1]},1\n"
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    words = ["compare", "--dataset", "a.csv", "--test", "t.csv", *QUICK]
    done = run_here(words, tmp_path)
    assert done.code == 1 and done.err.count("\n") == 1
    assert "too far from the training rows to be scaled in float32" in done.err
    assert run_here([*words, "--dtype", "float64"], tmp_path).code == 0


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_damaged_file_ends_well(
    sound: tuple[Path, dict[str, bytes]], data: st.DataObject
) -> None:
    """Some bytes are others, or its end is missing."""
    folder, files = sound
    name = data.draw(st.sampled_from(sorted(files)))
    damaged = bytearray(files[name])
    for _ in range(data.draw(st.integers(0, 3))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    end = data.draw(st.integers(0, len(damaged)) | st.just(len(damaged)))
    (folder / name).write_bytes(damaged[:end])
    assert_done_well(run_here(["compare", "--dataset", name, *QUICK], folder))

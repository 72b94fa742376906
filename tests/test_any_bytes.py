"""Whatever bytes a file holds, the command ends with a documented exit code and one line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from commands import run_here
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
    done = run_here(["compare", "--dataset", str(path), *QUICK], path.parent)
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

"""What stands above the rows of a text table, and what separates its cells."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from regcmp.data.columns import Columns
from regcmp.data.opening import read_table
from regcmp.data.table import Reading, Table
from regcmp.data.tables.understanding import understand
from regcmp.errors import DataError

RNG = np.random.default_rng(0)
FRAME = pd.DataFrame(RNG.normal(size=(60, 3)).round(3), columns=list("abc")).assign(y=[0, 1] * 30)
CSV = FRAME.to_csv(index=False)
ROWS = CSV.split("\n", 1)[1]


def read(text: str, folder: Path, name: str = "t.csv") -> Table:
    """A file of this text, as a table."""
    (folder / name).write_text(text, encoding="utf-8")
    return read_table(str(folder / name))


def by(sep: str) -> str:
    """The table with this between its cells."""
    return CSV.replace(",", sep)


@pytest.mark.parametrize("sep", [" ", ",", "\t"])
def test_what_savetxt_writes_before_names_is_no_part_of_them(sep: str, tmp_path: Path) -> None:
    """Its file is read as the one without it."""
    path = tmp_path / "a.txt"
    np.savetxt(path, FRAME, delimiter=sep, header=sep.join(FRAME), fmt="%.3f")
    assert path.read_text(encoding="utf-8").startswith("# a")
    pd.testing.assert_frame_equal(read_table(str(path)).frame, FRAME, check_dtype=False)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: by("^"), "'^' stands in each line 3 times, and may separate its cells; add --sep '^'"),
        (lambda: by(":"), "add --sep :"),
        (lambda: by("\x1f"), r"add --sep $'\u001f'"),
        (lambda: by("::"), "'::' stands in each line 3 times, and may separate its cells; replace it"),
        (lambda: by("||"), "its cells are separated by '||', and a separator has one character"),
        (lambda: "sep=;\n" + CSV, "its first line says sep=;, which does not stand in line 2, and ','"),
        (lambda: "Export\n\n" + CSV, "line 1 has 1 cell, and most lines have 4; delete what stands"),
        (FRAME.to_string, "each row has 5 cells, and the header 4 names"),
        (lambda: "a,b,c,y\n" + FRAME.to_csv(header=False), "each row has 5 cells, and the header 4 names"),
    ],
)  # fmt: skip
def test_what_does_not_fit_says_what_to_do(
    make: Callable[[], str], message: str, tmp_path: Path
) -> None:
    """In one line."""
    with pytest.raises(DataError) as caught:
        read(make(), tmp_path)
    assert message in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("sep", ["^", ":", "\x1f"])
def test_the_separator_that_is_named_is_accepted(sep: str, tmp_path: Path) -> None:
    """And gives the table."""
    (tmp_path / "t.csv").write_text(by(sep), encoding="utf-8")
    found = read_table(str(tmp_path / "t.csv"), Reading(sep=sep)).frame
    pd.testing.assert_frame_equal(found, FRAME, check_dtype=False)


def test_numbers_are_the_nearest_float64(tmp_path: Path) -> None:
    """As Python reads them, in columns of numbers and in those with marks of missing cells between."""
    cells = [f"{each:.17g}" for each in RNG.normal(size=400)]
    marked = [each if i % 10 else "NA" for i, each in enumerate(cells)]
    rows = [
        f"{one},{other},{i % 2}" for i, (one, other) in enumerate(zip(cells, marked, strict=True))
    ]
    frame = read("\n".join(["a,b,y", *rows]), tmp_path).frame
    assert frame["a"].tolist() == [float(each) for each in cells]
    expected = [float(each) for each in marked if each != "NA"]
    assert frame["b"].dropna().tolist() == expected


def test_a_header_that_stands_again_is_named_with_its_line(tmp_path: Path) -> None:
    """As is a word between numbers."""
    lines = CSV.splitlines()
    again = read("\n".join([*lines[:30], lines[0], *lines[30:]]), tmp_path)
    with pytest.raises(DataError, match="its name in 1 of 61 rows, first in line 31; delete lines"):
        understand(again, Columns())
    total = read(CSV + "Total,3,4,1\n", tmp_path)
    with pytest.raises(DataError, match="but 'Total' in 1 of 61 rows, first in line 62; if that"):
        understand(total, Columns())

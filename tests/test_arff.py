"""ARFF: read as liac-arff and SciPy read it, where these agree with the format."""

from __future__ import annotations

import io
import random
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from commands import run_here
from scipy.io.arff import loadarff

from regcmp.data.columns import Columns
from regcmp.data.loading import load_dataset
from regcmp.data.opening import read_table
from regcmp.data.table import Reading, Table
from regcmp.errors import DataError, UsageError

LEVELS = ("a", "B c", "it's", 'say "x"', "50%", "{x}", "a,b", "back\\slash", "é", "-1", "%", "?x")
PLAIN_LEVELS = ("a", "b_c", "-1", "e", "x.y")

HEAD = "@relation r\n@attribute a numeric\n@attribute b {x,y}\n@attribute c string\n@data\n"


def read(folder: Path, text: str | bytes, reading: Reading | None = None) -> Table:
    path = folder / "a.arff"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_table(str(path), reading)


def cells(table: Table) -> list[list[object]]:
    """The rows, None where a cell is missing."""
    frame = table.frame.astype(object)
    return [[None if pd.isna(cell) else cell for cell in row] for row in frame.to_numpy().tolist()]


def quote(level: str, draw: random.Random) -> str:
    if all(letter.isalnum() or letter in "-._" for letter in level) and draw.random() < 0.5:
        return level
    mark = draw.choice("'\"")
    return mark + level.replace("\\", "\\\\").replace(mark, "\\" + mark) + mark


def made(draw: random.Random, *, sparse: bool, levels: tuple[str, ...] = LEVELS) -> str:
    """A file of random attributes, rows, quotes, blanks and comments."""
    kinds = [draw.choice(("number", "nominal")) for _ in range(draw.randint(2, 6))]
    declared: list[list[str]] = []
    lines = ["% made", draw.choice(("@relation r", "@RELATION 'r s'"))]
    for i, kind in enumerate(kinds):
        name = draw.choice((f"x{i}", f"'x {i}'")) if levels is LEVELS else f"x{i}"
        declared.append(draw.sample(levels, 3) if kind == "nominal" else [])
        word = draw.choice(("numeric", "REAL"))
        if declared[i]:
            word = "{" + draw.choice((",", ", ")).join(quote(e, draw) for e in declared[i]) + "}"
        lines.append(f"{draw.choice(('@attribute', '@ATTRIBUTE'))} {name} {word}")
    lines += ["", draw.choice(("@data", "@DATA"))]
    for _ in range(draw.randint(1, 12)):
        row = []
        for texts in declared:
            number = (
                f"{draw.uniform(-9, 9):.3f}" if draw.random() < 0.7 else str(draw.randint(0, 9))
            )
            row.append(
                "?" if draw.random() < 0.1 else quote(draw.choice(texts), draw) if texts else number
            )
        if sparse:
            row = [f"{i} {cell}" for i, cell in enumerate(row) if draw.random() < 0.6]
        lines.append(draw.choice((",", ", ")).join(row))
        lines[-1] = "{" + lines[-1] + "}" if sparse else lines[-1]
        if draw.random() < 0.1:
            lines += ["% between", ""]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("seed", range(60))
def test_as_liac_arff_reads_it(sparse: bool, seed: int, tmp_path: Path) -> None:
    """Names, numbers, levels with quotes, gaps, and what sparse rows leave out."""
    arff = pytest.importorskip("arff")
    text = made(random.Random(seed), sparse=sparse)
    table, known = read(tmp_path, text), arff.loads(text)
    assert list(table.frame) == [name for name, _ in known["attributes"]]
    assert cells(table) == known["data"]
    nominal = {name for name, kind in known["attributes"] if isinstance(kind, list)}
    assert table.declared == nominal


@pytest.mark.parametrize("seed", range(20))
def test_as_scipy_reads_it(seed: int, tmp_path: Path) -> None:
    """What has no quotes that need escapes."""
    text = made(random.Random(seed), sparse=False, levels=PLAIN_LEVELS).replace("'r s'", "r")
    text = re.sub("['\"]", "", text).replace(", ", ",")
    records, _ = loadarff(io.StringIO(text))
    frame = read(tmp_path, text).frame
    for name in frame:
        if frame[name].dtype == object:
            levels = [None if cell == b"?" else cell.decode() for cell in records[name]]
            assert frame[name].tolist() == levels
        else:
            np.testing.assert_array_equal(frame[name], records[name])


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("1,x,t", [1, "x", "t"]),
        ("  1 ,\tx ,  'a b' ", [1, "x", "a b"]),
        ("1 x t", [1, "x", "t"]),
        ("1\tx\t'a, b'", [1, "x", "a, b"]),
        ("?,?,?", [None, None, None]),
        ("1,x,'?'", [1, "x", "?"]),
        ("1,,", [1, None, None]),
        ("1,x,t % said", [1, "x", "t"]),
        ("1,x,5%", [1, "x", "5%"]),
        ('1,"x",O\'Brien', [1, "x", "O'Brien"]),
        (r"1,x,'a\'b\\c\n\td\u00e9\%\101'", [1, "x", "a'b\\c\n\tdé%A"]),
        ("1,x,t,{5}", [1, "x", "t"]),
        ("1,x,t {0.5} % said", [1, "x", "t"]),
        ("{0 1, 2 'a b'}", [1, "x", "a b"]),
        ("{ 1 y,2 t }, {3}", [0, "y", "t"]),
        ("{}", [0, "x", None]),
        ("{0 ?, 1 ?}", [None, None, None]),
        ("-1.5E+03,x,t", [-1500, "x", "t"]),
    ],
)  # fmt: skip
def test_rows(row: str, expected: list[object], tmp_path: Path) -> None:
    """Alone, and among others of the dense and the sparse kind."""
    table = read(tmp_path, HEAD + row + "\n")
    assert cells(table) == [expected]
    assert table.warnings == (
        ("instance weights are not used: every row counts alike",) if "}" in row[-12:] and "," in row
        and row not in ("{0 1, 2 'a b'}", "{0 ?, 1 ?}") else ()
    )  # fmt: skip
    for other, read_other in (("2,y,u", [2, "y", "u"]), ("{0 3}", [3, "x", None])):
        assert cells(read(tmp_path, f"{HEAD}{other}\n{row}\n")) == [read_other, expected]


def test_heads(tmp_path: Path) -> None:
    """Comments, names with blanks and braces nearby, levels over lines, weights and ranges."""
    text = """% one
  % two

@Relation 'a b' % said
@ATTRIBUTE 'net worth' Real % in metres
@attribute\tage integer [0,100]
@attribute "it's" numeric {2.5}
@attribute label{-1,1} %{<=50K, >50K}
@attribute pct% {low,  % less
  'very high'}
@attribute blanks { p q }
@attribute when date "yyyy-MM-dd HH:mm"
@attribute day date
@DATA
% three

1,2,3,-1,low,p,"2020-01-02 03:04",2020-01-02T03:04:05
4,5,6,1,'very high',q,?,?
"""
    table = read(tmp_path, text.replace("\n", "\r\n"))
    assert list(table.frame) == [
        *("net worth", "age", "it's", "label", "pct%", "blanks", "when", "day"),
    ]
    assert cells(table)[0][:6] == [1, 2, 3, "-1", "low", "p"]
    assert cells(table)[1][:6] == [4, 5, 6, "1", "very high", "q"]
    assert table.frame["when"].dt.minute.tolist()[0] == 4
    assert table.declared == {"label", "pct%", "blanks"}


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (HEAD + "1,x,t\n\n1,5,x,t\n", 8, "has 4 values, and 3 attributes are declared"),
        (HEAD + "1,x\n", 6, "has 2 values"),
        (HEAD + "1,x,t\n1,z,t\n", 7, "has 'z' as 'b', which is declared as 'x', 'y'"),
        (HEAD + "% c\none,x,t\n", 7, "has 'one' as 'a', which is declared as a number"),
        (HEAD + "1_0,x,t\n", 6, "has '1_0' as 'a'"),
        (HEAD + "{3 1}\n", 6, "has the index 3; 3 attributes are declared"),
        (HEAD + "{0 1}\n{0 1, 0 2}\n", 7, "has the index 0 twice"),
        (HEAD + "{0 1}\n{1 z}\n", 7, "has 'z' as 'b'"),
        (HEAD + "{0 1}\n{0 1\n", 7, "is no sparse row"),
        (HEAD + "{0 1}\n{-1 1}\n", 7, "is no sparse row"),
        (HEAD + "{0 1} 5\n", 6, "has '5' behind its values"),
        (HEAD + "1,x,'t\n", 6, "has a quote that is not closed"),
        (HEAD + "1,x,'t'u\n", 6, "has a quote that is not closed, or letters behind"),
        (HEAD.replace("numeric", "strange"), 2, "declares 'a' as 'strange'; expected numeric"),
        (HEAD.replace("a numeric", "net worth numeric"), 2, "declares 'net' as 'worth numeric'"),
        (HEAD.replace("@attribute c", "@attribute a"), 4, "declares 'a' a second time"),
        (HEAD.replace("{x,y}", "{x,y"), 3, "opens a brace that is never closed"),
        (HEAD.replace("{x,y}", "{x,y} z"), 3, "has '} z' behind levels"),
        ("@relation r\n@data\n1\n", 2, "begins rows, and no @attribute"),
        ("a,b\n1,2\n", 1, "is 'a,b'; expected @relation"),
    ],
)  # fmt: skip
def test_faults_are_named_by_their_line(text: str, line: int, message: str, tmp_path: Path) -> None:
    """And in one."""
    with pytest.raises(DataError) as error:
        read(tmp_path, text)
    said = str(error.value)
    assert said.startswith(f"{str(tmp_path / 'a.arff')!r}: line {line} {message}"), said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("text", "message"),
    [(HEAD, "has no rows"), (HEAD[:-6], "no line @data"), ("", "is no ARFF file")],
)
def test_what_is_missing(text: str, message: str, tmp_path: Path) -> None:
    """Rows, or more."""
    with pytest.raises(DataError, match=message):
        read(tmp_path, text)


def rows(pairs: str, n: int = 60) -> str:
    """Rows of a number, a level of these in turn, and a class."""
    levels = pairs.split("|")
    return "".join(f"{i % 11},{levels[i % len(levels)]},{'AB'[i * 7 % 5 % 2]}\n" for i in range(n))


@pytest.mark.parametrize(
    "levels",
    [
        "1|2|3|4|5|6|7|8|unknown",
        "'5 kg'|'7 kg'|'9 kg'",
        "1'234|2'345".replace("'", "’"),
        "2020-01-02|2020-01-03",
        "7%|8%",
        "0x1F|0x2F",
    ],
)
def test_declared_levels_are_a_category(levels: str, tmp_path: Path) -> None:
    """Whatever they look like, as a feature and as the target."""
    each = levels.split("|")
    text = f"@relation r\n@attribute x real\n@attribute w {{{','.join(each)}}}\n@attribute c {{A,B}}\n@data\n"
    path = tmp_path / "a.arff"
    path.write_text(text + rows(levels), encoding="utf-8")
    data = load_dataset(str(path), columns=Columns(target="c"))
    (column,) = (column for column in data.columns if column.name == "w")
    assert column.kind == "category" and not column.warning
    assert {name for name, _ in column.levels} == {name.strip("'") for name in each}
    data = load_dataset(str(path), columns=Columns(target="w"))
    assert data.task == "classification" and len(data.classes) == len(each)
    assert not any("'w'" in said for said in data.warnings)


@pytest.mark.parametrize("levels", [["5 kg", "7 kg"], ["1", "2", "3", "4", "5", "6", "word"]])
def test_a_dictionary_of_parquet_is_a_category(levels: list[str], tmp_path: Path) -> None:
    """Of texts that look like numbers."""
    pytest.importorskip("pyarrow")
    n = 70
    frame = pd.DataFrame({"x": np.arange(n) % 11, "c": ["A", "B"] * (n // 2)})
    frame["w"] = pd.Categorical([levels[i % len(levels)] for i in range(n)])
    frame.loc[0, "w"] = None
    frame.to_parquet(tmp_path / "a.parquet")
    data = load_dataset(str(tmp_path / "a.parquet"), columns=Columns(target="c"))
    (column,) = (column for column in data.columns if column.name == "w")
    assert (column.kind, column.missing) == ("category", 1)
    assert {name for name, _ in column.levels} == set(levels)


def test_dates_and_relations(tmp_path: Path) -> None:
    """Dates are left out with a warning; what can't be read has a way out."""
    text = (
        "@relation r\n@attribute x real\n@attribute d date yyyy-MM-dd\n@attribute bag relational\n"
        "@attribute inner real\n@end bag\n@attribute c {A,B}\n@data\n"
    )
    lines = [f"{i % 7},2020-01-0{i % 9 + 1},'1\\n2',{'AB'[i % 3 % 2]}\n" for i in range(40)]
    (tmp_path / "a.arff").write_text(text + "".join(lines))
    done = run_here(["datasets", "a.arff", "--target", "c"], tmp_path)
    assert done.code == 1 and "column 'bag' is relational; drop it with --drop bag" in done.err
    done = run_here(["datasets", "a.arff", "--target", "c", "--drop", "bag"], tmp_path)
    assert done.code == 0 and "column 'd' holds dates; it is not used" in done.out
    lines[3] = lines[3].replace("2020", "x2020")
    (tmp_path / "a.arff").write_text(text + "".join(lines))
    done = run_here(["datasets", "a.arff", "--target", "c", "--drop", "bag"], tmp_path)
    assert done.code == 1 and "has 'x2020-01-04' in line 12, which is no date" in done.err
    done = run_here(["datasets", "a.arff", "--target", "c", "--drop", "bag,d"], tmp_path)
    assert done.code == 0


def test_encodings(tmp_path: Path) -> None:
    """--encoding holds for ARFF; what else says how text is read does not."""
    text = HEAD.replace("{x,y}", "{ä,y}") + "1,ä,ö\n2,y,u\n"
    for encoding in ("cp1252", "utf-16", "utf-8-sig"):
        table = read(tmp_path, text.encode(encoding), Reading(encoding=encoding))
        assert cells(table)[0] == [1, "ä", "ö"]
    assert cells(read(tmp_path, text.encode("utf-8-sig")))[0] == [1, "ä", "ö"]
    with pytest.raises(DataError, match=r"line 3\); name its encoding, as in --encoding cp1252"):
        read(tmp_path, text.encode("latin-1"))
    for reading in (Reading(sep=";"), Reading(decimal=","), Reading(na=("-",))):
        with pytest.raises(UsageError, match="says how a text table"):
            read(tmp_path, text, reading)


def test_few_values_that_would_fill_the_memory_are_refused(tmp_path: Path) -> None:
    """Before it is taken."""
    head = "@relation r\n" + "".join(f"@attribute a{i} real\n" for i in range(20_000)) + "@data\n"
    with pytest.raises(DataError, match=r"3000 rows of 20000 columns would take"):
        read(tmp_path, head + "{}\n" * 3000)


def test_rows_of_another_length_end_the_command(tmp_path: Path) -> None:
    """Decimal commas were cut to the declared columns."""
    lines = "".join(f"{'ab'[i % 2]},{i % 7},5,{i % 5},25\n" for i in range(40))
    head = "@relation r\n@attribute y {a,b}\n@attribute x1 numeric\n@attribute x2 numeric\n@data\n"
    (tmp_path / "a.arff").write_text(head + lines)
    done = run_here(["compare", "--dataset", "a.arff", "none", "--seeds", "1"], tmp_path)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith(
        "Error: 'a.arff': line 6 has 5 values, and 3 attributes are declared"
    )

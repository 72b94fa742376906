"""Text tables as people have them: cut by blanks, with marks in front, with stray quotes, or none at all."""

from __future__ import annotations

import gzip
import json
import pickle
import sqlite3
import subprocess
import zipfile
from contextlib import closing
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from commands import SCRIPT, run_here

from regcmp.data.columns import Columns
from regcmp.data.opening import read_table
from regcmp.data.table import Reading
from regcmp.data.tables.understanding import understand
from regcmp.errors import DataError, RegcmpError, UsageError
from regcmp.plan import make_plan


def write(folder: Path, data: str | bytes, name: str = "data.csv") -> str:
    """A file of these bytes, and its path."""
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return str(path)


def refused(path: str, reading: Reading | None = None) -> str:
    """The message with which a file is refused."""
    with pytest.raises(RegcmpError) as caught:
        read_table(path, reading)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_blanks_between_decimal_commas_are_no_guess(tmp_path: Path) -> None:
    """Either could be meant; blanks behind commas are none."""
    rows = "".join(f"{i},5  {i},25 a\n" for i in range(9))
    table = read_table(write(tmp_path, "p q y\n" + rows))
    assert list(table.frame) == ["p", "q", "y"] and "add --decimal ," in table.faults["p"]
    assert "both ',' and ' ' could separate" in refused(
        write(tmp_path, rows), Reading(header=False)
    )
    frame = read_table(write(tmp_path, "1, 2, 3\n" * 9), Reading(header=False)).frame
    assert frame.shape == (9, 3)


NUMBERS = np.random.default_rng(0).normal(size=(40, 3)).round(3)


@pytest.mark.parametrize("sep", [None, "space"])
def test_columns_cut_by_runs_of_blanks_are_read(tmp_path: Path, sep: str | None) -> None:
    """As NumPy writes them, aligned, with blanks at both ends, or with tabs between blanks."""
    out = BytesIO()
    np.savetxt(out, NUMBERS, fmt="%9.3f")
    aligned = "".join(f"  {a:>8}\t {b:<9} {c} \n" for a, b, c in NUMBERS)
    for data in (out.getvalue().decode(), aligned):
        frame = read_table(write(tmp_path, data), Reading(sep=sep, header=False)).frame
        np.testing.assert_array_equal(frame, NUMBERS)
    named = read_table(write(tmp_path, "a  b   c\n" + aligned), Reading(sep=sep)).frame
    assert list(named) == ["a", "b", "c"]
    short = aligned.splitlines()
    short[30] = "  1.0  2.0 "
    message = refused(write(tmp_path, "\n".join(short)), Reading(sep="space", header=False))
    assert "line 31 has 2 cells, line 1 has 3" in message


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [("utf-16-le", "utf-16-le"), ("utf-16-be", "utf-16-be"), ("utf-16", "utf-16-be"),
     ("utf-32-le", "utf-32-le"), ("utf-32", "utf-32-be"), ("utf-8", "utf-8"), ("utf-8-sig", "utf-8")],
)  # fmt: skip
@pytest.mark.parametrize("said", ["", "sep=;\n", '"sep=;"\r\n', "SEP=;\r"])
def test_what_stands_before_the_table_is_skipped(
    encoding: str, mark: str, said: str, tmp_path: Path
) -> None:
    """A byte order mark, and the line in which Excel names the separator."""
    end = said[len(said.rstrip("\r\n")) :] or "\n"
    data = ("\ufeff" + said + f"f,g;y{end}1,5;a{end}2,5;b{end}").encode(mark)
    reading = Reading(encoding=encoding, decimal=",", sep=None if said else ";")
    frame = read_table(write(tmp_path, data), reading).frame
    assert list(frame) == ["f,g", "y"] and frame["f,g"].tolist() == [1.5, 2.5]


def test_the_mark_of_another_encoding_is_said(tmp_path: Path) -> None:
    """It would be letters of the first name."""
    path = write(tmp_path, "\ufefff,y\n1,a\n")
    assert "byte order mark of UTF-8" in refused(path, Reading(encoding="cp1252"))


def swallowing(first: str, last: str) -> str:
    """A table with a quote in one row and another one some rows below."""
    rows = [f"{i}\titem {i}\t{i % 7}\t{'ab'[i % 2]}" for i in range(60)]
    rows[3], rows[17] = f"3\t{first}\t3\tb", f"17\t{last}\t3\tb"
    return "nr\tname\tx\ty\n" + "\n".join(rows) + "\n"


def test_rows_that_quotes_swallowed_are_no_cell(tmp_path: Path) -> None:
    """Also where only two rows became one; --quoting none reads all, quotes as letters."""
    path = write(tmp_path, swallowing('"Weird one', 'last of them"'), "two.tsv")
    message = refused(path)
    assert "the quoted cell that opens in line 5 goes over 15 lines" in message
    assert "--quoting none" in message
    frame = read_table(path, Reading(quoting="none")).frame
    assert len(frame) == 60 and frame["name"][3] == '"Weird one'
    rows = [f"{i},{i % 7},x{i},{'ab'[i % 2]}" for i in range(60)]
    rows[8], rows[9] = '8,1,"x8,a', '9,2,x9",b'
    assert "goes over 2 lines" in refused(write(tmp_path, "n,x,t,y\n" + "\n".join(rows)))


def test_texts_of_several_lines_are_cells(tmp_path: Path) -> None:
    """With separators in them, and numbers."""
    rows = [f'"Good, but\nnot cheap, {i}\n1,2\n",{i},{"ab"[i % 2]}' for i in range(30)]
    frame = read_table(write(tmp_path, "review,x,y\n" + "\n".join(rows))).frame
    assert len(frame) == 30 and frame["review"][2] == "Good, but\nnot cheap, 2\n1,2\n"


@pytest.mark.parametrize(
    ("row", "message"),
    [('2,"x', "a quote that opens in line 3 is never closed; close it, or add --quoting none"),
     ('2,"x"y,3', "line 3: ',' expected after '\"'; double a quote within a quoted cell, or add --quo")],
)  # fmt: skip
def test_a_lone_quote_has_a_way_out(row: str, message: str, tmp_path: Path) -> None:
    """And its line."""
    assert message in refused(write(tmp_path, f"a,b\n1,x\n{row}\n3,z\n"))


def test_a_long_cell_is_read(tmp_path: Path) -> None:
    """Beyond what the csv module takes by default."""
    frame = read_table(write(tmp_path, f"t,y\n{'x' * 140_000},1\nb,2\n")).frame
    assert len(frame["t"][0]) == 140_000 and len(frame) == 2


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize(
    ("row", "message"),
    [(b"3,4,5", "line 5 has 3 cells"), (b"3", "line 5 has 1 cell"), (b"3,\0", "(line 5)"),
     (b"3,\xff", "(line 5)")],
)  # fmt: skip
def test_lines_are_counted_however_they_end(
    end: bytes, row: bytes, message: str, tmp_path: Path
) -> None:
    """Empty ones included."""
    data = end.join([b"a,b", b"1,2", b"", b"5,6", row, b"7,8", b""])
    assert message in refused(write(tmp_path, data))


def others(folder: Path) -> dict[str, tuple[bytes, str]]:
    """Files that are no text tables, and what is to be said of them."""
    base = folder / "db"
    with closing(sqlite3.connect(base)) as connection:
        connection.execute("create table t (a)")
        connection.commit()
    array, workbook = BytesIO(), BytesIO()
    np.save(array, NUMBERS)
    with zipfile.ZipFile(workbook, "w") as archive:
        archive.writestr("[Content_Types].xml", "<x/>")
    return {
        "gzip": (gzip.compress(b"a,b\n1,2\n"), "gzip; give its name that suffix too"),
        "xlsx": (workbook.getvalue(), "an Excel workbook (.xlsx); save it as .csv"),
        "html": (b"\n<!DOCTYPE html>\n<p>a,b</p>\n", "a web page (HTML); download"),
        "lfs": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "git lfs pull"),
        "pdf": (b"%PDF-1.4\n1,2\n", "a PDF document"),
        "parquet": (b"PAR1\x15\x04", "a Parquet file; add --format parquet"),
        "json": (json.dumps([{"a": 1}, {"a": 2}], indent=1).encode(), "JSON"),
        "json lines": (b'{"a": 1}\n{"a": 2}\n', "JSON"),
        "sqlite": (base.read_bytes(), "an SQLite database"),
        "pickle": (pickle.dumps({"a": [1, 2]}), "a pickle, which could run code"),
        "rtf": (b"{\\rtf1\\ansi a,b}", "an RTF document"),
        "numpy": (array.getvalue(), "a NumPy array (.npy); add --format npy"),
        "arff": (b"% c\n@RELATION r\n@attribute a numeric\n", "an ARFF file; add --format arff"),
        "svmlight": (b"1 1:0.5 3:2\n-1 2:1\n", "an svmlight file; add --format svmlight"),
    }  # fmt: skip


def test_what_is_no_text_table_is_said(tmp_path: Path) -> None:
    """What it is, and what to do."""
    for name, (data, message) in others(tmp_path).items():
        said = refused(write(tmp_path, data))
        assert "is no text table but" in said and message in said, name


def test_a_header_in_brackets_is_no_json(tmp_path: Path) -> None:
    """Nor one in braces."""
    for name in ("[a]", "{a}", "<a>", "%a", "[1]"):
        assert list(read_table(write(tmp_path, f"{name},y\n1,2\n3,4\n")).frame) == [name, "y"]


def test_the_format_of_a_file_is_said(tmp_path: Path) -> None:
    """Where its suffix does not say it; some more suffixes are text, and .t is svmlight."""
    for suffix in (".txt", ".data", ".dat", ".tab"):
        frame = read_table(write(tmp_path, "a\ty\n1\tx\n2\tz\n", "rows" + suffix)).frame
        assert frame["a"].tolist() == [1, 2]
    svm = write(tmp_path, "1 1:0.5 3:2\n-1 2:1\n", "rows.t")
    assert read_table(svm).frame.shape == (2, 4)
    odd = write(tmp_path, "1 1:0.5 3:2\n-1 2:1\n", "rows.scale")
    assert "say it with --format" in refused(odd)
    assert read_table(odd, Reading(format="svmlight")).frame.shape == (2, 4)
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "rows.csv")
    assert read_table(str(tmp_path / "rows.csv"), Reading(format="parquet")).frame.shape == (1, 1)
    for name, given, meant in (("format", "cvs", "csv"), ("quoting", "non", "none")):
        with pytest.raises(UsageError, match=f"did you mean '{meant}'"):
            make_plan(odd, **{name: given})


def test_the_new_words_on_the_command_line(tmp_path: Path) -> None:
    """Also of the file of test rows."""
    rows = [f'{i % 5} "{"ab"[i % 2]}' for i in range(40)]
    for name in ("train.x", "test.x"):
        (tmp_path / name).write_text("\n".join(["f y", *rows]), encoding="utf-8")
    words = ["train.x", "--format", "csv", "--quoting", "none", "--test", "test.x", "--json"]
    done = run_here(["datasets", *words], tmp_path)
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert (found["rows"], found["given_test"], found["classes"]) == (80, 40, ['"a', '"b'])


def understood(folder: Path, cells: list[str], columns: Columns, **reading: object) -> object:
    """A table with these cells as its target, understood."""
    rows = [f"{i % 7},{cell}" for i, cell in enumerate(cells)]
    path = write(folder, "\n".join(["x,y", *rows]) + "\n")
    return understand(read_table(path, Reading(**reading), columns), columns)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("cells", "texts"),
    [(("01", "1", "02", "2"), 4), (("3.1", "3.10", "4"), 3), (("1E2", "100", "5"), 3), (("+1", "1", "0"), 3)],
)  # fmt: skip
def test_classes_that_are_one_number_are_warned_of(
    cells: tuple[str, ...], texts: int, tmp_path: Path
) -> None:
    """And kept apart where that is asked for."""
    many = list(cells) * 15
    dataset = understood(tmp_path, many, Columns(task="classification"))
    (said,) = dataset.warnings  # type: ignore[attr-defined]
    assert f"has {cells[0]!r} and {cells[1]!r}, which are one as numbers" in said
    kept = understood(tmp_path, many, Columns(classes_as_text=True))
    assert kept.classes == tuple(sorted(cells)) and len(kept.classes) == texts  # type: ignore[attr-defined]
    assert not kept.warnings or "notation" in kept.warnings[0]  # type: ignore[attr-defined]


def test_a_target_of_few_whole_numbers_may_go_on_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its numbers are those of any other column, to the bit."""
    monkeypatch.setattr("regcmp.data.tables.text_table.CHUNK_CELLS", 60)
    cells = [str(i % 3) for i in range(100)] + [
        repr(x) for x in np.random.default_rng(1).normal(size=50).tolist()
    ]
    rows = [f"{cell},{cell}" for cell in cells]
    frame = read_table(write(tmp_path, "\n".join(["x,y", *rows]))).frame
    assert frame["y"].dtype == np.float64 and np.array_equal(frame["x"], frame["y"])


def test_classes_as_text_is_no_regression(tmp_path: Path) -> None:
    """The two words contradict each other."""
    path = write(tmp_path, "x,y\n1,2\n")
    words = ["compare", "--dataset", path, "--task", "regression", "--classes-as-text"]
    done = run_here(words, tmp_path)
    assert done.code == 2 and "exclude each other" in done.err


def test_whole_numbers_too_long_for_a_machine_stay_apart(tmp_path: Path) -> None:
    """As classes, as ids, and with a gap between them; floats of that size stay numbers."""
    long = [str(10**20 + i) for i in range(3)]
    rows = [
        f"{10**20 + i},{'' if i == 3 else 2**53 + i},{i * 1e20 if i != 4 else ''},{long[i % 3]}"
        for i in range(30)
    ]
    frame = read_table(write(tmp_path, "\n".join(["id,gap,size,y", *rows]))).frame
    assert frame["id"].nunique() == 30 and frame["gap"].nunique() == 29
    assert frame["size"].dtype == np.float64
    assert understand(read_table(str(tmp_path / "data.csv")), Columns()).classes == tuple(long)


def test_a_class_of_one_row_is_said_beforehand(tmp_path: Path) -> None:
    """By ``regcmp datasets``, since ``compare`` refuses it."""
    path = write(
        tmp_path, "x,y\n" + "".join(f"{i % 5},{'ab'[i % 2]}\n" for i in range(30)) + "1,c\n"
    )
    done = run_here(["datasets", path], tmp_path)
    assert "Warning: class 'c' has a single row, and compare needs two" in done.out


def test_unknown_suffixes_are_usage_errors(tmp_path: Path) -> None:
    """As before; standard input takes a format of text alone."""
    with pytest.raises(UsageError, match="can't be read from standard input"):
        read_table("-", Reading(format="npz"))
    data = BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("a.csv", "a,b\n")
    with pytest.raises(DataError, match="no text table but a zip archive"):
        read_table(write(tmp_path, data.getvalue()))


@pytest.mark.parametrize("header", ["label,text", "text,label", "x,text,label"])
def test_texts_of_several_lines_without_a_separator_are_texts(header: str, tmp_path: Path) -> None:
    """Wherever their column stands."""
    made = {"label": "pq", "x": "12"}
    lines = [header]
    for i in range(60):
        text = f'"first line {i}\nsecond one"' if i % 2 else f'"short {i}"'
        lines.append(
            ",".join(text if name == "text" else made[name][i % 2] for name in header.split(","))
        )
    (tmp_path / "rows.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    done = run_here(
        ["datasets", "rows.csv", "--text", "text", "--target", "label", "--json"], tmp_path
    )
    assert done.code == 0, done.err
    assert json.loads(done.out)["rows"] == 60


@pytest.mark.parametrize("blank", ["\u00a0", "\u2009", "\u3000", "\x1c"])
@pytest.mark.parametrize("place", ["before", "behind"])
def test_a_number_beside_a_blank_of_another_kind_is_an_error(
    blank: str, place: str, tmp_path: Path
) -> None:
    """As a feature and as the target; what is advised is the number."""
    for name in ("a", "y"):
        rows = ["a,b,y"]
        for i in range(60):
            odd = f"{i % 23}.5"
            odd = blank + odd if place == "before" else odd + blank
            row = {"a": f"{i * 0.37:.2f}", "b": f"{i * 1.1:.1f}", "y": "uv"[i % 2]} | {name: odd}
            rows.append(",".join(row.values()))
        (tmp_path / "rows.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
        done = run_here(["datasets", "rows.csv"], tmp_path)
        assert done.code == 1 and "write it as 0.5" in done.err, (name, done.out, done.err)


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["01", "1"], "has '01' and '1', which are one as numbers; --classes-as-text keeps them apart"),
        (["3.1", "3.10"], "has '3.1' and '3.10', which are one as numbers; --classes-as-text"),
        (["3.1", "3.10", "3.9", "3.11"], "has '3.1' and '3.10', which are one as numbers"),
        (["9007199254740993", "9007199254740992"], ""),
    ],
)  # fmt: skip
def test_labels_that_are_one_number_are_told_of_and_others_are_not(
    labels: list[str], expected: str, tmp_path: Path
) -> None:
    """Also where nothing else is left to learn, or a regression is chosen; long names keep all digits."""
    rows = "".join(f"{i * 0.37:.2f},{labels[i % len(labels)]}\n" for i in range(60))
    (tmp_path / "rows.csv").write_text("x,y\n" + rows, encoding="utf-8")
    done = run_here(["datasets", "rows.csv"], tmp_path)
    if expected:
        assert expected in " ".join((done.out + done.err).split())
        kept = run_here(["datasets", "rows.csv", "--classes-as-text", "--json"], tmp_path)
        assert len(json.loads(kept.out)["classes"]) == len(labels)
    else:
        assert "are one as numbers" not in done.out + done.err


def test_labels_that_are_one_number_in_test_rows_are_told_of(tmp_path: Path) -> None:
    """The file of test rows has them in two spellings."""
    for name, labels in (("rows.csv", ["1", "2"]), ("test.csv", ["01", "1", "2"])):
        rows = "".join(f"{i * 0.37:.2f},{labels[i % len(labels)]}\n" for i in range(60))
        (tmp_path / name).write_text("x,y\n" + rows, encoding="utf-8")
    done = run_here(["datasets", "rows.csv", "--test", "test.csv"], tmp_path)
    assert "has '01' and '1', which are one as numbers" in " ".join(done.out.split())


@pytest.mark.parametrize("where", ["a cell", "a header", "a class", "a class with blanks"])
def test_a_very_long_cell_does_not_hide_the_message(where: str, tmp_path: Path) -> None:
    """In an error, in a warning and in the page of a dataset; JSON has all of it."""
    huge = {"a class with blanks": "word " * 30_000, "a header": "h" * 140_000}.get(
        where, "z" * 140_000
    )
    name, odd, label = "x", "1", "u"
    if where == "a header":
        name = huge
    elif where == "a cell":
        odd = huge
    else:
        label = huge
    rows = [f"{i * 0.37:.2f},{[label, 'v'][i % 2]}" for i in range(59)] + [f"{odd},v"]
    (tmp_path / "rows.csv").write_text("\n".join([f"{name},y", *rows]) + "\n", encoding="utf-8")
    done = run_here(["datasets", "rows.csv"], tmp_path)
    assert len(done.out + done.err) < 3000
    assert "characters)" in done.out + done.err


def test_what_no_separator_cuts_is_told_in_our_words(tmp_path: Path) -> None:
    """A blank that is not ASCII's stands between the cells."""
    rows = "".join(f"{i}.5\u00a0{i}\u00a0u{i % 2}\n" for i in range(30))
    (tmp_path / "rows.csv").write_text("a\u00a0b\u00a0y\n" + rows, encoding="utf-8")
    done = run_here(["datasets", "rows.csv"], tmp_path)
    assert done.code == 1 and "--sep" in done.err and "Too many columns" not in done.err


def test_utf_32_is_named_and_read(tmp_path: Path) -> None:
    """The encoding that is advised reads the file."""
    rows = "".join(f"{i * 0.37:.2f},{'uv'[i % 2]}\n" for i in range(60))
    (tmp_path / "rows.csv").write_bytes(("x,y\n" + rows).encode("utf-32"))
    assert (
        "UTF-32, which --encoding utf-32 reads" in run_here(["datasets", "rows.csv"], tmp_path).err
    )
    assert run_here(["datasets", "rows.csv", "--encoding", "utf-32"], tmp_path).code == 0


def test_a_text_table_under_the_name_of_another_format_names_the_way_out(tmp_path: Path) -> None:
    """Which then reads it."""
    rows = "".join(f"{i * 0.37:.2f},{'uv'[i % 2]}\n" for i in range(60))
    (tmp_path / "rows.t").write_text("x,y\n" + rows, encoding="utf-8")
    assert "--format csv" in run_here(["datasets", "rows.t"], tmp_path).err
    assert run_here(["datasets", "rows.t", "--format", "csv"], tmp_path).code == 0


def test_a_sample_with_one_value_of_the_target_is_blamed_on_itself(tmp_path: Path) -> None:
    """And not on the target."""
    rows = "".join(f"{i * 0.37:.2f},{int(i == 7)}\n" for i in range(1000))
    (tmp_path / "rows.csv").write_text("x,y\n" + rows, encoding="utf-8")
    words = ["datasets", "rows.csv", "--task", "regression", "--sample"]
    done = run_here([*words, "20"], tmp_path)
    assert done.code == 2 and done.err.startswith(
        "Error: --sample: the target 'y' is the same in all 20"
    )
    assert run_here([*words, "1000"], tmp_path).code == 0


@pytest.mark.full
def test_absolute_places_are_written_where_the_current_folder_was_deleted(tmp_path: Path) -> None:
    """As reading and printing need no folder either."""
    script = 'mkdir gone && cd gone && rmdir ../gone && exec "$@"'
    words = [SCRIPT, "compare", "--dataset", "iris", "--seeds", "2", "--epochs", "1", "--jobs", "1",
             "none", "-q", "-o", str(tmp_path / "x.csv"), "--runs", str(tmp_path / "r.csv")]  # fmt: skip
    done = subprocess.run(
        ["sh", "-c", script, "sh", *words], cwd=tmp_path, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "x.csv").exists() and (tmp_path / "r.csv").exists()

"""Where exports go: checked before any training, written whole or not at all."""

from __future__ import annotations

import io
import os
import re
import shutil
import stat
import subprocess
import tempfile
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import pandas as pd
import pytest
from commands import TINY, run_here
from handmade import report

from regcmp.errors import RegcmpError, UsageError
from regcmp.report.csv_text import to_csv
from regcmp.report.exporting import frame_as, report_as
from regcmp.report.formats import FORMATS, FRAMES
from regcmp.report.json_text import to_json
from regcmp.report.latex import to_latex
from regcmp.report.layout import make_table
from regcmp.report.parquet import to_parquet
from regcmp.report.places import Target, check_distinct, target
from regcmp.results import TEXTS
from regcmp.writing import write_whole

AS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
PDFLATEX = shutil.which("pdflatex")
NEW, OLD = "new ± ½\n", "old\n"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A file that is to be replaced, alone in its folder."""
    path = tmp_path / "report.csv"
    path.write_text(OLD)
    return path


def refuse(*_args: object, **_kwargs: object) -> NoReturn:
    raise OSError(28, "No space left on device")


def interrupt(*_args: object, **_kwargs: object) -> NoReturn:
    raise KeyboardInterrupt


# Writing


def test_a_file_is_replaced_by_the_text_to_the_byte(old: Path) -> None:
    """In UTF-8, line ends untouched, and nothing else is left in the folder."""
    write_whole(old, "a\nb\r\n±")
    assert old.read_bytes() == b"a\nb\r\n\xc2\xb1"
    assert list(old.parent.iterdir()) == [old]


@pytest.mark.parametrize("step", ["replace", "fsync", "chmod"])
def test_the_old_file_stays_whole_when_a_step_fails(
    old: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line says why; the temporary file is gone."""
    monkeypatch.setattr(os, step, refuse)
    with pytest.raises(RegcmpError, match="No space left on device") as caught:
        write_whole(old, NEW)
    assert str(old) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not isinstance(caught.value, UsageError)
    assert old.read_text() == OLD
    assert list(old.parent.iterdir()) == [old]


@pytest.mark.parametrize("step", ["replace", "fsync"])
def test_ctrl_c_while_writing_leaves_the_old_file_and_no_other(
    old: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It passes through."""
    monkeypatch.setattr(os, step, interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_whole(old, NEW)
    assert old.read_text() == OLD
    assert list(old.parent.iterdir()) == [old]


def test_the_text_is_on_disk_and_in_the_same_folder_before_it_takes_the_name(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """First fsync, then a rename that cannot cross file systems; until then the old text is read."""
    events: list[str] = []
    fsync, replace = os.fsync, os.replace

    def spy_fsync(number: int) -> None:
        fsync(number)
        events.append("fsync")

    def spy_replace(source: str, place: Path) -> None:
        assert Path(source).parent == old.parent
        assert Path(source).read_text("utf-8") == NEW
        assert old.read_text() == OLD
        replace(source, place)
        events.append("replace")

    monkeypatch.setattr(os, "fsync", spy_fsync)
    monkeypatch.setattr(os, "replace", spy_replace)
    write_whole(old, NEW)
    assert events == ["fsync", "replace"]
    assert old.read_text("utf-8") == NEW


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o666, 0o755])
def test_the_mode_of_a_file_is_kept(old: Path, mode: int) -> None:
    """Whatever the umask."""
    old.chmod(mode)
    write_whole(old, NEW)
    assert stat.S_IMODE(old.stat().st_mode) == mode


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_a_new_file_has_the_mode_that_the_umask_leaves(
    tmp_path: Path, umask: int, mode: int
) -> None:
    """As if it had been opened in the usual way; and the umask is as before."""
    before = os.umask(umask)
    try:
        write_whole(tmp_path / "new.csv", NEW)
        assert os.umask(umask) == umask
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new.csv").stat().st_mode) == mode


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
@pytest.mark.parametrize("exists", [True, False])
def test_a_link_stays_a_link_and_what_it_points_to_is_replaced(
    tmp_path: Path, exists: bool
) -> None:
    """Also where that is in another folder, and not there yet."""
    (tmp_path / "there").mkdir()
    place, link = tmp_path / "there" / "real.csv", tmp_path / "link.csv"
    if exists:
        place.write_text(OLD)
    link.symlink_to(place)
    write_whole(link, NEW)
    assert link.is_symlink()
    assert not place.is_symlink()
    assert place.read_text("utf-8") == NEW
    assert list((tmp_path / "there").iterdir()) == [place]


# Checking


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-", Target(None, ".csv")),
        ("-.csv", Target(None, ".csv")),
        ("-.json", Target(None, ".json")),
        ("-.md", Target(None, ".md")),
        ("r.CSV", Target(Path("r.CSV"), ".csv")),
        ("./-.json", Target(None, ".json")),
        ("a b.md", Target(Path("a b.md"), ".md")),
    ],
)
def test_the_suffix_is_the_format_and_a_dash_is_standard_output(
    text: str, expected: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In any case of letters; checking creates nothing."""
    monkeypatch.chdir(tmp_path)
    if text == "./-.json":
        expected = Target(Path("-.json"), ".json")
    assert target("-o", text) == expected
    assert not list(tmp_path.iterdir())


def test_checking_leaves_an_old_file_as_it_is(old: Path) -> None:
    """To the byte, and nothing beside it."""
    before = old.stat()
    target("-o", str(old))
    assert (old.stat().st_mtime_ns, old.read_text()) == (before.st_mtime_ns, OLD)
    assert list(old.parent.iterdir()) == [old]


def message(text: str, *formats: str, flag: str = "-o") -> str:
    """The one line that refuses a place."""
    with pytest.raises(UsageError) as caught:
        target(flag, text, formats) if formats else target(flag, text)
    line = str(caught.value)
    assert "\n" not in line
    assert line.startswith(f"{flag} {text!r}: ")
    return line


@pytest.mark.parametrize("text", ["", "report", "report.xlsx", ".csv", "report.csv.gz", "dir/"])
def test_an_unknown_suffix_is_refused_with_those_that_are_known(text: str) -> None:
    """The message names all of them."""
    assert message(text).endswith(
        "expected a name that ends in .csv, .json, .md, .html, .tex, .parquet, .xml, .png, .svg or .pdf,"
        " or '-'"
    )


def test_runs_and_history_are_csv_alone() -> None:
    """And the message says so, under their own flag."""
    line = message("runs.json", ".csv", flag="--runs")
    assert line.endswith("expected a name that ends in .csv, or '-'")
    message("-.json", ".csv", flag="--history")


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """It is named, and not created."""
    folder = tmp_path / "nowhere"
    line = message(str(folder / "report.csv"))
    assert line.endswith(f"there is no directory {str(folder)!r}; create it first")
    assert not folder.exists()


def test_a_file_in_the_way_of_a_folder_is_refused(old: Path) -> None:
    """As a folder that is not there."""
    assert "there is no directory" in message(str(old / "report.csv"))


def test_a_directory_is_refused(tmp_path: Path) -> None:
    """Even if its name has a suffix that is known."""
    folder = tmp_path / "reports.csv"
    folder.mkdir()
    assert message(str(folder)).endswith("this is a directory; name a file in it")


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_a_link_into_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """Before training, not after it: what counts is the folder that would be written to."""
    link = tmp_path / "link.csv"
    link.symlink_to(tmp_path / "nowhere" / "report.csv")
    assert f"there is no directory {str(tmp_path / 'nowhere')!r}" in message(str(link))


def test_a_name_that_ends_in_a_slash_is_refused(tmp_path: Path) -> None:
    """It asks for a folder, so that a file of that name would surprise."""
    text = str(tmp_path / "report.csv") + os.sep
    assert message(text).endswith("this is a directory; name a file in it")


def test_a_folder_that_lets_nobody_write_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By what the system says when a file is opened there."""

    def denied(*_args: object, **_kwargs: object) -> NoReturn:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tempfile, "NamedTemporaryFile", denied)
    line = message(str(tmp_path / "report.csv"))
    assert line.endswith("can't be written (Permission denied); choose another place")


@pytest.mark.skipif(AS_ROOT or os.name == "nt", reason="root may write anywhere")
def test_a_folder_of_mode_555_and_a_file_of_mode_444_are_refused(old: Path) -> None:
    """For a user whom the system refuses."""
    old.chmod(0o444)
    assert "can't be written (the file is read-only)" in message(str(old))
    old.parent.chmod(0o555)
    try:
        assert "can't be written (Permission denied)" in message(str(old.parent / "new.csv"))
    finally:
        old.parent.chmod(0o755)


def test_a_read_only_file_is_refused(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though its folder would let it be replaced."""
    monkeypatch.setattr(os, "access", lambda path, mode: not (path == old and mode == os.W_OK))
    assert "can't be written (the file is read-only)" in message(str(old))


@pytest.mark.parametrize(
    "pair",
    [
        ("a.csv", "a.csv"),
        ("a.csv", "./a.csv"),
        ("a.csv", "b/../a.csv"),
        ("a.csv", "link.csv"),
        ("-", "-"),
        ("-", "-.json"),
    ],
)
def test_two_exports_to_one_place_are_refused(
    pair: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However the place is written."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "b").mkdir()
    if os.name != "nt":
        (tmp_path / "link.csv").symlink_to(tmp_path / "a.csv")
    elif "link.csv" in pair:
        pytest.skip("links need a privilege on Windows")
    where = "standard output" if pair[0] == "-" else repr(pair[1].removeprefix("./"))
    with pytest.raises(UsageError) as caught:
        check_distinct(target("-o", text) for text in pair)
    assert str(caught.value) == f"two exports go to {where}; give each its own file"


def test_exports_to_several_places_are_fine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of them may be standard output."""
    monkeypatch.chdir(tmp_path)
    check_distinct(target("-o", text) for text in ("-.json", str(tmp_path / "a.csv"), "b.csv"))
    check_distinct([])


def test_one_export_that_fails_costs_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even by a bug of its writer: the others are written, and all that failed are named at the end."""

    def broken(*_: object) -> NoReturn:
        raise KeyError("x")

    monkeypatch.setattr("regcmp.report.html.to_html", broken)
    (tmp_path / "r.json").write_text(to_json(report()), "utf-8")
    monkeypatch.setattr("regcmp.report.markdown.to_markdown", broken)
    for words in (("report", "r.json"), ("compare", *TINY, "none", "l2", "-q")):
        outputs = ("-o", "a.html", "-o", "b.csv", "-o", "c.md", "-o", "-")
        done = run_here((*words, *outputs), tmp_path)
        assert done.code == 1 and done.out.startswith("dataset,")
        said = [line for line in done.err.splitlines() if line.startswith("Error")]
        why = "could not be made: KeyError: 'x' (this is a bug; REGCMP_DEBUG=1 shows where)"
        assert said == [f"Error: 'a.html' {why}; 'c.md' {why}"]
        assert done.file("b.csv").startswith(b"dataset,")
        (tmp_path / "b.csv").unlink()


def test_no_export_goes_over_what_a_command_reads(tmp_path: Path) -> None:
    """By whatever path: of the dataset, its test rows, the options, both reports of a diff."""
    rows = "a,b,y\n" + "".join(f"{i},{i * i % 7},{'xz'[i % 2]}\n" for i in range(40))
    files = {"d.csv": rows, "t.csv": rows, "c.toml": "epochs = 1\n", "r.json": "{}", "s.json": "{}"}
    for name, text in files.items():
        (tmp_path / name).write_text(text, "utf-8")
    (tmp_path / "link.csv").symlink_to("d.csv")
    (tmp_path / "own").mkdir()
    compare = ("compare", "--dataset", "d.csv", "--test", "t.csv", "--config", "c.toml")
    for words in (
        (*compare, "-o", "link.csv"),
        (*compare, "-o", "own/../d.csv"),
        (*compare, "--runs", "t.csv"),
        (*compare, "--save-config", "c.toml"),
        ("diff", "r.json", "s.json", "-o", "r.json"),
        ("diff", "r.json", "s.json", "-o", str(tmp_path / "s.json")),
        ("report", "r.json", "-o", "r.json"),
    ):
        done = run_here(words, tmp_path)
        assert (done.code, done.out) == (2, "")
        assert done.err == (
            f"Error: {words[-1]!r} is read by this command, and an export would overwrite it; name"
            " another file\n"
        )
    assert {name: (tmp_path / name).read_text("utf-8") for name in files} == files


# Formats


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_format_has_a_writer(suffix: str) -> None:
    """It is named in the table, and imported when it is asked for; so are its package and its extra."""
    made = report_as(suffix, report())
    assert made and isinstance(made, str) == FORMATS[suffix].is_text
    extras = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8"))
    needed = extras["project"]["optional-dependencies"].get(FORMATS[suffix].extra, [""])
    assert needed[0].startswith(FORMATS[suffix].package)
    if suffix in FRAMES:
        assert frame_as(suffix, report().runs)


def test_a_format_whose_package_is_missing_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before any training."""
    monkeypatch.setattr("regcmp.report.places.find_spec", lambda _: None)
    with pytest.raises(
        UsageError, match=r"needs pyarrow; install it: pip install 'regcmp\[parquet\]'"
    ):
        target("-o", str(tmp_path / "r.parquet"))


def test_parquet_keeps_types_and_numbers_and_is_no_text_for_a_terminal() -> None:
    """Every number to the last bit, integers as integers, what is missing null."""
    pytest.importorskip("pyarrow")
    for given in (report().summary, report().runs, report().history):
        read = pd.read_parquet(io.BytesIO(to_parquet(given)))
        texts = [name for name in given if name in TEXTS]
        assert list(read.dtypes.drop(texts)) == list(given.dtypes.drop(texts))
        assert to_csv(read) == to_csv(given)
        assert to_parquet(given) == to_parquet(given)
    with pytest.raises(UsageError, match="name a file"):
        target("-o", "-.parquet")


def test_latex_escapes_all_that_is_special_and_has_a_cell_per_column() -> None:
    """No name ends a row or begins a command; a bracket at a row's start is no option of its end."""
    table = make_table(report())
    name = "\\input{x}$&#_%~^[red]*<|>"
    text = to_latex(replace(table, rows=((name, *table.rows[0][1:]), *table.rows[1:])))
    body = text.split("\\midrule\n")[1].split("\\bottomrule")[0].splitlines()
    assert len(body) == len(table.rows)
    for row in body:
        assert len(re.split(r"(?<!\\)&", row)) == len(table.columns)
        assert row.endswith("\\\\")
    assert body[0].startswith(
        r"\textbackslash{}input\{x\}\$\&\#\_\%\textasciitilde{}\textasciicircum{}"
        r"{[}red{]}{*}\textless{}\textbar{}\textgreater{}"
    )


@pytest.mark.skipif(PDFLATEX is None, reason="no pdflatex on this machine")
def test_latex_compiles_and_is_no_wider_than_the_text(tmp_path: Path) -> None:
    """With what its first lines ask for, and a name of nothing but special characters."""
    table = make_table(report())
    name = r"""a\b{c}%d$e^f_g#h&i~j|k<l>m[n]*'"`-- ±λ½ é"""
    text = to_latex(replace(table, rows=((name, *table.rows[0][1:]), *table.rows[1:])))
    (tmp_path / "table.tex").write_text(text, encoding="utf-8")
    needed = "".join(re.findall(r"\\usepackage(?:\[\w+\])?{\w+}", text))
    (tmp_path / "paper.tex").write_text(
        rf"\documentclass{{article}}{needed}\begin{{document}}\input{{table}}\end{{document}}"
    )
    done = subprocess.run(
        [str(PDFLATEX), "-interaction=batchmode", "-halt-on-error", "paper.tex"],
        cwd=tmp_path, capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    log = (tmp_path / "paper.log").read_text(encoding="utf-8", errors="replace")
    assert done.returncode == 0 and "Overfull" not in log, log

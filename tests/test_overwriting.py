"""A report of another plan is not overwritten without --force."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from commands import Done, run_here

TINY = ("--dataset", "iris", "--epochs", "1", "--seeds", "2", "--hidden", "4", "--jobs", "1", "-q")


def compare(folder: Path, *words: str) -> Done:
    """A comparison in this process, of iris unless another dataset is named."""
    rest = TINY[2:] if "--dataset" in words else TINY
    return run_here(("compare", *rest, *words), folder)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With a report of 'none' and 'l2'."""
    assert compare(tmp_path, "none", "l2", "-o", "old.json").code == 0
    return tmp_path


def test_the_same_plan_overwrites_its_report(folder: Path) -> None:
    """However its words are ordered or spelled; other jobs are no other plan."""
    before = json.loads((folder / "old.json").read_text())
    done = compare(folder, "l2", "none", "--metric", "accuracy", "-o", "old.json", "--jobs", "2")
    assert done.code == 0, done.err
    after = json.loads((folder / "old.json").read_text())
    assert after["plan"] == before["plan"] and after["timing"] != before["timing"]


@pytest.mark.parametrize(
    ("words", "difference"),
    [
        (("none", "l2", "--epochs", "2"), "epochs 1, now 2"),
        (("none", "l2", "--seeds", "3"), "seeds 2, now 3"),
        (("none",), "methods ['none', 'l2="),
        (("none", "l2", "--dataset", "wine"), "dataset 'iris', now 'wine'"),
        (("none", "l2", "--metric", "log_loss"), "metric 'accuracy', now 'log_loss'"),
    ],
)
def test_another_plan_s_report_is_kept(
    words: tuple[str, ...], difference: str, folder: Path
) -> None:
    """Exit 2 before training, and nothing else is written; --force overwrites."""
    before = (folder / "old.json").read_bytes()
    done = compare(folder, *words, "-o", "old.json", "--runs", "runs.csv")
    assert done.code == 2 and done.err.count("\n") == 1
    assert done.err.startswith(f"Error: -o 'old.json' is the report of another plan ({difference}")
    assert done.err.endswith(": name another file, or overwrite it with --force\n")
    assert (folder / "old.json").read_bytes() == before and not (folder / "runs.csv").exists()
    assert compare(folder, *words, "-o", "old.json", "--force").code == 0
    assert (folder / "old.json").read_bytes() != before


@pytest.mark.parametrize("text", ["", "{", "[]", '{"name": "x"}', "old", "[" * 9999])
def test_what_is_no_report_is_overwritten_as_any_file(text: str, tmp_path: Path) -> None:
    """It can't be told apart."""
    (tmp_path / "a.json").write_text(text)
    assert compare(tmp_path, "none", "-o", "a.json").code == 0
    assert json.loads((tmp_path / "a.json").read_text())["schema"] == "regcmp.report/1"


def test_report_and_diff_keep_other_reports_too(folder: Path) -> None:
    """A report of another plan, a diff in a report's place, and a report in that of a diff."""
    assert compare(folder, "none", "-o", "new.json").code == 0
    done = run_here(("report", "new.json", "-o", "old.json"), folder)
    assert done.code == 2 and "'old.json' is the report of another plan (methods" in done.err
    assert run_here(("report", "new.json", "-o", "copy.json"), folder).code == 0
    assert run_here(("report", "new.json", "-o", "copy.json"), folder).code == 0
    (folder / "third.json").write_bytes((folder / "old.json").read_bytes())
    done = run_here(("diff", "old.json", "new.json", "-o", "third.json"), folder)
    assert done.code == 2
    assert "-o 'third.json' is a 'regcmp.report/1', no regcmp.diff: name another file" in done.err
    assert (
        run_here(("diff", "old.json", "new.json", "-o", "third.json", "--force"), folder).code == 0
    )
    done = compare(folder, "none", "-o", "third.json")
    assert done.code == 2 and "is a 'regcmp.diff/1', no regcmp.report" in done.err


def test_a_saved_plan_does_not_overwrite_what_its_first_call_wrote(folder: Path) -> None:
    """Nor does it carry --force on."""
    words = (
        "none",
        "l2",
        "-o",
        "old.json",
        "--runs",
        "r.csv",
        "--force",
        "--save-config",
        "p.toml",
    )
    assert compare(folder, *words).code == 0
    text = (folder / "p.toml").read_text()
    assert "old.json" not in text and "r.csv" not in text and "force" not in text

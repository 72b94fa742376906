"""The commit that a report was made of."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from shutil import which

import pytest
from commands import run_here

from regcmp.revision import revision

pytestmark = pytest.mark.skipif(which("git") is None, reason="needs git")
TINY = ["compare", "--dataset", "wine", "l2", "--seeds", "2", "--epochs", "2", "--jobs", "1"]


def git(folder: Path, *words: str) -> str:
    """What git prints."""
    who = ("-c", "user.name=N", "-c", "user.email=n@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(
        ["git", *who, *words], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a committed file, as the current folder."""
    git(tmp_path, "init", "-q")
    (tmp_path / "a.txt").write_text("a\n")
    git(tmp_path, "add", "a.txt")
    git(tmp_path, "commit", "-qm", "first")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_commit_and_whether_files_are_as_it_has_them(repository: Path) -> None:
    """Files that git does not track do not count: a report may be one."""
    commit = git(repository, "rev-parse", "HEAD")
    (repository / "untracked").write_text("")
    assert revision() == {"commit": commit, "clean": True}
    (repository / "a.txt").write_text("b\n")
    assert revision() == {"commit": commit, "clean": False}
    git(repository, "commit", "-qam", "second")
    found = revision()
    assert found is not None and found["clean"] is True and found["commit"] != commit


def test_outside_a_repository_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor in one without a commit, nor where git is not there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert revision() is None
    git(tmp_path, "init", "-q")
    assert revision() is None
    monkeypatch.setenv("PATH", "")
    assert revision() is None


@pytest.mark.parametrize(
    "settings",
    [
        {"filter.x.clean": "touch RAN; cat"},
        {"filter.x.process": "touch RAN"},
        {"core.fsmonitor": "touch RAN"},
    ],
)
def test_no_program_of_a_repository_is_run(settings: dict[str, str], repository: Path) -> None:
    """One that came with an archive may name any: whether files changed is then not asked."""
    (repository / ".gitattributes").write_text("* filter=x\n")
    git(repository, "add", ".gitattributes")
    git(repository, "commit", "-qm", "attributes")
    for name, value in settings.items():
        git(repository, "config", name, value)
    (repository / "a.txt").write_text("c\n")
    found = revision()
    assert found is not None and found["clean"] in (None, False)
    assert not (repository / "RAN").exists()
    subprocess.run(["git", "status"], cwd=repository, capture_output=True, check=False)
    assert (repository / "RAN").exists(), "the setting would have run"


def test_a_report_has_it_and_a_diff_shows_it(repository: Path) -> None:
    """In JSON, and above the table of a diff."""
    run_here([*TINY, "-o", "a.json"], repository)
    (repository / "a.txt").write_text("d\n")
    run_here([*TINY, "-o", "b.json"], repository)
    commit = git(repository, "rev-parse", "HEAD")
    a, b = (json.loads((repository / name).read_text()) for name in ("a.json", "b.json"))
    assert a["environment"]["git"] == {"commit": commit, "clean": True}
    assert b["environment"]["git"] == {"commit": commit, "clean": False}
    above = run_here(["diff", "a.json", "b.json"], repository).out.splitlines()[:2]
    assert above[0].endswith(f"commit {commit[:7]}")
    assert above[1].endswith(f"commit {commit[:7]} with changes")

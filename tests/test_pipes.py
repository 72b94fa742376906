"""Pipes, devices and open descriptors: read once, written into, never replaced by a file."""

from __future__ import annotations

import json
import os
import shlex
import socket
import stat
import subprocess
from pathlib import Path

import pytest
from commands import SCRIPT, environment, read_csv, run, run_here

pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="descriptors of Linux")

QUICK = "--epochs 1 --seeds 2 --hidden 4 --jobs 1 none -q"
ROWS = "a,b,y\n" + "".join(f"{i * 7 % 11},{i * 5 % 13},{'pq'[i % 2]}\n" for i in range(60))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With rows to learn from, in a file, and two named pipes."""
    (tmp_path / "rows.csv").write_text(ROWS)
    os.mkfifo(tmp_path / "pipe.csv")
    os.mkfifo(tmp_path / "pipe.json")
    return tmp_path


def bash(text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """A shell's line, in which 'R' is regcmp; one that hangs fails."""
    return subprocess.run(
        ["bash", "-c", f'R() {{ {shlex.quote(SCRIPT)} "$@"; }}; {text}'],
        cwd=folder,
        env=environment(),
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    "text",
    [
        f"R compare --dataset <(cat rows.csv) {QUICK} -o -",
        f"cat rows.csv | R compare --dataset /dev/stdin {QUICK} -o -",
        f"R compare --dataset /proc/self/fd/0 {QUICK} -o - < rows.csv",
        f"R compare --dataset /dev/fd/3 {QUICK} -o - 3< rows.csv",
        f"cat rows.csv > pipe.csv & R compare --dataset pipe.csv {QUICK} -o -",
        f"mkfifo p.csv.gz; gzip -c rows.csv > p.csv.gz & R compare --dataset p.csv.gz {QUICK} -o -",
    ],
)
def test_rows_from_a_pipe_are_those_of_the_file(text: str, folder: Path) -> None:
    """Read once, as CSV unless its suffix says otherwise."""
    done = bash(text, folder)
    assert (done.returncode, done.stderr) == (0, "")
    expected = run_here(("compare", "--dataset", "rows.csv", *QUICK.split(), "-o", "-"), folder)
    (ours,), (theirs,) = read_csv(done.stdout), read_csv(expected.out)
    assert {**ours, "dataset": ""} == {**theirs, "dataset": ""}


@pytest.mark.full
def test_test_rows_a_config_and_reports_may_come_from_pipes(folder: Path) -> None:
    """Each is read as its file is."""
    words = f"--dataset rows.csv --test <(cat rows.csv) --config <(echo 'epochs = 3') {QUICK[11:]}"
    done = bash(f"R compare {words} -o -.json | tee r.json | R report -q - -o -.md", folder)
    assert (done.returncode, done.stderr) == (0, "")
    plan = json.loads((folder / "r.json").read_text())["plan"]
    assert plan["epochs"] == 3 and plan["data"]["given_test"] == 60
    assert done.stdout == run_here(("report", "r.json", "-o", "-.md"), folder).out
    done = bash("R diff r.json <(cat r.json); R diff - r.json < r.json", folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("Nothing changed") == 2


def test_a_pipe_that_nobody_writes_to_is_not_opened_by_checks(folder: Path) -> None:
    """A word that can't be meant is told at once."""
    done = bash("R compare --dataset pipe.csv --seeds 0", folder)
    assert done.returncode == 2 and "--seeds: expected a whole number" in done.stderr


@pytest.mark.parametrize("quiet", [False, True])
def test_it_is_said_what_is_waited_for(quiet: bool, folder: Path) -> None:
    """After a while, and not under -q."""
    words = f"--dataset pipe.csv {QUICK.removesuffix(' -q')} {'-q' if quiet else ''}"
    until = "sleep 5" if quiet else "until [ -s said ]; do sleep 0.1; done"
    done = bash(f"({until}; cat rows.csv > pipe.csv) & R compare {words} 2> said", folder)
    assert done.returncode == 0
    said = (folder / "said").read_text()
    assert said == ("" if quiet else "Waiting for data from 'pipe.csv'.\n")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("pipe.csv", "-o pipe.csv"),
        ("pipe.csv", "--runs pipe.csv"),
        ("pipe.csv", "--history pipe.csv"),
        ("pipe.json", "-o pipe.json"),
        ("pipe.json", "--save-config pipe.json"),
    ],
)
def test_a_named_pipe_is_written_into(name: str, words: str, folder: Path) -> None:
    """And is one afterwards; what its reader gets is what a file would hold."""
    done = bash(f"cat {name} > got & R compare --dataset rows.csv {QUICK} {words} && wait", folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert stat.S_ISFIFO((folder / name).stat().st_mode)
    flag = words.split()[0]
    expected = folder / ("file.toml" if flag == "--save-config" else f"file{Path(name).suffix}")
    run_here(("compare", "--dataset", "rows.csv", *QUICK.split(), flag, expected.name), folder)
    got = (folder / "got").read_text()
    if name == "pipe.json" and flag == "-o":
        assert json.loads(got)["summary"] == json.loads(expected.read_text())["summary"]
    else:
        assert got == expected.read_text()


@pytest.mark.full
def test_devices_and_descriptors_are_written_into(folder: Path) -> None:
    """Through a link, too; a device may get several; the file behind a descriptor stays the same one."""
    (folder / "null.csv").symlink_to("/dev/null")
    (folder / "three.csv").write_text("")
    before = (folder / "three.csv").stat().st_ino
    words = (
        "-o null.csv -o /dev/null --runs /dev/null -o /dev/fd/3 -o >(cat > own.csv) -o /dev/stdout"
    )
    done = bash(f"R compare --dataset rows.csv {QUICK} {words} 3>> three.csv; sleep 0.5", folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode) and (folder / "null.csv").is_symlink()
    assert (folder / "three.csv").stat().st_ino == before
    texts = {done.stdout, (folder / "three.csv").read_text(), (folder / "own.csv").read_text()}
    assert len(texts) == 1 and read_csv(texts.pop())[0]["method"] == "none"


@pytest.mark.full
def test_standard_output_in_a_file_keeps_what_was_there(folder: Path) -> None:
    """-o /dev/stdout is -o -, which appends after >>."""
    (folder / "all.csv").write_text("first\n")
    done = bash(f"R compare --dataset rows.csv {QUICK} -o /dev/stdout >> all.csv", folder)
    assert done.returncode == 0
    assert (folder / "all.csv").read_text().startswith("first\ndataset,method,")


def test_a_link_to_a_file_stays_a_link(folder: Path) -> None:
    """Its target is replaced."""
    (folder / "real.csv").write_text("old")
    (folder / "link.csv").symlink_to("real.csv")
    done = run_here(("compare", "--dataset", "rows.csv", *QUICK.split(), "-o", "link.csv"), folder)
    assert done.code == 0 and (folder / "link.csv").is_symlink()
    assert (folder / "real.csv").read_text().startswith("dataset,method,")


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ("--dataset rows.csv -o s.csv", 2, "-o 's.csv': this is a socket; name a file"),
        ("--dataset s.csv", 2, "--dataset: 's.csv': this is a socket; name a file"),
        ("--dataset /dev/null", 2, "--dataset: '/dev/null' is a device, and only text is read"),
        ("--dataset rows.csv --test p.npz", 2, "--test: 'p.npz' is a pipe, and only text is read"),
        ("--dataset /dev/fd/77", 2, "--dataset: there is no file '/dev/fd/77'"),
        (
            "--dataset rows.csv -o /dev/fd/77",
            2,
            "-o '/dev/fd/77': there is no open file of number 77",
        ),
        ("--dataset rows.csv -o /dev/full", 1, "'/dev/full' could not be written: No space left"),
        ("--dataset rows.csv -o pipe.csv --runs pipe.csv", 2, "two exports go to 'pipe.csv'"),
        ("--dataset pipe.csv --runs pipe.csv", 2, "'pipe.csv' is read by this command"),
    ],
)
def test_what_can_t_be_read_or_written_is_refused_in_one_line(
    words: str, code: int, message: str, folder: Path
) -> None:
    """Before training, but for a device that turns out to be full."""
    os.mkfifo(folder / "p.npz")
    with socket.socket(socket.AF_UNIX) as own:
        own.bind(os.path.relpath(folder / "s.csv"))
        done = run_here(("compare", *words.split(), *QUICK.split()), folder)
    assert done.code == code and done.err.startswith(f"Error: {message}")
    assert done.err.count("\n") == 1


GATE = "--fail-if 'n(none) < 9'"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"R compare --dataset rows.csv {QUICK} {GATE} --runs r.csv -o j.xml | true", 3),
        (f"R compare --dataset rows.csv {QUICK} {GATE} --runs r.csv -o j.xml -o - | true", 3),
        (f"R compare --dataset rows.csv {QUICK} {GATE} --runs r.csv -o j.xml >&-", 3),
        (f"R compare --dataset rows.csv {QUICK} {GATE} --runs r.csv -o j.xml 2>&1 | true", 3),
        (f"R compare --dataset rows.csv {QUICK} --runs r.csv --strict --lr 1e9 l2 | true", 1),
        (f"R compare --dataset rows.csv {QUICK} --runs r.csv | true", 0),
        (f"R compare --dataset rows.csv {QUICK} --runs r.csv -o /dev/stdout | true", 0),
        (f"R report old.json {GATE} -o j.xml | true", 3),
        (f"R report old.json {GATE} | true", 3),
        ("R diff old.json old.json --fail-if 'n_new(none) < 9' | true", 3),
        ("R diff old.json old.json | true", 0),
        ("R --help | true", 0),
    ],
)
def test_the_exit_code_and_files_do_not_depend_on_who_reads(
    text: str, code: int, folder: Path
) -> None:
    """As after '| head -1': a failed gate is 3, --strict is 1, and nothing is said of the pipe."""
    old = ("compare", "--dataset", "rows.csv", *QUICK.split(), "-o", "old.json")
    assert "old.json" not in text or run_here(old, folder).code == 0
    done = bash(f"{text}; exit ${{PIPESTATUS[0]}}", folder)
    assert done.returncode == code
    gate = "2>&1" not in text and code == 3
    assert done.stderr.count("\n") == gate and done.stderr.startswith("Gate failed" if gate else "")
    for name in ("r.csv", "j.xml"):
        assert (folder / name).exists() == (name in text)


@pytest.mark.parametrize(
    "words",
    [f"compare --dataset rows.csv {QUICK}", f"compare --dataset rows.csv {QUICK} -o -", "methods"],
)
def test_a_full_standard_output_is_an_error(words: str, folder: Path) -> None:
    """One line, exit 1, and the files are there."""
    more = " --runs r.csv" if "compare" in words else ""
    done = bash(f"R {words}{more} > /dev/full", folder)
    assert done.returncode == 1
    assert done.stderr == ("Error: standard output could not be written: No space left on device\n")
    assert (folder / "r.csv").exists() == bool(more)


@pytest.mark.full
def test_a_step_s_summary_may_be_a_device_but_no_pipe_without_reader(folder: Path) -> None:
    """It waits for nobody."""
    words = ("compare", "--dataset", "rows.csv", *QUICK.split())
    own = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": "/dev/null"}
    done = run(words, folder, own)
    assert (done.code, done.err) == (0, "")
    done = run(words, folder, own | {"GITHUB_STEP_SUMMARY": "pipe.csv"})
    assert done.code == 1 and "'pipe.csv' could not be written (nobody reads it)" in done.err

"""Config files: what wins, what is refused, and a saved command that repeats itself to the byte."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest
from commands import environment, read_csv, run

from regcmp.cli.compare import compare
from regcmp.cli.config import NOT_SAVED, key_of

QUICK = 'dataset = "iris"\nepochs = 1\nhidden = [4]\njobs = 1\nmethods = ["none"]\n'
EXAMPLES = Path(__file__).parent.parent / "examples"


def test_a_saved_command_repeats_itself_to_the_byte(tmp_path: Path) -> None:
    """Methods, lists, flags and files; saved once more, it is the same file."""
    words = ("--dataset", "iris", "--seeds", "2", "--epochs", "1", "--hidden", "4,3", "--jobs", "1")
    words += ("--vary", "init,order", "none", "l2=1e-3,0.1+dropout", "-q", "--runs", "runs.csv")
    words += ("-o", "s.csv", "-o", "m.md", "--fail-if", "n_failed(*) > 0")
    first = run(("compare", *words, "--save-config", "plan.toml"), tmp_path)
    assert (first.code, first.err) == (0, "")
    files = {name: first.file(name) for name in ("runs.csv", "s.csv", "m.md")}
    for name in files:
        (tmp_path / name).unlink()
    again = run(("compare", "--config", "plan.toml", "--save-config", "2.toml"), tmp_path)
    assert (again.code, again.err) == (0, "")
    assert again.stdout == first.stdout
    assert {name: again.file(name) for name in files} == files
    assert again.file("2.toml") == first.file("plan.toml")


def test_a_saved_plan_names_what_was_left_at_its_default(tmp_path: Path) -> None:
    """So that a later version with other defaults trains the same; nothing of screen or machine."""
    done = run(("compare", "--dataset", "iris", "--epochs", "1", "--seeds", "1", "none",
                "--save-config", "p.toml"), tmp_path)  # fmt: skip
    saved = tomllib.loads(done.file("p.toml").decode())
    assert saved["lr"] == 0.006 and saved["methods"] == ["none"] and saved["seeds"] == 1
    groups = {key_of(each): getattr(each, "group", "") for each in compare.params}
    assert not {groups[key] for key in saved} & {"Output", "Gates", "Other"}
    known = {key_of(each) for each in compare.params if isinstance(each, click.Option)}
    assert {*NOT_SAVED} - {"help"} <= known


@pytest.mark.parametrize(
    ("words", "extra", "seeds"),
    [
        ((), {}, 3),
        ((), {"REGCMP_COMPARE_SEEDS": "2"}, 2),
        (("--seeds", "1"), {"REGCMP_COMPARE_SEEDS": "2"}, 1),
        (("--config", "own.toml"), {}, 4),
        (("--config", "own.toml"), {"REGCMP_COMPARE_SEEDS": "2"}, 2),
        ((), {"REGCMP_COMPARE_CONFIG": "own.toml"}, 4),
    ],
)
def test_a_flag_wins_over_the_environment_and_that_over_a_file(
    words: tuple[str, ...], extra: dict[str, str], seeds: int, tmp_path: Path
) -> None:
    """A file that is named takes the place of pyproject.toml."""
    (tmp_path / "own.toml").write_text(QUICK + "seeds = 4\n")
    (tmp_path / "pyproject.toml").write_text("[tool.regcmp]\n" + QUICK + "seeds = 3\n")
    done = run(("compare", *words, "-q", "-o", "-"), tmp_path, extra)
    assert (done.code, done.err) == (0, "")
    assert [row["n"] for row in read_csv(done.out)] == [str(seeds)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("seads = 2", "unknown key 'seads' in 'c.toml': did you mean 'seeds'?"),
        ("seeds = true", "'c.toml': key 'seeds': expected a text or a number, got True"),
        ("seeds = [1, 2]", "'c.toml': key 'seeds': expected a text or a number, got [1, 2]"),
        ("quiet = 1", "'c.toml': key 'quiet': expected true or false, got 1"),
        ("dataset = {a = 1}", "'c.toml': key 'dataset': expected a text or a number"),
        ("methods = [true]", "'c.toml': key 'methods': expected a text or a number, got True"),
        ("test-size = 0.2\ntest_size = 0.2", "'c.toml': 'test-size' stands in it twice"),
        ('seeds = "many"', "--seeds: expected a whole number from 1 to 100000, got 'many' (set in"),
        ('methods = ["dropot"]', "did you mean 'dropout'? (set in 'c.toml')"),
        ("config = 'c.toml'", "unknown key 'config'"),
        ("x =", "--config: 'c.toml' is no TOML"),
    ],
)
def test_a_file_that_can_t_be_meant_is_named_with_its_key(
    text: str, message: str, tmp_path: Path
) -> None:
    """One line, exit 2."""
    (tmp_path / "c.toml").write_text(text)
    done = run(("compare", "--dataset", "iris", "--config", "c.toml"), tmp_path)
    assert done.code == 2
    assert done.err.startswith("Error: ") and message in done.err
    assert done.err.count("\n") == 1


def test_the_example_script_is_a_gate(tmp_path: Path) -> None:
    """And leaves its three files."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    extra = {"PATH": path, "SEEDS": "2", "EPOCHS": "20"}
    done = subprocess.run(
        ["sh", EXAMPLES / "gates.sh", "out"],
        cwd=tmp_path,
        env=environment(**extra),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert {each.name for each in (tmp_path / "out").iterdir()} == {
        "report.json", "gates.xml", "plan.toml",
    }  # fmt: skip

"""The README is true: its commands run, its table is today's, and it names every option."""

from __future__ import annotations

import os
import re
import runpy
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import click
import pytest

import regcmp
from regcmp.cli.main import COMMANDS as COMMANDS_OF_GROUP
from regcmp.cli.main import cli
from regcmp.data.bundled import BUNDLED
from regcmp.engine.regularizers import REGISTRY
from regcmp.plan.methods import shortest
from regcmp.results import HISTORY_COLUMNS, RUN_COLUMNS, SUMMARY_COLUMNS, TEXTS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^    (?!python3 |eval |_REGCMP_)(.*\bregcmp .*)$", README, re.MULTILINE)
"""Every line of shell that runs it, pipes included; beside them, how to install it and to complete."""
SHOWN = re.findall(r"```console\n\$ (regcmp [^\n]*)\n(.*?)```", README, re.DOTALL)
CLIENTS = "id,age,plan,note,churn\n" + "".join(
    f"{i},{20 + i * 7 % 31 + i / 100},{'basic' if i % 3 else 'full'},wrote {i} letters,{i % 2}\n"
    for i in range(60)
)
QUICK = {"REGCMP_COMPARE_SEEDS": "2", "REGCMP_COMPARE_EPOCHS": "2"}


def run(command: str, folder: Path, **environment: str) -> str:
    """A README command's standard output, run by a shell that finds this regcmp."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=folder,
        env=os.environ | {"PATH": path} | environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, (command, done.stderr)
    return done.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_runs(command: str, tmp_path: Path) -> None:
    """With two seeds and two epochs, where it does not ask for more."""
    _, plugin = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    (tmp_path / "cauchy.py").write_text(plugin, encoding="utf-8")
    (tmp_path / "clients.csv").write_text(CLIENTS, encoding="utf-8")
    out = run(command, tmp_path, **QUICK)
    assert out
    for file in re.findall(r"\b\w+\.(?:csv|json|md|html)\b", command):
        assert (tmp_path / file).stat().st_size


@pytest.mark.parametrize(("command", "shown"), SHOWN, ids=[command for command, _ in SHOWN])
def test_a_shown_table_is_what_the_command_prints(command: str, shown: str, tmp_path: Path) -> None:
    """Up to the numbers, whose last digits belong to a machine, and the verdict that follows them."""
    assert pattern(run(command, tmp_path)) == pattern(shown)


def pattern(text: str) -> list[str]:
    """The lines up to the verdict, without numbers of measured results and without widths."""
    lines = [line for line in text.strip().splitlines() if line.strip()][:-1]
    measured = re.compile(r"(?<![=\w-])[-+]?\d+\.\d+|\b\d+/\d+/\d+|<0\.001|^ +| {2,}")
    return [measured.sub(" ", line).strip() for line in lines]


def test_the_python_example_runs(tmp_path: Path) -> None:
    """With fewer seeds."""
    code, _ = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    quick = code.replace("seeds=10", "seeds=2, epochs=2")
    done = subprocess.run(
        [sys.executable, "-c", quick],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("digits: 1,797 rows")
    assert done.stdout.count("\nNo winner is named from 2 pairs") == 2


@pytest.mark.parametrize("script", sorted((ROOT / "examples").glob("*.py")), ids=lambda p: p.name)
def test_an_example_runs(script: Path, tmp_path: Path) -> None:
    """On little data and few seeds; a copy, since one writes beside itself."""
    done = subprocess.run(
        [sys.executable, shutil.copy(script, tmp_path), "digits", "2"],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_the_example_of_convolutions_draws_its_curves(tmp_path: Path) -> None:
    """With little training; in the table that stands beside it are the same methods and network."""
    pytest.importorskip("matplotlib")
    script = ROOT / "examples" / "convolution.sh"
    run(f"sh {script} .", tmp_path, SEEDS="2", EPOCHS="1")
    assert "dropwalk=0.2" in (tmp_path / "convolution.svg").read_text(encoding="utf-8")
    (quick, beside) = (
        re.findall(r"^network \S+|^\| \w+(?:=0\.2)?(?= )", each.read_text(encoding="utf-8"), re.M)
        for each in (tmp_path / "convolution.md", script.with_suffix(".md"))
    )
    assert quick == beside and len(quick) == 7
    assert script.with_suffix(".svg").stat().st_size < 150_000


@pytest.mark.parametrize("command", COMMANDS_OF_GROUP)
def test_every_option_of_a_command_is_documented(command: str) -> None:
    """By a flag of its own in the README, as a word; the command is named, and each has a help text."""
    assert f"regcmp {command}" in README
    own = cli.get_command(click.Context(cli), command)
    assert own is not None and own.help
    for param in own.params:
        if isinstance(param, click.Option):
            assert param.help, param.name
            flags = "|".join(map(re.escape, (*param.opts, *param.secondary_opts)))
            assert re.search(rf"(?<![\w-])(?:{flags})(?![\w-])", README), param.opts


def test_every_regularizer_and_dataset_is_documented() -> None:
    """With its default strength."""
    for name, regularizer in REGISTRY.items():
        row = rf"^\| `{name}` \| {re.escape(shortest(regularizer.strength_is.default))} \|"
        assert re.search(row, README, re.MULTILINE), name
        for option in regularizer.options_are:
            assert f"`:{option}=`" in README
    for name in BUNDLED:
        assert name in README


def test_every_column_that_a_gate_can_name_is_documented() -> None:
    """Interval ends by the columns that they belong to."""
    gates = README[README.index("## Gates") : README.index("## What changed")]
    for name in SUMMARY_COLUMNS:
        if name not in TEXTS:
            assert f"`{re.sub('_(low|high)$', '', name)}`" in gates, name


def test_every_refused_pair_is_named() -> None:
    """Both of it in the first cell of one row, before a reason."""
    table = README[README.index("| refused | because |") :].split("\n\n")[0]
    rows = re.findall(r"^\| (`.*?) \| \w.* \|$", table, re.MULTILINE)
    refused = [set(re.findall(r"`(\w+)`", cell)) for cell in rows]
    for name, each in REGISTRY.items():
        for other in each.excludes:
            assert any({name, other} <= row for row in refused), (name, other)


def test_the_test_command_stands_alone_on_a_line() -> None:
    """Where .ci/run takes it from, exactly as printed."""
    assert len(re.findall(r"^ *python3 -m venv .* -m pytest$", README, re.MULTILINE)) == 1


def test_the_changelog_keeps_its_form() -> None:
    """Keep a Changelog: an Unreleased heading, and only known kinds of change."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "## [Unreleased]" in text
    kinds = set(re.findall(r"^### (\w+)", text, re.MULTILINE))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_columns_stand_in_the_order_of_their_promise() -> None:
    """The first columns of the exports never move."""
    assert RUN_COLUMNS[:12] == (
        "dataset", "method", "seed", "status", "epochs", "train_accuracy", "test_accuracy",
        "accuracy_gap", "train_loss", "test_loss", "loss_gap", "nonzero_fraction",
    )  # fmt: skip
    assert HISTORY_COLUMNS[:8] == (
        "dataset", "method", "seed", "epoch", "train_accuracy", "test_accuracy", "train_loss",
        "test_loss",
    )  # fmt: skip


def test_the_gallery_has_every_regularizer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With little training; the one that stands beside it takes a minute."""
    gallery = runpy.run_path(str(ROOT / "examples" / "gallery.py"))
    quick = partial(regcmp.compare, epochs=1, jobs=1)
    monkeypatch.setattr(regcmp, "compare", quick)
    gallery["main"]("digits", "1", str(tmp_path / "gallery.md"))
    text = (tmp_path / "gallery.md").read_text(encoding="utf-8")
    assert all(f"{name}=" in text for name in REGISTRY)
    assert "| `none` |" in text

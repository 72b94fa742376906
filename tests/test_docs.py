"""The README and the guide are true: commands run, shown tables are today's, nothing is left out."""

from __future__ import annotations

import os
import re
import runpy
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import click
import pytest
from commands import SCRIPT, run_here
from guide_tables import FILES, GUIDE, ROOT, current, escape

import regcmp
from regcmp.cli.datasets import FILES as DATA_FILES
from regcmp.cli.main import COMMANDS as COMMANDS_OF_GROUP
from regcmp.cli.main import cli
from regcmp.data.sources.bundled import BUNDLED
from regcmp.data.sources.files import COMPRESSED
from regcmp.data.sources.files import FORMATS as DATA_FORMATS
from regcmp.data.sources.synthetic import SYNTHETIC
from regcmp.engine.regularizers import BUILT_IN, REGISTRY
from regcmp.engine.schedules import STRENGTH_SCHEDULES
from regcmp.guide import TOPICS, read, summary
from regcmp.plan.strengths import shortest
from regcmp.report.formats import FORMATS
from regcmp.report.places import PLOTS
from regcmp.results import HISTORY_COLUMNS, METRICS, RUN_COLUMNS, SUMMARY_COLUMNS, TEXTS

TEXT = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in FILES}
README = TEXT["README.md"]
MOST_WORDS = 1200
"""Of the README: what people read to the end."""
INDENTED = re.compile(r"^    (\S.*(?:\n {8}.*)*)$", re.MULTILINE)
"""A command of a shell, with the lines that it goes on in."""
NOT_RUN = ("python3 ", "eval ", "_REGCMP_", "source ", "pipx ", "uv ", ".venv/")
"""How to install it, to complete its words, and to test it."""
COMMANDS = list(
    dict.fromkeys(
        command
        for text in TEXT.values()
        for command in INDENTED.findall(text)
        if "regcmp " in command and not command.startswith(NOT_RUN)
    )
)
"""Every command of a shell that runs it, pipes included."""
CONSOLE = re.compile(r"```console\n\$ (regcmp [^\n]*)\n(.*?)```", re.DOTALL)
SHOWN = [(where, *found) for where, text in TEXT.items() for found in CONSOLE.findall(text)]
PYTHON = [
    found for text in TEXT.values() for found in re.findall(r"```python\n(.*?)```", text, re.DOTALL)
]
(PLUGIN,) = (code for code in PYTHON if "@regcmp.register" in code)
CALLS = [code for code in PYTHON if code != PLUGIN]
CLIENTS = "id,age,plan,note,churn,customer,date,visits\n" + "".join(
    f"{i},{20 + i * 7 % 31 + i / 100},{'basic' if i % 3 else 'full'},wrote {i} letters,{i % 2},"
    f"{i // 3},2024-03-{1 + i // 2:02d},{1 + i % 4}\n"
    for i in range(60)
)
QUICK = {"REGCMP_COMPARE_SEEDS": "2", "REGCMP_COMPARE_EPOCHS": "2"}
GUIDE_WIDTH = "76"
"""The columns of a table that the guide shows: it is read at 80, and indented there."""


def run(command: str, folder: Path, **environment: str) -> str:
    """A shown command's standard output, run by a shell that finds this regcmp."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=folder,
        env={**os.environ, "COLUMNS": "", "PATH": path} | environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, (command, done.stderr)
    return done.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_runs(command: str, tmp_path: Path) -> None:
    """With two seeds, epochs and folds."""
    (tmp_path / "cauchy.py").write_text(PLUGIN, encoding="utf-8")
    (tmp_path / "clients.csv").write_text(CLIENTS, encoding="utf-8")
    quick = re.sub(r"(--seeds|--epochs|--folds) \d+", r"\1 2", command)
    assert run(quick, tmp_path, **QUICK)
    for file in re.findall(r"\b\w+\.(?:csv|json|md|html|xml|png|toml)\b", command):
        assert (tmp_path / file).stat().st_size


@pytest.mark.parametrize(("where", "command", "shown"), SHOWN, ids=[each[1] for each in SHOWN])
def test_a_shown_table_is_what_the_command_prints(
    where: str, command: str, shown: str, tmp_path: Path
) -> None:
    """Up to the numbers, whose last digits belong to a machine, and the verdict that follows from them."""
    width = {} if where == "README.md" else {"COLUMNS": GUIDE_WIDTH}
    assert pattern(run(command, tmp_path, **width)) == pattern(shown)


def pattern(text: str) -> list[str]:
    """The lines without those of the verdict, without numbers of measured results and without widths."""
    *parts, _, legend = text.strip().split("\n\n")
    lines = "\n".join([*parts, legend]).splitlines()
    lines = re.sub(
        r"(: chose |^Most chosen of \S+: ).*", r"\1", "\n".join(lines), flags=re.M
    ).splitlines()
    measured = re.compile(r"(?<![=\w-])[-+]?\d+\.\d+|\b\d+/\d+/\d+|<0\.001|^ +| {2,}")
    return [measured.sub(" ", line).strip() for line in lines]


@pytest.mark.parametrize("code", CALLS)
def test_a_python_example_runs(code: str, tmp_path: Path) -> None:
    """With fewer seeds."""
    quick = re.sub(r"seeds=\d+", "seeds=2, epochs=2", code)
    done = subprocess.run(
        [sys.executable, "-c", quick],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout
    if "print(comparison)" in code:
        assert done.stdout.startswith("digits: 1,797 rows")
        assert "\nNo winner from 2 seeds" in done.stdout


@pytest.mark.full
def test_the_config_file_runs(tmp_path: Path) -> None:
    """And writes what it asks for."""
    (toml,) = re.findall(r"```toml\n(.*?)```", TEXT["regcmp/guide/config.md"], re.DOTALL)
    (tmp_path / "plan.toml").write_text(toml, encoding="utf-8")
    run("regcmp compare --config plan.toml", tmp_path, **QUICK)
    assert (tmp_path / "report.csv").stat().st_size


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


@pytest.mark.full
@pytest.mark.parametrize(
    ("script", "names", "drawn", "n_methods"),
    [
        ("convolution", ["convolution"], "dropwalk=0.2", 5),
        ("tuned", ["tuned", "tuned_noise"], "tune:l2+dropout", 6),
    ],
)
def test_an_example_of_a_shell_draws_its_curves(
    script: str, names: list[str], drawn: str, n_methods: int, tmp_path: Path
) -> None:
    """With little training; in the table that stands beside it are the same methods and network."""
    pytest.importorskip("matplotlib")
    examples = ROOT / "examples"
    run(f"sh {examples / script}.sh .", tmp_path, SEEDS="2", EPOCHS="1")
    for name in names:
        (quick, beside) = (
            re.findall(r"^network \S+|^\| [\w:=.+]+(?= \|)", text, re.M)
            for text in (
                (folder / f"{name}.md").read_text(encoding="utf-8")
                for folder in (tmp_path, examples)
            )
        )
        assert quick == beside and len(quick) == n_methods + 2  # the network and the heading
        for folder in (tmp_path, examples):
            assert drawn in (folder / f"{name}.svg").read_text(encoding="utf-8")
        assert (examples / f"{name}.svg").stat().st_size < 100_000


def test_the_example_of_optimism_says_what_its_runs_say(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By the summary of the same comparison; in its result, only test rows pick more than the mean."""
    example = runpy.run_path(str(ROOT / "examples" / "optimism.py"))
    found = []

    def quick(*words: Any, **options: Any) -> regcmp.Comparison:
        found.append(regcmp_compare(*words, epochs=8, jobs=1, **options))
        return found[0]

    regcmp_compare = regcmp.compare
    monkeypatch.setattr(regcmp, "compare", quick)
    example["main"]("digits", "3")
    (_, mean, _), (_, tuned, _), (one, best, _), (_, most, _) = picks_of(capsys.readouterr().out)
    means = found[0].summary.set_index("method")["test_mean"] * 100
    *listed, row = means
    assert tuned == pytest.approx(row, abs=0.005)
    assert mean == pytest.approx(sum(listed) / 8, abs=0.005)
    assert best == pytest.approx(max(listed), abs=0.005) and one.endswith(means[:-1].idxmax())
    runs = found[0].runs
    highest = runs[~runs["method"].str.startswith("tune:")].groupby("seed")["test_accuracy"].max()
    assert most == pytest.approx(highest.mean() * 100, abs=0.005)

    result = (ROOT / "examples" / "optimism.md").read_text(encoding="utf-8")
    (_, mean, _), (_, tuned, error), _, (_, most, error_of_most) = picks_of(result)
    assert abs(tuned - mean) < 2 * error and most - mean > 4 * error_of_most


def picks_of(table: str) -> list[tuple[str, float, float]]:
    """Who picked, the test score, and the standard error of the difference, of each row."""
    rows = re.findall(r"^\| (.+) \| ([\d.]+) \| \S+ \| (\S+) \|$", table, re.M)
    return [(name, float(test), float(error.replace("-", "nan"))) for name, test, error in rows]


@pytest.mark.parametrize("command", COMMANDS_OF_GROUP)
def test_every_option_of_a_command_is_documented(command: str) -> None:
    """Under its command in the guide, by each of its flags and with its help text."""
    text = read("options")
    section = text[text.index(f"## regcmp {command}\n") :].removeprefix("## ").split("\n## ")[0]
    own = cli.get_command(click.Context(cli), command)
    assert own is not None and own.help
    for param in own.params:
        if isinstance(param, click.Option):
            assert param.help, param.name
            assert escape(param.help.partition("  [")[0]) in section, param.name
            for flag in (*param.opts, *param.secondary_opts):
                assert re.search(rf"(?<![\w-]){flag}(?![\w-])", section), flag


def test_every_regularizer_is_documented() -> None:
    """With its default strength and its options."""
    text = read("methods")
    for name in BUILT_IN:
        regularizer = REGISTRY[name]
        row = rf"^\| `{name}` \| {re.escape(shortest(regularizer.strength_is.default))} \| .*$"
        found = re.search(row, text, re.MULTILINE)
        assert found, name
        for option in regularizer.options_are:
            assert f"`:{option}=`" in found[0]
    assert f"lists all {len(BUILT_IN)}," in README


@pytest.mark.parametrize(
    ("topic", "names"),
    [
        ("data", [*BUNDLED, *SYNTHETIC]),
        ("methods", STRENGTH_SCHEDULES),
        ("protocol", METRICS),
        ("plots", PLOTS),
        ("reports", FORMATS),
    ],
)
def test_a_topic_names_all_of_a_kind(topic: str, names: list[str]) -> None:
    """As words of their own; suffixes after 'FILE'."""
    for name in names:
        before = r"(?<!\w)" if name[0].isalpha() else ""
        assert re.search(rf"{before}{re.escape(name)}(?!\w)", read(topic)), name


def test_the_list_of_datasets_names_every_suffix() -> None:
    """Of files that are read, as they are or compressed."""
    for suffix in (*DATA_FORMATS, *COMPRESSED):
        assert re.search(rf"{re.escape(suffix)}(?!\w)", DATA_FILES), suffix


def test_every_column_that_a_gate_can_name_is_documented() -> None:
    """Interval ends by the columns that they belong to."""
    for name in SUMMARY_COLUMNS:
        if name not in TEXTS:
            assert f"`{re.sub('_(low|high)$', '', name)}`" in read("gates"), name


def test_every_refused_pair_is_named() -> None:
    """Both of it in the first cell of one row, before a reason."""
    table = read("methods").split("<!-- generated: refused -->")[1].split("<!-- end -->")[0]
    rows = re.findall(r"^\| (`.*?) \| \w.* \|$", table, re.MULTILINE)
    refused = [set(re.findall(r"`(\w+)`", cell)) for cell in rows]
    for name in BUILT_IN:
        for other in REGISTRY[name].excludes:
            assert any({name, other} <= row for row in refused), (name, other)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_generated_tables_are_current(path: Path) -> None:
    """Else: python tests/guide_tables.py."""
    text = path.read_text(encoding="utf-8")
    assert current(text) == text


def test_every_topic_has_a_file_and_a_summary() -> None:
    """And every file is a topic; a summary is one short sentence that a list can show."""
    assert sorted(TOPICS) == sorted(path.stem for path in GUIDE.glob("*.md"))
    for topic in TOPICS:
        assert re.fullmatch(r"[A-Z][^.`*]{10,110}\.", summary(topic)), topic


def test_the_readme_is_short() -> None:
    """Whatever is more goes into the guide."""
    assert len(README.split()) <= MOST_WORDS


@pytest.mark.parametrize("where", TEXT)
def test_links_lead_somewhere(where: str) -> None:
    """To files of the repository; in the guide, what is shown of them on a terminal says where."""
    for text, link in re.findall(r"\[([^\]]+)\]\(([^)]+)\)", TEXT[where]):
        if link.startswith("https:"):
            continue
        assert (ROOT / where).parent.joinpath(link).exists(), link
        if where != "README.md" and link.endswith(".md") and "/" not in link:
            assert text == f"`regcmp guide {link.removesuffix('.md')}`"


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_fits_80_columns(
    topic: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every word of it is there, whole."""
    monkeypatch.setenv("COLUMNS", "80")
    done = run_here(("guide", topic), tmp_path)
    assert (done.code, done.err) == (0, "")
    assert max(map(len, done.out.splitlines())) <= 80
    assert not re.search(r" $|\n\n\n|\x1b|<!--", done.out, re.MULTILINE)
    source = re.sub(
        r"<!--.*?-->|\]\([^)]*\)|^[|: -]+$|^```\w*$|[`*]|\\(?=\W)", "", read(topic), flags=re.M
    )
    words, shown = (re.findall(r"[\w.=:+/-]*\w", text) for text in (source, done.out))
    assert set(words) <= set(shown)


@pytest.mark.parametrize("topic", TOPICS)
def test_code_of_the_guide_is_not_folded_at_80_columns(topic: str) -> None:
    """It is indented by two."""
    text = read(topic)
    fenced = re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    lines = "".join(fenced).splitlines() + re.findall(r"^ {4}(.*)", text, re.MULTILINE)
    assert not [line for line in lines if len(line) > 78]


def test_a_topic_is_folded_on_a_narrow_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To its width."""
    monkeypatch.setenv("COLUMNS", "50")
    out = run_here(("guide", "methods"), tmp_path).out
    assert max(map(len, out.splitlines())) <= 50


def test_the_guide_lists_its_topics(tmp_path: Path) -> None:
    """In order, with what they are about; one that is not there is refused with the nearest."""
    out = run_here(("guide",), tmp_path).out
    assert re.findall(r"^  (\w+)", out, re.MULTILINE) == list(TOPICS)
    done = run_here(("guide", "dta"), tmp_path)
    assert (done.code, done.out) == (2, "")
    assert done.err == "Error: unknown topic 'dta': did you mean 'data'?\n"


def test_a_topic_opens_in_the_pager_of_a_terminal() -> None:
    """And only there."""
    pexpect = pytest.importorskip("pexpect")
    found = os.environ | {"PAGER": "sed s/^/paged:/", "TERM": "xterm"}
    child = pexpect.spawn(SCRIPT, ["guide", "limits"], env=found, encoding="utf-8", timeout=30)
    child.expect(pexpect.EOF)
    assert child.before.startswith("paged:")


def test_the_wheel_has_the_guide(tmp_path: Path) -> None:
    """All of its topics."""
    pytest.importorskip("hatchling")
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    names = ZipFile(wheel).namelist()
    assert {f"regcmp/guide/{topic}.md" for topic in TOPICS} <= set(names)


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

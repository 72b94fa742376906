"""Config files: what wins, what is refused, and a saved command that repeats itself to the byte."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from inspect import signature
from itertools import chain
from pathlib import Path
from typing import Any

import click
import pytest
from commands import environment, read_csv, run, run_here
from test_plugins import TWIN

from regcmp.cli.compare import compare
from regcmp.cli.config import NOT_SAVED, key_of, to_toml
from regcmp.plan import DEFAULT_METHODS, make_plan

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
    again = run(("compare", "--config", "plan.toml", "--save-config", "2.toml", "-q"), tmp_path)
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
    assert not saved.keys() & {"sep", "decimal", "encoding"}  # iris is no text
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
    ("name", "value", "message"),
    [
        ("SEEDS", "two", "got 'two' (set by REGCMP_COMPARE_SEEDS in the environment)"),
        ("JOBS", "0", "got '0' (set by REGCMP_COMPARE_JOBS in the environment)"),
        ("CLASS_WEIGHT", "x", "balanced (set by REGCMP_COMPARE_CLASS_WEIGHT in the environment)"),
    ],
)
def test_a_word_of_the_environment_is_said_to_be_one(
    name: str, value: str, message: str, tmp_path: Path
) -> None:
    """By its variable; a flag wins, and then it is not named."""
    words, extra = ("compare", "--dataset", "wine"), {f"REGCMP_COMPARE_{name}": value}
    done = run(words, tmp_path, extra)
    assert done.code == 2 and done.err.strip().endswith(message)
    flag = "--" + name.lower().replace("_", "-")
    assert "environment" not in run((*words, flag, "none!"), tmp_path, extra).err


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


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('target = "z"', "--target: 'rows.csv' has no column 'z'"),
        ('target = "b"\nuse = ["c"]', "--use: 'rows.csv' has no column 'c'"),
        ('target = "b"\nmetric = "r2"', "--metric: 'r2' is no score of a classification"),
        ('target = "a"\nmethods = ["smooth"]', "method 'smooth=0.1': 'smooth' is defined for"),
    ],
)
def test_what_data_refuse_is_said_to_be_set_in_the_file(
    text: str, message: str, tmp_path: Path
) -> None:
    """An option that means nothing for them; but not what no option was given for."""
    rows = "".join(f"{i / 8},{'xy'[i % 2]}\n" for i in range(40))
    (tmp_path / "rows.csv").write_text("a,b\n" + rows)
    (tmp_path / "c.toml").write_text(text + "\n")
    words = ("compare", "--dataset", "rows.csv", "--config", "c.toml")
    done = run_here(words, tmp_path)
    assert done.code == 2 and done.err.startswith(f"Error: {message}")
    assert done.err.endswith(" (set in 'c.toml')\n") and done.err.count("\n") == 1
    (tmp_path / "c.toml").write_text('methods = ["none"]\n')
    done = run_here(words, tmp_path)
    assert done.code == 2 and "no column is called target" in done.err and "set" not in done.err


def test_a_clash_of_two_options_names_the_place_of_either(tmp_path: Path) -> None:
    """The second one's, too, where the first was given by hand."""
    (tmp_path / "rows.csv").write_text("a,y\n" + "1,x\n2,z\n" * 20)
    (tmp_path / "c.toml").write_text('use = ["a"]\n')
    words = ("compare", "--dataset", "rows.csv", "--config", "c.toml", "--drop", "a")
    done = run_here(words, tmp_path)
    assert done.code == 2
    assert done.err == "Error: --drop and --use both name 'a'; leave one out (set in 'c.toml')\n"


def test_datasets_names_a_variable_that_the_data_refuse(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As compare does."""
    monkeypatch.setenv("REGCMP_DATASETS_TARGET", "b")
    (tmp_path / "rows.csv").write_text("a,y\n" + "1,x\n2,z\n" * 20)
    done = run_here(("datasets", "rows.csv"), tmp_path)
    assert done.code == 2 and done.err.startswith("Error: --target: 'rows.csv' has no column 'b'")
    assert done.err.endswith(" (set by REGCMP_DATASETS_TARGET in the environment)\n")


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


EACH: dict[str, tuple[str, ...]] = {
    "methods": ("none", "l2=1e-3,0.1+dropout=0.2:input=0.1", "noise:schedule=cosine"),
    "dataset": ("--dataset", "moons:n=50:noise=0.1"),
    "sep": ("--sep", "\t"),
    "decimal": ("--decimal", ","),
    "encoding": ("--encoding", "cp1252"),
    "header": ("--no-header",),
    "na": ("--na", "?,n/a"),
    "sample": ("--sample", "40"),
    "test": ("--test", 'a "b" \\ c.csv'),
    "target": ("--target", "Ziel ½"),
    "drop": ("--drop", "a,b", "--drop", "c"),
    "text": ("--text", "d"),
    "use": ("--use", "e", "--use", "f,g"),
    "task": ("--task", "regression"),
    "image": ("--image", "4x4"),
    "test-size": ("--test-size", "0.3"),
    "train-size": ("--train-size", "20"),
    "validation-size": ("--validation-size", "0.1"),
    "label-noise": ("--label-noise", "0.1"),
    "noise-features": ("--noise-features", "3"),
    "seeds": ("--seeds", "3"),
    "seed": ("--seed", "9223372036854775000"),
    "vary": ("--vary", "init,order"),
    "metric": ("--metric", "log_loss"),
    "baseline": ("--baseline", "l2=0.5+dropout"),
    "arch": ("--arch", "cnn"),
    "hidden": ("--hidden", "4,3"),
    "activation": ("--activation", "tanh"),
    "init": ("--init", "glorot"),
    "dtype": ("--dtype", "float64"),
    "optimizer": ("--optimizer", "sgd"),
    "lr": ("--lr", "1e-3"),
    "schedule": ("--schedule", "cosine"),
    "batch-size": ("--batch-size", "7"),
    "class-weight": ("--class-weight", "balanced"),
    "epochs": ("--epochs", "2"),
    "max-dropped": ("--max-dropped", "0.9"),
    "max-dead": ("--max-dead", "1"),
    "output": ("-o", "a.csv", "-o", "-.md"),
    "plot": ("--plot", "pairs"),
    "runs": ("--runs", "r.csv"),
    "history": ("--history", "h.csv"),
    "strict": ("--strict",),
    "color": ("--color", "never"),
    "fail-if": ("--fail-if", "gap_mean(l2) > 0.05", "--fail-if", "n(none) < 2"),
    "warn-if": ("--warn-if", "test_mean(best) < 0.5"),
    "no-github": ("--no-github",),
    "plugin": ("--plugin", "own.py"),
    "jobs": ("--jobs", "1"),
    "max-memory": ("--max-memory", "8GB"),
}
"""Each key, set to another value than its default."""


def said(words: Sequence[str]) -> tuple[dict[str, Any], dict[str, Any], str]:
    """What a command is told beside its plan, the plan's words, and the file that it saves."""
    ctx = compare.make_context("compare", list(words))
    own = signature(inspect.unwrap(compare.callback)).parameters  # type: ignore[arg-type]
    rest = {name: each for name, each in ctx.params.items() if name in own}
    words_of_plan = {name: each for name, each in ctx.params.items() if name not in own}
    methods = ctx.params["methods"] or ctx.lookup_default("methods") or DEFAULT_METHODS
    plan = make_plan(methods=methods, **words_of_plan).as_dict()
    return rest, plan, to_toml(ctx, plan)


def test_each_option_has_a_value_here() -> None:
    """So that one that is added is tested too; those that are not saved aside."""
    assert set(EACH) == {key_of(each) for each in compare.params} - {*NOT_SAVED}


NOT_TOGETHER = ("image", "arch", "noise-features")
TOGETHER = tuple(chain(*(each for key, each in EACH.items() if key not in NOT_TOGETHER)))


@pytest.mark.usefixtures("registry_as_before")
@pytest.mark.parametrize("words", [*EACH.values(), ("--na", ""), ("--header",), TOGETHER])
def test_what_is_saved_of_an_option_says_the_same(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Alone and all together: the plan, all else that decides what is written, and the file itself."""
    monkeypatch.chdir(tmp_path)
    Path("own.py").write_text(TWIN, encoding="utf-8")
    given = words if "--dataset" in words else ("--dataset", "iris", *words)
    rest, plan, text = said(given)
    Path("plan.toml").write_text(text, encoding="utf-8")
    rest_again, plan_again, text_again = said(("--config", "plan.toml"))
    assert plan_again == plan and text_again == text
    for name in set(rest) - {"config", "methods"}:
        assert rest_again[name] == rest[name], name

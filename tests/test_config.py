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
from shutil import copy
from typing import Any

import click
import pytest
from commands import environment, read_csv, run_here
from test_plugins import TWIN

from regcmp.cli.compare import compare
from regcmp.cli.config import NOT_SAVED, key_of, to_toml
from regcmp.cli.origins import set_in_file
from regcmp.plan import make_plan
from regcmp.plan.execution import EXECUTION
from regcmp.plan.options import DEFAULT_METHODS

QUICK = 'dataset = "iris"\nepochs = 1\nhidden = [4]\njobs = 1\nmethods = ["none"]\n'
EXAMPLES = Path(__file__).parent.parent / "examples"


def test_a_saved_command_repeats_itself_to_the_byte(tmp_path: Path) -> None:
    """Methods, lists and flags, given the same files again; saved once more, it is the same file."""
    words = ("--dataset", "iris", "--seeds", "2", "--epochs", "1", "--hidden", "4,3", "--jobs", "1")
    words += ("--vary", "init,order", "none", "l2=1e-3,0.1+dropout", "--fail-if", "n_failed(*) > 0")
    places = ("-q", "--runs", "runs.csv", "-o", "s.csv", "-o", "m.md")
    first = run_here(("compare", *words, *places, "--save-config", "plan.toml"), tmp_path)
    assert (first.code, first.err) == (0, "")
    files = {name: first.file(name) for name in ("runs.csv", "s.csv", "m.md")}
    for name in files:
        (tmp_path / name).unlink()
    saved = ("--config", "plan.toml", "--save-config", "2.toml")
    again = run_here(("compare", *saved, *places), tmp_path)
    assert (again.code, again.err) == (0, "")
    assert again.stdout == first.stdout
    assert {name: again.file(name) for name in files} == files
    assert again.file("2.toml") == first.file("plan.toml")


def test_a_saved_plan_names_what_was_left_at_its_default(tmp_path: Path) -> None:
    """So that a later version with other defaults trains the same; nothing of screen or machine."""
    done = run_here(("compare", "--dataset", "iris", "--epochs", "1", "--seeds", "1", "none",
                "--save-config", "p.toml"), tmp_path)  # fmt: skip
    text = done.file("p.toml").decode()
    assert (
        text.startswith("# ")
        and "Where results go (output, runs, history, tried, predictions) is left out" in text
    )
    saved = tomllib.loads(text)
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
    done = run_here(("compare", *words, "-q", "-o", "-"), tmp_path, extra)
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
    done = run_here(words, tmp_path, extra)
    assert done.code == 2 and done.err.strip().endswith(message)
    flag = "--" + name.lower().replace("_", "-")
    assert "environment" not in run_here((*words, flag, "none!"), tmp_path, extra).err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("seads = 2", "unknown key 'seads' in 'c.toml': did you mean 'seeds'?"),
        ("seeds = true", "'c.toml': key 'seeds': expected a number, got True"),
        ("seeds = [1, 2]", "'c.toml': key 'seeds': expected a number, got [1, 2]"),
        ('seeds = "3"', "key 'seeds': expected a number, got '3'; write 3 without quotes"),
        ('hidden = "8,8"', "a number or a list of numbers, got '8,8'; write [8,8] without quotes"),
        ('hidden = ["8"]', "key 'hidden': expected a number or a list of numbers, got '8'"),
        ('lr = "small"', "key 'lr': expected a number, got 'small'"),
        ("optimizer = 1", "'c.toml': key 'optimizer': expected a text, got 1"),
        ("drop = [true]", "'c.toml': key 'drop': expected a text or a number, got True"),
        ("quiet = 1", "'c.toml': key 'quiet': expected true or false, got 1"),
        ('quiet = "yes"', "'c.toml': key 'quiet': expected true or false, got 'yes'"),
        ("dataset = {a = 1}", "'c.toml': key 'dataset': expected a text, got {'a': 1}"),
        ("dataset = 2024-01-01", "'c.toml': key 'dataset': expected a text, got datetime.date"),
        ("methods = [true]", "'c.toml': key 'methods': expected a text, got True"),
        ("seeds = 1" + "0" * 400, "--seeds: expected a whole number from 1 to 100000, got '1000"),
        ("lr = 1" + "0" * 400, "--lr: expected a learning rate above 0, got '1000"),
        ("seeds = 1" + "0" * 9000, "'c.toml' is no TOML: it holds a number of too many digits"),
        (
            "seeds = 0x1" + "0" * 9000,
            "'c.toml': key 'seeds': expected a number, got a number too long",
        ),
        ("x = " + "[" * 5000 + "]" * 5000, "'c.toml' is no TOML: it is nested too deeply"),
        ("seeds = {" + "a.a.a.a.a.a = {" * 500, "'c.toml' is no TOML"),
        ("test-size = 0.2\ntest_size = 0.2", "'c.toml': 'test-size' appears twice"),
        ("seeds = 0", "--seeds: expected a whole number from 1 to 100000, got '0' (set in"),
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
    done = run_here(("compare", "--dataset", "iris", "--config", "c.toml"), tmp_path)
    assert done.code == 2
    assert done.err.startswith("Error: ") and message in done.err
    assert done.err.count("\n") == 1 and len(done.err) < 750


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('target = "z"', "--target: 'rows.csv' has no column 'z'"),
        ('target = "b"\nuse = ["c"]', "--use: 'rows.csv' has no column 'c'"),
        ('target = "b"\nmetric = "r2"', "--metric: 'r2' is for a regression, and"),
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


@pytest.mark.full
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
    "quoting": ("--quoting", "none"),
    "format": ("--format", "tsv"),
    "sample": ("--sample", "40"),
    "test": ("--test", 'a "b" \\ c.csv'),
    "target": ("--target", "Ziel ½"),
    "drop": ("--drop", "a,b", "--drop", "c"),
    "text": ("--text", "d"),
    "use": ("--use", "e", "--use", "f,g"),
    "task": ("--task", "regression"),
    "classes-as-text": ("--classes-as-text",),
    "groups": ("--groups", "who"),
    "drop-duplicates": ("--drop-duplicates",),
    "order": ("--order", "when"),
    "weight": ("--weight", "much"),
    "folds": ("--folds", "5"),
    "image": ("--image", "4x4"),
    "test-size": ("--test-size", "0.3"),
    "train-size": ("--train-size", "20"),
    "validation-size": ("--validation-size", "0.1"),
    "label-noise": ("--label-noise", "0.1"),
    "noise-features": ("--noise-features", "3"),
    "seeds": ("--seeds", "3"),
    "seed": ("--seed", "9223372036854775000"),
    "vary": ("--vary", "init,order"),
    "significance-test": ("--significance-test", "nadeau-bengio"),
    "trials": ("--trials", "2", "tune:l2"),
    "tune": ("--tune", "epochs=1,2", "--tune", "batch-size=8,9"),
    "select-by": ("--select-by", "log_loss", "tune:l2"),
    "refit": ("--no-refit", "tune:l2"),
    "row-scores": ("--row-scores",),
    "scheduler": ("--scheduler", "tcp://127.0.0.1:8786"),
    "store": ("--store", "runs.sqlite"),
    "verify-store": ("--verify-store",),
    "no-store": ("--no-store",),
    "over": ("--over", "epochs=1,2"),
    "rope": ("--rope", "0.02"),
    "sort": ("--sort", "score"),
    "reference": ("--reference", "none"),
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
    "plot": ("--plot", "pairs"),
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
    parameters = signature(inspect.unwrap(compare.callback)).parameters  # type: ignore[arg-type]
    own = {*parameters, *EXECUTION}
    rest = {name: each for name, each in ctx.params.items() if name in own}
    words_of_plan = {name: each for name, each in ctx.params.items() if name not in own}
    datasets = words_of_plan.pop("dataset")
    words_of_plan["dataset"] = datasets[0] if datasets else None
    methods = ctx.params["methods"] or set_in_file(ctx, "methods") or DEFAULT_METHODS
    plan = make_plan(methods=methods, **words_of_plan).as_dict()
    return rest, plan, to_toml(ctx, plan)


def test_each_option_has_a_value_here() -> None:
    """So that one that is added is tested too; those that are not saved aside."""
    assert set(EACH) == {key_of(each) for each in compare.params} - {*NOT_SAVED}


NOT_TOGETHER = ("folds", "order", "tune", "classes-as-text", "image", "arch", "noise-features")
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


def test_numbers_are_saved_as_numbers_and_lists_as_lists(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the command line had them as text; what may be a name stays text."""
    monkeypatch.chdir(tmp_path)
    _, _, text = said(
        "--dataset iris --seeds 3 --lr 1e-3 --hidden 4,3 --test-size 30 --jobs 2 --drop 1,2 --strict".split()
    )
    saved = tomllib.loads(text)
    expected = {
        "seeds": 3,
        "lr": 0.001,
        "hidden": [4, 3],
        "test-size": 30,
        "jobs": 2,
        "strict": True,
    }
    assert {key: saved[key] for key in expected} == expected
    assert saved["drop"] == ["1", "2"] and saved["vary"] == ["split", "init", "order"]


REFUSING = "raise RuntimeError('this code ran')\n"


@pytest.mark.parametrize("quiet", [False, True])
def test_a_project_s_plugin_is_not_loaded_unasked(quiet: bool, tmp_path: Path) -> None:
    """A line says so, unless quiet: nothing that needs it was asked for."""
    (tmp_path / "own.py").write_text(REFUSING)
    (tmp_path / "pyproject.toml").write_text("[tool.regcmp]\n" + QUICK + 'plugin = ["own.py"]\n')
    done = run_here(("compare", "--seeds", "1", *(("-q",) if quiet else ())), tmp_path)
    assert done.code == 0
    said = (
        "Warning: the plugin 'own.py' of [tool.regcmp] in 'pyproject.toml' was not loaded: code runs only"
        " where you name it; add --plugin own.py, or --config pyproject.toml\n"
    )
    assert done.err == ("" if quiet else said)


def test_a_method_that_needs_a_project_s_plugin_says_why_it_is_unknown(tmp_path: Path) -> None:
    """Whatever says which methods; also under -q."""
    (tmp_path / "own.py").write_text(REFUSING)
    (tmp_path / "pyproject.toml").write_text(
        '[tool.regcmp]\nplugin = "own.py"\nmethods = ["mine"]\n'
    )
    done = run_here(("compare", "--dataset", "iris", "-q"), tmp_path)
    assert done.code == 2 and done.err.startswith("Error: unknown regularizer 'mine'")
    assert "the plugin 'own.py' of [tool.regcmp] in 'pyproject.toml' was not loaded" in done.err
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "extra"),
    [
        (("--config", "pyproject.toml"), {}),
        (("--plugin", "own.py"), {}),
        ((), {"REGCMP_COMPARE_PLUGIN": "own.py"}),
        ((), {"REGCMP_COMPARE_CONFIG": "pyproject.toml"}),
    ],
)
def test_a_plugin_that_is_named_runs(
    words: tuple[str, ...], extra: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a flag, a variable, or the file that names it."""
    for name, value in extra.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "own.py").write_text(REFUSING)
    (tmp_path / "pyproject.toml").write_text("[tool.regcmp]\n" + QUICK + 'plugin = ["own.py"]\n')
    done = run_here(("compare", *words), tmp_path)
    assert done.code == 1 and "failed to import: RuntimeError: this code ran" in done.err


@pytest.mark.parametrize(
    ("extra", "code"),
    [
        ({"QUIET": "0", "STRICT": "false", "NO_GITHUB": "0"}, 0),
        ({"SEEDS": "", "QUIET": "", "OUTPUT": "", "LR": "", "PLUGIN": "", "CONFIG": ""}, 0),
        ({"QUIET": "maybe"}, 2),
    ],
)
def test_what_is_empty_or_off_in_the_environment_is_as_if_it_were_not_there(
    extra: dict[str, str], code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And a word that is neither on nor off is an error."""
    for name, value in extra.items():
        monkeypatch.setenv(f"REGCMP_COMPARE_{name}", value)
    words = (
        "compare",
        "--dataset",
        "iris",
        "--epochs",
        "1",
        "--test-size",
        "0.2",
        "none",
        "--jobs",
        "1",
    )
    done = run_here((*words, "--hidden", "2"), tmp_path)
    assert done.code == code, done.err
    assert done.err.count("\n") == (code > 0)


@pytest.mark.parametrize("value", ["", "0", "false", "no"])
def test_debugging_is_off_where_its_variable_says_so(
    value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No traceback."""
    monkeypatch.setenv("REGCMP_DEBUG", value)
    done = run_here(("compare", "--dataset", "nothing"), tmp_path)
    assert done.code == 2 and done.err.count("\n") == 1


def test_a_byte_order_mark_is_no_key(tmp_path: Path) -> None:
    """Some editors write one."""
    (tmp_path / "c.toml").write_text("seeds = 2\nepochs = 1\n", encoding="utf-8-sig")
    done = run_here(
        ["compare", "--config", "c.toml", "--dataset", "iris", "none", "--jobs", "1"], tmp_path
    )
    assert done.code == 0 and "2 seeds" in done.out


@pytest.mark.parametrize(
    ("line", "environment_of", "where"),
    [
        ("header = false", {}, "(set in 'c.toml')"),
        ('methods = ["l2:schedule=x"]', {}, "(set in 'c.toml')"),
        ('methods = ["l2:x=1"]', {}, "(set in 'c.toml')"),
        ('output = ["x.foo"]', {}, "(set in 'c.toml')"),
        ('runs = "x.foo"', {}, "(set in 'c.toml')"),
        ('plot = "x"', {}, "(set in 'c.toml')"),
        ('fail_if = ["x"]', {}, "(set in 'c.toml')"),
        ("max_memory = 1", {}, "(set in 'c.toml')"),
        ("test_size = 149", {}, "(set in 'c.toml')"),
        ('output = ["a.csv", "a.csv"]', {}, "(set in 'c.toml')"),
        ('runs = "c.csv"\ntest = "c.csv"', {}, "(set in 'c.toml')"),
        ('color = "blue"', {}, "'never' (set in 'c.toml')"),
        ("", {"REGCMP_COMPARE_STRICT": "x"}, "yes (set by REGCMP_COMPARE_STRICT in the environment)"),
        ("", {"REGCMP_COMPARE_PLUGIN": "nope.py"}, "(set by REGCMP_COMPARE_PLUGIN in the environment)"),
        ("", {"REGCMP_COMPARE_OUTPUT": "x.foo"}, "(set by REGCMP_COMPARE_OUTPUT in the environment)"),
        ("", {"REGCMP_COMPARE_JOBS": "x"}, "(set by REGCMP_COMPARE_JOBS in the environment)"),
    ],
)  # fmt: skip
def test_an_error_says_where_its_option_was_set(
    line: str, environment_of: dict[str, str], where: str, tmp_path: Path
) -> None:
    """Whichever module complains."""
    (tmp_path / "c.toml").write_text(line + "\n", encoding="utf-8")
    words = ["compare", "--config", "c.toml", "--dataset", "iris", "--epochs", "1"]
    done = run_here(words, tmp_path, extra=environment_of)
    assert done.code == 2 and done.err.count("\n") == 1 and done.err.endswith(f"{where}\n"), (
        done.err
    )


@pytest.mark.parametrize(
    ("words", "variable", "value"),
    [
        ("report r.json", "REGCMP_REPORT_OUTPUT", "x.foo"),
        ("report r.json", "REGCMP_REPORT_PLOT", "x"),
        ("report r.json", "REGCMP_REPORT_FAIL_IF", "x"),
        ("report r.json", "REGCMP_REPORT_FORCE", "x"),
        ("diff r.json r.json", "REGCMP_DIFF_OUTPUT", "x.foo"),
        ("diff r.json r.json", "REGCMP_DIFF_MAX_DROP", "x"),
        ("datasets", "REGCMP_DATASETS_TARGET", "x"),
        ("methods", "REGCMP_METHODS_PLUGIN", "nope.py"),
        ("compare --dataset iris", "REGCMP_COMPARE_CONFIG", "nope.toml"),
    ],
)
def test_every_command_says_which_variable_set_an_option(
    words: str, variable: str, value: str, tmp_path: Path
) -> None:
    """Also where click itself refuses a value, and where the file of options is not there."""
    copy(Path(__file__).parent / "reports" / "regression.json", tmp_path / "r.json")
    done = run_here(words.split(), tmp_path, extra={variable: value})
    assert done.code == 2 and done.err.count("\n") == 1
    assert done.err.endswith(f" (set by {variable} in the environment)\n"), done.err


def test_a_size_that_leaves_too_little_is_blamed_itself(tmp_path: Path) -> None:
    """Not an option that nobody gave."""
    done = run_here(["compare", "--dataset", "iris", "--test-size", "149", "none"], tmp_path)
    assert done.err.startswith("Error: --test-size: 1 row to train on can't hold all 3 classes")

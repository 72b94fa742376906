"""Regularizers from outside: by hand, by file, in worker processes, and what is refused."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from pathlib import Path

import pytest
from commands import environment, run, strict

import regcmp
from regcmp.engine.regularizers import BUILT_IN, REGISTRY, Regularizer
from regcmp.engine.regularizers.penalties import L2
from regcmp.guide import read
from regcmp.plan import make_plan

(FILE,) = re.findall(r"```python\n(import regcmp\n\n\n@.*?)```", read("python"), re.DOTALL)
WORDS = "--dataset iris --epochs 2 --seeds 2 --hidden 4".split()
TWIN = """
from regcmp.engine.regularizers.penalties import L2
import regcmp

@regcmp.register
class Twin(L2):
    name = "twin"
"""


pytestmark = pytest.mark.usefixtures("registry_as_before")


def test_a_class_registered_by_hand_is_trained_with() -> None:
    """As l2 is, to the bit, since this one is l2 under another name; it comes last."""

    @regcmp.register
    class Twin(L2):
        """Ridge."""

        name = "twin"

    found = regcmp.compare(
        "iris", ["l2=0.01", "twin=0.01"], epochs=2, seeds=2, hidden=4, jobs=1
    ).runs.set_index("method")
    assert list(dict.fromkeys(found.index)) == ["none", "l2=0.01", "twin=0.01"]
    assert found.loc["twin=0.01"].to_csv(index=False) == found.loc["l2=0.01"].to_csv(index=False)


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_file_s_class_is_trained_with_wherever_runs_are(jobs: str, tmp_path: Path) -> None:
    """In this process and in workers; the plan records the file, and makes itself again."""
    (tmp_path / "twin.py").write_text(TWIN)
    methods = ["l2=0.01", "twin=0.01", "twin=0.01+dropout=0.2"]
    files = ["--plugin", "twin.py", "-o", "r.json", "-q", "--jobs", jobs]
    done = run(["compare", *WORDS, *methods, *files], tmp_path)
    assert (done.code, done.err) == (0, "")
    report = strict(done.file("r.json"))
    sha256 = hashlib.sha256(TWIN.encode()).hexdigest()
    assert report["plan"]["plugins"] == [{"path": "twin.py", "sha256": sha256}]
    scores = {
        name: [row["test_loss"] for row in report["runs"] if row["method"] == name]
        for name in ("l2=0.01", "twin=0.01", "dropout=0.2+twin=0.01")
    }
    assert scores["twin=0.01"] == scores["l2=0.01"] and len(set(map(tuple, scores.values()))) == 2
    assert {path.name for path in tmp_path.iterdir()} == {"r.json", "twin.py"}


@pytest.mark.full
def test_a_script_s_own_class_reaches_the_workers(tmp_path: Path) -> None:
    """A class of __main__, which no worker can import."""
    (tmp_path / "script.py").write_text(
        TWIN + "\nif __name__ == '__main__':\n"
        "    words = dict(epochs=2, seeds=2, hidden=4, jobs=2)\n"
        "    runs = regcmp.compare('iris', ['l2=0.003', 'twin=0.003'], **words).runs\n"
        "    print(*runs['test_loss'][2:])\n"
    )
    done = subprocess.run(
        [sys.executable, "script.py"],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    first, second, *twins = done.stdout.split()
    assert twins == [first, second]


def test_the_readme_s_class_is_off_at_zero_and_adds_the_slope_of_its_formula(
    tmp_path: Path,
) -> None:
    """As shown there: a plugin file by itself."""
    (tmp_path / "cauchy.py").write_text(FILE)
    methods = ["cauchy=0", "cauchy=0.03"]
    words = {"epochs": 2, "seeds": 2, "hidden": 4, "jobs": 1}
    path = tmp_path / "cauchy.py"
    found = regcmp.compare("iris", methods, plugins=path, **words)  # type: ignore[arg-type]
    none, off, on = (found.runs["test_loss"][i : i + 2].tolist() for i in (0, 2, 4))
    assert off == none != on


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "--plugin: expected a Python file, can't read 'p.py': No such file or directory"),
        ("1 / 0", "--plugin: 'p.py', line 1 failed to import: ZeroDivisionError: division by zero"),
        ("def", "--plugin: 'p.py' failed to import: SyntaxError: "),
        ("raise SystemExit(3)", "--plugin: 'p.py', line 1 failed to import: SystemExit: 3"),
        ("import nowhere", "failed to import: ModuleNotFoundError: No module named 'nowhere'"),
        ("import sys\nsys.exit(0)", "--plugin: 'p.py', line 2 failed to import: SystemExit: 0"),
        ("raise BaseException('b')", "--plugin: 'p.py', line 1 failed to import: BaseException: b"),
        ("x\0y", "failed to import: SyntaxError: source code string cannot contain null bytes"),
        ("x = 1", "registers no regularizer; write @regcmp.register above its class"),
        (TWIN.replace('"twin"', '"l2"'), "regularizer 'Twin': the name 'l2' exists already"),
        (
            TWIN.replace('"twin"', '"t=1"'),
            "its name must be small letters, digits and _, got 't=1'",
        ),
        (TWIN.replace("(L2)", ""), "'Twin': expected a class derived from regcmp.Regularizer"),
        (
            TWIN.replace("L2)", "regcmp.Regularizer)"),
            "regularizer 'Twin': its attribute 'formula' must be a str",
        ),
        (
            TWIN + "    strength_is = regcmp.Number(2, 0, 1, 'share')",
            "expected low <= default <= high, all finite, got Number(default=2",
        ),
        (
            TWIN + "    tasks = ('ranking',)",
            "its tasks must be a tuple of classification or regression, got ('ranking',)",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_one_line(
    text: str | None, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same from Python and on the command line; the registry stays as it was."""
    monkeypatch.chdir(tmp_path)
    if text is not None:
        Path("p.py").write_text(text)
    with pytest.raises(regcmp.RegcmpError) as caught:
        make_plan("iris", plugins=["p.py"])
    assert message in str(caught.value)
    assert caught.value.exit_code == (1 if "failed to import" in message else 2)
    assert REGISTRY.keys() == BUILT_IN
    if text in (None, "1 / 0"):
        done = run(["compare", *WORDS, "--plugin", "p.py"], tmp_path)
        assert (done.code, done.err) == (caught.value.exit_code, f"Error: {caught.value}\n")


FAILING = """
import os, sys, regcmp

print("imported")

@regcmp.register
class Half(regcmp.Regularizer):
    name = "half"
    formula = "L + half"
    strength_is = regcmp.Number(0.1, 0, 1, "share")

    def penalize(self, grad, context):
        print("called")
        HERE

def helper():
    return 1 / 0
"""
SHAPE = "expected it to return an array of shape (2, "


@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "return helper()",
            "'p.py', line 17: hook 'penalize' of 'half': ZeroDivisionError: division",
        ),
        ("sys.exit(0)", "'p.py', line 14: hook 'penalize' of 'half': SystemExit: 0"),
        (
            "raise BaseException('b')",
            "'p.py', line 14: hook 'penalize' of 'half': BaseException: b",
        ),
        ("raise GeneratorExit", "'p.py', line 14: hook 'penalize' of 'half': GeneratorExit:"),
        ("return self.penalize(grad, context)", "hook 'penalize' of 'half': RecursionError: "),
        ("return None", f"'p.py', line 12: hook 'penalize' of 'half': {SHAPE}"),
        ("return grad[:, :3]", f"'p.py', line 12: hook 'penalize' of 'half': {SHAPE}"),
    ],
)
def test_a_hook_that_fails_is_named_with_its_line(
    line: str, message: str, jobs: str, tmp_path: Path
) -> None:
    """In one line, exit 1, wherever it ran; what it prints does not reach standard output."""
    (tmp_path / "p.py").write_text(FAILING.replace("HERE", line))
    words = ("compare", "--dataset", "iris", "--epochs", "1", "--seeds", "2", "--hidden", "4", "-q")
    done = run((*words, "none", "half", "--plugin", "p.py", "--jobs", jobs, "-o", "-"), tmp_path)
    assert (done.code, done.out) == (1, "")
    said, last = done.err.splitlines()[:-1], done.err.splitlines()[-1]
    assert set(said) == {"imported", "called"}
    assert last.startswith(f"Error: {message}") or f" {message}" in last


@pytest.mark.full
def test_a_hook_that_ends_its_process_is_suspected(tmp_path: Path) -> None:
    """Nothing is known of how a worker ended but what it trained."""
    (tmp_path / "p.py").write_text(FAILING.replace("HERE", "os._exit(0)"))
    words = ("compare", "--dataset", "iris", "--epochs", "1", "--seeds", "2", "--hidden", "4", "-q")
    done = run((*words, "none", "half", "--plugin", "p.py", "--jobs", "2"), tmp_path)
    assert done.code == 1
    assert "a worker process ended while 'half' of 'p.py' was trained" in done.err.splitlines()[-1]


def test_a_second_file_cannot_take_a_name_but_a_file_can_be_read_again(tmp_path: Path) -> None:
    """And a plan's file must be the one that it was made with."""
    first, second = tmp_path / "a.py", tmp_path / "b.py"
    first.write_text(TWIN)
    second.write_text(TWIN)
    plan = make_plan("iris", "twin", plugins=[first, first])
    assert make_plan(**plan.as_dict()) == plan
    with pytest.raises(regcmp.UsageError, match="'twin' exists already"):
        make_plan("iris", plugins=[second])
    first.write_text(TWIN + "# changed")
    make_plan("iris", "twin", plugins=first)
    with pytest.raises(regcmp.UsageError, match=r"has changed: its sha256 begins with \w{12}, the"):
        make_plan(**plan.as_dict())


@pytest.mark.full
def test_methods_as_json_hold_what_a_script_needs(tmp_path: Path) -> None:
    """Each number of the registry; one of them by name; and those from outside."""
    (tmp_path / "cauchy.py").write_text(FILE)
    every = strict(run(["methods", "--json"], tmp_path).stdout)
    assert [each["name"] for each in every] == list(REGISTRY)
    for each in every:
        regularizer: type[Regularizer] = REGISTRY[each["name"]]
        number = regularizer.strength_is
        assert (each["default"], each["low"], each["high"]) == (
            number.default,
            number.low,
            number.high,
        )
        assert (each["off"], tuple(each["grid"])) == (regularizer.off, regularizer.grid)
        assert (each["formula"], each["paper"]) == (regularizer.formula, regularizer.paper)
        assert each["elsewhere"] == regularizer.elsewhere
        assert each["options"].keys() == regularizer.options_are.keys()
        assert each["needs"] == regularizer.needs
    excludes = {each["name"]: each["excludes"] for each in every}
    assert all(excludes[other][name] for name, others in excludes.items() for other in others)
    (dropout,) = strict(run(["methods", "dropout", "--json"], tmp_path).stdout)
    assert dropout in every and dropout["options"]["input"]["default"] == 0
    words = ["methods", "--plugin", "cauchy.py"]
    assert strict(run([*words, "--json"], tmp_path).stdout)[-1]["name"] == "cauchy"
    page = run([*words, "cauchy"], tmp_path)
    assert page.code == 0 and "log(1 + w²)" in page.out
    assert "cauchy" in run(words, tmp_path).out
    assert run(["methods", "cauchi", "--json"], tmp_path).code == 2

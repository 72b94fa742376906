"""What is imported when: help is quick because it imports nothing heavy, and so is a worker's start."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("jinja2", "joblib", "numpy", "pandas", "rich", "scipy", "sklearn", "threadpoolctl")


def imported_by(code: str) -> set[str]:
    """The top-level modules that are there after this code has run in a fresh interpreter."""
    script = f"{code}\nimport sys; print('MODULES', *(name.split('.')[0] for name in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    return set(done.stdout.split("MODULES ")[1].split())


def command(*words: str) -> str:
    """Code that runs a command as the console script does, and goes on after it."""
    return (
        f"import sys; sys.argv = {['regcmp', *words]!r}\n"
        "from regcmp.cli import main\n"
        "try: main()\n"
        "except SystemExit as stop: assert stop.code in (0, 2), stop.code"
    )


def test_the_measure_sees_what_is_imported() -> None:
    """Else the tests below would pass whatever happens."""
    assert "numpy" in imported_by("import numpy.linalg")
    assert "click" in imported_by(command("--help"))


@pytest.mark.parametrize("words", [("--help",), ("-h",), ("--version",), (), ("compre",)])
def test_the_help_of_the_whole_imports_nothing_heavy(words: tuple[str, ...]) -> None:
    """Nor does the version, nor the refusal of a command that is not there."""
    assert not imported_by(command(*words)).intersection(HEAVY)


@pytest.mark.parametrize(
    "words",
    [
        ("compare", "--help"),
        ("compare", "--dataset", "iris", "dropout=2"),
        ("compare", "--dataset", "irs"),
        ("compare", "--dataset", "iris", "--jobs", "0"),
        ("compare", "--dataset", "iris", "-o", "nowhere/report.csv"),
        ("fit", "--help"),
        ("fit", "l2", "-o", "model.regcmp"),
        ("predict", "--help"),
        ("methods",),
        ("methods", "l2"),
        ("datasets",),
        ("guide",),
    ],
)
def test_what_computes_nothing_imports_no_more_than_numpy(words: tuple[str, ...]) -> None:
    """The help of a command, lists, and a word that can't be meant."""
    assert imported_by(command(*words)).intersection(HEAVY) <= {"numpy"}


@pytest.mark.parametrize(("suffix", "templates"), [(".json", False), (".html", True)])
def test_only_a_page_imports_what_fills_its_template(
    suffix: str, templates: bool, tmp_path: Path
) -> None:
    """The table and other files are written without it."""
    words = ("compare", "--dataset", "iris", "none", "l2", "--seeds", "2", "--epochs", "1")
    found = imported_by(command(*words, "--jobs", "1", "-o", str(tmp_path / f"a{suffix}")))
    assert ("jinja2" in found) is templates


def test_a_worker_imports_the_engine_and_numpy_alone() -> None:
    """Its task is found in regcmp.engine.training: that module and its parents are what it imports."""
    code = (
        "from regcmp.engine.training import timed_training\n"
        "from regcmp.engine.stack import Stack\n"
        "from regcmp.engine.regularizers import REGISTRY"
    )
    modules = imported_by(code)
    assert {"numpy", "regcmp"} <= modules
    assert not modules.intersection({*HEAVY, "click"} - {"numpy"})


def test_the_package_alone_imports_nothing_heavy() -> None:
    """The API comes at its first use."""
    assert not imported_by("import regcmp").intersection({*HEAVY, "click"})
    assert "sklearn" not in imported_by("import regcmp; regcmp.compare")
    assert "sklearn" in imported_by("import regcmp; regcmp.MLPClassifier")
    assert "pandas" in imported_by("import regcmp; regcmp.compare")

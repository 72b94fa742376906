"""What must not change a number: workers, the order of the methods, their company, and the machine's mood."""

from __future__ import annotations

from pathlib import Path

import pytest
from commands import Done, run, strict

METHODS = ("none", "l1", "l2=1e-3,1e-2", "dropout=0.5", "dropout=0.2+l2=1e-3")
# Of a batch this large, another number of BLAS threads changes the gradient's last bits.
LARGE = ("--batch-size", "700")
WORDS = ("compare", "--dataset", "digits", "--epochs", "4", "--seeds", "6", "-q", *LARGE)
FILES = ("-o", "s.csv", "--runs", "r.csv", "--history", "h.csv", "-o", "s.json")
EXPORTS = ("s.csv", "r.csv", "h.csv")


def compare(folder: Path, *words: str, methods: tuple[str, ...] = METHODS, **extra: str) -> Done:
    """A comparison with all its exports."""
    folder.mkdir(exist_ok=True)
    done = run([*WORDS, *words, *methods, *FILES], folder, extra)
    assert done.code == 0, done.err
    return done


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Done:
    """One worker, methods in canonical order, and a BLAS that may have two threads."""
    return compare(tmp_path_factory.mktemp("reference"), "--jobs", "1", OPENBLAS_NUM_THREADS="2")


MOODS = {
    "two workers": (("--jobs", "2"), {}),
    "hash seed, time zone": (("--jobs", "3"), {"PYTHONHASHSEED": "77", "TZ": "Asia/Kathmandu"}),
    "locale": (("--jobs", "2"), {"LC_ALL": "de_DE.UTF-8", "LANG": "C", "PYTHONUTF8": "0"}),
    "one BLAS thread, here": (("--jobs", "1"), {"OPENBLAS_NUM_THREADS": "1"}),
    "two BLAS threads, in workers": (("--jobs", "2"), {"OMP_NUM_THREADS": "2"}),
}


@pytest.mark.parametrize("mood", MOODS)
def test_equal_commands_write_equal_bytes(mood: str, reference: Done, tmp_path: Path) -> None:
    """In a folder of another name, too; and of the JSON, all but the timing."""
    words, extra = MOODS[mood]
    other = compare(tmp_path / "another folder", *words, **extra)
    for name in EXPORTS:
        assert other.file(name) == reference.file(name), name
    one, two = strict(other.file("s.json")), strict(reference.file("s.json"))
    assert one.pop("timing") != two.pop("timing")
    assert one == two


@pytest.mark.full
def test_the_order_of_the_methods_changes_nothing(reference: Done, tmp_path: Path) -> None:
    """But the order of rows; nor does how a method is spelled."""
    words = ("l2=0.001+dropout=0.2", "dropout=5e-1", "l2=1e-2", "l2=.001", "l1", "none")
    other = compare(tmp_path, methods=words)
    for name in EXPORTS:
        assert sorted(other.file(name).splitlines()) == sorted(reference.file(name).splitlines()), (
            name
        )


def test_a_methods_runs_do_not_depend_on_its_company(reference: Done, tmp_path: Path) -> None:
    """Rows of runs and history are those of the full comparison, whichever methods are left out."""
    other = compare(tmp_path, methods=("dropout=0.5", "l2=1e-2"))
    for name in ("r.csv", "h.csv"):
        lines = other.file(name).splitlines()
        assert len(lines) > 18
        assert set(lines) <= set(reference.file(name).splitlines())


def test_fewer_seeds_are_the_first_of_more(reference: Done, tmp_path: Path) -> None:
    """A seed's runs do not depend on how many others there are."""
    other = compare(tmp_path, "--seeds", "2", "--seed", "3", methods=("none", "l1"))
    lines = other.file("r.csv").splitlines()
    assert len(lines) == 5
    assert set(lines) <= set(reference.file("r.csv").splitlines())

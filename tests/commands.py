"""The regcmp command as users run it, in a process of its own, and how what it prints is read back."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import chdir, nullcontext, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn
from unittest.mock import patch

SCRIPT = str(Path(sys.executable).with_name("regcmp"))
TINY = ("--dataset", "iris", "--epochs", "1", "--seeds", "2", "--hidden", "4", "--jobs", "1")

UNSET = ("COLUMNS", "LINES", "TERM", "NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE")
UNSET += ("PYTHONIOENCODING", "PYTHONUTF8", "PYTHONHASHSEED", "LC_ALL", "LC_CTYPE", "LANG")
UNSET += ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "JOBLIB_START_METHOD")


def environment(**extra: str) -> dict[str, str]:
    """This process's environment without what would change an output, and with ``extra``."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in UNSET and not name.startswith(("REGCMP_", "_REGCMP"))
    }
    return kept | {"PYTHONUTF8": "1", "REGCMP_STORE": "off"} | extra


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it wrote."""

    code: int
    stdout: bytes
    stderr: bytes
    folder: Path

    @property
    def out(self) -> str:
        """Standard output as text."""
        return self.stdout.decode()

    @property
    def err(self) -> str:
        """Standard error as text."""
        return self.stderr.decode()

    def file(self, name: str) -> bytes:
        """What the command wrote into a file of its folder."""
        return (self.folder / name).read_bytes()


def run(words: Sequence[str], folder: Path, extra: Mapping[str, str] | None = None) -> Done:
    """Run ``regcmp`` in a folder, its input empty, its output into pipes."""
    done = subprocess.run(
        [SCRIPT, *words],
        cwd=folder,
        env=environment(**(extra or {})),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=120,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr, folder)


def run_here(words: Sequence[str], folder: Path, extra: Mapping[str, str] | None = None) -> Done:
    """Run the same in this process, which starts nothing anew: where a process is not the point."""
    from regcmp.cli import main

    streams = [io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2)]
    out, err = streams
    argv, sys.argv = sys.argv, ["regcmp", *words]
    code: object = None
    try:
        with (
            redirect_stdout(out),
            redirect_stderr(err),
            chdir(folder),
            patch.dict(os.environ, environment(**extra), clear=True) if extra else nullcontext(),
        ):
            main()
    except SystemExit as stop:
        code = stop.code
    finally:
        sys.argv = argv
    assert isinstance(code, int)
    stdout, stderr = (each.buffer.getvalue() for each in streams)  # type: ignore[attr-defined]
    return Done(code, stdout, stderr, folder)


@dataclass(frozen=True)
class Case:
    """A command of a test: its words, and what is set in its environment."""

    words: tuple[str, ...]
    extra: Mapping[str, str] | None = None


def case(*words: str, **extra: str) -> Case:
    """A command by its words."""
    return Case(words, extra)


class Ahead:
    """Runs commands by name, each once and in a folder of its own; while one is waited for, others run.

    Those that come next in ``cases`` are started with the one that is asked for, two at a time.
    """

    def __init__(self, cases: Mapping[str, Case], folder: Path, ahead: int = 3) -> None:
        self.cases = cases
        self.folder = folder
        self.ahead = ahead
        self.pool = ThreadPoolExecutor(2)
        self.started: dict[str, Future[Done]] = {}

    def __call__(self, name: str) -> Done:
        """How the command of this name ended."""
        names = list(self.cases)
        first = names.index(name)
        for each in names[first : first + 1 + self.ahead]:
            if each not in self.started:
                own = self.folder / str(names.index(each))
                own.mkdir()
                one = self.cases[each]
                self.started[each] = self.pool.submit(run, one.words, own, one.extra)
        return self.started[name].result()

    def close(self) -> None:
        """Forget what was not started yet."""
        self.pool.shutdown(cancel_futures=True)


def read_csv(text: str) -> list[dict[str, str]]:
    """Rows as text, by column."""
    return list(csv.DictReader(io.StringIO(text, newline="")))


def not_strict(token: str) -> NoReturn:
    """Refuse what Python's parser lets pass though it is not JSON."""
    raise AssertionError(f"{token} is not JSON")


def strict(text: str | bytes) -> Any:
    """Parse as RFC 8259 has it: no NaN, no Infinity, no key twice."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len(dict(pairs)) == len(pairs)
        return dict(pairs)

    return json.loads(text, parse_constant=not_strict, object_pairs_hook=unique)


@dataclass(frozen=True)
class Printed:
    """A table as it was read back from a terminal: its cells by header, and the text around it."""

    above: str
    cells: dict[str, list[str]]
    notes: str
    verdict: str
    below: str
    n_blocks: int


def read_table(printed: str, names: Sequence[str]) -> Printed:
    """Read a printed table whose methods are ``names``: every name and cell must stand there whole."""
    above, *parts = printed.rstrip("\n").split("\n\n")
    blocks = [part for part in parts if part.startswith("Method ")]
    *notes, verdict, below = parts[len(blocks) :]
    cells: dict[str, list[str]] = {}
    for block in blocks:
        for header, column in read_block(block.split("\n"), names).items():
            assert header not in cells
            cells[header] = column
    return Printed(above, cells, "".join(notes), verdict, below, len(blocks))


REFERENCES = "(majority class|mean|logistic regression|ridge regression)"
"""Lines that are no methods: test_references.py is about these."""


def read_block(lines: Sequence[str], names: Sequence[str]) -> dict[str, list[str]]:
    """One block's cells by header. Names may be folded; every other cell stands in one line."""
    header, *rest = lines
    found = list(re.finditer(r"\S+(?: \S+)*", header))
    assert found[0].group() == "Method"
    ends = {each.group(): each.end() for each in found[1:]}
    cells: dict[str, list[str]] = {name: [] for name in ends}
    following = iter(each for each in rest if not re.match(rf"{REFERENCES}( |$)", each))
    for expected in names:
        line = next(following)
        name = line.split(" ")[0]
        place = len(name)
        for column, end in ends.items():
            cells[column].append(line[place:end].strip())
            place = end
        assert not line[place:].strip()
        while name != expected:
            piece = next(following).rstrip()
            assert piece and expected.startswith(name + piece), "\n".join(lines)
            name += piece
    assert not list(following)
    return cells


def squeezed(text: str) -> str:
    """Text without any space, as it is however lines are broken."""
    return re.sub(r"\s", "", text)

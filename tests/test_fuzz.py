"""A thousand inputs that nobody would give: each ends in success or in one line, soon, and leaves nothing.

An input is made from its number alone. ``pytest`` runs a sample of them, ``pytest --full`` all;
``pytest --full 'tests/test_fuzz.py::test_any_input_ends_well[cells-1]'`` runs one.
"""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pytest
import tomli_w
from commands import Done, run_here
from handmade import ENVIRONMENT, TIMING
from test_any_bytes import CELLS, QUICK, TABLE, whole

from regcmp.engine.regularizers import REGISTRY
from regcmp.plan import OPTIONS
from regcmp.results import SUMMARY_COLUMNS

NOTATIONS = (
    "−5",
    "1’235",
    "(5)",
    "5%",
    "1:35",
    "1_05",
    "１5",
    "5 kg",
    "2020-01-15",
    "5,5",
    "0x5",
    "5e5",
)
NAMES = ("a", "id", "1", "", "=x", "é", "[b]", "date", "y" * 300)
INPUTS = 1000
SAMPLE = 20
"""Every so many of them is run always."""
SECONDS = 60

JUNK = (
    b"\0",
    b"\xff\xfe",
    b'"',
    b"'",
    b",",
    b"\n",
    b"\r",
    b";",
    b"\t",
    b"%",
    b"{",
    b"@data\n",
    b"1e999",
)
JUNK += (
    b"-",
    b"0",
    b"9" * 40,
    b"\xc3",
    "\u202e".encode(),
    b"?",
    b":",
    b"[",
    b"#",
    b" " * 9,
    b"nan",
)

ODD: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        0,
        -1,
        2,
        10**30,
        0.5,
        -0.0,
        1e308,
        5e-324,
        "",
        " ",
        "x",
        "0",
        "-1",
        "1e999",
    ),
    *("nan", "none", "l2", "é", "\x1b[2J", "<b>", "=1+1", "a\nb", "y" * 3000, [], {}, [[]], [None]),
    *([1, "x"], {"a": 1}, ["none"], [0.5, 2], "2020-01-01", "train", "accuracy", "log_loss"),
)
"""Values that a document may hold where another is expected."""

ARFF = b"@relation r\n@attribute a numeric\n@attribute b {x,'y z'}\n@attribute class {0,1}\n@data\n"
ARFF += b"".join(b"%d,%s,%d\n" % (i % 7, [b"x", b"'y z'"][i % 3 == 0], i % 2) for i in range(20))
SVMLIGHT = b"".join(b"%d 1:%d 4:0.5 # c\n" % (i % 2, i % 7) for i in range(20))
TEXTS = {
    "t.csv": TABLE,
    "q.csv": b'a;"b ""c""";y\n'
    + b"".join(b'%d;"x; %d";%d\n' % (i, i % 3, i % 2) for i in range(20)),
    "t.tsv": TABLE.replace(b",", b"\t"),
    "t.arff": ARFF,
    "t.svmlight": SVMLIGHT,
    "train-labels-idx1-ubyte": b"\0\0\x08\x01\0\0\0\x14" + bytes(i % 2 for i in range(20)),
    "train-images-idx3-ubyte": b"\0\0\x08\x03\0\0\0\x14\0\0\0\x02\0\0\0\x02"
    + bytes(i % 250 for i in range(80)),
}
COMPANIONS = ("y.npy", "train-labels-idx1-ubyte")
"""Files that are read beside another, and not given themselves."""


class Given(NamedTuple):
    """A command, and what its folder holds beside what every one holds."""

    words: tuple[str, ...]
    files: dict[str, bytes]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A sound file of each format that is read, and a report."""
    folder = tmp_path_factory.mktemp("sound")
    whole(folder)
    words = ["compare", "--dataset", "iris", "none", "l2=0.1,1", "--epochs", "5", "--seeds", "2"]
    done = run_here([*words, "--hidden", "2", "--jobs", "1", "-q", "-o", "r.json"], folder)
    assert done.code == 0, done.err
    files = {each.name: each.read_bytes() for each in folder.iterdir()}
    report = json.loads(files["r.json"]) | {"environment": ENVIRONMENT, "timing": TIMING}
    return files | TEXTS | {"r.json": json.dumps(report).encode()}


def damaged(rng: Random, data: bytes) -> bytes:
    """Some bytes are others, some are missing, some stand twice."""
    given = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 8))):
        start = rng.randrange(len(given) + 1)
        end = min(len(given), start + rng.choice((1, 1, 1, 2, 4, 40)))
        kind = rng.randrange(5)
        if kind == 0:
            given[start:end] = rng.randbytes(end - start)
        elif kind == 1:
            del given[start:end]
        elif kind == 2:
            given[start:start] = rng.choice(JUNK)
        elif kind == 3:
            given[start:start] = given[start:end] * rng.choice((1, 2, 50))
        elif rng.randrange(3) == 0:
            del given[start:]
    return bytes(given)


def a_file(rng: Random, sound: dict[str, bytes]) -> Given:
    """A damaged file of some format."""
    names = sorted(set(sound) - {"r.json", *COMPANIONS})
    # Most damage to a compressed file is found by its checksum: of those, fewer.
    name = rng.choice([*names, *(each for each in names if each in TEXTS or each == "X.npy")])
    files = {each: sound[each] for each in COMPANIONS} | {name: damaged(rng, sound[name])}
    command = rng.choice((("compare", *QUICK), ("datasets",)))
    words = [name] if command == ("datasets",) else ["--dataset", name]
    return Given((command[0], *words, *command[1:]), files)


def any_bytes(rng: Random, sound: dict[str, bytes]) -> Given:
    """A file whose bytes are another format's, or nobody's."""
    name = rng.choice(
        [*sorted(set(sound) - {"r.json"}), "x.json", "x.xlsx", "x", "x.bz2", "x.parquet"]
    )
    other = sound[rng.choice(sorted(sound))]
    data = rng.choice((rng.randbytes(rng.randrange(80)), other, other[: rng.randrange(80)]))
    formats = ("csv", "tsv", "parquet", "npz", "npy", "arff", "svmlight", "xlsx")
    more = rng.choice(((), (), ("--format", rng.choice(formats))))
    return Given(("compare", "--dataset", name, *more, *QUICK), {name: data})


def cells(rng: Random, _: dict[str, bytes]) -> Given:
    """A CSV file of odd cells under odd names."""
    sep, end = rng.choice(",;\t"), rng.choice(("\n", "\n", "\r\n", "\r"))
    odd = rng.choice((0, 0, 0, 0.01, 0.02, 0.1, 1))
    kinds = [
        rng.choice(("number", "number", "level", *NOTATIONS)) for _ in range(rng.randrange(1, 6))
    ]

    def cell(kind: str) -> str:
        if rng.random() < odd:
            text = rng.choice((*CELLS, *NOTATIONS, "\ufeff", "\0"))
            return f'"{text}"' if rng.random() < 0.2 else text
        if kind == "level":
            return rng.choice("xyz")
        number = str(rng.randrange(-9, 9))
        return number if kind == "number" else kind.replace("5", number)

    names = [f"{rng.choice(NAMES)}{i or ''}" for i in range(len(kinds))]
    rows = [[*map(cell, kinds), str(i % 2)] for i in range(rng.choice((24, 24, 24, 9, 1, 0)))]
    text = end.join(sep.join(each) for each in ([*names, rng.choice(("y", "class"))], *rows))
    encoding = rng.choice(("utf-8", "utf-8", "utf-8", "utf-16", "latin-1"))
    more = rng.choice(((), (), ("--target", "a"), ("--task", "regression"), ("--drop", names[0]),
                       ("--no-header",), ("--text", names[-1]), ("--use", names[0])))  # fmt: skip
    data = text.encode(encoding, "replace")
    if rng.randrange(4):
        more += ("--encoding", encoding)
    return Given(("compare", "--dataset", "c.csv", *more, *QUICK), {"c.csv": data})


def spoiled(rng: Random, document: Any) -> Any:
    """The document with one value anywhere in it that is another, gone or there twice."""
    place, keys = document, list[Any]()
    while isinstance(place, dict | list) and place and (len(keys) < 2 or rng.random() < 0.9):
        known = sorted(place) if isinstance(place, dict) else range(len(place))
        keys.append(rng.choice(known))
        above, place = place, place[keys[-1]]
    likely = (rng.random(), -rng.random(), rng.randrange(9), None, 1e300, -1e300, "l2", "none")
    value = deepcopy(rng.choice((*likely, *ODD, 10**400, "gone", "twice")))
    if value == "gone":
        del above[keys[-1]]
    elif value == "twice" and isinstance(above, list):
        above.append(deepcopy(place))
    else:
        above[keys[-1]] = value
    return document


def a_report(rng: Random, sound: dict[str, bytes]) -> Given:
    """A report of which values are others, or bytes."""
    document = json.loads(sound["r.json"])
    for _ in range(rng.choice((1, 1, 2, 5))):
        document = spoiled(rng, document)
    data = json.dumps(document).encode()
    if rng.randrange(4) == 0:
        data = damaged(rng, data)
    figure = rng.choice(("gap", "curves", "strength", "pairs", "weights", "boundary"))
    words = rng.choice(
        (
            ("report", "d.json"),
            ("report", "d.json", "-o", "d.html", "-o", "d.md", "-o", "d.csv"),
            ("report", "d.json", "--runs", "runs.csv", "--history", "history.csv", "-o", "d.tex"),
            ("report", "d.json", "--plot", figure),
            ("report", "d.json", "--fail-if", "gap_mean(*) > 0.05"),
            ("power", "d.json"),
            ("power", "d.json", "--difference", "0.01"),
            ("diff", "d.json", "r.json"),
            ("diff", "r.json", "d.json", "-o", "d.csv"),
        )
    )
    return Given(words, {"d.json": data, "r.json": sound["r.json"]})


def a_config(rng: Random, _: dict[str, bytes]) -> Given:
    """A file for --config: odd values under known keys, and odd bytes."""
    config: dict[str, Any] = {"dataset": "iris", "methods": ["none"], "epochs": 1, "seeds": 1}
    config |= {"hidden": [2], "jobs": 1}
    keys = [each.key for each in OPTIONS.values()] + [
        "max-memory",
        "color",
        "plot",
        "fail-if",
        "x",
        "seedz",
    ]
    odd = [
        each
        for each in ODD
        if each is not None and None not in (each if isinstance(each, list) else [])
    ]
    for _ in range(rng.choice((0, 1, 1, 2))):
        config[rng.choice(keys)] = rng.choice(odd)
    data = tomli_w.dumps(config).encode()
    if rng.randrange(3) == 0:
        data = damaged(rng, data)
    elif rng.randrange(8) == 0:
        data = b"x = " + rng.choice((b"[" * 5000, b"{a=" * 500, b"9" * 5000, b"'''")) + b"\n" + data
    return Given(("compare", "--config", "c.toml"), {"c.toml": data})


NUMBERS = (
    "0",
    "1",
    "0.5",
    "1e-3",
    "-1",
    "1e999",
    "nan",
    "",
    "0x1",
    "1,5",
    "1,2,3",
    "٣",
    "1_0",
    "9" * 30,
)


def method_words(rng: Random, _: dict[str, bytes]) -> Given:
    """Methods that are almost ones, and some that are."""

    def part() -> str:
        name = rng.choice(list(REGISTRY))
        known = REGISTRY[name]
        numbers = (*map(str, known.grid), *map(str, known.grid), *NUMBERS)
        text = rng.choice((name, name, name, "none", "", name.upper(), f"{name} "))
        text += rng.choice(("", "=", "=")) and f"={rng.choice(numbers)}"
        for _ in range(rng.choice((0, 0, 0, 1))):
            key = rng.choice(("schedule", *known.options_are, "x", ""))
            text += f":{key}={rng.choice((*NUMBERS, 'linear', 'cosine'))}"
        return text

    count = rng.choice((1, 1, 1, 2, 3))
    words = ["+".join(part() for _ in range(count)) for _ in range(rng.choice((1, 1, 2)))]
    if rng.randrange(4) == 0:
        words = [in_a_command(damaged(rng, each.encode())) for each in words]
    return Given(("compare", "--dataset", "iris", *QUICK[1:], "--", *words), {})


def gate_words(rng: Random, sound: dict[str, bytes]) -> Given:
    """Gates that are almost ones, and some that are, on a saved report."""
    columns = (*SUMMARY_COLUMNS, "x", "", "test", "gap")
    methods = ("none", "l2=0.1", "l2=1", "best", "*", "l2", "dropout", "", "l2=1,2", "(", "none+")
    operators = (">", "<", ">=", "<=", ">", "<", "==", "!=", "=", "", "=>", "is")
    text = f"{rng.choice(columns)}({rng.choice(methods)}) {rng.choice(operators)} {rng.choice(NUMBERS)}"
    if rng.randrange(4) == 0:
        text = in_a_command(damaged(rng, text.encode()))
    flag = rng.choice(("--fail-if", "--warn-if"))
    return Given(("report", "r.json", f"{flag}={text}"), {"r.json": sound["r.json"]})


def in_a_command(data: bytes) -> str:
    """Bytes as a word of a command, which holds no NUL."""
    return data.replace(b"\0", b"").decode("utf-8", "replace")


KINDS: dict[str, Callable[[Random, dict[str, bytes]], Given]] = {
    "file": a_file,
    "bytes": any_bytes,
    "cells": cells,
    "report": a_report,
    "config": a_config,
    "methods": method_words,
    "gates": gate_words,
}


def numbered() -> Iterator[Any]:
    """Each input's kind and number; all but a sample of each kind belong to the full tests."""
    for number in range(INPUTS):
        kind = list(KINDS)[number % len(KINDS)]
        marks = () if number % SAMPLE == 0 else (pytest.mark.full,)
        yield pytest.param(kind, number, id=f"{kind}-{number}", marks=marks)


@contextmanager
def at_most(seconds: int) -> Iterator[None]:
    """Stop what takes longer, where the system can."""

    def stop(*_: object) -> None:
        raise TimeoutError(f"not done after {seconds} seconds")

    if not hasattr(signal, "setitimer"):
        yield
        return
    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize(("kind", "number"), list(numbered()))
def test_any_input_ends_well(
    kind: str, number: int, sound: dict[str, bytes], tmp_path: Path
) -> None:
    """A documented exit code, one line where it is an error, no warning of Python's, no file left."""
    given = KINDS[kind](Random(number), sound)
    for name, data in given.files.items():
        (tmp_path / name).write_bytes(data)
    with at_most(SECONDS):
        done = run_here(given.words, tmp_path)
    assert_ended_well(done, given)


def assert_ended_well(done: Done, given: Given) -> None:
    """As the test above says."""
    assert done.code in (0, 1, 2, 3), done.err
    assert "Traceback" not in done.err and "this is a bug" not in done.err, done.err
    lines = done.err.splitlines()
    errors = [line for line in lines if line.startswith("Error: ")]
    assert len(errors) == (done.code in (1, 2)), done.err
    assert not errors or lines[-1] == errors[0], done.err
    assert not [line for line in lines if "Warning:" in line and not line.startswith("Warning: ")]
    written = {each.name for each in done.folder.iterdir()} - set(given.files)
    allowed = {each for each in given.words if "." in each} if done.code in (0, 3) else set()
    assert written <= allowed, written
    for name, data in given.files.items():
        assert (done.folder / name).read_bytes() == data

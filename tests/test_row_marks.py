"""What a saved report keeps of rows: damage is named in a line, and what contradicts its scores is found."""

from __future__ import annotations

import json
import tracemalloc
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from commands import Done, run_here
from hypothesis import given
from hypothesis import strategies as st
from test_fuzz import Given, assert_ended_well, damaged, spoiled

from regcmp.metrics import METRICS, Outcomes
from regcmp.report.reader import read_report
from regcmp.report.row_marks import ROUNDING

WINE = "compare --dataset wine none l2=0.1 --epochs 6 --jobs 1 -q".split()
N = 178
"""Rows of wine."""
SPOILED = 400
SAMPLE = 20
"""Every so many of them is read always."""


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Reports in accuracy, which keep bits, and in log loss, which keep numbers."""
    folder = tmp_path_factory.mktemp("sound")
    loss = ["--metric", "log_loss", "--row-scores"]
    for name, more in {"bits.json": [], "numbers.json": loss}.items():
        done = run_here([*WINE, *more, "-o", name], folder)
        assert done.code == 0, done.err
    return {each.name: each.read_bytes() for each in folder.iterdir()}


def read(document: Any, folder: Path, sound: bytes) -> Done:
    """How a document and a sound report are compared."""
    (folder / "d.json").write_text(json.dumps(document), "utf-8")
    (folder / "r.json").write_bytes(sound)
    return run_here(["diff", "r.json", "d.json"], folder)


# Damage


def bits(*rows: int) -> str:
    """These rows of wine, marked."""
    marks = np.zeros(N, bool)
    marks[list(rows)] = True
    return b64encode(np.packbits(marks).tobytes()).decode()


def numbers(values: Any, dtype: str) -> str:
    """As a report has them."""
    return b64encode(np.asarray(values, dtype).tobytes()).decode()


def put(*place: Any, value: Any) -> Callable[[dict[str, Any]], None]:
    """Another value at a place of the document."""

    def change(document: dict[str, Any]) -> None:
        part: Any = document
        for step in place[:-1]:
            part = part[step]
        part[place[-1]] = value

    return change


def twice(part: str) -> Callable[[dict[str, Any]], None]:
    """The first split, or run, once more at the end."""
    return lambda document: document["rows"][part].append(deepcopy(document["rows"][part][0]))


def without_rows(status: str, score: float | None) -> Callable[[dict[str, Any]], None]:
    """The first run ends otherwise, and nothing is kept of its rows."""

    def change(document: dict[str, Any]) -> None:
        del document["rows"]["runs"][0]
        document["runs"][0] |= {"status": status, "test_accuracy": score, "accuracy_gap": score}

    return change


def a_bit_is_another(document: dict[str, Any]) -> None:
    """A test row of the first run was classified otherwise."""
    run = document["rows"]["runs"][0]
    data = bytearray(b64decode(run["test"]))
    data[1] ^= 4
    run["test"] = b64encode(data).decode()


EVERY = bits(*range(N))
DAMAGE: dict[str, tuple[Callable[[dict[str, Any]], None], str]] = {
    "no base64 of a run": (
        put("rows", "runs", 3, "test", value="%%%"),
        "its 'rows.runs[3].test' is not base64",
    ),
    "no base64 of a split": (
        put("rows", "splits", 2, "train", value="AAA"),
        "its 'rows.splits[2].train' is not base64",
    ),
    "no base64 of groups": (
        put("rows", "groups", value="é"),
        "its 'rows.groups' is not base64",
    ),
    "too few bits": (
        put("rows", "runs", 0, "train", value="AAAA"),
        "its 'rows.runs[0].train' has 3 bytes where 18 are due",
    ),
    "half a number": (
        put("rows", "groups", value="AAAA"),
        "its 'rows.groups' has 3 bytes where 712 are due",
    ),
    "a group below 0": (
        put("rows", "groups", value=numbers([-1] * N, "<i4")),
        "its 'rows.groups' has a number that is not from 0 to 177",
    ),
    "a group beyond the rows": (
        put("rows", "groups", value=numbers([N] * N, "<i4")),
        "its 'rows.groups' has a number that is not from 0 to 177",
    ),
    "no test row": (
        put("rows", "splits", 1, "test", value=bits()),
        "its 'rows.splits[1].test' marks no row",
    ),
    "no training row": (
        put("rows", "splits", 1, "train", value=bits()),
        "its 'rows.splits[1].train' marks no row",
    ),
    "test rows that are training rows": (
        put("rows", "splits", 4, "train", value=EVERY),
        "its 'rows.splits[4]' has 36 of its rows in both 'train' and 'test'",
    ),
    "a split twice": (twice("splits"), "its 'rows.splits[10]' is a second one of seed 0"),
    "a run twice": (twice("runs"), "its 'rows.runs[20]' is a second one of 'none' under seed 0"),
    "no split": (put("rows", "splits", value=[]), "its 'rows.splits' is empty"),
    "a seed without a split": (
        put("rows", "runs", 5, "seed", value=77),
        "its 'rows.runs[5].seed' is 77, and no split has that seed",
    ),
    "a method of another report": (
        put("rows", "runs", 5, "method", value="l1"),
        "its 'rows.runs' lacks 'none' under seed 5",
    ),
    "a run of no method": (
        lambda document: document["rows"]["runs"].append(
            document["rows"]["runs"][0] | {"method": "l1"}
        ),
        "its 'rows.runs[20]' is of 'l1' under seed 0, and 'runs' has none such",
    ),
    "a stopped run with a score": (
        without_rows("dead", 0.5),
        "its 'rows.runs' lacks 'none' under seed 0",
    ),
    "a finished run without rows": (
        without_rows("ok", None),
        "its 'rows.runs' lacks 'none' under seed 0",
    ),
    "other rows than the data": (
        put("rows", "rows", value=10**12),
        "its 'rows.rows' is 1000000000000, and its 'plan.data.rows' 178",
    ),
    "a row right that was wrong": (
        a_bit_is_another,
        "its 'rows.runs[0].test' makes a score of 0.916666667, and its 'test_accuracy' is",
    ),
    "another score": (
        put("runs", 0, "train_accuracy", value=0.25),
        "and its 'train_accuracy' is 0.25",
    ),
    "true": (put("rows", "rows", value=True), "'rows.rows' is true: expected a whole number"),
    "a float": (put("rows", "rows", value=178.0), "'rows.rows' is 178.0: expected a whole number"),
    "a negative count": (put("rows", "rows", value=-1), "'rows.rows' is -1"),
    "a huge number": (put("rows", "rows", value=10**400), "is not JSON"),
    "a negative seed": (put("rows", "splits", 0, "seed", value=-3), "'rows.splits[0].seed' is -3"),
    "null": (put("rows", value=None), "'rows' is null: expected an object"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_named(name: str, sound: dict[str, bytes], tmp_path: Path) -> None:
    """In one line, by its key."""
    change, said = DAMAGE[name]
    document = json.loads(sound["bits.json"])
    change(document)
    done = read(document, tmp_path, sound["bits.json"])
    assert (done.code, done.out) == (1, "")
    assert said in done.err and done.err.count("\n") == 1, done.err
    assert done.err.startswith("Error: 'd.json' is"), done.err


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_named(value: float, sound: dict[str, bytes], tmp_path: Path) -> None:
    """Where the score is one."""
    document = json.loads(sound["numbers.json"])
    run = document["rows"]["runs"][7]
    shares = np.frombuffer(b64decode(run["test"]), "<f4").copy()
    shares[3] = value
    run["test"] = numbers(shares, "<f4")
    done = read(document, tmp_path, sound["numbers.json"])
    assert done.err == (
        "Error: 'd.json' is a damaged report: its 'rows.runs[7].test' has a number that is not finite\n"
    )


@pytest.mark.parametrize("splits", [True, False])
def test_a_number_of_rows_alone_takes_no_memory(
    splits: bool, sound: dict[str, bytes], tmp_path: Path
) -> None:
    """Not even where the plan says the same."""
    document = json.loads(sound["bits.json"])
    document["rows"]["rows"] = document["plan"]["data"]["rows"] = 10**12
    document["rows"]["runs"] = []
    if not splits:
        document["rows"]["splits"] = []
    tracemalloc.start()
    done = read(document, tmp_path, sound["bits.json"])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert done.code == 1 and "its 'rows.splits" in done.err
    assert peak < 100e6


def test_a_stopped_run_without_a_score_needs_no_rows(
    sound: dict[str, bytes], tmp_path: Path
) -> None:
    """It is a lost pair, as in a summary."""
    document = json.loads(sound["bits.json"])
    del document["rows"]["runs"][0]
    scores = [name for name in document["runs"][0] if "accuracy" in name]
    document["runs"][0] |= {"status": "dead"} | dict.fromkeys(scores)
    done = read(document, tmp_path, sound["bits.json"])
    assert done.code == 0 and "1 of 10 pairs lost" in done.out, done.err
    assert "two-way over rows and seeds" in done.out


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_shares_that_no_float32_holds_are_read_back(dtype: str, tmp_path: Path) -> None:
    """A test row far away makes a score of -1e47, and says no more about it than that."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=300)
    lines = [f"{a},{b},{a}" for a, b in zip(x, rng.normal(size=300), strict=True)]
    lines[7] = "1e25,0,0"
    (tmp_path / "far.csv").write_text("\n".join(["a,b,y", *lines]), "utf-8")
    words = ["compare", "--dataset", "far.csv", "--target", "y", "--metric", "r2", "--row-scores"]
    train = ["none", "l2=0.1", "--epochs", "2", "--jobs", "1", "--dtype", dtype, "-q"]
    done = run_here([*words, *train, "-o", "far.json"], tmp_path)
    assert (done.code, done.err) == (0, "")
    assert json.loads(done.file("far.json"))["summary"][0]["test_mean"] < -1e38
    shown = run_here([*words[:3], *words[3:], *train], tmp_path)
    report = run_here(["report", "far.json"], tmp_path)
    assert (report.code, report.err, report.out) == (0, "", shown.out)
    assert run_here(["diff", "far.json", "far.json"], tmp_path).code == 0


# What rounding allows


@given(st.integers(0, 2**32 - 1), st.sampled_from(sorted(METRICS)), st.integers(-60, 30))
def test_what_is_kept_agrees_with_the_score(seed: int, name: str, power: int) -> None:
    """Within half of what is allowed, for losses of any size; a number more or less is beyond it."""
    metric, rng = METRICS[name], np.random.default_rng(seed)
    n = int(rng.integers(2, 300))
    losses = 10.0**power * rng.gamma(0.3, size=n)
    rows = Outcomes(losses, rng.normal(size=n), None, 2.5)
    if metric.task == "classification":
        rows = Outcomes(losses, rng.integers(0, 4, n), rng.random(n) < 0.7)
    shares, score = metric.shares_of(metric.kept(rows), n), metric.score(rows)
    assert score is not None
    slack = 2.0**-149 * n
    assert abs(shares.sum() - score) <= ROUNDING / 2 * np.abs(shares).sum() + slack
    largest = np.abs(shares).max()
    assert largest == 0 or largest > ROUNDING * np.abs(shares).sum()


# Anything


def at_random(rng: Random, document: Any) -> Any:
    """The document with values of its rows, or of its runs, that are others."""
    for _ in range(rng.choice((1, 1, 2, 4))):
        change = rng.choice((respell, empty, stop, any_value, any_value))
        try:
            change(rng, document)
        except (AttributeError, KeyError, IndexError, TypeError, ValueError):
            continue  # another change took away what this one is about
    return document


def any_value(rng: Random, document: Any) -> None:
    """Any value in the rows or the runs is another, gone or there twice."""
    part = rng.choice(("rows", "rows", "runs"))
    document[part] = spoiled(rng, {part: document[part]})[part]


def respell(rng: Random, document: Any) -> None:
    """Other bytes in a text of base64, or in its letters."""
    each = rng.choice(document["rows"][rng.choice(("splits", "runs"))])
    side = rng.choice(("train", "test"))
    if rng.randrange(2):
        each[side] = damaged(rng, each[side].encode()).decode("latin-1")
    else:
        data = bytearray(b64decode(each[side]))
        data[rng.randrange(len(data))] ^= rng.randrange(256)
        each[side] = b64encode(data).decode()


def empty(rng: Random, document: Any) -> None:
    """A split has no rows on one side, and its runs none there, either."""
    split, side = rng.choice(document["rows"]["splits"]), rng.choice(("train", "test"))
    split[side] = b64encode(bytes(len(b64decode(split[side])))).decode()
    for run in document["rows"]["runs"]:
        if run["seed"] == split["seed"]:
            run[side] = ""


def stop(rng: Random, document: Any) -> None:
    """A run was stopped, and has no rows; with and without its scores."""
    run = rng.choice(document["runs"])
    run["status"] = "diverged"
    own = run["method"], run["seed"]
    rows = document["rows"]
    rows["runs"] = [each for each in rows["runs"] if (each["method"], each["seed"]) != own]
    if rng.randrange(2):
        run |= {key: None for key in run if key.startswith(("train_", "test_")) or "gap" in key}


def numbered() -> Iterator[Any]:
    """Each report's number; all but a sample belong to the full tests."""
    for number in range(SPOILED):
        yield pytest.param(number, marks=() if number % SAMPLE == 0 else (pytest.mark.full,))


@pytest.mark.parametrize("number", list(numbered()))
def test_any_rows_end_well(number: int, sound: dict[str, bytes], tmp_path: Path) -> None:
    """In a comparison, or in one line."""
    rng = Random(number)
    name = rng.choice(sorted(sound))
    document = at_random(rng, json.loads(sound[name]))
    files = {"d.json": json.dumps(document).encode(), "r.json": sound[name]}
    both = rng.choice((("r.json", "d.json"), ("d.json", "r.json"), ("d.json", "d.json")))
    words = ("diff", *both)
    for file, data in files.items():
        (tmp_path / file).write_bytes(data)
    assert_ended_well(run_here(words, tmp_path), Given(words, files))


def test_what_is_sound_is_read(sound: dict[str, bytes], tmp_path: Path) -> None:
    """Both, so that nothing above is refused for another reason."""
    for name, data in sound.items():
        (tmp_path / name).write_bytes(data)
        report = read_report(str(tmp_path / name))
        assert report.rows is not None and len(report.rows.kept) == 20

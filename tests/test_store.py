"""The store of finished runs: nothing is trained twice, nothing is lost, and no bit depends on it."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
import zlib
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commands import SCRIPT, environment, run, run_here
from hypothesis import given
from hypothesis import strategies as st

import regcmp
from regcmp.data.loading import load_dataset
from regcmp.engine import NUMERICS
from regcmp.engine.measuring import Record
from regcmp.engine.regularizers import REGISTRY
from regcmp.engine.training import Trained
from regcmp.plan import make_plan
from regcmp.runs.condition import Condition, Run
from regcmp.runs.numerics import Machine, numerics
from regcmp.runs.run_bytes import decoded, encoded
from regcmp.runs.store import Label, Store, StoreError

QUICK: dict[str, Any] = {"epochs": 8, "hidden": 8, "seeds": 3, "jobs": 1}
SAMPLES: list[tuple[str, str, dict[str, Any]]] = [
    ("wine", "none l1 l2=0.1 dropout", {}),
    ("wine", "none earlystop=2 snapshot", {"metric": "log_loss", "row_scores": True}),
    ("wine", "none tune:l2 earlystop", {"trials": 2, "label_noise": 0.2}),
    ("wine", "none tune:l2=0.1,1", {"refit": False, "tune": ["lr=0.01,0.1"]}),
    ("iris", "none l2", {"metric": "balanced_accuracy", "row_scores": True, "class_weight": "balanced"}),
    ("diabetes", "none l2=0.1 noise", {"noise_features": 3, "reference": "majority,linear"}),
    ("wine", "none l2", {"optimizer": "sgd", "lr": 1e25}),
    ("moons:n=60", "none dropout", {"vary": "init"}),
    ("digits", "none dropblock", {"arch": "cnn", "epochs": 1, "train_size": 60, "hidden": (64, 64)}),
]  # fmt: skip


def without_timing(comparison: Any) -> dict[str, Any]:
    """All that a report has but for what two equal commands do not share."""
    document: dict[str, Any] = json.loads(comparison.to_json())
    del document["timing"]
    return document


def count(path: Path) -> int:
    """How many runs a store has."""
    with closing(Store(path)) as store:
        return store.count


@pytest.mark.parametrize(("dataset", "methods", "options"), SAMPLES)
def test_reports_are_the_same_with_and_without_a_store(
    dataset: str, methods: str, options: dict[str, Any], tmp_path: Path
) -> None:
    """While it is filled, and when all is taken from it."""
    options = QUICK | options
    path = tmp_path / "runs.sqlite"
    plain = regcmp.compare(dataset, methods, **options)
    first = regcmp.compare(dataset, methods, store=str(path), **options)
    kept = count(path)
    again = regcmp.compare(dataset, methods, store=str(path), **options)
    assert kept == count(path) > 0
    for other in (first, again):
        assert other.to_csv() == plain.to_csv()
        assert without_timing(other) == without_timing(plain)


def said(store: Path, *words: str, **variables: str) -> tuple[int, int]:
    """How many runs a command took from a store, and of how many; what it prints aside."""
    command = [
        "compare",
        "--dataset",
        "wine",
        "--epochs",
        "3",
        "--hidden",
        "4",
        "--jobs",
        "1",
        *words,
    ]
    done = run_here([*command, "--store", str(store)], store.parent, variables)
    assert done.code == 0, done.err
    if not done.err:
        return 0, 0
    taken, of = done.err.split(" runs from ")[0].split(" of ")
    return int(taken), int(of)


def test_only_what_is_new_is_trained(tmp_path: Path) -> None:
    """One method more, ten seeds more, another baseline, order, output, jobs, seeds, gates."""
    path = tmp_path / "runs.sqlite"
    assert said(path, "none", "l2", "--seeds", "3") == (0, 0)
    assert said(path, "none", "l2", "dropout", "--seeds", "3") == (6, 9)
    assert said(path, "none", "l2", "--seeds", "5") == (6, 10)
    assert said(path, "dropout", "l2", "--baseline", "l2", "--seeds", "3") == (6, 6)
    more = ["--jobs", "2", "-o", "o.csv", "--sort", "score", "--reference", "none"]
    gate = ["--warn-if", "test_mean(l2) < 0", "--significance-test", "nadeau-bengio", "-q"]
    assert said(path, "none", "l2", "--seeds", "2", *more) == (4, 4)
    assert said(path, "none", "l2", "--seeds", "2", *gate) == (0, 0), "quiet"
    assert said(path, "none", "l2", "--seed", "1", "--seeds", "2") == (4, 4)
    # What rows add to another score is not known.
    assert said(path, "none", "l2", "--seeds", "2", "--metric", "log_loss") == (0, 0)
    assert said(path, "none", "l2", "--seeds", "2", "--metric", "log_loss") == (4, 4)
    assert said(path, "none", "l2", "--seeds", "2") == (4, 4)


@pytest.mark.parametrize(
    "words",
    [["--lr", "0.01"], ["--epochs", "4"], ["--test-size", "0.3"], ["--train-size", "60"],
     ["--label-noise", "0.1"], ["--noise-features", "1"], ["--class-weight", "balanced"],
     ["--dtype", "float64"],
     ["--validation-size", "0.2"], ["--hidden", "5"], ["--activation", "tanh"], ["--init", "lecun"],
     ["--optimizer", "sgd"], ["--schedule", "cosine"], ["--batch-size", "7"], ["--max-dead", "0.5"],
     ["--max-dropped", "0.9"], ["--drop", "alcohol"], ["--groups", "content"], ["--groups", "hue"],
     ["--order", "hue"], ["--weight", "hue"], ["--folds", "2", "--seeds", "2"]],
)  # fmt: skip
def test_what_decides_a_number_is_in_the_key(words: list[str], tmp_path: Path) -> None:
    """No run is taken for one that was trained in another way."""
    path = tmp_path / "runs.sqlite"
    said(path, "l2", "--seeds", "1")
    assert said(path, "l2", "--seeds", "1", *words)[0] == 0


def test_a_key_holds_the_machine_and_the_version_of_the_numbers() -> None:
    """And a tuned setting, and the epoch that a run is judged at."""
    plan, data = make_plan("wine", "none l2=0.1"), load_dataset("wine")
    run = Run(plan.methods[1], 0)  # type: ignore[arg-type]
    keys = {
        Condition(plan, data).key(each)
        for each in (run, replace(run, setting=(("lr", 0.1),)), replace(run, until=3))
    }
    for other in ("engine", "packages", "machine", "blas", "features"):
        keys.add(Condition(plan, data).key(run, Machine("", numerics() | {other: 0})))
    assert len(keys) == 8


floats = st.floats(allow_nan=True, allow_infinity=True)


@given(st.lists(floats, min_size=3, max_size=3), st.integers(0, 3), st.booleans())
def test_a_run_is_read_back_to_the_last_bit(values: list[float], n: int, stopped: bool) -> None:
    """Whatever its numbers are."""
    scores = dict(zip(("accuracy", "loss", "r2"), values, strict=True))
    history = (Record(0, scores, {}, None, 0.5, True), Record(4, scores, scores, scores))
    kept = (np.arange(n, dtype="u1"), np.arange(3, dtype="u1"))
    ended = Trained("dead" if stopped else "ok", history, np.zeros(0), values[0], 3 if stopped else None,
                    None, (1, 2, n), None, None, None if stopped else kept)  # fmt: skip
    marks = [None, None] if stopped else [zlib.compress(each.tobytes()) for each in kept]
    again = decoded(encoded(ended), "accuracy", marks)
    assert again is not None and encoded(again) == encoded(ended)
    assert repr(again.history) == repr(ended.history)


# Damage


SIX = ["compare", "--dataset", "wine", "none", "l2", "--seeds", "3", "--epochs", "3", "--hidden", "4",
       "--jobs", "1"]  # fmt: skip
"""The comparison whose six runs ``filled`` keeps."""


def filled(path: Path) -> Path:
    """A store with the six runs of a small comparison."""
    said(path, "none", "l2", "--seeds", "3")
    return path


@pytest.mark.parametrize("share", [0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99])
def test_a_truncated_store_loses_no_result(share: float, tmp_path: Path) -> None:
    """As a power cut may leave it: one line, or a warning and the same table."""
    path = filled(tmp_path / "runs.sqlite")
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    plain = run_here(SIX, tmp_path)
    done = run_here([*SIX, "--store", str(path)], tmp_path)
    assert done.err.count("\n") <= 1 and "Traceback" not in done.err
    assert done.code == 1 or (done.code == 0 and done.out == plain.out)


def test_a_damaged_run_is_trained_again(tmp_path: Path) -> None:
    """And takes the place of what was damaged."""
    path = filled(tmp_path / "runs.sqlite")
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE runs SET body = 'x' WHERE seed = 1")
        connection.execute(
            "UPDATE marks SET test = 'x' WHERE key IN (SELECT key FROM runs WHERE seed = 2)"
        )
    connection.close()
    assert said(path, "none", "l2", "--seeds", "3") == (2, 6)
    assert said(path, "none", "l2", "--seeds", "3") == (6, 6)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda p: p.write_text("a,b\n1,2\n" * 100), "is not an SQLite file"),
        (lambda p: p.mkdir(), "can't be opened"),
        (lambda p: sqlite3.connect(p).execute("CREATE TABLE t (a)"), "not a store of regcmp"),
        (lambda p: newer(p), "is a store of version 9"),
    ],
)
def test_a_file_that_is_no_store_is_refused_and_left_alone(
    make: Any, said: str, tmp_path: Path
) -> None:
    """Before anything is trained."""
    path = tmp_path / "runs.sqlite"
    make(path)
    before = path.read_bytes() if path.is_file() else b""
    done = run_here(["compare", "--dataset", "iris", "--store", str(path)], tmp_path)
    assert done.code == 1 and done.err.count("\n") == 1 and said in done.err and not done.out
    assert (path.read_bytes() if path.is_file() else b"") == before


def newer(path: Path) -> None:
    """A store of a later regcmp."""
    Store(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 9")


def test_a_locked_store_is_done_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once the wait is over, with a warning; the table is the same."""
    path = filled(tmp_path / "runs.sqlite")
    monkeypatch.setattr("regcmp.runs.store.WAIT_SECONDS", 0.05)
    words = ["compare", "--dataset", "wine", "l1", "--seeds", "2", "--epochs", "3", "--jobs", "1"]
    plain = run_here(words, tmp_path)
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        done = run_here([*words, "--store", str(path)], tmp_path)
    assert done.code == 0 and done.out == plain.out
    assert "another command holds it" in done.err and "goes on without it" in done.err


def test_a_full_disk_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was kept stays."""
    path = filled(tmp_path / "runs.sqlite")
    prepare = Store._prepare

    def full(self: Store, *, is_new: bool) -> None:
        prepare(self, is_new=is_new)
        self.connection.execute(f"PRAGMA max_page_count = {self._number('page_count')}")

    monkeypatch.setattr(Store, "_prepare", full)
    words = ["compare", "--dataset", "wine", "--seeds", "40", "--epochs", "1", "--jobs", "1"]
    done = run_here([*words, "--store", str(path)], tmp_path)
    assert done.code == 0 and "the disk is full" in done.err and "40" in done.out
    monkeypatch.undo()
    assert said(path, "none", "l2", "--seeds", "3") == (6, 6)


def test_a_check_of_the_store_trains_a_tenth_again(tmp_path: Path) -> None:
    """And names a run whose bits are others."""
    path = filled(tmp_path / "runs.sqlite")
    words = [*SIX, "--store", str(path), "--verify-store"]
    done = run_here(words, tmp_path)
    assert (
        done.code == 0
        and "5 of 6 runs from" in done.err
        and "1 trained again, with the same bits" in done.err
    )
    with closing(Store(path)) as store:
        for key, body in store.connection.execute("SELECT key, body FROM runs").fetchall():
            store.connection.execute("UPDATE runs SET body = ? WHERE key = ?", (spoilt(body), key))
    done = run_here(words, tmp_path)
    assert (
        done.code == 1 and "was trained to other numbers" in done.err and done.err.count("\n") == 1
    )


def spoilt(body: bytes) -> bytes:
    """A run of which one number is another."""
    values = json.loads(zlib.decompress(body))
    values["history"][-1]["train"]["loss"] += 1e-9
    return zlib.compress(json.dumps(values).encode())


# Being killed, and being two


def command(folder: Path, store: str) -> list[str]:
    """A comparison of many short stacks."""
    return [SCRIPT, "compare", "--dataset", "wine", *"none l1 l2 dropout tune:l2=0.1,1".split(),
            "--seeds", "12", "--epochs", "40", "--jobs", "1", "--store", store,
            "-o", str(folder / "o.csv"), "--runs", str(folder / "r.csv"), "--force", "-q"]  # fmt: skip


def outputs(folder: Path) -> list[bytes]:
    """What a command wrote."""
    return [(folder / name).read_bytes() for name in ("o.csv", "r.csv")]


def killed(words: list[str], after: float, how: int) -> int:
    """Run a command, end it by a signal after some seconds, and give its exit code."""
    process = subprocess.Popen(words, env=environment(), stderr=subprocess.DEVNULL)
    try:
        return process.wait(timeout=after)
    except subprocess.TimeoutExpired:
        process.send_signal(how)
        return process.wait()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """What the command writes that nothing ends."""
    folder = tmp_path_factory.mktemp("undisturbed")
    assert killed(command(folder, "off"), 60, signal.SIGTERM) == 0
    return outputs(folder)


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals")
@pytest.mark.parametrize(
    "turn", [pytest.param(i, marks=pytest.mark.full if i else ()) for i in range(20)]
)
def test_a_killed_command_goes_on_where_it_was(
    turn: int, undisturbed: list[bytes], tmp_path: Path
) -> None:
    """At random times, by the signals that end a process: the resumed result has the same bytes."""
    rng = random.Random(turn)
    path = tmp_path / "runs.sqlite"
    killed(command(tmp_path, str(path)), rng.uniform(0.8, 3.0), KINDS[turn % 3])
    kept = count(path) if path.exists() and path.stat().st_size else 0
    (tmp_path / "o.csv").unlink(missing_ok=True)
    assert killed(command(tmp_path, str(path)), 60, signal.SIGTERM) == 0
    assert outputs(tmp_path) == undisturbed
    assert count(path) >= kept, "a run was lost"


KINDS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)


def test_two_commands_fill_one_store(tmp_path: Path) -> None:
    """At once, from the first: both end well, and each run is there once."""
    words = [
        SCRIPT,
        "compare",
        "--dataset",
        "wine",
        "--seeds",
        "6",
        "--epochs",
        "10",
        "--jobs",
        "1",
        "--store",
        "s",
    ]
    both = [
        subprocess.Popen(
            words, cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for _ in range(2)
    ]
    ends = [each.communicate(timeout=100) for each in both]
    assert [each.returncode for each in both] == [0, 0], ends
    assert ends[0][0] == ends[1][0] and not any(b"Warning" in each[1] for each in ends)
    assert count(tmp_path / "s") == 24


# The store of the cache folder, and its command


@pytest.fixture
def cache(tmp_path: Path) -> dict[str, str]:
    """The environment of a user with a cache folder of his own, and no word on the store."""
    return {"XDG_CACHE_HOME": str(tmp_path / "cache"), "HOME": str(tmp_path), "REGCMP_STORE": ""}


@pytest.mark.skipif(sys.platform != "linux", reason="of the folder's name")
def test_a_command_keeps_its_runs_without_being_asked(
    tmp_path: Path, cache: dict[str, str]
) -> None:
    """In the cache folder; off keeps none; a folder that can't be written to is a warning."""
    words = [
        "compare",
        "--dataset",
        "iris",
        "none",
        "l2",
        "--seeds",
        "2",
        "--epochs",
        "2",
        "--jobs",
        "1",
    ]
    assert run(words, tmp_path, cache | {"REGCMP_STORE": "off"}).err == ""
    assert not (tmp_path / "cache").exists()
    assert run(words, tmp_path, cache).err == ""
    path = tmp_path / "cache" / "regcmp" / "runs.sqlite"
    assert count(path) == 4
    again = run(words, tmp_path, cache)
    assert again.err == f"4 of 4 runs from '{path}'\n"
    assert run([*words, "--store", "off"], tmp_path, cache).err == ""
    listed = run(["store"], tmp_path, cache).out
    assert listed.startswith(f"{path}: 4 runs") and "iris" in listed and "today" in listed
    blocked = tmp_path / "file"
    blocked.write_text("")
    done = run(words, tmp_path, cache | {"XDG_CACHE_HOME": str(blocked)})
    assert done.code == 0 and "runs are not kept" in done.err and done.err.count("\n") == 1


def test_the_oldest_runs_go_first(tmp_path: Path) -> None:
    """Until the file is no larger than it may be."""
    path = filled(tmp_path / "runs.sqlite")
    with closing(Store(path)) as store:
        one = decoded(
            store.connection.execute("SELECT body FROM runs").fetchone()[0], "accuracy", []
        )
        assert one is None  # without its marks
        body = store.connection.execute("SELECT body FROM runs").fetchone()[0]
        for i in range(300):
            row = (f"k{i}", "old", "m", i, "h", float(i), 0.0, bytes(os.urandom(2000)) + body)
            store.connection.execute("INSERT INTO runs VALUES (?,?,?,?,?,?,?,?)", row)
        gone = store.prune(200_000)
        assert gone > 200 and store.size <= 200_000 and path.stat().st_size <= 200_000
        left = [
            row[0]
            for row in store.connection.execute("SELECT seed FROM runs WHERE dataset = 'old'")
        ]
        assert sorted(left) == list(range(min(left), 300)), "a later run went before an earlier one"
    assert said(path, "none", "l2", "--seeds", "3") == (6, 6)


def test_runs_are_carried_between_machines(tmp_path: Path) -> None:
    """By export and import; those that another machine trained are named."""
    path = filled(tmp_path / "runs.sqlite")
    name = ["--store", str(path)]
    assert (
        run_here(["store", "export", "e.sqlite", *name], tmp_path).out
        == "6 runs written to e.sqlite\n"
    )
    with closing(sqlite3.connect(tmp_path / "e.sqlite")) as connection, connection:
        connection.execute("UPDATE runs SET host = 'another'")
    other = ["--store", str(tmp_path / "n.sqlite")]
    assert (
        run_here(["store", "import", "e.sqlite", *other], tmp_path).out
        == "6 runs read from e.sqlite\n"
    )
    assert (
        run_here(["store", "import", "e.sqlite", *other], tmp_path).out
        == "0 runs read from e.sqlite\n"
    )
    done = run_here([*SIX, *other], tmp_path)
    assert "6 of 6 runs from" in done.err and "6 of them trained on another machine" in done.err
    assert run_here(["store", "--clear", *other], tmp_path).out.startswith("6 runs deleted")
    assert run_here(["store", "--prune", "10MB", *name], tmp_path).out.startswith("0 runs deleted")
    for wrong, said in (
        (["export"], "expected a file"),
        (["import", "none.sqlite"], "no such file"),
        (["list", "x"], "expected no file"),
        (["--prune", "many"], "many"),
        (["--store", "o.csv"], ""),
    ):
        done = run_here(["store", *wrong, *([] if "--store" in wrong else name)], tmp_path)
        assert done.err.count("\n") <= 1 and said in done.err and "Traceback" not in done.err


def test_the_store_has_no_row_of_data(tmp_path: Path) -> None:
    """No value of a cell, no name of a class or a column stands in the file."""
    rng = np.random.default_rng(0)
    cells = [f"{v:.9f}" for v in rng.normal(size=120)]
    rows = "".join(
        f"{cells[2 * i]},{cells[2 * i + 1]},{'secretA' if i % 2 else 'secretB'}\n"
        for i in range(60)
    )
    (tmp_path / "d.csv").write_text(f"columnX,columnY,y\n{rows}")
    words = [
        "compare",
        "--dataset",
        "d.csv",
        "--epochs",
        "2",
        "--seeds",
        "2",
        "--jobs",
        "1",
        "--metric",
        "log_loss",
    ]
    assert run_here([*words, "--store", "s", "--row-scores"], tmp_path).code == 0
    import zlib

    with closing(sqlite3.connect(tmp_path / "s")) as connection:
        bodies = [zlib.decompress(row[0]) for row in connection.execute("SELECT body FROM runs")]
    data = b"".join([(tmp_path / "s").read_bytes(), *bodies])
    assert not any(each.encode() in data for each in (*cells, "secretA", "columnX"))


# The version of the numbers

GOLDEN = Path(__file__).parent / "numerics.json"


def numbers() -> dict[str, list[float]]:
    """What a short training of each regularizer gives, in float64, to nine digits."""
    names = [name for name, each in REGISTRY.items() if not each.needs and name not in SHAPED]
    found = {}
    for optimizer in ("adam", "sgd", "nesterov", "momentum"):
        chosen = names if optimizer == "adam" else ["none", "l2"]
        comparison = regcmp.compare(
            "iris",
            chosen,
            seeds=1,
            epochs=3,
            hidden=(6, 6),
            dtype="float64",
            optimizer=optimizer,
            jobs=1,
        )
        for row in comparison.runs.itertuples():
            found[f"{optimizer} {row.method}"] = [
                float(f"{row.train_loss:.9g}"),
                float(f"{row.test_loss:.9g}"),
            ]
    return found


SHAPED = ("spatialdropout", "dropblock", "dropwalk", "shift")


def test_other_numbers_are_another_version() -> None:
    """Where this fails, raise NUMERICS in regcmp/engine and write the file anew: REGCMP_GOLDEN=write."""
    found = numbers()
    if os.environ.get("REGCMP_GOLDEN") == "write":
        GOLDEN.write_text(json.dumps({"version": NUMERICS, "numbers": found}, indent=1) + "\n")
    kept = json.loads(GOLDEN.read_text())
    assert kept["version"] == NUMERICS
    assert found.keys() == kept["numbers"].keys()
    for name, values in kept["numbers"].items():
        assert found[name] == pytest.approx(values, rel=1e-6), name


@pytest.mark.parametrize(
    "spoil",
    [
        lambda v: v | {"status": "fine"},
        lambda v: v | {"weights": ["1"]},
        lambda v: v | {"nonzero_fraction": "all"},
        lambda v: v | {"selected": 0.5},
        lambda v: v | {"history": [v["history"][0] | {"train": {"accuracy": "1"}}]},
        lambda v: v | {"history": [v["history"][0] | {"train": [1]}]},
        lambda v: v | {"history": {"a": 1}},
        lambda v: v | {"more": 1},
        lambda v: [v],
        lambda v: {"status": v["status"]},
    ],
)
def test_a_run_of_other_kinds_of_values_is_trained(spoil: Any, tmp_path: Path) -> None:
    """As one that is not there: an imported file may have been made by anybody."""
    path = filled(tmp_path / "runs.sqlite")
    with closing(Store(path)) as store:
        for key, body in store.connection.execute("SELECT key, body FROM runs").fetchall():
            values = json.dumps(spoil(json.loads(zlib.decompress(body))))
            spoilt_body = zlib.compress(values.encode())
            store.connection.execute("UPDATE runs SET body = ? WHERE key = ?", (spoilt_body, key))
    assert said(path, "none", "l2", "--seeds", "3") == (0, 0)
    assert said(path, "none", "l2", "--seeds", "3") == (6, 6)


@pytest.mark.parametrize("column", ["body", "train"])
def test_a_bomb_is_not_inflated(
    column: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does it end the command."""
    monkeypatch.setattr("regcmp.runs.run_bytes.MOST_BYTES", 100_000)
    path = filled(tmp_path / "runs.sqlite")
    table = "runs" if column == "body" else "marks"
    with closing(Store(path)) as store:
        bomb = zlib.compress(b" " * 100_001)
        store.connection.execute(f"UPDATE {table} SET {column} = ?", (bomb,))
    assert said(path, "none", "l2", "--seeds", "3") == (0, 0)


def test_no_store_wins_over_a_named_one(tmp_path: Path) -> None:
    """On the command line, in the environment and in Python."""
    words = ["compare", "--dataset", "wine", "l1", "--seeds", "2", "--epochs", "3", "--jobs", "1"]
    for extra, variables in (
        (["--no-store", "--store", "s"], {}),
        (["--no-store"], {"REGCMP_STORE": "s"}),
        (["--store", "s"], {"REGCMP_COMPARE_NO_STORE": "1"}),
    ):
        assert run_here([*words, *extra], tmp_path, variables).code == 0
        assert not list(tmp_path.iterdir()), extra
    regcmp.compare(
        "wine", "l1", seeds=2, epochs=3, jobs=1, store=str(tmp_path / "s"), no_store=True
    )
    assert not list(tmp_path.iterdir())


def test_a_label_is_what_is_listed(tmp_path: Path) -> None:
    """All of a stack is kept, or nothing of it."""
    with closing(Store(tmp_path / "s")) as store:
        run = Trained("ok", (Record(1, {}, {}),), np.zeros(0), 1.0, kept=(np.zeros(1, "u1"),) * 2)
        label = Label("d", "m", 0, "here")
        broken = replace(run, kept=(np.zeros(1, "u1"), None))
        with pytest.raises(AttributeError):
            store.put(
                [("a", label, run, 1.0), ("b", label, broken, 1.0)],
                "accuracy",
            )
        assert store.count == 0
        store.put([("a", Label("d", "m", 0, "here"), run, 1.0)], "accuracy")
        assert store.listed()[0][:2] == ("d", 1) and store.listed()[0][3] <= time.time()
    with pytest.raises(StoreError):
        store.found(["a"], "accuracy")


def test_what_a_map_shows_is_kept(tmp_path: Path) -> None:
    """No run is trained again for it, also where the store was filled without a map of this seed."""
    words = ["compare", "--dataset", "moons:n=60", "none", "l2", "--seeds", "3", "--epochs", "4"]
    stored = [*words, "--jobs", "1", "--store", str(tmp_path / "s"), "--force", "-o", "a.json"]
    parts = []
    for seed, known in ((0, 0), (0, 6), (1, 2), (1, 6)):
        done = run_here([*stored, "--seed", str(seed)], tmp_path)
        assert (f"{known} of 6 runs from" in done.err) == (known > 0), done.err
        parts.append(json.loads((tmp_path / "a.json").read_text())["boundary"])
    # Under seed 1, the first one's networks were kept, but without what a map shows of them.
    assert parts[0] == parts[1] and parts[2] == parts[3] and parts[0] != parts[2]
    run_here([*words, "--seed", "1", "--force", "-o", "a.json"], tmp_path)
    assert json.loads((tmp_path / "a.json").read_text())["boundary"] == parts[2]
    assert len(parts[0]["methods"]) == 2

"""--predictions: what each run predicts for each of its test rows, from which its scores follow again."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import tracemalloc
import zlib
from contextlib import closing
from math import log
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from commands import run_here

import regcmp
from regcmp.data.loading import load_dataset
from regcmp.engine.stack import Keep
from regcmp.plan import make_plan
from regcmp.plan.settling import settle
from regcmp.report.csv_text import to_csv
from regcmp.runs.condition import Condition, Run
from regcmp.runs.estimating import estimate_of
from regcmp.runs.predicted import predicted
from regcmp.runs.stacking import stack_of
from regcmp.runs.store import Store
from regcmp.shares import unpacked

COLUMNS = ["dataset", "method", "seed", "row", "label", "prediction"]
QUICK: dict[str, Any] = {"epochs": 8, "hidden": 8, "seeds": 3, "reference": "none"}
MANY = "none l2=0.01,0.1 dropout=0.3 batchnorm ema snapshot=2 earlystop=2 mixup"
SAMPLES: list[tuple[str, str, dict[str, Any]]] = [
    ("iris", MANY, {"label_noise": 0.2}),
    ("breast_cancer", "none dropout snapshot=3", {"train_size": 60, "class_weight": "balanced"}),
    ("diabetes", MANY.replace(" mixup", ""), {}),
    ("wine", "none snapshot", {"dtype": "float64"}),
    ("diabetes", "none l2", {"dtype": "float64", "noise_features": 2}),
    ("wine", "none tune:l2 earlystop", {"trials": 3}),
    ("wine", "none tune:l2", {"trials": 3, "refit": False, "tune": ["lr=0.01,0.1"]}),
    ("moons:n=100", "none l2", {}),
    ("iris", "none dropout", {"vary": "init,order"}),
    ("digits", "none dropblock", {"arch": "cnn", "epochs": 1, "train_size": 60, "hidden": (64, 64)}),
]  # fmt: skip


def rows_of(text: bytes) -> dict[tuple[str, str], list[dict[str, str]]]:
    """The rows of a CSV file, by method and seed."""
    found: dict[tuple[str, str], list[dict[str, str]]] = {}
    for row in csv.DictReader(io.StringIO(text.decode(), newline="")):
        found.setdefault((row["method"], row["seed"]), []).append(row)
    return found


def words_of(dataset: str, methods: str, options: dict[str, Any]) -> list[str]:
    """The command of these options."""
    words = ["compare", "--dataset", dataset, *methods.split()]
    for name, value in (QUICK | options).items():
        flag = "--" + name.replace("_", "-")
        if value is False:
            words.append(flag.replace("--", "--no-", 1))
            continue
        for each in value if isinstance(value, list) else [value]:
            words += [flag, ",".join(map(str, each)) if isinstance(each, tuple) else str(each)]
    return words


def scores(rows: list[dict[str, str]]) -> dict[str, float]:
    """The test scores of a run, by their definitions."""
    classes = [name for name in rows[0] if name.startswith("p:")]
    if classes:
        right = [row["label"] == row["prediction"] for row in rows]
        losses = [-log(float(row["p:" + row["label"]])) for row in rows]
        return {
            "test_accuracy": sum(right) / len(right),
            "test_loss": sum(losses) / len(losses),
        }
    y, predictions = ([float(row[name]) for row in rows] for name in ("label", "prediction"))
    squares = sum((a - b) ** 2 for a, b in zip(y, predictions, strict=True))
    mean = sum(y) / len(y)
    return {
        "test_r2": 1 - squares / sum((a - mean) ** 2 for a in y),
        "test_rmse": (squares / len(y)) ** 0.5,
    }


@pytest.mark.parametrize(("dataset", "methods", "options"), SAMPLES)
def test_scores_follow_from_the_file(
    dataset: str, methods: str, options: dict[str, Any], tmp_path: Path
) -> None:
    """Of every run, with two workers; accuracy exactly, losses to the rounding of a probability."""
    words = [*words_of(dataset, methods, options), "--jobs", "2", "-q", "--runs", "r.csv"]
    done = run_here([*words, "--predictions", "p.csv"], tmp_path)
    assert done.code == 0, done.err
    found, runs = rows_of(done.file("p.csv")), rows_of(done.file("r.csv"))
    assert list(found) == list(runs)
    single = options.get("dtype", "float32") == "float32"
    for place, rows in found.items():
        given = scores(rows)
        (run,) = runs[place]
        for name, value in given.items():
            close = 1e-6 if single and name == "test_loss" else 1e-9
            assert value == pytest.approx(float(run[name]), rel=close, abs=close), (place, name)
        if "test_accuracy" in given:
            assert given["test_accuracy"] == float(run["test_accuracy"])
        for row in rows:
            shares = [float(row[name]) for name in row if name.startswith("p:")]
            if shares:
                assert sum(shares) == pytest.approx(1, abs=1e-6)
                assert float(row["p:" + row["prediction"]]) == max(shares)


def test_rows_and_labels_are_those_of_the_file(tmp_path: Path) -> None:
    """A row's number counts the lines below the header from 0, and its label is the cell's own word."""
    rng = np.random.default_rng(0)
    labels = [("=yes", "no, not", "ünsure")[i] for i in rng.integers(0, 3, 90)]
    lines = [[f"{each:.3f}" for each in rng.random(2)] + [label] for label in labels]
    text = io.StringIO()
    csv.writer(text).writerows([["a", "b", "kind"], *lines])
    (tmp_path / "d.csv").write_text(text.getvalue(), encoding="utf-8")
    words = words_of("d.csv", "none", {"target": "kind", "label_noise": 0.3, "seed": 7})
    done = run_here([*words, "-q", "--predictions", "p.csv"], tmp_path)
    assert done.code == 0, done.err
    found = rows_of(done.file("p.csv"))
    assert list(found) == [("none", "7"), ("none", "8"), ("none", "9")]
    tested = [[int(row["row"]) for row in rows] for rows in found.values()]
    assert all(each == sorted({*each}) and len(each) == 18 for each in tested)
    assert len({tuple(each) for each in tested}) == 3
    for rows in found.values():
        assert list(rows[0]) == [*COLUMNS, "p:=yes", "p:no, not", "p:ünsure"]
        for row in rows:
            assert row["dataset"] == "d.csv"
            assert row["label"].removeprefix("'") == labels[int(row["row"])]


def test_given_test_rows_are_counted_after_the_others(tmp_path: Path) -> None:
    """Values are those of the file, in its unit."""
    rng = np.random.default_rng(1)
    y = (1e6 + rng.normal(size=60)).round(3)
    table = pd.DataFrame({"a": rng.random(60), "b": rng.random(60), "y": y})
    table[:40].to_csv(tmp_path / "train.csv", index=False)
    table[40:].to_csv(tmp_path / "test.csv", index=False)
    words = words_of("train.csv", "none", {"target": "y", "test": "test.csv"})
    done = run_here([*words, "-q", "--predictions", "p.csv"], tmp_path)
    assert done.code == 0, done.err
    for rows in rows_of(done.file("p.csv")).values():
        assert list(rows[0]) == COLUMNS
        assert [int(row["row"]) for row in rows] == list(range(40, 60))
        assert [float(row["label"]) for row in rows] == y[40:].tolist()
        # What float32 holds near 1e6 is 0.06 apart.
        assert len({row["prediction"] for row in rows}) == 20


def test_rows_have_the_numbers_of_the_rows_in_the_report(tmp_path: Path) -> None:
    """And the bit that JSON keeps of each says whether its prediction is right."""
    words = words_of("wine", "none dropout", {})
    done = run_here([*words, "-q", "-o", "r.json", "--predictions", "p.csv"], tmp_path)
    document = json.loads(done.file("r.json"))
    assert "predictions" not in document and "predictions" not in document["plan"]
    shares = unpacked(document["rows"], "accuracy")
    for (method, seed), rows in rows_of(done.file("p.csv")).items():
        assert [int(row["row"]) for row in rows] == shares.rows[int(seed)][1].tolist()
        right = [row["label"] == row["prediction"] for row in rows]
        assert (shares.side(method, int(seed), 1) > 0).tolist() == right


def test_a_run_that_was_stopped_has_no_rows(tmp_path: Path) -> None:
    """The others have theirs; where all were stopped, the columns are left."""
    words = words_of("wine", "none l2", {"optimizer": "sgd", "lr": 1e25})
    done = run_here([*words, "-q", "--predictions", "p.csv"], tmp_path)
    assert done.code == 0, done.err
    header, *rest = done.file("p.csv").decode().splitlines()
    assert header == ",".join([*COLUMNS, *(f"p:{i}" for i in load_dataset("wine").classes)])
    assert not rest
    mixed = regcmp.compare(
        "iris", "none l2=1000", predictions=True, **QUICK, optimizer="sgd", lr=0.1, jobs=1
    )
    assert set(mixed.runs.query("status != 'ok'")["method"]) == {"l2=1000"}
    assert set(mixed.predictions["method"]) == {"none"}


def test_nothing_else_depends_on_it(tmp_path: Path) -> None:
    """Not the report, and not how many workers there were."""
    words = [*words_of("iris", MANY, {}), "-q", "-o", "r.json"]
    plain = run_here(words, tmp_path).file("r.json")
    files = []
    for jobs in ("1", "2"):
        done = run_here([*words, "--jobs", jobs, "--predictions", "p.csv"], tmp_path)
        before, after = json.loads(plain), json.loads(done.file("r.json"))
        del before["timing"], after["timing"]
        assert before == after
        files.append(done.file("p.csv"))
    assert files[0] == files[1]


def test_python_has_them_as_a_frame() -> None:
    """Where they are asked for; numbers have the precision of training."""
    plain = regcmp.compare("iris", "none", **QUICK, jobs=1)
    assert plain.predictions.empty
    for dtype in ("float32", "float64"):
        asked = regcmp.compare("iris", "none", predictions=True, dtype=dtype, **QUICK, jobs=1)
        table = asked.predictions
        assert list(table) == [*COLUMNS, "p:setosa", "p:versicolor", "p:virginica"]
        assert table.dtypes[["p:setosa", "p:virginica"]].tolist() == [dtype, dtype]
        assert len(table) == 90 and table["seed"].tolist() == np.repeat([0, 1, 2], 30).tolist()
    values = regcmp.compare("diabetes", "none", predictions=True, **QUICK, jobs=1).predictions
    assert list(values) == COLUMNS and values.dtypes["prediction"] == "float64"


def test_parquet_and_csv_have_the_same_bits(tmp_path: Path) -> None:
    """A float32 in CSV is read back as itself."""
    pytest.importorskip("pyarrow")
    for dataset in ("iris", "diabetes"):
        words = [*words_of(dataset, "none snapshot", {}), "-q", "--predictions"]
        for each in ("p.csv", "p.parquet"):
            assert run_here([*words, each], tmp_path).code == 0
        text = [row for rows in rows_of((tmp_path / "p.csv").read_bytes()).values() for row in rows]
        table = pd.read_parquet(tmp_path / "p.parquet")
        assert list(text[0]) == list(table) and len(text) == len(table)
        for name in table:
            values = table[name].tolist()
            assert [type(values[0])(row[name]) for row in text] == values, name
        if dataset == "iris":
            assert table["p:setosa"].dtype == np.float32


# The store


def words_with(store: str, *more: str) -> list[str]:
    """A small comparison of six runs with this store."""
    return [*words_of("wine", "none snapshot=2", {}), "--jobs", "1", "--store", store, *more]


def taken(err: str) -> str:
    """How many runs came from the store."""
    return err.split(" runs from ")[0] if " runs from " in err else "none"


def tables(path: Path) -> set[str]:
    """The tables of a store."""
    with closing(sqlite3.connect(path)) as connection:
        return {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}


def test_a_store_keeps_them_only_when_asked(tmp_path: Path) -> None:
    """A run that lacks them is trained again, and then kept with them; the file is the same."""
    asked = ("--predictions", "p.csv")
    plain = run_here(words_with("off", *asked), tmp_path).file("p.csv")
    assert taken(run_here(words_with("s"), tmp_path).err) == "none"
    assert "outputs" not in tables(tmp_path / "s")
    for expected in ("none", "6 of 6"):
        done = run_here(words_with("s", *asked), tmp_path)
        assert taken(done.err) == expected
        assert done.file("p.csv") == plain
    assert taken(run_here(words_with("s"), tmp_path).err) == "6 of 6"
    more = run_here(words_with("s", "--seeds", "4", *asked), tmp_path)
    assert taken(more.err) == "6 of 8"
    verified = run_here(words_with("s", *asked, "--verify-store"), tmp_path)
    assert "1 trained again, with the same bits" in verified.err
    assert verified.file("p.csv") == plain


def test_runs_that_were_stopped_lack_nothing(tmp_path: Path) -> None:
    """They are taken from a store that has no outputs at all."""
    words = [*words_of("wine", "none", {"optimizer": "sgd", "lr": 1e25}), "--store", "s"]
    run_here(words, tmp_path)
    assert taken(run_here([*words, "--predictions", "p.csv"], tmp_path).err) == "3 of 3"


@pytest.mark.parametrize(
    "damage",
    ["body = 'x'", "body = x'00'", "width = 7", "dtype = 'what'", "dtype = 'O'"],
)
def test_what_is_damaged_is_trained_again(damage: str, tmp_path: Path) -> None:
    """And takes the place of what was."""
    asked = ("--predictions", "p.csv")
    first = run_here(words_with("s", *asked), tmp_path).file("p.csv")
    with closing(sqlite3.connect(tmp_path / "s")) as connection, connection:
        connection.execute(
            f"UPDATE outputs SET {damage} WHERE key IN (SELECT key FROM runs WHERE seed = 1)"
        )
    for expected in ("4 of 6", "6 of 6"):
        done = run_here(words_with("s", *asked), tmp_path)
        assert taken(done.err) == expected
        assert done.file("p.csv") == first


def test_other_bits_in_the_store_are_found_out(tmp_path: Path) -> None:
    """Where all runs are trained again, one after the other."""
    run_here(words_with("s", "--predictions", "p.csv"), tmp_path)
    with closing(sqlite3.connect(tmp_path / "s")) as connection, connection:
        connection.execute("UPDATE outputs SET body = ?", (zlib.compress(bytes(36 * 3 * 4)),))
    done = run_here(words_with("s", "--predictions", "p.csv", "--verify-store"), tmp_path)
    assert done.code == 1 and "was trained to other numbers than those in the store" in done.err


def test_they_are_carried_and_go_with_their_runs(tmp_path: Path) -> None:
    """By export and import, also into a store that has the runs without them."""
    asked = ("--predictions", "p.csv")
    first = run_here(words_with("a", *asked), tmp_path).file("p.csv")
    run_here(words_with("b"), tmp_path)
    for words in (["export", "c", "--store", "a"], ["import", "c", "--store", "b"]):
        assert run_here(["store", *words], tmp_path).code == 0
    for name in ("b", "c"):
        done = run_here(words_with(name, *asked), tmp_path)
        assert taken(done.err) == "6 of 6" and done.file("p.csv") == first
    with closing(Store(tmp_path / "a")) as store:
        assert store.clear() == 6
        assert store.connection.execute("SELECT count(*) FROM outputs").fetchone() == (0,)


# The command line


def test_a_place_is_checked_before_training(tmp_path: Path) -> None:
    """As that of any other export."""
    words = words_of("iris", "none", {})
    for given, said in (
        (["p.json"], "--predictions 'p.json': expected a name that ends in .csv or .parquet"),
        (["no/p.csv"], "--predictions 'no/p.csv': there is no directory 'no'"),
        (["p.csv", "--runs", "p.csv"], "two exports go to 'p.csv'"),
        (["d.csv", "--dataset", "d.csv"], "'d.csv' is read by this command"),
    ):
        (tmp_path / "d.csv").write_text("a,b\n" + "1,x\n2,y\n" * 20)
        done = run_here([*words, "--predictions", *given], tmp_path)
        assert done.code == 2 and done.err.startswith("Error: " + said), done.err
        assert done.err.count("\n") == 1


def test_files_and_variables_name_the_place(tmp_path: Path) -> None:
    """A saved config does not; standard output has it, and the table is on standard error."""
    words = [*words_of("iris", "none", {}), "--store", "off"]
    first = run_here([*words, "--predictions", "-", "--save-config", "c.toml"], tmp_path)
    assert first.out.startswith(",".join(COLUMNS)) and first.err.startswith("iris: 150 rows")
    assert "predictions =" not in first.file("c.toml").decode()
    (tmp_path / "own.toml").write_text('predictions = "config.csv"\n')
    run_here([*words, "--config", "own.toml"], tmp_path)
    run_here(words, tmp_path, {"REGCMP_COMPARE_PREDICTIONS": "variable.csv"})
    for name in ("config.csv", "variable.csv"):
        assert (tmp_path / name).read_text() == first.out
    (tmp_path / "own.toml").write_text("predictions = true\n")
    done = run_here([*words, "--config", "own.toml"], tmp_path)
    assert done.code == 2
    assert done.err == "Error: 'own.toml': key 'predictions': expected a text, got True\n"


# Memory


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("blobs:n=20000:classes=5", {}),
        ("blobs:n=20000:classes=2", {"methods": ["tune:l2", "none"], "refit": False, "trials": 2}),
    ],
)
def test_the_estimate_has_what_they_take(name: str, words: dict[str, Any]) -> None:
    """Outputs, the frame and its text, within a factor of two."""
    data = load_dataset(name)
    words = {"methods": ["none", "l2"], "seeds": 5, "test_size": 0.5} | words
    plan = settle(make_plan(name, **words), data)
    said = [estimate_of(plan, data, 1, predictions=each) for each in (True, False)]
    condition = Condition(plan, data)
    rng, outputs = np.random.default_rng(0), (10_000, len(data.classes))
    networks = said[0].networks
    tracemalloc.start()
    given = [rng.normal(size=outputs).astype("f4") for _ in range(networks)]
    places = [(str(method), seed) for method in plan.methods for seed in range(5)]
    runs = {place: _Given(each) for place, each in zip(places, given, strict=False)}
    to_csv(predicted(condition, runs))  # type: ignore[arg-type]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    difference = said[0].parts["results"] - said[1].parts["results"]
    assert 0.5 < difference / peak < 2


class _Given:
    """What of a run is looked at."""

    def __init__(self, outputs: Any) -> None:
        self.outputs = outputs


def test_a_stack_keeps_outputs_only_when_asked() -> None:
    """And its other numbers have the same bits."""
    from regcmp.engine.training import timed_training

    data = load_dataset("wine")
    plan = settle(make_plan("wine", "snapshot=2", epochs=4, hidden=8, seeds=2), data)
    condition = Condition(plan, data)
    runs = [Run(plan.methods[0], seed) for seed in (0, 1)]  # type: ignore[arg-type]
    plain, kept = (
        timed_training(0, stack_of(condition, runs, each))[1]
        for each in (Keep(), Keep(outputs=True))
    )
    for before, after in zip(plain, kept, strict=True):
        assert before.outputs is None and before.history == after.history
        assert after.outputs is not None and after.outputs.shape == (36, 3)
        assert after.outputs.base is None

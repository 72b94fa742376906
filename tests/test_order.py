"""Rows in an order: what is learned comes before what it is judged by, and ties stay together."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from commands import Done, run, run_here, strict
from hypothesis import given, reject, settings
from hypothesis import strategies as st

import regcmp
from regcmp.data.columns import Columns
from regcmp.data.dataset import Dataset
from regcmp.data.folds import Fold
from regcmp.data.loading import load_dataset
from regcmp.data.preparation.ordering import rolling_fold
from regcmp.data.preparation.splitting import set_aside, split_rows, split_sizes, validation_count
from regcmp.data.table import Table
from regcmp.data.tables.understanding import understand
from regcmp.errors import DataError
from regcmp.plan import make_plan
from regcmp.runs.condition import Condition

QUICK = ("--epochs", "2", "--hidden", "4", "--jobs", "1")
ORDERED = ("--dataset", "rows.csv", "--order", "day")


def table(n: int = 120, each: int = 2) -> pd.DataFrame:
    """Rows of days, two of each, shuffled."""
    rng = np.random.default_rng(1)
    days = pd.date_range("2023-11-20", periods=-(-n // each)).repeat(each)[:n]
    frame = pd.DataFrame(rng.normal(size=(n, 3)).round(4), columns=list("abc"))
    frame = frame.assign(day=days.strftime("%Y-%m-%d"), y=rng.choice(["no", "yes"], n))
    return frame.sample(frac=1, random_state=3).reset_index(drop=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One with rows.csv."""
    table().to_csv(tmp_path / "rows.csv", index=False)
    return tmp_path


def said(done: Done) -> str:
    """Both streams in one line."""
    return " ".join((done.out + done.err).split())


def dataset_of(order: object, y: object = None) -> Dataset:
    """A regression, or two classes."""
    order = np.unique(np.asarray(order), return_inverse=True)[1]
    values = np.random.default_rng(0).normal(size=len(order)) if y is None else np.asarray(y)
    classes, task = (("a", "b"), "classification") if y is not None else ((), "regression")
    return Dataset("rows", np.zeros((len(order), 1)), values, classes, task=task, order=order)


# Splits


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.integers(0, 60), min_size=20, max_size=150),
    st.sampled_from([0.1, 0.2, 0.4]),
    st.sampled_from([None, 0.25]),
    st.sampled_from([None, 0.3]),
    st.integers(0, 5),
)
def test_training_comes_before_validation_before_test(
    order: list[int], test_size: float, validation: float | None, train: float | None, seed: int
) -> None:
    """Ties stay together, sizes are as near as they allow, and no seed matters."""
    dataset = dataset_of(order)
    try:
        sizes = split_sizes(dataset, test_size, train)
        n_validation = validation_count(dataset, sizes[0], validation)
        split = set_aside(dataset, split_rows(dataset, *sizes, seed), n_validation, seed)
    except DataError as error:
        assert "are tied" in str(error)  # noqa: PT017
        reject()
    assert dataset.order is not None
    parts = [dataset.order[each] for each in (split.train, split.validation, split.test)]
    parts = [each for each in parts if len(each)]
    for before, after in pairwise(parts):
        assert before.max() < after.min()
    assert len(split.test) >= sizes[1] / 2
    if train is None:
        assert sum(map(len, parts)) == len(order)
    else:  # the latest of those before the test rows
        rest = np.setdiff1d(np.arange(len(order)), np.concatenate([split.train, split.validation]))
        earlier = dataset.order[np.setdiff1d(rest, split.test)]
        assert not len(earlier) or earlier.max() < parts[0].min()
    again = set_aside(dataset, split_rows(dataset, *sizes, seed + 1), n_validation, seed + 1)
    assert np.array_equal(again.train, split.train) and np.array_equal(again.test, split.test)


@pytest.mark.parametrize("folds", [2, 3, 5])
@pytest.mark.parametrize("n", [30, 47])
def test_without_ties_folds_are_those_of_scikit_learn(n: int, folds: int) -> None:
    """Of rows that are shuffled, as of rows in their order."""
    from sklearn.model_selection import TimeSeriesSplit

    shuffled = np.random.default_rng(n).permutation(n)
    dataset = dataset_of(shuffled)
    for place, (train, test) in enumerate(TimeSeriesSplit(folds).split(shuffled)):
        ours = rolling_fold(dataset, Fold(place, folds, 0))
        assert sorted(shuffled[ours[0]]) == train.tolist()
        assert sorted(shuffled[ours[1]]) == test.tolist()


def test_with_ties_folds_follow_one_another() -> None:
    """All that comes before a fold is learned, and the last folds make up the end."""
    dataset = dataset_of(np.repeat(np.arange(40), 3))
    assert dataset.order is not None
    found = [rolling_fold(dataset, Fold(place, 4, 0)) for place in range(4)]
    for i, (train, test) in enumerate(found):
        assert dataset.order[train].max() < dataset.order[test].min() and len(test) == 24
        if i:
            assert np.array_equal(train, np.sort(np.concatenate(found[i - 1])))
    assert sum(map(len, found[-1])) == 120


@pytest.mark.parametrize(
    "days",
    [
        ["2024-02-01", "2023-12-31", "2024-01-15"],
        ["2024/02/01", "2023/12/31", "2024/01/15"],
        ["2024-01-01 10:00", "2024-01-01 09:59", "2024-01-01 09:59:30.5"],
        ["2024-01-01T10:00+02:00", "2024-01-01T07:59Z", "2024-01-01T11:59:59+04:00"],
        [3.5, -2.0, 0.0],
        [20240201, 20231231, 20240115],
        [10, 9, 9.5],
    ],
)
def test_dates_and_numbers_are_sorted_as_such(days: list[object]) -> None:
    """And not as texts: the second comes first, and the first last."""
    cells = [each for each in days for _ in range(4)]
    frame = pd.DataFrame({"day": cells, "a": np.arange(12.0) % 5, "y": ["u", "v"] * 6})
    dataset = understand(Table("rows", frame, "", is_text=True), Columns(order="day"))
    assert dataset.order is not None and dataset.n_columns == 1
    assert dataset.order.tolist() == [2] * 4 + [0] * 4 + [1] * 4
    assert not any("day" in each for each in dataset.warnings)


# A comparison


def test_one_split_in_the_order(folder: Path) -> None:
    """Seeds vary weights and batches alone, and the table says what claims are conditional on."""
    words = ["none", "l2=0.1", "earlystop", "--seeds", "6", *QUICK, "-o", "r.json"]
    done = run(["compare", *ORDERED, *words], folder)
    assert done.code == 0, done.err
    assert (
        "76 train, 20 validation and 24 test rows, one split for 6 seeds, in the order of"
        in said(done)
    )
    assert "Conditional on this split" in done.out
    report = strict(done.file("r.json").decode())
    plan = report["plan"]
    assert plan["vary"] == ["init", "order"] and plan["tested_by"] == "paired-t"
    assert plan["correction_ratio"] == 0 and plan["data"]["features"] == 3
    losses = {
        row["test_log_loss" if "test_log_loss" in row else "test_loss"] for row in report["runs"]
    }
    assert len(losses) > 12


def test_a_rolling_origin(folder: Path) -> None:
    """Each fold is tested by what learned before it; the correction is by the rows as drawn."""
    words = ["none", "l2=0.1", "--folds", "5", "--seeds", "10", *QUICK, "-o", "r.json"]
    done = run(["compare", *ORDERED, *words], folder)
    assert done.code == 0, done.err
    assert "5 folds, each tested twice by 10 seeds, in the order of 'day'" in said(done)
    assert "Rolling origin: each fold is tested by networks" in said(done)
    plan = strict(done.file("r.json").decode())["plan"]
    assert plan["correction_ratio"] == 20 / 60 and plan["test_size"] == 1 / 6
    assert plan["data"]["sizes"] == {"train": [20, 100], "validation": [0, 0], "test": [20, 20]}
    given = make_plan("rows.csv", folds=5, seeds=10, order="day", validation_size=0.2)
    dataset = load_dataset(str(folder / "rows.csv"), None, given.columns)
    assert dataset.order is not None
    splits = Condition(given, dataset).splits
    for seed, split in splits.items():
        train, validation, test = (
            dataset.order[each] for each in (split.train, split.validation, split.test)
        )
        assert train.max() < validation.min() and validation.max() < test.min()
        assert np.array_equal(split.test, splits[seed % 5].test)


def test_all_ways_to_ask_give_the_same(folder: Path) -> None:
    """The order of the file does not matter but for sums, nor who asks."""
    base = ["compare", "--dataset", "rows.csv", "none", "earlystop", "--seeds", "5", *QUICK]
    (folder / "own.toml").write_text('order = "day"\n')
    ways = {"a": (["--order", "day"], {}), "b": ([], {"REGCMP_COMPARE_ORDER": "day"}),
            "c": (["--config", "own.toml"], {})}  # fmt: skip
    found = set()
    for name, (words, extra) in ways.items():
        done = run([*base, *words, "-o", f"{name}.csv"], folder, extra)
        assert done.code == 0, done.err
        found.add(done.file(f"{name}.csv"))
    made = regcmp.compare(
        str(folder / "rows.csv"), ["none", "earlystop"], order="day", seeds=5, epochs=2, hidden=4, jobs=1
    )  # fmt: skip
    found.add(made.to_csv().replace(str(folder / "rows.csv"), "rows.csv").encode())
    assert len(found) == 1


def test_diff_pairs_the_same_order_alone(folder: Path) -> None:
    """Another split is none of the pairs'."""
    for name, words in {"a": ORDERED, "b": ("--dataset", "rows.csv", "--drop", "day")}.items():
        run_here(["compare", *words, "none", "--seeds", "5", *QUICK, "-o", f"{name}.json"], folder)
    assert "Paired seed by seed" in said(run_here(["diff", "a.json", "a.json"], folder))
    assert (
        "order" in said(run_here(["diff", "a.json", "b.json"], folder)).partition("Not paired")[2]
    )


def test_a_model_stops_by_the_last_rows_and_asks_for_no_day(folder: Path) -> None:
    """Its validation rows come after its training rows."""
    words = ["fit", *ORDERED, "earlystop", "--epochs", "3", "--jobs", "1", "-o", "m.regcmp"]
    done = run_here(words, folder)
    assert done.code == 0, done.err
    table().drop(columns=["day", "y"]).to_csv(folder / "new.csv", index=False)
    table().drop(columns="y").to_csv(folder / "more.csv", index=False)
    found = [run_here(["predict", "m.regcmp", name], folder) for name in ("new.csv", "more.csv")]
    assert [(each.code, each.err) for each in found] == [(0, ""), (0, "")]
    assert found[0].out == found[1].out
    plan = make_plan("rows.csv", ["earlystop"], order="day", seeds=1)
    dataset = load_dataset(str(folder / "rows.csv"), None, plan.columns)
    (split,) = Condition(plan, dataset, whole=True).splits.values()
    assert dataset.order is not None and len(split.train) + len(split.validation) == 120
    assert dataset.order[split.train].max() < dataset.order[split.validation].min()


def test_the_page_says_what_the_column_is(folder: Path) -> None:
    """It is no date that is left out."""
    page = run_here(["datasets", "rows.csv", "--order", "day"], folder).out
    assert "day  order, no feature" in page and "holds dates" not in page


def test_given_test_rows_come_after_the_others(folder: Path) -> None:
    """Refused where one does not; validation rows are the last of the training rows."""
    later = table(40).assign(day=lambda frame: frame["day"].str.replace("202", "203"))
    later.to_csv(folder / "test.csv", index=False)
    words = ["compare", *ORDERED, "none", "earlystop", "--seeds", "2", *QUICK, "--test", "test.csv"]
    assert run_here(words, folder).code == 0
    table(40).to_csv(folder / "test.csv", index=False)
    done = run_here(words, folder)
    assert done.code == 1
    assert done.err.endswith(
        "Error: --order: 40 of 40 given test rows do not come after the last training row by 'day';"
        " leave them out, or leave the option out\n"
    )


# What can't be


@pytest.mark.parametrize(
    ("change", "words", "message"),
    [
        ({}, ("--order", "dy"), "--order: 'rows.csv' has no column 'dy'; did you mean 'day'?"),
        ({}, ("--order", "y"), "--order: 'y' is the target"),
        ({}, ("--order", "day", "--drop", "day"), "--drop and --order both name 'day'; leave one out"),
        ({}, ("--order", "day", "--groups", "a"), "--groups and --order exclude each other"),
        ({}, ("--order", "day", "--vary", "split"), "--vary: the order of the rows of 'rows.csv' decides"),
        (
            {},
            ("--order", "day", "--significance-test", "two-way"),
            "'rows.csv' is split once, by --order; leave the option out for a paired t-test",
        ),
        ({"day": "2024-01-01"}, ("--order", "day"), "--order: 120 rows of 'rows.csv' are tied, and ties"),
        ({"day": "31.01.2024"}, ("--order", "day"), "'rows.csv' has '31.01.2024', which is neither a number"),
        ({"day": "2024-02-30"}, ("--order", "day"), "'rows.csv' has '2024-02-30', which is neither a number"),
        ({"day": ["2024-01-01"] * 119 + [""]}, ("--order", "day"), "is empty in 1 of 120 rows, of which"),
        ({"day": [0] * 12 + [1] * 108}, ("--order", "day"), "108 rows of 'rows.csv' are tied, and ties stay"),
        (
            {"y": ["no"] * 100 + ["new"] * 20, "day": np.arange(120)},
            ("--order", "day"),
            "--order: class 'new' of 'rows.csv' is in none of the 96 rows that come to be trained on",
        ),
        (
            {"day": np.arange(120)},
            ("--order", "day", "--folds", "100", "--seeds", "100"),
            "--folds: 120 rows of 'rows.csv', cut into 100 folds and what comes before them, leave",
        ),
    ],
)  # fmt: skip
def test_an_order_that_can_not_be_is_named(
    change: dict[str, object], words: tuple[str, ...], message: str, folder: Path
) -> None:
    """In one line, before any training."""
    table().assign(**change).to_csv(folder / "rows.csv", index=False)
    done = run_here(["compare", "--dataset", "rows.csv", *QUICK, "none", *words], folder)
    assert done.code in (1, 2) and message in done.err
    assert done.err.splitlines()[-1].startswith("Error: ") and "Traceback" not in done.err

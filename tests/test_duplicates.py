"""Rows that are alike: one of them is kept, or all are kept on one side."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from commands import Done, run_here, strict

import regcmp
from regcmp.data.columns import Columns
from regcmp.data.dataset import Dataset
from regcmp.data.loading import load_dataset
from regcmp.data.preparation.copies import copies_in, repeated_rows, rows_apart
from regcmp.data.table import Reading
from regcmp.plan import make_plan
from regcmp.runs.condition import Condition

QUICK = ("--epochs", "1", "--seeds", "2", "--hidden", "4", "--jobs", "1", "none")


def table(n: int = 90) -> pd.DataFrame:
    """Rows of numbers, a category and an id; the first 30 stand there twice, of ten with another label."""
    rng = np.random.default_rng(7)
    frame = pd.DataFrame(rng.normal(size=(n, 4)).round(4), columns=list("abcd"))
    frame = frame.assign(kind=rng.choice(["x", "z"], n), y=rng.choice(["no", "yes"], n))
    again = frame.iloc[:30].copy()
    again.loc[:9, "y"] = again.loc[:9, "y"].map({"no": "yes", "yes": "no"})
    both = pd.concat([frame, again]).sample(frac=1, random_state=2).reset_index(drop=True)
    return both.assign(id=[f"r{i}" for i in range(len(both))])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One with rows.csv."""
    table().to_csv(tmp_path / "rows.csv", index=False)
    return tmp_path


def said(done: Done) -> str:
    """Both streams in one line."""
    assert done.code == 0, done.err
    return " ".join((done.out + done.err).split())


def loaded(folder: Path, reading: Reading | None = None, **words: object) -> Dataset:
    """rows.csv, with these words of columns."""
    return load_dataset(str(folder / "rows.csv"), reading, Columns(**words))  # type: ignore[arg-type]


def test_those_are_kept_that_pandas_keeps(folder: Path) -> None:
    """The first of those with the same features and target; ids and what is left out do not count."""
    whole, apart = loaded(folder), loaded(folder, drop_duplicates=True)
    expected = table().drop(columns="id").drop_duplicates()
    assert len(expected) == 100 and apart.n_rows == 100 and apart.dropped == 20
    assert rows_apart(whole).tolist() == expected.index.tolist()
    assert apart.mixed is not None
    assert apart.mixed["a"].tolist() == expected["a"].tolist()
    assert repeated_rows(apart) == 20  # ten rows with two labels
    fewer = loaded(folder, drop_duplicates=True, drop=("a", "b", "c", "d", "id"))
    assert fewer.n_rows == 4 and fewer.dropped == 116  # of two kinds and two labels


def test_columns_are_understood_by_what_is_left(tmp_path: Path) -> None:
    """Counts are those of the rows that are kept, and a number of each row is an id by then."""
    frame = pd.DataFrame({"id": np.arange(40) + 5, "a": np.arange(40) % 7, "y": ["u", "v"] * 20})
    pd.concat([frame, frame]).to_csv(tmp_path / "rows.csv", index=False)
    found = loaded(tmp_path, drop_duplicates=True)
    assert [each.kind for each in found.columns] == ["id", "number"]
    assert found.n_rows == len(frame.drop(columns="id").drop_duplicates()) == 14
    assert found.dropped == 66


def test_given_test_rows_stay_and_training_rows_go(folder: Path) -> None:
    """Those that a test row is like."""
    frame = table()
    frame.iloc[:40].to_csv(folder / "test.csv", index=False)
    frame.iloc[40:].to_csv(folder / "rows.csv", index=False)
    reading = Reading(test=str(folder / "test.csv"))
    found = loaded(folder, reading, drop_duplicates=True)
    columns = ["a", "b", "c", "d", "kind", "y"]
    ours = frame.iloc[40:].drop_duplicates(columns)
    theirs = ours.merge(frame.iloc[:40][columns].drop_duplicates(), how="left", indicator=True)
    expected = int((theirs["_merge"] == "left_only").sum())
    assert found.given_test == 40 and found.n_rows == expected + 40
    assert found.dropped == 80 - expected > 0


def test_a_sample_is_one_of_those_that_are_left(folder: Path) -> None:
    """So it has as many rows as it asks for."""
    found = loaded(folder, Reading(sample=60), drop_duplicates=True)
    assert found.n_rows == 60 and found.dropped == 20
    keys = pd.DataFrame({"key": found.keys, "y": found.y})
    assert not keys.duplicated().any()


def test_by_content_alike_rows_are_on_one_side(folder: Path) -> None:
    """Those with other labels, too; nothing is a copy then."""
    dataset = loaded(folder, groups="content")
    assert dataset.n_groups == 90 and dataset.n_columns == 5
    for words in ({}, {"folds": 5, "seeds": 10}):
        plan = make_plan("rows.csv", ["earlystop"], groups="content", **words)
        for split in Condition(plan, dataset).splits.values():
            assert copies_in(dataset, split).features == 0
            keys = dataset.keys
            assert not set(keys[split.train]) & set(keys[split.validation])


def test_a_column_of_that_name_is_the_column(folder: Path) -> None:
    """And no feature."""
    table().assign(content=np.arange(120) // 3).to_csv(folder / "rows.csv", index=False)
    dataset = loaded(folder, groups="content")
    assert dataset.n_groups == 40 and dataset.n_columns == 5


def test_the_warning_says_both_ways_out_and_they_end_it(folder: Path) -> None:
    """On the page and before training; dropped rows are told above the table and in JSON."""
    page = said(run_here(["datasets", "rows.csv", "--drop", "id"], folder))
    way = "--drop-duplicates keeps one of those that have the target, too, and --groups content keeps all"
    assert way in page
    compare = ["compare", "--dataset", "rows.csv", *QUICK]
    assert way in said(run_here(compare, folder))
    grouped = said(run_here([*compare, "--groups", "content"], folder))
    assert "Warning: column 'id'" in grouped and "test scores may show" not in grouped
    dropped = said(run_here([*compare, "--drop-duplicates", "-o", "r.json"], folder))
    assert "rows.csv: 100 rows (20 duplicates left out), 5 columns" in dropped
    data = strict((folder / "r.json").read_text())["plan"]["data"]
    assert data["dropped"] == 20 and data["rows"] == 100
    page = said(run_here(["datasets", "rows.csv", "--drop-duplicates"], folder))
    assert "20 duplicates of other rows left out." in page


def test_the_same_rows_without_copies_give_the_same_numbers(folder: Path) -> None:
    """As a file from which they were taken before; in Python, and for a model."""
    table().drop(columns="id").drop_duplicates().to_csv(folder / "less.csv", index=False)
    words = {"epochs": 2, "seeds": 3, "hidden": 4, "jobs": 1}
    more = regcmp.compare(
        str(folder / "rows.csv"), ["none", "l2"], drop="id", drop_duplicates=True, **words
    )
    less = regcmp.compare(str(folder / "less.csv"), ["none", "l2"], **words)
    columns = ["method", "seed", "train_loss", "test_loss"]
    assert more.runs[columns].equals(less.runs[columns])
    assert more.plan["data"]["sha256"] == less.plan["data"]["sha256"]
    model = regcmp.fit(str(folder / "rows.csv"), "none", drop="id", drop_duplicates=True, epochs=2)
    assert model.facts.rows["train"] == 100


def test_what_is_left_must_be_enough(tmp_path: Path) -> None:
    """One line, and no table without rows."""
    frame = pd.DataFrame({"a": [1.0, 2.0] * 30, "y": ["u", "v"] * 30})
    frame.to_csv(tmp_path / "rows.csv", index=False)
    done = run_here(["compare", "--dataset", "rows.csv", *QUICK, "--drop-duplicates"], tmp_path)
    assert done.code == 1 and done.err.count("\n") == 1
    assert "'rows.csv' has 2 rows; at least 4 are needed" in done.err


def test_given_test_rows_like_training_rows_are_no_groups_of_their_own(folder: Path) -> None:
    """Refused, with the way out."""
    table().iloc[:40].to_csv(folder / "test.csv", index=False)
    words = [
        "compare",
        "--dataset",
        "rows.csv",
        "--test",
        "test.csv",
        *QUICK,
        "--groups",
        "content",
    ]
    done = run_here(words, folder)
    assert done.code == 1
    assert (
        "--groups content: 40 rows of 'test.csv' have the features of a training row; leave"
        in done.err
    )

"""Datasets, splits and scaling."""

from __future__ import annotations

import numpy as np
import pytest
from preparing import scale

from regcmp.data.dataset import Dataset
from regcmp.data.loading import load_dataset
from regcmp.data.preparation.splitting import Split, split_rows, split_sizes
from regcmp.data.sources.bundled import BUNDLED
from regcmp.errors import DataError, UsageError


def dataset_of(*members: int) -> Dataset:
    """A dataset with this many rows of each class."""
    y = np.repeat(np.arange(len(members)), members)
    x = np.random.default_rng(0).normal(size=(len(y), 2))
    return Dataset("tiny", x, y, tuple("abcdefghij"[: len(members)]))


@pytest.mark.parametrize("name", BUNDLED)
def test_bundled_datasets_are_what_the_list_says(name: str) -> None:
    """Rows, features and classes, with finite numbers and every class present."""
    dataset, listed = load_dataset(name), BUNDLED[name]
    assert (dataset.n_rows, dataset.n_features) == (listed.rows, listed.features)
    assert len(dataset.classes) == listed.classes
    assert dataset.task == ("classification" if listed.classes else "regression")
    if listed.classes:
        assert len(np.unique(dataset.y)) == listed.classes
    assert np.isfinite(dataset.x).all()


def test_a_split_is_stratified_disjoint_and_redrawn() -> None:
    """Every class has its share in both parts; another seed draws other rows."""
    dataset = load_dataset("digits")
    n_train, n_test = split_sizes(dataset, 0.2, None)
    assert (n_train, n_test) == (1437, 360)
    splits = [split_rows(dataset, n_train, n_test, seed) for seed in (0, 0, 1)]
    one, same, other = splits
    assert np.array_equal(np.sort(np.concatenate([one.train, one.test])), np.arange(1797))
    assert np.array_equal(one.train, same.train) and not np.array_equal(one.train, other.train)
    share = np.bincount(dataset.y[one.test]) / np.bincount(dataset.y)
    assert np.allclose(share, 0.2, atol=0.006)


@pytest.mark.parametrize(
    ("test_size", "train_size", "expected"),
    [(0.25, None, (75, 25)), (30, None, (70, 30)), (30, 20, (20, 30)), (0.1, 0.5, (50, 10))],
)
def test_sizes_are_shares_or_counts(
    test_size: float, train_size: float | None, expected: tuple[int, int]
) -> None:
    """Of all rows."""
    assert split_sizes(dataset_of(50, 50), test_size, train_size) == expected


@pytest.mark.parametrize(
    ("test_size", "train_size", "message"),
    [
        (60, 60, "ask for 60 + 60 rows, but 'tiny' has 100; make one of them smaller"),
        (100, None, "--test-size: 100 rows of the 100 of 'tiny' leave none to train on"),
        (0.2, 3, "--train-size: 3 rows to train on can't hold all 4 classes of 'tiny'"),
        (2, None, "--test-size: 2 rows to test on can't hold all 4 classes of 'tiny'"),
    ],
)
def test_sizes_that_leave_too_few_rows_are_refused(
    test_size: float, train_size: float | None, message: str
) -> None:
    """In words of the options."""
    with pytest.raises(UsageError, match=message.replace("+", r"\+")):
        split_sizes(dataset_of(25, 25, 25, 25), test_size, train_size)


def test_a_class_that_would_be_empty_is_named() -> None:
    """Before training: a rare class without training rows, or without test rows."""
    dataset = dataset_of(60, 60, 2)
    with pytest.raises(UsageError, match=r"--train-size: 6 rows leave class 'c' of 'tiny' without"):
        split_rows(dataset, 6, 60, 0)
    with pytest.raises(UsageError, match=r"--test-size: 6 rows leave class 'c' of 'tiny' without"):
        split_rows(dataset, 116, 6, 0)
    with pytest.raises(DataError, match="class 'b' has a single row"):
        split_rows(dataset_of(9, 1), 5, 5, 0)


def test_scaling_knows_the_training_rows_alone() -> None:
    """Zero mean and unit variance there; moving a test row moves nothing else; constants become 0."""
    dataset = dataset_of(30, 30)
    x = np.column_stack([dataset.x, np.full(60, 7.0)])
    split = Split(np.arange(0, 60, 2), np.arange(1, 60, 2))
    x[1, 2] = 9.0
    train, test, _ = scale(Dataset("tiny", x, dataset.y, ("a", "b")), split, np.float64)
    np.testing.assert_allclose(train.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(train[:, :2].std(axis=0), 1)
    assert not train[:, 2].any() and not test[:, 2].any()

    x[1, :2] += 1000
    moved_train, moved_test, _ = scale(Dataset("tiny", x, dataset.y, ("a", "b")), split, np.float64)
    assert np.array_equal(moved_train, train) and np.array_equal(moved_test[1:], test[1:])


def test_the_digest_tells_data_apart() -> None:
    """One changed cell, one changed class."""
    dataset = dataset_of(5, 5)
    x = dataset.x.copy()
    x[0, 0] += 1e-9
    y = dataset.y.copy()
    y[0] = 1
    digests = {
        each.digest
        for each in (
            dataset,
            Dataset("t", x, dataset.y, ("a", "b")),
            Dataset("t", x, y, ("a", "b")),
        )
    }
    assert len(digests) == 3
    assert dataset_of(5, 5).digest == dataset.digest

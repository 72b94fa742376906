"""Which rows train and which test, drawn anew under each seed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import ceil, floor

import numpy as np
import numpy.typing as npt

from regcmp.data.dataset import Dataset
from regcmp.engine.streams import stream
from regcmp.errors import DataError, UsageError

Rows = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Split:
    """Row numbers of the training and the test rows, and of validation rows where some are set aside."""

    train: Rows
    test: Rows
    validation: Rows = field(default_factory=lambda: np.empty(0, np.intp))


def split_sizes(dataset: Dataset, test_size: float, train_size: float | None) -> tuple[int, int]:
    """How many rows train and how many test. Raises UsageError where the sizes leave too few."""
    n = dataset.n_rows
    n_test = test_size if isinstance(test_size, int) else ceil(_share(test_size, n))
    if train_size is None:
        n_train = n - n_test
    else:
        n_train = train_size if isinstance(train_size, int) else floor(_share(train_size, n))
    if n_test >= n:
        raise UsageError(
            f"--test-size: {count(n_test)} of the {n} of {dataset.name!r} leave none to train on;"
            " make it smaller"
        )
    if n_train + n_test > n:
        raise UsageError(
            f"--train-size and --test-size ask for {n_train} + {n_test} rows, but"
            f" {dataset.name!r} has {n}; make one of them smaller"
        )
    for name, size in (("--train-size", n_train), ("--test-size", n_test)):
        if size < len(dataset.classes):
            raise UsageError(
                f"{name}: {count(size)} can't hold all {len(dataset.classes)} classes of"
                f" {dataset.name!r}; at least {len(dataset.classes)} are needed, some more for rare"
                " classes"
            )
    return n_train, n_test


def count(rows: int) -> str:
    """'1 row', '2 rows'."""
    return f"{rows} row" + ("" if rows == 1 else "s")


def _share(share: float, n: int) -> float:
    """This share of n rows, without the noise that makes 0.28 of 100 a little more than 28."""
    return round(share * n, 6)


def split_rows(dataset: Dataset, n_train: int, n_test: int, seed: int) -> Split:
    """Draw training and test rows so that every class has its share of both.

    The draw is scikit-learn's stratified ``train_test_split``.
    Raises DataError for a class of one row, and UsageError where a class would be left without
    training or test rows.
    """
    from sklearn.model_selection import train_test_split

    members = np.bincount(dataset.y, minlength=len(dataset.classes))
    if members.min() < 2:
        rare = ", ".join(repr(dataset.classes[i]) for i in np.flatnonzero(members < 2))
        raise DataError(
            f"{dataset.name!r}: class {rare} has a single row, and a stratified split needs two;"
            " drop it or join it with another class"
        )
    train, test = train_test_split(
        np.arange(dataset.n_rows),
        train_size=n_train,
        test_size=n_test,
        stratify=dataset.y,
        random_state=int(stream(seed, "split").integers(2**32)),
    )
    for name, rows in (("--train-size", train), ("--test-size", test)):
        counts = np.bincount(dataset.y[rows], minlength=len(dataset.classes))
        if counts.min() == 0:
            empty = ", ".join(repr(dataset.classes[i]) for i in np.flatnonzero(counts == 0))
            raise UsageError(
                f"{name}: {count(len(rows))} leave class {empty} of {dataset.name!r} without any row"
                f" under seed {seed}; make it larger"
            )
    return Split(np.sort(train), np.sort(test))


def validation_count(dataset: Dataset, n_train: int, size: float | None) -> int:
    """How many of the training rows become validation rows. Raises UsageError where too few are left."""
    if size is None:
        return 0
    n = size if isinstance(size, int) else ceil(_share(size, n_train))
    fewest = len(dataset.classes)
    if min(n, n_train - n) < fewest:
        raise UsageError(
            f"--validation-size: {count(n)} of {n_train} training rows leave"
            f" {max(n_train - n, 0)} to train on; validation and training need at least {fewest}"
            " each, one of every class"
        )
    return n


def set_aside(dataset: Dataset, split: Split, n_validation: int, seed: int) -> Split:
    """Move rows from training to validation, every class by its share, drawn by a stream of their own.

    Raises UsageError where a class has too few training rows.
    """
    from sklearn.model_selection import train_test_split

    if n_validation == 0:
        return split
    labels = dataset.y[split.train]
    members = np.bincount(labels, minlength=len(dataset.classes))
    if members.min() < 2:
        raise UsageError(
            f"--validation-size: class {dataset.classes[int(members.argmin())]!r} of"
            f" {dataset.name!r} has a single training row under seed {seed}, and validation needs"
            " one of its own; make --train-size larger"
        )
    train, validation = train_test_split(
        split.train,
        test_size=n_validation,
        stratify=labels,
        random_state=int(stream(seed, "validation").integers(2**32)),
    )
    return replace(split, train=np.sort(train), validation=np.sort(validation))

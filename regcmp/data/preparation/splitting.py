"""Which rows train and which test: drawn anew under each seed, unless test rows are given."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import ceil, floor

import numpy as np

from regcmp.data.dataset import Dataset, Rows, count
from regcmp.data.folds import Fold
from regcmp.data.preparation.folding import fold_rows
from regcmp.data.preparation.grouping import draw_groups
from regcmp.data.preparation.ordering import last_rows, rolling_fold
from regcmp.engine.streams import stream
from regcmp.errors import DataError, UsageError


@dataclass(frozen=True)
class Split:
    """Row numbers of the training and the test rows, and of validation rows where some are set aside."""

    train: Rows
    test: Rows
    validation: Rows = field(default_factory=lambda: np.empty(0, np.intp))


def split_sizes(dataset: Dataset, test_size: float, train_size: float | None) -> tuple[int, int]:
    """How many rows train and how many test. Raises UsageError where the sizes leave too few.

    A share is one of all rows or, beside given test rows, of the others.
    """
    given, n = dataset.given_test, dataset.n_rows - dataset.given_test
    n_test = test_size if isinstance(test_size, int) else ceil(_share(test_size, n))
    if not given and n_test >= n:
        raise UsageError(
            f"--test-size: {count(n_test)} of the {n} of {dataset.name!r} leave none to train on;"
            " make it smaller",
            "test_size",
        )
    rest = n if given else n - n_test
    if train_size is None:
        n_train = rest
    else:
        n_train = train_size if isinstance(train_size, int) else floor(_share(train_size, n))
    if n_train > rest:
        raise UsageError(
            f"--train-size asks for {count(n_train)}, but {dataset.name!r} has {n} beside its test"
            " rows; make it smaller"
            if given
            else f"--train-size and --test-size ask for {n_train} + {n_test} rows, but"
            f" {dataset.name!r} has {n}; make one of them smaller",
            "train_size",
        )
    blamed = "test_size" if train_size is None and not given else "train_size"
    _check_size(dataset, blamed, n_train, "train on")
    if not given:
        _check_size(dataset, "test_size", n_test, "test on")
    return n_train, given or n_test


def _check_size(dataset: Dataset, name: str, size: int, use: str) -> None:
    """Raise UsageError where a part can't hold every class, or can't show that values vary."""
    flag = f"--{name.replace('_', '-')}"
    if dataset.task == "regression" and size < 2:
        raise UsageError(
            f"{flag}: {count(size)} to {use} can't show how the target of {dataset.name!r} varies; at"
            f" least 2 are needed{_or_sample(dataset)}",
            name,
        )
    if size < len(dataset.classes):
        raise UsageError(
            f"{flag}: {count(size)} to {use} can't hold all {len(dataset.classes)} classes of"
            f" {dataset.name!r}; at least {len(dataset.classes)} are needed, some more for rare"
            f" classes{_or_sample(dataset)}",
            name,
        )


def _or_sample(dataset: Dataset) -> str:
    """The way out that is left where the rows are but a part of the dataset."""
    return ", or take more rows by --sample" if dataset.sampled else ""


def _share(share: float, n: int) -> float:
    """This share of n rows, without the noise that makes 0.28 of 100 a little more than 28."""
    return round(share * n, 6)


def split_rows(
    dataset: Dataset, n_train: int, n_test: int, seed: int, fold: Fold | None = None
) -> Split:
    """The training and test rows under a seed, each class having its share of what is drawn.

    The draw is scikit-learn's ``train_test_split``, stratified where there are classes; of groups,
    that of ``draw_groups``, whose sizes are as near as groups allow. The test rows of a ``fold`` are
    its rows, however many there are. Given test rows stay what they are, and training rows are drawn
    only where fewer than all others are asked for.
    Raises DataError for a class without rows to draw from, and UsageError where a class would be
    left without training or test rows.
    """
    rows = np.arange(dataset.n_rows - dataset.given_test)
    if not dataset.given_test:
        split = _drawn(dataset, rows, n_train, n_test, seed, fold)
        if dataset.order is not None:
            return split
        _check_classes(dataset, "--train-size", split.train, seed)
        _check_classes(dataset, "--test-size", split.test, seed)
        return split
    _check_learned(dataset, rows)
    if n_train < len(rows) and dataset.order is not None:
        _, rows = last_rows(dataset, rows, n_train, "train on")
        _check_known(dataset, rows)
    elif n_train < len(rows):
        rows = _draw(dataset, rows, n_train, len(rows) - n_train, seed).train
        _check_classes(dataset, "--train-size", rows, seed)
    return Split(rows, np.arange(dataset.n_rows - dataset.given_test, dataset.n_rows))


def whole_split(dataset: Dataset) -> Split:
    """All rows train but given test rows. Raises DataError for a class without rows to learn it from.

    Without given test rows, two training rows stand for them, of which nothing is to be concluded.
    """
    rows = np.arange(dataset.n_rows - dataset.given_test)
    if dataset.given_test:
        _check_learned(dataset, rows)
        return Split(rows, np.arange(len(rows), dataset.n_rows))
    return Split(rows, np.array([dataset.y.argmin(), dataset.y.argmax()]))


def _check_learned(dataset: Dataset, rows: Rows) -> None:
    """Raise DataError for a class that these training rows lack."""
    unlearned = set(range(len(dataset.classes))) - set(dataset.y[rows].tolist())
    if unlearned:
        names = ", ".join(repr(dataset.classes[i]) for i in sorted(unlearned))
        raise DataError(
            f"{dataset.name!r}: class {names} is in the given test rows only, so it can't be"
            " learned; drop its rows"
        )


def _draw(dataset: Dataset, rows: Rows, n_train: int, n_others: int, seed: int) -> Split:
    """Draw two parts of these rows. Raises as ``split_rows`` does, where a stratified draw can't be."""
    from sklearn.model_selection import train_test_split

    if dataset.classes:
        members = np.bincount(dataset.y[rows], minlength=len(dataset.classes))
        if members.min() < 2:
            rare = ", ".join(repr(dataset.classes[i]) for i in np.flatnonzero(members < 2))
            raise DataError(
                f"{dataset.name!r}: class {rare} has a single row, and a stratified split needs two;"
                " drop it or join it with another class"
            )
        if n_others < len(dataset.classes):  # only beside given test rows: else sizes are checked
            raise UsageError(
                f"--train-size: {n_train} of {len(rows)} rows leave out {count(n_others)}, too few"
                f" to draw {len(dataset.classes)} classes by their shares; leave the option out, or"
                " make it smaller",
                "train_size",
            )
    train, others = train_test_split(
        rows,
        train_size=n_train,
        test_size=n_others,
        stratify=dataset.y[rows] if dataset.classes else None,
        random_state=int(stream(seed, "split").integers(2**32)),
    )
    return Split(np.sort(train), np.sort(others))


def _drawn(
    dataset: Dataset, rows: Rows, n_train: int, n_test: int, seed: int, fold: Fold | None
) -> Split:
    """Test rows, and so many of the other rows to train on, or all of them."""
    if dataset.order is not None:
        return _in_order(dataset, rows, n_train, n_test, fold)
    if fold is not None:
        train, test = fold_rows(dataset, fold)
    elif dataset.groups is None:
        return _draw(dataset, rows, n_train, n_test, seed)
    else:
        tested = draw_groups(dataset, rows, n_test, stream(seed, "split"))
        train, test = rows[~tested], rows[tested]
    if n_train < len(rows) - n_test and n_train < len(train):
        train = _draw(dataset, train, n_train, len(train) - n_train, seed).train
    return Split(train, test)


def _in_order(dataset: Dataset, rows: Rows, n_train: int, n_test: int, fold: Fold | None) -> Split:
    """The last rows test, or those of a fold, and the rows before them train, or the last of these."""
    if fold is None:
        train, test = last_rows(dataset, rows, n_test, "test on")
    else:
        train, test = rolling_fold(dataset, fold)
    if n_train < len(rows) - n_test and n_train < len(train):
        _, train = last_rows(dataset, train, n_train, "train on")
    _check_known(dataset, train)
    return Split(train, test)


def _check_known(dataset: Dataset, train: Rows) -> None:
    """Raise DataError for a class that is in no training row, but comes later, or before."""
    unlearned = set(range(len(dataset.classes))) - set(dataset.y[train].tolist())
    if unlearned:
        names = ", ".join(repr(dataset.classes[i]) for i in sorted(unlearned))
        raise DataError(
            f"--order: class {names} of {dataset.name!r} is in none of the {count(len(train))} that come"
            " to be trained on, so it can't be learned; train on more rows, or drop the class"
        )


def _check_classes(dataset: Dataset, name: str, rows: Rows, seed: int) -> None:
    """Raise UsageError where a class has none of these rows."""
    empty = set(range(len(dataset.classes))) - set(dataset.y[rows].tolist())
    if empty:
        names = ", ".join(repr(dataset.classes[i]) for i in sorted(empty))
        raise UsageError(
            f"{name}: {count(len(rows))} leave class {names} of {dataset.name!r} without any row"
            f" under seed {seed}; make it larger",
            name,
        )


def validation_count(dataset: Dataset, n_train: int, size: float | None) -> int:
    """How many of the training rows become validation rows. Raises UsageError where too few are left."""
    if size is None:
        return 0
    n = size if isinstance(size, int) else ceil(_share(size, n_train))
    fewest = len(dataset.classes) or 2
    if min(n, n_train - n) < fewest:
        raise UsageError(
            f"--validation-size: {count(n)} of {n_train} training rows leave"
            f" {max(n_train - n, 0)} to train on; validation and training need at least {fewest}"
            f" each{', one of every class' if dataset.classes else ''}",
            "validation_size",
        )
    return n


def set_aside(dataset: Dataset, split: Split, n_validation: int, seed: int) -> Split:
    """Move rows from training to validation, every class by its share, by a stream of their own.

    Of groups, whole ones, so that there may be a few rows more or less. By an order, the last rows.

    Raises UsageError where a class has too few training rows.
    """
    from sklearn.model_selection import train_test_split

    if n_validation == 0:
        return split
    if dataset.groups is not None:
        rng, where = stream(seed, "validation"), f" beside the test rows of seed {seed}"
        aside = draw_groups(dataset, split.train, n_validation, rng, where)
        return replace(split, train=split.train[~aside], validation=split.train[aside])
    if dataset.order is not None:
        train, validation = last_rows(dataset, split.train, n_validation, "validate on")
        _check_known(dataset, train)
        return replace(split, train=train, validation=validation)
    labels, classes = dataset.y[split.train], dataset.classes
    if classes and (members := np.bincount(labels, minlength=len(classes))).min() < 2:
        raise UsageError(
            f"--validation-size: class {classes[int(members.argmin())]!r} of"
            f" {dataset.name!r} has a single training row under seed {seed}, and validation needs"
            f" one of its own; make --train-size larger{_or_sample(dataset)}",
            "validation_size",
        )
    train, validation = train_test_split(
        split.train,
        test_size=n_validation,
        stratify=labels if classes else None,
        random_state=int(stream(seed, "validation").integers(2**32)),
    )
    return replace(split, train=np.sort(train), validation=np.sort(validation))

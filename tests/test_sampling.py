"""--sample: the same rows each time, and no class lost."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from commands import run_here

from regcmp.data.loading import load_dataset
from regcmp.data.table import Reading
from regcmp.data.tables.sampling import class_shares, sampled_rows
from regcmp.engine.streams import stream
from regcmp.errors import UsageError


def rows_of(name: str, folder: Path, labels: list[str]) -> str:
    """A file of two numbers and these labels."""
    rows = [f"{i % 11},{i % 7},{label}" for i, label in enumerate(labels)]
    (folder / name).write_text("\n".join(["a,b,y", *rows]) + "\n")
    return str(folder / name)


def members(path: str, size: int, test: str | None = None) -> dict[str, int]:
    """How many rows of each class a sample has, without given test rows."""
    dataset = load_dataset(path, Reading(sample=size, test=test))
    y = dataset.y[: dataset.n_rows - dataset.given_test]
    return dict(zip(dataset.classes, np.bincount(y).tolist(), strict=True))


RARE = ["a"] * 300 + ["b"] * 294 + ["rare"] * 6


def test_a_rare_class_is_kept(tmp_path: Path) -> None:
    """With enough rows to be split, where there is room, and else with two."""
    path = rows_of("s.csv", tmp_path, RARE)
    assert members(path, 20) == {"a": 8, "b": 8, "rare": 4}
    assert members(path, 10) == {"a": 4, "b": 4, "rare": 2}
    assert members(path, 600) == {"a": 300, "b": 294, "rare": 6}
    few = rows_of("few.csv", tmp_path, [*RARE[:594], "rare", "rare"])
    assert members(few, 20)["rare"] == 2


def test_a_class_above_its_share_is_told_of(tmp_path: Path) -> None:
    """And none where shares are kept; the numbers by hand: 6 of 600 rows are 0.2 of 20."""
    path = rows_of("s.csv", tmp_path, RARE)
    (said,) = load_dataset(path, Reading(sample=20)).warnings
    assert said.startswith(
        "--sample keeps a few rows of each class: 'rare' has 4 of 20 rows, by its share 0.2"
    )
    assert not load_dataset(path, Reading(sample=400)).warnings


def test_shares_are_those_of_the_classes() -> None:
    """By hand: 60, 30 and 10 %; whole rows make up the size whatever it is."""
    counts = np.array([600, 300, 100])
    assert class_shares(counts, np.array([2, 2, 2]), 50).tolist() == [30, 15, 5]
    for size in range(6, 1000, 7):
        shares = class_shares(counts, np.array([2, 2, 2]), size)
        assert shares.sum() == size and (shares >= 2).all()
        assert (np.abs(shares - counts * size / 1000) < 1.5).all() or size < 20


def test_a_sample_is_the_same_rows_each_time() -> None:
    """In their order, none twice."""
    whole, part = load_dataset("iris"), load_dataset("iris", Reading(sample=21))
    assert part.n_rows == 21 and np.bincount(part.y).tolist() == [7, 7, 7]
    assert np.array_equal(part.x, load_dataset("iris", Reading(sample=21)).x)
    rows = sampled_rows("iris", whole.y, 3, 21)
    assert np.array_equal(whole.x[rows], part.x) and (np.diff(rows) > 0).all()


def test_values_are_drawn_plainly() -> None:
    """As before there were classes to mind."""
    rows = np.sort(stream(0, "sample").permutation(442)[:40])
    expected = load_dataset("diabetes").x[rows]
    assert np.array_equal(load_dataset("diabetes", Reading(sample=40)).x, expected)


@pytest.mark.parametrize(
    ("size", "message"),
    [
        (5, "--sample: 5 rows of {} can't hold 2 rows of each of its 3 classes; at least 6 are"),
        (601, "--sample: {} has 600 rows, fewer than the 601 asked for"),
    ],
)
def test_too_small_a_sample_is_blamed_on_itself(size: int, message: str, tmp_path: Path) -> None:
    """And one that is too large."""
    path = rows_of("s.csv", tmp_path, RARE)
    with pytest.raises(UsageError) as error:
        load_dataset(path, Reading(sample=size))
    assert str(error.value).startswith(message.format(repr(path)))
    with pytest.raises(
        UsageError, match=r"--sample: 3 rows of 'diabetes' can't be split; at least 4"
    ):
        load_dataset("diabetes", Reading(sample=3))


def test_a_split_that_a_sample_is_too_small_for_says_so(tmp_path: Path) -> None:
    """A quarter of six rows can't hold three classes."""
    rows_of("s.csv", tmp_path, RARE)
    words = [
        "compare",
        "--dataset",
        "s.csv",
        "--epochs",
        "1",
        "--seeds",
        "2",
        "--jobs",
        "1",
        "none",
    ]
    done = run_here([*words, "--sample", "6"], tmp_path)
    assert done.code == 2 and "--test-size: 2 rows to test on can't hold all 3 classes" in done.err
    assert done.err.endswith("or take more rows by --sample\n")
    assert run_here([*words, "--sample", "12"], tmp_path).code == 0


def test_given_test_rows_stay(tmp_path: Path) -> None:
    """And then a class needs but one row to train on."""
    path = rows_of("s.csv", tmp_path, RARE)
    test = rows_of("t.csv", tmp_path, ["a", "b", "rare"] * 10)
    assert members(path, 4, test) == {"a": 2, "b": 1, "rare": 1}
    assert load_dataset(path, Reading(sample=20, test=test)).given_test == 30

"""Rows that are alike: counted, and warned of where they stand on both sides of a split."""

from __future__ import annotations

import gzip
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd
import pytest
from commands import Done, run_here, strict

from regcmp.data.dataset import Dataset
from regcmp.data.loading import load_dataset
from regcmp.data.preparation.copies import copies_in, repeated_rows, row_keys, warnings_of_repeated
from regcmp.data.preparation.splitting import Split
from regcmp.data.sources.bundled import BUNDLED
from regcmp.data.sources.synthetic import SYNTHETIC
from regcmp.data.table import Reading

QUICK = ("--epochs", "1", "--seeds", "2", "--hidden", "4", "--jobs", "1", "none")
RNG = np.random.default_rng(5)


def rows(n: int) -> pd.DataFrame:
    """Rows of twelve numbers, with labels at random."""
    frame = pd.DataFrame(RNG.normal(size=(n, 12)).round(3), columns=[f"f{i}" for i in range(12)])
    return frame.assign(y=RNG.choice(["a", "b"], n))


def said(done: Done) -> str:
    """Both streams in one line."""
    assert done.code == 0, done.err
    return " ".join((done.out + done.err).split())


def test_copies_are_those_that_pandas_counts() -> None:
    """Of numbers with gaps, categories and truth values; with the target and without it."""
    n = 400
    frame = pd.DataFrame(
        {
            "a": RNG.integers(0, 4, n).astype(float),
            "b": np.where(RNG.random(n) < 0.2, np.nan, RNG.integers(0, 3, n)),
            "c": RNG.choice(["x", "y", "z"], n),
            "d": RNG.choice([0.0, -0.0, 1.0, 2.0, 3.0, 4.0], n),
        }
    )
    y = RNG.integers(0, 2, n)
    dataset = Dataset("tiny", np.empty((n, 0)), y, ("u", "v"), mixed=frame)
    assert repeated_rows(dataset) == int(frame.duplicated(keep=False).sum())
    split = Split(np.arange(300), np.arange(300, n))
    found = copies_in(dataset, split)
    for count, table in ((found.features, frame), (found.target, frame.assign(y=y))):
        train = table.iloc[:300].drop_duplicates()
        assert count == len(table.iloc[300:].merge(train, how="inner"))
    assert 0 < found.target < found.features < found.n_test == 100


def test_rows_that_differ_have_other_keys() -> None:
    """Also where they differ by an order, a sign or the last bit."""
    x = np.array(
        [[1, 2], [2, 1], [1, -2], [-1, 2], [1, np.nextafter(2, 3)], [0, 0], [1, 0], [0, 1]]
    )
    keys = row_keys(Dataset("tiny", x, np.zeros(len(x), int), ("u",)))
    assert len(set(keys.tolist())) == len(x)
    binary = (np.arange(2**14)[:, None] >> np.arange(14) & 1).astype(float)
    keys = row_keys(Dataset("tiny", binary, np.zeros(2**14, int), ("u",)))
    assert len(np.unique(keys)) == 2**14


@pytest.mark.parametrize(
    "how", ["single precision", "the same content", "compressed", "another format", "shuffled"]
)
def test_test_rows_that_are_training_rows_are_warned_of(how: str, tmp_path: Path) -> None:
    """By ``datasets``, and by ``compare`` before training; labels are random, test scores would not be."""
    frame = rows(60)
    frame.to_csv(tmp_path / "once.csv", index=False)
    other = "copy.csv"
    if how == "compressed":
        other = "copy.csv.gz"
        (tmp_path / other).write_bytes(gzip.compress((tmp_path / "once.csv").read_bytes()))
    elif how == "another format":
        other = "copy.tsv"
        frame.to_csv(tmp_path / other, index=False, sep="\t")
    elif how == "single precision":
        pytest.importorskip("pyarrow")
        other = "copy.parquet"
        frame.astype({name: np.float32 for name in frame if name != "y"}).to_parquet(
            tmp_path / other
        )
    else:
        frame = frame.sample(frac=1, random_state=1) if how == "shuffled" else frame
        frame.to_csv(tmp_path / other, index=False)
    given = ("once.csv", "--test", other)
    line = "Warning: 60 of 60 test rows (100 %) have the features of a training row, and 60 its target,"
    shown = run_here(["datasets", *given], tmp_path)
    assert line in said(shown)
    assert "Of these, 60 have the features of a training row." in said(shown)
    assert strict(run_here(["datasets", *given, "--json"], tmp_path).out)["copied_test_rows"] == 60
    assert line in said(run_here(["compare", "--dataset", *given, *QUICK], tmp_path))


def test_some_copies_are_counted_and_many_are_warned_of(tmp_path: Path) -> None:
    """From one in a hundred test rows; with other labels, too. An id that differs does not hide them."""
    frame, others = rows(200), rows(300)
    frame.insert(0, "row_id", RNG.permutation(200))
    for n, warned in ((2, False), (3, True)):
        copied = frame.iloc[:n].assign(y=np.where(frame.y[:n] == "a", "b", "a"))
        test = pd.concat([copied, others.assign(row_id=range(1000, 1300))]).iloc[:300]
        frame.to_csv(tmp_path / "train.csv", index=False)
        test.to_csv(tmp_path / "test.csv", index=False)
        shown = said(run_here(["datasets", "train.csv", "--test", "test.csv"], tmp_path))
        assert f"Of these, {n} have the features of a training row." in shown
        line = f"Warning: {n} of 300 test rows (1 %) have the features of a training row, and 0 its"
        assert (line in shown) == warned


def test_copies_in_drawn_splits_are_warned_of(tmp_path: Path) -> None:
    """Counted under the first seed, whose split pandas joins in the same way."""
    frame = pd.concat([rows(60)] * 5)
    frame.to_csv(tmp_path / "dup.csv", index=False)
    shown = said(run_here(["datasets", "dup.csv"], tmp_path))
    assert "300 rows have the features of another row." in shown
    assert "Warning: 300 of 300 rows have the features of another row, so that drawn" in shown
    done = run_here(["compare", "--dataset", "dup.csv", "--seed", "4", *QUICK], tmp_path)
    assert "test rows (100 %) under seed 4 have the features of a training row" in said(done)
    quiet = run_here(["compare", "--dataset", "dup.csv", *QUICK, "-q"], tmp_path)
    assert quiet.code == 0 and quiet.err == ""


def test_rows_that_agree_by_chance_are_counted_alone(tmp_path: Path) -> None:
    """Columns of few values say the same of many rows, whose labels differ: there is no copy to take out."""
    frame = pd.DataFrame({name: RNG.integers(0, 3, 300) for name in ("a", "b", "c")})
    frame.assign(y=RNG.choice(["u", "v"], 300)).to_csv(tmp_path / "few.csv", index=False)
    shown = said(run_here(["datasets", "few.csv"], tmp_path))
    assert "rows have the features of another row." in shown and "Warning" not in shown
    assert run_here(["compare", "--dataset", "few.csv", *QUICK], tmp_path).err == ""
    given = said(run_here(["datasets", "few.csv", "--test", "few.csv.gz"], _zipped(tmp_path)))
    assert "features of so few values may agree by chance" in given


def _zipped(folder: Path) -> Path:
    (folder / "few.csv.gz").write_bytes(gzip.compress((folder / "few.csv").read_bytes()))
    return folder


def test_test_rows_of_the_file_itself_are_held_against_its_training_rows(tmp_path: Path) -> None:
    """As those of another file."""
    x, y = RNG.normal(size=(60, 5)), RNG.integers(0, 2, 60)
    np.savez(tmp_path / "a.npz", x_train=x, y_train=y, x_test=x[:20], y_test=y[:20])
    assert "Warning: 20 of 20 test rows (100 %)" in said(run_here(["datasets", "a.npz"], tmp_path))


@pytest.mark.parametrize("name", [*BUNDLED, *(f"{name}:n=400" for name in SYNTHETIC)])
def test_what_comes_along_is_not_nagged_about(name: str) -> None:
    """Iris has two rows that are alike."""
    dataset = load_dataset(name)
    assert warnings_of_repeated(dataset) == []
    assert repeated_rows(dataset) == (2 if name == "iris" else repeated_rows(dataset))
    for seed in range(3 if name == "iris" else 0):
        done = run_here(["compare", "--dataset", name, "--seed", str(seed), *QUICK], Path())
        assert done.err == ""


def test_a_sample_is_held_against_test_rows_as_it_is(tmp_path: Path) -> None:
    """Only rows that are trained on can be remembered."""
    frame = rows(100)
    frame.to_csv(tmp_path / "a.csv", index=False)
    frame.iloc[:50].to_csv(tmp_path / "b.csv", index=False)
    dataset = load_dataset(
        str(tmp_path / "a.csv"), Reading(sample=40, test=str(tmp_path / "b.csv"))
    )
    split = Split(np.arange(40), np.arange(40, 90))
    expected = dataset.x[:40].tolist()
    assert copies_in(dataset, split).features == sum(
        row in expected for row in dataset.x[40:].tolist()
    )


def test_counting_copies_costs_little() -> None:
    """Far less than training on them: 200,000 rows of 50 numbers."""
    x = RNG.normal(size=(200_000, 50))
    start = perf_counter()
    assert repeated_rows(Dataset("large", x, np.zeros(len(x), int), ("u",))) == 0
    assert perf_counter() - start < 2


@pytest.mark.parametrize(
    "columns",
    [
        {"t": [f"review {i} is long" for i in range(200)] * 2},
        {"x": list(np.round(np.arange(200) * 0.0137 + 1e-4, 4)) * 2},
        {
            "k": (["a", "b", "c", "d"] * 50) * 2,
            "x": list(np.round(np.arange(200) * 0.0137 + 1e-4, 4)) * 2,
        },
    ],
    ids=["texts", "measured numbers", "a category and numbers"],
)
def test_copies_of_rows_of_few_columns_are_warned_of(
    columns: dict[str, list[object]], tmp_path: Path
) -> None:
    """They agree by no chance: a text is none, and a number of four places hardly."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(columns).assign(y=rng.choice(["u", "v"], 400))
    frame.sample(frac=1, random_state=0).to_csv(tmp_path / "rows.csv", index=False)
    words = ["--text", "t"] if "t" in columns else []
    done = run_here(["datasets", "rows.csv", *words], tmp_path)
    assert "so that drawn test rows are copies of training rows" in said(done)


@pytest.mark.parametrize(
    "values",
    [
        RNG.integers(0, 90, 2000),
        RNG.choice([20_000, 30_000, 41_200, 55_500, 61_350], 2000),
        RNG.normal(size=2000).round(1),
        RNG.normal(size=2000).round(2),
    ],
    ids=["ages", "incomes", "one place", "two places"],
)
def test_few_values_that_recur_are_no_copies(values: np.ndarray, tmp_path: Path) -> None:
    """One column of them alone."""
    frame = pd.DataFrame({"x": values, "y": RNG.choice(["u", "v"], len(values))})
    frame.to_csv(tmp_path / "rows.csv", index=False)
    assert "are copies of" not in said(run_here(["datasets", "rows.csv"], tmp_path))

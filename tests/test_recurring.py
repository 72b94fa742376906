"""Columns that say whose row it is: rows of one key may stand on both sides of a split."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from commands import run_here

from regcmp.data.columns import Columns
from regcmp.data.table import Table
from regcmp.data.tables.understanding import understand

N = 240


def frame(name: str, keys: object) -> pd.DataFrame:
    """Rows with such a column, a number and a class."""
    rng = np.random.default_rng(0)
    return pd.DataFrame({name: keys, "x": rng.normal(size=N), "y": rng.choice(["u", "v"], N)})


def said(name: str, keys: object, test: pd.DataFrame | None = None, **words: object) -> list[str]:
    """What is warned of."""
    table = Table("rows.csv", frame(name, keys), "a test", test=test, test_name="test.csv")
    return [
        each
        for each in understand(table, Columns(**words)).warnings  # type: ignore[arg-type]
        if "looks like a key that recurs" in each
    ]


FOUR = np.repeat(np.arange(1000, 1060), 4)


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("customer_id", FOUR.astype(float)),
        ("patientId", FOUR),
        ("Patient ID", FOUR),
        ("user", np.array([f"u{i}" for i in FOUR], object)),
        ("SUBJECT", FOUR),
        ("client-no", FOUR),
        ("id", FOUR),
        ("key", FOUR),
        ("Person.Name", np.array([f"p{i}" for i in FOUR], object)),
    ],
)
def test_a_key_that_recurs_is_warned_of(name: str, keys: object) -> None:
    """Numbers and texts, used or not."""
    (line,) = said(name, keys)
    start = f"column {name!r} looks like a key that recurs (60 values in 240 rows, 4 each): rows of"
    assert line.startswith(start)
    assert line.endswith(" keeps them together")
    assert said(name, keys, drop=(name,)) == []


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("customer_id", np.arange(N) * 3 + 7),
        ("customer_id", np.arange(N) // 2 * 1.5),
        ("subject", np.array(["maths", "biology", "art"] * (N // 3), object)),
        ("age", FOUR),
        ("user_age", FOUR),
        ("customers_served", FOUR),
        ("paid", FOUR),
        ("humid", FOUR),
        ("monkey", FOUR),
        ("number", FOUR),
    ],
)
def test_what_is_no_such_key_is_not(name: str, keys: object) -> None:
    """Ids that do not recur, categories, and words that end alike."""
    assert said(name, keys) == []


def test_of_given_test_rows_it_is_known() -> None:
    """Whether they have a key of the training rows."""
    test = frame("user", FOUR.astype(float)).iloc[:8]
    (line,) = said("user", FOUR.astype(float), test)
    assert "and 8 of 240 rows" not in line
    assert "and 8 of 8 rows of test.csv have a key of the training rows" in line
    assert said("user", FOUR.astype(float), test.assign(user=test.user + 5000)) == []


def test_by_an_order_groups_can_only_take_its_place() -> None:
    """Since both exclude each other, the way out says so."""
    (line,) = said("user", FOUR, order="x")
    assert line.endswith("--groups user keeps them together, in the place of --order")


def test_it_is_said_by_both_commands(tmp_path: Path) -> None:
    """On the page, and before training."""
    frame("customer_id", FOUR).to_csv(tmp_path / "rows.csv", index=False)
    page = run_here(["datasets", "rows.csv"], tmp_path).out
    assert "Warning: column 'customer_id' looks like a key that recurs" in page
    words = ["--epochs", "1", "--seeds", "2", "--hidden", "4", "--jobs", "1", "none"]
    done = run_here(["compare", "--dataset", "rows.csv", *words], tmp_path)
    assert done.code == 0
    assert done.err.startswith(
        "Warning: column 'customer_id' looks like a key that recurs (60 values"
    )

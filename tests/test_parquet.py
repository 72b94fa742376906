"""Parquet's types: which are numbers, texts or dates, and which are refused with a way out."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from commands import run_here

from regcmp.data.columns import Columns
from regcmp.data.dataset import Dataset
from regcmp.data.loading import load_dataset
from regcmp.errors import DataError

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

N = 60
A = np.random.default_rng(0).normal(size=N)
Y = np.arange(N) % 2
DAY = dt.date(2020, 1, 1)
NOON = dt.datetime(2020, 1, 1, 12)
CENTS = [Decimal(i * 7 % 41) / 100 for i in range(N)]


def read(path: Path, cells: Any, columns: Columns | None = None, **more: Any) -> Dataset:
    """The dataset with this column b, written as Parquet."""
    pq.write_table(
        pa.table({"a": A, "b": cells, "y": Y} | more), path / "p.parquet", row_group_size=7
    )
    return load_dataset(str(path / "p.parquet"), columns=columns)


def kind_of(dataset: Dataset) -> str:
    """What column b is."""
    return next(each.kind for each in dataset.columns if each.name == "b")


@pytest.mark.parametrize("kind", [pa.decimal128(10, 2), pa.decimal256(40, 2)])
def test_decimals_are_numbers(kind: Any, tmp_path: Path) -> None:
    """Each the nearest float64, also where cells are missing, in the target and in a dictionary."""
    want = np.array([float(cell) for cell in CENTS])
    found = read(tmp_path, pa.array(CENTS, kind))
    assert kind_of(found) == "number" and (found.x[:, 1] == want).all()
    found = read(tmp_path, pa.array([None, *CENTS[1:]], kind))
    assert found.mixed is not None and np.isnan(found.mixed["b"][0])
    assert (found.mixed["b"][1:] == want[1:]).all()
    found = read(tmp_path, A, y=pa.array(CENTS, kind))
    assert found.task == "regression" and (found.y == want).all()
    found = read(tmp_path, A, y=pa.array([Decimal(i % 3) for i in range(N)], kind))
    assert found.classes == ("0", "1", "2")


def test_whole_decimals_beyond_float64_stay_whole(tmp_path: Path) -> None:
    """They may be names of classes; longer ones than any integer of a machine are texts."""
    names = [2**60, 2**60 + 1]
    found = read(tmp_path, A, y=pa.array([Decimal(names[i % 2]) for i in range(N)]))
    assert found.classes == tuple(map(str, names))
    long = [10**30, 10**30 + 1]
    found = read(tmp_path, A, y=pa.array([Decimal(long[i % 2]) for i in range(N)]))
    assert found.classes == tuple(map(str, long))
    found = read(tmp_path, pa.array([Decimal(2) ** 60 * (i % 5) for i in range(N)]))
    assert kind_of(found) == "number" and found.x[:5, 1].tolist() == [2.0**60 * i for i in range(5)]


MOMENTS = {
    "dates": [
        pa.array([DAY + dt.timedelta(i) for i in range(N)]),
        pa.array([DAY] * N, pa.date64()),
        pa.array([None] + [dt.date(9999, 12, 31)] * (N - 1)),
        pa.array([NOON] * N, pa.timestamp("ns")),
        pa.array([NOON, None] * (N // 2), pa.timestamp("ms", tz="Europe/Berlin")),
        pa.array([dt.datetime(9999, 1, 1)] * N, pa.timestamp("us")),
        pd.period_range("2020-01", periods=N, freq="M"),
    ],
    "times": [
        pa.array([dt.time(1, 2, 3)] * N, pa.time32("s")),
        pa.array([None] + [dt.time(23, 2, 3, 4)] * (N - 1), pa.time64("us")),
        pa.array([dt.timedelta(i) for i in range(N)], pa.duration("us")),
        pa.array([None] + [dt.timedelta(1)] * (N - 1), pa.duration("s")),
    ],
}


@pytest.mark.parametrize("cells", [each for cells in MOMENTS.values() for each in cells])
def test_dates_and_times_as_a_target_are_refused(cells: Any, tmp_path: Path) -> None:
    """They would be classes, unless that is asked for."""
    path = tmp_path / "p.parquet"
    pd.DataFrame({"a": A, "y": cells}).dropna().to_parquet(path)
    with pytest.raises(DataError, match="the target 'y' holds dates or times; make numbers"):
        load_dataset(str(path))


def test_numbers_that_are_texts_are_told_of(tmp_path: Path) -> None:
    """Few as a category, many as nothing to learn from."""
    found = read(tmp_path, [str(i % 5) for i in range(N)])
    assert kind_of(found) == "category" and "holds numbers as texts, such as" in found.warnings[0]
    found = read(tmp_path, [f"{i}.5" for i in range(N)])
    assert kind_of(found) == "id" and found.warnings == (
        "column 'b' holds numbers as texts; it is not used; save it as numbers",
    )


@pytest.mark.parametrize(("what", "cells"), [(k, each) for k, v in MOMENTS.items() for each in v])
def test_dates_and_times_are_left_out_with_a_warning(what: str, cells: Any, tmp_path: Path) -> None:
    """As dates of a CSV are."""
    path = tmp_path / "p.parquet"
    pd.DataFrame(
        {"a": A, "b": cells if isinstance(cells, pd.PeriodIndex) else 0, "y": Y}
    ).to_parquet(path)
    found = load_dataset(str(path)) if isinstance(cells, pd.PeriodIndex) else read(tmp_path, cells)
    assert found.warnings == (f"column 'b' holds {what}; it is not used",)
    assert found.n_features == 1


@pytest.mark.parametrize("kind", [pa.binary(), pa.binary(3), pa.large_binary()])
def test_bytes_are_texts_where_they_are_utf_8(kind: Any, tmp_path: Path) -> None:
    """Other bytes are refused, and --drop is the way out."""
    found = read(tmp_path, pa.array([b"abc", "aä".encode(), b"xyz"] * 20, kind))
    level = next(each for each in found.columns if each.name == "b").levels
    assert dict(level) == {"abc": 20, "aä": 20, "xyz": 20}
    for odd in (b"\xff\0\1", b"a\0b"):
        with pytest.raises(
            DataError, match=r"column 'b' holds bytes that are no text in UTF-8; .*: drop"
        ):
            read(tmp_path, pa.array([b"abc", b"cde", odd] * 20, kind))
        read(tmp_path, pa.array([b"abc", b"cde", odd] * 20, kind), Columns(drop=("b",)))


@pytest.mark.parametrize(
    ("what", "cells"),
    [
        ("lists", pa.array([[1, 2]] * N)),
        ("lists", pa.array([[1, 2]] * N, pa.list_(pa.int64(), 2))),
        ("lists", pa.array([[("k", 1)]] * N, pa.map_(pa.string(), pa.int64()))),
        ("records", pa.array([None, {"q": 1}] * 30)),
    ],
)
def test_nested_cells_are_refused_by_name(what: str, cells: Any, tmp_path: Path) -> None:
    """With a way out that is one."""
    with pytest.raises(DataError, match=f"column 'b' holds {what}; .*, or drop it with --drop b$"):
        read(tmp_path, cells)
    assert read(tmp_path, cells, Columns(drop=("b",))).n_features == 1
    done = run_here(["datasets", "p.parquet"], tmp_path)
    assert done.code == 1 and done.err.count("\n") == 1 and f"'b' holds {what}; " in done.err


PLAIN = {
    "uint64": ([2**64 - 1 - i * 2**40 for i in range(N)], pa.uint64(), "number"),
    "uint64 with gaps": ([None] + [2**64 - 1 - i for i in range(N - 1)], pa.uint64(), "number"),
    "float16": (list(np.arange(N, dtype="f2") / 8), pa.float16(), "number"),
    "int8 with gaps": ([1, 2, None] * 20, pa.int8(), "number"),
    "bool with gaps": ([True, False, None] * 20, pa.bool_(), "boolean"),
    "large_string": (["a", "b", None] * 20, pa.large_string(), "category"),
    "string_view": (["a", "b", "c"] * 20, pa.string_view(), "category"),
    "null": ([None] * N, pa.null(), "empty"),
    "a list of nothing": ([None] * N, pa.list_(pa.int8()), "empty"),
}


@pytest.mark.parametrize("name", PLAIN)
def test_other_types(name: str, tmp_path: Path) -> None:
    """Are what their values are; an empty group of rows changes nothing."""
    cells, arrow, kind = PLAIN[name]
    try:
        found = read(tmp_path, pa.array(cells, arrow))
    except pa.ArrowNotImplementedError as error:
        pytest.skip(f"this pyarrow writes none: {error}")
    assert kind_of(found) == kind
    column = next(each for each in found.columns if each.name == "b")
    present = [cell for cell in cells if cell is not None]
    assert column.missing == N - len(present)
    if kind == "number":
        assert column.range == (float(min(present)), float(max(present)))
    table = pa.table({"a": A, "b": pa.array(cells, arrow), "y": Y})
    with pq.ParquetWriter(tmp_path / "p.parquet", table.schema) as file:
        for part in (table[:0], table[:20], table[:0], table[20:]):
            file.write_table(part)
    assert load_dataset(str(tmp_path / "p.parquet")).fingerprint == found.fingerprint


def test_two_columns_of_one_name(tmp_path: Path) -> None:
    """Are refused, as in a text table."""
    pq.write_table(pa.table([A, A, Y], names=["a", "a", "y"]), tmp_path / "p.parquet")
    with pytest.raises(DataError, match="has two columns named 'a'; rename one of them"):
        load_dataset(str(tmp_path / "p.parquet"))

"""Tables of very many columns: what blocks find is what one column at a time gives."""

import numpy as np
import pandas as pd
import pytest

from regcmp.data import table as tables
from regcmp.data.table import Reading
from regcmp.data.tables import leaks, understanding, wide
from regcmp.data.tables.cells import to_numbers
from regcmp.data.tables.describing import describe_column
from regcmp.errors import DataError

ROWS = 40


def odd_columns() -> dict[str, np.ndarray]:
    """Columns that are easily taken for something else."""
    rng = np.random.default_rng(0)
    usual = rng.normal(size=ROWS)
    found = {f"x{i}": rng.normal(size=ROWS).round(2) for i in range(60)}
    found |= {
        "missing": np.where(rng.random(ROWS) < 0.3, np.nan, usual),
        "empty": np.full(ROWS, np.nan),
        "same": np.full(ROWS, 7.0),
        "same or missing": np.where(np.arange(ROWS) == 3, np.nan, 7.0),
        "zeros": np.where(usual < 0, -0.0, 0.0),
        "counts": np.arange(ROWS, dtype=float),
        "counts from 5": np.arange(5, ROWS + 5, dtype=float),
        "nearly counts": np.where(np.arange(ROWS) == 9, -1.0, np.arange(ROWS)),
        "counts, then missing": np.where(np.arange(ROWS) == 9, np.nan, np.arange(ROWS)),
        "shuffled": rng.permutation(ROWS).astype(float),
        "whole": rng.integers(0, 9, ROWS),
        "id": rng.permutation(ROWS) + 1000,
        "user_id": np.arange(ROWS),
        "large": usual * 1e150,
        "beyond digits": rng.integers(2**53, 2**60, ROWS),
        "beyond digits or missing": np.where(usual < 0, np.nan, 2.0**60),
        "bool": rng.random(ROWS) < 0.5,
        "float32": usual.astype(np.float32),
    }
    return found


def test_a_block_describes_columns_as_one_at_a_time_does() -> None:
    frame = pd.DataFrame(odd_columns())
    found = wide.plain_numbers(frame, frame.columns)
    assert len(found) >= 60
    for name, column in found.items():
        expected = describe_column(frame[name], "t")
        assert column == expected
        assert repr(column) == repr(expected)  # -0.0 is 0.0, but is shown otherwise


@pytest.mark.parametrize("classes", [0, 2, 3])
def test_a_block_leaves_every_copy_of_the_target(classes: int) -> None:
    rng = np.random.default_rng(classes)
    y = rng.integers(0, classes, ROWS) if classes else rng.normal(size=ROWS)
    names = {0: y * 1.0, 1: y * -3.0, 2: np.where(y == y[0], 5.0, 1.0)}
    frame = pd.DataFrame(odd_columns() | {f"copy{i}": each for i, each in names.items()})
    left = wide.may_give_away(frame, list(frame), y, classes)
    for name in frame:
        column = describe_column(frame[name], "t") if name != "large" else None
        if column is None or not column.used:
            continue
        warned = leaks._with_leak(column, frame[name], y, classes, "y").warning
        assert name in left or "gives the target" not in warned
    assert "copy0" in left
    assert "x0" not in left


def test_a_block_reads_numbers_as_one_column_at_a_time_does() -> None:
    chunk = pd.DataFrame(odd_columns() | {"text": ["a"] * ROWS})
    found = wide.read_numbers(chunk, lambda cells: to_numbers(cells, Reading()))
    assert list(found) == list(chunk)
    for name in chunk:
        expected = to_numbers(chunk[name], Reading())
        if expected is None:
            assert found[name] is None
        else:
            np.testing.assert_array_equal(found[name], expected)
            assert found[name].dtype == expected.dtype


def test_a_frame_of_one_block_is_the_frame_of_its_columns() -> None:
    columns = {f"x{i}": np.arange(5.0) * i for i in range(50)}
    pd.testing.assert_frame_equal(wide.in_one_block(columns), pd.DataFrame(columns))
    mixed = columns | {"text": np.array(list("abcde"), object)}
    pd.testing.assert_frame_equal(wide.in_one_block(mixed), pd.DataFrame(mixed))


def test_a_fault_of_one_of_many_columns_is_still_found() -> None:
    frame = pd.DataFrame(odd_columns() | {"y": ["a", "b"] * (ROWS // 2)})
    frame["x7"] = np.where(np.arange(ROWS) == 3, np.inf, frame["x7"])
    table = tables.Table("t", frame, "t")
    with pytest.raises(DataError, match="column 'x7' is infinite in 1 of 40 rows"):
        understanding.understand(table, understanding.Columns(target="y"))


def test_columns_are_not_taken_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(50, 2000)), columns=[f"x{i}" for i in range(2000)])
    frame["y"] = rng.integers(0, 2, 50).astype(str)
    seen: list[str] = []
    real = understanding.describe_column

    def counted(values: pd.Series, *args: object, **kwargs: object) -> object:
        seen.append(str(values.name))
        return real(values, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(understanding, "describe_column", counted)
    dataset = understanding.understand(
        tables.Table("t", frame, "t"), understanding.Columns(target="y")
    )
    assert dataset.n_features == 2000
    assert len(seen) < 20

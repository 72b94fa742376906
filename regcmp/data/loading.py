"""From the words of a command to a dataset: reading, then understanding."""

from __future__ import annotations

from regcmp.data.columns import Columns
from regcmp.data.dataset import Dataset
from regcmp.data.opening import read_table
from regcmp.data.sources.bundled import BUNDLED, load_bundled
from regcmp.data.table import Progress, Reading


def load_dataset(
    spec: str,
    reading: Reading | None = None,
    columns: Columns | None = None,
    progress: Progress | None = None,
) -> Dataset:
    """A dataset by name or file. Raises UsageError for words, DataError for data.

    A bundled dataset as it is needs no understanding: its classes keep the order of scikit-learn.
    """
    reading, columns = reading or Reading(), columns or Columns()
    if spec in BUNDLED and (reading, columns) == (Reading(), Columns()):
        return load_bundled(spec)
    from regcmp.data.tables.understanding import understand

    table = read_table(spec, reading, columns, progress)
    return understand(table, columns, reading.decimal, reading.sample)

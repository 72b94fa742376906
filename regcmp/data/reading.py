"""From what a user wrote after --dataset to a table: one place that knows every source."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from regcmp.data.bundled import BUNDLED, read_bundled
from regcmp.data.columns import quoted
from regcmp.data.files import File, check_file, looks_like_path
from regcmp.data.formats import (
    ALIASES,
    parse_openml,
    read_arff,
    read_openml,
    read_parquet,
    read_svmlight,
)
from regcmp.data.synthetic import SYNTHETIC, is_synthetic, parse_synthetic, read_synthetic
from regcmp.data.table import Progress, Reading, Table
from regcmp.engine.streams import stream
from regcmp.errors import DataError, UsageError, unknown
from regcmp.hints import is_number

if TYPE_CHECKING:
    import pandas as pd

TEXT_OPTIONS = ("sep", "decimal", "encoding", "header", "na", "quoting")
"""The options of reading that mean something for text tables alone."""


def check_source(spec: str, reading: Reading | None = None) -> None:
    """Raise UsageError where a spec or the options of reading can't be meant; reads no row."""
    from regcmp.data.reading_options import check_reading

    reading = check_reading(reading or Reading())
    files = []
    if spec in BUNDLED:
        pass
    elif spec in ALIASES or spec.startswith("openml:"):
        parse_openml(spec)
    elif is_synthetic(spec):
        parse_synthetic(spec)
    elif looks_like_path(spec):
        files.append(check_file(spec, named=reading.format))
    else:
        names = [*BUNDLED, *SYNTHETIC, *ALIASES]
        raise unknown("dataset", spec, names, of=", and no file of that name")
    if reading.test is not None:
        files.append(check_file(reading.test, "--test", reading.format))
        if reading.test == spec:
            raise UsageError(f"--test: {spec!r} is the dataset itself; name a file of other rows")
    if reading.format is not None and not files:
        raise UsageError(f"--format says what a file is, and {spec!r} is none; leave it out")
    if all(file.format != "delimited" for file in files):
        _check_no_text_options(spec, reading)


def _check_no_text_options(spec: str, reading: Reading) -> None:
    """Raise UsageError for an option that would say nothing, since no text table is read."""
    for name in TEXT_OPTIONS:
        if getattr(reading, name) != getattr(Reading, name):
            option = "--no-header" if name == "header" and not reading.header else f"--{name}"
            raise UsageError(
                f"{option} says how a text table (.csv, .tsv) is read, and {spec!r} is none; leave"
                " it out"
            )


def read_table(
    spec: str, reading: Reading | None = None, progress: Progress | None = None
) -> Table:
    """Read rows from any source. Raises UsageError for words, DataError for data.

    ``progress`` is told how many bytes of a file were read, and of how many.
    """
    from regcmp.data.reading_options import check_reading

    check_source(spec, reading)
    reading = check_reading(reading or Reading())
    if spec in BUNDLED:
        table = read_bundled(spec)
    elif spec in ALIASES or spec.startswith("openml:"):
        table = read_openml(spec)
    elif is_synthetic(spec):
        table = read_synthetic(spec)
    else:
        table = _read_file(check_file(spec, named=reading.format), reading, progress)
    if reading.test is not None:
        test = _read_file(check_file(reading.test, "--test", reading.format), reading, progress)
        table = _with_test(table, test)
    return table if reading.sample is None else _sampled(table, reading.sample)


def _read_file(file: File, reading: Reading, progress: Progress | None) -> Table:
    if file.format == "delimited":
        from regcmp.data.delimited import read_delimited

        return read_delimited(file, reading, progress)
    from regcmp.data.arrays import read_idx, read_npy, read_npz

    whole = {"npy": read_npy, "npz": read_npz, "parquet": read_parquet}
    if file.format in whole:
        return whole[file.format](file)
    streamed = {"arff": read_arff, "idx": read_idx, "svmlight": read_svmlight}
    return streamed[file.format](file, progress)


def _with_test(table: Table, test: Table) -> Table:
    """The table with the other's rows for testing, columns in its own order."""
    if table.test is not None:
        raise UsageError(f"--test: {table.name!r} has test rows of its own; leave --test out")
    ours, theirs = list(table.frame.columns), list(test.frame.columns)
    missing = [name for name in ours if name not in theirs]
    surplus = [name for name in theirs if name not in ours]
    if missing or surplus:
        which = f"lacks {_listed(missing)}" if missing else f"has also {_listed(surplus)}"
        raise DataError(
            f"--test: {test.name!r} must have the columns of {table.name!r}, but {which}"
        )
    faults = _words_among_numbers(table, test)
    faults |= {name: f"in {test.name!r}, {fault}" for name, fault in test.faults.items()}
    frame, rows = _same_kinds(table.frame, test.frame[ours])
    warnings = (*table.warnings, *(f"{test.name}: {each}" for each in test.warnings))
    return replace(
        table, frame=frame, test=rows, warnings=warnings, faults=faults | dict(table.faults)
    )


def _words_among_numbers(table: Table, test: Table) -> dict[str, str]:
    """A fault of each column that is numbers until test rows come, which must not change what it is."""
    faults = {}
    for name, values in table.frame.items():
        cells = test.frame[name]
        if values.dtype == object or cells.dtype != object or values.isna().all():
            continue
        word = next((each for each in cells if each is not None and not is_number(each)), None)
        if word is not None:
            faults[str(name)] = (
                f"column {name!r} is numbers in {table.name!r} and has {word!r} in {test.name!r};"
                f" correct it, leave the cell empty, or drop it with --drop {quoted(str(name))}"
            )
    return faults


def _same_kinds(ours: pd.DataFrame, theirs: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Both frames, with a column that is text in one of them text in the other."""
    frames = [ours, theirs]
    for name in ours.columns:
        kinds = [frame[name].dtype == object for frame in frames]
        if kinds[0] != kinds[1]:
            i = kinds.index(False)
            cells = [None if each != each else f"{each:.15g}" for each in frames[i][name].tolist()]
            frames[i] = frames[i].assign(**{name: _objects(cells)})
    return frames[0], frames[1]


def _objects(cells: list[str | None]) -> pd.Series:
    import pandas as pd

    return pd.Series(cells, dtype=object)


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - 10} more" if len(names) > 10 else ""
    return ", ".join(map(repr, names[:10])) + more


def _sampled(table: Table, size: int) -> Table:
    """That many rows drawn without replacement, the same at every call; given test rows stay."""
    n = len(table.frame)
    if size > n:
        said = f"{n} row" + ("" if n == 1 else "s")
        raise UsageError(f"--sample: {table.name!r} has {said}, fewer than the {size} asked for")
    rows = stream(0, "sample").permutation(n)[:size]
    rows.sort()
    return replace(table, frame=table.frame.iloc[rows].reset_index(drop=True), line=None)

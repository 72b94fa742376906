"""From what a user wrote after --dataset to a table: one place that knows every source."""

from __future__ import annotations

import os
from collections.abc import Collection
from contextlib import suppress
from dataclasses import replace

from regcmp.data.columns import Columns
from regcmp.data.sources.bundled import BUNDLED, read_bundled
from regcmp.data.sources.files import File, check_file, looks_like_path
from regcmp.data.sources.openml import ALIASES, parse_openml, read_openml
from regcmp.data.sources.synthetic import SYNTHETIC, is_synthetic, parse_synthetic, read_synthetic
from regcmp.data.table import Progress, Reading, Table
from regcmp.errors import DataError, UsageError, unknown
from regcmp.option import options_of

TEXT_OPTIONS = {name: each for name, each in options_of(Reading).items() if each.text_tables}
"""The options of reading that mean something for text tables alone."""


def check_source(spec: str, reading: Reading | None = None) -> None:
    """Raise UsageError where a spec or an option of reading is invalid; reads no row."""
    from regcmp.data.tables.reading_options import check_reading

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
        raise unknown("dataset", spec, names, of=", and no file of that name", option="dataset")
    if reading.test is not None:
        files.append(check_file(reading.test, "--test", reading.format))
        _check_other(spec, reading.test)
    if reading.format is not None and not files:
        raise UsageError(
            f"--format says what a file is, and {spec!r} is none; leave it out", "format"
        )
    if all(file.format != "delimited" for file in files):
        is_arff = any(file.format == "arff" for file in files)
        _check_no_text_options(spec, replace(reading, encoding="utf-8") if is_arff else reading)


def _check_other(spec: str, test: str) -> None:
    """Raise UsageError where the file of test rows is the dataset, by this name or another one."""
    same = test == spec
    with suppress(OSError, ValueError):
        same = same or os.path.samefile(spec, test)
    if same:
        called = "" if test == spec else f", as {spec!r} is"
        raise UsageError(
            f"--test: {test!r} is the dataset itself{called}; name a file of other rows", "test"
        )


def _check_no_text_options(spec: str, reading: Reading) -> None:
    """Raise UsageError for an option that would say nothing, since no text table is read."""
    for name, option in TEXT_OPTIONS.items():
        if getattr(reading, name) != option.default:
            flag = "--no-header" if name == "header" and not reading.header else option.flag
            raise UsageError(
                f"{flag} says how a text table (.csv, .tsv) is read, and {spec!r} is none; leave"
                " it out",
                name,
            )


def read_table(
    spec: str,
    reading: Reading | None = None,
    columns: Columns | None = None,
    progress: Progress | None = None,
) -> Table:
    """Read rows from any source. Raises UsageError for words, DataError for data.

    ``columns`` say what the target of a text table is: classes may have to be told apart by their
    spelling. ``progress`` is told how many bytes of a file were read, and of how many.
    """
    from regcmp.data.tables.given_test import with_test
    from regcmp.data.tables.reading_options import check_reading

    check_source(spec, reading)
    reading, columns = check_reading(reading or Reading()), columns or Columns()
    test = None
    if reading.test is not None:
        test = check_file(reading.test, "--test", reading.format)
    if spec in BUNDLED:
        table = read_bundled(spec)
    elif spec in ALIASES or spec.startswith("openml:"):
        table = read_openml(spec)
    elif is_synthetic(spec):
        table = read_synthetic(spec)
    else:
        file = check_file(spec, named=reading.format)
        if test is not None and file.format == test.format == "svmlight":
            from regcmp.data.tables.svmlight import read_svmlight

            return with_test(*read_svmlight([file, test], progress))
        table = read_file(file, reading, columns, progress)
    return table if test is None else _with_test(table, test, reading, columns, progress)


def _with_test(
    table: Table, file: File, reading: Reading, columns: Columns, progress: Progress | None
) -> Table:
    """The table with a file's rows for testing; what is text in the table is text there, too.

    Raises DataError that names the file.
    """
    from regcmp.data.tables.given_test import for_both, with_test

    texts = [str(name) for name, kind in table.frame.dtypes.items() if kind.kind == "O"]
    try:
        test = read_file(file, reading, columns, progress, texts)
    except DataError as error:
        raise DataError(for_both(str(error), file.text, table)) from error
    return replace(with_test(table, test), merged={**test.merged, **table.merged})


def read_file(
    file: File,
    reading: Reading,
    columns: Columns,
    progress: Progress | None,
    texts: Collection[str] = (),
) -> Table:
    """The file's table; of a text table, ``texts`` are columns that are no numbers."""
    if file.format == "delimited":
        from regcmp.data.tables.text_table import read_delimited

        return read_delimited(file, reading, columns, progress, texts)
    from regcmp.data.tables.arff import read_arff
    from regcmp.data.tables.array_files import read_idx, read_npy, read_npz
    from regcmp.data.tables.parquet import read_parquet
    from regcmp.data.tables.svmlight import read_svmlight

    whole = {"npy": read_npy, "npz": read_npz, "parquet": read_parquet}
    if file.format in whole:
        return whole[file.format](file)
    if file.format == "svmlight":
        return read_svmlight([file], progress)[0]
    if file.format == "arff":
        return read_arff(file, reading, progress)
    return read_idx(file, progress)

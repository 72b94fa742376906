"""Test rows that are given: held against the training rows, which alone say what a column is."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from shlex import quote as quoted
from typing import TYPE_CHECKING

import numpy as np

from regcmp.data.columns import LARGEST, Column, some
from regcmp.data.image_sizes import image_text
from regcmp.data.table import Table
from regcmp.data.tables.floats import to_floats
from regcmp.data.tables.labels import check_complete
from regcmp.errors import DataError, UsageError
from regcmp.hints import is_number

if TYPE_CHECKING:
    import pandas as pd

MANY_UNKNOWN = 0.1
"""Where so many of the test cells of a category have levels that no training row has, it is said."""

SHARED_OPTIONS = re.compile(r"--(?:sep|decimal|encoding|header|no-header|na)\b")
"""The options of reading, which hold for both files."""


def with_test(table: Table, test: Table) -> Table:
    """The table with another one's rows as its test rows."""
    if table.test is not None:
        raise UsageError(
            f"--test: {table.name!r} has test rows of its own; leave --test out", "test"
        )
    if test.test is not None:
        raise UsageError(
            f"--test: {test.name!r} has training rows and test rows; name a file of test rows alone",
            "test",
        )
    if table.image and test.image and table.image != test.image:
        raise DataError(
            f"--test: {test.name!r} has images of {image_text(test.image)} pixels, and {table.name!r} of"
            f" {image_text(table.image)}; make them alike"
        )
    warnings = (*table.warnings, *(f"{test.name}: {each}" for each in test.warnings))
    return replace(
        table,
        test=test.frame,
        test_name=test.name,
        test_faults=test.faults,
        warnings=warnings,
    )


def for_both(said: str, test: str, table: Table) -> str:
    """What is wrong with a test file; where an option is advised, that it holds for both files."""
    if not table.is_text or not SHARED_OPTIONS.search(said):
        return said
    return (
        f"{said}; this holds for both files: if {table.name!r} is read well, save {test!r} as that is"
        " saved"
    )


def name_of_test(table: Table) -> str:
    """What messages call the test rows: their file, or the file that they are a part of."""
    return table.test_name or f"{table.name} (test rows)"


def joined(
    table: Table, known: Sequence[Column], target: str, task: str, dropped: Iterable[str]
) -> tuple[pd.DataFrame, list[Column], list[str]]:
    """All rows, the given test rows last: the columns that are used, and the target.

    Also the columns with what the test rows add to their counts, and what to warn of. Raises
    DataError, naming the test rows and counting them alone, where they don't fit.
    """
    import pandas as pd

    assert table.test is not None
    names = [each.name for each in known if each.used]
    warnings = _check_columns(table, [*names, target], dropped)
    for name in (*names, target):
        if name in table.test_faults:
            fault = of_column(table.test_faults[name], name, target)
            fault = for_both(fault, name_of_test(table), table)
            raise DataError(f"{name_of_test(table)!r}: {fault}")
    ours, theirs = table.frame[[*names, target]], table.test[[*names, target]]
    changed = {}
    completed = []
    for column in known:
        if column.kind in ("category", "text"):
            changed[column.name] = as_cells(theirs[column.name])
        elif column.kind == "boolean":
            changed[column.name] = _truth(column.name, theirs[column.name], table)
        elif column.used and not _numeric(theirs[column.name]):
            changed[column.name] = _parsed(column.name, theirs[column.name], table)
        if column.used and changed.get(column.name, theirs[column.name]).isna().all():
            warnings.append(
                f"{name_of_test(table)}: column {column.name!r} has no value in any row; it can tell"
                " test rows nothing"
            )
        elif column.kind == "category":
            warnings += _check_levels(column, changed[column.name], table)
    ours, theirs = _checked_target(ours, theirs.assign(**changed), table, target, task)
    completed = _with_counts(known, theirs, name_of_test(table))
    return pd.concat([ours, theirs], ignore_index=True), completed, warnings


def of_column(fault: str, name: str, target: str) -> str:
    """What is wrong with a column; the target can't be dropped, so another one is the way out."""
    if name != target:
        return fault
    return fault.replace(
        f"drop it with --drop {quoted(name)}", "choose another column with --target"
    )


def _check_columns(table: Table, wanted: Sequence[str], dropped: Iterable[str]) -> list[str]:
    """A warning of columns that only test rows have. Raises DataError where one is missing."""
    assert table.test is not None
    ours, theirs = [*map(str, table.frame.columns)], [*map(str, table.test.columns)]
    name = name_of_test(table)
    missing = [each for each in wanted if each not in theirs]
    if missing:
        others = [each for each in missing if each != wanted[-1]]
        drop = f", or leave it out of both with --drop {quoted(others[0])}" if others else ""
        numbers, numbers_too = (sum(map(is_number, names)) for names in (ours, theirs))
        row = table.is_text and numbers_too > max(1, numbers)
        raise DataError(
            f"--test: {name!r} must have the columns of {table.name!r}, but lacks {some(missing)}; "
            + (
                f"its line 1 looks like a row: give it the header of {table.name!r}"
                if row
                else f"add what is missing{drop}"
            )
        )
    surplus = [each for each in theirs if each not in ours and each not in dropped]
    if not surplus:
        return []
    features = [each for each in ours if each != wanted[-1] or each.isdecimal()]
    if features == [str(i) for i in range(1, len(features) + 1)]:
        raise DataError(
            f"--test: {name!r} must have the columns of {table.name!r}, which go by their place, but"
            f" has also {some(surplus)}; take out what only one of them has"
        )
    subject = f"column {surplus[0]!r} is" if len(surplus) == 1 else f"columns {some(surplus)} are"
    return [f"{name}: {subject} not in {table.name!r}, and left out"]


# Cells


def _numeric(values: pd.Series) -> bool:
    return values.dtype.kind in "iufb"


def as_cells(values: pd.Series) -> pd.Series:
    """Texts as a text table has them: of numbers, the shortest."""
    import pandas as pd

    if values.dtype == object:
        return values
    if values.dtype.kind == "f":
        cells = [None if each != each else f"{each:.15g}" for each in values.tolist()]
    else:
        cells = [None if each is None else str(each) for each in values.tolist()]
    return pd.Series(cells, dtype=object, index=values.index)


def _truth(name: str, values: pd.Series, table: Table) -> pd.Series:
    """Truth values, as such or as texts. Raises DataError for a cell that is none."""
    if values.dtype == bool:
        return values
    texts = as_cells(values)
    present = texts.dropna().astype(str)
    odd = present[~present.str.lower().isin(("true", "false"))]
    if len(odd):
        raise DataError(
            f"{name_of_test(table)!r}: column {name!r} has {odd.iloc[0]!r} in {len(odd)} of"
            f" {len(values)} rows, and is True or False in {table.name!r}; spell it alike, or drop it"
            f" with --drop {quoted(name)}"
        )
    return texts


def _parsed(name: str, values: pd.Series, table: Table) -> pd.Series:
    """Numbers from texts. Raises DataError at a cell that is none: test rows don't change a column."""
    if values.dtype == object:
        numbers = to_floats(values, "coerce")
        odd = values[values.notna() & numbers.isna()]
        odd = odd[odd.map(lambda each: str(each).strip().lower() != "nan")]
    else:
        numbers, odd = values, values.dropna().astype(str)
    if len(odd):
        raise DataError(
            f"{name_of_test(table)!r}: column {name!r} is numbers in {table.name!r} and has"
            f" {odd.iloc[0]!r} in {name_of_test(table)!r}, in {len(odd)} of {len(values)} rows; correct"
            f" it, leave the cell empty, or drop it with --drop {quoted(name)}"
        )
    return numbers.astype(np.float64)


def _with_counts(known: Sequence[Column], theirs: pd.DataFrame, name: str) -> list[Column]:
    """The columns with their gaps, ranges and levels over all rows.

    Raises DataError for numbers of the test rows that can't be scaled.
    """
    numbers = [each.name for each in known if each.kind in ("number", "constant")]
    block = theirs[numbers].to_numpy(np.float64)
    _check_finite(numbers, block, name)
    low, high = np.fmin.reduce(block), np.fmax.reduce(block)  # NaN where no cell has a number
    ranges = {each: (low[i], high[i]) for i, each in enumerate(numbers)}
    used = [each.name for each in known if each.used]
    missing = dict(zip(used, theirs[used].isna().sum().tolist(), strict=True))

    def completed(column: Column) -> Column:
        if not column.used:
            return column
        column = replace(column, missing=column.missing + missing[column.name])
        if column.kind == "category":
            rows = Counter(dict(column.levels))
            rows.update(theirs[column.name].dropna().astype(str).tolist())
            return replace(column, levels=tuple(rows.most_common()))
        if column.range is None:
            return column
        both = np.array([column.range, ranges[column.name]])
        return replace(column, range=(float(np.nanmin(both)), float(np.nanmax(both))))

    return [*map(completed, known)]


def _check_finite(numbers: Sequence[str], block: np.ndarray, name: str) -> None:
    """Raise DataError for the first column with a number that is infinite or can't be scaled."""
    odd = np.abs(block) > LARGEST
    if not odd.any():
        return
    place = int(odd.any(axis=0).argmax())
    cells = block[odd[:, place], place]
    column, infinite = numbers[place], int(np.isinf(cells).sum())
    if infinite:
        raise DataError(
            f"{name!r}: column {column!r} is infinite in {infinite} of {len(block)} rows; correct"
            f" these, leave them empty, or drop it with --drop {quoted(column)}"
        )
    raise DataError(
        f"{name!r}: column {column!r} has {cells[0]:g}, too large to be scaled; take it in another"
        f" unit, or drop it with --drop {quoted(column)}"
    )


# Levels and classes


def plain_level(level: str) -> str:
    """A level without what people write in two ways: case, blanks, a number's zeros."""
    text = " ".join(unicodedata.normalize("NFKC", level).casefold().split())
    return f"{float(text):.15g}" if is_number(text) else text


def _check_levels(column: Column, values: pd.Series, table: Table) -> list[str]:
    """A warning where levels may be spelt otherwise than in training.

    Raises DataError where no cell has a level that training rows have.
    """
    counts = values.dropna().astype(str).value_counts()
    ours = dict(column.levels)
    unknown = counts[[each not in ours for each in counts.index]]
    if not len(unknown):
        return []
    name, (rows, of) = name_of_test(table), (int(unknown.sum()), int(counts.sum()))
    if rows == of:
        raise DataError(
            f"{name!r}: column {column.name!r} has no level that it has in {table.name!r}: it has"
            f" {some(unknown.index, 3)}, and {some(ours, 3)} there; spell levels alike, or drop it with"
            f" --drop {quoted(column.name)}"
        )
    plain = {plain_level(each): each for each in reversed(ours)}
    alike = next((each for each in unknown.index if plain_level(each) in plain), None)
    if alike is not None:
        return [
            f"{name}: column {column.name!r} has {alike!r} in {counts[alike]} of {of} rows, and"
            f" {plain[plain_level(alike)]!r} in {table.name!r}; spell them alike if they are one level"
        ]
    if rows < MANY_UNKNOWN * of:
        return []
    return [
        f"{name}: column {column.name!r} has levels in {rows} of {of} rows that no training row has,"
        f" such as {some(unknown.index, 3)} beside {some(ours, 3)}; they count as rare"
    ]


def _checked_target(
    ours: pd.DataFrame, theirs: pd.DataFrame, table: Table, target: str, task: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Both frames with targets of one kind. Raises DataError where that of test rows is none."""
    name = name_of_test(table)
    check_complete(theirs[target], name)
    if task == "regression":
        return ours, theirs.assign(**{target: _values(theirs[target], name)})
    if not (_numeric(ours[target]) and _numeric(theirs[target])):
        ours = ours.assign(**{target: as_cells(ours[target])})
        theirs = theirs.assign(**{target: as_cells(theirs[target])})
    classes = ours[target].drop_duplicates()
    odd = theirs[target][~theirs[target].isin(classes)]
    if len(odd):
        found, there = (as_cells(each.drop_duplicates()) for each in (odd, classes))
        raise DataError(
            f"{name!r}: the target {target!r} has {some(found, 3)} in {len(odd)} of {len(theirs)} rows,"
            f" and no class of that name is in {table.name!r}, which has {some(sorted(there), 5)};"
            " spell classes alike, or take these rows out"
        )
    return ours, theirs


def _values(target: pd.Series, name: str) -> pd.Series:
    """The values of a regression. Raises DataError for what is no finite number."""
    numbers = to_floats(target, "coerce")
    odd = target[~(numbers.abs() <= LARGEST)]
    if len(odd):
        raise DataError(
            f"{name!r}: the target {str(target.name)!r} is no number to predict in {len(odd)} of"
            f" {len(target)} rows, first {str(odd.iloc[0])!r}; correct them"
        )
    return numbers

"""From a table to a dataset: the target, the columns to learn from, and what to warn of."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from shlex import quote as quoted
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from regcmp.data.columns import (
    GROUPS,
    ORDER,
    PLAIN,
    WEIGHT,
    Column,
    Columns,
    Numbers,
    some,
)
from regcmp.data.dataset import Dataset
from regcmp.data.image_sizes import parse_image
from regcmp.data.preparation.copies import rows_apart
from regcmp.data.table import Table
from regcmp.data.tables.asking import Asked, asked_of
from regcmp.data.tables.belonging import groups_of, with_content_groups
from regcmp.data.tables.describing import describe_column
from regcmp.data.tables.given_test import joined, of_column
from regcmp.data.tables.labels import (
    alike,
    as_texts,
    check_complete,
    check_notation_of,
    classes_of,
    task_of,
    values_of,
)
from regcmp.data.tables.leaks import with_leaks
from regcmp.data.tables.ordering import order_of
from regcmp.data.tables.recurring import recurring_keys
from regcmp.data.tables.sampling import FEWEST, FEWEST_ROWS, raised_shares, sampled_rows
from regcmp.data.tables.scripts import without_blanks
from regcmp.data.tables.weighing import counted, weights_of
from regcmp.data.tables.wide import plain_numbers
from regcmp.errors import DataError, UsageError
from regcmp.option import AUTO

if TYPE_CHECKING:
    import pandas as pd

MISSING = "(missing)"
"""The level of a category where nothing stands."""


def understand(
    table: Table, columns: Columns, decimal: str = ".", sample: int | None = None
) -> Dataset:
    """Find the target and what each other column is; given test rows come last.

    ``decimal`` is what the texts were read with, ``sample`` how many of the rows are taken. What a
    column is goes by training rows alone.

    Raises UsageError for a column that isn't there, DataError for data that can't be learned from.
    """
    weight = asked_of(table, columns).weight
    if weight is not None:
        table = counted(table, weight)
    if not columns.drop_duplicates:
        return _understood(table, columns, decimal, sample)
    n_rows = len(table.frame)
    dataset = _understood(table, columns, decimal)
    # Without copies, a column may be an id that tells nothing, and other rows may be alike.
    while len(kept := rows_apart(dataset)) < len(table.frame):
        frame = table.frame.iloc[kept].reset_index(drop=True)
        table = replace(table, frame=frame, line=None)
        dataset = _understood(table, columns, decimal)
    dropped = n_rows - len(table.frame)
    if sample is not None:
        dataset = _understood(table, columns, decimal, sample)
    return replace(dataset, dropped=dropped)


def _understood(table: Table, columns: Columns, decimal: str, sample: int | None = None) -> Dataset:
    """The dataset of all rows, or of a sample of them."""
    decimal = decimal if table.is_text else ""
    asked = asked_of(table, columns)
    target = asked.target
    _check_rows(table, asked)
    table, task, said = _with_task(table, columns, target, decimal)
    if sample is not None:
        table = _sampled(table, target, task, sample)
    frame = table.frame
    groups = None if asked.groups is None else groups_of(table, asked.groups)
    order = None if asked.order is None else order_of(table, asked.order)
    known = _described(table, asked, decimal)
    if table.test is not None:
        if task == "regression":
            values_of(frame[target], table.name)
        frame, known, of_test = joined(table, known, target, task, asked.dropped)
        said += of_test
    y, classes = _learned(frame[target], table, task)
    known = with_leaks(known, frame, y, len(classes), target)
    used = _check_tells(table, known, target)
    plain = all(each.kind in PLAIN and not each.missing for each in used)
    image = _image(table, columns, target, used)
    dataset = Dataset(
        name=table.name,
        x=_numbers(frame, used) if plain else np.empty((len(y), 0)),
        y=y,
        classes=classes,
        source=table.source,
        task=task,
        given_test=0 if table.test is None else len(table.test),
        target=target,
        mixed=None if plain else _mixed(frame, used),
        columns=tuple(known),
        warnings=(
            *table.warnings,
            *said,
            *([table.merged[target]] if target in table.merged else []),
            *alike(classes, target),
            *(each for name in sorted(asked.texts) for each in without_blanks(frame[name])),
            *_lost_image(table, columns, known),
            *_warnings(known, table, is_image=image is not None),
            *recurring_keys(table, known, groups, order),
        ),
        image=image,
        groups=groups,
        order=order,
        weights=weights_of(table, asked.weight),
        sampled=sample is not None,
    )
    return with_content_groups(dataset, table) if asked.by_content else dataset


def _check_rows(table: Table, asked: Asked) -> None:
    """Raise DataError for columns with a fault, too few rows, or rows without a target."""
    for name, fault in table.faults.items():
        if name not in asked.dropped:
            raise DataError(f"{table.name!r}: {of_column(fault, name, asked.target)}")
    _check_enough(table)
    check_complete(table.frame[asked.target], table.name)


def _with_task(
    table: Table, columns: Columns, target: str, decimal: str
) -> tuple[Table, str, list[str]]:
    """The table with its target as it is learned, what is to be learned, and what there is to say."""
    said: list[str] = []
    if columns.classes_as_text:
        texts = as_texts(table.frame[target])
        table = replace(table, frame=table.frame.assign(**{target: texts}))
    elif columns.task == AUTO and target not in table.declared:
        said += check_notation_of(table.frame[target], table.name, decimal, table.line)
    task = task_of(table.frame[target]) if columns.task == AUTO else columns.task
    return table, task, said


def _check_tells(table: Table, known: list[Column], target: str) -> list[Column]:
    """The columns to learn from. Raises DataError where none tells rows apart."""
    used = [column for column in known if column.used]
    if all(column.kind == "constant" for column in used):
        why = _warnings(known, table, is_image=False)
        raise DataError(
            f"{table.name!r}: no column is left that tells its rows apart; "
            + ("; ".join(why[:3]) or f"the target {target!r} stands alone")
        )
    return used


def _described(table: Table, asked: Asked, decimal: str) -> list[Column]:
    """What each column is, but for the target and those that are left out."""
    names = [str(name) for name in table.frame.columns]
    names = [name for name in names if name != asked.target and name not in asked.dropped]
    kinds = {asked.groups: GROUPS, asked.order: ORDER, asked.weight: WEIGHT}
    special = asked.texts | asked.used | table.declared | kinds.keys()
    plain = plain_numbers(table.frame, [name for name in names if name not in special])
    plain |= {name: Column(name, kind, 0) for name, kind in kinds.items() if name is not None}
    return [
        plain.get(name)
        or describe_column(
            table.frame[name],
            table.name,
            decimal,
            as_text=name in asked.texts,
            use=name in asked.used,
            declared=name in table.declared,
            line=table.line,
        )
        for name in names
    ]


def _image(
    table: Table, columns: Columns, target: str, used: list[Column]
) -> tuple[int, int, int] | None:
    """The shape of the rows as images: what --image says, else what the source knows of them.

    A source's images are none any more where a pixel was left out or has gaps. Raises UsageError
    where the columns can't be the pixels that are asked for.
    """
    if columns.image is not None:
        return _asked_image(columns.image, table.name, used)
    whole = not columns.drop and target == table.target
    plain = all(each.kind in PLAIN and not each.missing for each in used)
    return table.image if whole and plain else None


def _asked_image(text: str, table: str, used: list[Column]) -> tuple[int, int, int]:
    image = parse_image(text)
    for each in used:
        if each.kind not in PLAIN or each.missing:
            what, way_out = f"has {each.missing} gaps", "fill them in"
            if each.kind not in PLAIN:
                what, way_out = "is no number", "make it one"
            if len(used) > prod(image):
                way_out = f"leave it out with --drop {quoted(each.name)}"
            raise UsageError(
                f"--image: every column of {table!r} beside its target must be a pixel, and"
                f" {each.name!r} {what}; {way_out}",
                "image",
            )
    if prod(image) != len(used):
        raise UsageError(
            f"--image: {text} are {prod(image)} pixels, and {table!r} has {len(used)} columns beside"
            " its target; correct the size, or leave columns out with --drop",
            "image",
        )
    return image


def _check_enough(table: Table) -> None:
    """Raise DataError for too few rows."""
    rows = len(table.frame)
    if rows < FEWEST_ROWS:
        said = f"{rows or 'no'} row" + ("" if rows == 1 else "s")
        raise DataError(
            f"{table.name!r} has {said}; at least {FEWEST_ROWS} are needed, a training and a"
            " test row of two classes"
        )


def _learned(
    target: pd.Series, table: Table, task: str
) -> tuple[npt.NDArray[Any], tuple[str, ...]]:
    """What is to be learned of each row, and the classes' names."""
    if task == "regression":
        return values_of(target, table.name), ()
    try:
        return classes_of(target, table.name)
    except DataError as error:
        if target.name in table.merged:
            raise DataError(f"{table.name!r}: {table.merged[str(target.name)]}") from error
        raise


def _sampled(table: Table, target: str, task: str, size: int) -> Table:
    """The table with so many of its rows; given test rows stay."""
    y, classes = _learned(table.frame[target], table, task)
    fewest = FEWEST if table.test is None else 1
    rows = sampled_rows(table.name, y, len(classes), size, fewest)
    if not classes and np.ptp(y[rows]) == 0:
        raise UsageError(
            f"--sample: the target {target!r} is the same in all {size} rows that were taken of"
            f" {table.name!r}, so there is nothing to predict; take more",
            "sample",
        )
    frame = table.frame.iloc[rows].reset_index(drop=True)
    warnings = (*table.warnings, *(raised_shares(y, rows, classes) if classes else ()))
    return replace(table, frame=frame, warnings=warnings, line=None)


def _lost_image(table: Table, columns: Columns, known: list[Column]) -> list[str]:
    """A line where images have pixels that are missing, which nobody asked to leave out."""
    gaps = sum(1 for each in known if each.missing)
    if table.image is None or columns.image is not None or columns.drop or not gaps:
        return []
    pixels = "1 pixel is" if gaps == 1 else f"{gaps} pixels are"
    return [f"{pixels} missing in some rows, so that rows are taken as numbers and not as images"]


def _warnings(known: list[Column], table: Table, *, is_image: bool) -> list[str]:
    """A line for each column that has one, and one for all that are constant, unless pixels."""
    lines = [each.warning for each in known if each.warning]
    constant = [each.name for each in known if each.kind == "constant"]
    if constant and not is_image:
        subject = "column {} has" if len(constant) == 1 else "columns {} have each"
        rows = "rows" if table.test is None else "training rows"
        lines.append(
            f"{subject.format(some(constant))} one value in all {rows}, which tells nothing"
        )
    return lines


def _numbers(frame: pd.DataFrame, used: list[Column]) -> Numbers:
    if all(each.kind != "boolean" for each in used):
        return np.asarray(frame[[each.name for each in used]], np.float64)
    return np.column_stack([as_numbers(frame[each.name], each.kind) for each in used])


def as_numbers(values: pd.Series, kind: str) -> Numbers:
    """Numbers as they are; of truth values, 1 and 0."""
    if kind == "boolean" and values.dtype != bool:
        values = values.map(lambda each: str(each).lower() == "true", na_action="ignore")
    return np.asarray(values.astype("float64"), np.float64)


def _mixed(frame: pd.DataFrame, used: list[Column]) -> pd.DataFrame:
    """The columns for the encoder: float64 numbers, and texts without gaps."""
    import pandas as pd

    def values(column: Column) -> Numbers | pd.Series:
        if column.kind in PLAIN:
            return as_numbers(frame[column.name], column.kind)
        given = frame[column.name].astype(object)
        texts = given.where(given.notna(), "" if column.kind == "text" else MISSING)
        return texts.astype(str).astype(object).reset_index(drop=True)

    return pd.DataFrame({each.name: values(each) for each in used})

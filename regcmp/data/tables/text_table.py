"""Text tables, .csv and .tsv: read in chunks, and nothing in them is guessed in silence."""

from __future__ import annotations

import csv
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TextIO

import numpy as np
import numpy.typing as npt

from regcmp.data.columns import Columns, target_among
from regcmp.data.sources.files import STDIN, File
from regcmp.data.sources.signatures import check_text
from regcmp.data.table import Progress, Reading, Table
from regcmp.data.tables.cells import fault_of, numbers_after_all, to_numbers, warn_of_markers
from regcmp.data.tables.floats import precision
from regcmp.data.tables.spellings import MOST_CLASSES, Spellings, may_be_classes, merged
from regcmp.data.tables.swallowed import check_swallowed
from regcmp.data.tables.text_head import read_head
from regcmp.data.tables.text_lines import (
    BLANK,
    check_lines,
    line_of_row,
    open_text,
)
from regcmp.data.tables.wide import in_one_block, read_numbers
from regcmp.errors import DataError
from regcmp.hints import is_number

if TYPE_CHECKING:
    import pandas as pd

CHUNK_CELLS = 2_000_000
"""About how many cells are parsed at a time."""


@dataclass(frozen=True)
class Source:
    """A text table whose head is known."""

    file: File
    reading: Reading
    sep: str
    names: list[str]
    skipped: int
    """How many lines are a header: 1 or 0."""
    progress: Progress | None = None

    def check_lines(self) -> None:
        """Raise DataError for a line of another number of cells."""
        check_lines(self.file, self.reading, self.sep, len(self.names))


def read_delimited(
    file: File,
    reading: Reading,
    said: Columns,
    progress: Progress | None = None,
    as_text: Collection[str] = (),
) -> Table:
    """Read a text table; ``said`` is what the user says of its target, and ``as_text`` names columns of
    texts that may all look like numbers.

    Raises DataError, naming line or column, for whatever is not one.
    """
    import pandas as pd

    check_text(file)
    sep, names, skipped, first_rows = read_head(file, reading)
    source = Source(file, reading, sep, names, skipped, progress)
    target = target_among(names, said.target)
    kept = {*as_text, *([target] if said.classes_as_text else [])}
    spellings = _spellings(names, target, first_rows)
    columns = _numbers(source, names, target, spellings)
    columns |= dict.fromkeys(columns.keys() & kept)
    texts = [name for name in names if columns[name] is None]
    for name, cells in (_texts(source, texts) if texts else {}).items():
        numbers = None if name in kept else numbers_after_all(cells, reading.decimal)
        columns[name] = pd.Series(cells, dtype=object) if numbers is None else numbers
    frame = in_one_block(columns)
    if any(frame[names[-1]].isna()):
        source.check_lines()
    line = partial(line_of_row, file, reading, sep)
    check_swallowed(file.text, frame, sep, line)
    texts = [name for name in texts if frame[name].dtype == object and name not in kept]
    found = {name: fault_of(name, frame[name], reading.decimal) for name in texts}
    warnings: tuple[str, ...] = ()
    if reading.na is None:
        frame, warnings = warn_of_markers(frame, texts, reading.decimal)
    return Table(
        file.text,
        frame,
        "standard input" if file.text == STDIN else file.text,
        warnings=warnings,
        faults={name: fault for name, fault in found.items() if fault},
        is_text=True,
        merged=_merged(source, frame, target, spellings),
        line=line,
    )


def read_in_parts(
    file: File,
    reading: Reading,
    progress: Progress | None,
    as_text: Callable[[list[str]], Collection[str]],
    multiple: int = 1,
) -> tuple[str, list[str], Iterator[pd.DataFrame]]:
    """What separates a text table's cells, its columns, and its rows, a multiple of so many at a time.

    Memory is bounded. ``as_text`` says which of the columns have the text of the file, others numbers
    where a part has no other cells. Raises DataError as ``read_delimited`` does.
    """
    check_text(file)
    sep, names, skipped, _ = read_head(file, reading)
    source = Source(file, reading, sep, names, skipped, progress)
    texts = dict.fromkeys(as_text(names), object)

    def parts() -> Iterator[pd.DataFrame]:
        checked = False
        with open_text(file, reading, progress) as text:
            for chunk in _chunks(text, source, multiple, dtype=texts):
                if not checked and chunk[names[-1]].isna().any():
                    source.check_lines()
                    checked = True
                yield chunk.astype(dict.fromkeys(texts, object))

    return sep, names, parts()


def _spellings(
    names: list[str], target: str | None, first_rows: list[list[str]]
) -> Spellings | None:
    """What reads the target where it may be classes that are whole numbers."""
    if target is None:
        return None
    place = names.index(target)
    cells = [row[place] for row in first_rows if len(row) > place]
    return Spellings() if may_be_classes(cells) else None


def _merged(
    source: Source, frame: pd.DataFrame, target: str | None, spellings: Spellings | None
) -> dict[str, str]:
    """A warning where classes of the target that are one number are written in two ways."""
    if target is None or frame[target].dtype == object:
        return {}
    cells = [] if spellings is None else list(spellings.numbers)
    if spellings is None and frame[target].iloc[:1000].nunique() <= MOST_CLASSES // 5:
        texts = _texts(source, [target])[target]
        cells = [each for each in dict.fromkeys(texts) if each is not None and is_number(each)]
    said = merged(target, cells)
    return {target: said} if said else {}


def _chunks(text: TextIO, source: Source, multiple: int = 1, **how: Any) -> Iterator[pd.DataFrame]:
    """Frames of some rows each, a multiple of so many, parsed by pandas' C engine."""
    import pandas as pd

    reading, names = source.reading, source.names
    rows = max(1, CHUNK_CELLS // len(names) // multiple) * multiple
    try:
        with pd.read_csv(
            text,
            sep=r"\s+" if source.sep == BLANK else source.sep,
            header=0 if source.skipped else None,
            names=names,
            index_col=False,
            decimal=reading.decimal,
            quoting=csv.QUOTE_NONE if reading.quoting == "none" else csv.QUOTE_MINIMAL,
            keep_default_na=False,
            na_values=["", *(reading.na or ())],
            chunksize=rows,
            low_memory=False,
            engine="c",
            **precision(),
            **how,
        ) as chunks:
            yield from chunks
    except pd.errors.EmptyDataError:
        raise DataError(
            f"{source.file.text!r} is empty; expected a header and rows below it"
        ) from None
    except pd.errors.ParserError as error:
        source.check_lines()
        by = "blanks" if source.sep == BLANK else repr(source.sep)
        raise DataError(
            f"{source.file.text!r}: its lines can't be cut into {len(names)} cells by {by}; name what"
            " separates them with --sep"
        ) from error


def _numbers(
    source: Source, names: list[str], target: str | None = None, spellings: Spellings | None = None
) -> dict[str, Any]:
    """Those of these columns that hold numbers alone, as float64; None for one that has text.

    ``spellings`` reads the target, unless its later cells are other numbers than the first.
    """
    parts: dict[str, list[npt.NDArray[Any]] | None] = {name: [] for name in names}
    rows = 0
    how: dict[str, Any] = {"dtype": {target: object}} if spellings else {}
    if len(names) < len(source.names):  # under it, cells too many are no error
        how = {"usecols": names}
    with open_text(source.file, source.reading, source.progress) as text:
        for chunk in _chunks(text, source, **how):
            rows += len(chunk)
            columns = read_numbers(chunk, lambda cells: to_numbers(cells, source.reading))
            if spellings and target is not None:
                columns[target] = spellings.read(chunk[target])
            for name, values in columns.items():
                part = parts[name]
                if part is None or values is None:
                    parts[name] = None
                else:
                    part.append(values)
    if not rows:
        raise DataError(f"{source.file.text!r} has a header and no rows")
    found = {name: None if part is None else np.concatenate(part) for name, part in parts.items()}
    if spellings and target is not None and found[target] is None:
        spellings.numbers.clear()
        found |= _numbers(source, [target])
    return found


def _texts(source: Source, texts: list[str]) -> dict[str, list[str | None]]:
    """The columns that have text, cell by cell as in the file; None where one is missing."""
    cells: dict[str, list[str | None]] = {name: [] for name in texts}
    with open_text(source.file, source.reading, source.progress) as text:
        for chunk in _chunks(text, source, usecols=texts, dtype=object):
            for name in texts:
                column = chunk[name]
                cells[name].extend(column.where(column.notna(), None).tolist())
    return cells

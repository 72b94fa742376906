"""ARFF files: attributes are declared, and rows are dense or sparse; read piece by piece."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from regcmp.data.sources.files import File
from regcmp.data.table import Progress, Reading, Table
from regcmp.data.tables.arff_head import Attribute, LineError, Lines, read_head
from regcmp.data.tables.arff_values import RowError, row, sparse
from regcmp.data.tables.room import check_room
from regcmp.data.tables.text_lines import open_text
from regcmp.errors import DataError

SPECIAL = re.compile(r"['\"{}%]")
CHUNK_CELLS = 500_000
WEIGHTS = "instance weights are not used: every row counts alike"


def read_arff(file: File, reading: Reading, progress: Progress | None = None) -> Table:
    """Read an ARFF file; what is declared as nominal is a category, whatever its levels look like."""
    import pandas as pd

    with open_text(file, reading, progress) as text:
        lines = enumerate(text, 1)
        try:
            attributes = read_head(file.text, lines)
            body = _Body(file.text, attributes)
            body.read(lines)
            numbers = np.array(body.lines, np.intp)
            columns = {each.name: each.column(cells, numbers) for each, cells in body.columns()}
        except LineError as fault:
            raise DataError(f"{file.text!r}: line {fault.number} {fault}") from None
    frame = pd.DataFrame(columns, copy=False)
    return Table(
        file.text,
        frame,
        file.text,
        warnings=(WEIGHTS,) if body.weighted else (),
        faults={
            each.name: f"column {each.name!r} {each.fault}" for each in attributes if each.fault
        },
        declared=frozenset(each.name for each in attributes if each.kind == "nominal"),
        line=partial(_line, numbers),
    )


def _line(numbers: npt.NDArray[np.intp], place: int) -> int:
    return int(numbers[place])


class _Body:
    """The rows: of dense ones, a piece at a time; of sparse ones, what they name."""

    def __init__(self, name: str, attributes: list[Attribute]) -> None:
        self.name = name
        self.attributes = attributes
        self.lines: list[int] = []
        self.weighted = False
        self.is_sparse = False
        self.places: list[list[int]] = [[] for _ in attributes]
        self.cells: list[list[str | None]] = [[] for _ in attributes]
        self.size = 0

    def read(self, lines: Lines) -> None:
        """Read all rows. Raises LineError for a line that is none."""
        pending: list[list[str | None]] = []
        count, most = len(self.attributes), max(1, CHUNK_CELLS // len(self.attributes))
        for number, line in lines:
            if SPECIAL.search(line) is None:
                cells: Any = line.strip().split(",")
                if " " in line or "\t" in line:
                    cells = [each.strip() for each in cells]
                if "?" in line or "" in cells:
                    cells = [None if each in ("?", "") else each for each in cells]
            else:
                cells = None
            if cells is None or len(cells) != count or cells == [None]:
                cells = self._row(number, line)
                if cells is None:
                    continue
            self.lines.append(number)
            if self.is_sparse:
                for place, cell in cells.items() if isinstance(cells, dict) else enumerate(cells):
                    self.places[place].append(len(self.lines) - 1)
                    self.cells[place].append(cell)
                self.size += len(line)
                continue
            pending.append(cells)
            if len(pending) == most:
                self._add(pending)
                pending.clear()
        self._add(pending)
        if not self.lines:
            raise DataError(f"{self.name!r} has no rows")

    def _row(self, number: int, line: str) -> Any:
        """The cells of a row that is not plain; None where there is no row."""
        text, count = line.strip(), len(self.attributes)
        if not text or text.startswith("%"):
            return None
        try:
            if text.startswith("{"):
                named, weighted = sparse(text, count)
                self.is_sparse = self.is_sparse or not self.lines
                self.weighted = self.weighted or weighted
                if self.is_sparse:
                    return named
                return [named.get(i, each.default) for i, each in enumerate(self.attributes)]
            values, weighted = row(text)
        except RowError as fault:
            raise LineError(number, str(fault)) from None
        self.weighted = self.weighted or weighted
        if len(values) != count:
            raise LineError(
                number,
                f"has {len(values)} value{'' if len(values) == 1 else 's'}, and {count} attributes are"
                " declared; correct it, with a point in decimals and quotes around values that have"
                " commas",
            )
        return values

    def _add(self, rows: list[list[str | None]]) -> None:
        if rows:
            lines = self.lines[-len(rows) :]
            for each, cells in zip(self.attributes, zip(*rows, strict=True), strict=True):
                each.parts.append(each.read(cells, lines))

    def columns(self) -> Iterator[tuple[Attribute, Any]]:
        """Each attribute with the values of all rows."""
        if self.is_sparse:
            check_room(self.name, len(self.lines), len(self.attributes), self.size)
        for each, places, cells in zip(self.attributes, self.places, self.cells, strict=True):
            if self.is_sparse:
                kind = np.float64 if each.kind == "number" else object
                values = np.full(len(self.lines), 0 if kind is np.float64 else each.default, kind)
                values[places] = each.read(cells, [self.lines[place] for place in places])
                yield each, values
            elif each.kind == "number":
                yield each, np.concatenate(each.parts)
            else:
                yield each, list(chain.from_iterable(each.parts))
            each.parts.clear()

"""New rows, held against what a model was trained on: each column as the training rows had it."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from regcmp.data.columns import LARGEST, PLAIN, RARE, Column, some
from regcmp.data.tables.cells import MARKERS, fault_of
from regcmp.data.tables.floats import to_floats
from regcmp.data.tables.given_test import as_cells, plain_level
from regcmp.data.tables.understanding import MISSING
from regcmp.data.typed_cells import plain_columns
from regcmp.errors import DataError
from regcmp.hints import is_number

if TYPE_CHECKING:
    import pandas as pd

    from regcmp.models.fitted import Facts

Mask = npt.NDArray[np.bool_]
SHOWN = 3
"""How many levels a message shows."""
EMPTY, NEW, ALIKE = range(3)
"""What an example of an unknown level may be: the last says most."""


@dataclass(frozen=True)
class Checked:
    """Rows as ``Dataset.take`` gives them, and which of them can't be predicted."""

    rows: Any
    bad: Mask
    """(n,)."""
    fault: str = ""
    """What is wrong with the first of these."""
    column: str = ""
    """In which column."""

    @property
    def first(self) -> int:
        """The place of the first."""
        return int(self.bad.argmax())


@dataclass
class Tally:
    """What the cells of a column of texts were so far: no part of a file can tell what the whole is."""

    present: int = 0
    known: int = 0
    """How many have a level of the training rows."""
    numbers: bool = True
    """Whether all are numbers."""
    seen: list[str] = field(default_factory=list)
    """The first that are no levels of the training rows."""

    def add(self, given: pd.Series, levels: dict[str, int]) -> None:
        """Count cells without gaps."""
        odd = given[~given.isin(levels)]
        self.present += len(given)
        self.known += len(given) - len(odd)
        self.numbers = self.numbers and all(map(is_number, given))
        if len(self.seen) < SHOWN:
            self.seen = list(dict.fromkeys([*self.seen, *odd.unique()[:SHOWN]]))[:SHOWN]


@dataclass
class Inspector:
    """Checks rows part by part, and counts what is to be said of all of them in the end.

    What it says does not depend on where parts begin: of a row by itself, or of all rows.
    """

    facts: Facts
    name: str
    """What messages call the rows."""
    decimal: str = "."
    markers: bool = False
    """Whether 'NA' and the like between numbers stand for a missing one."""
    gaps: dict[str, int] = field(default_factory=dict)
    unknown: dict[str, int] = field(default_factory=dict)
    examples: dict[str, tuple[int, str]] = field(default_factory=dict)
    tallies: dict[str, Tally] = field(default_factory=dict)
    count: int = 0

    def check_columns(self, names: Sequence[str]) -> None:
        """Raise DataError where a column is missing, or columns that go by their place are others."""
        there, wanted = set(names), [each.name for each in self.facts.columns]
        lacking = [name for name in wanted if name not in there]
        numbered = all(name.isdecimal() for name in wanted)
        if lacking:
            way_out = "add what is missing"
            if numbered:
                way_out = "its columns go by their place, that of the target included"
            raise DataError(
                f"{self.name!r} must have the columns that the model was trained on, but lacks"
                f" {some(lacking)}; {way_out}"
            )
        if numbered and (more := [name for name in self._surplus(names) if name.isdecimal()]):
            raise DataError(
                f"{self.name!r} must have the {len(wanted)} columns that the model was trained on,"
                f" matched by position, but it also has {some(more)}; remove columns that are not features"
            )

    def surplus(self, names: Sequence[str]) -> list[str]:
        """A warning of columns that the training rows did not have."""
        more = self._surplus(names)
        if not more:
            return []
        subject = f"column {more[0]!r} is" if len(more) == 1 else f"columns {some(more)} are"
        return [f"{self.name}: {subject} not among those that the model knows, and left out"]

    def _surplus(self, names: Sequence[str]) -> list[str]:
        facts = self.facts
        known = {each.name for each in facts.columns} | {facts.target, *facts.others}
        known |= set(facts.plan.get("drop") or ())
        return [name for name in names if name not in known]

    def check(self, frame: pd.DataFrame) -> Checked:
        """These rows, whose columns are there."""
        import pandas as pd

        found: dict[str, Any] = {}
        bad, said, where, first = np.zeros(len(frame), bool), "", "", len(frame)
        for column in self.facts.columns:
            cells = frame[column.name]
            values, odd = self._column(column, cells)
            found[column.name] = values
            if odd.any():
                place = int(odd.argmax())
                if place < first:
                    first, where = place, column.name
                    said = self._fault(column, cells.iloc[place])
                bad |= odd
        self.count += len(frame)
        if self.facts.mixed:
            return Checked(pd.DataFrame(found), bad, said, where)
        return Checked(np.column_stack(list(found.values())), bad, said, where)

    def faults(self) -> list[str]:
        """The columns of texts that are of another kind in all rows that were checked."""
        columns = [each for each in self.facts.columns if each.name in self.tallies]
        return [said for each in columns if (said := _whole_fault(each, self.tallies[each.name]))]

    def warnings(self) -> list[str]:
        """What is to be said of all rows that were checked."""
        lines = []
        for name, rows in self.gaps.items():
            lines.append(
                f"{self.name}: column {name!r} is empty in {rows} of {self.count} rows, and in no"
                " training row; the median of these takes their place"
            )
        for name, rows in self.unknown.items():
            lines.append(
                f"{self.name}: column {name!r} has levels in {rows} of {self.count} rows that no"
                f" training row has, such as {self.examples[name][1]}; they count as rare"
            )
        return lines

    # Columns

    def _column(self, column: Column, cells: pd.Series) -> tuple[Any, Mask]:
        """The column as it is encoded, and where its cells are none."""
        if column.kind == "boolean":
            values, odd = self._truths(cells)
        elif column.kind in PLAIN:
            values, odd = self._numbers(column, cells)
        else:
            return self._texts(column, cells), np.zeros(len(cells), bool)
        if odd.any():
            values = np.where(odd, np.nan, values)
        if not column.missing and (empty := int((np.isnan(values) & ~odd).sum())):
            self.gaps[column.name] = self.gaps.get(column.name, 0) + empty
        return values, odd

    def _numbers(self, column: Column, cells: pd.Series) -> tuple[Any, Mask]:
        if cells.dtype.kind in "iuf":
            values = cells.to_numpy(np.float64)
            return values, np.abs(values) > LARGEST
        if cells.dtype != object:
            cells = as_cells(cells)
        present = cells.notna().to_numpy()
        if self.markers:
            present = present & ~cells.isin(MARKERS).to_numpy()
        texts = cells.where(present, None)
        if self.decimal != ".":
            texts = texts.map(self._with_point, na_action="ignore")
        values = to_floats(texts, "coerce").to_numpy(np.float64)
        odd = present & (np.isnan(values) | (np.abs(values) > LARGEST))
        return values, odd

    def _with_point(self, cell: Any) -> Any:
        """A text with a decimal point, unless it has one already: 1.234 is not 1,234."""
        text = str(cell)
        return "?" if "." in text else text.replace(self.decimal, ".")

    def _truths(self, cells: pd.Series) -> tuple[Any, Mask]:
        if cells.dtype == bool:
            return cells.to_numpy(np.float64), np.zeros(len(cells), bool)
        texts = as_cells(cells)
        present = texts.notna().to_numpy()
        lower = texts.where(present, "").astype(str).str.lower()
        values = np.where(lower == "true", 1.0, np.where(lower == "false", 0.0, np.nan))
        return values, present & np.isnan(values)

    def _texts(self, column: Column, cells: pd.Series) -> pd.Series:
        """Texts without gaps."""
        texts = as_cells(cells)
        present = texts.notna()
        given = texts[present].astype(str)
        levels = dict(column.levels)
        self.tallies.setdefault(column.name, Tally()).add(given, levels)
        if column.kind == "category":
            self._count_levels(column, given[~given.isin(levels)], levels)
            if not column.missing and not present.all():
                self._count_unknown(column.name, int((~present).sum()), EMPTY, "an empty cell")
        filled = texts.where(present, "" if column.kind == "text" else MISSING)
        return filled.astype(str).astype(object).reset_index(drop=True)

    def _count_levels(self, column: Column, odd: pd.Series, levels: dict[str, int]) -> None:
        """Count cells whose levels no training row has, and keep the example that says most."""
        if not len(odd):
            return
        plain = {plain_level(each): each for each in levels}
        rank, example = NEW, repr(odd.iloc[0])
        for level in odd.unique():
            if meant := plain.get(plain_level(level)):
                rank, example = ALIKE, f"{level!r}, which is {meant!r} in training"
                break
        self._count_unknown(column.name, len(odd), rank, example)

    def _count_unknown(self, name: str, rows: int, rank: int, example: str) -> None:
        self.unknown[name] = self.unknown.get(name, 0) + rows
        if name not in self.examples or rank > self.examples[name][0]:
            self.examples[name] = rank, example

    def _fault(self, column: Column, cell: Any) -> str:
        import pandas as pd

        if column.kind == "boolean":
            what = "is True or False"
        elif fault := fault_of(column.name, pd.Series([str(cell)], dtype=object), self.decimal):
            return fault
        elif is_number(str(cell)):
            return f"column {column.name!r} has {cell}, which is infinite or too large to be scaled"
        else:
            what = "is a number"
        return f"column {column.name!r} has {str(cell)!r}, and {what} in the training rows"


def _whole_fault(column: Column, tally: Tally) -> str:
    """What is wrong with a column of texts as a whole."""
    levels = dict(column.levels)
    if tally.present and tally.numbers and not any(map(is_number, levels)):
        was = some(levels, SHOWN) if levels else "text"
        return (
            f"column {column.name!r} has numbers, such as {tally.seen[0]!r}, and {was} in the training"
            " rows; give it as it was then"
        )
    if column.kind == "category" and not tally.known and tally.present >= RARE:
        return (
            f"column {column.name!r} has no level that it has in the training rows: it has"
            f" {some(tally.seen)}, and {some(levels, SHOWN)} there; spell levels alike"
        )
    return ""


def rows_of(facts: Facts, X: Any) -> Any:
    """Rows of a frame, by name, or of an array, by place, as the networks' preparations take them.

    Warns of levels and gaps that no training row has. Raises DataError, naming row and column.
    """
    import pandas as pd

    names = [each.name for each in facts.columns]
    if isinstance(X, pd.DataFrame):
        frame, faults = plain_columns("X", X) if len(X) else (X, {})
        for name in names:
            if name in faults:
                raise DataError(f"X: {faults[name]}")
    else:
        array = np.asarray(X)
        if array.ndim != 2 or array.shape[1] != len(names):
            raise DataError(
                f"X has the shape {array.shape}; expected ({'rows'}, {len(names)}), the columns"
                f" {some(names, 3)} in their order, or a frame with these"
            )
        frame = pd.DataFrame(array, columns=names)
        if array.dtype == object:
            frame = frame.infer_objects()
    inspector = Inspector(facts, "X")
    inspector.check_columns([str(name) for name in frame.columns])
    checked = inspector.check(frame)
    for fault in inspector.faults():
        raise DataError(f"X: {fault}")
    for line in inspector.warnings():
        warnings.warn(line, stacklevel=4)
    if checked.fault:
        raise DataError(f"{where(facts, X, checked.first, checked.column)}: {checked.fault}")
    return checked.rows


def where(facts: Facts, X: Any, row: int, column: str) -> str:
    """What messages call a cell of X, both from 0: 'X[2, 1]' of an array, 'X, row 2' of a frame."""
    if hasattr(X, "columns"):
        return f"X, row {row}"
    return f"X[{row}, {[each.name for each in facts.columns].index(column)}]"

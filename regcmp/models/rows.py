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


@dataclass(frozen=True)
class Checked:
    """Rows as ``Dataset.take`` gives them, and which of them can't be predicted."""

    rows: Any
    bad: Mask
    """(n,)."""
    fault: str = ""
    """What is wrong with the first of these."""

    @property
    def first(self) -> int:
        """The place of the first."""
        return int(self.bad.argmax())


@dataclass
class Inspector:
    """Checks rows part by part, and counts what is to be said of all of them in the end."""

    facts: Facts
    name: str
    """What messages call the rows."""
    decimal: str = "."
    markers: bool = False
    """Whether 'NA' and the like between numbers stand for a missing one."""
    gaps: dict[str, int] = field(default_factory=dict)
    unknown: dict[str, int] = field(default_factory=dict)
    examples: dict[str, str] = field(default_factory=dict)
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
        """These rows, whose columns are there. Raises DataError where a whole column is of another kind."""
        import pandas as pd

        found: dict[str, Any] = {}
        bad, said, first = np.zeros(len(frame), bool), "", len(frame)
        for column in self.facts.columns:
            cells = frame[column.name]
            values, odd = self._column(column, cells)
            found[column.name] = values
            if odd.any():
                place = int(odd.argmax())
                if place < first:
                    first, said = place, self._fault(column, cells.iloc[place])
                bad |= odd
        self.count += len(frame)
        if self.facts.mixed:
            return Checked(pd.DataFrame(found), bad, said)
        return Checked(np.column_stack(list(found.values())), bad, said)

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
                f" training row has, such as {self.examples[name]}; they count as rare"
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
        if odd.any():
            self._check_notation(column, cells[present], odd[present])
        return values, odd

    def _with_point(self, cell: Any) -> Any:
        """A text with a decimal point, unless it has one already: 1.234 is not 1,234."""
        text = str(cell)
        return "?" if "." in text else text.replace(self.decimal, ".")

    def _check_notation(self, column: Column, cells: pd.Series, odd: Mask) -> None:
        """Raise DataError where numbers are in another notation, or no cell is a number."""
        texts = cells.astype(str)
        if fault := fault_of(column.name, texts, self.decimal):
            raise DataError(f"{self.name!r}: {fault}")
        if odd.all() and len(odd) > 1:
            raise DataError(
                f"{self.name!r}: column {column.name!r} is numbers in the training rows, and no cell of"
                f" it is one here: it has {texts.iloc[0]!r}"
            )

    def _truths(self, cells: pd.Series) -> tuple[Any, Mask]:
        if cells.dtype == bool:
            return cells.to_numpy(np.float64), np.zeros(len(cells), bool)
        texts = as_cells(cells)
        present = texts.notna().to_numpy()
        lower = texts.where(present, "").astype(str).str.lower()
        values = np.where(lower == "true", 1.0, np.where(lower == "false", 0.0, np.nan))
        return values, present & np.isnan(values)

    def _texts(self, column: Column, cells: pd.Series) -> pd.Series:
        """Texts without gaps. Raises DataError where they are numbers by now."""
        texts = as_cells(cells)
        present = texts.notna()
        given = texts[present].astype(str)
        levels = dict(column.levels)
        self._check_still_texts(column, given, levels)
        if column.kind == "category":
            self._check_levels(column, given, levels)
            if not column.missing and not present.all():
                self._count_unknown(column.name, int((~present).sum()), "an empty cell")
        filled = texts.where(present, "" if column.kind == "text" else MISSING)
        return filled.astype(str).astype(object).reset_index(drop=True)

    def _check_still_texts(self, column: Column, given: pd.Series, levels: dict[str, int]) -> None:
        if len(given) and not any(map(is_number, levels)) and given.map(is_number).all():
            was = some(levels, 3) if levels else "text"
            raise DataError(
                f"{self.name!r}: column {column.name!r} has numbers, such as {given.iloc[0]!r}, and"
                f" {was} in the training rows; give it as it was then"
            )

    def _check_levels(self, column: Column, given: pd.Series, levels: dict[str, int]) -> None:
        odd = given[~given.isin(levels)]
        if not len(odd):
            return
        if len(odd) == len(given) >= RARE:
            raise DataError(
                f"{self.name!r}: column {column.name!r} has no level that it has in the training rows:"
                f" it has {some(odd.drop_duplicates(), 3)}, and {some(levels, 3)} there; spell levels"
                " alike"
            )
        plain = {plain_level(each): each for each in levels}
        for level in odd.unique():
            if meant := plain.get(plain_level(level)):
                self._count_unknown(
                    column.name, len(odd), f"{level!r}, which is {meant!r} in training"
                )
                return
        self._count_unknown(column.name, len(odd), repr(odd.iloc[0]))

    def _count_unknown(self, name: str, rows: int, example: str) -> None:
        self.unknown[name] = self.unknown.get(name, 0) + rows
        self.examples.setdefault(name, example)

    def _fault(self, column: Column, cell: Any) -> str:
        if column.kind == "boolean":
            what = "is True or False"
        elif is_number(str(cell)):
            return f"column {column.name!r} has {cell}, which is infinite or too large to be scaled"
        else:
            what = "is a number"
        return f"column {column.name!r} has {str(cell)!r}, and {what} in the training rows"


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
    for line in inspector.warnings():
        warnings.warn(line, stacklevel=4)
    if checked.fault:
        raise DataError(f"X, row {checked.first}: {checked.fault}")
    return checked.rows

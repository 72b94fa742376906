"""A file's rows predicted part by part, in bounded memory where the file is a text table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from regcmp.data.columns import LARGEST, find_columns, some
from regcmp.data.from_arrays import features_frame
from regcmp.data.image_sizes import image_text
from regcmp.data.opening import read_file
from regcmp.data.sources.files import File, check_file
from regcmp.data.table import Progress, Reading
from regcmp.data.tables.array_files import read_features
from regcmp.data.tables.cells import MARKERS
from regcmp.data.tables.floats import to_floats
from regcmp.data.tables.given_test import as_cells
from regcmp.data.tables.labels import class_name
from regcmp.data.tables.reading_options import check_reading
from regcmp.data.tables.text_lines import line_of_row
from regcmp.data.tables.text_table import read_in_parts
from regcmp.engine.arrays import Floats
from regcmp.engine.evaluating import CHUNK as EVALUATED
from regcmp.errors import DataError, UsageError
from regcmp.hints import is_number, split_names
from regcmp.metrics import Outcomes, scores_of
from regcmp.models.fitted import CHUNK, Facts, FittedModel
from regcmp.models.rows import Inspector

if TYPE_CHECKING:
    import pandas as pd

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Opened:
    """A file of new rows: the names of its columns, its rows part by part, and where one begins."""

    file: File
    names: list[str]
    parts: Iterator[pd.DataFrame]
    kept: list[str]
    """The columns that are carried along, in the file's order."""
    is_text: bool = False
    markers: bool = False
    """Whether 'NA' and the like may stand for a missing number, as nobody said what does."""
    line: Callable[[int], int | None] = lambda _: None


@dataclass(frozen=True)
class Part:
    """Some rows, and what the model gives for them."""

    frame: pd.DataFrame
    outputs: Floats
    """(n, C) of the networks; of rows that can't be predicted, of no meaning."""
    bad: Mask


@dataclass
class Predicting:
    """Predicts the rows of a file, and remembers what is to be said of them in the end."""

    model: FittedModel
    opened: Opened
    decimal: str
    skip: bool = False
    """Whether a row that can't be predicted is left empty, and no error."""
    score: bool = False
    rows: int = 0
    skipped: int = 0
    first_fault: str = ""
    scored: int = 0
    first_odd: str = ""
    """What is wrong with the first target that is there, and can't be scored by."""
    outcomes: list[Outcomes] = field(default_factory=list)

    def __post_init__(self) -> None:
        name, facts = self.opened.file.text, self.model.facts
        self.inspector = Inspector(facts, name, self.decimal, self.opened.markers)
        self.inspector.check_columns(self.opened.names)
        if self.score and facts.target not in self.opened.names:
            raise DataError(
                f"{name!r} has no column {facts.target!r}, which is the target; leave --score out, or"
                " add it"
            )

    def warnings(self) -> list[str]:
        """What is to be said of all rows."""
        name = self.opened.file.text
        odd = [f"{name}: not all targets can be scored by; first {self.first_odd}"]
        faults = [f"{name}: {each}" for each in self.inspector.faults()]
        return [
            *self.inspector.surplus(self.opened.names),
            *faults,
            *self.inspector.warnings(),
            *(odd if self.first_odd else []),
        ]

    def scores(self) -> dict[str, float]:
        """How the model scores on the rows that were predicted."""
        parts = self.outcomes
        if not parts:
            return {}
        right = [each.right for each in parts if each.right is not None]
        whole = Outcomes(
            np.concatenate([each.losses for each in parts]),
            np.concatenate([each.targets for each in parts]),
            np.concatenate(right) if right else None,
            parts[0].scale,
        )
        return dict(scores_of(whole))

    def parts(self) -> Iterator[Part]:
        """Every part of the file.

        Raises DataError, naming the row, for one that can't be predicted, and behind the last one for a
        column that is of another kind in all rows. Neither depends on where parts begin.
        """
        for frame in self.opened.parts:
            checked = self.inspector.check(frame)
            outputs, far = self.model.held_outputs(checked.rows)
            bad = checked.bad | far
            if self.score:  # up to where an error ends it: the first row of the file is named
                end = int(bad.argmax()) if bad.any() and not self.skip else len(bad)
                self._score(frame[self.model.facts.target].iloc[:end], outputs[:end], bad[:end])
            if bad.any():
                place = int(bad.argmax())
                why = checked.fault
                if not checked.bad[place]:
                    _, why = self.model.fault_of_far(checked.rows, place)
                self._fault(place, why)
            self.rows += len(frame)
            self.skipped += int(bad.sum())
            yield Part(frame, outputs, bad)
        if not self.skip:
            for fault in self.inspector.faults():
                raise DataError(
                    f"{self.opened.file.text!r}: {fault}, or --on-error skip predicts with what is left"
                )

    def _score(self, cells: pd.Series, outputs: Floats, bad: Mask) -> None:
        """Remember how outputs (n, C) do on rows that have a target, and could be predicted.

        Raises DataError for a target that the model can't have, unless such rows are skipped.
        """
        y, known, missing = self._targets(cells)
        if (odd := ~known & ~missing).any():
            place, target = int(odd.argmax()), self.model.facts.target
            expected = (
                "no class that the model knows" if self.model.facts.classes else "no finite number"
            )
            said = f"its target {target!r} is {str(cells.iloc[place])!r}, {expected}"
            if not self.skip:
                raise self._error(place, said, "--on-error skip scores the other rows")
            self.first_odd = self.first_odd or f"{self._where(place)}: {said}"
        kept = known & ~bad
        self.scored += int(kept.sum())
        if kept.any():
            self.outcomes.append(self.model.outcomes(outputs[kept], y[kept]))

    def _where(self, place: int) -> str:
        """What messages call a row of this part."""
        row = self.rows + place
        line = self.opened.line(row) if self.opened.is_text else None
        return f"row {row + 1}" + ("" if line is None else f" (line {line})")

    def _error(self, place: int, why: str, skipping: str) -> DataError:
        where = self._where(place)
        return DataError(f"{self.opened.file.text!r}, {where}: {why}; correct it, or {skipping}")

    def _fault(self, place: int, why: str) -> None:
        """Raise DataError for a row of this part, unless such rows are skipped."""
        if not self.skip:
            raise self._error(place, why, "--on-error skip leaves its prediction empty")
        self.first_fault = self.first_fault or f"{self._where(place)}: {why}"

    def _targets(self, cells: pd.Series) -> tuple[npt.NDArray[Any], Mask, Mask]:
        """The classes' numbers, or the values; where there is one, and where a cell is empty."""
        facts = self.model.facts
        missing = cells.isna().to_numpy()
        if self.opened.markers:
            missing = missing | cells.isin(MARKERS).to_numpy()
        if not facts.classes:
            if self.decimal != "." and cells.dtype == object:
                cells = cells.map(
                    lambda each: str(each).replace(self.decimal, "."), na_action="ignore"
                )
            values = to_floats(cells, "coerce").to_numpy(np.float64)
            return np.nan_to_num(values), np.abs(values) <= LARGEST, missing
        places = {name: place for place, name in enumerate(facts.classes)}
        texts = as_cells(cells)
        codes = texts.map(lambda each: _code(each, places), na_action="ignore").fillna(-1)
        y = codes.to_numpy().astype(np.intp)
        return y.clip(0), y >= 0, missing


def _code(text: Any, places: dict[str, int]) -> int:
    """The number of a class, by its name or by a number that is its name."""
    found = places.get(str(text))
    if found is None and is_number(str(text)):
        found = places.get(class_name(float(text)))
    return -1 if found is None else found


def open_rows(
    spec: str,
    facts: Facts,
    reading: Reading,
    keep: Sequence[str] = (),
    progress: Progress | None = None,
) -> Opened:
    """Open a file of new rows; ``keep`` names columns that are carried along as they are.

    Raises UsageError or DataError, as reading data does anywhere.
    """
    file = check_file(spec, "FILE", reading.format)
    reading = check_reading(reading)
    if file.format == "delimited":
        kinds = {each.name for each in facts.columns if each.kind not in ("number", "constant")}
        kinds |= {facts.target} if facts.classes else set()

        def as_text(names: list[str]) -> list[str]:
            kept = _kept_columns(keep, names, spec)
            return [name for name in names if name in kinds or name in kept]

        sep, names, parts = read_in_parts(file, reading, progress, as_text, EVALUATED)
        line, kept = partial(line_of_row, file, reading, sep), _kept_columns(keep, names, spec)
        return Opened(file, names, parts, kept, True, reading.na is None, line)
    frame, image = _whole(file, reading, facts, progress)
    if image is not None and facts.image is not None and image != facts.image:
        raise DataError(
            f"{spec!r} has images of {image_text(image)} pixels, and the model was trained on"
            f" {image_text(facts.image)}; make them alike"
        )
    _check_width(file, frame, facts)
    frame = frame.set_axis([str(name) for name in frame.columns], axis=1)
    parts = (frame.iloc[i : i + CHUNK].reset_index(drop=True) for i in range(0, len(frame), CHUNK))
    names = list(frame.columns)
    return Opened(file, names, parts, _kept_columns(keep, names, spec))


def _check_width(file: File, frame: pd.DataFrame, facts: Facts) -> None:
    """Raise DataError for an array with neither as many columns as the model, nor columns called alike."""
    names = [each.name for each in facts.columns]
    if file.format in ("npy", "npz") and not {*names} <= {*frame.columns}:
        found = frame.shape[1] - (facts.target in frame.columns)
        raise DataError(
            f"{file.text!r} has {found} columns, and the model learns from {len(names)}: {some(names, 3)};"
            " give these, in their order"
        )


def _whole(
    file: File, reading: Reading, facts: Facts, progress: Progress | None
) -> tuple[pd.DataFrame, tuple[int, int, int] | None]:
    """A file that is read at once: its rows, and the shape of its images."""
    if file.format not in ("npy", "npz"):
        from regcmp.data.columns import Columns

        table = read_file(file, reading, Columns(), progress)
        wanted = {each.name for each in facts.columns}
        for name, fault in table.faults.items():
            if name in wanted:
                raise DataError(f"{file.text!r}: {fault}")
        frame = table.frame if table.target is None else table.frame.rename(
            columns={table.target: facts.target})  # fmt: skip
        return frame, table.image
    x, y = read_features(file)
    frame = features_frame(file.text, x)
    names = [each.name for each in facts.columns]
    if (
        len(names) == frame.shape[1]
    ):  # an array has no names: its columns are the model's, in their order
        frame = frame.set_axis(names, axis=1)
    if y is not None and y.shape == (len(x),):
        frame[facts.target] = y
    sizes = (*x.shape[1:], 1)[:3] if x.ndim in (3, 4) else None
    return frame, sizes


def _kept_columns(keep: Sequence[str], names: Sequence[str], table: str) -> list[str]:
    """The columns to be carried along, in the file's order. Raises UsageError for one that is not there."""
    if not keep:
        return []
    wanted = [part for text in keep for part in split_names(text)]
    found = find_columns("--keep", wanted, names, table)
    return [name for name in names if name in found]


def check_proba(facts: Facts) -> None:
    """Raise UsageError where there are no probabilities."""
    if not facts.classes:
        raise UsageError(
            f"--proba: the model is a regression of {facts.target!r}, which has values and no"
            " probabilities; leave the option out",
            "proba",
        )

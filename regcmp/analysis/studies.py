"""A study: the comparisons of several conditions, and what they hold together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isnan, nan
from typing import Any

import pandas as pd

from regcmp.analysis.across import Across, across, datasets_needed
from regcmp.metrics import METRICS
from regcmp.numbers import count
from regcmp.results import Report

DATASET = "dataset"
ROPE = 0.01
"""Up to which difference two methods are as good as equal, unless told otherwise."""


@dataclass(frozen=True)
class Part:
    """A condition, by the values of what varies; its comparison, or why there is none."""

    words: Mapping[str, str]
    report: Report | None = None
    error: str = ""

    @property
    def label(self) -> str:
        """'train-size=60, label-noise=0.2'."""
        return ", ".join(f"{key}={value}" for key, value in self.words.items())

    @property
    def short(self) -> str:
        """'60, 0.2', for where it is said what varies."""
        return ", ".join(self.words.values())


@dataclass(frozen=True)
class Closing:
    """What several datasets show together, of one metric and the same other words."""

    metric: str
    words: Mapping[str, str]
    """The values of what else varies."""
    datasets: tuple[str, ...]
    methods: tuple[Across, ...]
    refused: str = ""
    """Why there is no p-value."""


@dataclass(frozen=True)
class Study:
    """The conditions in their order."""

    keys: tuple[str, ...]
    """What varies."""
    parts: Sequence[Part]
    rope: float = ROPE
    closings: tuple[Closing, ...] = field(init=False)
    """One for each metric and the values of what else varies, where datasets vary."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "closings", tuple(_closings(self)))

    @property
    def done(self) -> list[tuple[Part, Report]]:
        """The conditions that have a comparison."""
        return [(part, part.report) for part in self.parts if part.report is not None]

    @property
    def failed(self) -> list[Part]:
        """Those that have none."""
        return [part for part in self.parts if part.report is None]

    def frame(self, name: str) -> pd.DataFrame:
        """A frame of all comparisons, such as 'summary', with a column for each word that varies."""
        frames = []
        for part, report in self.done:
            found: pd.DataFrame = getattr(report, name)
            columns = {column_of(key): value for key, value in part.words.items()}
            new = {key: value for key, value in columns.items() if key != DATASET}
            frames.append(pd.concat([_constant(new, found.index), found], axis=1))
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def column_of(key: str) -> str:
    """What a word is called as a column."""
    return key.replace("-", "_")


def _constant(values: Mapping[str, str], index: pd.Index) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(value, index, object) for name, value in values.items()})


def _closings(study: Study) -> list[Closing]:
    """In the order of their first conditions; of one dataset alone there is none."""
    if DATASET not in study.keys:
        return []
    groups: dict[tuple[Any, ...], list[tuple[Part, Report]]] = {}
    for part, report in study.done:
        others = tuple((key, value) for key, value in part.words.items() if key != DATASET)
        groups.setdefault((report.plan["metric"], others), []).append((part, report))
    found = (
        _closing(metric, dict(rest), group, study.rope) for (metric, rest), group in groups.items()
    )
    return [each for each in found if each is not None]


def _closing(
    metric: str, words: dict[str, str], group: Sequence[tuple[Part, Report]], rope: float
) -> Closing | None:
    """What the datasets of a group say of each method; None of a single dataset."""
    if len(group) < 2:
        return None
    datasets = tuple(part.words[DATASET] for part, _ in group)
    if METRICS[metric].in_unit_of_target:
        title = METRICS[metric].title
        reason = (
            f"{title} is in the unit of each target, so no test can take datasets together; use r2"
        )
        return Closing(metric, words, datasets, (), reason)
    differences, left_out = _differences(metric, [report for _, report in group])
    reasons = [f"{each} is left out: a dataset has no pair of its runs" for each in left_out]
    needed = datasets_needed(len(differences))
    if differences and len(group) < needed:
        methods, verb = count(len(differences), "method"), "s" if len(differences) == 1 else ""
        reasons.insert(
            0,
            f"no p-value: {len(group)} datasets can't reach the level; {methods} need{verb} {needed}",
        )
    found = tuple(across(differences, rope)) if differences else ()
    return Closing(metric, words, datasets, found, "; ".join(reasons))


def _differences(
    metric: str, reports: Sequence[Report]
) -> tuple[dict[str, list[float]], list[str]]:
    """Each method's mean difference in each dataset, positive where it is better; and who lacks one."""
    sign = 1 if METRICS[metric].higher_is_better else -1
    tables = [report.summary.set_index("method")["delta_test"] * sign for report in reports]
    baseline = reports[0].plan["baseline"]
    names = [name for name in tables[0].index if name != baseline]
    found = {name: [float(table.get(name, nan)) for table in tables] for name in names}
    whole = {name: values for name, values in found.items() if not any(map(isnan, values))}
    return whole, [name for name in names if name not in whole]

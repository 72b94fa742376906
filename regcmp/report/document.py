"""The JSON of reports as types, which check it; the JSON Schemas follow from them.

What a plan holds comes from the declarations of its options, what a row holds from those of its columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from types import GenericAlias
from typing import Any, Literal

import msgspec

from regcmp.metrics import CLASSIFICATION, TASKS
from regcmp.plan import OPTIONS
from regcmp.plan.kinds import kept_of, limited
from regcmp.plan.options import FIRST, before_options
from regcmp.plan.protocol import NADEAU_BENGIO, PLAIN, TWO_WAY
from regcmp.results import (
    BUDGET,
    DIFF,
    HISTORY,
    REFERENCE,
    REFERENCE_RUN,
    RUN,
    SUMMARY,
    TRIED,
    Field,
)

SCHEMA, DIFF_SCHEMA = "regcmp.report/1", "regcmp.diff/1"
LARGEST_COUNT = 10**12

OPTIONAL = {"timing", "references", "tried", "budget", "rows", "weights", "boundary"}
"""Parts that a report of today may do without."""

REQUIRED = object()
"""What held before there was a key that every report has."""
ABSENT = object()
"""What held before there was a key that a report may do without."""


@dataclass(frozen=True)
class Key:
    """A key of a part: the type of its value, what there is to say, and what held before it."""

    kind: Any
    about: str = ""
    before: Any = REQUIRED


def _list(kind: Any, **limits: int) -> Any:
    return limited(list[kind], **limits)


def _tuple(*kinds: Any) -> Any:
    return GenericAlias(tuple, kinds)


def _names_to(kind: Any) -> Any:
    return GenericAlias(dict, (str, kind))


TEXT, COUNT, POSITIVE = limited(str, min_length=1), limited(int, ge=0), limited(int, ge=1)
NUMBERS, AT_LEAST_0 = list[float], limited(float, ge=0)
SHA256 = limited(str, pattern="^[0-9a-f]{64}$")

DATA = {
    "name": Key(TEXT),
    "rows": Key(POSITIVE),
    "features": Key(POSITIVE, "What the network sees of a row."),
    "columns": Key(POSITIVE | None, "What the features are made from.", None),
    "target": Key(str | None, "The column to predict; null where the dataset has no names.", None),
    "classes": Key(list[str], "None in a regression."),
    "warnings": Key(_list(TEXT), before=[]),
    "sha256": Key(SHA256, "Of features, targets and class names."),
    "task": Key(Literal[TASKS], before=CLASSIFICATION),
    "given_test": Key(COUNT, "The data's own test rows; 0 where they are drawn.", 0),
    "image": Key(
        _tuple(COUNT, COUNT, COUNT) | None,
        "Height, width and channels where the features are an image's pixels.",
        None,
    ),
    "n_train": Key(POSITIVE, "Training rows of a split."),
    "n_test": Key(POSITIVE, "Test rows of a split."),
    "n_validation": Key(COUNT, "Rows of a split that were set aside from the training rows.", 0),
    "n_selection": Key(
        COUNT,
        "Validation rows that candidates are chosen by; with 'refit' they are training rows in the end.",
        0,
    ),
}


def _struct(name: str, keys: Mapping[str, Key], about: str = "") -> Any:
    """A type of these keys; a value must be there unless something held before there was the key."""
    fields = []
    for key, each in keys.items():
        kind = limited(each.kind, description=each.about) if each.about else each.kind
        fields.append((key, kind) if each.before is REQUIRED else (key, kind, None))
    return msgspec.defstruct(name, fields, namespace={"__doc__": about}, kw_only=True)


BLAS = {name: Key(str | None) for name in ("internal_api", "version", "architecture")}

ENVIRONMENT = {
    "regcmp": Key(TEXT, before=ABSENT),
    "python": Key(TEXT, before=ABSENT),
    "packages": Key(_names_to(TEXT), before=ABSENT),
    "system": Key(str, before=ABSENT),
    "machine": Key(str, before=ABSENT),
    "cpus": Key(POSITIVE | None, before=ABSENT),
    "blas": Key(_list(_struct("blas", BLAS)), before=ABSENT),
}

TIMING = {
    "seconds": Key(AT_LEAST_0, "Wall-clock time.", ABSENT),
    "jobs": Key(POSITIVE, "Worker processes.", ABSENT),
    "training_seconds": Key(_names_to(AT_LEAST_0), "Of each method, summed over workers.", ABSENT),
}

PART = {
    "name": Key(TEXT, "The regularizer."),
    "strength": Key(float),
    "options": Key(_names_to(float), "A value for each of its options."),
    "schedule": Key(TEXT, "What its strength follows over the epochs."),
}

HISTOGRAM = {
    "method": Key(TEXT),
    "seed": Key(COUNT),
    "counts": Key(_list(COUNT), "One more than edges: the first and the last bin are open."),
}

POINTS = {name: Key(NUMBERS) for name in ("x", "y", "target")}

MAP = {
    "method": Key(TEXT),
    "rows": Key(
        _list(TEXT, min_length=1),
        "From the bottom up; in each, the cells' class numbers or values, from left to right, with a"
        " space between.",
    ),
}


def _rows(name: str, fields: Mapping[str, Field]) -> Any:
    """A type of a frame's rows. Columns may be younger than a report, but for those it always has."""
    return _struct(name, _cells(fields))


def _cells(fields: Mapping[str, Field]) -> dict[str, Key]:
    return {
        column: Key(_cell(each), each.about, REQUIRED if each.always else None)
        for column, each in fields.items()
    }


def _cell(field: Field) -> Any:
    if field.choices:
        return Literal[field.choices]
    kind: Any = field.kind
    if kind is str and not field.may_be_empty:
        kind = limited(str, min_length=1)
    elif kind is not str:
        highest = LARGEST_COUNT if kind is int and field is not RUN["seed"] else field.high
        limits = {"ge": field.low, "le": highest}
        kind = limited(kind, **{name: each for name, each in limits.items() if each is not None})
    return kind if field.always else kind | None


def plan_keys() -> dict[str, Key]:
    """The keys of a report's plan: its options, and what was found out when it was carried out."""
    before = dict.fromkeys(OPTIONS, ABSENT) | dict.fromkeys(FIRST, REQUIRED) | before_options()
    options = {name: Key(kept_of(each), before=before[name]) for name, each in OPTIONS.items()}
    return options | {
        "data": Key(_struct("data", DATA)),
        "correction_ratio": Key(
            AT_LEAST_0,
            "What is added to 1/n in the variance of a mean difference (Nadeau and Bengio); 0 where"
            " the split does not vary.",
        ),
        "tested_by": Key(
            Literal[TWO_WAY, NADEAU_BENGIO, PLAIN], "The test of the differences.", NADEAU_BENGIO
        ),
        "effective_rows": Key(
            AT_LEAST_0 | None,
            "To how many rows, tested equally often, the test rows of all seeds amount.",
            None,
        ),
        "other_networks": Key(
            _list(TEXT),
            "The methods that train another network than the baseline.",
            [],
        ),
    }


@cache
def report_type() -> Any:
    """What ``-o FILE.json`` writes."""
    plan = _struct(
        "plan",
        plan_keys(),
        "Every setting that decides the numbers, defaults included, and the data it was carried out on.",
    )
    environment = _struct("environment", ENVIRONMENT, "Versions and machine.")
    timing = _struct(
        "timing",
        TIMING,
        "The one part that equal commands do not share; the report inside the HTML page has none.",
    )
    method = _struct("method", {"name": Key(TEXT), "parts": Key(_list(_struct("part", PART)))})
    summary, runs, history = (
        _list(_rows("summary_row", SUMMARY), min_length=1),
        _list(_rows("run", RUN)),
        _list(_rows("record", HISTORY)),
    )
    keys = {
        "schema": Key(Literal[SCHEMA]),
        "plan": Key(plan),
        "environment": Key(environment),
        "timing": Key(timing, before=ABSENT),
        "verdict": Key(TEXT, "What the table supports, in words."),
        "methods": Key(_list(method), "The regularizers of each method of the plan.", ABSENT),
        "summary": Key(summary, "A row per method, the baseline first."),
        "runs": Key(runs, "A row per method and seed."),
        "history": Key(history, "A row per run and recorded epoch; epoch 0 is before training."),
        "references": Key(_list(_references()), "What the scores are to be held against.", ABSENT),
        "tried": Key(
            _list(_rows("candidate", TRIED)),
            "A row per candidate of a tuned method and seed.",
            ABSENT,
        ),
        "budget": Key(
            _list(_rows("trials", BUDGET)), "A row per tuned method and number of trials.", ABSENT
        ),
        "rows": Key(_row_marks(), before=ABSENT),
        "weights": Key(_weights(), before=ABSENT),
        "boundary": Key(_boundary(), before=ABSENT),
    }
    return _struct("report", keys)


def _references() -> Any:
    runs = _list(_rows("reference_run", REFERENCE_RUN))
    about = "It is no method: it takes part in no test, no gate and no adjustment."
    return _struct("reference", _cells(REFERENCE) | {"runs": Key(runs)}, about)


def _row_marks() -> Any:
    split = {
        "seed": Key(COUNT),
        "train": Key(str, "A bit of each row: whether it is a training row."),
        "test": Key(str, "The same of test rows."),
    }
    run = {
        "method": Key(TEXT),
        "seed": Key(COUNT),
        "train": Key(
            str,
            "Of each training row in order: for accuracy a bit, 1 where it is classified right; for any"
            " other metric what the row adds to the training score, a float32.",
        ),
        "test": Key(str, "The same of each test row."),
    }
    keys = {
        "rows": Key(POSITIVE, "Of the dataset."),
        "groups": Key(
            str | None,
            "An int32 of each row, the same for rows that are copies; null where none are.",
        ),
        "classes": Key(
            str | None,
            "An int32 of each row, the number of its class, where classes have the same weight in the score"
            " and 'runs' has any; else null.",
            None,
        ),
        "splits": Key(_list(_struct("split", split))),
        "runs": Key(
            _list(_struct("row_marks", run)),
            "Runs that were not stopped; for another metric than accuracy only with --predictions.",
        ),
    }
    about = (
        "What a test over rows and seeds needs. Bits (the first in the highest place of a byte) and"
        " little-endian numbers stand in base64."
    )
    return _struct("rows", keys, about)


def _weights() -> Any:
    keys = {
        "edges": Key(_list(float, min_length=2), "Where bins meet; each holds its lower edge."),
        "runs": Key(_list(_struct("histogram", HISTOGRAM))),
    }
    about = "A histogram of each run's weights after training, biases aside, without runs that were stopped."
    return _struct("weights", keys, about)


def _boundary() -> Any:
    points = _struct(
        "points", POINTS, "Training rows, at most 300, with the targets that were trained on."
    )
    keys = {
        "seed": Key(COUNT),
        "features": Key(_tuple(TEXT, TEXT), "The horizontal one, then the vertical one."),
        "low": Key(_tuple(float, float), "Of each feature, the middle of the first cell."),
        "high": Key(_tuple(float, float), "Of each feature, the middle of the last cell."),
        "points": Key(points),
        "methods": Key(_list(_struct("map", MAP))),
    }
    about = (
        "Only of data with two numeric features: what each method's network of the first seed predicts"
        " on a grid over both, without runs that were stopped. In a regression, six digits of each value."
    )
    return _struct("boundary", keys, about)


@cache
def diff_type() -> Any:
    """What ``regcmp diff -o FILE.json`` writes."""
    source = {"file": Key(str), "plan": Key(_names_to(Any)), "environment": Key(dict[str, Any])}
    side = _struct("source", source)
    change = _struct("change", {"word": Key(str), "old": Key(Any), "new": Key(Any)})
    keys = {
        "schema": Key(Literal[DIFF_SCHEMA]),
        "old": Key(side),
        "new": Key(side),
        "paired": Key(
            bool, "Whether seeds were compared in pairs: data, seeds and splits are the same."
        ),
        "changes": Key(_list(change), "Settings, and versions, that the two reports do not share."),
        "verdict": Key(str, "What the table supports, in words."),
        "methods": Key(_list(_rows("row", DIFF)), "A row per method of either report."),
    }
    return _struct("diff", keys)


WITHIN = (
    " Within this version keys may be added and are never taken away or given another meaning. Scores are"
    " fractions, nats or in the unit of a target, and never rounded; what is missing is null."
)


def report_schema() -> dict[str, Any]:
    """What ``-o FILE.json`` writes, as JSON Schema 2020-12."""
    about = (
        f"What 'regcmp compare -o FILE.json' writes.{WITHIN} Equal commands on one machine write equal"
        ' documents but for "timing".'
    )
    return _schema(SCHEMA, report_type(), about, OPTIONAL)


def diff_schema() -> dict[str, Any]:
    """What ``regcmp diff -o FILE.json`` writes, as JSON Schema 2020-12."""
    return _schema(DIFF_SCHEMA, diff_type(), f"What 'regcmp diff -o FILE.json' writes.{WITHIN}")


def _schema(name: str, kind: Any, about: str, optional: Iterable[str] = ()) -> dict[str, Any]:
    """The schema of what is written today: every key is there, but for those that are optional."""
    (_,), parts = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}")
    for part in parts.values():
        for value in part.get("properties", {}).values():
            value.pop("default", None)
        part["required"] = list(part["properties"])
    top: dict[str, Any] = parts.pop(kind.__name__) | {
        "description": about,
        "additionalProperties": True,
    }
    top["required"] = [each for each in top["required"] if each not in optional]
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:{name.replace('/', ':').replace('.', ':')}",
        "title": name,
    }
    return head | top | head | {"$defs": parts}

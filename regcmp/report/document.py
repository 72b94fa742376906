"""The JSON of reports as types, which check it; the JSON Schemas follow from them.

What a plan holds comes from the declarations of its options, what a row holds from those of its columns.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any, Literal

import msgspec

from regcmp.metrics import CLASSIFICATION, TASKS
from regcmp.plan import OPTIONS
from regcmp.plan.kinds import kept_of
from regcmp.plan.options import FIRST, before_options
from regcmp.plan.protocol import NADEAU_BENGIO, PLAIN, TWO_WAY
from regcmp.report.keys import (
    ABSENT,
    AT_LEAST_0,
    COUNT,
    POSITIVE,
    REQUIRED,
    SHA256,
    TEXT,
    Key,
    list_of,
    names_to,
    rows_of,
    struct,
    tuple_of,
)
from regcmp.report.parts import boundary, references, row_marks, weights
from regcmp.results import (
    BUDGET,
    DIFF,
    HISTORY,
    RUN,
    SUMMARY,
    TRIED,
)

SCHEMA, DIFF_SCHEMA = "regcmp.report/1", "regcmp.diff/1"

OPTIONAL = {"timing", "references", "tried", "budget", "rows", "weights", "boundary"}
"""Parts that a report of today may do without."""

DATA = {
    "name": Key(TEXT),
    "rows": Key(POSITIVE),
    "features": Key(POSITIVE, "What the network sees of a row."),
    "columns": Key(POSITIVE | None, "What the features are made from.", None),
    "target": Key(str | None, "The column to predict; null where the dataset has no names.", None),
    "classes": Key(list[str], "None in a regression."),
    "warnings": Key(list_of(TEXT), before=[]),
    "sha256": Key(SHA256, "Of features, targets, class names, groups, order and weights."),
    "task": Key(Literal[TASKS], before=CLASSIFICATION),
    "given_test": Key(COUNT, "The data's own test rows; 0 where they are drawn.", 0),
    "image": Key(
        tuple_of(COUNT, COUNT, COUNT) | None,
        "Height, width and channels where the features are an image's pixels.",
        None,
    ),
    "groups": Key(
        POSITIVE | None, "How many groups the rows belong to; null where none are given.", None
    ),
    "weights": Key(
        tuple_of(float, float) | None,
        "The least and the largest weight of a row; null where all rows count alike.",
        None,
    ),
    "dropped": Key(COUNT, "Rows that were left out as duplicates of others.", 0),
    "n_train": Key(POSITIVE, "Training rows of a split; their mean where splits differ."),
    "n_test": Key(POSITIVE, "Test rows of a split."),
    "n_validation": Key(COUNT, "Rows of a split that were set aside from the training rows.", 0),
    "sizes": Key(
        names_to(tuple_of(COUNT, COUNT)) | None,
        "The fewest and the most rows of a split: 'train', 'validation', 'test'; null where all splits"
        " have as many.",
        None,
    ),
    "n_selection": Key(
        COUNT,
        "Validation rows that candidates are chosen by; with 'refit' they are training rows in the end.",
        ABSENT,
    ),
}


BLAS = {name: Key(str | None) for name in ("internal_api", "version", "architecture")}

WORKER = {
    "machine": Key(TEXT, "Its kernels of linear algebra, in words."),
    "numerics": Key(dict[str, Any], "What decides the last bits of its runs."),
    "runs": Key(list_of(tuple_of(TEXT, COUNT)), "Method and seed of each run that it trained."),
}

GIT = {
    "commit": Key(TEXT, "The hash of HEAD."),
    "clean": Key(bool | None, "Whether tracked files were as that commit has them; null: unknown."),
}

ENVIRONMENT = {
    "regcmp": Key(TEXT, before=ABSENT),
    "python": Key(TEXT, before=ABSENT),
    "packages": Key(names_to(TEXT), before=ABSENT),
    "system": Key(str, before=ABSENT),
    "machine": Key(str, before=ABSENT),
    "cpus": Key(POSITIVE | None, before=ABSENT),
    "blas": Key(list_of(struct("blas", BLAS)), before=ABSENT),
    "workers": Key(
        list_of(struct("worker", WORKER)),
        "Machines of a scheduler whose last bits may differ from those of this one.",
        [],
    ),
    "git": Key(
        struct("git", GIT) | None, "The commit of the folder that the command ran in.", None
    ),
}

TIMING = {
    "seconds": Key(AT_LEAST_0, "Wall-clock time.", ABSENT),
    "jobs": Key(POSITIVE, "Worker processes.", ABSENT),
    "training_seconds": Key(names_to(AT_LEAST_0), "Of each method, summed over workers.", ABSENT),
}

PART = {
    "name": Key(TEXT, "The regularizer."),
    "strength": Key(float),
    "options": Key(names_to(float), "A value for each of its options."),
    "schedule": Key(TEXT, "What its strength follows over the epochs."),
}


def plan_keys() -> dict[str, Key]:
    """The keys of a report's plan: its options, and what was found out when it was carried out."""
    before = dict.fromkeys(OPTIONS, ABSENT) | dict.fromkeys(FIRST, REQUIRED) | before_options()
    options = {name: Key(kept_of(each), before=before[name]) for name, each in OPTIONS.items()}
    return options | {
        "data": Key(struct("data", DATA)),
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
            list_of(TEXT),
            "The methods that train another network than the baseline.",
            [],
        ),
    }


@cache
def report_type() -> Any:
    """What ``-o FILE.json`` writes."""
    plan = struct(
        "plan",
        plan_keys(),
        "Every setting that decides the numbers, defaults included, and the data it was carried out on.",
    )
    environment = struct("environment", ENVIRONMENT, "Versions and machine.")
    timing = struct(
        "timing",
        TIMING,
        "The one part that equal commands do not share; the report inside the HTML page has none.",
    )
    method = struct("method", {"name": Key(TEXT), "parts": Key(list_of(struct("part", PART)))})
    summary, runs, history = (
        list_of(rows_of("summary_row", SUMMARY), min_length=1),
        list_of(rows_of("run", RUN)),
        list_of(rows_of("record", HISTORY)),
    )
    keys = {
        "schema": Key(Literal[SCHEMA]),
        "plan": Key(plan),
        "environment": Key(environment),
        "timing": Key(timing, before=ABSENT),
        "verdict": Key(TEXT, "What the table supports, in words."),
        "methods": Key(list_of(method), "The regularizers of each method of the plan.", ABSENT),
        "summary": Key(summary, "A row per method, the baseline first."),
        "runs": Key(runs, "A row per method and seed."),
        "history": Key(history, "A row per run and recorded epoch; epoch 0 is before training."),
        "references": Key(list_of(references()), "What the scores are to be held against.", ABSENT),
        "tried": Key(
            list_of(rows_of("candidate", TRIED)),
            "A row per candidate of a tuned method and seed.",
            ABSENT,
        ),
        "budget": Key(
            list_of(rows_of("trials", BUDGET)),
            "A row per tuned method and number of trials.",
            ABSENT,
        ),
        "rows": Key(row_marks(), before=ABSENT),
        "weights": Key(weights(), before=ABSENT),
        "boundary": Key(boundary(), before=ABSENT),
    }
    return struct("report", keys)


@cache
def diff_type() -> Any:
    """What ``regcmp diff -o FILE.json`` writes."""
    source = {"file": Key(str), "plan": Key(names_to(Any)), "environment": Key(dict[str, Any])}
    side = struct("source", source)
    change = struct("change", {"word": Key(str), "old": Key(Any), "new": Key(Any)})
    keys = {
        "schema": Key(Literal[DIFF_SCHEMA]),
        "old": Key(side),
        "new": Key(side),
        "paired": Key(
            bool, "Whether seeds were compared in pairs: data, seeds and splits are the same."
        ),
        "seeds": Key(list_of(COUNT), "Those that were compared in pairs."),
        "changes": Key(
            list_of(change), "Settings, and versions, that the two reports do not share."
        ),
        "verdict": Key(str, "What the table supports, in words."),
        "methods": Key(list_of(rows_of("row", DIFF)), "A row per method of either report."),
    }
    return struct("diff", keys)


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
    return schema_of(SCHEMA, report_type(), about, OPTIONAL)


def diff_schema() -> dict[str, Any]:
    """What ``regcmp diff -o FILE.json`` writes, as JSON Schema 2020-12."""
    return schema_of(DIFF_SCHEMA, diff_type(), f"What 'regcmp diff -o FILE.json' writes.{WITHIN}")


def schema_of(name: str, kind: Any, about: str, optional: Iterable[str] = ()) -> dict[str, Any]:
    """The schema of what is written today: every key is there, but for those that are optional.

    These are keys of the document itself, or of a report within it.
    """
    (_,), parts = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}")
    for part in parts.values():
        for value in part.get("properties", {}).values():
            value.pop("default", None)
        part["required"] = list(part["properties"])
    top: dict[str, Any] = parts.pop(kind.__name__) | {
        "description": about,
        "additionalProperties": True,
    }
    for part in (top, parts.get("report", {})):
        if "required" in part:
            part["required"] = [each for each in part["required"] if each not in optional]
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:{name.replace('/', ':').replace('.', ':')}",
        "title": name,
    }
    return head | top | head | {"$defs": parts}

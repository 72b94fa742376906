"""What the JSON of a study holds."""

from __future__ import annotations

from functools import cache
from typing import Any, Literal

from regcmp.metrics import METRICS
from regcmp.report.document import OPTIONAL, WITHIN, report_type, schema_of
from regcmp.report.keys import AT_LEAST_0, COUNT, TEXT, Key, list_of, names_to, struct

STUDY_SCHEMA = "regcmp.study/1"

ACROSS = {
    "method": Key(TEXT),
    "differences": Key(
        list_of(float), "Of each dataset, the mean difference to the baseline; positive is better."
    ),
    "wins": Key(COUNT, "Datasets with a positive difference."),
    "ties": Key(COUNT),
    "losses": Key(COUNT),
    "p_value": Key(float | None, "Wilcoxon's signed-rank test, exact, both sides."),
    "p_holm": Key(float | None, "Adjusted by Holm over the methods."),
    "better": Key(AT_LEAST_0, "Posterior probability of a Bayesian signed-rank test."),
    "equivalent": Key(AT_LEAST_0, "That of a difference of at most 'rope'."),
    "worse": Key(AT_LEAST_0),
}

CLOSING = {
    "metric": Key(Literal[tuple(METRICS)]),
    "words": Key(names_to(str), "The values of what varies beside the dataset."),
    "datasets": Key(list_of(TEXT)),
    "methods": Key(list_of(struct("across", ACROSS))),
    "refused": Key(str | None, "Why there is no p-value, or no test."),
}


@cache
def study_type() -> Any:
    """What ``-o FILE.json`` writes of a study."""
    condition = struct(
        "condition",
        {
            "words": Key(names_to(str), "The value of each option that varies, by its name."),
            "error": Key(str | None, "Why there is no report."),
            "report": Key(report_type() | None),
        },
    )
    keys = {
        "schema": Key(Literal[STUDY_SCHEMA]),
        "varied": Key(list_of(TEXT), "The options that vary."),
        "rope": Key(AT_LEAST_0, "Up to which difference two methods are as good as equal."),
        "conditions": Key(list_of(condition, min_length=1)),
        "across": Key(list_of(struct("closing", CLOSING)), "What several datasets show together."),
    }
    return struct("study", keys)


def study_schema() -> dict[str, Any]:
    """What ``-o FILE.json`` writes of a study, as JSON Schema 2020-12."""
    about = f"What 'regcmp compare --over ... -o FILE.json' writes.{WITHIN}"
    return schema_of(STUDY_SCHEMA, study_type(), about, OPTIONAL)

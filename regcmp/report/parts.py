"""The parts of a report's JSON beside its frames: references, rows, weights and maps."""

from __future__ import annotations

from typing import Any

from regcmp.report.keys import (
    COUNT,
    NUMBERS,
    POSITIVE,
    TEXT,
    Key,
    cells_of,
    list_of,
    rows_of,
    struct,
    tuple_of,
)
from regcmp.results import REFERENCE, REFERENCE_RUN

HISTOGRAM = {
    "method": Key(TEXT),
    "seed": Key(COUNT),
    "counts": Key(list_of(COUNT), "One more than edges: the first and the last bin are open."),
}

POINTS = {name: Key(NUMBERS) for name in ("x", "y", "target")}

MAP = {
    "method": Key(TEXT),
    "rows": Key(
        list_of(TEXT, min_length=1),
        "From the bottom up; in each, the cells' class numbers or values, from left to right, with a"
        " space between.",
    ),
}


def references() -> Any:
    """What scores are to be held against."""
    runs = list_of(rows_of("reference_run", REFERENCE_RUN))
    about = "It is no method: it takes part in no test, no gate and no adjustment."
    return struct("reference", cells_of(REFERENCE) | {"runs": Key(runs)}, about)


def row_marks() -> Any:
    """What a test over rows and seeds needs to know."""
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
            "An int32 of each row, the same for rows that are copies or belong together; null where none do.",
        ),
        "classes": Key(
            str | None,
            "An int32 of each row, the number of its class, where classes have the same weight in the score"
            " and 'runs' has any; else null.",
            None,
        ),
        "weights": Key(
            str | None,
            "A float64 of each row, how much it counts; null where all count alike, or 'runs' has none.",
            None,
        ),
        "splits": Key(list_of(struct("split", split))),
        "runs": Key(
            list_of(struct("row_marks", run)),
            "Runs that were not stopped; for another metric than accuracy only with --row-scores.",
        ),
    }
    about = (
        "What a test over rows and seeds needs. Bits (the first in the highest place of a byte) and"
        " little-endian numbers stand in base64."
    )
    return struct("rows", keys, about)


def weights() -> Any:
    """Histograms of weights."""
    keys = {
        "edges": Key(list_of(float, min_length=2), "Where bins meet; each holds its lower edge."),
        "runs": Key(list_of(struct("histogram", HISTOGRAM))),
    }
    about = "A histogram of each run's weights after training, biases aside, without runs that were stopped."
    return struct("weights", keys, about)


def boundary() -> Any:
    """A map of predictions over two features."""
    points = struct(
        "points", POINTS, "Training rows, at most 300, with the targets that were trained on."
    )
    keys = {
        "seed": Key(COUNT),
        "features": Key(tuple_of(TEXT, TEXT), "The horizontal one, then the vertical one."),
        "low": Key(tuple_of(float, float), "Of each feature, the middle of the first cell."),
        "high": Key(tuple_of(float, float), "Of each feature, the middle of the last cell."),
        "points": Key(points),
        "methods": Key(list_of(struct("map", MAP))),
    }
    about = (
        "Only of data with two numeric features: what each method's network of the first seed predicts"
        " on a grid over both, without runs that were stopped. In a regression, six digits of each value."
    )
    return struct("boundary", keys, about)

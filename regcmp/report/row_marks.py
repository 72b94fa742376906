"""What a saved report keeps of rows, read back and held against the rest of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from regcmp.metrics import METRICS
from regcmp.shares import Floats, RowShares, unpacked

ROUNDING, SMALLEST = 2.0**-23, 2.0**-149
"""What a float32 may be off by: half the first of its size, doubled for the sums, or half the second."""
LARGEST = 1e38
"""Of a score: of a larger one a row may add more than a float32 holds."""


def rows_of(document: dict[str, Any]) -> RowShares | None:
    """What the report keeps of rows; None where it keeps nothing. Raises ValueError for damage."""
    part = document.get("rows")
    if part is None:
        return None
    n = document["plan"]["data"]["rows"]
    if part["rows"] != n:
        raise ValueError(f"its 'rows.rows' is {part['rows']}, and its 'plan.data.rows' {n}")
    found = unpacked(part, document["plan"]["metric"])
    found = replace(found, by_group=document["plan"]["groups"] is not None)
    if found.kept:
        _check_kept(found, document["runs"])
    return found


def _check_kept(found: RowShares, runs: list[dict[str, Any]]) -> None:
    """Raise ValueError unless each run with a score has rows, each of these a run, and they agree."""
    metric = METRICS[found.metric]
    by_key = {(run["method"], run["seed"]): run for run in runs}
    for (method, seed), run in by_key.items():
        counts = run["status"] == "ok" or run.get(metric.test) is not None
        if counts and (method, seed) not in found.kept:
            raise ValueError(f"its 'rows.runs' lacks {method!r} under seed {seed}")
    for i, (method, seed) in enumerate(found.kept):
        if (method, seed) not in by_key:
            raise ValueError(
                f"its 'rows.runs[{i}]' is of {method!r} under seed {seed}, and 'runs' has none such"
            )
        for side, column in enumerate((metric.train, metric.test)):
            place = f"rows.runs[{i}].{('train', 'test')[side]}"
            score = by_key[method, seed].get(column)
            _check_sum(place, found.side(method, seed, side), column, score)


def _check_sum(place: str, shares: Floats, column: str, score: float | None) -> None:
    """Raise ValueError unless what rows added sums to the score, where they could be kept."""
    if score is None or abs(score) > LARGEST:
        return
    if not np.isfinite(shares).all():
        raise ValueError(f"its '{place}' has a number that is not finite")
    total = float(shares.sum())
    if abs(total - score) > ROUNDING * float(np.abs(shares).sum()) + SMALLEST * len(shares):
        raise ValueError(
            f"its '{place}' makes a score of {total:.9g}, and its {column!r} is {score:.9g}"
        )

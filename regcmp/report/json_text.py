"""A report as JSON: strict, complete, and checked against report/schema.py by the tests."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd

from regcmp.results import Report

SCHEMA = "regcmp.report/1"


def to_json(report: Report) -> str:
    """The whole report. All but "timing" is the same for equal commands on one machine."""
    document = {
        "schema": SCHEMA,
        "plan": report.plan,
        "environment": report.environment,
        "timing": report.timing,
        "verdict": report.verdict,
        "summary": records(report.summary),
        "runs": records(report.runs),
        "history": records(report.history),
    }
    if report.weights is not None:
        document["weights"] = report.weights
    if report.boundary is not None:
        document["boundary"] = report.boundary
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """A frame's rows; what is missing is None."""
    plain = frame.astype(object).where(frame.notna(), None)
    rows: list[dict[str, Any]] = plain.to_dict("records")
    return rows

"""A report as JSON: strict, complete, and checked against report/document.py by the tests."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from regcmp.plan.grammar import Part
from regcmp.report.document import SCHEMA
from regcmp.results import Report, plain_rows
from regcmp.shares import packed


def to_json(report: Report) -> str:
    """The whole report. All but "timing" is the same for equal commands on one machine."""
    return to_text(document_of(report))


def to_text(document: dict[str, Any]) -> str:
    """A document as strict JSON."""
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def document_of(report: Report) -> dict[str, Any]:
    """The whole report as plain values, of the type that ``report.document`` declares."""
    document = {
        "schema": SCHEMA,
        "plan": report.plan,
        "environment": report.environment,
        "timing": report.timing,
        "verdict": report.verdict,
        "methods": [_method(name, parts) for name, parts in report.methods.items()],
        "summary": plain_rows(report.summary),
        "runs": plain_rows(report.runs),
        "history": plain_rows(report.history),
    }
    if report.references:
        document["references"] = list(report.references)
    for name in ("tried", "budget"):
        if len(table := getattr(report, name)):
            document[name] = plain_rows(table)
    if report.rows is not None:
        document["rows"] = packed(report.rows, with_scores=report.plan["row_scores"])
    if report.weights is not None:
        document["weights"] = report.weights
    if report.boundary is not None:
        document["boundary"] = report.boundary
    return document


def _method(name: str, parts: Iterable[Part]) -> dict[str, Any]:
    return {
        "name": name,
        "parts": [vars(each) | {"options": dict(each.options)} for each in parts],
    }

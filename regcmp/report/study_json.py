"""A study as JSON: every report whole, and what several datasets show together."""

from __future__ import annotations

from typing import Any

from regcmp.analysis.studies import Closing, Part, Study
from regcmp.report.json_text import document_of
from regcmp.report.study_document import STUDY_SCHEMA


def study_document(study: Study) -> dict[str, Any]:
    """The study as plain values, of the type that ``report.document`` declares."""
    return {
        "schema": STUDY_SCHEMA,
        "varied": list(study.keys),
        "rope": study.rope,
        "conditions": [_condition(part) for part in study.parts],
        "across": [_closing(each) for each in study.closings],
    }


def _condition(part: Part) -> dict[str, Any]:
    return {
        "words": dict(part.words),
        "error": part.error or None,
        "report": None if part.report is None else document_of(part.report),
    }


def _closing(closing: Closing) -> dict[str, Any]:
    methods = [
        {
            "method": each.method,
            "differences": list(each.differences),
            "wins": each.signs[0],
            "ties": each.signs[1],
            "losses": each.signs[2],
            "p_value": each.p,
            "p_holm": each.p_holm,
            "better": each.better,
            "equivalent": each.equivalent,
            "worse": each.worse,
        }
        for each in closing.methods
    ]
    return {
        "metric": closing.metric,
        "words": dict(closing.words),
        "datasets": list(closing.datasets),
        "methods": methods,
        "refused": closing.refused or None,
    }

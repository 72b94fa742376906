"""A report read back from its JSON: every format is written from it as from the comparison itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NoReturn

from regcmp.errors import DataError
from regcmp.report.json_text import SCHEMA
from regcmp.results import (
    HISTORY_COLUMNS,
    METRICS,
    RUN_COLUMNS,
    SUMMARY_COLUMNS,
    Report,
    frame,
)

PARTS = {
    "plan": dict,
    "environment": dict,
    "verdict": str,
    "summary": list,
    "runs": list,
    "history": list,
}
WAY_OUT = "'regcmp compare -o FILE.json' writes one"


def read_report(path: str) -> Report:
    """The report that ``-o FILE.json`` wrote. Raises DataError, naming the file, for anything else."""
    try:
        text = Path(path).read_bytes().decode("utf-8-sig")
        document = json.loads(text, parse_constant=_refuse)
    except OSError as error:
        raise DataError(f"{path!r} can't be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path!r} is not JSON ({error}); {WAY_OUT}") from error
    _check(path, document)
    try:
        return Report(
            plan=document["plan"],
            environment=document["environment"],
            timing=document.get("timing", {}),
            summary=frame(document["summary"], SUMMARY_COLUMNS),
            runs=frame(document["runs"], RUN_COLUMNS),
            history=frame(document["history"], HISTORY_COLUMNS),
            verdict=document["verdict"],
            weights=_weights(document.get("weights")),
        )
    except (AttributeError, TypeError, ValueError) as error:
        raise DataError(f"{path!r} is a damaged report: {error}") from error


def _check(path: str, document: Any) -> None:
    """Raise DataError unless the document says that it is a report of this version, and has its parts."""
    schema = document.get("schema") if isinstance(document, dict) else None
    if not isinstance(schema, str) or not schema.startswith("regcmp.report/"):
        raise DataError(
            f'{path!r} is no report of regcmp: expected "schema": {SCHEMA!r}; {WAY_OUT}'
        )
    if schema != SCHEMA:
        raise DataError(
            f"{path!r} is a {schema!r}, and this version of regcmp reads {SCHEMA!r};"
            ' read it with the regcmp that its "environment" names'
        )
    for name, kind in PARTS.items():
        if not isinstance(document.get(name), kind):
            raise DataError(f"{path!r} is a damaged report: it has no {name!r}")
    plan, summary = document["plan"], document["summary"]
    methods = [row.get("method") for row in summary if isinstance(row, dict)]
    if plan.get("metric") not in METRICS or plan.get("baseline") not in methods:
        raise DataError(f"{path!r} is a damaged report: its metric or its baseline is not known")


def _weights(part: Any) -> dict[str, Any] | None:
    """The histograms, which a report need not have. Raises ValueError where they are none."""
    if part is None:
        return None
    edges, runs = part.get("edges"), part.get("runs")
    if not isinstance(edges, list) or len(edges) < 2 or not isinstance(runs, list):
        raise ValueError("its 'weights' are no histograms")
    for run in runs:
        if len(run.get("counts", ())) != len(edges) + 1 or "method" not in run:
            raise ValueError("its 'weights' have a histogram of another length")
    checked: dict[str, Any] = part
    return checked


def _refuse(token: str) -> NoReturn:
    raise ValueError(f"{token} is no number of JSON")

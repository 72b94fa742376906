"""A study read back from its JSON."""

from __future__ import annotations

from typing import Any

import msgspec

from regcmp.analysis.studies import Part, Study
from regcmp.analysis.study_gates import condition_of
from regcmp.errors import DataError, UsageError
from regcmp.report.reader import read_document, report_of
from regcmp.report.study_document import STUDY_SCHEMA, study_type
from regcmp.results import Report


def read_any(path: str) -> Report | Study:
    """What ``-o FILE.json`` wrote: a report, or a study. Raises DataError, naming the file."""
    document = read_document(path)
    if str(document.get("schema")).startswith("regcmp.study/"):
        return _study(path, document)
    return report_of(path, document)


def one_of(found: Report | Study, condition: str | None, path: str) -> Report:
    """The report itself, or that of a study's condition, by its label.

    Raises UsageError where there is no such condition, and DataError where it failed.
    """
    if isinstance(found, Report):
        if condition is not None:
            raise UsageError(
                f"--condition: {path!r} is the report of one comparison, not a study", "condition"
            )
        return found
    label = condition_of(condition or "", [part.label for part in found.parts])
    part = next((each for each in found.parts if each.label == label), None)
    if part is None:
        first = found.parts[0].label
        raise UsageError(
            f"--condition: {path!r} has no {condition!r}; its first is {first!r}", "condition"
        )
    if part.report is None:
        raise DataError(f"{path!r}: {part.label} failed: {part.error}")
    return part.report


def _study(path: str, document: dict[str, Any]) -> Study:
    if document["schema"] != STUDY_SCHEMA:
        raise DataError(
            f"{path!r} is a {document['schema']!r}, and this version of regcmp reads {STUDY_SCHEMA!r}"
        )
    conditions = document.get("conditions")
    listed = conditions if isinstance(conditions, list) else []
    reports = [each.get("report") if isinstance(each, dict) else None for each in listed]
    read = [None if each is None else report_of(path, _object(path, each)) for each in reports]
    try:
        found = msgspec.convert(document, study_type())
    except msgspec.ValidationError as error:
        raise DataError(f"{path!r} is a damaged study: {error}") from error
    keys = tuple(found.varied)
    for each in found.conditions:
        if tuple(each.words) != keys:
            raise DataError(
                f"{path!r} is a damaged study: a condition has other words than 'varied'"
            )
    parts = [
        Part(each.words, report, "" if report is not None else each.error or "no reason was saved")
        for each, report in zip(found.conditions, read, strict=True)
    ]
    return Study(keys, parts, found.rope)


def _object(path: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise DataError(f"{path!r} is a damaged study: a report is no object")
    found: dict[str, Any] = value
    return found

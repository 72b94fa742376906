"""A report read back from its JSON: every format is written from it as from the comparison itself."""

from __future__ import annotations

import json
import re
from math import isfinite
from typing import Any, NoReturn

import msgspec

from regcmp.analysis.statistics import paired_from_interval
from regcmp.errors import DataError, UsageError
from regcmp.hints import is_number
from regcmp.pipes import read_input
from regcmp.plan.grammar import Part, parts_of
from regcmp.plan.protocol import PLAIN, TWO_WAY
from regcmp.report.document import DATA, SCHEMA, plan_keys, report_type
from regcmp.report.keys import ABSENT, REQUIRED
from regcmp.report.row_marks import rows_of
from regcmp.results import (
    BUDGET_COLUMNS,
    HISTORY_COLUMNS,
    RUN_COLUMNS,
    SUMMARY_COLUMNS,
    TRIED_COLUMNS,
    Report,
    frame,
)

LATER = {
    name: {key: each.before for key, each in keys.items() if each.before not in (REQUIRED, ABSENT)}
    for name, keys in (("plan", plan_keys()), ("data", DATA))
}
"""Keys that older reports do not have, and what held when there were none."""
MEANS = ("train_mean", "test_mean", "gap_mean")
"""What every row has of whose runs one was finished."""
LARGEST = 1e300
"""Of a score: differences and percentages of such are still finite."""
MOST_LEVELS = 50
DIGITS = 20
WAY_OUT = "'regcmp compare -o FILE.json' writes one"


def read_report(path: str) -> Report:
    """The report that ``-o FILE.json`` wrote. Raises DataError, naming the file, for anything else."""
    document = read_document(path)
    if str(document.get("schema")).startswith("regcmp.study/"):
        raise DataError(
            f"{path!r} is a study of several comparisons, and this takes the report of one; write one by"
            " 'regcmp report STUDY.json --condition NAME=VALUE -o FILE.json'"
        )
    return report_of(path, document)


def read_document(path: str) -> dict[str, Any]:
    """The JSON object of a file. Raises DataError, naming the file, for anything else."""
    try:
        text = read_input(path).decode("utf-8-sig")
        document = json.loads(text, parse_constant=_refuse, parse_int=_whole, parse_float=_finite)
        _check_depth(document)
    except OSError as error:
        raise DataError(f"{path!r} can't be read: {error.strerror}") from error
    except RecursionError as error:
        raise DataError(f"{path!r} is nested too deeply to be a report; {WAY_OUT}") from error
    except UsageError as error:
        raise DataError(str(error)) from error
    except ValueError as error:
        raise DataError(f"{path!r} is not JSON ({error}); {WAY_OUT}") from error
    if not isinstance(document, dict):
        _check_schema(path, document)
    found: dict[str, Any] = document
    return found


def report_of(path: str, document: dict[str, Any]) -> Report:
    """The report that a document holds. Raises DataError, naming the file, where it holds none."""
    _check_schema(path, document)
    try:
        _add_later(document)
        _check(document)
        _add_errors(document)
        return Report(
            plan=document["plan"],
            environment=document["environment"],
            timing=document.get("timing", {}),
            summary=frame(document["summary"], SUMMARY_COLUMNS),
            runs=frame(document["runs"], RUN_COLUMNS),
            history=frame(document["history"], HISTORY_COLUMNS),
            verdict=document["verdict"],
            weights=document.get("weights"),
            rows=rows_of(document),
            references=document.get("references") or (),
            tried=frame(document.get("tried") or [], TRIED_COLUMNS),
            budget=frame(document.get("budget") or [], BUDGET_COLUMNS),
            boundary=document.get("boundary"),
            methods=_methods(document),
        )
    except ValueError as error:
        raise DataError(f"{path!r} is a damaged report: {error}") from error


def _check_schema(path: str, document: Any) -> None:
    """Raise DataError unless the document says that it is a report of this version."""
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


def _add_later(document: dict[str, Any]) -> None:
    """Add what is younger than the report."""
    plan = document.get("plan")
    if isinstance(plan, dict):
        if plan.get("correction_ratio") == 0:
            plan.setdefault("tested_by", PLAIN)
        plan.update(LATER["plan"] | plan)
        if isinstance(data := plan.get("data"), dict):
            data.update(LATER["data"] | data)


def _add_errors(document: dict[str, Any]) -> None:
    """Add the standard errors that rows of older reports lack: they follow from the intervals."""
    plan = document["plan"]
    if plan["tested_by"] == TWO_WAY:
        return
    for row in document["summary"]:
        pairs = [row.get(name) for name in ("wins", "ties", "losses")]
        low, high = row.get("delta_test_low"), row.get("delta_test_high")
        if "error" in row or None in (low, high, *pairs) or not (low < high and sum(pairs) > 1):
            continue
        found = paired_from_interval(sum(pairs), low, high, plan["correction_ratio"])
        row |= {"error": found.error, "error_floor": found.floor, "df": found.df}


def _check(document: dict[str, Any]) -> None:
    """Raise ValueError, naming its place, for what has to be there and is not, or is of another kind."""
    try:
        msgspec.convert(document, report_type())
    except msgspec.ValidationError as error:
        raise ValueError(_plainly(str(error), document)) from error
    for part in ("summary", "references"):
        _check_levels(part, document.get(part) or [], document["plan"]["metric"])
    if document["plan"]["baseline"] not in [row["method"] for row in document["summary"]]:
        raise ValueError(f"its table has no row of its baseline {document['plan']['baseline']!r}")
    if weights := document.get("weights"):
        _check_weights(weights)
    if boundary := document.get("boundary"):
        _check_boundary(boundary)


MISSING = re.compile(r"Object missing required field `(\w+)`")
KINDS = {
    "int": "a whole number",
    "float": "a number",
    "str": "a text",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
}
"""What msgspec calls otherwise."""
PLACE = re.compile(r" - at `\$\.?(.*)`$")


def _plainly(said: str, document: dict[str, Any]) -> str:
    """What msgspec says of a document, with the value that stands at the place."""
    found = PLACE.search(said)
    place = found[1] if found else ""
    if missing := MISSING.match(said):
        return f"it has no {'.'.join(filter(None, (place, missing[1])))!r}"
    value: Any = document
    for name, number in re.findall(r"(\w+)|\[(\d+)\]", re.sub(r"\[\.\.\.\].*", "", place)):
        value = value[name] if name else value[int(number)]
    expected = re.sub(r"\w+", lambda each: KINDS.get(each[0], each[0]), PLACE.sub("", said))
    expected = expected.replace("`", "").replace(" | ", " or ")
    return f"{place!r} is {json.dumps(value)[:40]}: {expected[0].lower()}{expected[1:]}"


def _check_levels(part: str, rows: list[dict[str, Any]], metric: str) -> None:
    """Raise ValueError for a row of another metric, or a number too large to be shown in percent."""
    for i, row in enumerate(rows):
        if row["metric"] != metric:
            raise ValueError(f"'{part}[{i}].metric' is {row['metric']!r}, its plan's {metric!r}")
        for key in MEANS:
            if row["n"] and row.get(key) is None:
                raise ValueError(f"it has no '{part}[{i}].{key}'")
        for key, value in row.items():
            if isinstance(value, int | float) and abs(value) > LARGEST:
                raise ValueError(f"'{part}[{i}].{key}' is {value:g}")


def _check_weights(part: dict[str, Any]) -> None:
    """Raise ValueError for a histogram that does not fit its bins."""
    if any(len(run["counts"]) != len(part["edges"]) + 1 for run in part["runs"]):
        raise ValueError("its 'weights' have a histogram of another length")


def _check_boundary(part: dict[str, Any]) -> None:
    """Raise ValueError for a map that is not a rectangle of numbers, or points that lack one."""
    rows = [[row.split(" ") for row in each["rows"]] for each in part["methods"]]
    if not (
        len({len(part["points"][name]) for name in ("x", "y", "target")}) == 1
        and len({len(row) for each in rows for row in each}) <= 1
        and all(is_number(cell) for each in rows for row in each for cell in row)
    ):
        raise ValueError("its 'boundary' is malformed")


def _methods(document: dict[str, Any]) -> dict[str, tuple[Part, ...]]:
    """The parts of each method; those of older reports stand in the names alone."""
    methods = document.get("methods")
    if methods is None:
        return {name: parts_of(name) for name in document["plan"]["methods"]}
    return {
        each["name"]: tuple(
            Part(part["name"], part["strength"], tuple(part["options"].items()), part["schedule"])
            for part in each["parts"]
        )
        for each in methods
    }


def _refuse(token: str) -> NoReturn:
    raise ValueError(f"{token} is not valid JSON")


def _whole(token: str) -> int | float:
    """A whole number; as a float where it is larger than any count or seed."""
    if len(token) <= DIGITS and abs(number := int(token)) < 2**63:
        return number
    return _finite(token)


def _finite(token: str) -> float:
    number = float(token)
    if not isfinite(number):
        raise ValueError(f"{token[:20]}... is too large for a number")
    return number


def _check_depth(document: Any) -> None:
    """Raise RecursionError for what could be read, but not be written again."""
    level = [document] if isinstance(document, dict | list) else []
    for _ in range(MOST_LEVELS):
        level = [
            each
            for part in level
            for each in (part.values() if isinstance(part, dict) else part)
            if isinstance(each, dict | list)
        ]
        if not level:
            return
    raise RecursionError

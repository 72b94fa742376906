"""A report read back from its JSON: every format is written from it as from the comparison itself."""

from __future__ import annotations

import json
from collections.abc import Sequence
from math import isfinite
from typing import Any, NoReturn

from regcmp.errors import DataError, UsageError
from regcmp.pipes import read_input
from regcmp.plan.plan import before_options
from regcmp.report.json_text import SCHEMA
from regcmp.results import (
    HISTORY_COLUMNS,
    INTEGERS,
    METRICS,
    RUN_COLUMNS,
    SUMMARY_COLUMNS,
    TEXTS,
    Report,
    frame,
)

LATER: dict[str, dict[str, Any]] = {
    "plan": {"other_networks": [], **before_options()},
    "data": {"n_validation": 0, "task": "classification", "given_test": 0, "image": None},
}
"""Keys that older reports do not have, and what held when there were none."""
NUMBER = (int, float)
MEANS = ("train_mean", "test_mean", "gap_mean")
"""What every row has of whose runs one was finished."""
LARGEST_COUNT = 10**12
FRAMES = {"summary": SUMMARY_COLUMNS, "runs": RUN_COLUMNS, "history": HISTORY_COLUMNS}
LARGEST = 1e300
"""Of a score: differences and percentages of such are still finite."""
NEEDED: dict[str, dict[str, type | tuple[type, ...]]] = {
    "report": {
        "plan": dict,
        "environment": dict,
        "verdict": str,
        "summary": list,
        "runs": list,
        "history": list,
    },
    "plan": {
        "dataset": str,
        "methods": list,
        "baseline": str,
        "seeds": int,
        "vary": list,
        "arch": str,
        "hidden": list,
        "activation": str,
        "optimizer": str,
        "lr": NUMBER,
        "schedule": str,
        "batch_size": int,
        "epochs": int,
        "metric": str,
        "plugins": list,
        "data": dict,
        "correction_ratio": NUMBER,
        "other_networks": list,
        "class_weight": str,
        "label_noise": NUMBER,
        "noise_features": int,
    },
    "data": {
        "name": str,
        "rows": int,
        "features": int,
        "classes": list,
        "n_train": int,
        "n_validation": int,
        "n_test": int,
    },
    "plugin": {"path": str},
    "summary": {"method": str, "metric": str, "n": int, "n_failed": int, "note": str},
    "runs": {"method": str, "seed": int, "status": str},
    "history": {"method": str, "seed": int, "epoch": int},
    "boundary": {
        "seed": int,
        "features": list,
        "low": list,
        "high": list,
        "points": dict,
        "methods": list,
    },
    "points": {"x": list, "y": list, "target": list},
    "map": {"method": str, "rows": list},
}
"""The keys without which no format can be written, and what kind of value they have."""
MOST_LEVELS = 50
DIGITS = 20
WAY_OUT = "'regcmp compare -o FILE.json' writes one"


def read_report(path: str) -> Report:
    """The report that ``-o FILE.json`` wrote. Raises DataError, naming the file, for anything else."""
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
    _check(path, document)
    try:
        _complete(document)
        return Report(
            plan=document["plan"],
            environment=document["environment"],
            timing=document.get("timing", {}),
            summary=frame(document["summary"], SUMMARY_COLUMNS),
            runs=frame(document["runs"], RUN_COLUMNS),
            history=frame(document["history"], HISTORY_COLUMNS),
            verdict=document["verdict"],
            weights=_weights(document.get("weights")),
            boundary=_boundary(document.get("boundary")),
        )
    except (AttributeError, TypeError, ValueError) as error:
        raise DataError(f"{path!r} is a damaged report: {error}") from error


def _check(path: str, document: Any) -> None:
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


def _complete(document: dict[str, Any]) -> None:
    """Add what is younger than the report. Raises ValueError, naming it, for what has to be there."""
    _need("report", document, "")
    plan = document["plan"]
    _add_later("plan", plan)
    _need("plan", plan, "plan.")
    _add_later("data", plan["data"])
    _need("data", plan["data"], "plan.data.")
    _check_lists(plan)
    for name, columns in FRAMES.items():
        for i, row in enumerate(document[name]):
            _need(name, row, f"{name}[{i}].")
            _check_cells(row, columns, f"{name}[{i}].")
    for i, each in enumerate(plan["plugins"]):
        _need("plugin", each, f"plan.plugins[{i}].")
    if not isinstance(document["environment"].get("packages", {}), dict):
        raise ValueError("its 'environment.packages' are no names with versions")
    _check_summary(document["summary"], plan["metric"])
    methods = [row["method"] for row in document["summary"]]
    if plan["metric"] not in METRICS or plan["baseline"] not in methods:
        raise ValueError("its metric or its baseline is not known")


def _check_summary(rows: list[dict[str, Any]], metric: str) -> None:
    """Raise ValueError for a row of another metric, or a number too large to be shown in percent."""
    for i, row in enumerate(rows):
        if row["metric"] != metric:
            raise ValueError(f"'summary[{i}].metric' is {row['metric']!r}, its plan's {metric!r}")
        for key in MEANS:
            if row["n"] and row.get(key) is None:
                raise ValueError(f"it has no 'summary[{i}].{key}'")
        for key, value in row.items():
            if isinstance(value, NUMBER) and abs(value) > LARGEST:
                raise ValueError(f"'summary[{i}].{key}' is {value:g}")


def _add_later(name: str, part: dict[str, Any]) -> None:
    for key, value in LATER[name].items():
        part.setdefault(key, value)


def _need(name: str, part: Any, place: str) -> None:
    """Raise ValueError unless the part has its keys, with values of their kinds."""
    for key, kind in NEEDED[name].items():
        if not isinstance(part, dict) or key not in part:
            raise ValueError(f"it has no {place + key!r}")
        if not isinstance(part[key], kind):
            raise ValueError(f"{place + key!r} is {json.dumps(part[key])[:40]}")


def _check_cells(row: dict[str, Any], columns: Sequence[str], place: str) -> None:
    """Raise ValueError where a column of numbers has something else; a cell may be missing."""
    for key in columns:
        value = row.get(key)
        if value is None:
            continue
        if key in TEXTS:
            fits = isinstance(value, str)
        elif key in INTEGERS:
            fits = isinstance(value, int) and (key == "seed" or abs(value) <= LARGEST_COUNT)
        else:
            fits = isinstance(value, NUMBER)
        if not fits or isinstance(value, bool):
            raise ValueError(f"{place + key!r} is {json.dumps(value)[:40]}")


def _check_lists(plan: dict[str, Any]) -> None:
    """Raise ValueError where a list of names or of widths has something else, or a size is no number."""
    for key, kind in (("methods", str), ("vary", str), ("hidden", int)):
        if not all(isinstance(each, kind) for each in plan[key]):
            raise ValueError(f"'plan.{key}' is {json.dumps(plan[key])[:40]}")
    columns = plan["data"].get("columns", 0)
    if not isinstance(columns, int):
        raise ValueError(f"'plan.data.columns' is {json.dumps(columns)[:40]}")


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
        if not all(isinstance(each, NUMBER) for each in (*edges, *run["counts"])):
            raise ValueError("its 'weights' hold what is no number")
    checked: dict[str, Any] = part
    return checked


def _boundary(part: Any) -> dict[str, Any] | None:
    """The maps, which only data of two features have. Raises ValueError where they are none."""
    if part is None:
        return None
    _need("boundary", part, "boundary.")
    _need("points", part["points"], "boundary.points.")
    for i, each in enumerate(part["methods"]):
        _need("map", each, f"boundary.methods[{i}].")
    lists = [part["points"][name] for name in ("x", "y", "target")]
    rows = [[row.split(" ") for row in each["rows"]] for each in part["methods"]]
    numbers = [*part["low"], *part["high"], *(value for each in lists for value in each)]
    if not (
        all(len(part[name]) == 2 for name in ("features", "low", "high"))
        and all(isinstance(each, str) for each in part["features"])
        and all(isinstance(each, NUMBER) for each in numbers)
        and len({*map(len, lists)}) == 1
        and len({len(row) for each in rows for row in each}) <= 1
        and all(rows)
        and all(isfinite(float(cell)) for each in rows for row in each for cell in row)
    ):
        raise ValueError("its 'boundary' is no map")
    checked: dict[str, Any] = part
    return checked


def _refuse(token: str) -> NoReturn:
    raise ValueError(f"{token} is no number of JSON")


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

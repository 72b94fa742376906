"""Gates: conditions on a table that fail a build, such as ``gap_mean(dropout=0.5) > 0.05``."""

from __future__ import annotations

import operator
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import pandas as pd

from regcmp.errors import UsageError, unknown
from regcmp.hints import plain
from regcmp.metrics import METRICS
from regcmp.plan.grammar import parts_of
from regcmp.plan.number_texts import plain_text
from regcmp.plan.tuning import parse_any
from regcmp.results import DIFF_COLUMNS, INTEGERS, SUMMARY_COLUMNS, TEXTS

GRAMMAR = "COLUMN(METHOD) OPERATOR NUMBER"
EXAMPLE = "gap_mean(dropout=0.5) > 0.05"
SHAPE = re.compile(r"\s*([^()<>=!]*?)\s*\(([^()]*)\)\s*([<>=!]*)\s*(.*?)\s*")
OPERATORS = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}
CONTRARY = {">": "<=", ">=": "<", "<": ">=", "<=": ">", "==": "!=", "!=": "=="}
ANY, BEST = "*", "best"
DROPS = ("test", "gap")
"""What --max-drop bounds."""
MIN_RUNS = 2
"""Fewer runs say nothing of a score: there is no spread to judge it by."""
VERSUS = (
    *SUMMARY_COLUMNS[SUMMARY_COLUMNS.index("delta_test") : SUMMARY_COLUMNS.index("p_holm") + 1],
    *("error", "error_floor", "df", "p_gap"),
)
"""The columns that compare a method with the baseline, which has no value in them."""
LEFT_OVER = "of the runs that were not stopped"
"""Why a gate that is not true of a score says nothing: the runs that are left may be the lucky ones."""


@dataclass(frozen=True)
class Grounds:
    """What gates can ask about: the numeric columns of a table and its methods.

    ``versus`` are the columns in which ``baseline`` never has a value. The method 'best' is that of
    the best ``ranked_by``.
    """

    columns: tuple[str, ...]
    methods: tuple[str, ...]
    metric: str
    ranked_by: str
    baseline: str = ""
    versus: tuple[str, ...] = ()


@dataclass(frozen=True)
class Gate:
    """One condition: it fails where it is true, or can't be judged. ``fatal`` is --fail-if."""

    text: str
    column: str
    method: str
    operator: str
    limit: float
    fatal: bool = True


@dataclass(frozen=True)
class Reading:
    """What stands in a gate's column for one method, after how many runs; and why that says too little."""

    method: str
    value: float | None
    n: str
    problem: str = ""


@dataclass(frozen=True)
class Finding:
    """How a gate ended: 'passed', 'failed' or 'inconclusive', and the readings that made it so."""

    gate: Gate
    outcome: str
    readings: tuple[Reading, ...]

    @property
    def fails(self) -> bool:
        """Whether the exit code says so."""
        return self.gate.fatal and self.outcome != "passed"


def grounds_of(plan: dict[str, Any]) -> Grounds:
    """What can be asked of the summary of a plan's comparison."""
    return Grounds(
        columns=tuple(name for name in SUMMARY_COLUMNS if name not in TEXTS),
        methods=tuple(plan["methods"]),
        metric=plan["metric"],
        ranked_by="test_mean",
        baseline=plan["baseline"],
        versus=VERSUS,
    )


def grounds_of_diff(table: pd.DataFrame) -> Grounds:
    """What can be asked of two reports' differences."""
    return Grounds(
        columns=tuple(name for name in DIFF_COLUMNS if name not in TEXTS),
        methods=tuple(table["method"]),
        metric=table["metric"].iloc[0],
        ranked_by="test_new",
    )


def drop_gate(text: str, metric: str) -> Gate:
    """The gate of ``--max-drop test=X`` or ``gap=X``: no method's mean is worse by more than X.

    A larger gap is a worse one. Raises UsageError where the text is another.
    """
    try:
        name, equals, number = (part.strip() for part in text.partition("="))
        if name not in DROPS or not equals:
            raise UsageError("expected test=NUMBER or gap=NUMBER, as in test=0.01")
        column = f"change_{name}"
        drop = _limit(number, column, metric)
        if drop < 0:
            raise UsageError(f"expected a drop of 0 or more, got {number!r}")
    except UsageError as error:
        raise UsageError(f"--max-drop {text!r}: {error}", "max_drop") from None
    falls = name == "test" and METRICS[metric].higher_is_better
    sign, limit = ("<", 0.0 - drop) if falls else (">", drop)
    return Gate(f"{column}(*) {sign} {limit:.15g}", column, ANY, sign, limit)


def parse_gate(text: str, grounds: Grounds, *, fatal: bool = True) -> Gate:
    """Read ``COLUMN(METHOD) OPERATOR NUMBER``.

    Raises UsageError, naming the flag and the word, where one is not of the grammar or not there.
    """
    flag = "--fail-if" if fatal else "--warn-if"
    try:
        return _parse(text, grounds, fatal)
    except UsageError as error:
        raise UsageError(f"{flag} {text!r}: {error}", flag) from None


def _parse(text: str, grounds: Grounds, fatal: bool) -> Gate:
    match = SHAPE.fullmatch(text)
    if not match:
        raise UsageError(f"expected {GRAMMAR}, in quotes, as in '{EXAMPLE}'")
    column, word, sign, number = match.groups()
    if column in TEXTS:
        raise UsageError(f"column {column!r} holds text; a gate needs a number")
    if column not in grounds.columns:
        shown = grounds.metric if grounds.metric != "auto" else "accuracy"
        if plain(column) == plain(shown):
            raise UsageError(f"unknown column {column!r}: did you mean {grounds.ranked_by!r}?")
        raise unknown("column", column, grounds.columns)
    method = resolve(word, grounds.methods)
    if method == grounds.baseline and column in grounds.versus:
        raise UsageError(f"{method!r} is the baseline, which has no {column}: name another method")
    if sign not in OPERATORS:
        raise UsageError(f"expected one of {' '.join(OPERATORS)} before the number, got {sign!r}")
    return Gate(text, column, method, sign, _limit(number, column, grounds.metric), fatal)


def _limit(text: str, column: str, metric: str) -> float:
    try:
        limit = float(plain_text(text))
    except ValueError:
        limit = float("nan")
    if not isfinite(limit):
        raise UsageError(f"expected a number such as 0.05 at the end, got {text!r}")
    undecided = metric not in METRICS
    in_percent = undecided or METRICS[metric].factor == 100
    if in_percent and abs(limit) > 1 and column not in INTEGERS:
        # R² is at most 1 itself, but far below 0 where a network is worse than the mean.
        may_be_r2 = undecided and not (limit > 1 and column in ("train_mean", "test_mean"))
        way_out = "; where the score is R², say --metric r2" if may_be_r2 else ""
        raise UsageError(f"{column} holds shares, not percent: 5 % is 0.05, got {text!r}{way_out}")
    return limit


def resolve(word: str, methods: Sequence[str]) -> str:
    """The method that a word means: by its canonical name, by bare names if one method has them.

    'best' and '*' stay what they are. Raises UsageError where none or several are meant.
    """
    word = re.sub(r"\s*([=:+,])\s*", r"\1", word.strip())
    if word in (ANY, BEST, *methods):
        return word
    if not re.search(r"[=:]", word):
        bare = sorted(part.strip() for part in word.split("+"))
        named = [name for name in methods if sorted(each.name for each in parts_of(name)) == bare]
        if len(named) > 1:
            raise UsageError(
                f"{word!r} could be {' or '.join(named)}: write the strength, or '*' for any method"
            )
        if named:
            return named[0]
    else:
        meant = [str(method) for method in parse_any(word, max_dropped=1.0)]
        if len(meant) > 1:
            raise UsageError(f"expected one method, got {len(meant)} in {word!r}")
        if meant[0] in methods:
            return meant[0]
    raise unknown("method", word, [*methods, BEST, ANY], of=" in this table")


def judge(gates: Iterable[Gate], table: pd.DataFrame, grounds: Grounds) -> list[Finding]:
    """How each gate ends on a table of the kind that ``grounds`` describes."""
    rows = {str(row["method"]): row for row in table.to_dict("records")}
    return [_judge(gate, rows, grounds) for gate in gates]


def _judge(gate: Gate, rows: dict[str, dict[str, Any]], grounds: Grounds) -> Finding:
    asked = _asked(gate, rows, grounds)
    if not asked:
        nothing = Reading("", None, "", _nothing(gate))
        return Finding(gate, "inconclusive", (nothing,))
    readings = tuple(_read(gate.column, rows[name]) for name in asked)
    unclear = tuple(each for each in readings if each.problem)
    compare = OPERATORS[gate.operator]
    failed = tuple(
        each for each in readings if each.value is not None and compare(each.value, gate.limit)
    )
    if failed:
        return Finding(gate, "failed", failed)
    return Finding(gate, "inconclusive", unclear) if unclear else Finding(gate, "passed", readings)


def _asked(gate: Gate, rows: dict[str, dict[str, Any]], grounds: Grounds) -> list[str]:
    """The methods that a gate asks about.

    Any method: but not the baseline where it has no value, nor in a diff one that is new where the
    column needs the old report. The best: of the methods without a stopped run, since those that are
    left of others may be the lucky ones.
    """
    if gate.method == ANY:
        return [
            name
            for name, row in rows.items()
            if (row["status"] != "added" or gate.column.endswith("_new"))
            and not (name == grounds.baseline and gate.column in grounds.versus)
        ]
    if gate.method != BEST:
        return [gate.method]
    whole = {
        name: float(row[grounds.ranked_by])
        for name, row in rows.items()
        if pd.notna(row[grounds.ranked_by]) and not row.get("n_failed", row.get("n_failed_new"))
    }
    pick = max if METRICS[grounds.metric].higher_is_better else min
    return [pick(whole, key=whole.__getitem__)] if whole else []


def _nothing(gate: Gate) -> str:
    return "no method is without a stopped run" if gate.method == BEST else "no method to ask about"


def _read(column: str, row: dict[str, Any]) -> Reading:
    name, value = str(row["method"]), row[column]
    counts, n, stopped = _runs_behind(column, row)
    is_score = column not in INTEGERS
    if any(map(pd.isna, counts)):
        return Reading(name, None, n, "in one report only")
    if is_score and any(each < MIN_RUNS for each in counts):
        return Reading(name, None, n, "too few runs to say")
    if pd.isna(value):
        return Reading(name, None, n, "no value")
    return Reading(name, value, n, LEFT_OVER if is_score and stopped else "")


def _runs_behind(column: str, row: dict[str, Any]) -> tuple[list[Any], str, Any]:
    """How many runs, or pairs, a value is of; the same in words; how many of the method's were stopped.

    In a diff, the old report's stopped runs count for its own columns alone: a change to what is left
    of them does not flatter the new ones.
    """
    if "n" in row:
        sides = [""]
    else:
        sides = [each for each in ("_old", "_new") if column.endswith(each)] or ["_old", "_new"]
    done = [row[f"n{side}"] for side in sides]
    stopped = [row[f"n_failed{side}"] for side in sides]
    signs = [row["wins"], row["ties"], row["losses"]]
    if column.startswith(("delta_", "change_", "p_")) and not any(map(pd.isna, signs)):
        pairs, drawn = sum(signs), max(map(sum, zip(done, stopped, strict=True)))
        return [pairs], f"{_of(pairs, drawn - pairs)} pairs", stopped[-1]
    return done, " and ".join(map(_of, done, stopped)), stopped[-1]


def _of(n: Any, lost: Any) -> str:
    if pd.isna(n):
        return "none"
    return f"{n} of {n + lost}" if lost else f"{n}"

"""The last line: what the table supports, in words."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pandas as pd

from regcmp.analysis.statistics import LEVEL, MIN_PAIRS_FOR_P, holm
from regcmp.metrics import METRICS
from regcmp.numbers import Style, count, p_text, style_of
from regcmp.results import CONSTANT, UNDERFIT

ALPHA = 1 - LEVEL
WAYS_OUT = {
    "diverged": "try a smaller --lr",
    "overdropped": "drop less, or allow it by --max-dropped",
    "dead": "try a smaller strength or --lr, or --max-dead 1",
}
"""What to do about runs that were stopped, by their status."""
CONDITIONS = {
    "split": "on this split",
    "init": "for these initial weights",
    "order": "for this order of batches",
}
"""What a claim rests on where seeds do not redraw a source of variation."""


def conditions(vary: Collection[str]) -> str:
    """'on this split, for these initial weights': what holds where ``vary`` leaves sources out."""
    return ", ".join(words for source, words in CONDITIONS.items() if source not in vary)


def verdict(
    summary: pd.DataFrame, baseline: str, seeds: int, vary: Collection[str] = tuple(CONDITIONS)
) -> str:
    """One or two sentences: a winner only where its interval and Holm's p support one.

    ``vary`` names what each seed redraws; every claim says what it is conditional on.
    """
    style = style_of(summary)
    sign = 1 if METRICS[summary["metric"].iloc[0]].higher_is_better else -1
    rows: list[dict[str, Any]] = summary.to_dict("records")
    base = next(row for row in rows if row["method"] == baseline)
    others = [row for row in rows if row is not base]
    if not others:
        return f"Only {baseline} was trained: name a method to compare it with."
    if base["n"] == 0:
        way_out = WAYS_OUT[base["status"]]
        return f"No comparison: every run of the baseline {baseline} {base['status']}; {way_out}."
    given = conditions(vary)
    if all(pd.isna(row["p_holm"]) for row in others):
        return _no_test(base, others, style, seeds, given)
    shown = [row for row in others if row["p_holm"] < ALPHA]
    better = sorted(
        (row for row in shown if sign * row["delta_test"] > 0),
        key=lambda row: -sign * row["delta_test"],
    )
    worse = [row for row in shown if sign * row["delta_test"] < 0]
    if better:
        text = _winner(better, baseline, style, seeds)
    else:
        text = _no_winner(others, baseline, style, sign, seeds)
    if given:
        text = f"{_capital(given)}, {text.replace('No method', 'no method', 1)}"
    if worse:
        text += f" Worse than {baseline}{_also(given)}: {_listed(worse)}."
    return text + _gaps(others, style, seeds, given)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _also(given: str) -> str:
    return f" {given}" if given else ""


def _no_test(
    base: dict[str, Any], others: list[dict[str, Any]], style: Style, seeds: int, given: str
) -> str:
    """Why nothing was tested: runs were lost, seeds are too few, or all differences are equal."""
    lost = [row for row in others if row["n_failed"]]
    if all(row["n"] == 0 for row in others):
        return f"No test was made: {_losses(lost)}."
    if (pairs := max(map(_pairs, others))) < MIN_PAIRS_FOR_P:
        more = " seeds, better 10 (--seeds 10)" if seeds < MIN_PAIRS_FOR_P else ""
        text = f"No winner is named from {count(pairs, 'pair')}: a claim needs at least"
        text += f" {MIN_PAIRS_FOR_P}{more}."
        return text + (f" The baseline {_losses([base])}." if base["n_failed"] else "")
    if base["n_failed"]:
        return f"No test was made, since a lost pair takes the p-value: the baseline {_losses([base])}."
    equal = [f"{row['method']} {_differs(row, style)}" for row in others if not row["n_failed"]]
    reasons = "; ".join(equal + ([_losses(lost)] if lost else []))
    return f"No test was made: {reasons}.{_gaps(others, style, seeds, given)}"


def _losses(rows: list[dict[str, Any]]) -> str:
    """'l1=1 lost 3 of 10 runs (diverged), l2=1 lost all 10 runs (dead); try ...'."""
    parts = []
    for row in rows:
        drawn = row["n"] + row["n_failed"]
        of = f"{row['n_failed']} of {drawn} runs" if row["n"] else f"all {count(drawn, 'run')}"
        parts.append(f"{row['method']} lost {'its run' if drawn == 1 else of} ({row['status']})")
    ways_out = dict.fromkeys(WAYS_OUT[row["status"]] for row in rows)
    return f"{', '.join(parts)}; {', or '.join(ways_out)}"


def _pairs(row: dict[str, Any]) -> int:
    """How many seeds both the method and the baseline finished."""
    return 0 if pd.isna(row["wins"]) else int(row["wins"] + row["ties"] + row["losses"])


def _winner(better: list[dict[str, Any]], baseline: str, style: Style, seeds: int) -> str:
    best, *rest = better
    text = f"{best['method']} beats {baseline} on test rows: {_effect(best, style, seeds)}."
    if rest:
        verb = "does" if len(rest) == 1 else "do"
        text += f" So {verb} {_listed(rest)}; these were not tested against each other."
    return text + _always_the_same(better)


def _always_the_same(rows: list[dict[str, Any]]) -> str:
    """A sentence on the methods whose networks look at no feature; empty without any."""
    constant = [row for row in rows if row["status"] == CONSTANT]
    if not constant:
        return ""
    verb = "answers" if len(constant) == 1 else "answer"
    return (
        f" But {_listed(constant)} always {verb} the same in most runs, whatever the features are."
    )


def _no_winner(
    others: list[dict[str, Any]], baseline: str, style: Style, sign: int, seeds: int
) -> str:
    # A method that was shown to be worse has its sentence; 'not shown to beat' beside its p confuses.
    undecided = [row for row in others if not row["p_holm"] < ALPHA]
    known = [row for row in undecided if _pairs(row) == seeds]
    text = f"No method was shown to beat {baseline} in test {style.name} at {count(seeds, 'seed')}"
    if not known:
        return text + "."
    nearest = max(known, key=lambda row: sign * row["delta_test"])
    name = nearest["method"]
    best = name if len(undecided) == 1 else f"the best of them, {name},"
    return f"{text}; {best} {_differs(nearest, style)}.{_always_the_same([nearest])}"


def _effect(row: dict[str, Any], style: Style, seeds: int) -> str:
    return f"{style.name} {_estimate(row, style)}, {count(seeds, 'paired seed')}"


def _differs(row: dict[str, Any], style: Style) -> str:
    """Where all differences are equal, there is neither interval nor p."""
    if pd.notna(row["p_value"]):
        return f"differs by {_estimate(row, style)}"
    if row["wins"] == row["losses"] == 0:
        return "has the same score under every seed"
    return f"differs by {style.amount(style.difference(row['delta_test']))} under every seed"


def _estimate(row: dict[str, Any], style: Style) -> str:
    """'+0.31 points [-0.20, +0.82], Holm p = 0.507'."""
    return (
        f"{style.amount(style.difference(row['delta_test']))}"
        f" {style.interval(row['delta_test_low'], row['delta_test_high'])},"
        f" Holm p {'' if p_text(row['p_holm'])[0] == '<' else '= '}{p_text(row['p_holm'])}"
    )


def _gaps(others: list[dict[str, Any]], style: Style, seeds: int, given: str) -> str:
    """Whose gap is smaller, by Holm's p over all; an underfit network has no gap to boast of.

    These p are in no column, so the words say that an interval below zero may not be enough.
    """
    adjusted = holm([row["p_gap"] if pd.notna(row["p_gap"]) else None for row in others])
    smaller = [
        row
        for row, p in zip(others, adjusted, strict=True)
        if p is not None and p < ALPHA and row["delta_gap"] < 0
    ]
    closed = [row for row in smaller if row["status"] == "ok"]
    marked = {
        mark: [row for row in smaller if row["status"] == mark] for mark in (UNDERFIT, CONSTANT)
    }
    tested = sum(p is not None for p in adjusted)
    if not tested:
        return ""
    words = [f"after Holm over {tested} gaps"] if tested > 1 else []
    words += [f"left out as {mark}: {_listed(left)}" for mark, left in marked.items() if left]
    after = f" ({'; '.join(words)})" if words else ""
    if not closed:
        return f" No gap was shown to be smaller{_also(given)}{after}."
    each = ", ".join(f"{row['method']} by {style.size(row['delta_gap'])}" for row in closed)
    return f" Smaller gap{_also(given)}: {style.amount(each)}{after}."


def _listed(rows: list[dict[str, Any]]) -> str:
    *most, last = (str(row["method"]) for row in rows)
    return f"{', '.join(most)} and {last}" if most else last

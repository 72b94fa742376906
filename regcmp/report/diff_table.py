"""What changed between two reports, laid out for people and as JSON."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd

from regcmp.analysis.comparing import ADDED, BOTH, PAIRING, REMOVED, SEEDS, Change, Diff
from regcmp.analysis.statistics import LEVEL
from regcmp.analysis.wording import conditions, drawn_of
from regcmp.metrics import METRICS
from regcmp.numbers import MISSING, Style, count, p_text, style_of
from regcmp.plan.protocol import TWO_WAY
from regcmp.report.document import DIFF_SCHEMA
from regcmp.report.table import Column, Table
from regcmp.report.text import clean
from regcmp.results import Report, plain_rows

SHORT = 7
"""Digits of a commit that are shown."""
LONGEST = 60
"""Characters of a word's value that a line shows."""


def make_diff_table(diff: Diff) -> Table:
    """Lay a diff out for people."""
    style = style_of(diff.new.summary)
    columns = (
        Column("Method", 0),
        Column("n old", 0),
        Column("n new", 0),
        Column(f"Old test{style.column_unit}", 0),
        Column(f"New test{style.column_unit}", 0),
        Column("Test change", 1),
        *((Column("W/T/L", 1),) if diff.paired else ()),
        Column("p (Holm)", 1),
        Column("Gap change", 2),
    )
    rows: list[dict[str, Any]] = diff.table.to_dict("records")
    notes = [f"{row['method']}: {row['note']}" for row in rows if row["note"]]
    return Table(
        above=tuple(map(clean, _above(diff))),
        columns=columns,
        rows=tuple(tuple(map(clean, _cells(row, diff, style))) for row in rows),
        tones=tuple(_tone(row) for row in rows),
        notes=tuple(map(clean, notes)),
        below=tuple(map(clean, _legend(diff))),
        verdict=(clean(diff_verdict(diff)),),
    )


def _cells(row: dict[str, Any], diff: Diff, style: Style) -> tuple[str, ...]:
    wins = (row["wins"], row["ties"], row["losses"])
    signs = MISSING if pd.isna(wins[0]) else "/".join(map(str, wins))
    change = style.estimate(row["change_test"], row["change_test_low"], row["change_test_high"])
    return (
        row["method"],
        _runs(row["n_old"], row["n_failed_old"]),
        _runs(row["n_new"], row["n_failed_new"]),
        style.level(row["test_old"]),
        style.level(row["test_new"]),
        change if row["status"] == BOTH else row["status"],
        *((signs,) if diff.paired else ()),
        p_text(row["p_holm"]),
        style.estimate(row["change_gap"], row["change_gap_low"], row["change_gap_high"]),
    )


def _runs(n: Any, failed: Any) -> str:
    if pd.isna(n):
        return MISSING
    return f"{n}/{n + failed}" if failed else str(n)


def _tone(row: dict[str, Any]) -> str:
    if not row["p_holm"] < 1 - LEVEL:
        return ""
    higher = METRICS[row["metric"]].higher_is_better
    return "better" if (row["change_test"] > 0) == higher else "worse"


def _above(diff: Diff) -> list[str]:
    sides = (("old", diff.old_file, diff.old), ("new", diff.new_file, diff.new))
    lines = [f"{side}: {file}: {_made_of(report)}" for side, file, report in sides]
    return [*lines, f"Different: {'; '.join(map(_says, diff.changes))}"] if diff.changes else lines


def _made_of(report: Report) -> str:
    plan = report.plan
    methods = count(len(report.summary), "method")
    text = f"{plan['data'].get('name', plan['dataset'])}, {methods}, {count(plan['seeds'], 'seed')}"
    return text + _commit(report.environment.get("git"))


def _commit(git: dict[str, Any] | None) -> str:
    """', commit 1a2b3c4', and whether files were changed since; empty outside a repository."""
    if not git:
        return ""
    changed = " with changes" if git["clean"] is False else ""
    return f", commit {git['commit'][:SHORT]}{changed}"


def _says(change: Change) -> str:
    return f"{change.word} {_shown(change.old)} -> {_shown(change.new)}"


def _shown(value: Any) -> str:
    if value is None:
        return "not set"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


def _legend(diff: Diff) -> list[str]:
    plan, style = diff.new.plan, style_of(diff.new.summary)
    higher = METRICS[plan["metric"]].higher_is_better
    lines = [
        f"Change: new - old. Score: {style.score_in}, {'higher' if higher else 'lower'} is better.",
        _how(diff) + " [95 % interval" + _correction(diff) + "].",
    ]
    fixed = [each for each in (diff.old, diff.new) if "split" not in each.plan["vary"]]
    if fixed:
        whose = "this split" if diff.paired else "the split where it is not redrawn"
        lines.append(
            f"Conditional on {whose}: the sampling error of its test rows is not included."
        )
    return lines


def _how(diff: Diff) -> str:
    if diff.paired:
        alike = "same data, seeds and splits"
        if any(len(diff.seeds) < each.plan["seeds"] for each in (diff.old, diff.new)):
            alike = f"same data and splits, the {count(len(diff.seeds), 'seed')} that both have"
        return f"Paired seed by seed ({alike}): mean of differences, Student t"
    words = ", ".join(each.word for each in diff.changes if each.word in (*PAIRING, *SEEDS))
    return f"Not paired ({words} differ): difference of means, Welch t"


def _correction(diff: Diff) -> str:
    if diff.paired and diff.test == TWO_WAY:
        return f", two-way over {drawn_of(diff.new.plan)} and seeds"
    ratios = (diff.old.plan["correction_ratio"], diff.new.plan["correction_ratio"])
    if not any(ratios):
        return ""
    shown = dict.fromkeys(f"{each:.2f}" for each in ratios)
    return f", Nadeau-Bengio corrected by {' and '.join(shown)}"


def diff_verdict(diff: Diff) -> str:
    """One or two sentences: a change only where Holm's p supports one, and what it is conditional on."""
    style = style_of(diff.new.summary)
    rows: list[dict[str, Any]] = diff.table.to_dict("records")
    both = [row for row in rows if row["status"] == BOTH]
    given = conditions(set(diff.old.plan["vary"]) & set(diff.new.plan["vary"]))
    text = _changes(both, f"{style.name}{given}", style)
    for status, where in ((ADDED, "new"), (REMOVED, "old")):
        names = [row["method"] for row in rows if row["status"] == status]
        if names:
            text += f" Only in the {where} report: {', '.join(names)}."
    return text


def _changes(rows: list[dict[str, Any]], name: str, style: Style) -> str:
    if not rows:
        return "No method is in both reports."
    said = []
    for tone, head in (("better", "Better"), ("worse", "Worse")):
        of_tone = [row for row in rows if _tone(row) == tone]
        if of_tone:
            each = ", ".join(
                f"{row['method']} by {style.amount(style.size(row['change_test']))}"
                for row in of_tone
            )
            said.append(f"{head} in test {name} than before: {each}.")
    if said:
        return " ".join(said)
    if all(row["change_test_low"] == row["change_test_high"] == 0 for row in rows):
        return _nothing_changed(rows, name)
    if all(pd.isna(row["p_value"]) for row in rows):
        return f"No change in test {name} can be claimed from so few runs, or without spread."
    sign = 1 if METRICS[rows[0]["metric"]].higher_is_better else -1
    worse = [row for row in rows if sign * row["change_test"] < 0]
    if not worse:
        return f"No change in test {name} was shown."
    verb = "fell" if sign > 0 else "rose"
    each = ", ".join(
        f"{row['method']} by {style.amount(style.size(row['change_test']))}" for row in worse
    )
    return f"Mean test {name} {verb} for {each}, but no change was shown."


def _nothing_changed(rows: list[dict[str, Any]], name: str) -> str:
    """What stopped runs left of the pairs is the same; of the others nobody can tell."""
    lost = []
    for row in rows:
        pairs = row["wins"] + row["ties"] + row["losses"]
        drawn = max(row["n_old"] + row["n_failed_old"], row["n_new"] + row["n_failed_new"])
        if pairs < drawn:
            lost.append(f"{row['method']} ({drawn - pairs} of {drawn})")
    if lost:
        return (
            f"Every pair that is left has the same test {name} as before, but pairs were lost to"
            f" stopped runs: {', '.join(lost)}."
        )
    return f"Nothing changed: every seed has the same test {name} as before."


def diff_document(diff: Diff) -> dict[str, Any]:
    """The whole diff as plain values: fractions or nats, never rounded, and None for what is missing."""
    return {
        "schema": DIFF_SCHEMA,
        "old": _source(diff.old_file, diff.old),
        "new": _source(diff.new_file, diff.new),
        "paired": diff.paired,
        "seeds": list(diff.seeds),
        "changes": [vars(each) for each in diff.changes],
        "verdict": diff_verdict(diff),
        "methods": plain_rows(diff.table),
    }


def _source(file: str, report: Report) -> dict[str, Any]:
    return {"file": file, "plan": report.plan, "environment": report.environment}

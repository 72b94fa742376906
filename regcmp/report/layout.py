"""The table that every human format shows: cells are made here, once."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import Any

import pandas as pd

from regcmp.analysis.statistics import LEVEL
from regcmp.analysis.testing import FEWEST_ROWS
from regcmp.analysis.tuned import most_chosen
from regcmp.analysis.verdict import winner
from regcmp.analysis.wording import drawn_of
from regcmp.metrics import METRICS
from regcmp.numbers import MISSING, Style, count, p_text, style_of
from regcmp.option import AUTO
from regcmp.plan.grammar import TUNE
from regcmp.plan.protocol import TWO_WAY, TYPED
from regcmp.report.table import Column, Table
from regcmp.report.text import clean
from regcmp.results import Report


def make_table(report: Report) -> Table:
    """Lay a report's summary out for people."""
    plan = report.plan
    style = style_of(report.summary)
    versus = clean(f"vs {_short(plan['baseline'])}")
    columns = (
        Column("Method", 0),
        Column("n", 0),
        Column(f"Train{style.column_unit}", 0),
        Column(f"Test{style.column_unit}", 0),
        Column("Gap", 0),
        Column(f"Test {versus}", 1),
        Column("W/T/L", 1),
        Column("p (Holm)", 1),
        Column(f"Gap {versus}", 2),
    )
    records = records_of(report)
    rows = [_cells(row, style, plan["baseline"]) for row in records]
    rows += [_reference(row, style, len(columns)) for row in report.references]
    return Table(
        above=tuple(map(clean, _above(plan))),
        columns=columns,
        rows=tuple(tuple(map(clean, cells)) for cells in rows),
        tones=(*(tone_of(row, plan) for row in records), *("reference" for _ in report.references)),
        notes=tuple(map(clean, _notes(records, report))),
        below=tuple(map(clean, _below(report, records, style))),
        verdict=tuple(map(clean, report.verdict.split("\n"))),
    )


def records_of(report: Report) -> list[dict[str, Any]]:
    """The summary's rows: the baseline, then the others as they were given, or the best score first."""
    plan = report.plan
    records: list[dict[str, Any]] = report.summary.to_dict("records")
    if plan["sort"] == TYPED:
        return records
    sign = -1 if METRICS[plan["metric"]].higher_is_better else 1

    def place(row: dict[str, Any]) -> tuple[bool, float]:
        return row["method"] != plan["baseline"], sign * row["test_mean"] if row["n"] else inf

    return sorted(records, key=place)


def _short(baseline: str) -> str:
    """The baseline in a header: a long name would make the column wider than its numbers."""
    return baseline if len(baseline) <= 12 else "baseline"


def _cells(row: dict[str, Any], style: Style, baseline: str) -> tuple[str, ...]:
    runs = str(row["n"]) if not row["n_failed"] else f"{row['n']}/{row['n'] + row['n_failed']}"
    levels = (
        row["method"],
        runs,
        style.level(row["train_mean"], row["train_sd"]),
        style.level(row["test_mean"], row["test_sd"]),
        style.level(row["gap_mean"], row["gap_sd"]),
    )
    if row["method"] == baseline:
        return (*levels, "baseline", "", "", "")
    return (
        *levels,
        style.estimate(row["delta_test"], row["delta_test_low"], row["delta_test_high"]),
        f"{row['wins']}/{row['ties']}/{row['losses']}" if pd.notna(row["wins"]) else MISSING,
        p_text(row["p_holm"]),
        style.estimate(row["delta_gap"], row["delta_gap_low"], row["delta_gap_high"]),
    )


def _reference(row: Mapping[str, Any], style: Style, width: int) -> tuple[str, ...]:
    """The cells of a reference, which is compared with nothing."""
    levels = (
        row["name"],
        str(row["n"]),
        style.level(row["train_mean"], row["train_sd"]),
        style.level(row["test_mean"], row["test_sd"]),
        style.level(row["gap_mean"], row["gap_sd"]),
    )
    return (*levels, *[""] * (width - len(levels)))


def _below(report: Report, records: list[dict[str, Any]], style: Style) -> list[str]:
    """What columns and references mean."""
    lines = _legend(report.plan, records, style)
    names = [row["name"] for row in report.references if row["n"]]
    if names:
        one = len(names) == 1
        what = "a reference" if one else "references"
        lines.append(
            f"{' and '.join(names).capitalize()}: {what} on the same splits, no"
            f" {'method' if one else 'methods'}, and not tested."
        )
    return lines + _budgets(report) + _to_paste(report)


def _budgets(report: Report) -> list[str]:
    """Who tried how many candidates, where that differs."""
    if report.tried.empty:
        return []
    tried = (
        report.tried.groupby(["method", "seed"], sort=False)
        .size()
        .groupby("method", sort=False)
        .max()
    )
    if tried.nunique() == 1:
        return []
    each = ", ".join(f"{name} {number}" for name, number in tried.items())
    return [f"Candidates tried under each seed: {each}."]


def _to_paste(report: Report) -> list[str]:
    """Where a tuned method wins: the command that trains its most chosen candidate."""
    best = winner(report.summary)
    chosen = most_chosen(report.tried, best) if best else None
    return [f"Most chosen of {best}: regcmp compare ... {chosen}"] if chosen else []


def tone_of(row: dict[str, Any], plan: dict[str, Any]) -> str:
    """What was shown of a method's test score, as a table's tones have it."""
    if row["method"] == plan["baseline"]:
        return "baseline"
    if not row["p_holm"] < 1 - LEVEL:
        return "" if row["status"] == "ok" else "marked"
    higher = METRICS[plan["metric"]].higher_is_better
    return "better" if (row["delta_test"] > 0) == higher else "worse"


def _above(plan: dict[str, Any]) -> tuple[str, ...]:
    data, classes = plan["data"], len(plan["data"]["classes"])
    inputs = data["features"] + plan["noise_features"]
    layers = plan["hidden"] if plan["arch"] == "mlp" else plan["arch"].split("-")
    if not all(str(layer).isdigit() for layer in layers):
        inputs = "x".join(map(str, data["image"] or [inputs]))
    tuned = {each.partition("=")[0] for each in plan["tune"]}
    hidden = ("tuned",) if "hidden" in tuned else layers
    network = "-".join(map(str, (inputs, *hidden, classes or 1)))
    rate = "tuned" if "lr" in tuned else f"{plan['lr']:g}"
    batches = "tuned size" if "batch-size" in tuned else plan["batch_size"]
    epochs = "tuned epochs" if "epochs" in tuned else count(plan["epochs"], "epoch")
    return (
        f"{data['name']}: {count(data['rows'], 'row')}{_dropped(data)}, {_features(data)},"
        f" {f'{classes} classes' if classes else 'regression'}; {_rows(data)}, {_drawn(plan)}",
        *_changes(plan),
        *_tuning(plan),
        f"network {network} {plan['activation']}; {plan['optimizer']}, rate {rate} {plan['schedule']},"
        f" batches of {batches}, {epochs}",
    )


def _tuning(plan: dict[str, Any]) -> list[str]:
    """What is chosen on validation rows, in a line, if anything is."""
    names = [each for each in plan["methods"] if each.startswith(TUNE)]
    if not (names or plan["tune"]):
        return []
    what = [f"{count(plan['trials'], 'candidate')} of each tuned method"] if names else []
    for each in plan["tune"]:
        name, _, values = each.partition("=")
        joint = ";" if name == "hidden" else ","
        what.append(f"{name} among {' or '.join(values.split(joint))} for every method")
    judged = (
        "then trained again on training and validation rows"
        if plan["refit"]
        else "judged as trained"
    )
    return [
        f"tuned under each seed: {', '.join(what)}; by {METRICS[plan['select_by']].title} on"
        f" {plan['data']['n_selection']:,} validation rows, {judged}"
    ]


def _features(data: dict[str, Any]) -> str:
    """'6 columns as 12 features, target 'species'': where they are one each, and where named."""
    features, columns = count(data["features"], "feature"), data.get("columns") or data["features"]
    made = f"{count(columns, 'column')} as {features}" if columns != data["features"] else features
    return f"{made}, target {data['target']!r}" if data.get("target") else made


def _dropped(data: dict[str, Any]) -> str:
    dropped = data["dropped"]
    return f" ({count(dropped, 'duplicate')} left out)" if dropped else ""


def _rows(data: dict[str, Any]) -> str:
    validation = f", {_size(data, 'validation')} validation" if data["n_validation"] else ""
    given = "given test" if data.get("given_test") else "test"
    return f"{_size(data, 'train')} train{validation} and {_size(data, 'test')} {given} rows"


def _size(data: dict[str, Any], part: str) -> str:
    """'353', or '350 to 356' where splits differ."""
    fewest, most = (data["sizes"] or {}).get(part) or 2 * [data[f"n_{part}"]]
    return f"{fewest:,}" + (f" to {most:,}" if most > fewest else "")


def _drawn(plan: dict[str, Any]) -> str:
    said = [_redrawn(plan)]
    if plan["groups"] is not None:
        said.append(f"groups of {plan['groups']!r} together")
    if plan["order"] is not None:
        said.append(f"in the order of {plan['order']!r}")
    if plan["data"]["weights"]:
        said.append(f"weighted by {plan['weight']!r}")
    return ", ".join(said)


def _redrawn(plan: dict[str, Any]) -> str:
    seeds = count(plan["seeds"], "seed")
    if plan["folds"] is not None:
        times = plan["seeds"] // plan["folds"]
        how_often = {1: "once", 2: "twice"}.get(times, f"{times} times")
        return f"{plan['folds']} folds, each tested {how_often} by {seeds}"
    if plan["data"].get("given_test"):
        return f"the same for {seeds}"
    if "split" in plan["vary"] and plan["seeds"] > 1:
        return f"redrawn for each of {seeds}"
    return f"one split for {seeds}"


def _changes(plan: dict[str, Any]) -> list[str]:
    """What was done to the rows that are learned from, in a line, if anything was."""
    words = []
    if plan["label_noise"]:
        words.append(f"{plan['label_noise'] * 100:g} % of the training labels flipped")
    if plan["noise_features"]:
        words.append(f"{count(plan['noise_features'], 'feature')} of noise added")
    if plan["class_weight"] != "none":
        words.append("classes balanced in the training loss")
    return ["; ".join(words)] if words else []


def _notes(records: list[dict[str, Any]], report: Report) -> list[str]:
    """A line for each note, with the methods that it holds for, and for each reference left out."""
    methods: dict[str, list[str]] = {}
    for row in records:
        note = "; ".join(each for each in row["note"].split("; ") if each != "baseline")
        methods.setdefault(note, []).append(row["method"])
    lines = [f"{', '.join(names)}: {note}" for note, names in methods.items() if note]
    lines += [f"{row['name']}: {row['note']}" for row in report.references if row["note"]]
    workers = report.environment.get("workers", ())
    return lines + [_mixed(each, len(report.runs)) for each in workers]


def _mixed(worker: dict[str, Any], of: int) -> str:
    """Of runs that were trained where other bits may come out."""
    return (
        f"{len(worker['runs'])} of {of} runs were trained on a machine of other kernels"
        f" ({worker['machine']}): their last digits may differ from those of this one"
    )


def _correction(plan: dict[str, Any]) -> str:
    if plan["tested_by"] == TWO_WAY:
        return f", two-way over {drawn_of(plan)} and seeds]."
    if "split" not in plan["vary"]:
        return "]."
    rows, few = plan["effective_rows"], ""
    if plan["significance_test"] == AUTO and rows is not None and rows < FEWEST_ROWS:
        few = f", as its test rows amount to {rows:.0f} {drawn_of(plan)}, below {FEWEST_ROWS}"
    return f", Nadeau-Bengio corrected by {plan['correction_ratio']:.2f}{few}]."


def _holm(compared: int) -> str:
    if compared == 1:
        return " p: of one method, so Holm adjusts nothing."
    return f" p: adjusted by Holm over {compared} methods." if compared else ""


def _legend(plan: dict[str, Any], records: list[dict[str, Any]], style: Style) -> list[str]:
    metric = METRICS[plan["metric"]]
    lines = [
        f"Score: {style.score_in}, {metric.better}."
        f" Gap: {'train - test' if metric.higher_is_better else 'test - train'}, both in evaluation mode."
        " ±: standard deviation across seeds."
    ]
    compared = sum(1 for row in records if pd.notna(row["p_value"]))
    if any(pd.notna(row["delta_test_low"]) for row in records):
        lines.append(
            f"vs {_short(plan['baseline'])}: mean of paired differences [95 % interval, Student t"
            + _correction(plan)
            + " W/T/L: seeds won, tied, lost."
            + _holm(compared)
        )
    if plan["other_networks"]:
        names = ", ".join(plan["other_networks"])
        trains = (
            "trains a network that differs"
            if names.count(",") == 0
            else "train networks that differ"
        )
        lines.append(f"{names} {trains} from the baseline's.")
    if plan["order"] is not None and plan["folds"] is not None:
        lines.append(
            "Rolling origin: each fold is tested by networks that learned from the rows before it."
        )
    if "split" not in plan["vary"]:
        lines.append(
            "Conditional on this split: the sampling error of its test rows is not included."
        )
    return lines

"""Two reports compared: the tests against scipy's, what is paired, what is said, how commands end."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pandas as pd
import pytest
from commands import run
from handmade import ENVIRONMENT, PLAN
from scipy import stats

from regcmp.analysis.comparing import diff_reports
from regcmp.analysis.gates import drop_gate, grounds_of_diff, judge, parse_gate
from regcmp.analysis.statistics import welch_t
from regcmp.analysis.summarizing import summarize
from regcmp.analysis.testing import Resampled
from regcmp.errors import DataError, UsageError
from regcmp.report.diff_table import diff_verdict, make_diff_table
from regcmp.report.document import diff_schema
from regcmp.report.exporting import diff_as
from regcmp.report.formats import DIFFS, FORMATS
from regcmp.report.json_text import to_json
from regcmp.report.markdown import to_markdown
from regcmp.results import DIFF_COLUMNS, HISTORY_COLUMNS, METRICS, RUN_COLUMNS, Report, frame

SCHEMA = diff_schema()
RNG = np.random.default_rng(5)
OLD = list(0.9 + 0.01 * RNG.standard_normal(10))
NEW = list(np.array(OLD) - 0.02 + 0.003 * RNG.standard_normal(10))


def made(scores: dict[str, list[float | None]], **words: Any) -> Report:
    """A report with these test scores under the first seed and those after; all training scores are 1."""
    seeds = len(next(iter(scores.values())))
    plan = PLAN | {"seeds": seeds, "methods": list(scores), "correction_ratio": 0.0} | words
    columns = METRICS[plan["metric"]]
    runs = frame(
        [
            {"dataset": "digits", "method": name, "seed": seed, "epochs": 12}
            | ({"status": "diverged"} if score is None else _scores(score, columns))
            for name, each in scores.items()
            for seed, score in enumerate(each, plan["seed"])
        ],
        RUN_COLUMNS,
    )
    summary = summarize(runs, "none", plan["metric"], Resampled(float(plan["correction_ratio"])))
    return Report(plan, ENVIRONMENT, {}, summary, runs, frame([], HISTORY_COLUMNS), "A verdict.")


def _scores(score: float, columns: Any) -> dict[str, Any]:
    gap = 1 - score if columns.higher_is_better else score - 1
    return {"status": "ok", columns.train: 1.0, columns.test: score, columns.gap: gap}


def rows(old: Report, new: Report) -> dict[str, dict[str, Any]]:
    """The diff's rows by method."""
    table = diff_reports("old.json", old, "new.json", new).table
    return {row["method"]: row for row in table.to_dict("records")}


@pytest.mark.parametrize("n", [(5, 5), (10, 7), (6, 30)])
def test_welch_is_that_of_scipy_without_a_correction(n: tuple[int, int]) -> None:
    """Difference, interval and p."""
    a, b = RNG.normal(0.9, 0.01, n[0]), RNG.normal(0.91, 0.05, n[1])
    found, expected = welch_t(a, b, 0, 0), stats.ttest_ind(a, b, equal_var=False)
    low, high = expected.confidence_interval(0.95)
    assert (found.mean, found.low, found.high, found.p) == pytest.approx(
        (a.mean() - b.mean(), low, high, expected.pvalue), rel=1e-9
    )


def test_the_correction_widens_welchs_interval_as_its_formula_says() -> None:
    """With one ratio r and n runs on both sides, the error grows by sqrt(1 + n r), and no df moves."""
    a, b = np.array(OLD), np.array(NEW)
    plain, corrected = welch_t(a, b, 0, 0), welch_t(a, b, 0.25, 0.25)
    assert plain.high is not None and corrected.high is not None and plain.mean is not None
    grown = (corrected.high - plain.mean) / (plain.high - plain.mean)
    assert grown == pytest.approx(np.sqrt(1 + 10 * 0.25))
    one = welch_t(a, b, 0.25, 0)
    assert plain.high < (one.high or 0) < corrected.high


def test_welch_is_wrong_at_five_percent_only_with_the_correction() -> None:
    """Scores that correlate by n_test / N under redrawn splits of a sample, and no change.

    Of two samples it is wrong as often as it says; of one and the same, with other seeds, less often.
    """
    rng, sims, n, share = np.random.default_rng(0), 3000, 10, 0.2

    def scores(common: np.ndarray) -> np.ndarray:
        return common * np.sqrt(share) + rng.normal(size=(sims, n)) * np.sqrt(1 - share)

    def rate(new: np.ndarray, old: np.ndarray, ratio: float) -> float:
        tests = (welch_t(a, b, ratio, ratio) for a, b in zip(new, old, strict=True))
        return float(np.mean([each.p is not None and each.p < 0.05 for each in tests]))

    one, other = rng.normal(size=(2, sims, 1))
    correction = share / (1 - share)
    assert 0.035 < rate(scores(one), scores(other), correction) < 0.065
    assert rate(scores(one), scores(other), 0) > 0.2
    assert rate(scores(one), scores(one), correction) < 0.01


def test_welch_claims_no_more_than_the_numbers_carry() -> None:
    """No run, one run, no spread, fewer than five."""
    assert welch_t([], [1.0], 0, 0).mean is None
    assert welch_t([1.0], [0.5, 0.6], 0, 0).low is None
    for alike in (welch_t([0.5, 0.5], [0.25, 0.25], 0, 0), welch_t([0.5], [0.25], 0, 0)):
        assert (alike.mean, alike.low, alike.p) == (0.25, None, None)
    few = welch_t([0.5, 0.6, 0.7, 0.8], OLD, 0, 0)
    assert few.low is not None and few.p is None


def test_equal_seeds_and_splits_are_compared_in_pairs() -> None:
    """As scipy's paired test does; unpaired, the same numbers say less."""
    row = rows(made({"none": OLD}), made({"none": NEW}, hidden=[8]))["none"]
    expected = stats.ttest_rel(NEW, OLD)
    interval = expected.confidence_interval(0.95)
    found = (row["change_test"], row["change_test_low"], row["change_test_high"], row["p_value"])
    mean = np.mean(NEW) - np.mean(OLD)
    assert found == pytest.approx((mean, interval.low, interval.high, expected.pvalue), rel=1e-6)
    assert (row["wins"], row["ties"], row["losses"]) == (0, 0, 10)
    assert row["change_gap_low"] == pytest.approx(-interval.high)
    apart = rows(made({"none": OLD}), made({"none": NEW}, seed=10))["none"]
    welch = stats.ttest_ind(NEW, OLD, equal_var=False).confidence_interval(0.95)
    assert (apart["change_test_low"], apart["change_test_high"]) == pytest.approx(tuple(welch))
    assert apart["change_test_low"] < row["change_test_low"]


@pytest.mark.parametrize(
    "words",
    [
        {"seed": 10},
        {"vary": ["init"]},
        {"test_size": 0.3},
        {"train_size": 100},
        {"data": PLAN["data"] | {"sha256": "11" * 32}},
    ],
)
def test_other_rows_or_seeds_are_no_pairs_and_the_word_is_said(words: dict[str, Any]) -> None:
    """Each on its own."""
    found = diff_reports("a", made({"none": OLD}), "b", made({"none": NEW}, **words))
    assert not found.paired
    (word,) = ["data.sha256" if name == "data" else name for name in words]
    legend = "\n".join(make_diff_table(found).below)
    assert f"Not paired ({word} differ)" in legend


def test_the_seeds_that_both_have_are_pairs() -> None:
    """Others of either report count for nothing, and the legend says how many are left."""
    old, new = made({"none": [0.1, 0.2, *OLD]}), made({"none": [*NEW, 0.3]}, seed=2)
    row = rows(old, new)["none"]
    assert row["n_old"] == row["n_new"] == 10
    assert row["test_old"] == pytest.approx(np.mean(OLD))
    alone = rows(made({"none": OLD}), made({"none": NEW}))["none"]
    for name in ("change_test", "change_test_low", "p_value", "wins", "losses"):
        assert row[name] == pytest.approx(alone[name])
    found = diff_reports("a", old, "b", new)
    legend = "\n".join(make_diff_table(found).below)
    assert found.seeds == tuple(range(2, 12)) and "the 10 seeds that both have" in legend
    held = {"vary": ["init"]}
    apart = diff_reports("a", made({"none": OLD}, **held), "b", made({"none": NEW}, seed=2, **held))
    assert not apart.paired  # the first seed draws the split of all


def test_a_mean_that_fell_is_said_where_nothing_was_shown() -> None:
    """Before that: who reads only the verdict should know."""
    new = list(np.array(OLD) + np.resize([0.05, -0.06], 10))
    told = diff_verdict(diff_reports("a", made({"none": OLD}), "b", made({"none": new})))
    assert told == "Mean test accuracy fell for none by 0.50 points, but no change was shown."
    rose = list(np.array(OLD) + np.resize([-0.05, 0.06], 10))
    told = diff_verdict(diff_reports("a", made({"none": OLD}), "b", made({"none": rose})))
    assert told == "No change in test accuracy was shown."
    loss = {"metric": "log_loss"}
    losses = diff_reports("a", made({"none": OLD}, **loss), "b", made({"none": rose}, **loss))
    assert diff_verdict(losses).startswith("Mean test log loss rose for none by 0.0050 nats, but")


def test_each_report_brings_its_own_correction() -> None:
    """Where splits are redrawn in shares of their own."""
    old = made({"none": OLD}, correction_ratio=0.25)
    new = made({"none": NEW}, correction_ratio=1.0, test_size=0.5)
    row, expected = rows(old, new)["none"], welch_t(NEW, OLD, 1.0, 0.25)
    assert (row["change_test_low"], row["p_value"]) == (expected.low, expected.p)


def test_a_report_against_itself_has_not_changed() -> None:
    """Intervals are [0, 0], there is no p, and a gate passes that asks for no drop at all."""
    same = made({"none": OLD, "l2=0.01": NEW}, correction_ratio=0.25)
    found = diff_reports("a", same, "b", same)
    assert found.changes == () and found.paired
    for row in found.table.to_dict("records"):
        ends = [
            row[f"change_{each}"] for each in ("test", "test_low", "test_high", "gap", "gap_low")
        ]
        assert ends == [0] * 5 and np.isnan(row["p_value"])
    assert diff_verdict(found).startswith("Nothing changed")
    (finding,) = judge([drop_gate("test=0", "accuracy")], found.table, grounds_of_diff(found.table))
    assert finding.outcome == "passed"


def test_a_constant_shift_has_no_interval() -> None:
    """All differences are equal, but not 0: nothing says how they would spread."""
    old: list[float | None] = [0.5] * 6
    row = rows(made({"none": old}), made({"none": [0.25] * 6}))["none"]
    assert row["change_test"] == -0.25 and np.isnan(row["change_test_low"])
    assert "no interval" in row["note"]


def test_a_lost_pair_costs_the_p_value() -> None:
    """In pairs and apart; the seeds that both finished are still compared."""
    lost: list[float | None] = [None, *NEW[1:]]
    row = rows(made({"none": OLD}), made({"none": lost}))["none"]
    assert (row["n_new"], row["n_failed_new"]) == (9, 1)
    assert row["change_test"] == pytest.approx(np.mean(np.subtract(NEW, OLD)[1:]))
    assert np.isnan(row["p_value"]) and "1 of 10 pairs lost" in row["note"]
    apart = rows(made({"none": OLD}), made({"none": lost}, seed=10))["none"]
    assert np.isnan(apart["p_value"]) and "1 of 20 runs stopped" in apart["note"]
    none_left: list[float | None] = [None] * 10
    empty = rows(made({"none": OLD}), made({"none": OLD, "l1=9": none_left}))["l1=9"]
    assert (empty["status"], empty["n_new"]) == ("added", 0)


def test_swapping_the_reports_turns_every_sign() -> None:
    """Paired and unpaired; p stays."""
    for words in ({}, {"seed": 4}, {"seed": 10}):
        a, b = made({"none": OLD}), made({"none": NEW}, **words)
        there, back = rows(a, b)["none"], rows(b, a)["none"]
        assert there["change_test_low"] == pytest.approx(-back["change_test_high"])
        assert there["p_value"] == pytest.approx(back["p_value"])


def test_the_verdict_names_what_is_worse_and_what_is_new() -> None:
    """Smaller losses are better; methods of one report alone are named."""
    old, new = {"none": OLD, "l1=0.1": OLD}, {"none": NEW, "l2=0.1": NEW}
    assert diff_verdict(diff_reports("a", made(old), "b", made(new))) == (
        "Worse in test accuracy than before: none by 2.13 points."
        " Only in the new report: l2=0.1. Only in the old report: l1=0.1."
    )
    loss = {"metric": "log_loss"}
    found = diff_reports("a", made(old, **loss), "b", made(new, **loss))
    assert diff_verdict(found).startswith(
        "Better in test log loss than before: none by 0.0213 nats"
    )


@pytest.mark.parametrize("metric", ["accuracy", "log_loss"])
def test_max_drop_is_a_gate_on_every_method(metric: str) -> None:
    """A drop of 0.0213 is more than 0.02, and less than 0.03; for losses, a rise is a drop."""
    a, b = made({"none": OLD}, metric=metric), made({"none": NEW}, metric=metric)
    better, worse = (a, b) if metric == "accuracy" else (b, a)
    for old, new, outcomes in (
        (better, worse, ["failed", "passed"]),
        (worse, better, ["passed", "passed"]),
    ):
        table = diff_reports("a", old, "b", new).table
        gates = [drop_gate(f"test={limit}", metric) for limit in ("0.02", "0.03")]
        assert [each.outcome for each in judge(gates, table, grounds_of_diff(table))] == outcomes


@pytest.mark.parametrize("metric", ["accuracy", "log_loss"])
def test_a_larger_gap_is_a_drop_whatever_the_metric(metric: str) -> None:
    """Of the same size either way; a smaller one is none."""
    table = diff_reports(
        "a", made({"none": OLD}, metric=metric), "b", made({"none": NEW}, metric=metric)
    ).table
    change = float(table["change_gap"].iloc[0])
    assert change
    for sign, expected in ((1, ["failed", "passed"]), (-1, ["passed", "passed"])):
        own = table.assign(change_gap=sign * abs(change))
        gates = [drop_gate(f" gap = {abs(change) * part}", metric) for part in (0.9, 1.1)]
        assert [each.outcome for each in judge(gates, own, grounds_of_diff(own))] == expected


def test_a_method_that_is_gone_leaves_a_gate_inconclusive_and_a_new_one_does_not() -> None:
    """Nobody can tell whether it would have dropped."""
    for old, new, outcome in (("l1=1", "none", "inconclusive"), ("none", "l1=1", "passed")):
        methods = [dict.fromkeys(("none", each), OLD) for each in (old, new)]
        table = diff_reports("a", made(methods[0]), "b", made(methods[1])).table
        (finding,) = judge([drop_gate("test=0.1", "accuracy")], table, grounds_of_diff(table))
        assert finding.outcome == outcome
    gate = parse_gate("change_test_high(best) < -0.01", grounds_of_diff(table))
    assert judge([gate], table, grounds_of_diff(table))[0].outcome != "failed"


def outcome(text: str, old: Report, new: Report) -> str:
    """How a gate, or --max-drop, ends on a diff."""
    table = diff_reports("a", old, "b", new).table
    grounds = grounds_of_diff(table)
    gate = drop_gate(text, "accuracy") if "(" not in text else parse_gate(text, grounds)
    return judge([gate], table, grounds)[0].outcome


def test_a_diff_passes_no_gate_on_what_stopped_runs_left() -> None:
    """New runs that were stopped say nothing good of the others; old ones take nothing from new ones."""
    whole, some = made({"none": OLD}), made({"none": [*OLD[:6], *[None] * 4]})
    assert outcome("test=0.1", whole, some) == "inconclusive"
    assert outcome("change_test(none) > -0.1", whole, some) == "failed"
    assert outcome("test_new(none) < 0.1", whole, some) == "inconclusive"
    assert outcome("test_old(none) < 0.1", whole, some) == "passed"
    assert outcome("test=0.1", some, whole) == "passed"
    assert outcome("test_old(none) < 0.1", some, whole) == "inconclusive"


def test_a_change_is_of_the_pairs_and_not_of_the_runs() -> None:
    """Each side has two, and one seed in common."""
    old, new = made({"none": [None, *OLD[1:3]]}), made({"none": [*OLD[:2], None]})
    table = diff_reports("a", old, "b", new).table
    grounds = grounds_of_diff(table)
    (finding,) = judge([parse_gate("change_test(none) > 0.5", grounds)], table, grounds)
    assert finding.outcome == "inconclusive"
    assert (finding.readings[0].problem, finding.readings[0].n) == (
        "too few runs to say",
        "1 of 3 pairs",
    )


def test_any_method_is_also_a_new_one_where_the_old_report_is_not_asked() -> None:
    """It has no change, but a score and stopped runs of its own."""
    old, new = made({"none": OLD}), made({"none": OLD, "l1=1": [*OLD[:6], *[None] * 4]})
    assert outcome("n_failed_new(*) > 0", old, new) == "failed"
    assert outcome("test_new(*) < 0.95", old, new) == "failed"
    assert outcome("change_test(*) < -0.1", old, new) == "passed"
    assert outcome("n_failed_old(*) > 0", old, new) == "passed"


def test_nothing_changed_is_said_of_whole_pairs_alone() -> None:
    """Eight of ten were lost: the two that are left are no verdict."""
    found = diff_reports("a", made({"none": OLD}), "b", made({"none": [*OLD[:2], *[None] * 8]}))
    assert diff_verdict(found) == (
        "Every pair that is left has the same test accuracy as before, but pairs were lost to stopped"
        " runs: none (8 of 10)."
    )


@pytest.mark.parametrize(
    "text",
    ["", "0.01", "test", "train=0.1", "gap=-0.1", "gap", "test=x", "test=-1", "test=5", "test=nan"],
)
def test_a_drop_that_can_not_be_meant_is_refused(text: str) -> None:
    """By the name of its flag."""
    with pytest.raises(UsageError, match=re.escape(f"--max-drop {text!r}: ")):
        drop_gate(text, "accuracy")


def test_differing_words_and_versions_are_said() -> None:
    """With both values; names in them can't break a line or a table."""
    old = made({"none": OLD})
    new = made({"none": OLD}, epochs=99, dataset="a|b\x1b[31m\nc")
    new = replace(new, environment=ENVIRONMENT | {"regcmp": "9.9"})
    table = make_diff_table(diff_reports("x\n|.json", old, "new.json", new))
    said = "\n".join(table.above)
    assert "epochs 12 -> 99" in said and "version of regcmp 0.1.0 -> 9.9" in said
    assert len(table.above) == 3 and "\x1b" not in said and said.count("\n") == 2
    assert "a\\|b" in to_markdown(table)


def test_json_is_of_its_schema_and_whole() -> None:
    """Every column is a required key."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$defs"]["row"]["required"] == list(DIFF_COLUMNS)
    assert set(SCHEMA["$defs"]["row"]["properties"]) == set(DIFF_COLUMNS)
    lost: list[float | None] = [None] * 10
    found = diff_reports("a", made({"none": OLD, "l1=1": lost}), "b", made({"none": lost}))
    document = json.loads(diff_as(".json", found), parse_constant=pytest.fail)
    jsonschema.validate(document, SCHEMA, jsonschema.Draft202012Validator)


def test_reports_that_can_not_be_compared_are_refused() -> None:
    """Of two metrics; with a plan that lacks a word; with a seed twice."""
    good = made({"none": OLD})
    cases = [
        (made({"none": OLD}, metric="log_loss"), "expected one metric"),
        (replace(good, plan={**good.plan, "data": None}), "lacks its data"),
        (replace(good, plan={k: v for k, v in good.plan.items() if k != "vary"}), "no 'vary'"),
        (replace(good, runs=good.runs.assign(seed=1)), "two runs of one seed"),
    ]
    for bad, message in cases:
        with pytest.raises(DataError, match=message) as caught:
            diff_reports("old.json", good, "new.json", bad)
        assert "'new.json'" in str(caught.value)


def test_every_format_of_a_diff_is_written() -> None:
    """All but a page and a picture, which show one report."""
    diff = diff_reports("a", made({"none": OLD}), "b", made({"none": NEW}))
    assert set(FORMATS) - set(DIFFS) == {".html", ".png", ".svg", ".pdf"}
    assert all(diff_as(suffix, diff) for suffix in DIFFS)
    assert r" & $-$2.13 {[}" in str(diff_as(".tex", diff))
    table = pd.read_parquet(BytesIO(diff_as(".parquet", diff)))  # type: ignore[arg-type]
    assert table["change_test"].tolist() == diff.table["change_test"].tolist()


@pytest.mark.full
def test_the_command_prints_writes_and_fails(tmp_path: Path) -> None:
    """Exit codes 0, 1, 2 and 3; files are written although a gate fails."""
    (tmp_path / "a.json").write_text(to_json(made({"none": OLD})), "utf-8")
    (tmp_path / "b.json").write_text(to_json(made({"none": NEW})), "utf-8")
    shown = run(("diff", "a.json", "b.json"), tmp_path)
    assert (shown.code, shown.err) == (0, "") and "-2.13 [" in shown.out
    outputs = [word for name in ("d.json", "d.md", "d.csv", "d.xml") for word in ("-o", name)]
    words = ("diff", "a.json", "b.json", "--max-drop", "test=0.01", *outputs)
    done = run((*words, "--warn-if", "losses(none) > 0"), tmp_path)
    assert (done.code, done.out) == (3, "")
    assert done.err.startswith(
        "Gate failed: change_test(*) < -0.01: expected >= -0.01, found -0.02126"
    )
    assert "\nWarning: gate failed: losses(none) > 0" in done.err
    assert json.loads(done.file("d.json"))["paired"] is True
    assert done.file("d.csv").decode().startswith("method,") and b"| none |" in done.file("d.md")
    assert b'failures="1"' in done.file("d.xml")
    assert run((*words[:3], "--max-drop", "0.01"), tmp_path).code == 2
    both = run((*words[:5], "--max-drop", "gap=1"), tmp_path)
    assert len([line for line in both.err.splitlines() if line.startswith("Gate ")]) == 2
    assert run((*words[:3], "-o", "d.html"), tmp_path).code == 2
    assert run(("diff", "a.json", "c.json"), tmp_path).code == 1

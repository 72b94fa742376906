"""Gates: their grammar, how they end, what is said of them, and where it is said."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pandas as pd
import pytest
from handmade import LONG, PLAN, log_loss, report, single_pair

from regcmp.analysis.gates import (
    CONTRARY,
    OPERATORS,
    Finding,
    Grounds,
    grounds_of,
    judge,
    parse_gate,
)
from regcmp.errors import UsageError
from regcmp.report.findings import annotation, line, reason, to_junit, to_markdown_list
from regcmp.results import SUMMARY_COLUMNS, TEXTS

GROUNDS = grounds_of(PLAN)
TABLE = report().summary


def end(text: str, table: pd.DataFrame = TABLE, grounds: Grounds = GROUNDS) -> Finding:
    """How one gate ends on a table."""
    (finding,) = judge([parse_gate(text, grounds)], table, grounds)
    return finding


def changed(name: str, /, **values: Any) -> pd.DataFrame:
    """The table with other values in the row of a method."""
    table = TABLE.copy()
    own = table["method"] == name
    for column, value in values.items():
        table.loc[own, column] = value
    return table


# The grammar


@pytest.mark.parametrize("column", [name for name in SUMMARY_COLUMNS if name not in TEXTS])
def test_every_column_of_numbers_can_be_asked_of(column: str) -> None:
    """Interval ends and counts among them."""
    gate = parse_gate(f"{column}(l2=0.01) > 0", GROUNDS)
    assert (gate.column, gate.method, gate.operator, gate.limit) == (column, "l2=0.01", ">", 0)


@pytest.mark.parametrize(
    ("word", "method"),
    [
        ("none", "none"),
        (" l2=1e-2 ", "l2=0.01"),
        ("l1", "l1=0.0001"),
        ("dropout=.5:input=0", "dropout=0.5"),
        ("dropout = 0.5 : input = 0", "dropout=0.5"),
        ("dropout+l2+l1", LONG),
        ("dropout=0.5:input=0.2+l2=0.00012345678901234567+l1=1e-5", LONG),
        ("best", "best"),
        ("*", "*"),
    ],
)
def test_a_method_is_named_as_on_the_command_line_or_bare_where_one_has_the_name(
    word: str, method: str
) -> None:
    """Parts in any order, numbers in any form."""
    assert parse_gate(f"test_mean({word})<=1e-1", GROUNDS).method == method


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected COLUMN(METHOD) OPERATOR NUMBER"),
        ("gap_mean > 0", "expected COLUMN(METHOD) OPERATOR NUMBER"),
        ("gap_mean(l1) > 0 and 1 > 0", "expected a number such as 0.05"),
        ("gap_mean(__import__('os')) > 0", "expected COLUMN(METHOD)"),
        ("gap_men(l1) > 0", "unknown column 'gap_men': did you mean 'gap_mean'?"),
        ("status(l1) > 0", "column 'status' holds text"),
        ("gap_mean(drpout=0.1) > 0", "unknown regularizer 'drpout': did you mean 'dropout'?"),
        ("gap_mean(l1=0.2) > 0", "unknown method 'l1=0.2' in this table"),
        ("gap_mean(dropout) > 0", "could be dropout=0.95 or dropout=0.5"),
        ("gap_mean(l1=0.1,0.2) > 0", "expected one method, got 2"),
        ("gap_mean() > 0", "unknown method ''"),
        ("gap_mean(l1) = 0", "expected one of > >= < <= == != before the number, got '='"),
        ("gap_mean(l1) 0", "before the number, got ''"),
        ("gap_mean(l1) > nan", "expected a number such as 0.05 at the end, got 'nan'"),
        ("gap_mean(l1) > 1_0", "expected a number such as 0.05 at the end, got '1_0'"),
        ("gap_mean(l1) > 5%", "got '5%'"),
        ("test_mean(l1) < 95", "holds shares, not percent"),
        ("delta_test_low(none) < 0", "'none' is the baseline, which has no delta_test_low"),
    ],
)
def test_what_is_no_gate_is_refused_by_name(text: str, message: str) -> None:
    """The flag and the text first, then what was expected."""
    with pytest.raises(UsageError) as caught:
        parse_gate(text, GROUNDS)
    assert str(caught.value).startswith(f"--fail-if {text!r}: ")
    assert message in str(caught.value)
    with pytest.raises(UsageError, match=r"^--warn-if"):
        parse_gate(text, GROUNDS, fatal=False)


def test_a_loss_may_be_larger_than_one_and_so_may_a_count() -> None:
    """Only shares have a bound."""
    plan = log_loss().plan
    assert parse_gate("test_mean(l1) > 2.5", grounds_of(plan)).limit == 2.5
    assert parse_gate("n(l1) < 10", GROUNDS).limit == 10


# How they end


@pytest.mark.parametrize("sign", OPERATORS)
@pytest.mark.parametrize("step", [-1, 0, 1])
def test_a_gate_fails_where_the_condition_is_true_exactly(sign: str, step: int) -> None:
    """To the last bit of the value: one unit in the last place beside it is another number."""
    value = 0.0261980501392758
    limit = math.nextafter(value, value + step) if step else value
    truth = {">": step < 0, ">=": step <= 0, "<": step > 0, "<=": step >= 0}
    truth |= {"==": step == 0, "!=": step != 0}
    finding = end(f"gap_mean(l1) {sign} {limit!r}")
    assert finding.outcome == ("failed" if truth[sign] else "passed")
    assert finding.fails == truth[sign]
    assert parse_gate(f"gap_mean(l1) {CONTRARY[sign]} 0", GROUNDS).operator == CONTRARY[sign]
    assert OPERATORS[sign](value, limit) != OPERATORS[CONTRARY[sign]](value, limit)


@pytest.mark.parametrize("sign", OPERATORS)
@pytest.mark.parametrize(
    "text", ["p_holm(dropout=0.5)", f"delta_test_low({LONG})", "test_sd(l2=1000)"]
)
def test_a_missing_value_fails_whatever_is_asked(text: str, sign: str) -> None:
    """Else a NaN would slip through."""
    finding = end(f"{text} {sign} 0.5")
    assert finding.outcome == "inconclusive"
    assert finding.fails


def test_nan_is_no_value() -> None:
    """Nor is what pandas calls missing."""
    table = changed("l1=0.0001", gap_mean=float("nan"), wins=pd.NA)
    assert end("gap_mean(l1) < 1", table).outcome == "inconclusive"
    assert end("wins(l1) < 100", table).outcome == "inconclusive"


def test_one_run_says_nothing_of_a_score_but_counts_are_counts() -> None:
    """There is no spread to judge it by."""
    grounds = grounds_of(single_pair().plan)
    table = single_pair().summary
    finding = end("test_mean(l1) < 0.5", table, grounds)
    assert finding.outcome == "inconclusive"
    assert "too few runs to say (l1=0.0001, n = 1)" in line(finding)
    assert end("n_failed(*) > 0", table, grounds).outcome == "passed"
    assert end("n(l1) < 2", table, grounds).outcome == "failed"


def test_any_method_fails_for_one_of_them_and_names_those_that_failed() -> None:
    """A failure weighs more than a missing value, and a missing value more than a pass."""
    finding = end("n_failed(*) > 0")
    assert [each.method for each in finding.readings] == ["dropout=0.5", "l2=1000"]
    assert "3 (dropout=0.5, n = 7 of 10), 10 (l2=1000, n = 0 of 10)" in line(finding)
    assert end("test_mean(*) < 0.1").outcome == "inconclusive"
    assert end("test_mean(*) < 0.7").outcome == "failed"
    done = TABLE[TABLE["n"] == 10]
    assert end("test_mean(*) < 0.1", done).outcome == "passed"


def test_any_method_leaves_out_the_baseline_where_it_has_no_value() -> None:
    """It is compared with nothing; where it has one, it counts."""
    two = TABLE[TABLE["method"].isin(["none", "l2=0.01"])]
    assert end("delta_test_low(*) < 0", two).outcome == "passed"
    assert end("gap_mean(*) > 0.02", two).readings[0].method == "none"
    only = TABLE[TABLE["method"] == "none"]
    assert end("delta_test(*) < 0", only).outcome == "inconclusive"


def test_the_best_is_that_of_the_best_mean_test_score_without_a_stopped_run() -> None:
    """The lowest loss, the highest accuracy; runs that survived may be the lucky ones."""
    assert end("test_mean(best) < 0.95").readings[0].method == "l2=0.01"
    losses = log_loss()
    best = end("test_mean(best) < 0", losses.summary, grounds_of(losses.plan))
    assert best.readings[0].method == "l2=0.01"
    lucky = changed("dropout=0.5", test_mean=0.999)
    assert end("test_mean(best) > 0.99", lucky).outcome == "passed"
    stopped = TABLE[TABLE["n_failed"] > 0]
    finding = end("test_mean(best) < 0.95", stopped)
    assert finding.outcome == "inconclusive"
    assert "no method is without a stopped run" in line(finding)


def test_a_score_of_what_stopped_runs_left_fails_a_gate_or_says_nothing() -> None:
    """They may be the lucky ones: a bad score of them is bad, a good one is no pass. Counts are counts."""
    for method in ("dropout=0.5", "*"):
        two = TABLE[TABLE["method"].isin(["none", "dropout=0.5"])]
        assert end(f"test_mean({method}) < 0.5", two).outcome == "inconclusive"
        assert end(f"delta_gap({method}) > 0.5", two).outcome == "inconclusive"
        assert end(f"test_mean({method}) < 0.98", two).outcome == "failed"
        assert end(f"n({method}) < 7", two).outcome == "passed"
    assert line(end("delta_gap(dropout=0.5) > 0.5")) == (
        "Gate inconclusive, which fails it: delta_gap(dropout=0.5) > 0.5: expected <= 0.5, found"
        " -0.0072 of the runs that were not stopped (dropout=0.5, n = 7 of 10 pairs)"
    )


def test_a_difference_to_the_baseline_is_of_pairs() -> None:
    """Where the baseline lost its own runs, those of the method are no pairs."""
    one = changed("l1=0.0001", wins=1, ties=0, losses=0)
    assert end("delta_test(l1) < -0.5", one).outcome == "inconclusive"
    assert "too few runs to say (l1=0.0001, n = 1 of 10 pairs)" in line(
        end("delta_test(l1) < 0", one)
    )
    assert end("test_mean(l1) < 0.5", one).outcome == "passed"


# What is said


def test_a_line_says_what_was_expected_and_found_and_n() -> None:
    """And a warning that it is none of the failures."""
    finding = end("gap_mean(dropout=0.5) > 0.01")
    assert line(finding) == (
        "Gate failed: gap_mean(dropout=0.5) > 0.01: expected <= 0.01, found 0.0184"
        " of the runs that were not stopped (dropout=0.5, n = 7 of 10)"
    )
    mild = replace(finding, gate=replace(finding.gate, fatal=False))
    assert line(mild).startswith("Warning: gate failed: gap_mean")
    assert not mild.fails


def test_a_passed_gate_does_not_read_like_a_failed_one() -> None:
    """Its condition does not hold; nothing else was expected."""
    assert line(end("gap_mean(l2=0.01) > 0.05")) == (
        "Gate passed: gap_mean(l2=0.01) > 0.05 does not hold: found 0.0145418 (l2=0.01, n = 10)"
    )


def test_r_squared_is_offered_only_where_it_may_be_meant() -> None:
    """It may be far below zero, so a gap may be far above 1; a score never is."""
    undecided = replace(GROUNDS, metric="auto")
    for text, offered in (
        ("test_mean(l1) < 90", False),
        ("test_mean(l1) < -3", True),
        ("gap_mean(l1) > 5", True),
    ):
        with pytest.raises(UsageError) as caught:
            parse_gate(text, undecided)
        assert ("--metric r2" in str(caught.value)) == offered


def test_a_value_beside_the_limit_is_not_rounded_to_it() -> None:
    """It would read 'expected <= 0.05, found 0.05'."""
    table = changed("l1=0.0001", gap_mean=0.05000000000000001)
    assert "found 0.05000000000000001 " in line(end("gap_mean(l1) > 0.05", table))


def test_of_many_readings_the_first_are_named() -> None:
    """The others are counted."""
    rows = pd.concat([TABLE.iloc[[1]].assign(method=f"l1={i}") for i in range(20)])
    grounds = replace(GROUNDS, methods=tuple(rows["method"]))
    assert line(end("n(*) > 1", rows, grounds)).endswith("n = 10) and 12 more")


NASTY = [
    *("<script>alert(1)</script>", "a|b", "[red]x[/red]", "\x1b[2J\x1b]0;x\x07", "a\r\n::error::b"),
    *("100%", "a:b,c", "]]>", "\ufffe", "\ud800", "\u202eevil", "\u2028::warning::x", "&amp;"),
]


@pytest.mark.parametrize("text", NASTY)
def test_no_name_breaks_out_of_a_line_xml_markdown_or_an_annotation(text: str) -> None:
    """Names of a stored report can be anything."""
    table = changed("l1=0.0001", method=text)
    grounds = replace(GROUNDS, methods=(text,))
    gate = replace(parse_gate("gap_mean(l1) > 0.9", GROUNDS), method=text, text=f"x({text}) > 1")
    (finding,) = judge([replace(gate, limit=0)], table, grounds)
    assert finding.outcome == "failed"
    for said in (line(finding), reason(finding), annotation(finding)):
        assert len(said.splitlines()) == 1
        assert "\x1b" not in said
        assert "\u202e" not in said
    case = ElementTree.fromstring(to_junit([finding], text).encode("utf-8")).find(".//testcase")
    assert case is not None
    failure = case.find("failure")
    assert failure is not None and failure.text == line(finding).replace("\ufffe", "")
    listed = to_markdown_list([finding])
    assert listed.count("\n") == 2
    assert "<script" not in listed.replace("\\<", "")


def test_an_annotation_is_escaped_as_github_s_toolkit_does() -> None:
    """And its command is that of the gate: what only warns is no error."""
    finding = end("gap_mean(l2=0.01) > 0.01")
    odd = replace(finding, gate=replace(finding.gate, text="100%"))
    assert annotation(odd).startswith("::error title=regcmp%3A gate failed::100%25: expected")
    mild = replace(finding, gate=replace(finding.gate, fatal=False))
    assert annotation(mild, more=3).startswith("::warning ")
    assert annotation(mild, more=3).endswith("; and 3 more gates")


def test_junit_counts_failures_and_leaves_warnings_out_of_them() -> None:
    """As build servers read it."""
    failed, passed = end("n_failed(*) > 0"), end("n(l1) < 10")
    mild = replace(failed, gate=replace(failed.gate, fatal=False))
    unclear = end("p_holm(dropout=0.5) < 1")
    root = ElementTree.fromstring(to_junit([failed, passed, mild, unclear], "digits").encode())
    suite = root.find("testsuite")
    assert root.tag == "testsuites" and suite is not None
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("4", "2", "0")
    assert [each.get("type") for each in suite.iter("failure")] == ["failed", "inconclusive"]
    assert {each.get("classname") for each in suite.iter("testcase")} == {"regcmp.digits"}

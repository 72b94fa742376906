"""What a comparison could have found: its arithmetic, for which method it is said, and odd reports."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from math import inf
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from commands import Done, run_here
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import stats

from regcmp.analysis.power import Design, design_of
from regcmp.analysis.statistics import detectable, paired_from_interval, paired_t, power
from regcmp.metrics import METRICS
from regcmp.report.json_text import to_json
from regcmp.report.power_table import make_power_table
from regcmp.report.reader import read_report
from regcmp.results import SUMMARY_COLUMNS, frame, plain_rows

OLD = Path(__file__).parent / "reports" / "regression.json"
INTERVAL = ("error", "error_floor", "df")
SIGNS = ("wins", "ties", "losses")


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with reports of wine: by each test, of three seeds, and in log loss."""
    folder = tmp_path_factory.mktemp("power")
    words = "compare --dataset wine none l2=0.1 dropout --epochs 6 --jobs 1 -q".split()
    for name, more in {
        "a": "",
        "seeds": "--significance-test nadeau-bengio",
        "held": "--vary init,order",
        "few": "--seeds 3",
        "loss": "--metric log_loss",
    }.items():
        done = run_here([*words, *more.split(), "-o", f"{name}.json"], folder)
        assert done.code == 0, done.err
    return folder


def edited(source: Path, target: Path, cells: Mapping[str, Any]) -> None:
    """Write a report whose rows have other cells, the baseline's aside; ... stands for no cell."""
    document = json.loads(source.read_text("utf-8"))
    for row in document["summary"][1:]:
        row |= cells
        for name in [name for name, cell in cells.items() if cell is ...]:
            del row[name]
    target.write_text(json.dumps(document), "utf-8")


def one_line(done: Done, code: int) -> str:
    """What an error says, which is all that is said."""
    assert done.code == code and not done.out, done.err
    (line,) = done.err.splitlines()
    assert line.startswith("Error: ")
    return line


# The arithmetic


@pytest.mark.parametrize("df", [4.0, 9.0, 37.5, 400.0])
def test_power_is_that_of_the_noncentral_t(df: float) -> None:
    """Of scipy; and of the smallest difference that is found, 80 %."""
    bound = stats.t.ppf(0.975, df)
    for shift in (0.0, 0.5, 2.0, 3.5):
        expected = stats.nct.sf(bound, df, shift) + stats.nct.cdf(-bound, df, shift)
        assert power(0.01 * shift, 0.01, df, 0.05) == pytest.approx(expected, abs=2e-4)
    assert power(detectable(0.01, df, 0.05), 0.01, df, 0.05) == pytest.approx(0.8, abs=1e-6)
    shifts = [power(x, 1.0, df, 0.001) for x in (0.0, 5.0, 20.0, 29.0, 40.0, 700.0)]
    assert shifts == sorted(shifts) and shifts[-1] == 1


def test_more_seeds_leave_the_floor_and_more_rows_do_not() -> None:
    """Variances by hand."""
    design = Design(error=0.05, floor=0.03, df=9, seeds=10)
    assert design.at(10) == design
    assert design.at(40).error ** 2 == pytest.approx(0.0009 + 0.0016 / 4)
    assert design.at(10, rows=4).error == pytest.approx(0.025)
    assert design.seeds_for(0.05) is None
    seeds = design.seeds_for(0.12)
    assert (
        seeds is not None and design.at(seeds).finds(0.12) and not design.at(seeds - 1).finds(0.12)
    )
    rows = design.rows_for(0.1)
    assert design.at(10, rows).power(0.1) == pytest.approx(0.8, abs=1e-6)


@pytest.mark.parametrize("unit", [1e-300, 1e-160, 1e160, 1e299])
def test_what_a_design_takes_does_not_depend_on_the_unit(unit: float) -> None:
    """However large or small its numbers are."""
    plain, scaled = Design(0.05, 0.03, 9, 10), Design(0.05 * unit, 0.03 * unit, 9, 10)
    assert scaled.detectable == pytest.approx(plain.detectable * unit)
    assert scaled.seeds_for(0.12 * unit) == plain.seeds_for(0.12)
    assert scaled.rows_for(0.1 * unit) == pytest.approx(plain.rows_for(0.1))
    assert plain.rows_for(1e-300) == inf


def test_no_fewer_seeds_are_advised_than_a_p_value_needs() -> None:
    """However large the difference; and fewer find nothing, whatever the rows."""
    assert Design(0.01, 0.0, 9, 10).seeds_for(1.0) == 5
    few = Design(0.01, 0.0, 2, 3)
    assert few.power(1.0) == 0 and few.detectable == inf and few.rows_for(1.0) == inf
    assert few.seeds_for(1.0) == 5
    assert few.at(5).power(1.0) == pytest.approx(1)


# Which numbers are a design

SOUND = dict(zip((*INTERVAL, *SIGNS), (0.05, 0.03, 9.0, 6, 1, 3), strict=True))


def test_a_sound_row_has_a_design() -> None:
    """With as many seeds as it has pairs."""
    assert design_of(SOUND, 2) == Design(0.05, 0.03, 9, 10, 2)
    assert design_of(SOUND | {"error_floor": 0.05}, 0) == Design(0.05, 0.05, 9, 10)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, value) for name in INTERVAL for value in (None, float("nan"), inf, -inf, -1.0)),
        *((name, value) for name in SIGNS for value in (None, pd.NA, float("nan"))),
        ("error", 0.0),
        ("error", 0.02),
        ("error_floor", 0.06),
        ("df", 0.0),
        ("df", 0.9),
    ],
)
def test_a_row_that_no_comparison_gives_has_no_design(name: str, value: Any) -> None:
    """Whatever it is that is missing or impossible."""
    assert design_of(SOUND | {name: value}, 1) is None


def test_a_single_pair_has_no_design() -> None:
    """Two have one."""
    one = {"wins": 1, "ties": 0, "losses": 0}
    assert design_of(SOUND | one, 1) is None
    assert design_of(SOUND | one | {"ties": 1}, 1) == Design(0.05, 0.03, 9, 2)


CASES: tuple[dict[str, Any], ...] = (
    {"wins": None},
    {"wins": 0, "ties": 0, "losses": 0},
    {"df": None},
    {"df": 0},
    {"error_floor": None},
    {"error_floor": 1e9},
    {"error": ...},
    {"error": 0},
)


@pytest.mark.parametrize("cells", CASES, ids=str)
def test_a_report_without_a_design_is_refused(
    cells: dict[str, Any], reports: Path, tmp_path: Path
) -> None:
    """In one line, as is a report of one seed."""
    edited(reports / "a.json", tmp_path / "x.json", cells)
    for more in ([], ["--difference", "0.01"]):
        said = one_line(run_here(["power", "x.json", *more], tmp_path), 1)
        assert "'x.json' has no interval of a difference" in said


def test_power_of_a_single_seed_is_refused(tmp_path: Path) -> None:
    """There is no interval to take it from."""
    words = ["--dataset", "iris", "none", "l2", "--seeds", "1", "--epochs", "1"]
    assert run_here(["compare", *words, "-qo", "one.json"], tmp_path).code == 0
    done = run_here(["power", "one.json"], tmp_path)
    assert "run 'regcmp compare --seeds 10 -o FILE.json'" in one_line(done, 1)


NUMBERS = st.sampled_from([None, ..., True, "x", [], 0, 1, -1, 2, 5e-324, 1e-320, 1e-160, 1e160,
                           1e299, 10**12, 0.01, 1e300])  # fmt: skip
CELLS = st.dictionaries(
    st.sampled_from([*INTERVAL, *SIGNS, "delta_test", "p_value", "p_holm", "delta_test_low"]),
    NUMBERS,
    max_size=4,
)


@given(CELLS, st.sampled_from(["a", "held", "few", "loss"]),
       st.none() | st.sampled_from(["1e-320", "1e-300", "1e-12", "0.01", "1", "1e308"]))  # fmt: skip
@example({"error": 1e-320, "error_floor": 0}, "a", None)
@example({"error": 1e299}, "a", "1e-300")
@example({"error": 1e299}, "loss", None)
@example({"delta_test": None, "p_holm": None}, "a", "0.01")
@example({"wins": 10**12}, "a", "0.01")
def test_any_cells_end_well(
    reports: Path, cells: dict[str, Any], name: str, difference: str | None
) -> None:
    """In a table without odd numbers, or in one line."""
    edited(reports / f"{name}.json", reports / "x.json", cells)
    words = [] if difference is None else ["--difference", difference]
    done = run_here(["power", "x.json", *words], reports)
    if done.code:
        said = one_line(done, 2 if "--difference" in done.err else 1)
        assert re.search(r"--difference: expected at most|no interval|is a damaged report", said)
    else:
        assert not done.err
        assert not re.search(r"\b(nan|inf)\b|x 0\.0\b|\d{16}", done.out)


# What is shown


def test_power_says_what_could_have_been_found(reports: Path) -> None:
    """In the unit of the table, and by the design of the report."""
    done = run_here(["power", "a.json", "--difference", "0.01"], reports)
    assert done.code == 0 and "two-way test over rows and seeds" in done.out
    row = read_report(str(reports / "a.json")).summary.iloc[1]
    design = Design(row["error"], row["error_floor"], row["df"], 10, tests=2)
    assert f"{100 * design.detectable:.2f} points" in done.out
    assert f"{design.power(0.01):.0%}" in done.out and "Power for 1.00" in done.out


@pytest.mark.parametrize("number", ["-1", "0", "nan", "inf", "1e999"])
def test_a_difference_is_a_positive_number(number: str, reports: Path) -> None:
    """And finite."""
    said = one_line(run_here(["power", "a.json", f"--difference={number}"], reports), 2)
    assert "--difference: expected a number above 0" in said


def test_a_difference_that_no_scores_have_is_refused(reports: Path) -> None:
    """With what was meant, where points were; a loss has no bounds."""

    def said(number: str) -> str:
        return one_line(run_here(["power", "a.json", "--difference", number], reports), 2)

    assert (
        "expected at most 1, the largest difference in accuracy, got 1.5; 1.5 points are 0.015"
        in (said("1.5"))
    )
    assert said("1e9").endswith("got 1e+09")
    assert run_here(["power", "a.json", "--difference", "1"], reports).code == 0
    assert run_here(["power", "loss.json", "--difference", "1e9"], reports).code == 0
    assert {name: each.span for name, each in METRICS.items()} == {
        "accuracy": 1, "balanced_accuracy": 1, "log_loss": inf, "r2": inf, "rmse": inf,
    }  # fmt: skip


def test_a_design_that_finds_no_possible_difference_says_so(reports: Path, tmp_path: Path) -> None:
    """Instead of 300 points."""
    edited(reports / "a.json", tmp_path / "x.json", {"error": 0.9, "error_floor": 0.0, "df": 9})
    done = run_here(["power", "x.json"], tmp_path)
    assert "over 100.00 points" in done.out and "Seeds for 100.00" in done.out
    assert re.search(r"100\.00 points would need \d+ seeds, or \d+\.\d times the rows\.", done.out)


def test_what_is_too_small_for_digits_is_shown_all_the_same(reports: Path) -> None:
    """And rows that could be far fewer, or many more, are bounds."""
    done = run_here(["power", "a.json", "--difference", "1e-300"], reports)
    assert done.code == 0 and "1e-298 points would need over 1,000 times the rows" in done.out
    done = run_here(["power", "a.json", "--difference", "1"], reports)
    assert "under x 0.1" in done.out and "x 0.0" not in done.out


@pytest.mark.parametrize("name", ["a", "seeds", "held", "loss"])
def test_the_answer_is_that_of_the_verdict(name: str, reports: Path) -> None:
    """Of the method that it calls the closest, by its number."""
    read = read_report(str(reports / f"{name}.json"))
    closest = re.search(r"closest is (\S+)", read.verdict)
    found = re.search(r"a difference of ([\d.]+ \w+) would be found", read.verdict)
    assert closest and found
    (answer,) = make_power_table("x", read, None).verdict
    assert answer.startswith(f"With {closest[1]}, {found[1]} would be found")
    (answer,) = make_power_table("x", read, 0.001).verdict
    assert re.match(rf"With {re.escape(closest[1])}, 0\.\S+ \w+ would need ", answer)


P = {"undecided": {"p_value": 0.2, "p_holm": 0.4}, "shown": {"p_value": 1e-4, "p_holm": 2e-4},
     "untested": {"p_value": None, "p_holm": None}}  # fmt: skip


@pytest.mark.parametrize("name", ["a", "loss"])
@pytest.mark.parametrize(
    ("first", "gain", "second", "closest"),
    [
        ("undecided", -0.02, "undecided", "second"),
        ("undecided", 0.02, "undecided", "first"),
        ("undecided", -0.02, "shown", "first"),
        ("undecided", -0.02, "untested", "first"),
        ("shown", -0.02, "untested", "first"),
        ("shown", 0.02, "shown", "first"),
        ("untested", None, "untested", "second"),
    ],
)
def test_the_closest_is_the_best_of_those_not_shown_to_differ(
    first: str, gain: float | None, second: str, closest: str, name: str, reports: Path
) -> None:
    """Tested ones first, wherever a better score lies and whichever is known more precisely."""
    read = read_report(str(reports / f"{name}.json"))
    sign = 1 if name == "a" else -1
    others = [
        {"method": "first\x1b[2J", "delta_test": gain and sign * gain, "error": 0.5} | P[first],
        {"method": "second", "delta_test": sign * 0.01, "error": 0.01} | P[second],
    ]
    rows = plain_rows(read.summary)
    rows[1:] = [row | {"error_floor": 0.0, "df": 9.0} | each
                for row, each in zip(rows[1:], others, strict=True)]  # fmt: skip
    (answer,) = make_power_table(
        "x", replace(read, summary=frame(rows, SUMMARY_COLUMNS)), 0.001
    ).verdict
    assert answer.startswith(f"With {closest}") and "\x1b" not in answer


def test_a_held_split_gets_no_advice_on_rows(reports: Path) -> None:
    """Its interval does not hold their variation; the condition stays."""
    for more in ([], ["--difference", "0.01"], ["--difference", "1e-9"]):
        out = run_here(["power", "held.json", *more], reports).out
        assert "rows" not in out.lower() and " on this split" in out
    assert "1e-07 points would need more than 1,000 seeds on this split." in out
    assert "Rows for" in run_here(["power", "a.json"], reports).out


def test_too_few_seeds_find_nothing(reports: Path) -> None:
    """And what five would find is shown."""
    out = run_here(["power", "few.json"], reports).out
    assert "no p-value below 5 seeds" in out and "Holm over" not in out
    assert re.search(r"points would need 5 seeds\.", out)
    assert re.search(r"^(l2|dropout)\S+ +- +0% +\d+ +-$", out, re.MULTILINE)


def test_the_answer_says_no_regularization(reports: Path) -> None:
    """Where the method is called 'none'."""
    read = read_report(str(reports / "a.json"))
    swapped = read.summary.assign(method=["l2=0.1", "none", "none"])
    plan = read.plan | {"baseline": "l2=0.1"}
    (answer,) = make_power_table("x", replace(read, summary=swapped, plan=plan), 0.01).verdict
    assert answer.startswith("With no regularization, 1.00 points would ")


# Reports from before there were standard errors


def as_before(source: Path, target: Path) -> None:
    """Write a report without what came with the two-way test."""
    document = json.loads(source.read_text("utf-8"))
    for row in document["summary"]:
        for name in (*INTERVAL, "p_gap"):
            del row[name]
    for name in ("tested_by", "effective_rows", "significance_test"):
        del document["plan"][name]
    target.write_text(json.dumps(document), "utf-8")


@pytest.mark.parametrize("name", ["seeds", "held"])
def test_an_older_report_has_the_power_of_a_new_one(
    name: str, reports: Path, tmp_path: Path
) -> None:
    """Of the same test: standard errors follow from intervals, and the test from the correction."""
    as_before(reports / f"{name}.json", tmp_path / f"{name}.json")
    new, old = (read_report(str(each / f"{name}.json")) for each in (reports, tmp_path))
    columns = list(INTERVAL)
    pd.testing.assert_frame_equal(old.summary[columns], new.summary[columns], rtol=1e-9)
    assert new.summary[columns].notna().any(axis=None)
    assert old.plan["tested_by"] == new.plan["tested_by"]
    for more in ([], ["--difference", "0.02"]):
        now, then = (
            run_here(["power", f"{name}.json", *more], each) for each in (reports, tmp_path)
        )
        assert now.code == 0 and then.out == now.out


def test_an_older_report_has_the_p_value_that_it_had(tmp_path: Path) -> None:
    """By the standard error that its interval gives; where it has none, there is none."""
    read = read_report(str(OLD))
    assert "error" not in json.loads(OLD.read_text("utf-8"))["summary"][1]
    assert read.summary["error"].notna().tolist() == [False, True, True, False]
    for _, row in read.summary.dropna(subset="error").iterrows():
        p = 2 * stats.t.sf(abs(row["delta_test"]) / row["error"], row["df"])
        assert p == pytest.approx(row["p_value"], rel=1e-9)
    done = run_here(["power", str(OLD)], tmp_path)
    assert done.code == 0 and "Nadeau-Bengio test over seeds" in done.out
    written = json.loads(to_json(read))["summary"][1]
    assert written["error"] > written["error_floor"] > 0


@pytest.mark.parametrize(
    "cells",
    [
        {"delta_test_low": 0.1, "delta_test_high": 0.1},
        {"delta_test_low": 0.2, "delta_test_high": 0.1},
        {"wins": None},
        {"wins": ...},
        {"wins": 1, "ties": 0, "losses": 0},
        {"delta_test_low": None},
    ],
)
def test_an_interval_that_is_none_gives_no_standard_error(
    cells: dict[str, Any], tmp_path: Path
) -> None:
    """It stays missing."""
    edited(OLD, tmp_path / "x.json", cells)
    read = read_report(str(tmp_path / "x.json"))
    assert read.summary[list(INTERVAL)].isna().all(axis=None)
    one_line(run_here(["power", "x.json"], tmp_path), 1)


@given(st.lists(st.floats(-1, 1), min_size=2, max_size=9), st.floats(0, 3))
def test_a_test_is_known_from_its_interval(differences: list[float], ratio: float) -> None:
    """With the same standard error, its floor and degrees of freedom."""
    before = paired_t(differences, ratio)
    if before.error is None or before.low is None or before.high is None or before.error < 1e-6:
        return
    after = paired_from_interval(before.n, before.low, before.high, ratio)
    assert after.df == before.df
    assert (after.error, after.floor, after.mean) == pytest.approx(
        (before.error, before.floor, before.mean), rel=1e-6, abs=1e-9
    )

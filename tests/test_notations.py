"""Numbers that are written as none is read, codes that only look like them, and texts spelled in two ways."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from regcmp.data.columns import Columns
from regcmp.data.dataset import Dataset
from regcmp.data.opening import read_table
from regcmp.data.table import Reading, Table
from regcmp.data.tables.notations import plain
from regcmp.data.tables.understanding import understand
from regcmp.errors import DataError

N = 120
Y = ["p", "q", "q"] * (N // 3)

WRITTEN = {
    "\u22125": -5, "\u20135": -5, "1'234": 1234, "1\u2019234.5": 1234.5, "1\u202f234": 1234,
    "1\u2009234": 1234, "1\u00a0234,5": 1234.5, "1 234 567": 1234567, "(5)": -5,
    "(1,234.50)": -1234.5, "($5)": -5, "5-": -5, "+ 5": 5, "5 kg": 5, "12cm": 12, "5k": 5000,
    "3M": 3e6, "7%": 7, "7 %": 7, "$5": 5, "\u20ac 5": 5, "5 EUR": 5, "-$5": -5, "$ 1,234": 1234,
    "1_010": 1010, "1,5E+03": 1500, "1.5D+03": 1500, "0x1F": 31, "\uff11\uff12": 12,
    "\u0663\u0664": 34, "\u0663\u066b\u0665": 3.5, "\u00bd": 0.5, "2\u00bd": 2.5,
    "1.5\u00d710^3": 1500, "1,234,567": 1234567, "12,34,567": 1234567, "1.234,5": 1234.5,
    "36.6 \u00b0C": 36.6, "0o17": 15, "0b101": 5, "15\u00d710\u00b3": 15000, "2\u00b710\u207b\u00b2": 0.02,
}  # fmt: skip
"""Numbers in other notations, worked out by hand."""

CODES = (
    "S", "2nd", "1st", "A1", "Q1", "SW1A 1AA", "1.2.3", "v1.2", "3XL", "4WD", "10.0.0.1", "110 00",
    "10-K", "1-A", "D-8001", "+49 30", "NGC 4", "", "-", "k",
)  # fmt: skip


@pytest.mark.parametrize(("text", "number"), WRITTEN.items())
def test_numbers_in_other_notations_are_told(text: str, number: float) -> None:
    """With their value."""
    found = plain(text)
    assert found is not None and float(found) == number


@pytest.mark.parametrize("text", CODES)
def test_codes_are_no_numbers(text: str) -> None:
    """Whatever figures they have; '1st' and '3XL' among them."""
    assert plain(text) is None


def understood(cells: list[str], columns: Columns | None = None) -> Dataset:
    """A table with a column of these cells, over and over."""
    many = [cells[i % len(cells)] if i < 60 else cells[i * 7 % len(cells)] for i in range(N)]
    frame = pd.DataFrame({"a": np.arange(N) % 7.0, "b": many, "y": Y})
    return understand(Table("tiny.csv", frame, "a test", is_text=True), columns or Columns())


def test_a_column_in_another_notation_is_an_error(tmp_path: Path) -> None:
    """With a cell, its line, the number to write and what else to do; --use insists."""
    rows = [f"{i % 7},{'−' if i % 2 else ''}{i % 9}.5,{Y[i]}" for i in range(60)]
    (tmp_path / "m.csv").write_text("\n".join(["x,amount,y", *rows]), encoding="utf-8")
    table = read_table(str(tmp_path / "m.csv"))
    with pytest.raises(DataError) as caught:
        understand(table, Columns())
    assert str(caught.value).endswith(
        "column 'amount' has '−1.5' in line 3, which is not in a readable number format; write it as"
        " -1.5, or drop it with --drop amount, or take it as a category with --use amount"
    )
    used = understand(table, Columns(use=("amount",)))
    assert used.columns[1].kind == "category" and not used.warnings
    assert understand(table, Columns(drop=("amount",))).n_columns == 1


@pytest.mark.parametrize("cells", [[each, each, "7"] for each in WRITTEN] + [["32GB", "64GB"]])
def test_each_notation_is_an_error_in_a_column(cells: list[str]) -> None:
    """Between numbers, and alone."""
    with pytest.raises(DataError, match="column 'b' has"):
        understood(cells)


def test_units_that_differ_are_named_both() -> None:
    """Without them, 15 MB would be more than 2 GB."""
    with pytest.raises(DataError, match=r"has '15 MB' and '2 GB', which .*; write all in one unit"):
        understood(["15 MB", "2 GB", "3"])


@pytest.mark.parametrize(
    "cells",
    [["S", "M", "L"], ["1st", "2nd", "3rd", "4th", "5th", "6th"], ["A1", "B2", "C3"], ["1.2.3", "2.0.0"],
     ["2WD", "4WD"], ["3XL", "2XL", "XL"], ["SW1A 1AA", "M1 1AE"], ["Class 1", "Class 2"], ["E10", "E5"]],
)  # fmt: skip
def test_codes_stay_a_category(cells: list[str]) -> None:
    """Without a word."""
    dataset = understood(cells)
    assert dataset.columns[1].kind == "category" and not dataset.warnings


@pytest.mark.parametrize(
    ("cells", "what"),
    [(["12:30", "9:15"], "may be a time"), (["1/2", "3/4"], "may be a fraction or a date"),
     (["18-25", "26-35", "36+"], "may be a range"), (["<5", "5", ">10"], "may be a bound"),
     (["Jan-20", "Feb-20"], "may be a date"), (["5'11\"", "6'2\""], "may be feet and inches"),
     (["1 1/2", "2 3/4", "3"], "may be a fraction"), (["PT15M", "PT1H30M"], "may be a length of time"),
     (["P3D", "P1Y2M"], "may be a length of time"), (["45.1N", "12.25\u00b0 S"], "may be a coordinate"),
     (["48\u00b051'N", "33\u00b052'S"], "may be a coordinate"),
     (["2G", "3G", "4G"], "may be a number with a unit"), ([f"{i} stars" for i in range(5)], "with a word"),
     (["1", "2", "3", "unknown"], "if 'unknown' means missing, add --na unknown")],
)  # fmt: skip
def test_what_may_be_a_number_is_warned_of(cells: list[str], what: str) -> None:
    """And taken as a category."""
    dataset = understood(cells)
    (said,) = dataset.warnings
    assert dataset.columns[1].kind == "category" and what in said and "as a category" in said


@pytest.mark.parametrize(
    ("one", "other", "by"),
    [("Yes", "yes", "case"), ("red", " red", "blanks"), ("red", "red\u00a0", "blanks"),
     ("a b", "a  b", "blanks"), ("caf\u00e9", "cafe\u0301", "Unicode form"),
     ("A1", "\uff211", "how they are written"),
     ("x\u2013y", "x-y", "how they are written"), ("stra\u00dfe", "STRASSE", "case")],
)  # fmt: skip
def test_texts_that_may_be_one_are_warned_of(one: str, other: str, by: str) -> None:
    """As classes and as levels; they stay apart."""
    for name in ("y", "b"):
        frame = pd.DataFrame({"a": np.arange(N) % 7.0, "b": Y, "y": ["u", "v"] * (N // 2)})
        frame[name] = [one, other, "third"] * (N // 3)
        dataset = understand(Table("tiny.csv", frame, "a test", is_text=True), Columns())
        said = [each for each in dataset.warnings if f"differ by {by} alone" in each]
        assert len(said) == 1 and repr(one) in said[0] and repr(other) in said[0]
        assert name == "b" or len(dataset.classes) == 3


def target(cells: list[str], columns: Columns) -> Dataset:
    """A table with a target of these cells."""
    frame = pd.DataFrame({"a": np.arange(N) % 7.0, "t": [cells[i % len(cells)] for i in range(N)]})
    return understand(Table("tiny.csv", frame, "a test", is_text=True), columns)


@pytest.mark.parametrize(
    "cells", [[f"{i}%" for i in range(23)], ["1.5", "−1.5", "2", "−2"], ["1,5", "2,5"]]
)
def test_a_target_in_another_notation_is_an_error(cells: list[str]) -> None:
    """Unless it is said to be classes, either way."""
    with pytest.raises(DataError, match="--classes-as-text"):
        target(cells, Columns("t"))
    for insisting in (Columns("t", task="classification"), Columns("t", classes_as_text=True)):
        assert target(cells, insisting).classes == tuple(sorted(cells))


def test_words_between_a_target_s_numbers() -> None:
    """Few numbers may be classes; of many, the words are in the way of a regression."""
    few = target(["1", "2", "3", "more"], Columns("t"))
    assert "has numbers, but 'more', too" in few.warnings[0] and len(few.classes) == 4
    with pytest.raises(DataError, match="has numbers, but 'more' in 3 of 120 rows"):
        target([*map(str, range(39)), "more"], Columns("t"))
    assert "may be a range" in target(["18-25", "26-35"], Columns("t")).warnings[0]


@pytest.mark.parametrize("name", ["uid", "pk", "rowid", "Invoice No.", "user_uuid", "customerKey"])
def test_more_names_of_ids(name: str) -> None:
    """Where no two numbers are alike."""
    frame = pd.DataFrame(
        {"a": np.arange(N) % 7.0, name: np.random.default_rng(0).permutation(N), "y": Y}
    )
    dataset = understand(Table("tiny.csv", frame, "a test", is_text=True), Columns())
    assert dataset.columns[1].kind == "id"


def test_scripts_without_blanks_are_warned_of() -> None:
    """Where their words are asked for; not where blanks stand between them, nor of another script."""
    for texts, warned in (
        (["这家店非常好我零零次去", "服务太差了我零二次去"], True),
        (["ร้านนี้ดีมากฉันไปหลายครั้ง", "บริการแย่มากไม่ไปอีก"], True),
        (["这家 店 非常 好", "服务 太 差 了"], False),
        (["this shop is good", "это хороший магазин"], False),
    ):
        dataset = understood(texts, Columns(text=("b",)))
        assert bool(dataset.warnings) == warned
        assert not warned or "without blanks between words" in dataset.warnings[0]


def test_decimal_commas_and_other_notations(tmp_path: Path) -> None:
    """Under --decimal , a number with points and a unit is worked out as such."""
    rows = [f"{i % 7};1.{100 + i},5 kg;{Y[i]}" for i in range(60)]
    (tmp_path / "m.csv").write_text("\n".join(["x;b;y", *rows]), encoding="utf-8")
    table = read_table(str(tmp_path / "m.csv"), Reading(decimal=","))
    with pytest.raises(
        DataError, match=r"'1\.100,5 kg' in line 2, .*; write it as 1100,5, or drop"
    ):
        understand(table, Columns(), ",")

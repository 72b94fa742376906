"""What leaves regcmp: golden files of every format, and what must hold of them for any numbers and names.

After a change that is meant, ``REGCMP_GOLDEN=write pytest tests/test_report.py`` writes the golden
files anew; read their diff.
"""

from __future__ import annotations

import copy
import io
import json
import math
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pandas as pd
import pytest
from commands import not_strict, read_csv, read_table, run, run_here, squeezed, strict
from handmade import LONG, METHODS, VARIANTS, log_loss, report
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from rich.cells import cell_len
from rich.console import Console

from regcmp.plan import make_plan
from regcmp.report.csv_text import DANGEROUS, to_csv
from regcmp.report.document import report_schema
from regcmp.report.json_text import to_json
from regcmp.report.layout import make_table
from regcmp.report.markdown import escape, to_markdown
from regcmp.report.reader import read_report
from regcmp.report.table import Table
from regcmp.report.terminal import fold, print_table
from regcmp.results import (
    HISTORY_COLUMNS,
    INTEGERS,
    RUN_COLUMNS,
    SUMMARY_COLUMNS,
    TEXTS,
    Report,
    frame,
)
from regcmp.shares import RowShares

GOLDEN = Path(__file__).parent / "golden"
SCHEMA = report_schema()
COLUMNS = {"summary": SUMMARY_COLUMNS, "runs": RUN_COLUMNS, "history": HISTORY_COLUMNS}
EACH_VARIANT = pytest.mark.parametrize("variant", list(VARIANTS))


def on_terminal(given: Report, width: int | None, color: str | None = None) -> str:
    """The table as it is printed at this width."""
    out = io.StringIO()
    console = Console(
        file=out,
        force_terminal=color is not None,
        color_system=color,  # type: ignore[arg-type]
        highlight=False,
        emoji=False,
        markup=False,
        _environ={},
    )
    print_table(make_table(given), console, width)
    return out.getvalue()


EXPORTS: dict[str, Callable[[], str]] = {
    "report.summary.csv": lambda: to_csv(report().summary),
    "report.runs.csv": lambda: to_csv(report().runs),
    "report.history.csv": lambda: to_csv(report().history),
    "report.json": lambda: to_json(report()),
    "report.md": lambda: to_markdown(make_table(report())),
    "report.60.txt": lambda: on_terminal(report(), 60),
    "report.80.txt": lambda: on_terminal(report(), 80),
    "report.200.txt": lambda: on_terminal(report(), 200),
    "report.unlimited.txt": lambda: on_terminal(report(), None),
    **{
        f"{variant}.{kind}": export
        for variant, make in VARIANTS.items()
        if variant != "report"
        for kind, export in {
            "summary.csv": lambda make=make: to_csv(make().summary),
            "md": lambda make=make: to_markdown(make_table(make())),
            "80.txt": lambda make=make: on_terminal(make(), 80),
        }.items()
    },
}


@pytest.mark.parametrize("name", EXPORTS)
def test_exports_are_as_the_golden_files_to_the_byte(name: str) -> None:
    """In every format, and on the terminal at several widths."""
    text = EXPORTS[name]()
    if os.environ.get("REGCMP_GOLDEN") == "write":
        (GOLDEN / name).write_bytes(text.encode())
    assert text.encode() == (GOLDEN / name).read_bytes()


def test_no_golden_file_is_left_over() -> None:
    """Each is compared with something."""
    assert {path.name for path in GOLDEN.iterdir()} == set(EXPORTS)


# The terminal


def assert_whole(printed: str, table: Table) -> None:
    """Read the printed table back: every name and every cell, once, and all the text around it."""
    read = read_table(printed, [row[0] for row in table.rows])
    assert read.cells == {
        column.header: [row[i] for row in table.rows] for i, column in enumerate(table.columns) if i
    }
    assert squeezed(read.above) == squeezed("".join(table.above))
    assert squeezed(read.notes) == squeezed("".join(table.notes))
    assert squeezed(read.below) == squeezed("".join(table.below))
    assert squeezed(read.verdict) == squeezed("".join(table.verdict))


@pytest.mark.parametrize(("variant", "step"), [("report", 1), ("single_pair", 5), ("log_loss", 5)])
def test_at_every_width_the_table_fits_and_every_cell_stands_whole(variant: str, step: int) -> None:
    """From 40 to 200 columns: no line is longer, and no name and no number is cropped."""
    given = VARIANTS[variant]()
    table = make_table(given)
    for width in range(40, 201, step):
        printed = on_terminal(given, width)
        assert max(map(cell_len, printed.split("\n"))) <= width
        assert not re.search(r" $", printed, re.MULTILINE)
        assert_whole(printed, table)


@pytest.mark.parametrize(
    ("name", "width", "lines"),
    [
        ("dropout=0.5+l2=0.001", 20, ["dropout=0.5+l2=0.001"]),
        ("dropout=0.5+l2=0.001", 19, ["dropout=0.5+", "l2=0.001"]),
        ("l1=1e+20+dropout=0.5:input=0.2", 12, ["l1=1e+20+", "dropout=0.5:", "input=0.2"]),
        ("l1=1e+20,3", 9, ["l1=1e+20,", "3"]),
        ("l2=0.00012345678901234567+l1", 8, ["l2=0.00012345678901234567+", "l1"]),
        ("", 8, [""]),
    ],
)
def test_a_name_is_folded_between_its_parts(name: str, width: int, lines: list[str]) -> None:
    """Never within a number, unless one alone is too wide: then the terminal's fold breaks it."""
    assert fold(name, width).split("\n") == lines


@pytest.mark.parametrize("width", [60, None])
def test_no_name_can_drive_a_terminal(width: int | None) -> None:
    """Of a method, of the data, or in the verdict: on plain and on coloured terminals."""
    evil = "x\x1b[2J\x1b]0;y\x07\r\x9b2J"
    summary = report().summary.replace({"method": {"l2=0.01": evil}, "note": {"": evil}})
    data = report().plan["data"] | {"name": evil}
    given = replace(
        report(), summary=summary, plan=report().plan | {"data": data}, verdict=f"{evil} wins"
    )
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", on_terminal(given, width))
    codes = re.findall(r"\x1b[^m]*m", on_terminal(given, width, color="standard"))
    assert codes and all(re.fullmatch(r"\x1b\[[0-9;]*m", code) for code in codes)


def headers(printed: str) -> list[str]:
    return [line for line in printed.split("\n") if line.startswith("Method")]


def test_parts_of_a_broken_table_are_few_and_full() -> None:
    """At 80 and at 100 columns there are two; a column alone would waste a table."""
    given = report()
    short_names = given.summary[given.summary["method"].str.len() < 15]
    for width in (80, 100):
        first, second = headers(on_terminal(replace(given, summary=short_names), width))
        assert first.split() == ["Method", "n", "Train", "%", "Test", "%", "Gap"]
        assert "Test vs none" in second and "Gap vs none" in second


@pytest.mark.parametrize("width", [60, 80, 100])
def test_a_name_is_folded_alike_in_all_parts(width: int) -> None:
    """Where one part has no room for it, it would stand in two lines here and in one there."""
    printed = on_terminal(report(), width)
    folded = re.findall(r"^l1=1e-05\S*", printed.split("\n\ndropout=0.95:")[0], re.MULTILINE)
    assert len(folded) == len(headers(printed)) > 1
    assert len(set(folded)) == 1


def test_a_note_stands_once_with_all_methods_that_it_holds_for() -> None:
    """Below five seeds, every method has the same one."""
    summary = report().summary
    summary["note"] = ["baseline; bad", "few", "few", "bad; few", "few", "bad", ""]
    first, second, third = make_table(replace(report(), summary=summary)).notes
    assert first.startswith("none, l1=1e-05+") and first.endswith(": bad")
    assert second == "l1=0.0001, l2=0.01, dropout=0.5: few"
    assert third == "dropout=0.95: bad; few"


@EACH_VARIANT
def test_a_terminal_too_narrow_for_a_number_crops_nothing(variant: str) -> None:
    """The table is then wider than the terminal."""
    given = VARIANTS[variant]()
    for width in range(1, 40, 6):
        assert_whole(on_terminal(given, width), make_table(given))


@pytest.mark.parametrize("column", ["train", "test", "gap"])
def test_every_score_has_its_spread_where_there_is_one(column: str) -> None:
    """Its standard deviation across seeds; of a single pair, or where all runs were lost, there is none."""
    place = 2 + ["train", "test", "gap"].index(column)
    given = report()
    for cells, row in zip(make_table(given).rows, given.summary.to_dict("records"), strict=True):
        known = pd.notna(row[f"{column}_sd"])
        assert cells[place].endswith(f" ± {100 * row[f'{column}_sd']:.1f}" if known else "-")
    assert not any("±" in cells[place] for cells in make_table(VARIANTS["single_pair"]()).rows)


@EACH_VARIANT
def test_without_a_width_the_table_is_one_block_and_each_text_one_line(variant: str) -> None:
    """As in a file or a pipe."""
    given = VARIANTS[variant]()
    table = make_table(given)
    printed = on_terminal(given, None)
    assert_whole(printed, table)
    read = read_table(printed, [row[0] for row in table.rows])
    assert read.n_blocks == 1
    assert not re.search(r" $", printed, re.MULTILINE)
    assert read.above.split("\n") == list(table.above)
    assert read.below.split("\n") == list(table.below)
    assert read.verdict.split("\n") == list(table.verdict)
    texts = (table.above, table.rows, table.notes, table.verdict, table.below)
    assert printed.count("\n") == sum(map(len, texts)) + 1 + sum(map(bool, texts)) - 1


def test_colours_tell_the_better_from_the_worse_and_change_no_character() -> None:
    """Bold green, red, yellow for a mark, dim for the baseline; nothing where no difference was shown."""
    coloured = on_terminal(report(), 200, color="standard")
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == on_terminal(report(), 200)
    by_name = {
        method: next(line for line in coloured.split("\n") if f"{method} " in line)
        for method in ("none", "l1=0.0001", "l2=0.01", "dropout=0.95", "dropout=0.5")
    }
    assert by_name["none"].startswith("\x1b[2m")
    assert by_name["l2=0.01"].startswith("\x1b[1;32m")
    assert by_name["dropout=0.95"].startswith("\x1b[31m")
    assert by_name["dropout=0.5"].startswith("\x1b[33m")
    assert "\x1b" not in by_name["l1=0.0001"]
    answer = next(line for line in coloured.split("\n") if "Winner" in line)
    assert answer.startswith("\x1b[1;32m")


def test_where_less_is_better_a_negative_difference_is_the_better_one() -> None:
    """In tones and in the verdict."""
    table = make_table(log_loss())
    tones = dict(zip([row[0] for row in table.rows], table.tones, strict=True))
    assert tones[LONG] == "baseline"
    assert tones["l2=0.01"] == "better"
    assert tones["dropout=0.95"] == "worse"
    assert table.verdict[0].startswith("Winner on this split: l2=0.01, -")


# CSV


@EACH_VARIANT
@pytest.mark.parametrize("name", COLUMNS)
def test_csv_has_the_frame_s_numbers_exactly_and_nothing_for_what_is_missing(
    name: str, variant: str
) -> None:
    """Float for float, integers without a point; never NaN, never 0."""
    given: pd.DataFrame = getattr(VARIANTS[variant](), name)
    rows = read_csv(to_csv(given))
    assert tuple(rows[0]) == COLUMNS[name]
    assert len(rows) == len(given)
    for row, expected in zip(rows, given.to_dict("records"), strict=True):
        for column, cell in row.items():
            value = expected[str(column)]
            if column in TEXTS:
                assert cell == ("" if pd.isna(value) else value)
            elif pd.isna(value):
                assert cell == ""
            elif column in INTEGERS:
                assert cell == str(int(value))
            else:
                assert cell == repr(float(value))
    assert not re.search(r"(?i)\b(nan|na|inf|none,none)\b", to_csv(given).replace("none", ""))


numbers = st.floats() | st.sampled_from((5e-324, -0.0, 1e22, 1 / 3, -1e-7, 2.0**63))


@settings(max_examples=40, derandomize=True, deadline=None)
@given(st.lists(st.tuples(numbers, st.integers(0, 2**63 - 1)), min_size=1, max_size=5))
def test_any_number_survives_csv_and_json(values: list[tuple[float, int]]) -> None:
    """To the last bit and the sign of zero; what is not finite is missing."""
    made = frame(
        [{"dataset": "d", "test_loss": x, "seed": seed} for x, seed in values], RUN_COLUMNS
    )
    documents = json.loads(to_json(replace(report(), runs=made)), parse_constant=not_strict)["runs"]
    for (x, seed), row, record in zip(values, read_csv(to_csv(made)), documents, strict=True):
        assert row["seed"] == str(seed)
        assert record["seed"] == seed
        if math.isfinite(x):
            assert row["test_loss"] == repr(x)
            assert repr(record["test_loss"]) == repr(x)
        else:
            assert row["test_loss"] == ""
            assert record["test_loss"] is None


names = st.text(st.characters(codec="utf-8", exclude_characters="\0"))


@settings(max_examples=60, derandomize=True, deadline=None)
@given(st.sampled_from(DANGEROUS) | st.just("") | st.sampled_from("'\"\n;"), names)
def test_no_text_cell_can_be_taken_for_a_formula(start: str, rest: str) -> None:
    """It is escaped by an apostrophe exactly if it begins as a formula may, and is else unchanged."""
    text = start + rest
    made = frame([dict.fromkeys(TEXTS, text) | {"delta_test": -0.5}], SUMMARY_COLUMNS)
    row = read_csv(to_csv(made))[0]
    for name in TEXTS:
        if name in SUMMARY_COLUMNS:
            assert row[name] == ("'" + text if text.startswith(tuple("=+-@\t\r")) else text)
    assert row["delta_test"] == "-0.5"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_the_starts_of_a_formula_are_escaped(start: str) -> None:
    """All six of them, said once more without reading the list from the code under test."""
    made = frame([{"dataset": start + "1", "gap_mean": -1.5, "seed": 3}], SUMMARY_COLUMNS)
    row = read_csv(to_csv(made))[0]
    assert row["dataset"] == "'" + start + "1"
    assert row["gap_mean"] == "-1.5"


# JSON


def complaints(document: Any) -> list[str]:
    """Where a document departs from the schema."""
    validator = jsonschema.Draft202012Validator(SCHEMA)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]


@EACH_VARIANT
def test_json_is_strict_and_of_its_schema(variant: str) -> None:
    """And holds the frames whole: null where a number is missing, integers as integers."""
    given = VARIANTS[variant]()
    document = strict(to_json(given))
    assert complaints(document) == []
    assert document["plan"] == given.plan
    assert document["environment"] == given.environment
    assert document["timing"] == given.timing
    assert document["verdict"] == given.verdict
    for name, columns in COLUMNS.items():
        expected = getattr(given, name).to_dict("records")
        for row, values in zip(document[name], expected, strict=True):
            assert tuple(row) == columns
            for column, value in row.items():
                if pd.isna(values[column]):
                    assert value is None
                else:
                    assert value == values[column]
                    kind = int if column in INTEGERS else str if column in TEXTS else float
                    assert type(value) is kind


def test_a_number_that_json_lacks_is_refused_rather_than_written() -> None:
    """Outside the frames, too."""
    with pytest.raises(ValueError, match="JSON"):
        to_json(replace(report(), timing={"seconds": float("nan")}))


def test_the_schema_is_a_schema_and_names_every_column_and_word() -> None:
    """A column or a word that is added is to be added there, too."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    definitions = SCHEMA["$defs"]
    rows = {"summary_row": SUMMARY_COLUMNS, "run": RUN_COLUMNS, "record": HISTORY_COLUMNS}
    for name, columns in rows.items():
        assert tuple(definitions[name]["required"]) == columns
        assert tuple(definitions[name]["properties"]) == columns
    words = {
        *make_plan("iris").as_dict(),
        *("data", "correction_ratio", "tested_by", "effective_rows", "other_networks"),
    }
    assert set(definitions["plan"]["required"]) == words
    assert set(definitions["plan"]["properties"]) == words
    rows = RowShares("accuracy", np.arange(4), {}, {})
    given = replace(
        report(),
        references=[{}],
        tried=frame([{}], ("method",)),
        budget=frame([{}], ("method",)),
        rows=rows,
        weights={"edges": [0, 1], "runs": []},
        boundary={},
    )
    assert list(SCHEMA["properties"]) == list(strict(to_json(given)))
    assert set(SCHEMA["properties"]) - set(SCHEMA["required"]) == {
        "timing", "references", "tried", "budget", "rows", "weights", "boundary",
    }  # fmt: skip
    assert SCHEMA["additionalProperties"] is True


def paths(document: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where every value of a document stands, of lists only the first."""
    if path:
        yield path
    if isinstance(document, dict):
        for key, value in document.items():
            yield from paths(value, (*path, key))
    elif isinstance(document, list) and document:
        yield from paths(document[0], (*path, 0))


def changed(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The document with another value at this place, or without the key, if it is ``KeyError``."""
    other = copy.deepcopy(document)
    inner = other
    for key in path[:-1]:
        inner = inner[key]
    if value is KeyError:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return other


def test_the_schema_refuses_what_lacks_a_key_or_has_a_value_of_another_kind() -> None:
    """At every place of a document; and allows keys that come later."""
    document = strict(to_json(report()))
    free = ("packages", "training_seconds")  # one key per package, and per method
    for path in paths(document):
        if not isinstance(path[-1], int) and path[-2:-1] != () and path[-2] in free:
            continue
        if isinstance(path[-1], str) and path != ("timing",):
            assert complaints(changed(document, path, KeyError)), f"{path} may be left out"
        if path[-1] not in (
            "header",
            "classes_as_text",
            "row_scores",
            "refit",
            "clean",
            "drop_duplicates",
        ):  # the truth values
            assert complaints(changed(document, path, True)), f"{path} may be true"
    assert complaints(changed(document, ("timing",), KeyError)) == []
    for path in [("later",), ("plan", "later"), ("runs", 0, "later")]:
        assert complaints(changed(document, path, {"a": 1})) == []
    assert complaints(changed(document, ("summary", 0, "p_value"), 1.5))
    assert complaints(changed(document, ("summary", 0, "n"), -1))
    assert complaints(changed(document, ("schema",), "regcmp.report/2"))


# Markdown


def read_markdown(text: str) -> tuple[list[list[str]], str]:
    """The cells of its one table, and the text of all else, as a renderer shows them."""
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    assert [token.type for token in tokens].count("table_open") == 1
    rows: list[list[str]] = []
    around = ""
    for before, token in zip([None, *tokens], tokens, strict=False):
        if token.type == "tr_open":
            rows.append([])
        if token.type == "inline":
            plain = "".join(
                child.content if child.type in ("text", "text_special") else "\n"
                for child in token.children or []
                if child.type not in ("strong_open", "strong_close")
            )
            if before is not None and before.type in ("th_open", "td_open"):
                rows[-1].append(plain)
            else:
                around += plain + "\n"
    return rows, around


@EACH_VARIANT
def test_markdown_shows_the_table_s_cells(variant: str) -> None:
    """As a renderer reads it: header, every cell, the lines around the table and the verdict."""
    table = make_table(VARIANTS[variant]())
    text = to_markdown(table)
    rows, around = read_markdown(text)
    assert rows[0] == [column.header for column in table.columns]
    assert rows[1:] == [list(row) for row in table.rows]
    assert squeezed(around) == squeezed(
        "".join((*table.above, *table.notes, *table.verdict, *table.below))
    )
    assert f"**{table.verdict[0]}**" in text.replace("\\", "")


@pytest.mark.parametrize(
    "name",
    [
        *("a|b", "*a*", "_a_", "~~a~~", "`a`", "<b>a</b>", "[a](b)", "![a](b)", "&amp;", "<!--"),
        *("a\\|b", "\\", "# a", "a\nb", "a\r\nb", "a\tb", "a\x1b[2Jb"),
    ],
)
def test_no_name_can_break_out_of_a_markdown_cell(name: str) -> None:
    """It is shown as it is, control characters as spaces."""
    table = make_table(report())
    table = replace(table, rows=((name, *table.rows[0][1:]), *table.rows[1:]), above=("x " + name,))
    rows, around = read_markdown(to_markdown(table))
    shown = re.sub(r"[\x00-\x1f]", " ", name)
    assert [row[0] for row in rows[1:]] == [shown.strip(), *(row[0] for row in table.rows[1:])]
    assert {len(row) for row in rows} == {len(table.columns)}
    assert around.startswith("x " + shown.rstrip())


def test_markdown_has_no_formula_mention_or_link_of_a_name() -> None:
    """GitHub makes them after backslashes are gone, but not across a tag."""
    found = escape("$x$ @you https://a.b www.c.d a: b")
    assert found == (
        "<span>$</span>x<span>$</span> <span>@</span>you https<span>:</span>//a.b www<span>.</span>c.d a: b"
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            '"seeds": 10',
            '"seeds": 1' + "0" * 5000,
            "is not JSON (10000000000000000000... is too large",
        ),
        ('"seeds": 10', '"seeds": 1' + "0" * 400, "is too large for a number"),
        ('"seeds": 10', '"seeds": 1' + "0" * 300, "is a damaged report: 'plan.seeds' is 1e+300"),
        ('"seeds": 10', '"seeds": 18446744073709551616', "'plan.seeds' is 1.84467440737"),
        ('"lr": 0.0125', '"lr": 1e400', "is not JSON (1e400... is too large for a number)"),
        ('"n": 10', '"n": 1' + "0" * 30, "'summary[0].n' is 1e+30"),
        ('"ties": 10', '"ties": 1e300', ".ties' is 1e+300"),
        ('"ties": 10', '"ties": 9223372036854775807', ".ties' is 9223372036854775807"),
        ('"gap_sd": 0', '"gap_sd": true, "x": 0', "'summary[0].gap_sd' is true"),
        ('"train_mean": 0', '"train_mean": null, "x": 0', "it has no 'summary[0].train_mean'"),
        ('"vary": [', '"vary": [0.5, ', "'plan.vary[0]' is 0.5"),
        ('"plan": {', '"plan": {"x": ' + "[" * 200 + "]" * 200 + ",", "nested too deeply"),
        ('"plan": {', '"plan": {"x": ' + "[" * 99_999 + "]" * 99_999 + ",", "nested too deeply"),
        ('"plan": {', '"plan": ' + '{"x": ' * 9_999, "nested too deeply"),
    ],
)
def test_numbers_and_nesting_beyond_all_measure_are_errors_of_one_line(
    old: str, new: str, message: str, tmp_path: Path
) -> None:
    """Whatever is to be written from the report."""
    text = to_json(report())
    assert old in text
    (tmp_path / "r.json").write_text(text.replace(old, new, 1), "utf-8")
    for words in (("report", "r.json", "-o", "-.json"), ("diff", "r.json", "r.json")):
        done = run_here(words, tmp_path)
        assert done.code == 1 and done.out == ""
        assert done.err.startswith("Error: 'r.json' is") and message in done.err
        assert done.err.count("\n") == 1 and len(done.err) < 300


def test_whole_numbers_are_read_as_they_were_written(tmp_path: Path) -> None:
    """Up to the largest seed, and as a float beyond it."""
    text = to_json(report()).replace(
        '"timing": {', '"timing": {"a": 9223372036854775807, "b": -1e20,'
    )
    (tmp_path / "r.json").write_text(text, "utf-8")
    timing = read_report(str(tmp_path / "r.json")).timing
    assert timing["a"] == 2**63 - 1 and timing["b"] == -1e20


def test_rows_stand_as_typed_or_by_score(tmp_path: Path) -> None:
    """The baseline first; a method without a score last; of a loss, the smallest first."""
    order = [row[0] for row in make_table(report()).rows]
    assert order == list(METHODS)
    for variant in (report, log_loss):
        given = variant()
        by_score = replace(given, plan=given.plan | {"sort": "score"})
        names = [row[0] for row in make_table(by_score).rows]
        scores = given.summary.set_index("method")["test_mean"]
        assert names[0] == given.plan["baseline"] and names[-1] == "l2=1000"
        found = [scores[name] for name in names[1:-1]]
        assert found == sorted(found, reverse=given.plan["metric"] == "accuracy")
    saved = tmp_path / "saved.json"
    saved.write_text(to_json(report()), "utf-8")
    done = run(["report", "saved.json", "--sort", "score"], tmp_path)
    first = [
        line.split()[0] for line in done.out.split("\n") if line.startswith(("l2=0.01", "none"))
    ]
    assert first == ["none", "l2=0.01"]

"""A study: each condition is its single command, and all of them stand in one table, file and page."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import numpy as np
import pandas as pd
import pytest
from commands import run_here
from test_html import BROWSER, Page

import regcmp
from regcmp.report.html.study_page import to_study_html
from regcmp.report.study_document import study_schema
from regcmp.report.study_figures import study_figures
from regcmp.report.study_reader import read_any
from regcmp.runs.pace import Pace, Paces
from regcmp.study.running import compare_over
from regcmp.study.varying import conditions, parse_over

FAST = ("--seeds", "6", "--epochs", "4", "--hidden", "8", "--jobs", "1")
SIZES = ("compare", "--dataset", "wine", "none", "l2", *FAST, "--over", "train-size=40,80")
WORDS = {"seeds": 6, "epochs": 4, "hidden": 8, "jobs": 1}


def without_timing(report: dict[str, Any]) -> dict[str, Any]:
    """A report's document but for what equal commands do not share."""
    return {key: value for key, value in report.items() if key != "timing"}


def test_each_condition_is_its_single_command(tmp_path: Path) -> None:
    """To the byte, of JSON and of CSV; the study's schema holds."""
    done = run_here([*SIZES, "-o", "s.json", "-o", "s.csv"], tmp_path)
    assert done.code == 0, done.err
    study = json.loads((tmp_path / "s.json").read_text())
    jsonschema.validate(study, study_schema())
    long = pd.read_csv(tmp_path / "s.csv")
    assert list(long["train_size"]) == [40, 40, 80, 80]
    for size, part in zip(("40", "80"), study["conditions"], strict=True):
        assert part["words"] == {"train-size": size} and part["error"] is None
        words = [*SIZES[:-2], "--train-size", size, "-o", f"{size}.json", "-o", f"{size}.csv"]
        run_here(words, tmp_path)
        single = json.loads((tmp_path / f"{size}.json").read_text())
        assert without_timing(part["report"]) == without_timing(single)
        rows = long[long["train_size"] == int(size)].drop(columns="train_size")
        pd.testing.assert_frame_equal(
            rows.reset_index(drop=True), pd.read_csv(tmp_path / f"{size}.csv")
        )


def test_all_combinations_are_compared(tmp_path: Path) -> None:
    """The last option varies fastest; values that hold commas are separated by semicolons."""
    words = [*SIZES, "--over", "hidden=4;4,3", "-o", "s.json", "--runs", "r.csv", "-q"]
    assert run_here(words, tmp_path).code == 0
    parts = json.loads((tmp_path / "s.json").read_text())["conditions"]
    found = [tuple(each["words"].values()) for each in parts]
    assert found == [("40", "4"), ("40", "4,3"), ("80", "4"), ("80", "4,3")]
    assert [each["report"]["plan"]["hidden"] for each in parts[:2]] == [[4], [4, 3]]
    runs = pd.read_csv(tmp_path / "r.csv")
    assert len(runs) == 4 * 2 * 6 and list(runs.columns[:3]) == ["train_size", "hidden", "dataset"]


@pytest.mark.parametrize(
    ("over", "message"),
    [
        ("train-size", "--over 'train-size': expected NAME=VALUE,VALUE,..., as in"),
        ("=3", "--over '=3': expected NAME=VALUE"),
        ("trainsize=3", "did you mean 'train-size'?"),
        ("jobs=1,2", "'jobs' can't vary: no number depends on it"),
        ("methods=l1,l2", "'methods' can't vary: it says what is compared"),
        ("train-size=40,,80", "a value is empty"),
        ("train-size=40,40", "'40' appears twice; write it once"),
        ("train-size=40,forty", "train-size=forty: --train-size: expected a share"),
        ("dataset=nix/*.csv", "--dataset 'nix/*.csv': no file has a name like this"),
        ("dataset=wine,iris", "--over says which datasets there are; leave one out"),
        ("seeds=" + ",".join(map(str, range(2, 1004))), "1,002 conditions, and 1,000 are the most"),
    ],
)
def test_what_can_t_vary_is_said_in_one_line(over: str, message: str, tmp_path: Path) -> None:
    """Before anything is trained."""
    done = run_here([*SIZES[:-1], over], tmp_path)
    assert done.code == 2 and message in done.err and done.err.count("\n") == 1, done.err
    assert not done.out


def test_an_option_is_given_once(tmp_path: Path) -> None:
    """With all of its values."""
    done = run_here([*SIZES, "--over", "train-size=100"], tmp_path)
    assert done.code == 2 and "--over train-size: given twice" in done.err


def test_a_condition_that_fails_is_named_and_the_others_stand(tmp_path: Path) -> None:
    """Exit 1 at the end; its gates are inconclusive; JSON says why."""
    words = [*SIZES[:-1], "train-size=40,5000", "-o", "s.json", "--fail-if"]
    done = run_here([*words, "train-size=5000: gap_mean(l2) > 0.9"], tmp_path)
    assert done.code == 1 and "train-size=5000: failed: --train-size and" in done.out
    assert "none" in done.out and "the condition failed" in done.err
    broken = json.loads((tmp_path / "s.json").read_text())["conditions"][1]
    assert broken["report"] is None and "5000" in broken["error"]
    again = run_here(["report", "s.json"], tmp_path)
    assert again.code == 1 and again.out == done.out
    refused = run_here(["report", "s.json", "--condition", "train-size=5000"], tmp_path)
    assert refused.code == 1 and "train-size=5000 failed" in refused.err


@pytest.mark.parametrize(
    ("gate", "code", "said"),
    [
        ("test_mean(none) < 0", 0, 2),
        ("train-size=80: test_mean(none) < 0", 0, 1),
        ("train-size=80: test_mean(none) > 0", 3, 1),
        ("test_mean(none) > 0", 3, 2),
        ("train-size=8: test_mean(none) > 0", 2, 0),
        ("train-size=80: test_maen(none) > 0", 2, 0),
    ],
)
def test_a_gate_asks_about_the_condition_that_it_names(
    gate: str, code: int, said: int, tmp_path: Path
) -> None:
    """Or about every one."""
    done = run_here([*SIZES, "--fail-if", gate, "-o", "g.xml"], tmp_path)
    assert done.code == code, done.err
    assert done.err.count("Gate ") == said
    if said:
        assert len(ElementTree.parse(tmp_path / "g.xml").findall(".//testcase")) == said


def folder(path: Path) -> Path:
    """Three CSV files of two classes, one of which can't be read."""
    tables = path / "tables"
    tables.mkdir()
    rng = np.random.default_rng(0)
    for name in ("a", "b"):
        frame = pd.DataFrame(rng.normal(size=(60, 3)), columns=["u", "v", "w"])
        frame["target"] = np.where(frame["u"] > 0, "up", "down")
        frame.to_csv(tables / f"{name}.csv", index=False)
    (tables / "c.csv").write_text("x,target\n1,only\n2,only\n")
    return tables


def test_datasets_of_a_folder_and_a_closing_table(tmp_path: Path) -> None:
    """A pattern, and repeated --dataset; what can't be read is a named row."""
    folder(tmp_path)
    done = run_here(
        ["compare", "tables/*.csv", "l2", *FAST, "-o", "s.json", "-o", "s.csv"], tmp_path
    )
    assert done.code == 1 and "dataset=tables/c.csv: failed:" in done.out
    assert "Over 2 datasets: tables/a.csv, tables/b.csv" in done.out
    assert "No p-value: 2 datasets can't reach the level; 1 method needs 6." in done.out
    assert list(pd.read_csv(tmp_path / "s.csv").columns[:2]) == ["dataset", "method"]
    (closing,) = json.loads((tmp_path / "s.json").read_text())["across"]
    summary = pd.read_csv(tmp_path / "s.csv").query("method != 'none'")
    (row,) = closing["methods"]
    assert row["differences"] == list(summary["delta_test"]) and row["p_value"] is None
    twice = ["compare", "--dataset", "tables/a.csv", "--dataset", "tables/b.csv", "l2", *FAST]
    assert "Over 2 datasets" in run_here(twice, tmp_path).out


def test_no_test_takes_tasks_together(tmp_path: Path) -> None:
    """Accuracy and R² have a table each; an error in the unit of the target has none."""
    words = {"methods": "none l2", **WORDS}
    study = compare_over({"dataset": ["wine", "iris", "diabetes", "digits"]}, **words)
    assert [each.metric for each in study.closings] == ["accuracy"]
    assert study.closings[0].datasets == ("wine", "iris", "digits")
    path = tmp_path / "r.csv"
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(rng.normal(size=(60, 2)), columns=["x", "target"])
    frame.to_csv(path, index=False)
    errors = compare_over({"dataset": ["diabetes", str(path)]}, metric="rmse", **words)
    assert not errors.closings[0].methods and "unit of each target" in errors.closings[0].refused


def test_lower_is_better_for_a_loss() -> None:
    """Differences of the closing table are positive where a method is better."""
    study = compare_over(
        {"dataset": ["wine", "iris"]}, methods="none l2=1", metric="log_loss", **WORDS
    )
    given = [report.summary["delta_test"].iloc[1] for _, report in study.done]
    assert study.closings[0].methods[0].differences == tuple(-each for each in given)


def test_python_config_and_environment_say_the_same(tmp_path: Path) -> None:
    """As the command line does."""
    run_here([*SIZES, "-o", "a.json"], tmp_path)
    (tmp_path / "c.toml").write_text('dataset = "wine"\nmethods = ["none", "l2"]\nseeds = 6\nepochs = 4\n'
                                     'hidden = 8\nover = ["train-size=40,80"]\n')  # fmt: skip
    run_here(["compare", "--config", "c.toml", "-o", "b.json"], tmp_path)
    run_here([*SIZES[:-2], "-o", "c.json"], tmp_path, {"REGCMP_COMPARE_OVER": "train-size=40,80"})
    documents = [
        json.loads((tmp_path / name).read_text()) for name in ("a.json", "b.json", "c.json")
    ]
    for each in documents:
        for part in each["conditions"]:
            del part["report"]["timing"]
    assert documents[0] == documents[1] == documents[2]
    study = regcmp.compare_over({"train_size": [40, 80]}, "wine", "none l2", **WORDS)
    rows = [part["report"]["summary"][1]["test_mean"] for part in documents[0]["conditions"]]
    table = study.frame("summary")
    assert list(table[table["method"] != "none"]["test_mean"]) == rows
    saved = run_here([*SIZES, "--save-config", "d.toml", "-q"], tmp_path)
    assert saved.code == 0
    again = run_here(["compare", "--config", "d.toml"], tmp_path)
    assert again.code == 0 and again.out == saved.out


def test_a_saved_study_is_rendered_as_it_was(tmp_path: Path) -> None:
    """In every format; one condition of it is its report; what takes one report says what to do."""
    names = ("csv", "md", "html", "json")
    first = run_here([*SIZES, *(f"-os.{each}" for each in names)], tmp_path)
    again = run_here(["report", "s.json", *(f"-ot.{each}" for each in names)], tmp_path)
    assert again.code == 0, again.err
    for each in names:
        assert (tmp_path / f"s.{each}").read_bytes() == (tmp_path / f"t.{each}").read_bytes(), each
    assert run_here(["report", "s.json"], tmp_path).out == first.out
    one = run_here(["report", "s.json", "--condition", "train-size=80", "-o", "one.json"], tmp_path)
    assert one.code == 0
    run_here([*SIZES[:-2], "--train-size", "80", "-o", "single.json"], tmp_path)
    documents = [json.loads((tmp_path / name).read_text()) for name in ("one.json", "single.json")]
    assert without_timing(documents[0]) == without_timing(documents[1])
    for words in (["diff", "s.json", "one.json"], ["power", "s.json"]):
        done = run_here(words, tmp_path)
        assert done.code and "study" in done.err + done.out, done.err
    refused = run_here(["report", "s.json", "-o", "s.png"], tmp_path)
    assert refused.code == 2 and "a study is written as .csv, .json, .md" in refused.err


@pytest.mark.parametrize(
    "spoil",
    [
        lambda d: d | {"schema": "regcmp.study/9"},
        lambda d: d | {"varied": ["seeds"]},
        lambda d: d | {"conditions": []},
        lambda d: d | {"conditions": 3},
        lambda d: d | {"conditions": [{"words": {}, "error": None, "report": 3}]},
        lambda d: {key: value for key, value in d.items() if key != "rope"},
    ],
)
def test_a_damaged_study_is_one_line(spoil: Any, tmp_path: Path) -> None:
    """That names the file."""
    run_here([*SIZES, "-o", "s.json", "-q"], tmp_path)
    document = json.loads((tmp_path / "s.json").read_text())
    (tmp_path / "t.json").write_text(json.dumps(spoil(document)))
    done = run_here(["report", "t.json"], tmp_path)
    assert done.code == 1 and done.err.startswith("Error: 't.json' ") and done.err.count("\n") == 1


def test_a_first_argument_that_is_data_is_the_dataset(tmp_path: Path) -> None:
    """A name or a file; a method that a file is called by stays a method."""
    (tmp_path / "l2").write_text("")
    variable = {"REGCMP_COMPARE_DATASET": "wine"}
    for number, (words, variables) in enumerate(
        (
            (["--dataset", "wine", "l2"], None),
            (["wine", "l2"], None),
            (["wine", "l2"], {"REGCMP_COMPARE_DATASET": "iris"}),
            (["l2", "--dataset", "wine"], None),
            (["l2"], variable),
        )
    ):
        name = f"{number}.csv"
        assert run_here(["compare", *words, *FAST, "-o", name], tmp_path, variables).code == 0
        assert (tmp_path / name).read_bytes() == (tmp_path / "0.csv").read_bytes(), words
    several = run_here(["compare", "wine", "iris", "l2", *FAST], tmp_path)
    assert several.out.startswith("2 conditions: dataset wine, iris")
    missing = run_here(["compare", "l2"], tmp_path)
    assert missing.code == 2 and "Missing option '--dataset'" in missing.err


def test_figures_hold_what_the_summary_says(tmp_path: Path) -> None:
    """Against the number that varies, in its order; a word without numbers has none."""
    run_here([*SIZES[:-1], "train-size=80,40,60", "-o", "s.json", "-q"], tmp_path)
    study: Any = read_any(str(tmp_path / "s.json"))
    score, gap, versus = study_figures(study)
    table = study.frame("summary").set_index(["method", "train_size"])
    for figure, column in ((score, "test_mean"), (gap, "gap_mean"), (versus, "delta_test")):
        line = figure.panels[1].lines[0]
        assert line.xs == (40, 60, 80)
        expected = [table.loc[("l2=0.001", str(int(x))), column] * 100 for x in line.xs]
        np.testing.assert_allclose(line.means, expected)
    band = (
        table.loc[("l2=0.001", "40"), "delta_test_high"]
        - table.loc[("l2=0.001", "40"), "delta_test"]
    )
    assert versus.panels[1].lines[0].sds[0] == pytest.approx(0 if np.isnan(band) else band * 100)
    assert versus.panels[0].lines[0].means == (0, 0, 0)
    named = compare_over({"activation": ["relu", "tanh"]}, "wine", "none l2", **WORDS)
    assert study_figures(named) == []


def test_the_page_needs_nothing_else(tmp_path: Path) -> None:
    """No request, escaped names, the same bytes each time, and each condition's table."""
    (tmp_path / "tables").mkdir()
    hostile = tmp_path / "tables" / "<img src=x onerror=alert(1)>.csv"
    frame = pd.DataFrame({"x": np.arange(60) % 7, "target": np.where(np.arange(60) % 2, "a", "b")})
    frame.to_csv(hostile, index=False)
    study = compare_over({"dataset": ["wine", str(hostile)]}, methods="none l2", **WORDS)
    page = to_study_html(study)
    assert page == to_study_html(study) and "<img" not in page
    assert not re.search(r'(src|href)="(?!#|data:)', page)
    assert page.count("<details><summary>dataset=") == 2 and "Over 2 datasets: accuracy" in page


def test_nothing_is_trained_twice(tmp_path: Path) -> None:
    """A study takes what its single commands trained, and the other way round."""
    store = ["--store", str(tmp_path / "runs.sqlite")]
    run_here([*SIZES[:-2], "--train-size", "40", *store], tmp_path)
    done = run_here([*SIZES, *store], tmp_path)
    assert "train-size=40: 12 of 12 runs from" in done.err and "train-size=80: " not in done.err
    again = run_here([*SIZES, *store], tmp_path)
    assert again.err.count("12 of 12 runs from") == 2 and again.out == done.out


def test_a_study_is_rehearsed_condition_by_condition(tmp_path: Path) -> None:
    """And writes nothing."""
    done = run_here([*SIZES, "--dry-run", "-o", "s.json"], tmp_path)
    assert done.code == 0 and not list(tmp_path.iterdir())
    assert [each.split(": ")[0] for each in done.out.splitlines()] == [
        "train-size=40",
        "train-size=80",
    ]


def test_a_study_of_other_words_is_not_overwritten(tmp_path: Path) -> None:
    """Nor a report by a study."""
    run_here([*SIZES, "-o", "s.json", "-q"], tmp_path)
    other = [*SIZES[:-1], "epochs=2,3", "-o", "s.json", "-q"]
    assert "another plan" in run_here(other, tmp_path).err
    assert run_here([*other, "--force"], tmp_path).code == 0
    report = [*SIZES[:-2], "-o", "s.json", "-q"]
    assert "no regcmp.report" in run_here(report, tmp_path).err


def test_progress_counts_all_conditions() -> None:
    """Those to come take as long as those so far."""
    now, later = Pace(), Pace()
    now.total, later.total = 4, 8
    paces = Paces([now, later])
    assert (paces.total, paces.done, paces.seconds_left) == (12, 0, None)
    now.done, now.expected = 4, 0.0
    assert paces.done == 4 and paces.begin(1) is later and paces.done == 4


def test_conditions_multiply_out() -> None:
    """In the order of the words."""
    found = conditions([parse_over("seeds=3,4"), parse_over("hidden=8;8,8")])
    assert found[1] == {"seeds": "3", "hidden": "8,8"} and len(found) == 4


@pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")
def test_in_a_browser_the_chart_of_a_study_has_its_tools(tmp_path: Path) -> None:
    """The script runs under the page's policy, with no table to sort."""
    run_here([*SIZES, "-o", "s.html", "-q"], tmp_path)
    page = tmp_path / "s.html"
    assert "Show all" not in Page(page.read_text()).texts
    flags = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'p'}"]
    done = subprocess.run(
        [str(BROWSER), *flags, "--dump-dom", page.as_uri()],
        capture_output=True, encoding="utf-8", timeout=60, check=True,
    )  # fmt: skip
    assert done.stdout.count(">Show all<") == 3  # test score, gap and difference

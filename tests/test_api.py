"""The Python API says and writes what the command line does."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
from commands import run, strict

import regcmp
from regcmp.plan import OPTIONS

METHODS = ["none", "l2=0.001", "dropout=0.5:input=0.2"]
WORDS = {"hidden": "4", "epochs": 2, "seeds": 5, "train_size": 60, "metric": "log_loss"}
FLAGS = ("--hidden 4 --epochs 2 --seeds 5 --train-size 60 --metric log_loss --jobs 1").split()

SUMMARY = (
    "dataset method metric n n_failed train_mean train_sd test_mean test_sd gap_mean gap_sd"
    " delta_test delta_test_low delta_test_high delta_gap delta_gap_low delta_gap_high"
    " wins ties losses p_value p_holm status note error error_floor df p_gap"
).split()
RUNS = (
    "dataset method seed status epochs train_accuracy test_accuracy accuracy_gap"
    " train_loss test_loss loss_gap nonzero_fraction"
).split()
HISTORY = ("dataset method seed epoch train_accuracy test_accuracy train_loss test_loss").split()


@pytest.fixture(scope="module")
def comparison() -> regcmp.Comparison:
    """A small comparison."""
    return regcmp.compare("wine", METHODS, jobs=1, **WORDS)


def test_frames_have_the_promised_columns(comparison: regcmp.Comparison) -> None:
    """In order; columns of runs and history may follow."""
    assert list(comparison.summary) == SUMMARY
    assert list(comparison.runs)[: len(RUNS)] == RUNS
    assert list(comparison.history)[: len(HISTORY)] == HISTORY
    assert list(comparison.summary["method"]) == METHODS
    assert len(comparison.runs) == 15
    assert comparison.summary["test_mean"].dtype == float


@pytest.mark.full
def test_texts_are_those_of_the_command_line(comparison: regcmp.Comparison, tmp_path: Path) -> None:
    """Byte for byte, timing aside."""
    files = "-o s.csv -o s.json -o s.md --runs r.csv --history h.csv -q".split()
    done = run(["compare", "--dataset", "wine", *METHODS, *FLAGS, *files], tmp_path)
    assert done.code == 0, done.err
    assert done.file("s.csv").decode() == comparison.to_csv()
    assert done.file("s.md").decode() == comparison.to_markdown()
    ours, theirs = strict(comparison.to_json()), strict(done.file("s.json"))
    ours.pop("timing")
    theirs.pop("timing")
    assert ours == theirs
    read = pd.read_csv(tmp_path / "r.csv")
    pd.testing.assert_frame_equal(read, comparison.runs, check_dtype=False)
    pd.testing.assert_frame_equal(
        pd.read_csv(tmp_path / "h.csv"), comparison.history, check_dtype=False
    )


@pytest.mark.parametrize(
    ("words", "flags", "error"),
    [
        ({"dataset": "digit"}, ["--dataset", "digit"], regcmp.UsageError),
        ({"methods": ["droput"]}, ["--dataset", "wine", "droput"], regcmp.UsageError),
        ({"seeds": 0}, ["--dataset", "wine", "--seeds", "0"], regcmp.UsageError),
        ({"hidden": "4,x"}, ["--dataset", "wine", "--hidden", "4,x"], regcmp.UsageError),
        ({"metric": "acuracy"}, ["--dataset", "wine", "--metric", "acuracy"], regcmp.UsageError),
        ({"train_size": 2}, ["--dataset", "wine", "--train-size", "2"], regcmp.UsageError),
        ({"jobs": 0}, ["--dataset", "wine", "--jobs", "0"], regcmp.UsageError),
    ],
)
def test_errors_are_those_of_the_command_line(
    words: dict[str, object], flags: list[str], error: type[ValueError], tmp_path: Path
) -> None:
    """The same words, as a ValueError that names its kind."""
    with pytest.raises(error) as caught:
        regcmp.compare(**({"dataset": "wine"} | words))  # type: ignore[arg-type]
    done = run(["compare", *flags], tmp_path)
    assert (done.code, done.err) == (2, f"Error: {caught.value}\n")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"sep": 3}, "--sep: expected a text, got 3"),
        ({"encoding": None}, "--encoding: expected a text, got None"),
        ({"test": 3}, "--test: expected the name of a file, got 3"),
        ({"test": Path("b.csv")}, "--test: there is no file 'b.csv'"),
        ({"classes_as_text": "yes"}, "--classes-as-text: expected True or False, got 'yes'"),
        ({"target": True}, "--target: expected the name of a column"),
        ({"lr": True}, "--lr: expected a learning rate above 0, got 'True'"),
        ({"header": "no"}, "--header: expected True or False, got 'no'"),
    ],
)
def test_a_value_of_another_type_is_named(words: dict[str, object], message: str) -> None:
    """Before anything is read."""
    with pytest.raises(regcmp.UsageError) as caught:
        regcmp.compare("wine", "none", epochs=1, seeds=1, jobs=1, **words)
    assert str(caught.value).startswith(message)


def test_methods_may_be_one_text_and_hidden_a_list() -> None:
    """As people write them in Python."""
    one = regcmp.compare("iris", "none l2=1", hidden=[4, 3], epochs=1, seeds=1, jobs=1)
    two = regcmp.compare("iris", ["l2=1"], hidden=(4, 3), epochs=1, seeds=1, jobs=1)
    assert one.to_csv() == two.to_csv()
    assert one.plan["hidden"] == [4, 3]


def test_a_comparison_is_printed_as_its_table(
    comparison: regcmp.Comparison, tmp_path: Path
) -> None:
    """What the command line prints into a pipe."""
    done = run(["compare", "--dataset", "wine", *METHODS, *FLAGS], tmp_path)
    assert repr(comparison) == str(comparison) == done.out.rstrip("\n")


def test_help_names_every_word() -> None:
    """Of the plan, beside the parameters that are named."""
    words = set(re.findall(r"\w+", regcmp.compare.__doc__ or ""))
    assert {*OPTIONS, "jobs"} <= words

"""References below the methods: their scores against scikit-learn, and that nothing else sees them."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from commands import run_here
from rich.console import Console
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    log_loss,
    r2_score,
    root_mean_squared_error,
)
from test_constant import rare  # noqa: F401

import regcmp
from regcmp.data.loading import load_dataset
from regcmp.data.preparation.splitting import split_rows, split_sizes
from regcmp.errors import DataError, UsageError
from regcmp.plan import make_plan
from regcmp.report.document import report_schema
from regcmp.report.latex import to_latex
from regcmp.report.layout import make_table
from regcmp.report.reader import read_report
from regcmp.report.terminal import print_table

QUICK = {"hidden": "4", "epochs": 1, "seeds": 3, "jobs": 1}


def quick(dataset: str = "wine", **options: object) -> regcmp.Comparison:
    """A comparison of two methods with little training."""
    return regcmp.compare(dataset, "none l2", **{**QUICK, **options})


def splits(name: str, seeds: range) -> list[tuple[np.ndarray, np.ndarray]]:
    """The training and the test y under each seed."""
    data = load_dataset(name)
    sizes = split_sizes(data, 0.2, None)
    drawn = [split_rows(data, *sizes, seed) for seed in seeds]
    return [(data.y[each.train], data.y[each.test]) for each in drawn]


def test_the_majority_class_scores_as_scikit_learns_dummy() -> None:
    """Its classes are those of 'most_frequent', its log loss that of 'prior': of the class shares."""
    (line,) = quick("breast_cancer").references
    assert (line["name"], line["kind"], line["n"]) == ("majority class", "majority", 3)
    for found, (train, test) in zip(line["runs"], splits("breast_cancer", range(3)), strict=True):
        frequent, prior = (
            DummyClassifier(strategy=name).fit(np.zeros((len(train), 1)), train)
            for name in ("most_frequent", "prior")
        )
        for side, y in (("train", train), ("test", test)):
            x = np.zeros((len(y), 1))
            answer = frequent.predict(x)
            assert found[f"{side}_accuracy"] == pytest.approx(accuracy_score(y, answer))
            assert found[f"{side}_balanced_accuracy"] == balanced_accuracy_score(y, answer) == 0.5
            assert found[f"{side}_loss"] == pytest.approx(log_loss(y, prior.predict_proba(x)))
        assert found["loss_gap"] == pytest.approx(found["test_loss"] - found["train_loss"])


def test_the_mean_scores_as_scikit_learns_dummy() -> None:
    """In a regression: R² of 0 on training rows, RMSE in the target's unit, half of e² as the loss."""
    (line,) = quick("diabetes").references
    assert line["name"] == "mean"
    for found, (train, test) in zip(line["runs"], splits("diabetes", range(3)), strict=True):
        dummy = DummyRegressor().fit(np.zeros((len(train), 1)), train)
        for side, y in (("train", train), ("test", test)):
            answer = dummy.predict(np.zeros((len(y), 1)))
            assert found[f"{side}_r2"] == pytest.approx(r2_score(y, answer), abs=1e-12)
            assert found[f"{side}_rmse"] == pytest.approx(root_mean_squared_error(y, answer))
        assert found["train_loss"] == pytest.approx(0.5), "the standardised target has variance 1"


@pytest.mark.parametrize("metric", ["accuracy", "log_loss"])
def test_the_levels_are_those_of_the_metric_over_splits(metric: str) -> None:
    """Mean and standard deviation (n - 1) of each split's score."""
    (line,) = quick(metric=metric).references
    key = {"accuracy": "accuracy", "log_loss": "loss"}[metric]
    for level, column in (
        ("train", f"train_{key}"),
        ("test", f"test_{key}"),
        ("gap", f"{key}_gap"),
    ):
        values = [each[column] for each in line["runs"]]
        assert line["metric"] == metric
        assert line[f"{level}_mean"] == pytest.approx(np.mean(values))
        assert line[f"{level}_sd"] == pytest.approx(np.std(values, ddof=1))


def test_flipped_labels_are_learned_and_true_ones_are_tested(rare: Path) -> None:  # noqa: F811
    """Of 84 % a share of 0.7 stays, and of 16 % a share of 0.3 comes: 63.6 % in all, by chance 5 more."""
    clean, noisy = (quick(str(rare), label_noise=share).references[0] for share in (0, 0.3))
    assert clean["train_mean"] == pytest.approx(0.84, abs=0.005)
    assert noisy["train_mean"] == pytest.approx(0.636, abs=0.05)
    assert noisy["test_mean"] == clean["test_mean"] == 0.8375


def test_one_split_for_all_seeds_is_scored_once() -> None:
    """The seeds do not redraw what it depends on, so there is one score and no spread."""
    (line,) = quick(vary="init").references
    assert line["n"] == 1 and [each["seed"] for each in line["runs"]] == [0]
    assert line["test_sd"] is None and line["test_mean"] == line["runs"][0]["test_accuracy"]


def test_what_always_answers_the_same_scores_as_the_majority_class(rare: Path) -> None:  # noqa: F811
    """A network with no more than its bias is level with its reference, split by split."""
    comparison = regcmp.compare(str(rare), "none l2=1", hidden=8, epochs=60, seeds=3, jobs=1)
    own = comparison.runs[comparison.runs["method"] == "l2=1"]
    (line,) = comparison.references
    assert list(own["constant"]) == [1, 1, 1]
    assert list(own["test_accuracy"]) == [each["test_accuracy"] for each in line["runs"]]


# What sees them


def test_a_reference_stands_below_the_methods_and_is_compared_with_nothing() -> None:
    """In the table of every human format; with a line that says what it is."""
    comparison = quick()
    table = make_table(comparison)
    line = comparison.references[0]
    assert [row[0] for row in table.rows] == ["none", "l2=0.001", "majority class"]
    assert table.tones == ("baseline", "", "reference")
    _, n, train, test, gap, *others = table.rows[-1]
    assert n == "3"
    assert train == f"{100 * line['train_mean']:.1f} ± {100 * line['train_sd']:.1f}"
    assert test == f"{100 * line['test_mean']:.1f} ± {100 * line['test_sd']:.1f}"
    assert gap.startswith(f"{100 * line['gap_mean']:.1f} ±") and set(others) == {""}
    assert any(text.startswith("Majority class: a reference") for text in table.below)
    assert (
        "\nmajority class " in repr(comparison) and "| majority class |" in comparison.to_markdown()
    )
    page, latex = comparison.to_html(), to_latex(table)
    assert "majority class" in page.split('<tbody class="reference">')[1].split("</tbody>")[0]
    assert latex.count(r"\midrule") == 2 and "\nmajority class &" in latex.split(r"\midrule")[2]


def test_a_part_of_a_broken_table_leaves_out_a_line_without_a_cell() -> None:
    """Where a terminal is too narrow, its name stands beside its numbers alone."""
    stream = StringIO()
    print_table(make_table(quick()), Console(file=stream), 60)
    printed = stream.getvalue()
    assert printed.count("\nnone ") > 1 and printed.count("\nmajority class ") == 1


def test_methods_gates_and_adjustments_do_not_see_it() -> None:
    """Summary, runs, verdict and Holm's p are the same to the bit without it."""
    with_it, without = (quick(seeds=5, reference=name) for name in ("majority", "none"))
    for name in ("summary", "runs", "history"):
        assert getattr(with_it, name).equals(getattr(without, name))
    assert with_it.verdict == without.verdict and with_it.to_csv() == without.to_csv()
    assert without.references == [] and len(make_table(without).rows) == 2


def test_a_gate_on_any_method_is_none_on_a_reference(tmp_path: Path) -> None:
    """It scores 40 % on wine, and no gate finds that; nor can one name it."""
    words = "compare --dataset wine --seeds 2 --epochs 40 --jobs 1 -q --fail-if".split()
    assert run_here([*words, "test_mean(*) < 0.6"], tmp_path).code == 0
    refused = run_here([*words, "test_mean(majority class) < 0.6"], tmp_path)
    assert refused.code == 2 and b"majority class" in refused.stderr


@pytest.mark.parametrize("reference", ["majority", "none"])
def test_a_saved_report_shows_the_same_table(reference: str, tmp_path: Path) -> None:
    """Its JSON is of its schema, and gives every format again."""
    comparison = quick(reference=reference)
    document = json.loads(comparison.to_json())
    jsonschema.validate(document, report_schema())
    assert ("references" in document) is (reference != "none")
    path = tmp_path / "report.json"
    path.write_text(comparison.to_json())
    saved = read_report(str(path))
    assert make_table(saved) == make_table(comparison)
    assert list(saved.references) == list(comparison.references)


def test_an_older_report_has_no_reference(tmp_path: Path) -> None:
    """Without the key, and without the option in its plan, it reads as it did."""
    document = json.loads(quick().to_json())
    del document["references"], document["plan"]["reference"]
    path = tmp_path / "old.json"
    path.write_text(json.dumps(document))
    old = read_report(str(path))
    assert old.plan["reference"] == ["none"] and not old.references
    assert [row[0] for row in make_table(old).rows] == ["none", "l2=0.001"]


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("metric", "r2", "'references[0].metric' is 'r2', its plan's 'accuracy'"),
        ("kind", "oracle", "references"),
        ("train_mean", None, "it has no 'references[0].train_mean'"),
        ("gap_sd", 1e305, "'references[0].gap_sd' is 1e+305"),
        ("n", "ten", "references"),
    ],
)
def test_a_damaged_reference_is_named(
    key: str, value: object, message: str, tmp_path: Path
) -> None:
    """By its place in the report."""
    document = json.loads(quick().to_json())
    document["references"][0][key] = value
    path = tmp_path / "damaged.json"
    path.write_text(json.dumps(document))
    with pytest.raises(DataError) as raised:
        read_report(str(path))
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("none", ("none",)),
        ("linear, majority", ("majority", "linear")),
        (["linear"], ("linear",)),
        ("none,none", ("none",)),
    ],
)
def test_references_are_kept_in_one_order(given: object, kept: tuple[str, ...]) -> None:
    """Whatever the order or the type that they are given in."""
    assert make_plan("wine", reference=given).protocol.reference == kept


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("linaer", "unknown reference 'linaer' in --reference: did you mean 'linear'?"),
        ("none,linear", "--reference: expected none alone, or one or more of majority, linear;"),
        ([], "--reference: expected none, or one or more of majority, linear"),
        ([1], "--reference: expected words such as 'majority', got 1"),
    ],
)
def test_another_reference_is_refused(given: object, message: str) -> None:
    """With what there is."""
    with pytest.raises(UsageError) as raised:
        make_plan("wine", reference=given)
    assert message in str(raised.value)

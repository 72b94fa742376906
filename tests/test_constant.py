"""Networks that answer the same for every row: they are found, marked, and named by the verdict."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import make_stack
from networks import mlp
from test_statistics import BASE, BETTER, row_of, runs

import regcmp
from regcmp.analysis.summarizing import summarize
from regcmp.analysis.testing import Resampled
from regcmp.engine.measuring import Measure
from regcmp.engine.stack import Rows
from regcmp.engine.training import train
from regcmp.results import run_row

N, FEATURES, RARE = 400, 12, 0.16


@pytest.fixture(scope="module")
def rare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of 84 % 'no' and 16 % 'yes', whose features are noise."""
    path = tmp_path_factory.mktemp("rare") / "rare.csv"
    labels = np.where(np.arange(N) < RARE * N, "yes", "no")
    x = np.random.default_rng(0).normal(size=(N, FEATURES))
    names = ",".join(f"x{i}" for i in range(FEATURES))
    rows = [
        ",".join([*map("{:.4f}".format, row), label]) for row, label in zip(x, labels, strict=True)
    ]
    path.write_text("\n".join([f"{names},y", *rows]) + "\n")
    return path


@pytest.fixture(scope="module")
def on_rare(rare: Path) -> regcmp.Comparison:
    """Two strengths that leave nothing but the bias, against a network that learns noise."""
    return regcmp.compare(
        str(rare), "none l2=1 dropout=0.8", hidden=32, epochs=60, seeds=10, jobs=1
    )  # fmt: skip


def test_what_wins_by_answering_the_same_is_marked_and_the_verdict_says_so(
    on_rare: regcmp.Comparison,
) -> None:
    """Its balanced accuracy is exactly a half, and its accuracy the share of the frequent class."""
    for method in ("l2=1", "dropout=0.8"):
        row = row_of(on_rare.summary, method)
        assert row["p_holm"] < 0.05 and row["delta_test"] > 0, "else nothing has to be said"
        assert row["status"] == "constant"
        assert "10 of 10 networks answer the same for every row" in row["note"]
        own = on_rare.runs[on_rare.runs["method"] == method]
        assert list(own["constant"]) == [1] * 10
        assert set(own["test_balanced_accuracy"]) == {0.5}
        assert set(own["test_accuracy"]) == {0.8375}, "67 of 80 test rows"
    assert "But l2=1 and dropout=0.8 always answer the same" in on_rare.verdict
    assert "left out as constant" in on_rare.verdict, "nor is a smaller gap claimed for them"


def test_a_network_that_learns_is_not_marked(on_rare: regcmp.Comparison) -> None:
    """It is the baseline of the same table."""
    assert row_of(on_rare.summary, "none")["status"] == "ok"
    assert set(on_rare.runs["constant"][on_rare.runs["method"] == "none"]) == {0}


def test_a_regression_that_gives_one_value_is_marked() -> None:
    """A penalty of this strength leaves the bias; the same network without it learns."""
    comparison = regcmp.compare("diabetes", "none l2=1000", hidden=8, epochs=60, seeds=3, jobs=1)
    assert list(comparison.summary["status"]) == ["ok", "constant"]
    assert set(comparison.runs["constant"][comparison.runs["method"] == "l2=1000"]) == {1}


def line_through(x: np.ndarray, slope: float, **rows: object) -> bool:
    """Whether a linear network of one feature counts as constant on these rows (train, test)."""
    split = len(x) // 2
    y = np.zeros((1, len(x)))
    own = Rows(x[None, :split, None], y[:, :split], x[None, split:, None], y[:, split:], 0)
    network = mlp(1, (), 1, "identity")
    theta = np.zeros((1, network.n_parameters))
    theta[0, network.is_weight] = slope
    (record,) = Measure(network, replace(own, **rows), [0]).record(0, theta)
    return record.constant


def test_values_are_the_same_within_a_thousandth_of_a_standard_deviation() -> None:
    """Of the targets, which are standardised: rows from 0 to 1 spread by the slope itself."""
    x = np.linspace(0, 1, 1000)
    assert line_through(x, 0.0) and line_through(x, 0.00099)
    assert not line_through(x, 0.00101) and not line_through(x, -0.00101)


@pytest.mark.parametrize("odd", [0, 300, 499, 500, 999])
def test_one_row_that_gets_another_answer_is_enough(odd: int) -> None:
    """Wherever it stands: in any chunk of the training rows or of the test rows."""
    x = np.zeros(1000)
    assert line_through(x, 1.0)
    x[odd] = 1
    assert not line_through(x, 1.0)


def test_classes_are_those_of_training_and_test_rows() -> None:
    """One class for all training rows and another for all test rows is no constant."""
    network = mlp(1, (), 2, "identity")
    theta = np.zeros((2, network.n_parameters))
    theta[0, network.is_weight] = [1, -1]
    theta[1, ~network.is_weight] = [0, 3]
    labels = np.zeros((1, 6), int)
    for train_x, test_x, expected in (
        (1.0, -1.0, [False, True]),
        (1.0, 1.0, [True, True]),
    ):
        rows = Rows(
            np.full((1, 6, 1), train_x), labels, np.full((1, 6, 1), test_x), labels, 2
        )  # fmt: skip
        records = Measure(network, rows, [0, 0]).record(0, theta)
        assert [each.constant for each in records] == expected


def constant(table: pd.DataFrame, method: str, n: int) -> None:
    """Mark the first n runs of a method."""
    own = table["method"] == method
    places = table.index[own]
    table.loc[places, "constant"] = 0
    table.loc[places[:n], "constant"] = 1


@pytest.mark.parametrize(("n", "status"), [(0, "ok"), (1, "ok"), (3, "ok"), (4, "constant")])
def test_a_method_is_marked_where_most_networks_answer_the_same(n: int, status: str) -> None:
    """Of six runs; fewer are in the note alone, and none are in no note."""
    table = runs(none=BASE, l2=BETTER)
    constant(table, "l2", n)
    row = row_of(summarize(table, "none", "accuracy", Resampled(0.25)), "l2")
    verb = "answers" if n == 1 else "answer"
    assert row["status"] == status
    assert (f"{n} of 6 networks {verb} the same for every row" in row["note"]) == (n > 0)


def test_a_stopped_run_goes_before_constant_and_constant_before_underfit() -> None:
    """All is in the note, the status is the gravest."""
    low = [(0.5, 0.5)] * 6
    table = runs(none=BASE, l1=[*low[:5], None], l2=low)
    constant(table, "l1", 5)
    constant(table, "l2", 6)
    summary = summarize(table, "none", "accuracy", Resampled(0.25))
    l1, l2 = row_of(summary, "l1"), row_of(summary, "l2")
    assert (l1["status"], l2["status"]) == ("diverged", "constant")
    assert "1 of 6 runs diverged" in l1["note"] and "5 of 5 networks answer" in l1["note"]
    assert "underfit" in l2["note"] and "6 of 6 networks answer" in l2["note"]


def test_runs_of_older_reports_are_not_marked() -> None:
    """They have no such column, and nothing is said of them."""
    row = row_of(summarize(runs(none=BASE, l2=BETTER), "none", "accuracy", Resampled(0.25)), "l2")
    assert (row["status"], row["note"]) == ("ok", "")


def test_a_run_that_was_stopped_has_no_flag() -> None:
    """As it has no scores."""
    (run,) = train(make_stack(lr=1e9, optimizer="sgd", epochs=8))
    assert run.status == "diverged"
    assert "constant" not in run_row("d", "m", 0, run)

"""Regression: its loss against scikit-learn and by hand, its scores, its gaps, and what it refuses."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from commands import run
from conftest import make_stack
from networks import mlp
from sklearn.linear_model import Lasso, Ridge
from sklearn.metrics import r2_score, root_mean_squared_error
from sklearn.neural_network import MLPRegressor
from test_sklearn_oracle import copy_weights

import regcmp
from regcmp.data.loading import load_dataset
from regcmp.engine.layers import Memory
from regcmp.engine.losses import SquaredError
from regcmp.engine.measuring import Measure, Record
from regcmp.engine.network import Gradient, Step
from regcmp.engine.stack import Ingredient, Rows
from regcmp.engine.training import Trained, train
from regcmp.report.document import report_schema
from regcmp.results import run_row

HIDDEN, RATE = (9, 7), 0.01
QUICK = {"hidden": "8", "epochs": 3, "seeds": 2, "jobs": 1}


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_gradient_is_that_of_scikit_learn(activation: str, rng: np.random.Generator) -> None:
    """One SGD step of MLPRegressor is its gradient: (before - after) / rate. Its loss has the ½ too."""
    x, y = rng.normal(size=(24, 5)), rng.normal(size=24)
    peer = MLPRegressor(
        hidden_layer_sizes=HIDDEN, activation=activation, alpha=0, batch_size=24, learning_rate_init=RATE,
        shuffle=False, random_state=3, solver="sgd", momentum=0.0,
    )  # fmt: skip
    network = mlp(5, HIDDEN, 1, activation)
    before, after = np.empty((2, 1, network.n_parameters))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer.partial_fit(x, y)
        copy_weights(network, peer, before)
        peer.partial_fit(x, y)
        copy_weights(network, peer, after)
    step = Step(x[None], y[None, :, None], network.no_masks(), network.no_taps())
    ours = Gradient(network, SquaredError(), 1, float)(before, step)
    np.testing.assert_allclose(ours, (before - after) / RATE, rtol=0, atol=1e-12)


def test_the_gradient_is_that_of_the_mean_loss(rng: np.random.Generator) -> None:
    """By differences; and the mean is that of the rows' losses."""
    loss, outputs, targets = SquaredError(), *rng.normal(size=(2, 3, 5, 1))
    gradient = loss.gradient(outputs.copy(), targets)
    for _ in range(5):
        along = rng.normal(size=outputs.shape)
        ends = [loss.mean(outputs + h * along, targets).sum() for h in (1e-6, -1e-6)]
        assert (gradient * along).sum() == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-6)
    rows = loss.of_rows(outputs, targets[..., 0])
    np.testing.assert_allclose(rows, (outputs - targets)[..., 0] ** 2 / 2)
    np.testing.assert_allclose(loss.mean(outputs, targets), rows.mean(axis=1))


@pytest.mark.parametrize("name", ["l1", "l2"])
def test_penalties_have_the_scale_of_scikit_learns_linear_models(name: str) -> None:
    """A linear network trained to the end is Lasso(alpha=λ) and Ridge(alpha=nλ)."""
    stack = make_stack(
        Ingredient(name, (0.1,)), task="values", hidden=(), batch_size=40, epochs=4000,
        optimizer="sgd", lr=0.05, schedule="step",
    )  # fmt: skip
    x, y = stack.rows.x_train[0], stack.rows.y_train[0]
    peer = (Lasso(alpha=0.1) if name == "l1" else Ridge(alpha=0.1 * len(y))).fit(x, y)
    (run,) = train(stack)
    expected = [*peer.coef_, peer.intercept_]
    # The gradient of l1 keeps weights that ought to be 0 swinging by rate times λ.
    np.testing.assert_allclose(run.theta, expected, rtol=0, atol=1e-4 if name == "l1" else 1e-9)


def test_scores_are_those_of_scikit_learn() -> None:
    """R² with the rows' own mean, RMSE in the unit of the dataset, and the loss in standard units."""
    stack = make_stack(seeds=(0, 1), splits=2, task="values")
    rows: Rows = stack.rows
    network = mlp(6, (12, 8), 1, "relu")
    theta = np.stack([run.theta for run in train(stack)])
    outputs = network.forward(
        network.params(theta), rows.x_test, network.no_masks(), network.no_taps(),
        [Memory(float) for _ in network.layers],
    )[..., 0]  # fmt: skip
    records = Measure(network, rows, [0, 1]).record(0, theta)
    for own, y, scale, scores in zip(
        outputs, rows.y_test, rows.scales, [each.test for each in records], strict=True
    ):
        assert scores["r2"] == pytest.approx(r2_score(y, own))
        assert scores["rmse"] == pytest.approx(root_mean_squared_error(y * scale, own * scale))
        assert scores["loss"] == pytest.approx(np.mean((y - own) ** 2) / 2)
        assert not {"accuracy", "balanced_accuracy"}.intersection(scores)


def test_gaps_are_positive_where_a_network_overfits() -> None:
    """R²: train - test; RMSE and the loss: test - train."""
    last = Record(9, {"loss": 0.1, "r2": 0.8, "rmse": 3.0}, {"loss": 0.3, "r2": 0.5, "rmse": 5.0})
    row = run_row("d", "m", 0, Trained("ok", (last,), np.ones(2), 1.0))
    assert (row["r2_gap"], row["rmse_gap"]) == (pytest.approx(0.3), 2.0)
    assert row["loss_gap"] == pytest.approx(0.2)
    assert "train_accuracy" not in row


def test_a_comparison_reports_in_the_unit_of_the_target() -> None:
    """The plan says which score; a run's RMSE and R² fit the target's spread on its test rows."""
    comparison = regcmp.compare("diabetes", "none l2", **QUICK)
    assert comparison.plan["metric"] == "r2"
    assert comparison.plan["data"]["task"] == "regression"
    row = comparison.runs.iloc[0]
    y = load_dataset("diabetes").y
    spread = row["test_rmse"] / np.sqrt(1 - row["test_r2"])
    assert 0.8 * y.std() < spread < 1.2 * y.std()
    assert comparison.runs["train_accuracy"].isna().all()
    scaled = row["train_rmse"] / np.sqrt(2 * row["train_loss"])
    assert 0.9 * y.std() < scaled < 1.1 * y.std()


def test_a_constant_guess_scores_zero_and_training_improves_on_it() -> None:
    """The header says what it is; the mean of the training rows is where a network of no use ends."""
    comparison = regcmp.compare(
        "diabetes", "l2=100", metric="r2", **QUICK | {"epochs": 30, "seeds": 5}
    )
    summary = comparison.summary.set_index("method")
    assert abs(summary.loc["l2=100", "train_mean"]) < 0.05
    assert summary.loc["none", "train_mean"] > 0.3
    assert summary.loc["l2=100", "status"] == "underfit"


@pytest.mark.parametrize(
    ("dataset", "words", "message"),
    [
        (
            "diabetes",
            {"methods": "smooth"},
            "method 'smooth=0.1': 'smooth' is defined for classifi",
        ),
        (
            "diabetes",
            {"metric": "accuracy"},
            "--metric: 'accuracy' is for a classification, and",
        ),
        (
            "iris",
            {"metric": "rmse"},
            "--metric: 'rmse' is for a regression, and 'iris' is a",
        ),
        (
            "diabetes",
            {"label_noise": 0.1},
            "--label-noise: 'diabetes' is a regression, which has no",
        ),
        (
            "diabetes",
            {"class_weight": "balanced"},
            "--class-weight: 'diabetes' is a regression, whi",
        ),
        (
            "diabetes",
            {"test_size": 1},
            "--test-size: 1 row to test on can't show how the target of 'diabetes' v",
        ),
    ],
)
def test_what_a_task_has_no_use_for_is_refused(dataset: str, words: dict, message: str) -> None:
    """Before any training, naming the word and the dataset."""
    with pytest.raises(regcmp.UsageError) as error:
        regcmp.compare(dataset, **QUICK | words)
    assert str(error.value).startswith(message)


@pytest.mark.full
def test_every_format_shows_a_regression(tmp_path: Path) -> None:
    """The table in numbers that fit the target, the JSON by its schema, CSV without accuracies."""
    words = "compare --dataset diabetes none l2 --metric rmse --epochs 2 --seeds 2 --hidden 4"
    exports = "-o a.json -o a.md -o a.html -o a.csv --runs r.csv --history h.csv --jobs 1"
    done = run([*words.split(), *exports.split()], tmp_path)
    assert done.code == 0, done.err
    assert "diabetes: 442 rows, 10 features, regression; 353 train and 89 test rows" in done.out
    assert "network 10-4-1 relu" in done.out
    assert "Score: RMSE in units of the target, lower is better. Gap: test - train" in done.out
    report = json.loads(done.file("a.json"))
    schema = report_schema()
    jsonschema.validate(report, schema, jsonschema.Draft202012Validator)
    assert report["plan"]["metric"] == "rmse" and report["plan"]["data"]["classes"] == []
    assert report["history"][0]["train_accuracy"] is None
    assert report["history"][0]["train_rmse"] > 30
    header, first, *_ = done.file("r.csv").decode().splitlines()
    row = dict(zip(header.split(","), first.split(","), strict=True))
    assert row["train_accuracy"] == "" and float(row["test_rmse"]) > 30

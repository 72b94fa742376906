"""The linear reference: against scikit-learn's own search, and in what it refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, log_loss, r2_score
from sklearn.model_selection import GridSearchCV, LeaveOneOut
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

import regcmp
from regcmp.data.loading import load_dataset
from regcmp.data.preparation.splitting import split_rows, split_sizes
from regcmp.plan import make_plan
from regcmp.plan.settling import settle
from regcmp.report.layout import make_table
from regcmp.report.reader import read_report
from regcmp.runs import linear
from regcmp.runs.condition import Condition
from regcmp.runs.linear import ALPHAS, STRENGTHS, folds_of, linear_outputs, too_large


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Small fits are slow where threads wait for each other."""
    with threadpool_limits(1):
        yield


QUICK = {"hidden": "4", "epochs": 1, "seeds": 2, "jobs": 1, "reference": "linear"}


def line_of(dataset: str, **options: object) -> dict[str, object]:
    """The linear line of a comparison with little training."""
    (line,) = regcmp.compare(dataset, "none l2", **{**QUICK, **options}).references
    return dict(line)


def condition_of(dataset: str, **options: object) -> Condition:
    """What the same comparison learns from."""
    plan = make_plan(dataset, "none l2", seeds=2, **options)
    rows = load_dataset(dataset)
    return Condition(settle(plan, rows), rows)


@pytest.mark.parametrize(
    "options",
    [{}, {"label_noise": 0.2}, {"class_weight": "balanced"}, {"noise_features": 20}],
    ids=str,
)
def test_it_is_the_logistic_regression_of_a_search_over_strengths(
    options: dict[str, object],
) -> None:
    """On the labels that networks learn from, with their class weights, and to the last test row."""
    line = line_of("breast_cancer", **options)
    condition = condition_of("breast_cancer", **options)
    assert line["name"] == "logistic regression"
    for found in line["runs"]:  # type: ignore[attr-defined]
        rows = condition.prepared(found["seed"])
        weights = "balanced" if options.get("class_weight") else None
        search = GridSearchCV(
            LogisticRegression(class_weight=weights, max_iter=2000, tol=1e-5),
            {"C": STRENGTHS}, cv=folds_of(rows.y_train), scoring="neg_log_loss",
        ).fit(rows.x_train.astype(float), rows.y_train)  # fmt: skip
        for side, x, y in (
            ("train", rows.x_train, rows.y_train),
            ("test", rows.x_test, rows.y_test),
        ):
            shares = search.predict_proba(x.astype(float))
            assert found[f"{side}_accuracy"] == pytest.approx(
                accuracy_score(y, shares.argmax(axis=1)), abs=1.5 / len(y)
            )
            assert found[f"{side}_loss"] == pytest.approx(log_loss(y, shares), rel=0.01)


def test_its_features_are_standardised_by_training_rows() -> None:
    """As those of networks: a scaler and a search of one's own, on the rows of the split, agree."""
    data = load_dataset("wine")
    split = split_rows(data, *split_sizes(data, 0.2, None), 0)
    scaler = StandardScaler().fit(data.x[split.train])
    x, y = scaler.transform(data.x[split.train]), data.y[split.train]
    search = GridSearchCV(
        LogisticRegression(max_iter=10_000),
        {"C": STRENGTHS},
        cv=folds_of(y),
        scoring="neg_log_loss",
    ).fit(x, y)
    shares = search.predict_proba(scaler.transform(data.x[split.test]))
    found = line_of("wine")["runs"][0]  # type: ignore[index]
    assert found["test_loss"] == pytest.approx(log_loss(data.y[split.test], shares), rel=0.1)


def test_it_is_the_ridge_regression_that_leaving_one_out_chooses() -> None:
    """By brute force: a fit for each row that is left out."""
    line = line_of("diabetes", train_size=40)
    condition = condition_of("diabetes", train_size=40)
    assert line["name"] == "ridge regression"
    for found in line["runs"]:  # type: ignore[attr-defined]
        rows = condition.prepared(found["seed"])
        x, y = rows.x_train.astype(float), rows.y_train
        search = GridSearchCV(
            Ridge(), {"alpha": ALPHAS}, cv=LeaveOneOut(), scoring="neg_mean_squared_error"
        ).fit(x, y)
        for side, x, y in (
            ("train", rows.x_train, rows.y_train),
            ("test", rows.x_test, rows.y_test),
        ):
            expected = r2_score(y, search.predict(x.astype(float)))
            assert found[f"{side}_r2"] == pytest.approx(expected, abs=1e-6)


def test_folds_hold_every_row_out_once_and_every_class_alike() -> None:
    """Of 10, 5 and 2 rows of a class; the only row of another one is in every fit."""
    y = np.random.default_rng(0).permutation(np.repeat([0, 1, 2, 4], [10, 5, 2, 1]))
    folds = folds_of(y)
    held = np.concatenate([out for _, out in folds])
    assert sorted(held) == sorted(np.flatnonzero(y != 4))
    for fitted, out in folds:
        assert sorted([*fitted, *out]) == list(range(len(y)))
        assert set(y[fitted]) == {0, 1, 2, 4}
        counts = np.bincount(y[out], minlength=5)
        assert counts[0] in (3, 4) and counts[1] in (1, 2) and counts[2] in (0, 1)


def test_where_no_row_can_be_held_out_the_strength_is_scikit_learns_own(
    rng: np.random.Generator,
) -> None:
    """A row of each class."""
    x, y = rng.normal(size=(3, 4)), np.arange(3)
    assert not folds_of(y)
    logits, _ = linear_outputs(x, y, x, 3, balanced=False)
    own = LogisticRegression().fit(x, y).decision_function(x)
    np.testing.assert_allclose(logits, own, atol=1e-6)


@pytest.mark.parametrize("classes", [[0, 2], [1, 2, 3]])
def test_a_class_without_a_training_row_is_never_given(
    classes: list[int], rng: np.random.Generator
) -> None:
    """Flipped labels may take all of them; the columns of the others stay in place."""
    y = np.repeat(classes, 20)
    x = rng.normal(size=(len(y), 5)) + 3 * np.eye(5)[y]
    logits, _ = linear_outputs(x, y, x, 4, balanced=False)
    missing = sorted(set(range(4)) - set(classes))
    assert np.isneginf(logits[:, missing]).all() and np.isfinite(logits[:, classes]).all()
    assert (logits.argmax(axis=1) == y).mean() > 0.9


@pytest.mark.parametrize("n_classes", [3, 0])
def test_the_bits_do_not_depend_on_threads_or_on_what_went_before(
    n_classes: int, rng: np.random.Generator
) -> None:
    """BLAS has one thread in it, whatever it has outside."""
    x = rng.normal(size=(300, 80)).astype("float32")
    values = x[:, 0] + rng.normal(size=300)
    y = np.digitize(values, [-0.5, 0.5]) if n_classes else values
    first = linear_outputs(x, y, x[:9], n_classes, balanced=False)
    np.random.default_rng().random(5)
    for threads in (1, 2, None):
        with threadpool_limits(threads):
            again = linear_outputs(x, y, x[:9], n_classes, balanced=False)
        assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))


def test_it_says_nothing_where_it_did_not_converge(
    monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder
) -> None:
    """Scikit-learn warns of a single step."""
    rows = condition_of("wine").prepared(0)
    monkeypatch.setattr(linear, "STEPS", 1)
    linear_outputs(rows.x_train, rows.y_train, rows.x_test, 3, balanced=False)
    assert not list(recwarn)


# What is left out


def test_the_work_is_bounded_by_rows_features_and_classes() -> None:
    """Ten million numbers are fitted to, and one more is not."""
    assert too_large(10_000, 100, 10) == too_large(100_000, 100, 0) == ""
    assert too_large(10_000_001, 1, 0) == (
        "left out, since 10,000,001 training rows x 1 features are more than 10,000,000 numbers"
    )
    assert "60,000 training rows x 784 features x 10 classes" in too_large(60_000, 784, 10)


def test_what_is_left_out_is_said_below_the_table(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Its line has no numbers, and a saved report shows the same."""
    monkeypatch.setattr(linear, "MOST_NUMBERS", 142 * 13 * 3 - 1)
    comparison = regcmp.compare("wine", "none l2", **{**QUICK, "reference": "majority,linear"})
    table = make_table(comparison)
    assert table.rows[-1][:5] == ("logistic regression", "0", "-", "-", "-")
    note = (
        "logistic regression: left out, since 142 training rows x 13 features x 3 classes are more"
    )
    assert any(line.startswith(note) for line in table.notes)
    assert any(line.startswith("Majority class: a reference") for line in table.below)
    path = tmp_path / "report.json"
    path.write_text(comparison.to_json())
    assert json.loads(path.read_text())["references"][1]["runs"] == []
    assert make_table(read_report(str(path))) == table


def test_labels_of_one_class_have_no_linear_model(tmp_path: Path) -> None:
    """Of ten training rows one is 'yes', and some seed flips just that one."""
    path = tmp_path / "few.csv"
    rows = [f"{i * 7 % 20},{'yes' if i in (3, 11) else 'no'}" for i in range(20)]
    path.write_text("\n".join(["x,y", *rows]) + "\n")
    options = {"label_noise": 0.1, "test_size": 10, "seeds": 40}
    line = line_of(str(path), **options)
    plan = make_plan(str(path), "none l2", **options)
    data = load_dataset(str(path), plan.reading, plan.columns)
    targets = Condition(settle(plan, data), data).targets
    first = min(seed for seed, each in targets.items() if len(set(each.train)) == 1)
    assert line["n"] == 0 and line["runs"] == []
    assert line["note"] == f"left out, since flipped labels leave one class under seed {first}"

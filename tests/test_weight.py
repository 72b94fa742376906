"""Weights of rows: in the training loss as so many equal rows, and in every score; never a feature."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from commands import Done, run, run_here, strict
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

import regcmp
from regcmp.analysis.testing import Pairs, TwoWay
from regcmp.data.columns import Columns
from regcmp.data.dataset import Dataset
from regcmp.data.loading import load_dataset
from regcmp.data.preparation.targets import unit_of
from regcmp.data.table import Reading
from regcmp.engine.measuring import Record
from regcmp.metrics import METRICS, Outcomes, scores_of
from regcmp.plan import make_plan
from regcmp.report.reader import read_report
from regcmp.runs.condition import Condition, Run
from regcmp.runs.linear import linear_outputs
from regcmp.shares import RowShares, packed, unpacked

QUICK = ("--epochs", "2", "--seeds", "5", "--hidden", "4", "--jobs", "1")
WEIGHTED = ("--dataset", "rows.csv", "--weight", "w")


def table(n: int = 120, seed: int = 0) -> pd.DataFrame:
    """Rows of two classes, with a value and a weight each."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 3)).round(4)
    labels = np.where(x[:, 0] + rng.normal(size=n) > 0, "yes", "no")
    frame = pd.DataFrame(x, columns=list("abc")).assign(value=(x.sum(axis=1) * 3).round(3))
    return frame.assign(w=rng.choice([0.5, 1.0, 3.0], n), y=labels)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One with rows.csv, and values.csv for a regression."""
    table().drop(columns="value").to_csv(tmp_path / "rows.csv", index=False)
    table().drop(columns="y").rename(columns={"value": "y"}).to_csv(
        tmp_path / "values.csv", index=False
    )
    return tmp_path


def said(done: Done) -> str:
    """Both streams in one line."""
    return " ".join((done.out + done.err).split())


# Scores


def outcomes(rng: np.random.Generator, task: str, weights: Any) -> Outcomes:
    """Of as many rows as there are weights."""
    n = len(weights)
    if task == "regression":
        errors = rng.normal(size=n)
        return Outcomes(errors**2 / 2, rng.normal(size=n), None, 2.5, weights)
    return Outcomes(
        rng.gamma(1.0, size=n), rng.integers(0, 4, n), rng.random(n) < 0.7, 1.0, weights
    )


many_weights = st.lists(st.floats(1e-3, 1e3), min_size=2, max_size=50).map(np.array)


@given(many_weights, st.integers(0, 2**32 - 1))
def test_scores_of_classes_are_those_of_scikit_learn(weights: Any, seed: int) -> None:
    """With the weights as sample_weight."""
    rng = np.random.default_rng(seed)
    rows = outcomes(rng, "classification", weights)
    assert rows.right is not None
    answers = np.where(rows.right, rows.targets, (rows.targets + 1) % 4)
    found, given_ = scores_of(rows), {"sample_weight": weights}
    accuracy = sk.accuracy_score(rows.targets, answers, **given_)
    recalls = sk.recall_score(
        rows.targets, answers, labels=np.unique(rows.targets), average=None, **given_
    )
    assert found["accuracy"] == pytest.approx(accuracy, rel=1e-12)
    assert found["balanced_accuracy"] == pytest.approx(recalls.mean(), rel=1e-12)
    assert found["loss"] == pytest.approx(np.average(rows.losses, weights=weights), rel=1e-12)


@given(many_weights, st.integers(0, 2**32 - 1))
def test_scores_of_values_are_those_of_scikit_learn(weights: Any, seed: int) -> None:
    """R² and RMSE, the latter in the unit of the target."""
    rows = outcomes(np.random.default_rng(seed), "regression", weights)
    answers = rows.targets + np.sqrt(2 * rows.losses)
    found = scores_of(rows)
    r2 = sk.r2_score(rows.targets, answers, sample_weight=weights)
    error = sk.mean_squared_error(rows.targets, answers, sample_weight=weights)
    assert found["r2"] == pytest.approx(r2, rel=1e-9)
    assert found["rmse"] == pytest.approx(2.5 * np.sqrt(error), rel=1e-12)


@given(
    st.lists(st.integers(1, 4), min_size=3, max_size=40).map(np.array),
    st.sampled_from([*METRICS]),
    st.integers(0, 2**32 - 1),
)
def test_whole_weights_count_as_so_many_rows(counts: Any, name: str, seed: int) -> None:
    """In each score, and in what rows add to it, which sums to it."""
    metric = METRICS[name]
    rows = outcomes(np.random.default_rng(seed), metric.task, counts.astype(float))
    again = np.repeat(np.arange(len(counts)), counts)
    right = None if rows.right is None else rows.right[again]
    repeated = Outcomes(rows.losses[again], rows.targets[again], right, rows.scale)
    assert metric.score(rows) == pytest.approx(metric.score(repeated), rel=1e-9, abs=1e-9)
    assert metric.shares is not None
    shares = metric.shares(rows)
    assert shares.sum() == pytest.approx(metric.score(rows), rel=1e-9, abs=1e-9)
    sums = np.bincount(again, metric.shares(repeated), minlength=len(counts))
    np.testing.assert_allclose(shares, sums, rtol=1e-9, atol=1e-9)
    kept = metric.shares_of(metric.kept(rows), len(counts), rows.weights)
    np.testing.assert_allclose(kept, shares, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_weights_of_one_give_the_same_bits_as_none(task: str) -> None:
    """Of scores and of what rows add to them."""
    rows = outcomes(np.random.default_rng(5), task, np.ones(97))
    plain = replace(rows, weights=None)
    assert scores_of(rows) == scores_of(plain)
    for metric in METRICS.values():
        if metric.task == task and metric.shares is not None:
            np.testing.assert_array_equal(metric.shares(rows), metric.shares(plain))


# The test over rows and seeds


def shares_of(weights: Any, groups: Any = None, seed: int = 0) -> tuple[RowShares, Pairs]:
    """Two methods on the same random splits."""
    rng, metric, n = np.random.default_rng(seed), METRICS["log_loss"], len(weights)
    splits, kept, differences = {}, {}, []
    losses = {method: rng.gamma(1.0, size=(6, n)) for method in ("none", "l2")}
    for run_seed in range(6):
        order = rng.permutation(n)
        splits[run_seed] = np.sort(order[n // 5 :]), np.sort(order[: n // 5])
        scores = {}
        for method, of_seeds in losses.items():
            found = [
                Outcomes(of_seeds[run_seed][rows], rows * 0, rows > 0, 1.0, weights[rows])
                for rows in splits[run_seed]
            ]
            kept[method, run_seed] = tuple(
                metric.kept(each)
                for each in found  # type: ignore[misc]
            )
            scores[method] = metric.score(found[1])
        differences.append(scores["l2"] - scores["none"])  # type: ignore[operator]
    groups = np.arange(n) if groups is None else groups
    shares = RowShares("log_loss", groups, splits, kept, None, weights)  # type: ignore[arg-type]
    return shares, Pairs("l2", "none", list(range(6)), differences)


def test_the_two_way_test_takes_a_row_of_weight_3_for_three_copies_of_it() -> None:
    """Mean, error and degrees of freedom are those of copies, which count as one row, in both."""
    counts = np.random.default_rng(2).integers(1, 4, 150)
    weighted, pairs = shares_of(counts.astype(float))
    again = np.repeat(np.arange(150), counts)
    starts = np.concatenate([[0], np.cumsum(counts)])
    splits: dict[int, Any] = {}
    kept: dict[Any, Any] = {}
    for seed, parts in weighted.rows.items():
        splits[seed] = tuple(
            np.concatenate([np.arange(starts[i], starts[i + 1]) for i in rows]) for rows in parts
        )
        for method in ("none", "l2"):
            kept[method, seed] = tuple(
                np.repeat(own / counts[rows], counts[rows])
                for own, rows in zip(weighted.kept[method, seed], parts, strict=True)
            )
    copied = RowShares("log_loss", starts[:-1][again], splits, kept)
    for of_gaps in (False, True):
        pair = replace(pairs, of_gaps=of_gaps)
        one, other = (TwoWay(each, each, 0.25).of(pair) for each in (weighted, copied))
        assert one.mean == other.mean
        assert one.error == pytest.approx(other.error, rel=1e-5)  # of shares in float32
        assert one.df == pytest.approx(other.df, rel=1e-5)


def test_weights_of_one_are_tested_as_none_are() -> None:
    """To the last bit."""
    weighted, pairs = shares_of(np.ones(100))
    plain = replace(weighted, weights=None)
    assert TwoWay(weighted, weighted, 0.25).of(pairs) == TwoWay(plain, plain, 0.25).of(pairs)


def test_few_heavy_rows_are_few_rows() -> None:
    """By Kish: 1 / sum w² of shares, and not the number of rows."""
    rows = {0: (np.arange(100, 200), np.arange(100))}
    weights = np.concatenate([np.full(4, 1000.0), np.full(196, 1e-6)])
    shares = RowShares("accuracy", np.arange(200), rows, {}, None, weights)
    assert shares.effective_rows([0]) == pytest.approx(4, rel=1e-3)
    assert replace(shares, weights=None).effective_rows([0]) == pytest.approx(100)


def test_weights_are_packed_and_read_back() -> None:
    """To the last bit; what is no weight is damage."""
    shares, _ = shares_of(np.random.default_rng(1).random(40) + 0.1)
    document = json.loads(json.dumps(packed(shares, with_scores=True)))
    after = unpacked(document, "log_loss")
    assert after.fits(shares, [0]) and not after.fits(replace(shares, weights=None), [0])
    document["weights"] = packed(
        replace(shares, weights=np.zeros(40)), with_scores=True
    )["weights"]  # fmt: skip
    with pytest.raises(ValueError, match=r"rows\.weights"):
        unpacked(document, "log_loss")


# Training


SIGNS = np.array([[a, b, c] for a in (-1, 1) for b in (-1, 1) for c in (-1, 1)], float)


def factorial(folder: Path, target: list[Any]) -> None:
    """weighted.csv and repeated.csv, with test rows: the same moments of features in both."""
    rng, rows = np.random.default_rng(0), []
    for signs in SIGNS:
        for y, weight in zip(rng.permutation(target), (1, 2, 3), strict=True):
            rows.append((*signs, weight, y))
    frame = pd.DataFrame(rows, columns=[*"abc", "w", "y"])
    frame.to_csv(folder / "weighted.csv", index=False)
    again = frame.loc[frame.index.repeat(frame["w"])].assign(w=1)
    again.to_csv(folder / "repeated.csv", index=False)


@pytest.mark.parametrize("target", [["no", "yes", "yes"], [1.25, 2.5, 7.75]])
@pytest.mark.parametrize("method", ["none", "l2=0.1", "earlystop"])
def test_a_weight_of_3_is_three_rows(tmp_path: Path, target: list[Any], method: str) -> None:
    """Of networks that see all rows at once: training and scores, early stopping too."""
    factorial(tmp_path, target)
    found = []
    for name in ("weighted", "repeated"):
        file = tmp_path / f"{name}.csv"
        given_test = tmp_path / f"{name}_test.csv"
        given_test.write_bytes(file.read_bytes())
        plan = make_plan(
            str(file), [method], test=str(given_test), weight="w", epochs=12, batch_size=1000,
            seeds=1, dtype="float64", hidden="5", reference="none",
        )  # fmt: skip
        found.append(scored(plan.with_values(vary=("init", "order"), validation_size=None)))
    weighted, repeated = found
    assert len(weighted) == len(repeated) > 2
    for one, other in zip(weighted, repeated, strict=True):
        assert one.epoch == other.epoch
        for side in ("train", "test", "validation"):
            assert getattr(one, side) == pytest.approx(getattr(other, side), rel=1e-9, abs=1e-9)


def scored(plan: Any) -> tuple[Record, ...]:
    """The records of the plan's first run, validated by its test rows."""
    from regcmp.engine.training import train
    from regcmp.runs.stacking import stack_of

    dataset = load_dataset(plan.dataset, plan.reading, plan.columns)
    condition = Condition(plan, dataset)
    stack = stack_of(condition, [Run(plan.methods[0], 0)])
    weights = stack.rows.score_weights
    rows = replace(stack.rows, x_validation=stack.rows.x_test, y_validation=stack.rows.y_test)
    if weights is not None:
        rows = replace(rows, score_weights=replace(weights, validation=weights.test))
    (found,) = train(replace(stack, rows=rows))
    return found.history


def test_a_value_s_unit_goes_by_weights() -> None:
    """As that of so many rows does."""
    y, counts = np.array([1.0, 4.0, 9.0]), np.array([3, 1, 2])
    again = np.repeat(y, counts)
    assert unit_of(y, counts.astype(float)) == pytest.approx((again.mean(), again.std()))
    assert unit_of(again, None) == (again.mean(), again.std())


@pytest.mark.parametrize("n_classes", [0, 2])
def test_the_linear_reference_is_fitted_by_weights(n_classes: int) -> None:
    """Of rows without a class of its own to hold out, it is exactly that of so many rows."""
    rng = np.random.default_rng(0)
    x, others = rng.normal(size=(60, 2)), rng.normal(size=(10, 2))
    y = (x[:, 0] > 0.3).astype(int) if n_classes else x @ [2.0, 1.0] + rng.normal(size=60)
    heavy = np.where(y > np.median(y), 50.0, 0.02)
    plain = linear_outputs(x, y, others, n_classes, balanced=False)[1]
    weighted = linear_outputs(x, y, others, n_classes, False, heavy)[1]
    answers = [each.argmax(axis=1) if n_classes else each[:, 0] for each in (plain, weighted)]
    assert answers[1].mean() > answers[0].mean()


# Commands


@pytest.mark.parametrize("file", ["rows.csv", "values.csv"])
def test_equal_weights_give_the_bits_of_none(folder: Path, file: str) -> None:
    """Of every export, with regularizers that change targets; the warning says that they tell nothing."""
    frame = pd.read_csv(folder / file)
    frame.assign(w=2.5).to_csv(folder / "equal.csv", index=False)
    frame.drop(columns="w").to_csv(folder / "equal_without.csv", index=False)
    runs = []
    methods = ("none", "mixup") if file == "values.csv" else ("none", "smooth", "mixup")
    for name, words in (("equal", ("--weight", "w")), ("equal_without", ())):
        words = ("--dataset", f"{name}.csv", *words, *QUICK, "--runs", "runs.csv")
        done = run_here(["compare", *methods, *words], folder)
        assert done.code == 0, done.err
        runs.append(done.file("runs.csv").decode().replace("equal_without", "equal"))
        warned = "column 'w' is 2.5 in every row, so that all rows count alike" in said(done)
        assert warned == bool("--weight" in words)
    assert runs[0] == runs[1]


def test_rows_of_weight_0_are_left_out(folder: Path) -> None:
    """As if they were not there; it is said."""
    frame = pd.read_csv(folder / "rows.csv")
    frame.loc[frame.index % 5 == 1, "w"] = 0
    frame[frame["w"] > 0].to_csv(folder / "left.csv", index=False)
    frame.to_csv(folder / "left_all.csv", index=False)
    runs = []
    for name in ("left", "left_all"):
        words = ["compare", "none", "l2", "--dataset", f"{name}.csv", "--weight", "w", *QUICK]
        done = run_here([*words, "--runs", "runs.csv"], folder)
        assert done.code == 0, done.err
        runs.append(done.file("runs.csv").decode().replace("left_all", "left"))
    assert runs[0] == runs[1]
    assert "24 rows of 'left_all.csv' have the weight 0 in 'w', and are left out" in said(done)


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("", "is empty in line 4"),
        ("-1", "has '-1' in line 4"),
        ("inf", "has 'inf' in line 4"),
        ("heavy", "has 'heavy' in line 4"),
        ("1e200", "has '1e+200', too far from 1, in line 4"),
        ("1e-200", "has '1e-200', too far from 1, in line 4"),
    ],
)
def test_what_is_no_weight_is_refused_with_its_row(folder: Path, cell: str, message: str) -> None:
    """In one line."""
    lines = (folder / "rows.csv").read_text().splitlines()
    columns = lines[3].split(",")
    columns[3] = cell
    lines[3] = ",".join(columns)
    (folder / "rows.csv").write_text("\n".join(lines) + "\n")
    done = run_here(["compare", "none", *WEIGHTED, *QUICK], folder)
    assert done.code == 1 and done.err.startswith("Error: --weight: column 'w' of 'rows.csv' ")
    assert message in done.err and done.err.count("\n") == 1
    assert "expected a number of at least 0 in every row" in done.err


def test_times_are_no_weights() -> None:
    """Of typed tables; truth values are 0 and 1."""
    from regcmp.data.table import Table
    from regcmp.data.tables.understanding import understand
    from regcmp.errors import DataError

    frame = table().drop(columns="value")
    columns = Columns(target="y", weight="w")
    times = frame.assign(w=pd.date_range("2024-01-01", periods=len(frame)))
    with pytest.raises(DataError, match="holds dates or times, which are no weights"):
        understand(Table("rows", times, ""), columns)
    truth = understand(Table("rows", frame.assign(w=frame["a"] > 0), ""), columns)
    assert truth.weights is None and truth.n_rows == (frame["a"] > 0).sum()


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("--weight", "v"), 2, "'v'"),
        (("--weight", "y"), 2, "--weight: 'y' is the target"),
        (("--weight", "w", "--drop", "w"), 2, "--drop and --weight both name 'w'"),
        (("--weight", "w", "--groups", "w"), 2, "--groups and --weight both name 'w'"),
        (("--weight", "none"), 1, "'none' of 'rows.csv' is 0 in every row, so that none counts"),
        (("--weight", "w", "--test", "test.csv"), 1, "'test.csv' has no column 'w'"),
        (("--weight", "none2", "--test", "rows2.csv"), 1, "of 'rows2.csv' is 0 in every row"),
    ],
)
def test_other_bad_words_end_in_one_line(
    folder: Path, words: tuple[str, ...], code: int, message: str
) -> None:
    """Before anything is trained."""
    frame = pd.read_csv(folder / "rows.csv").assign(none=0, none2=2)
    frame.to_csv(folder / "rows.csv", index=False)
    frame.drop(columns="w").to_csv(folder / "test.csv", index=False)
    frame.assign(none2=0).to_csv(folder / "rows2.csv", index=False)
    done = run_here(["compare", "none", "--dataset", "rows.csv", *words, *QUICK], folder)
    assert done.code == code and message in done.err and done.err.count("\n") == 1


def test_weights_decide_scores_and_are_no_feature(folder: Path) -> None:
    """Each score is that of the predictions by scikit-learn; table, JSON and page say so."""
    words = ["compare", "none", "l2=0.1", *WEIGHTED, *QUICK, "-o", "r.json", "-o", "r.html"]
    done = run([*words, "--predictions", "p.csv", "--runs", "runs.csv"], folder)
    assert done.code == 0, done.err
    assert "3 features" in done.out and "weighted by 'w'" in done.out
    assert "weighted by" in done.file("r.html").decode()
    report = strict(done.file("r.json").decode())
    assert report["plan"]["weight"] == "w" and report["plan"]["data"]["weights"] == [0.5, 3]
    weights = pd.read_csv(folder / "rows.csv")["w"].to_numpy()
    predicted = pd.read_csv(folder / "p.csv")
    for row in pd.read_csv(folder / "runs.csv").itertuples():
        own = predicted[(predicted["method"] == row.method) & (predicted["seed"] == row.seed)]
        given_ = {"sample_weight": weights[own["row"]]}
        found = sk.accuracy_score(own["label"], own["prediction"], **given_)
        shares = own[["p:no", "p:yes"]].to_numpy()
        loss = sk.log_loss(own["label"], shares / shares.sum(axis=1, keepdims=True), **given_)
        assert row.test_accuracy == pytest.approx(found, abs=1e-12)
        assert row.test_loss == pytest.approx(loss, rel=1e-5)


def test_a_report_is_read_back_and_compared(folder: Path) -> None:
    """Row by row; with other weights, or none, rows are no pairs."""
    words = ["compare", "none", "l2=0.1", *WEIGHTED, *QUICK, "--test-size", "0.5"]
    for name, more in (("a", ()), ("b", ("--epochs", "3"))):
        assert run_here([*words, *more, "-o", f"{name}.json"], folder).code == 0
    done = run_here(["report", "a.json"], folder)
    assert done.code == 0 and "weighted by 'w'" in done.out
    report = read_report(str(folder / "a.json"))
    assert report.rows is not None and report.rows.weights is not None
    done = run_here(["diff", "a.json", "b.json"], folder)
    assert done.code == 0 and "two-way over rows and seeds" in said(done)
    plain = [each for each in words if each not in ("--weight", "w")]
    assert run_here([*plain, "--drop", "w", "-o", "c.json"], folder).code == 0
    done = run_here(["diff", "a.json", "c.json"], folder)
    assert done.code == 0 and "two-way" not in said(done)


def test_each_weight_has_its_key(folder: Path) -> None:
    """Runs of other weights, or none, are other runs of the store."""
    keys = set()
    for words in ({"weight": "w"}, {"weight": "w2"}, {"drop": ("w",)}):
        frame = pd.read_csv(folder / "rows.csv").assign(w2=lambda each: each["w"][::-1].to_numpy())
        file = folder / "two.csv"
        frame.to_csv(file, index=False)
        dropped = {"drop": tuple({"w", "w2"} - {*words.values()})}
        plan = make_plan(str(file), ["none"], seeds=5, **(words | dropped))
        dataset = load_dataset(plan.dataset, plan.reading, plan.columns)
        assert dataset.n_features == 3
        keys.add(Condition(plan, dataset).key(Run(plan.methods[0], 0)))
    assert len(keys) == 3


def test_a_model_is_trained_and_scored_by_weights(folder: Path) -> None:
    """From words and from a report; the column is not asked for by predict."""
    words = [*WEIGHTED, "--epochs", "3", "--hidden", "4"]
    assert run_here(["fit", "l2=0.1", *words, "-o", "m.regcmp"], folder).code == 0
    model = regcmp.load(str(folder / "m.regcmp"))
    frame = pd.read_csv(folder / "rows.csv")
    found = sk.accuracy_score(
        frame["y"], model.predict(frame[["a", "b", "c"]]), sample_weight=frame["w"]
    )
    assert model.facts.scores["train"]["accuracy"] == pytest.approx(found)
    assert run_here(["compare", "none", "l2", *words, *QUICK, "-o", "r.json"], folder).code == 0
    done = run_here(["fit", "r.json", "--method", "l2", "-o", "n.regcmp"], folder)
    assert done.code == 0, done.err
    assert regcmp.load(str(folder / "n.regcmp")).facts.plan["weight"] == "w"
    frame.drop(columns=["w", "y"]).to_csv(folder / "new.csv", index=False)
    assert run_here(["predict", "n.regcmp", "new.csv"], folder).code == 0


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([None, "groups", "order", "duplicates", "test"]))
def test_weights_stay_with_their_rows(seed: int, beside: str | None) -> None:
    """However rows are chosen: each weight is that of the row with its feature."""
    from regcmp.data.table import Table
    from regcmp.data.tables.understanding import understand

    rng = np.random.default_rng(seed)
    n = 60
    frame = pd.DataFrame({"a": rng.permutation(n).astype(float), "y": np.arange(n) % 2})
    frame["w"] = frame["a"].mod(7)
    columns: dict[str, Any] = {"target": "y", "weight": "w"}
    test = None
    if beside in ("groups", "order"):
        frame["key"] = rng.integers(0, 20, n)
        columns[beside] = "key"
    if beside == "duplicates":
        frame = pd.concat([frame, frame.iloc[:20]], ignore_index=True)
        columns["drop_duplicates"] = True
    if beside == "test":
        frame, test = frame.iloc[:40], frame.iloc[40:].reset_index(drop=True)
    dataset: Dataset = understand(Table("rows", frame, "", test=test), Columns(**columns))
    assert dataset.weights is not None
    np.testing.assert_array_equal(dataset.weights, dataset.x[:, 0] % 7)
    assert dataset.n_rows == sum(each % 7 > 0 for each in range(n))
    given_test = 0 if test is None else int((test["w"] > 0).sum())
    assert dataset.given_test == given_test


def test_balanced_classes_weigh_the_same_by_their_rows_weights(folder: Path) -> None:
    """The weight of a class times those of its rows is the same for each."""
    plan = make_plan(
        str(folder / "rows.csv"), ["none"], weight="w", class_weight="balanced", seeds=5
    )
    condition = Condition(plan, load_dataset(plan.dataset, Reading(), plan.columns))
    targets = condition.targets[0]
    assert targets.class_weights is not None and targets.row_weights is not None
    totals = np.bincount(targets.train, targets.row_weights) * targets.class_weights
    assert totals[0] == pytest.approx(totals[1])
    assert targets.row_weights.mean() == pytest.approx(1)

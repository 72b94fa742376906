"""Methods times seeds: what varies, what is paired, and that any number can be reproduced."""

from __future__ import annotations

import json
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import train_test_split

import regcmp
from regcmp.data.loading import load_dataset
from regcmp.engine.measuring import Record
from regcmp.engine.stack import Ingredient, Rows, RunSeeds, Stack
from regcmp.engine.training import Trained, train
from regcmp.metrics import Scores
from regcmp.plan import OPTIONS, make_plan
from regcmp.plan.grammar import Method
from regcmp.results import HISTORY_COLUMNS, frame, history_row, run_row
from regcmp.runs.condition import Condition, Run
from regcmp.runs.experiment import planned_runs
from regcmp.runs.stacking import stacked_runs

QUICK = {"hidden": "8", "epochs": 4, "jobs": 1}


def key_of(seed: int = 1, method: str = "l2=0.001", **options: Any) -> str:
    """The key of a run of a method in a comparison with these options."""
    given = {"dataset": "wine", "methods": "none l2=0.001", **options}
    plan = make_plan(given.pop("dataset"), given.pop("methods"), **given)
    condition = Condition(plan, load_dataset(plan.dataset, plan.reading, plan.columns))
    found = next(each for each in plan.methods if str(each) == method)
    return condition.key(Run(found, seed))


def test_the_key_of_a_run_is_that_of_all_that_decides_its_bits(tmp_path: Path) -> None:
    """And of nothing that it is compared with; a dataset goes by its content."""
    key = key_of()
    for same in (
        {"seeds": 5},
        {"methods": "l2=0.001 dropout none"},
        {"metric": "log_loss"},
        {"baseline": "l2=0.001"},
        {"seed": 1},
        {"test_size": 36},
    ):
        assert key_of(**same) == key, same
    others = [
        {"methods": "none l2=0.01", "method": "l2=0.01"},
        *({name: value} for name, value in {
            "epochs": 3, "hidden": "8", "lr": 0.1, "label_noise": 0.1, "noise_features": 2,
            "test_size": 0.3, "train_size": 50, "validation_size": 20, "class_weight": "balanced",
            "vary": "init", "max_dead": 0.5, "dtype": "float64", "drop": "ash", "dataset": "iris",
            "sample": 100,
        }.items()),
    ]  # fmt: skip
    keys = [key_of(2 if "vary" in each else 1, **each) for each in others]
    assert len({key, *keys}) == len(keys) + 1
    assert key_of(2) != key and key_of(1, "none") != key
    rows = "".join(f"{i % 7},{i % 5}.5,{i % 2}\n" for i in range(40))
    for name in ("one.csv", "other.csv", "third.csv"):
        (tmp_path / name).write_text("a,b,y\n" + rows + ("1,9.5,1\n" * (name == "third.csv")))
    one, other, third = (
        key_of(dataset=str(tmp_path / f"{n}.csv")) for n in ("one", "other", "third")
    )
    assert one == other != third


def test_a_number_is_reproduced_from_the_exported_plan() -> None:
    """Split and scaling by hand, one run alone, from nothing but the JSON."""
    comparison = regcmp.compare("wine", "l2=1e-3 dropout=0.3", seeds=3, seed=5, **QUICK)
    report = json.loads(comparison.to_json())
    plan = make_plan(**{k: v for k, v in report["plan"].items() if k in OPTIONS})
    data, seed = load_dataset(plan.dataset), 6
    train_rows, test_rows = train_test_split(
        np.arange(len(data.y)),
        train_size=report["plan"]["data"]["n_train"],
        test_size=report["plan"]["data"]["n_test"],
        stratify=data.y,
        random_state=int(np.random.Generator(np.random.SFC64([seed, 0xB1F59A11])).integers(2**32)),
    )
    train_rows, test_rows = np.sort(train_rows), np.sort(test_rows)
    mean, sd = data.x[train_rows].mean(axis=0), data.x[train_rows].std(axis=0)
    x = ((data.x - mean) / sd).astype(plan.settings.dtype)
    rows = Rows(
        x[None, train_rows],
        data.y[None, train_rows],
        x[None, test_rows],
        data.y[None, test_rows],
        3,
    )
    stack = Stack(
        plan.settings,
        (Ingredient("dropout", (0.3,), {"input": (0.0,)}),),
        (RunSeeds(seed, seed, seed),),
        rows,
        (0,),
    )
    (alone,) = train(stack)
    (row,) = (r for r in report["runs"] if (r["method"], r["seed"]) == ("dropout=0.3", seed))
    assert row["test_accuracy"] == alone.history[-1].test["accuracy"]
    assert row["train_loss"] == pytest.approx(alone.history[-1].train["loss"], rel=1e-5)


@pytest.mark.parametrize("vary", ["split", "init", "order", "split,init,order"])
def test_vary_redraws_what_it_names(vary: str) -> None:
    """Before training only split and init show; after it, all do. What is held is that of the first seed."""
    comparison = regcmp.compare("iris", ["none"], seeds=2, vary=vary, test_size=0.5, **QUICK)
    history = comparison.history
    start = history[history["epoch"] == 0]
    end = history[history["epoch"] == history["epoch"].max()]
    varies_at_start = start["test_loss"].nunique() > 1
    assert varies_at_start == (vary != "order")
    assert end["test_loss"].nunique() > 1
    plan = make_plan("iris", ["none"], seeds=2, seed=7, vary=vary)
    condition = Condition(plan, load_dataset("iris"))
    one, two = (condition.seeds_of(Run(Method(), seed)) for seed in (7, 8))
    assert (one.init, one.order, one.noise) == (7, 7, 7)
    assert two == RunSeeds(8 if "init" in vary else 7, 8 if "order" in vary else 7, 8)


def test_methods_are_paired() -> None:
    """Under one seed, all begin with the same weights on the same rows; under another, with others."""
    comparison = regcmp.compare("wine", seeds=3, **QUICK)
    start = comparison.history[comparison.history["epoch"] == 0]
    assert (start.groupby("seed")["train_loss"].nunique() == 1).all()
    assert start["train_loss"].nunique() == 3


def test_stacks_hold_every_run_once_and_one_kind_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """In groups of even size, no larger than is fast, of no more splits than are kept."""
    monkeypatch.setattr("regcmp.runs.stacking.runs_per_stack", lambda *_: 5)
    plan = make_plan("digits", "none l2=1e-3,1e-2 dropout=0.5 l2=1e-3+dropout=0.2", seeds=7)
    condition = Condition(plan, load_dataset("digits"))
    condition.most_splits = 3
    runs = list(planned_runs(plan).values())
    groups = list(stacked_runs(condition, runs))
    assert sorted(map(str, chain(*groups))) == sorted(map(str, runs))
    assert all(len({run.method.kind for run in group}) == 1 for group in groups)
    assert max(map(len, groups)) <= 5
    assert max(len({run.seed for run in group}) for group in groups) == 3


def test_no_result_depends_on_how_many_splits_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Large rows are scaled anew rather than kept: the same bits."""
    usual = regcmp.compare("wine", seeds=3, **QUICK)
    monkeypatch.setattr("regcmp.runs.condition.SPLIT_BYTES", 1)
    frugal = regcmp.compare("wine", seeds=3, **QUICK)
    pd.testing.assert_frame_equal(usual.runs, frugal.runs, check_exact=True)


def labels(accuracy: float, loss: float, balanced: float) -> Scores:
    """A classification's scores."""
    return {"accuracy": accuracy, "loss": loss, "balanced_accuracy": balanced}


def test_a_runs_row_holds_its_last_record_with_the_promised_signs() -> None:
    """Gaps are positive where a network overfits: accuracy train - test, loss test - train."""
    history = (
        Record(0, labels(0.1, 2.0, 0.1), labels(0.1, 2.1, 0.1)),
        Record(9, labels(1.0, 0.01, 0.99), labels(0.9, 0.5, 0.8)),
    )
    row = run_row("d", "m", 3, Trained("ok", history, np.ones(2), 0.75))
    assert row == {
        "dataset": "d",
        "method": "m",
        "seed": 3,
        "status": "ok",
        "epochs": 9,
        "train_accuracy": 1.0,
        "test_accuracy": 0.9,
        "accuracy_gap": pytest.approx(0.1),
        "train_loss": 0.01,
        "test_loss": 0.5,
        "loss_gap": pytest.approx(0.49),
        "nonzero_fraction": 0.75,
        "train_balanced_accuracy": 0.99,
        "test_balanced_accuracy": 0.8,
        "balanced_accuracy_gap": pytest.approx(0.19),
        "constant": 0,
        "late_fall": None,
        "unsteady": 0,
    }
    assert run_row("d", "m", 3, Trained("diverged", history, np.ones(2), 0.75)) == {
        "dataset": "d", "method": "m", "seed": 3, "status": "diverged", "epochs": 9,
    }  # fmt: skip


def test_a_network_whose_outputs_are_no_numbers_has_no_accuracy() -> None:
    """In the history; its argmax would be a constant class."""
    nan, inf = float("nan"), float("inf")
    row = history_row("d", "m", 0, Record(3, labels(0.3, nan, 0.3), labels(0.4, inf, 0.4)))
    assert not {"train_accuracy", "test_accuracy"}.intersection(row)
    assert frame([row], HISTORY_COLUMNS)[list(HISTORY_COLUMNS[4:])].isna().all(axis=None)
    finite = history_row("d", "m", 0, Record(3, labels(0.3, 1.0, 0.3), labels(0.4, 2.0, 0.4)))
    assert (finite["train_accuracy"], finite["test_accuracy"]) == (0.3, 0.4)


def test_seconds_are_told_per_method_and_jobs_are_checked() -> None:
    """Timing stands in the JSON alone."""
    comparison = regcmp.compare("iris", ["l2=1"], seeds=2, **QUICK)
    assert comparison.timing["training_seconds"].keys() == {"none", "l2=1"}
    assert comparison.timing["jobs"] == 1
    with pytest.raises(regcmp.UsageError, match="--jobs: expected a whole number of at least 1"):
        regcmp.compare("iris", ["l2=1"], seeds=2, hidden="4", epochs=1, jobs=0)


def test_a_schedule_goes_from_the_word_to_the_training() -> None:
    """And from the plan of a report back into words."""
    words = "l2=0.5 l2=0.5:schedule=linear l2=0.5:schedule=constant"
    comparison = regcmp.compare("wine", words, seeds=2, **QUICK)
    assert list(comparison.summary["method"]) == ["none", "l2=0.5", "l2=0.5:schedule=linear"]
    losses = comparison.runs.set_index(["method", "seed"])["train_loss"]
    assert losses["l2=0.5", 0] > losses["l2=0.5:schedule=linear", 0] > losses["none", 0]
    again = regcmp.compare("wine", comparison.plan["methods"], seeds=2, **QUICK)
    assert again.runs.equals(comparison.runs)

"""Tuned methods: their words, the choice by validation rows, what is judged, and what is shown."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from itertools import combinations, permutations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from commands import run_here
from hypothesis import given
from hypothesis import strategies as st

import regcmp
from regcmp.analysis.gates import grounds_of, parse_gate
from regcmp.analysis.tuned import budget_rows, choice_notes, expected_after
from regcmp.data.loading import load_dataset
from regcmp.engine.measuring import Record
from regcmp.engine.regularizers import REGISTRY
from regcmp.engine.settings import Settings
from regcmp.engine.stack import Ingredient, Rows, RunSeeds, Stack
from regcmp.engine.training import Trained, train
from regcmp.errors import UsageError
from regcmp.plan import make_plan
from regcmp.plan.grammar import Method, excluded
from regcmp.plan.settling import settle
from regcmp.plan.tuning import Cocktail, Tuned, parse_any, pool_of_cocktail, weakness
from regcmp.results import TRIED_COLUMNS, frame
from regcmp.runs.condition import Run
from regcmp.runs.pace import pace_of
from regcmp.runs.tuning import Search, Tried, planned_networks

QUICK: dict[str, Any] = {"epochs": 8, "hidden": 8, "seeds": 3, "jobs": 1}
WINE = load_dataset("wine")


def tuned(word: str) -> Tuned:
    """The tuned method of a word."""
    (method,) = parse_any(word)
    assert isinstance(method, Tuned)
    return method


# Words


@pytest.mark.parametrize(
    ("word", "name", "candidates"),
    [
        ("tune:l2", "tune:l2", ["l2=0.0001", "l2=0.001", "l2=0.003", "l2=0.01", "l2=0.03"]),
        ("tune:l2=1e-2,1e-3,1e-2", "tune:l2=0.001,0.01", ["l2=0.001", "l2=0.01"]),
        ("tune:l2=1e-3..1e-1", "tune:l2=0.001..0.1", ["l2=0.001", "l2=0.01", "l2=0.1"]),
        ("tune:l2=1e-3..1e-1x2", "tune:l2=0.001..0.1x2", ["l2=0.001", "l2=0.1"]),
        (
            "tune:dropout=0.5:schedule=cosine:input=0.1",
            "tune:dropout=0.5:input=0.1:schedule=cosine",
            ["dropout=0.5:input=0.1:schedule=cosine"],
        ),
        ("tune:dropout=0.2,0.1+l1=1e-3", "tune:l1=0.001+dropout=0.1,0.2",
         ["l1=0.001+dropout=0.1", "l1=0.001+dropout=0.2"]),
    ],
)  # fmt: skip
def test_a_word_multiplies_out_to_candidates(word: str, name: str, candidates: list[str]) -> None:
    """And its name reads back as itself."""
    method = tuned(word)
    assert str(method) == name and parse_any(name) == [method]
    assert [str(each) for each in method.possible] == candidates
    assert method.candidates(3, len(candidates)) == method.possible


@pytest.mark.parametrize("name", REGISTRY)
def test_every_regularizer_can_be_tuned_over_its_grid(name: str) -> None:
    """Or at its default, where it has none, alone."""
    if REGISTRY[name].needs:
        return
    method = tuned(f"tune:{name}")
    expected = sorted(map(float, REGISTRY[name].grid)) or [REGISTRY[name].strength_is.default]
    assert [each.parts[0].strength for each in method.possible] == expected


@given(st.floats(1e-6, 1e-2), st.floats(1.01, 1e4), st.integers(2, 40))
def test_a_range_is_even_in_the_logarithm_and_keeps_its_ends(
    low: float, times: float, n: int
) -> None:
    """Rounded within half a unit of the third digit, or of more where that joins two points."""
    high = low * times
    words = parse_any(f"l2={low!r}..{high!r}x{n}")
    values = np.array([each.parts[0].strength for each in words])  # type: ignore[union-attr]
    assert len(values) == n and values[0] == low and values[-1] == high
    np.testing.assert_allclose(values, np.geomspace(low, high, n), rtol=5.1e-3)
    assert (np.diff(values) > 0).all()


def test_rates_and_whole_numbers_are_even() -> None:
    """In tenths, or one by one."""
    assert [str(m) for m in parse_any("dropout=0.1..0.4")] == [
        f"dropout=0.{i}" for i in (1, 2, 3, 4)
    ]
    assert [str(m) for m in parse_any("earlystop=3..5")] == [f"earlystop={i}" for i in (3, 4, 5)]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("tune:none", "'none' is the method without any part"),
        ("tune:", "expected a regularizer after 'tune:'"),
        ("tune:tune:l2", "expected a regularizer after 'tune:'"),
        ("tune=l2", "write tune:l2"),
        ("cocktail", "write tune:cocktail"),
        ("tune:cocktail+l2", "which stands alone"),
        ("tune:l2+l2", "appears twice"),
        ("l2=1e-1..1e-3", "is empty"),
        ("l2=0.1..0.1", "is empty"),
        ("tune:l2=0..1", "spaced by the logarithm"),
        ("l2=-1..1", "spaced by the logarithm"),
        ("l2=1e-5...1e-1", "more than two dots"),
        ("l2=1e-5..1x1000+l1=1e-5..1x1000", "multiplies out to 1,000,000 methods"),
        ("tune:l1+l2+dropout+noise+mixup+fgsm+maxnorm", "multiplies out to"),
        ("l2 --tried t.csv", "nothing is tuned"),
        ("l2=..1", "needs a number at each end"),
        ("l2=1..", "needs a number at each end"),
        ("l2=1..nan", "needs a number at each end"),
        ("l2=1..2x1", "whole number of points"),
        ("l2=1..2x2.5", "whole number of points"),
        ("l2=1..1e9", "from 0 to 1000"),
        ("earlystop=3..5x9", "no 9 different points"),
        ("tune:l2 --trials 6", "at most 5"),
        ("tune:l2 --trials 0", "from 1 to 10000"),
        ("l2 --trials 2", "no method is tuned"),
        ("l2 --select-by log_loss", "nothing is tuned"),
        ("l2 --no-refit", "nothing is tuned"),
        ("l2 --tune seeds=1,2", "expected one of lr, epochs, batch-size, hidden"),
        ("l2 --tune test-size=0.1,0.2", "expected one of lr"),
        ("l2 --tune lr", "expected a learning rate above 0"),
        ("l2 --tune lr=0.1", "one value"),
        ("l2 --tune lr=0.1,x", "expected a learning rate above 0"),
        ("l2 --tune lr=1,0.1 --tune lr=3,4", "appears twice"),
        ("l2 --tune lr=1,2 --lr 3", "leave one of the two out"),
        ("l2 --tune epochs=1,2 --epochs 3", "leave one of the two out"),
        ("l2 --tune hidden=3;4,x", "widths of the hidden layers"),
        ("tune:l2 --select-by r2", "for a regression"),
        ("l2 --plot budget", "needs a tuned method"),
        ("tune:l2 --validation-size 2", "one of every class"),
        ("tune:l2 --baseline tune:l2=1..0.1", "--baseline: method"),
    ],
)
def test_what_cannot_be_tuned_is_said_in_one_line(words: str, said: str, tmp_path: Path) -> None:
    """Before anything is trained."""
    done = run_here(["compare", "--dataset", "wine", *words.split(), "--seeds", "2"], tmp_path)
    assert done.code == 2 and done.err.count("\n") == 1 and said in done.err, done.err


# Candidates


@given(st.integers(0, 2**40), st.integers(1, 24))
def test_candidates_are_drawn_without_replacement(seed: int, trials: int) -> None:
    """From the product; the same ones for the same seed."""
    method = tuned("tune:l2+dropout")
    drawn = method.candidates(seed, trials)
    assert len(set(drawn)) == len(drawn) == trials and set(drawn) <= set(method.possible)
    assert drawn == method.candidates(seed, trials)


def test_a_bare_range_is_searched_at_random() -> None:
    """Where another number is asked for than its points: even in the logarithm, within its ends."""
    method = tuned("tune:l2=1e-5..1e-1")
    drawn = [each.parts[0].strength for s in range(200) for each in method.candidates(s, 8)]
    logs = np.log10(drawn)
    assert logs.min() >= -5 and logs.max() <= -1
    counts, _ = np.histogram(logs, 8, (-5, -1))
    assert (abs(counts - 200) < 5 * np.sqrt(200)).all()


def test_no_method_tries_more_than_another_unless_told() -> None:
    """As many as the one with the fewest has."""
    assert make_plan("wine", "none tune:l2 tune:dropout=0.1,0.5 tune:l1").protocol.trials == 2
    assert make_plan("wine", "none tune:l2+dropout tune:cocktail").protocol.trials == 25
    assert make_plan("wine", "none tune:cocktail").protocol.trials == 16
    assert make_plan("wine", "none tune:l2=1e-5..1e-1", trials=9).protocol.trials == 9
    assert make_plan("wine", "none l2").protocol.trials is None


@pytest.mark.parametrize("dataset", ["wine", "diabetes"])
def test_a_cocktail_never_mixes_what_excludes_each_other(dataset: str) -> None:
    """Each regularizer of the pool is drawn, within its range, where the task has a use for it."""
    plan = settle(make_plan(dataset, "none tune:cocktail"), load_dataset(dataset))
    cocktail = plan.methods[1]
    assert isinstance(cocktail, Cocktail)
    counts: Counter[str] = Counter()
    for seed in range(60):
        for method in cocktail.candidates(seed, 8):
            names = [part.name for part in method.parts]
            counts.update(names)
            assert all(excluded(name).keys().isdisjoint(names) for name in names)
            for part in method.parts:
                low, high = REGISTRY[part.name].cocktail or (0, 0)
                assert low <= part.strength <= high
    task = load_dataset(dataset).task
    assert counts.keys() == {n for n in pool_of_cocktail() if task in REGISTRY[n].tasks}


@pytest.mark.usefixtures("registry_as_before")
def test_a_plugin_joins_the_pool(tmp_path: Path) -> None:
    """By a range; what it inherits does not make it join."""
    (tmp_path / "mine.py").write_text(
        "import regcmp\n"
        "@regcmp.register\n"
        "class Mine(regcmp.Regularizer):\n"
        "    '''Nothing.'''\n"
        "    name = 'mine'\n"
        "    strength_is = regcmp.Number(1, 0, 10, 'nothing')\n"
        "    formula = 'w'\n"
        "    cocktail = (0.1, 1.0)\n"
        "@regcmp.register\n"
        "class Other(Mine):\n"
        "    '''Nothing.'''\n"
        "    name = 'other'\n"
    )
    page = run_here(["methods", "cocktail", "--plugin", "mine.py"], tmp_path).out
    assert re.search(r"^  mine +0.1 to 1 +log", page, re.M) and "other" not in page
    assert "gaussdropout" not in page


# The choice


def ended(status: str = "ok", score: float = 0.0, loss: float = 1.0, test: float = 0.0) -> Trained:
    """A run with these validation scores, and this test score."""
    scores = {"accuracy": score, "balanced_accuracy": score, "loss": loss}
    found = {"accuracy": test, "loss": 1.0}
    return Trained(status, (Record(8, found, found, scores),), np.zeros(0), 1.0)


def searched(words: str, **options: Any) -> Search:
    """The search of a plan on wine."""
    return Search(settle(make_plan("wine", words, **{"seeds": 1, **options}), WINE), WINE)


@pytest.mark.parametrize(
    ("ends", "best"),
    [
        ([ended(score=0.5, test=0.9), ended(score=0.7, test=0.1), ended(score=0.6)], 1),
        ([ended(score=0.7, loss=0.4), ended(score=0.7, loss=0.3), ended(score=0.1)], 1),
        ([ended(score=0.7, loss=0.3), ended(score=0.7, loss=0.3), ended(score=0.7, loss=0.3)], 0),
        ([ended("diverged"), ended(score=0.0, loss=9.0), ended("dead")], 1),
        ([ended("dead"), ended("dead"), ended("diverged")], 2),
        ([ended(score=float("nan")), ended(score=0.1), ended(score=0.0)], 1),
    ],
)
def test_the_best_on_validation_rows_is_chosen(ends: list[Trained], best: int) -> None:
    """Ties go to the smaller loss, then to the weaker candidate; of stopped runs alone, the gravest."""
    search = searched("none tune:l2=0.001,0.01,0.1")
    runs = search.candidates["tune:l2=0.001,0.01,0.1", 0]
    finished = dict(zip(runs, ends, strict=True))
    orders = permutations(runs)
    for order in orders:
        search.candidates["tune:l2=0.001,0.01,0.1", 0] = order
        assert search.ranked(finished)["tune:l2=0.001,0.01,0.1", 0][0] == runs[best]


def test_a_smaller_bound_is_the_stronger_candidate() -> None:
    """Of what bounds weights, the larger strength wins a tie."""
    weak, strong = (parse_any(f"maxnorm={s}")[0] for s in (3, 1))
    assert isinstance(weak, Method) and isinstance(strong, Method)
    assert weakness(weak) < weakness(strong)


def test_lower_is_better_where_losses_are_compared() -> None:
    """The sign is that of --select-by, whatever the comparison's metric is."""
    search = searched("none tune:l2=0.001,0.01", select_by="log_loss")
    one, two = search.candidates["tune:l2=0.001,0.01", 0]
    finished = {one: ended(score=0.9, loss=0.5), two: ended(score=0.1, loss=0.4)}
    assert search.ranked(finished)["tune:l2=0.001,0.01", 0] == [two, one]


def test_what_is_chosen_is_trained_on_both_parts_together() -> None:
    """The same rows as under every other method; without a refit, on training rows alone."""
    search = searched("none tune:l2", label_noise=0.3)
    whole, part = search.final.splits[0], search.condition.splits[0]
    assert np.array_equal(whole.train, np.sort(np.concatenate([part.train, part.validation])))
    assert np.array_equal(whole.test, part.test)
    learned = search.final.learned(0)
    np.testing.assert_array_equal(search.condition.targets[0].train, learned[part.train])
    np.testing.assert_array_equal(search.condition.targets[0].validation, learned[part.validation])
    assert (learned != WINE.y).sum() == round(0.3 * len(whole.train))
    kept = searched("none tune:l2", refit=False)
    assert kept.final is kept.condition


# Bits


def runs_of(comparison: Any, method: str) -> pd.DataFrame:
    """Its rows, without its name."""
    rows = comparison.runs[comparison.runs["method"] == method]
    return rows.drop(columns="method").reset_index(drop=True)


@pytest.mark.parametrize("refit", [True, False])
@pytest.mark.parametrize("name", ["l2=0.01", "dropout=0.5", "earlystop=2"])
def test_one_candidate_is_the_plain_method(name: str, refit: bool) -> None:
    """Bit for bit; twice the same candidate is one."""
    both = regcmp.compare(
        "wine", ["none", name, f"tune:{name}", "tune:l1"], refit=refit, trials=1, **QUICK
    )
    pd.testing.assert_frame_equal(runs_of(both, name), runs_of(both, f"tune:{name}"))
    twice = regcmp.compare(
        "wine",
        ["none", f"tune:{name},{name.partition('=')[2]}", "tune:l1"],
        refit=refit,
        trials=1,
        **QUICK,
    )
    pd.testing.assert_frame_equal(runs_of(both, name), runs_of(twice, f"tune:{name}"))


def test_plain_rows_are_those_of_a_comparison_without_tuning() -> None:
    """They learn from all training rows, too."""
    plain = regcmp.compare("wine", "none l2=0.01", **QUICK)
    beside = regcmp.compare("wine", "none l2=0.01 tune:dropout=0.1,0.5", **QUICK)
    for name in ("none", "l2=0.01"):
        pd.testing.assert_frame_equal(runs_of(plain, name), runs_of(beside, name))


def test_a_chosen_candidate_has_the_scores_of_its_own_row() -> None:
    """Under each seed, those of the plain method that was chosen."""
    found = regcmp.compare("wine", "none l2=0.001 l2=0.1 tune:l2=0.001,0.1", **QUICK | {"seeds": 6})
    chosen = found.tried[found.tried["chosen"] == 1]
    assert list(chosen["seed"]) == list(range(6))
    rows = runs_of(found, "tune:l2=0.001,0.1")
    for seed, name in zip(chosen["seed"], chosen["candidate"], strict=True):
        pd.testing.assert_series_equal(rows.loc[seed], runs_of(found, name).loc[seed])


def test_settings_are_chosen_for_every_method() -> None:
    """Each run is that of a comparison with the setting that was chosen."""
    found = regcmp.compare("wine", "none l2=0.01", tune=["lr=1e-4,1e-2"], **QUICK)
    each = {lr: regcmp.compare("wine", "none l2=0.01", lr=lr, **QUICK) for lr in (1e-4, 1e-2)}
    chosen = found.tried[found.tried["chosen"] == 1]
    assert len(found.tried) == 2 * 2 * 3 and len(chosen) == 2 * 3
    for row in chosen.itertuples():
        lr = float(str(row.setting).removeprefix("lr="))
        expected = runs_of(each[lr], str(row.method)).loc[row.seed]
        pd.testing.assert_series_equal(runs_of(found, str(row.method)).loc[row.seed], expected)


def test_nothing_depends_on_stacks_workers_or_further_seeds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The same bytes, and the first seeds' rows of a longer comparison."""
    words, options = "none tune:l2=1e-4..1e-1 tune:cocktail earlystop=2", {"trials": 3, **QUICK}
    first = regcmp.compare("wine", words, **options)
    longer = regcmp.compare("wine", words, **options | {"seeds": 5})
    for name in ("runs", "tried"):
        part = getattr(longer, name)
        part = part[part["seed"] < 3].reset_index(drop=True)
        pd.testing.assert_frame_equal(getattr(first, name), part)
    in_two = regcmp.compare("wine", words, **options | {"jobs": 2})
    monkeypatch.setattr("regcmp.runs.stacking.runs_per_stack", lambda *_: 2)
    in_pairs = regcmp.compare("wine", words, **options)
    for other in (in_two, in_pairs):
        assert other.to_csv() == first.to_csv()
        pd.testing.assert_frame_equal(other.tried, first.tried)
        pd.testing.assert_frame_equal(other.budget, first.budget)


def test_test_rows_are_not_looked_at_where_one_is_chosen(tmp_path: Path) -> None:
    """With other labels of the test rows, the same candidates are chosen; the scores differ."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(120, 4))
    labels = np.where(x[:, 0] + rng.normal(size=120) > 0, "a", "b")
    data = pd.DataFrame(x, columns=list("abcd")).assign(y=labels)
    data[:80].to_csv(tmp_path / "train.csv", index=False)
    found = []
    for name, order in (("same", np.arange(40)), ("shuffled", rng.permutation(40))):
        rows = data[80:].assign(y=labels[80:][order])
        rows.to_csv(tmp_path / f"{name}.csv", index=False)
        words = ["compare", "--dataset", "train.csv", "--test", f"{name}.csv", "none", "tune:l2"]
        options = [
            "--seeds",
            "5",
            "--epochs",
            "15",
            "--tried",
            f"{name}.tried.csv",
            "-o",
            f"{name}.out.csv",
        ]
        done = run_here([*words, *options, "-q"], tmp_path)
        assert done.code == 0, done.err
        found.append([(tmp_path / f"{name}.{kind}.csv").read_text() for kind in ("tried", "out")])
    (tried, out), (tried_shuffled, out_shuffled) = found
    assert tried.replace("same", "") == tried_shuffled.replace("shuffled", "")
    assert out != out_shuffled


def test_a_stop_is_repeated_at_its_epoch() -> None:
    """On the same rows, the weights that early stopping chose, to the bit."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(1, 60, 5)).astype(np.float32)
    y = (x[..., 0] + rng.normal(size=(1, 60)) > 0).astype(int)
    rows = Rows(x, y, x[:, :10], y[:, :10], 2, x_validation=x[:, 40:], y_validation=1 - y[:, 40:])
    seeds = tuple(RunSeeds(s, s, s) for s in range(4))
    settings = Settings(hidden=(8,), epochs=12, batch_size=16)
    stack = Stack(settings, (Ingredient("earlystop", (2.0,) * 4),), seeds, rows, (0,) * 4)
    first = train(stack)
    epochs = tuple(float(run.selected or 0) for run in first)
    assert len(set(epochs)) > 1
    again = train(replace(stack, ingredients=(Ingredient("stopat", epochs),)))
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.theta, other.theta)
        assert one.selected == other.selected


def test_a_refit_trains_for_the_epochs_that_a_run_stopped_at() -> None:
    """Of early stopping, tuned or not, beside a tuned method."""
    options = QUICK | {"epochs": 40, "lr": 0.03, "label_noise": 0.3}
    found = regcmp.compare("wine", "none earlystop=1 tune:l2=0.01,0.1", refit=False, **options)
    alone = regcmp.compare("wine", "none earlystop=1", **options)
    pd.testing.assert_frame_equal(runs_of(found, "earlystop=1"), runs_of(alone, "earlystop=1"))
    found = regcmp.compare("wine", "none earlystop=1 tune:l2=0.01,0.1", **options)
    rows = runs_of(found, "earlystop=1")
    assert (rows["epochs"] < 40).any() and len(found.tried) == 6
    assert not rows["train_loss"].equals(runs_of(alone, "earlystop=1")["train_loss"])
    assert found.plan["data"]["n_validation"] == 0 < found.plan["data"]["n_selection"]


def test_a_seed_whose_candidates_all_fail_is_a_failed_run() -> None:
    """It stays in the table with its status."""
    found = regcmp.compare("wine", "none tune:l2=1,2", optimizer="sgd", lr=1e25, **QUICK)
    row = found.summary[found.summary["method"] == "tune:l2=1,2"].iloc[0]
    assert row["n"] == 0 and row["n_failed"] == 3 and row["status"] == "diverged"
    assert "chose" not in row["note"]


# What is said


def brute_force(tests: list[float], k: int) -> float:
    """The mean over all sets of k candidates of the test score of the first in rank."""
    return float(np.mean([tests[min(each)] for each in combinations(range(len(tests)), k)]))


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=7))
def test_the_budget_curve_is_the_mean_over_all_orders(tests: list[float]) -> None:
    """By brute force."""
    expected = [brute_force(tests, k) for k in range(1, len(tests) + 1)]
    assert expected_after(tests) == pytest.approx(expected, abs=1e-12)


def test_trials_without_a_score_are_left_out_of_the_mean() -> None:
    """Of three candidates one was stopped: two of three draws of one have a score."""
    assert expected_after([0.9, 0.5, None]) == pytest.approx([0.7, (2 * 0.9 + 0.5) / 3, 0.9])
    assert expected_after([None, None]) == [None, None]
    rows = list(budget_rows({"m": [[0.9, 0.5], [0.7, 0.3]]}))
    assert [row["trials"] for row in rows] == [1, 2]
    assert rows[0]["test_mean"] == pytest.approx(0.6) and rows[1]["test_mean"] == pytest.approx(0.8)


def tried(*chosen: str, word: str = "tune:l2=0.001,0.01,0.1", setting: str = "") -> pd.DataFrame:
    """A search that chose these candidates, seed by seed."""
    rows = [
        {"dataset": "d", "method": word, "seed": seed, "candidate": str(each), "setting": setting,
         "status": "ok", "epochs": 8, "select_by": "accuracy", "chosen": int(str(each) == best)}
        for seed, best in enumerate(chosen)
        for each in tuned(word).possible
    ]  # fmt: skip
    return frame(rows, TRIED_COLUMNS)


@pytest.mark.parametrize(
    ("strengths", "notes"),
    [
        (("0.01",) * 3 + ("0.001",), ["chose l2=0.01 in 3 of 4 seeds, l2=0.001 in 1"]),
        (
            ("0.1", "0.1", "0.01", "0.001"),
            [
                "chose l2=0.1 in 2 of 4 seeds, l2=0.01 in 1, l2=0.001 in 1",
                "2 of 4 choices are the largest l2, 0.1: try larger ones",
            ],
        ),
        (("0.001",) * 3, [
            "chose l2=0.001 in 3 of 3 seeds",
            "3 of 3 choices are the smallest l2, 0.001: try smaller ones",
        ]),
    ],
)  # fmt: skip
def test_a_note_says_what_was_chosen_and_where_a_grid_ends_too_soon(
    strengths: tuple[str, ...], notes: list[str]
) -> None:
    """From half of the seeds on."""
    table = tried(*(f"l2={each}" for each in strengths))
    assert choice_notes(table, [tuned("tune:l2=0.001,0.01,0.1")], ()) == {
        "tune:l2=0.001,0.01,0.1": notes
    }


def test_no_grid_is_to_go_on_beyond_what_is_allowed() -> None:
    """A rate of 0 has nothing below it."""
    word = "tune:dropout=0,0.5"
    table = tried("dropout=0", "dropout=0", word=word)
    assert choice_notes(table, [tuned(word)], ())[word] == ["chose dropout=0 in 2 of 2 seeds"]


def test_the_best_of_a_list_on_test_rows_is_too_high_and_the_tuned_row_is_not() -> None:
    """Of candidates that are all equal: scores by chance, on validation and on test rows."""
    rng = np.random.default_rng(5)
    search = searched("none tune:l2")
    place = ("tune:l2", 0)
    chosen, best, all_of_them = [], [], []
    for _ in range(4000):
        validation, tests = rng.normal(0.8, 0.03, (2, 5))
        ends = [ended(score=v, test=t) for v, t in zip(validation, tests, strict=True)]
        finished = dict(zip(search.candidates[place], ends, strict=True))
        first = search.ranked(finished)[place][0]
        chosen.append(finished[first].history[-1].test["accuracy"])
        best.append(max(tests))
        all_of_them.append(tests.mean())
    error = 0.03 / np.sqrt(4000)
    assert abs(np.mean(chosen) - np.mean(all_of_them)) < 4 * error
    assert np.mean(best) - np.mean(all_of_them) > 0.03  # the largest of five is 1.16 deviations up


@pytest.fixture(scope="module")
def digits() -> Any:
    """A comparison in which a tuned method wins."""
    return regcmp.compare(
        "digits", "none tune:l2=1e-3,1e-2 tune:dropout=0.1,0.5", train_size=100, seeds=10, hidden=32
    )


def test_a_tuned_winner_is_called_tuned_and_ready_to_paste(digits: Any) -> None:
    """In the verdict; the last line has its most chosen strength."""
    assert digits.verdict.startswith("Winner: tuned l2=0.001,0.01, +")
    last = repr(digits).strip().splitlines()[-1]
    most = digits.tried[digits.tried["chosen"] == 1]
    most = most[most["method"] == "tune:l2=0.001,0.01"]["candidate"].mode()
    assert last == f"Most chosen of tune:l2=0.001,0.01: regcmp compare ... {most[0]}"
    assert "2 candidates of each tuned method; by accuracy on 20 validation rows" in repr(digits)


def test_no_score_of_a_candidate_on_test_rows_leaves_the_comparison(digits: Any) -> None:
    """Neither in the frame nor in JSON; what is expected of so many trials does."""
    assert not any("test" in name for name in digits.tried.columns)
    document = json.loads(digits.to_json())
    assert len(document["tried"]) == 2 * 2 * 10
    assert not any("test" in key for row in document["tried"] for key in row)
    assert [row["trials"] for row in document["budget"]] == [1, 2, 1, 2]


def test_a_saved_report_gives_the_same_table_figures_and_candidates(
    digits: Any, tmp_path: Path
) -> None:
    """Read back, in every format; a gate asks a tuned row, and diff finds no change."""
    (tmp_path / "r.json").write_text(digits.to_json())
    done = run_here(
        ["report", "r.json", "--tried", "t.csv", "-o", "r.md", "-o", "r.html"], tmp_path
    )
    assert done.code == 0, done.err
    assert (tmp_path / "r.md").read_text() == digits.to_markdown()
    assert pd.read_csv(tmp_path / "t.csv").shape == digits.tried.shape
    page = (tmp_path / "r.html").read_text()
    assert "What trials bring" in page and "Validation score against strength" in page
    assert "tried.csv" in page
    for plot in ("budget", "strength"):
        drawn = run_here(["report", "r.json", "--plot", plot], tmp_path).out
        assert drawn.count("tune:l2=0.001,0.01: ") >= 1, plot
    gate = ["--fail-if", "test_mean(tune:l2=0.001,0.01) < 0.1"]
    assert run_here(["report", "r.json", *gate], tmp_path).code == 0
    same = run_here(["diff", "r.json", "r.json"], tmp_path)
    assert same.code == 0 and "tune:l2=0.001,0.01" in same.out
    parsed = parse_gate("test_mean(tune:l2=1e-2,1e-3) > 1", grounds_of(digits.plan))
    assert parsed.method == "tune:l2=0.001,0.01"


def test_a_rehearsal_says_how_many_networks_and_trains_no_more(tmp_path: Path) -> None:
    """Candidates and what is judged in the end; nothing is written."""
    words = ["compare", "--dataset", "wine", "none", "tune:l2", "tune:dropout=0.1,0.5", "earlystop"]
    done = run_here(
        [*words, "--seeds", "3", "--epochs", "2", "--dry-run", "-o", "r.json", "--jobs", "1"],
        tmp_path,
    )
    assert done.code == 0 and not (tmp_path / "r.json").exists()
    # Under each seed: none, two of five l2, two dropout, earlystop, and three to be judged.
    assert re.match(r"Training 27 networks of [\d,]+ weights: roughly \d+ seconds?\n$", done.out)


def test_the_networks_that_are_announced_are_those_that_are_trained() -> None:
    """As progress counts them."""
    for words, options in (
        ("none tune:l2 earlystop", {}),
        ("none tune:l2=0.1,0.2 tune:l2=0.1,0.3", {}),
        ("none tune:l2", {"refit": False, "trials": 2}),
        ("none l2", {"tune": ["lr=0.1,0.2"]}),
        ("none tune:l2=1,2", {"optimizer": "sgd", "lr": 1e25}),
    ):
        plan = make_plan("wine", words, epochs=8, hidden=8, seeds=3, **options)
        pace = pace_of(planned_networks(plan), plan.settings.epochs)
        regcmp.api.run(plan, watch=regcmp.api.Watch(pace=pace))
        assert pace.done == pace.total == planned_networks(plan).total(), words
        assert not pace.left.total() and not pace.training and pace.seconds_left == 0, words


def test_a_tried_row_is_written_once_per_candidate(tmp_path: Path) -> None:
    """With what it was chosen by; unequal budgets are said below the table."""
    words = ["compare", "--dataset", "wine", "none", "tune:l2=0.1,0.2", "--tune", "epochs=3,4"]
    done = run_here([*words, "--seeds", "2", "--tried", "t.csv"], tmp_path)
    table = pd.read_csv(tmp_path / "t.csv")
    assert tuple(table.columns) == TRIED_COLUMNS and len(table) == 2 * (2 + 4)
    assert set(table["setting"]) == {"epochs=3", "epochs=4"}
    assert (table.groupby(["method", "seed"])["chosen"].sum() == 1).all()
    assert "Candidates tried under each seed: none 2, tune:l2=0.1,0.2 4." in done.out
    assert "epochs among 3 or 4 for every method" in " ".join(done.out.split())


@pytest.mark.usefixtures("registry_as_before")
@pytest.mark.parametrize(
    "ends", ["(0.5,)", "(-1, 'a')", "(0.0, 0.1)", "(0.1, 50)", "(1, 0.1)", "3"]
)
def test_a_range_of_mixtures_is_checked(ends: str, tmp_path: Path) -> None:
    """Where a plugin is loaded."""
    (tmp_path / "mine.py").write_text(
        "import regcmp\n@regcmp.register\nclass Mine(regcmp.Regularizer):\n    'Nothing.'\n"
        "    name = 'mine'\n    strength_is = regcmp.Number(1, 0, 10, 'nothing')\n    formula = 'w'\n"
        f"    cocktail = {ends}\n"
    )
    done = run_here(["methods", "cocktail", "--plugin", "mine.py"], tmp_path)
    assert done.code == 2 and "expected cocktail = (LOW, HIGH)" in done.err


def test_what_is_tuned_for_all_is_no_number_of_the_network_s_line(tmp_path: Path) -> None:
    """And the winner's last line has it, also of a row whose strength was typed."""
    words = ["compare", "--dataset", "digits", "--train-size", "100", "none", "l2=0.01"]
    options = [
        "--tune",
        "lr=3e-3,6e-3",
        "--epochs",
        "40",
        "--save-config",
        "e.toml",
        "--seeds",
        "10",
    ]
    done = run_here([*words, *options], tmp_path)
    assert "rate tuned cooldown" in " ".join(done.out.split())
    assert re.search(
        r"^Most chosen of l2=0.01: regcmp compare ... l2=0.01 --lr 0.00[36]$", done.out, re.M
    )
    again = run_here(["compare", "--config", "e.toml"], tmp_path)
    assert again.out == done.out
    wide = ["none", "--tune", "hidden=4;8,8", "--seeds", "1", "--epochs", "1"]
    rows = run_here([*words[:3], *wide], tmp_path)
    assert "hidden among 4 or 8,8" in rows.out and "network 64-tuned-10" in rows.out


def test_one_candidate_is_recorded_too(tmp_path: Path) -> None:
    """As under --trials 1: what each seed drew is in the rows and in a note."""
    words = ["compare", "--dataset", "wine", "none", "tune:l2", "--trials", "1", "--epochs", "2"]
    done = run_here([*words, "--seeds", "3", "--tried", "t.csv"], tmp_path)
    said = " ".join(done.out.split())
    assert "1 candidate of each" in said and "each the only candidate" in said
    assert len(pd.read_csv(tmp_path / "t.csv")) == 3


def test_settings_are_given_by_name_from_python() -> None:
    """As lists; widths as lists of lists; ranges of whole numbers have a point per decade."""
    given = {"lr": [0.1, 1], "hidden": [[4], [8, 8]], "batch_size": "1..100"}
    plan = make_plan("wine", "none", tune=given)
    assert plan.as_dict()["tune"] == ["lr=0.1,1", "batch-size=1,10,100", "hidden=4;8,8"]


def test_random_draws_have_ends_too() -> None:
    """Of each seed's own draws, where there are four or more; a tie tells nothing."""
    method = tuned("tune:l2=1e-5..1e-1")
    rows = []
    for seed in range(4):
        drawn = method.candidates(seed, 6)
        lowest = min(drawn, key=lambda each: each.parts[0].strength)
        rows += [
            {"dataset": "d", "method": str(method), "seed": seed, "candidate": str(each), "setting": "",
             "status": "ok", "epochs": 8, "select_by": "accuracy", "chosen": int(each == lowest),
             "validation_score": 0.9 if each == lowest else 0.8, "validation_loss": 1.0}
            for each in drawn
        ]  # fmt: skip
    table = frame(rows, TRIED_COLUMNS)
    said = "4 of 4 choices are the smallest l2 of their seed: try smaller ones"
    assert said in choice_notes(table, [method], ())[str(method)]
    table["validation_score"] = 0.9
    assert said not in choice_notes(table, [method], ())[str(method)]


def test_a_row_of_the_search_is_no_run() -> None:
    """Tables and gates know the rows of methods alone."""
    found = regcmp.compare("wine", "none tune:l2=0.1,0.2", **QUICK)
    assert set(found.runs["method"]) == set(found.summary["method"]) == {"none", "tune:l2=0.1,0.2"}
    assert (
        isinstance(Tried.__dataclass_fields__["test"].type, str) and Run(Method(), 0).until is None
    )


def test_bad_words_raise_the_same_from_python() -> None:
    """With the option that they are of."""
    with pytest.raises(UsageError) as caught:
        make_plan("wine", "none tune:l2", trials=9)
    assert caught.value.options == ("trials",)

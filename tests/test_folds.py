"""Folds: seeds walk through them, and every row is tested once in as many seeds."""

from __future__ import annotations

from base64 import b64decode
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from commands import Done, run, run_here, strict
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from test_groups import dataset_of, table

import regcmp
from regcmp.analysis.power import Design
from regcmp.analysis.statistics import paired_t
from regcmp.data.dataset import Dataset
from regcmp.data.folds import Fold
from regcmp.data.loading import load_dataset
from regcmp.data.preparation.folding import check_folds, fold_rows
from regcmp.errors import DataError, UsageError
from regcmp.plan import make_plan
from regcmp.runs.condition import Condition
from regcmp.runs.tuning import Search

QUICK = ("--epochs", "2", "--hidden", "4", "--jobs", "1")


def said(done: Done) -> str:
    """Both streams in one line."""
    return " ".join((done.out + done.err).split())


# Which rows are in a fold


@st.composite
def folded(draw: st.DrawFn) -> tuple[Dataset, int]:
    """Rows of classes or values, with groups or without, and a number of folds that they allow."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    k, n, n_classes = draw(st.integers(2, 7)), draw(st.integers(30, 120)), draw(st.integers(0, 3))
    y = rng.integers(0, n_classes, n) if n_classes > 1 else rng.normal(size=n)
    groups = np.unique(rng.integers(0, rng.integers(8, n + 1), n), return_inverse=True)[1]
    dataset = dataset_of(groups, y, n_classes if n_classes > 1 else 0)
    if draw(st.booleans()):
        dataset = Dataset("rows", dataset.x, dataset.y, dataset.classes, task=dataset.task)
    try:
        check_folds(dataset, k)
    except (DataError, UsageError):
        reject()
    return dataset, k


@settings(max_examples=150, deadline=None)
@given(folded(), st.integers(0, 2**40))
def test_every_row_is_tested_once_in_as_many_seeds(case: tuple[Dataset, int], first: int) -> None:
    """Each fold has every class about by its share, and no group is in two of them."""
    dataset, k = case
    plan = make_plan("rows.csv", ["none"], folds=k, seeds=2 * k, seed=first)
    try:
        found = [fold_rows(dataset, plan.fold_of(seed)) for seed in plan.run_seeds]  # type: ignore[arg-type]
    except DataError:
        reject()
    for walk in (found[:k], found[k:]):
        tested = np.concatenate([test for _, test in walk])
        assert np.array_equal(np.sort(tested), np.arange(dataset.n_rows))
    for train, test in found:
        assert np.array_equal(np.sort(np.concatenate([train, test])), np.arange(dataset.n_rows))
        if dataset.groups is not None:
            assert not set(dataset.groups[train]) & set(dataset.groups[test])
        if dataset.classes:
            own, all_rows = (
                np.bincount(dataset.y[test], minlength=3),
                np.bincount(dataset.y, minlength=3),
            )
            assert set(dataset.y[test]) == set(range(len(dataset.classes)))
            if dataset.groups is None:
                assert (np.abs(own - all_rows / k) < 1).all()
    if dataset.groups is None or dataset.n_groups > 15:
        assert any(
            not np.array_equal(a[1], b[1]) for a, b in zip(found[:k], found[k:], strict=True)
        )


def test_they_are_those_of_scikit_learn() -> None:
    """Of the same state of its generator."""
    from sklearn.model_selection import StratifiedKFold

    from regcmp.engine.streams import stream

    y = np.arange(50) % 3
    dataset = Dataset("rows", np.zeros((50, 1)), y, ("a", "b", "c"))
    state = int(stream(4, "folds").integers(2**32))
    expected = list(StratifiedKFold(5, shuffle=True, random_state=state).split(y, y))
    for place in range(5):
        train, test = fold_rows(dataset, Fold(place, 5, 4))
        assert np.array_equal(train, expected[place][0]) and np.array_equal(
            test, expected[place][1]
        )


def test_group_folds_are_even_and_drawn_anew() -> None:
    """Nearly as even as scikit-learn's, which are the same under every state where groups are unlike."""
    from sklearn.model_selection import StratifiedGroupKFold

    rng = np.random.default_rng(1)
    groups = np.repeat(np.arange(40), rng.integers(1, 12, 40))
    y = (rng.random(40) < 0.4)[groups].astype(int)
    dataset = dataset_of(groups, y)
    share = np.bincount(y) / 5

    def unevenness(tests: list[np.ndarray]) -> float:
        return max(float(np.abs(np.bincount(y[t], minlength=2) / share - 1).max()) for t in tests)

    ours = [[fold_rows(dataset, Fold(i, 5, s))[1] for i in range(5)] for s in range(0, 50, 5)]
    theirs = StratifiedGroupKFold(5, shuffle=True, random_state=0).split(y, y, groups)
    assert max(map(unevenness, ours)) < unevenness([t for _, t in theirs]) + 0.25
    assert len({tuple(walk[0]) for walk in ours}) == len(ours)


def test_the_walk_starts_at_the_first_seed() -> None:
    """Whatever that is."""
    plan = make_plan("iris", folds=3, seeds=6, seed=7)
    folds = [plan.fold_of(seed) for seed in plan.run_seeds]
    assert folds == [Fold(i % 3, 3, 7 + i - i % 3) for i in range(6)]
    assert make_plan("iris").fold_of(3) is None
    assert plan.protocol.test_size == 1 / 3


# A comparison


def test_a_report_of_folds(tmp_path: Path) -> None:
    """Each row stands once in the test rows of a walk; the correction is 1 / (K - 1), exactly."""
    words = ("--folds", "5", "--seeds", "10", *QUICK, "none", "l2=1", "-o", "r.json")
    done = run(["compare", "--dataset", "iris", *words], tmp_path)
    assert done.code == 0, done.err
    assert "30 test rows, 5 folds, each tested twice by 10 seeds" in said(done)
    report = strict(done.file("r.json").decode())
    assert report["plan"]["correction_ratio"] == 1 / 4
    assert report["plan"]["test_size"] == 1 / 5
    tested = [
        np.flatnonzero(np.unpackbits(np.frombuffer(b64decode(each["test"]), "u1")))
        for each in report["rows"]["splits"]
    ]
    for walk in (tested[:5], tested[5:]):
        assert np.array_equal(np.sort(np.concatenate(walk)), np.arange(150))
    assert report["plan"]["effective_rows"] == pytest.approx(150)
    assert "Folds" not in done.err


def test_other_sizes_train_in_other_stacks_to_the_same_bits(tmp_path: Path) -> None:
    """Folds of 20 and of 21 rows; with two jobs, and under any other methods."""
    frame = table(21, 5).iloc[:103]
    frame.to_csv(tmp_path / "rows.csv", index=False)
    base = [
        "compare",
        "--dataset",
        "rows.csv",
        "--drop",
        "customer",
        "--folds",
        "5",
        "--seeds",
        "5",
    ]
    base += ["--epochs", "2", "--hidden", "4", "--validation-size", "0.2"]
    found = {}
    for name, words in {"a": ["--jobs", "1"], "b": ["--jobs", "2"]}.items():
        done = run([*base, *words, "none", "l2", "dropout", "--runs", f"{name}.csv"], tmp_path)
        assert done.code == 0, done.err
        found[name] = done.file(f"{name}.csv")
    assert found["a"] == found["b"]
    alone = run([*base, "--jobs", "1", "none", "--runs", "c.csv"], tmp_path).file("c.csv").decode()
    assert alone.splitlines()[1:] == found["a"].decode().splitlines()[1:6]
    assert "20 to 21 test rows" in said(done)
    made = regcmp.compare(
        str(tmp_path / "rows.csv"), ["none", "l2", "dropout"], drop="customer", folds=5, seeds=5,
        epochs=2, hidden=4, validation_size=0.2, jobs=1,
    )  # fmt: skip
    ours = pd.read_csv(tmp_path / "a.csv")
    assert made.runs["test_loss"].tolist() == ours["test_loss"].tolist()


def test_groups_and_folds_and_a_search(tmp_path: Path) -> None:
    """No customer on two sides, in either condition of a search."""
    table(30, 4).to_csv(tmp_path / "rows.csv", index=False)
    words = [
        "none",
        "tune:l2=0.01,1",
        "--groups",
        "customer",
        "--folds",
        "3",
        "--seeds",
        "6",
        *QUICK,
    ]
    done = run_here(["compare", "--dataset", "rows.csv", *words, "-o", "r.json"], tmp_path)
    assert done.code == 0, done.err
    plan = make_plan("rows.csv", ["tune:l2"], groups="customer", folds=3, seeds=6)
    dataset = load_dataset(str(tmp_path / "rows.csv"), None, plan.columns)
    assert dataset.groups is not None
    search = Search(plan, dataset)
    for seed in plan.run_seeds:
        first, last = search.condition.splits[seed], search.final.splits[seed]
        owners = [set(dataset.groups[each].tolist()) for each in (first.train, first.validation)]
        assert np.array_equal(first.test, last.test)
        assert not owners[0] & owners[1]
        assert not set(dataset.groups[first.test]) & (owners[0] | owners[1])


def test_training_rows_may_be_fewer() -> None:
    """Drawn from those that are not in the fold."""
    plan = make_plan("iris", ["none"], folds=5, seeds=5, train_size=30)
    dataset = load_dataset("iris")
    for split in Condition(plan, dataset).splits.values():
        assert len(split.train) == 30 and np.bincount(dataset.y[split.train]).tolist() == [10] * 3
        assert not set(split.train) & set(split.test)


def test_the_test_over_seeds_alone_has_the_correction(tmp_path: Path) -> None:
    """Of few rows."""
    frame = table(20, 2)
    frame.to_csv(tmp_path / "rows.csv", index=False)
    words = ["none", "l2=1", "--drop", "customer", "--folds", "4", "--seeds", "8"]
    words += ["--epochs", "30", "--hidden", "8", "--jobs", "1", "-o", "r.json"]
    done = run_here(["compare", "--dataset", "rows.csv", *words], tmp_path)
    report = strict(done.file("r.json").decode())
    assert report["plan"]["tested_by"] == "nadeau-bengio"
    runs = pd.DataFrame(report["runs"]).pivot(
        index="seed", columns="method", values="test_accuracy"
    )
    expected = paired_t(runs["l2=1"] - runs["none"], 1 / 3)
    assert expected.p is not None
    assert report["summary"][1]["p_value"] == pytest.approx(expected.p)
    assert "corrected by 0.33" in said(done)


def test_diff_pairs_the_same_folds_alone(tmp_path: Path) -> None:
    """Four folds are other splits than five."""
    for k in (2, 5):
        words = ["--folds", str(k), "--seeds", "10", *QUICK, "none", "-o", f"{k}.json"]
        run_here(["compare", "--dataset", "iris", *words], tmp_path)
    assert "Paired seed by seed" in said(run_here(["diff", "5.json", "5.json"], tmp_path))
    assert "folds differ): difference" in said(run_here(["diff", "2.json", "5.json"], tmp_path))
    for first in (3, 5):
        words = ["--folds", "5", "--seeds", "10", "--seed", str(first), *QUICK, "none"]
        run_here(["compare", "--dataset", "iris", *words, "-o", f"from{first}.json"], tmp_path)
    # Seeds 3 to 7 make a walk of their own; 5 to 9 are the second one of both.
    assert "(seed differ): difference" in said(run_here(["diff", "5.json", "from3.json"], tmp_path))
    assert "the 5 seeds that both have" in said(
        run_here(["diff", "5.json", "from5.json"], tmp_path)
    )


# Advice


def test_advice_is_of_whole_walks(tmp_path: Path) -> None:
    """A number of seeds that would be refused is never advised."""
    words = ["--folds", "4", "--seeds", "4", *QUICK, "none", "l2=1"]
    done = run_here(["compare", "--dataset", "iris", *words], tmp_path)
    assert "use at least 8, preferably 12. Next: --seeds 12." in said(done)
    free, walking = (Design(0.01, 0.002, 9, 12, step=step) for step in (1, 4))
    for difference in (0.02, 0.025, 0.03, 0.04, 0.06):
        seeds = free.seeds_for(difference)
        assert seeds is not None
        assert walking.seeds_for(difference) == 4 * np.ceil(seeds / 4)


# What can't be


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--folds", "1"), "--folds: expected a whole number from 2 to"),
        (("--folds", "x"), "--folds: expected a whole number"),
        (("--folds", "3"), "--folds: 10 seeds do not walk through 3 folds evenly, so that some rows"),
        (("--folds", "3"), "add --seeds 9 or --seeds 12"),
        (("--folds", "20"), "add --seeds 20"),
        (("--folds", "5", "--test-size", "0.3"), "--folds and --test-size exclude each other"),
        (("--folds", "5", "--vary", "init"), "--folds: each seed has another fold, so that splits vary, and"),
        (("--folds", "60", "--seeds", "60"), "--folds: class 'setosa' of 'iris' has 50 rows, too few for 60"),
    ],
)  # fmt: skip
def test_folds_that_can_not_be_are_named(
    words: tuple[str, ...], message: str, tmp_path: Path
) -> None:
    """In one line, before any training."""
    done = run_here(["compare", "--dataset", "iris", *words, "none"], tmp_path)
    assert done.code == 2 and message in done.err
    assert done.err.count("\n") == 1


def test_rows_that_do_not_allow_them_are_named(tmp_path: Path) -> None:
    """Groups, values and given test rows."""
    table(6, 5).to_csv(tmp_path / "rows.csv", index=False)
    table(6, 5, seed=2).to_csv(tmp_path / "test.csv", index=False)
    base = ["compare", "--dataset", "rows.csv", *QUICK, "none", "--folds", "5"]
    done = run_here([*base, "--groups", "customer"], tmp_path)
    assert done.code == 1
    assert "--groups: class 'no' of 'rows.csv' is in 3 groups only, too few for 5 parts" in done.err
    assert "; take fewer folds, or drop the class" in done.err
    done = run_here([*base, "--test", "test.csv"], tmp_path)
    assert done.code == 2 and "--folds: 'rows.csv' has 30 test rows of its own" in done.err
    words = ["--target", "a", "--drop", "y", "--folds", "20", "--seeds", "20"]
    done = run_here([*base[:-2], *words], tmp_path)
    assert (
        done.code == 2
        and "--folds: 30 rows of 'rows.csv' in 20 folds leave a fold with" in done.err
    )


def test_a_model_is_not_split(tmp_path: Path) -> None:
    """Of a report with folds, all rows train."""
    words = ["--folds", "5", "--seeds", "5", *QUICK, "none", "-o", "r.json"]
    run_here(["compare", "--dataset", "iris", *words], tmp_path)
    done = run_here(["fit", "r.json", "-o", "m.regcmp"], tmp_path)
    assert done.code == 0, done.err
    assert regcmp.load(tmp_path / "m.regcmp").facts.rows["train"] == 150

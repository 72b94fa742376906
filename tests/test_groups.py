"""Rows that belong together: no group on two sides, in any split, and what follows from that."""

from __future__ import annotations

import json
from base64 import b64decode
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from commands import Done, run, run_here, strict
from hypothesis import given, reject, settings
from hypothesis import strategies as st

import regcmp
from regcmp.analysis.statistics import paired_t, two_way
from regcmp.data.columns import Columns
from regcmp.data.dataset import Dataset
from regcmp.data.loading import load_dataset
from regcmp.data.preparation.splitting import set_aside, split_rows, split_sizes, validation_count
from regcmp.data.table import Reading, Table
from regcmp.data.tables.understanding import understand
from regcmp.errors import DataError, UsageError
from regcmp.plan import make_plan
from regcmp.report.reader import read_report
from regcmp.runs.condition import Condition
from regcmp.runs.tuning import Search

QUICK = ("--epochs", "2", "--seeds", "5", "--hidden", "4", "--jobs", "1")
GROUPED = ("--dataset", "rows.csv", "--groups", "customer")


def table(groups: int = 40, each: int = 4, seed: int = 0) -> pd.DataFrame:
    """Rows of customers, who can be told by their features and have a label of their own."""
    rng = np.random.default_rng(seed)
    keys = np.repeat(np.arange(groups), each)
    marks = rng.normal(size=(groups, 5))
    frame = pd.DataFrame(marks[keys] + 0.1 * rng.normal(size=(len(keys), 5)), columns=list("abcde"))
    labels = rng.permutation(np.arange(groups) % 2)
    return frame.assign(customer=keys + 100, y=np.array(["no", "yes"], object)[labels[keys]])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One with rows.csv."""
    table().to_csv(tmp_path / "rows.csv", index=False)
    return tmp_path


def said(done: Done) -> str:
    """Both streams in one line."""
    return " ".join((done.out + done.err).split())


def dataset_of(groups: object, y: object, n_classes: int = 2) -> Dataset:
    """Rows of these groups and targets."""
    y = np.asarray(y)
    x = np.random.default_rng(0).normal(size=(len(y), 2))
    classes = tuple("abcdefgh"[:n_classes])
    task = "classification" if n_classes else "regression"
    return Dataset("rows", x, y, classes, task=task, groups=np.asarray(groups))


# Splits


@st.composite
def grouped(draw: st.DrawFn) -> tuple[Dataset, float, float]:
    """Rows of groups of any size and make-up, each class in some of them; and shares to draw."""
    n_groups, n_classes = draw(st.integers(20, 40)), draw(st.integers(0, 3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    sizes = rng.integers(1, draw(st.integers(2, 9)), n_groups)
    groups = rng.permutation(np.repeat(rng.permutation(n_groups), sizes))
    if n_classes < 2:
        y = rng.normal(size=len(groups))
        n_classes = 0
    else:
        pure, free = rng.integers(0, n_classes, n_groups), rng.integers(0, n_classes, len(groups))
        y = np.where(rng.random(len(groups)) < rng.random(), pure[groups], free)
        for k in range(n_classes):  # at least four groups have it
            for group in rng.choice(n_groups, 4, replace=False):
                y[rng.choice(np.flatnonzero(groups == group))] = k
    shares = draw(st.sampled_from([0.2, 0.3, 0.5])), draw(st.sampled_from([0.2, 0.4]))
    return dataset_of(groups, y, n_classes), *shares


@settings(max_examples=150, deadline=None)
@given(grouped(), st.integers(0, 2**40))
def test_no_group_is_on_two_sides(drawn: tuple[Dataset, float, float], seed: int) -> None:
    """Every row is in one part, every part has every class, and the draw is the same again."""
    dataset, test_size, validation_size = drawn
    try:
        sizes = split_sizes(dataset, test_size, None)
        n_validation = validation_count(dataset, sizes[0], validation_size)
        split = set_aside(dataset, split_rows(dataset, *sizes, seed), n_validation, seed)
    except (DataError, UsageError):
        reject()  # too few rows, or a class in too few groups: refused, see below
    parts = [split.train, split.validation, split.test]
    assert dataset.groups is not None
    owners = [set(dataset.groups[part].tolist()) for part in parts]
    assert not (owners[0] & owners[1] or owners[0] & owners[2] or owners[1] & owners[2])
    assert np.array_equal(np.sort(np.concatenate(parts)), np.arange(dataset.n_rows))
    for part in parts:
        assert len(part) and (np.diff(part) > 0).all()
        assert not dataset.classes or set(dataset.y[part]) == set(range(len(dataset.classes)))
    again = set_aside(dataset, split_rows(dataset, *sizes, seed), n_validation, seed)
    assert np.array_equal(again.test, split.test) and np.array_equal(again.train, split.train)


def test_the_order_of_rows_does_not_matter() -> None:
    """The same customers are tested when the file is shuffled."""
    frame = table(30, 3)
    found = []
    for seed in (None, 1, 2):
        rows = frame if seed is None else frame.sample(frac=1, random_state=seed)
        dataset = understand(
            Table("rows", rows.reset_index(drop=True), ""), Columns(groups="customer")
        )
        split = split_rows(dataset, 72, 18, 5)
        found.append(sorted(rows["customer"].to_numpy()[split.test]))
    assert found[0] == found[1] == found[2]


def test_every_seed_draws_other_groups_also_where_groups_are_unlike() -> None:
    """StratifiedGroupKFold takes groups by their make-up, so that it finds the same fold each time."""
    groups = np.repeat(np.arange(20), np.arange(1, 21))
    dataset = dataset_of(groups, np.arange(len(groups)) % 2)
    tested = [split_rows(dataset, 168, 42, seed).test for seed in range(30)]
    assert len({tuple(each) for each in tested}) > 20
    often = np.bincount(np.concatenate([np.unique(groups[each]) for each in tested]), minlength=20)
    assert often.min() > 0


def test_classes_are_stratified_as_far_as_groups_allow() -> None:
    """A rare class has about its share of test rows; GroupShuffleSplit alone lacks it at times."""
    from sklearn.model_selection import GroupShuffleSplit

    rng = np.random.default_rng(3)
    groups = np.repeat(np.arange(60), 5)
    y = (rng.permutation(60) < 6)[groups].astype(int)
    dataset = dataset_of(groups, y)
    tested = [split_rows(dataset, 240, 60, seed).test for seed in range(40)]
    plain = GroupShuffleSplit(40, test_size=0.2, random_state=0).split(y, y, groups)
    own, others = [y[each].sum() for each in tested], [y[each].sum() for _, each in plain]
    assert {len(each) for each in tested} == {60}
    assert set(own) <= {5, 10} and own.count(5) > 30  # of 30 rows a fifth is 6; groups have 5
    assert min(others) == 0 and np.std(others) > 2


def test_fewer_training_rows_are_drawn_from_those_that_are_left() -> None:
    """As many as were asked for, each class by its share, none of a tested group."""
    dataset = dataset_of(np.repeat(np.arange(50), 4), np.arange(200) % 2)
    split = split_rows(dataset, *split_sizes(dataset, 0.2, 60), 7)
    assert len(split.train) == 60 and dataset.y[split.train].sum() == 30
    assert dataset.groups is not None
    assert not set(dataset.groups[split.train]) & set(dataset.groups[split.test])


def test_a_search_judges_and_a_model_stops_by_groups_that_were_set_aside(folder: Path) -> None:
    """Both conditions of a search test the same rows; of a model, validation rows are whole groups."""
    dataset = load_dataset(str(folder / "rows.csv"), None, Columns(groups="customer"))
    assert dataset.groups is not None
    search = Search(make_plan("rows.csv", ["tune:l2"], groups="customer", seeds=6), dataset)
    for seed in range(6):
        first, last = search.condition.splits[seed], search.final.splits[seed]
        assert np.array_equal(first.test, last.test)
        assert np.array_equal(np.sort(np.concatenate([first.train, first.validation])), last.train)
        assert not set(dataset.groups[first.train]) & set(dataset.groups[first.validation])
    plan = make_plan("rows.csv", ["earlystop"], groups="customer", validation_size=0.25, seeds=3)
    for split in Condition(plan, dataset, whole=True).splits.values():
        assert len(split.train) + len(split.validation) == 160 and len(split.validation) == 40
        assert not set(dataset.groups[split.train]) & set(dataset.groups[split.validation])


# A comparison


def test_a_report_has_the_splits_the_shares_and_the_clusters(folder: Path) -> None:
    """The correction is that of the rows as drawn, and the two-way test is one over groups."""
    frame = pd.read_csv(folder / "rows.csv").iloc[3:]  # the first group has one row
    frame.to_csv(folder / "rows.csv", index=False)
    words = ("none", "l2=0.01", "--significance-test", "two-way", "-o", "r.json")
    done = run(["compare", *GROUPED, *QUICK, *words], folder)
    assert done.code == 0, done.err
    assert "customer'" in done.out and "looks like a key" not in said(done)
    report = strict(done.file("r.json").decode())
    plan, rows, n = report["plan"], report["rows"], len(frame)
    keys = frame["customer"].to_numpy()
    codes = np.frombuffer(b64decode(rows["groups"]), "<i4")
    assert np.array_equal(codes, np.unique(keys, return_index=True)[1][keys - keys.min()])

    def unpacked(text: str) -> np.ndarray:
        return np.flatnonzero(np.unpackbits(np.frombuffer(b64decode(text), "u1"), count=n))

    splits = {
        each["seed"]: (unpacked(each["train"]), unpacked(each["test"])) for each in rows["splits"]
    }
    assert all(not set(keys[train]) & set(keys[test]) for train, test in splits.values())
    tested = [len(test) for _, test in splits.values()]
    assert plan["correction_ratio"] == np.mean(tested) / (n - np.mean(tested))
    data = plan["data"]
    assert data["groups"] == 40 and data["features"] == 5
    assert data["n_test"] == round(np.mean(tested))
    ranges = {"train": [n - max(tested), n - min(tested)], "validation": [0, 0]}
    assert data["sizes"] == (
        None if len(set(tested)) == 1 else ranges | {"test": [min(tested), max(tested)]}
    )
    right = {
        (run["method"], run["seed"]): np.unpackbits(np.frombuffer(b64decode(run["test"]), "u1"))
        for run in rows["runs"]
    }
    added = {
        seed: (right["l2=0.01", seed][: len(test)] - right["none", seed][: len(test)] * 1.0)
        / len(test)
        for seed, (_, test) in splits.items()
    }
    scores = [float(each.sum()) for each in added.values()]
    mean = np.mean(scores)
    cells = [
        (codes[splits[s][1]], (a - mean / len(a)) / len(splits)) for s, a in added.items()
    ]  # the groups that rows belong to, and not the rows
    expected = two_way(scores, cells)
    row = report["summary"][1]
    assert row["p_value"] == pytest.approx(expected.p)
    assert row["error"] == pytest.approx(expected.error)
    weight = np.zeros(n)
    for _, test in splits.values():
        np.add.at(weight, codes[test], 1 / len(test))
    assert plan["effective_rows"] == pytest.approx(weight.sum() ** 2 / (weight**2).sum())
    assert plan["effective_rows"] <= 40
    assert "two-way test over groups and seeds" in said(done)


def test_few_groups_are_tested_over_seeds_alone(folder: Path) -> None:
    """32 test rows under each seed, of at most 40 groups: below 55."""
    done = run_here(["compare", *GROUPED, *QUICK, "none", "l2=1", "-o", "r.json"], folder)
    report = strict(done.file("r.json").decode())
    assert report["plan"]["tested_by"] == "nadeau-bengio"
    assert "as its test rows amount to" in said(done) and "groups, below 55" in said(done)
    runs = pd.DataFrame(report["runs"]).pivot(
        index="seed", columns="method", values="test_accuracy"
    )
    expected = paired_t(runs["l2=1"] - runs["none"], report["plan"]["correction_ratio"])
    assert report["summary"][1]["p_value"] == pytest.approx(expected.p)


def test_customers_are_not_recognised(folder: Path) -> None:
    """Their labels are drawn by lot: with groups, the network guesses; without, it remembers."""
    words = ("none", "--epochs", "60", "--seeds", "5", "--jobs", "1", "-q", "-o", "r.json")
    scores = []
    for more in (("--drop", "customer"), ("--groups", "customer")):
        done = run_here(["compare", "--dataset", "rows.csv", *more, *words], folder)
        scores.append(strict(done.file("r.json").decode())["summary"][0]["test_mean"])
        (folder / "r.json").unlink()
    assert scores[0] > 0.95 and scores[1] < 0.7


def test_jobs_config_environment_and_python_give_the_same(folder: Path) -> None:
    """The same bytes however it is asked for."""
    (folder / "own.toml").write_text('[compare]\ngroups = "customer"\n'.replace("[compare]\n", ""))
    base = ["compare", "--dataset", "rows.csv", *QUICK[:-2], "none", "l2", "earlystop"]
    ways = {
        "flag": (["--groups", "customer", "--jobs", "1"], {}),
        "jobs": (["--groups", "customer", "--jobs", "2"], {}),
        "config": (["--config", "own.toml", "--jobs", "1"], {}),
        "environment": (["--jobs", "1"], {"REGCMP_COMPARE_GROUPS": "customer"}),
    }
    found = {}
    for name, (words, extra) in ways.items():
        done = run([*base, *words, "-o", f"{name}.csv"], folder, extra)
        assert done.code == 0, done.err
        found[name] = done.file(f"{name}.csv")
    made = regcmp.compare(
        str(folder / "rows.csv"), ["none", "l2", "earlystop"], groups="customer",
        epochs=2, seeds=5, hidden=4, jobs=1,
    )  # fmt: skip
    found["python"] = made.to_csv().replace(str(folder / "rows.csv"), "rows.csv").encode()
    assert len(set(found.values())) == 1


def test_diff_pairs_reports_of_the_same_groups_alone(folder: Path) -> None:
    """Other groups are other splits."""
    for name, words in {"a": GROUPED, "b": GROUPED, "c": GROUPED[:2]}.items():
        run_here(["compare", *words, *QUICK, "none", "l2", "-o", f"{name}.json"], folder)
    assert "Paired seed by seed" in said(run_here(["diff", "a.json", "b.json"], folder))
    other = said(run_here(["diff", "a.json", "c.json"], folder))
    assert "Not paired (groups," in other
    report = read_report(str(folder / "a.json"))
    assert report.rows is not None
    groups = report.rows.effective_rows(range(5))
    assert groups == pytest.approx(report.plan["effective_rows"]) and groups < 40


# Models


def test_a_model_asks_for_no_group(folder: Path) -> None:
    """Rows with the column and without it get the same predictions, and no warning."""
    done = run_here(
        ["fit", *GROUPED, "earlystop", "--epochs", "4", "--jobs", "1", "-o", "m.regcmp"], folder
    )
    assert done.code == 0, done.err
    frame = pd.read_csv(folder / "rows.csv").drop(columns="y")
    frame.to_csv(folder / "with.csv", index=False)
    frame.drop(columns="customer").to_csv(folder / "without.csv", index=False)
    found = [
        run_here(["predict", "m.regcmp", name], folder) for name in ("with.csv", "without.csv")
    ]
    assert [(each.code, each.err) for each in found] == [(0, ""), (0, "")]
    assert found[0].out == found[1].out
    assert json.loads(json.dumps(regcmp.load(folder / "m.regcmp").n_features_in_)) == 5


# What is said of a table


def test_the_page_names_the_groups(folder: Path) -> None:
    """And proposes the option where it was not given."""
    page = run_here(["datasets", "rows.csv"], folder)
    assert "(40 values in 160 rows, 4 each)" in said(page)
    assert "--groups customer keeps them together" in said(page)
    page = run_here(["datasets", "rows.csv", "--groups", "customer"], folder)
    assert "40 groups of rows that belong together." in page.out
    assert "customer  groups, no feature" in page.out and "key that recurs" not in page.out
    facts = strict(run_here(["datasets", "rows.csv", *GROUPED[2:], "--json"], folder).out)
    assert facts["groups"] == 40


def test_a_key_within_groups_is_not_warned_of() -> None:
    """Patients of one hospital are on one side; a key of several groups may be on both."""
    frame = table(40, 4)
    within = frame.assign(hospital=frame["customer"] // 4)
    for column, more in {"hospital": 0, "d": 1}.items():
        coarse = within.assign(d=np.arange(160) % 7)
        dataset = understand(Table("rows", coarse, ""), Columns(groups=column))
        assert sum("looks like a key" in each for each in dataset.warnings) == more


# What can't be


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--groups", "custom"), "--groups: 'rows.csv' has no column 'custom'; did you mean 'customer'?"),
        (("--groups", "y"), "--groups: 'y' is the target; choose another one with --target"),
        (("--groups", "a", "--drop", "a"), "--drop and --groups both name 'a'; leave one out"),
        (("--groups", "a", "--use", "a"), "--use and --groups both name 'a'; leave one out"),
        (("--groups", "one"), "--groups: column 'one' of 'rows.csv' is '1' in every row"),
        (("--groups", "gaps"), "--groups: column 'gaps' of 'rows.csv' is empty in 2 of 160 rows, of"),
        (("--groups", "two", "--epochs", "1"), "--groups: class 'no' of 'rows.csv' is in 1 group only, too"),
    ],
)  # fmt: skip
def test_a_column_that_can_not_be_meant_is_named(
    words: tuple[str, ...], message: str, folder: Path
) -> None:
    """In one line, before any training."""
    frame = table()
    gaps = frame["customer"].astype(float).where(np.arange(160) > 1)
    frame.assign(one=1, gaps=gaps, two=frame["y"]).to_csv(folder / "rows.csv", index=False)
    done = run_here(["compare", "--dataset", "rows.csv", *QUICK, *words, "none"], folder)
    assert done.code in (1, 2) and message in done.err
    assert [each.startswith("Error: ") for each in done.err.splitlines()].count(True) == 1
    assert "Traceback" not in done.err


def test_too_few_groups_for_three_parts_are_refused() -> None:
    """Two groups give a test part and a training part, and none to select by."""
    dataset = dataset_of(np.repeat([0, 1], 10), np.arange(20) % 2)
    split = split_rows(dataset, 10, 10, 0)
    with pytest.raises(
        DataError, match=r"has 1 group to share out among 2 parts beside the test rows"
    ):
        set_aside(dataset, split, 2, 0)


def test_given_test_rows_share_no_group(folder: Path) -> None:
    """Refused, however keys are spelt; and where the file does not say."""
    other = table(seed=1).assign(customer=lambda frame: frame["customer"] + 39)
    other.to_csv(folder / "test.csv", index=False)
    words = ["compare", *GROUPED, *QUICK, "none", "--test", "test.csv"]
    done = run_here(words, folder)
    assert done.code == 1
    assert done.err == (
        "Error: --groups: 4 rows of 'test.csv' have a 'customer' of the training rows, such as '139';"
        " leave them out of one of the two\n"
    )
    mixed = other.assign(customer=["x", *other["customer"].astype(str).tolist()[1:]])
    mixed.to_csv(folder / "test.csv", index=False)
    assert "3 rows of 'test.csv' have a 'customer'" in run_here(words, folder).err
    other.drop(columns="customer").to_csv(folder / "test.csv", index=False)
    assert "--groups: 'test.csv' has no column 'customer', so" in run_here(words, folder).err
    other.assign(customer=lambda frame: frame["customer"] + 100).to_csv(
        folder / "test.csv", index=False
    )
    done = run_here([*words, "earlystop"], folder)
    assert done.code == 0, done.err
    dataset = load_dataset(
        str(folder / "rows.csv"), Reading(test=str(folder / "test.csv")), Columns(groups="customer")
    )
    assert dataset.given_test == 160 and dataset.n_groups == 80 and dataset.n_columns == 5


def test_words_of_other_types_are_refused() -> None:
    """From Python."""
    with pytest.raises(UsageError, match=r"--groups: expected the name of a column"):
        make_plan("iris", groups=["a", "b"])

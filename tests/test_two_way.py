"""The test over rows and seeds: its arithmetic, its level, and what a report keeps for it."""

from __future__ import annotations

import json
import re
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commands import run_here
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import regcmp
from regcmp.analysis.statistics import TRAINING_SHARE, paired_t, two_way
from regcmp.analysis.testing import FEWEST_ROWS, Pairs, Resampled, TwoWay, chosen_test
from regcmp.errors import DataError
from regcmp.metrics import METRICS, Outcomes
from regcmp.report.reader import read_report
from regcmp.shares import RowShares, packed, unpacked

SEEDS = range(10)


def drawn(
    rng: np.random.Generator, n_rows: int = 150, effect: float = 0.0, row_sd: float = 1.0
) -> RowShares:
    """Two methods' shares of rows, whose difference has a part of the row, of the seed and of both.

    As log loss: a number of each row, a fifth of which is tested under each seed.
    """
    row, seed = row_sd * rng.normal(size=n_rows), 0.1 * rng.normal(size=len(SEEDS))
    splits, kept = {}, {}
    for i in SEEDS:
        order = rng.permutation(n_rows)
        train, test = order[n_rows // 5 :], order[: n_rows // 5]
        splits[i] = train, test
        for method, sign in (("none", 0), ("l2", 1)):
            noise = rng.normal(size=n_rows)
            values = sign * (effect + row + seed[i]) + noise
            kept[method, i] = values[train] / len(train), values[test] / len(test)
    return RowShares("log_loss", np.arange(n_rows), splits, kept)


def sides(shares: RowShares, method: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Of training and of test rows."""
    return shares.side(method, seed, 0), shares.side(method, seed, 1)


def pairs_of(shares: RowShares, *, gaps: bool = False) -> Pairs:
    """The differences of both methods."""
    d = []
    for seed in SEEDS:
        (train, test), (base_train, base_test) = (sides(shares, m, seed) for m in ("l2", "none"))
        change = test.sum() - base_test.sum()
        d.append(change - (train.sum() - base_train.sum()) if gaps else change)
    return Pairs("l2", "none", list(SEEDS), d, gaps)


def dense(shares: RowShares, *, gaps: bool) -> np.ndarray:
    """(N, S) what each row added to the mean difference, less the mean of its side, by loops."""
    n = len(shares.groups)
    cells = np.zeros((n, len(SEEDS)))
    for side, sign in ((1, 1.0), (0, -1.0)) if gaps else ((1, 1.0),):
        added = {s: shares.side("l2", s, side) - shares.side("none", s, side) for s in SEEDS}
        mean = np.mean([each.sum() for each in added.values()])
        for s, values in added.items():
            for row, value in zip(shares.rows[s][side], values, strict=True):
                cells[shares.groups[row], s] += sign * (value - mean / len(values)) / len(SEEDS)
    return cells


@pytest.mark.parametrize("gaps", [False, True])
@pytest.mark.parametrize("copies", [False, True])
def test_it_is_the_formula_on_the_dense_matrix(gaps: bool, copies: bool) -> None:
    """Of Cameron, Gelbach and Miller with a larger part of rows, for scores, gaps and copied rows."""
    shares = drawn(np.random.default_rng(5), effect=0.3)
    if copies:
        shares = RowShares(shares.metric, shares.groups // 2, shares.rows, shares.kept)
    pairs = pairs_of(shares, gaps=gaps)
    found = TwoWay(shares, shares, 0.25).of(pairs)
    cells = dense(shares, gaps=gaps)
    by_row, by_seed = cells.sum(axis=1), cells.sum(axis=0)
    np.testing.assert_allclose(by_seed, (np.array(pairs.differences) - found.mean) / 10, atol=1e-12)
    rows = (1 + TRAINING_SHARE) * np.sum(by_row**2)
    seeds = max(0.0, 10 / 9 * np.sum(by_seed**2) - np.sum(cells**2))
    assert found.error == pytest.approx(np.sqrt(rows + seeds), rel=1e-9)
    df = 3 * np.sum(by_row**2) ** 2 / np.sum(by_row**4)
    assert found.df == pytest.approx((rows + seeds) ** 2 / (rows**2 / df + seeds**2 / 9), rel=1e-9)
    expected = stats.t.interval(0.95, found.df, found.mean, found.error)
    assert (found.low, found.high) == pytest.approx(expected)
    assert found.p == pytest.approx(2 * stats.t.sf(abs(found.mean) / found.error, found.df))


def test_the_rows_of_all_seeds_are_never_there_at_once() -> None:
    """Eight times the seeds take no more memory for them."""
    few, many = (peak_of_test(seeds) for seeds in (5, 40))
    assert many < 1.2 * few


def peak_of_test(n_seeds: int, n: int = 20_000) -> int:
    """Bytes at the peak of a two-way test of gaps."""
    rng = np.random.default_rng(0)
    order = rng.permutation(n)
    splits = dict.fromkeys(range(n_seeds), (order[n // 5 :], order[: n // 5]))
    kept = {
        (method, seed): tuple(np.packbits(rng.random(len(rows)) < 0.8) for rows in split)
        for seed, split in splits.items()
        for method in ("none", "l2")
    }
    shares = RowShares("accuracy", np.arange(n), splits, kept)  # type: ignore[arg-type]
    pairs = Pairs("l2", "none", range(n_seeds), rng.normal(size=n_seeds).tolist(), of_gaps=True)
    tracemalloc.start()
    assert TwoWay(shares, shares, 0.25).of(pairs).low is not None
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def test_alike_and_normal_rows_have_as_many_degrees_of_freedom() -> None:
    """3 V² / (sum of fourth powers) is their number, on average."""
    rng = np.random.default_rng(0)
    values = rng.normal(size=(200, 400))
    found = [3 * np.sum(x**2) ** 2 / np.sum(x**4) for x in values]
    assert np.mean(found) == pytest.approx(400, rel=0.02)


def test_no_spread_over_rows_has_no_interval() -> None:
    """Not even a large difference that every seed agrees on."""
    cells = [(np.arange(3), np.zeros(3))] * 6
    found = two_way([0.5] * 6, cells)
    assert (found.mean, found.low, found.p, found.all_equal) == (0.5, None, None, True)
    assert two_way([], []).mean is None and two_way([0.1], cells[:1]).low is None


def test_seeds_that_agree_say_something_if_rows_differ() -> None:
    """The same difference under every seed, made of different rows, has an interval."""
    cells = [(np.array([2 * i, 2 * i + 1]), np.array([0.01, -0.01])) for i in range(6)]
    assert two_way([0.25] * 6, cells).low is not None


@pytest.mark.full
@pytest.mark.parametrize("row_sd", [0.0, 0.3, 1.0])
def test_it_keeps_its_level_and_finds_more(row_sd: float) -> None:
    """Where rows matter or not; benchmarks/power has it with networks that are trained."""
    rng = np.random.default_rng(int(10 * row_sd))
    rejected = {"null": 0, "true": 0, "nadeau": 0}
    effect, n = 0.15 + 0.2 * row_sd, 1500
    for _ in range(n):
        null, true = drawn(rng, row_sd=row_sd), drawn(rng, effect=effect, row_sd=row_sd)
        rejected["null"] += _p(TwoWay(null, null, 0.25).of(pairs_of(null))) < 0.05
        rejected["true"] += _p(TwoWay(true, true, 0.25).of(pairs_of(true))) < 0.05
        rejected["nadeau"] += _p(paired_t(pairs_of(true).differences, 0.25)) < 0.05
    assert stats.binomtest(rejected["null"], n, 0.05, alternative="greater").pvalue > 0.001
    assert rejected["true"] > rejected["nadeau"]


def _p(found: Any) -> float:
    assert found.p is not None
    return float(found.p)


# What rows add to a score


def outcomes(rng: np.random.Generator, task: str, n: int = 60) -> Outcomes:
    """Random ones."""
    losses = rng.gamma(1.0, size=n)
    if task == "regression":
        return Outcomes(losses, rng.normal(size=n), None, 2.5)
    return Outcomes(losses, rng.integers(0, 4, n), rng.random(n) < 0.7)


@pytest.mark.parametrize("name", METRICS)
def test_shares_sum_to_the_score_and_move_as_it_does(name: str) -> None:
    """Compared with the score of the same rows where one counts a little more."""
    metric, rng = METRICS[name], np.random.default_rng(3)
    rows = outcomes(rng, metric.task)
    assert metric.shares is not None
    shares, score, n = metric.shares(rows), metric.score(rows), len(rows.losses)
    assert shares.sum() == pytest.approx(score)
    for i in (0, 7, 31):
        times = 400
        weights = np.full(n, times)
        weights[i] += n  # so that its weight is larger by 1 / times of all
        again = np.repeat(np.arange(n), weights)
        right = None if rows.right is None else rows.right[again]
        heavier = Outcomes(rows.losses[again], rows.targets[again], right, rows.scale)
        moved = (metric.score(heavier) - score) * (times + 1)
        share = shares[i]
        if (
            metric.by_class
        ):  # it counts less the mean of its class, whose weight is that of any other
            same = rows.targets == rows.targets[i]
            share = share - shares[same].mean() + score / n
        assert moved == pytest.approx(n * share - score, rel=0.02, abs=0.01)


def lost_class(rng: np.random.Generator) -> tuple[RowShares, Pairs]:
    """Balanced accuracy where the other method never answers with the class of 60 in 600 rows."""
    targets = np.repeat([0, 1], [540, 60])
    ease = rng.normal(1.5, 1.0, len(targets))  # of a row, under every seed
    metric, splits, kept, d = METRICS["balanced_accuracy"], {}, {}, []
    for seed in SEEDS:
        rows = [rng.permutation(np.flatnonzero(targets == c)) for c in (0, 1)]
        test = np.concatenate([each[: len(each) // 5] for each in rows])
        train = np.concatenate([each[len(each) // 5 :] for each in rows])
        splits[seed] = train, test
        right = {"none": ease + 0.5 * rng.normal(size=len(ease)) > 0, "l2": targets == 0}
        scores = {}
        for method, marks in right.items():
            found = [Outcomes(np.zeros(len(r)), targets[r], marks[r]) for r in splits[seed]]
            kept[method, seed] = tuple(metric.kept(each) for each in found)
            scores[method] = metric.score(found[1])
        d.append(scores["l2"] - scores["none"])  # type: ignore[operator]
    shares = RowShares(metric.name, np.arange(len(targets)), splits, kept, targets)  # type: ignore[arg-type]
    return shares, pairs_of_scores(d)


def pairs_of_scores(differences: list[float]) -> Pairs:
    """Of test scores."""
    return Pairs("l2", "none", list(SEEDS), differences)


def test_the_error_of_balanced_accuracy_is_that_of_a_lost_class() -> None:
    """As large as the spread over redraws of all rows, but for the share of drawing training rows."""
    found = []
    for i in range(200):
        shares, pairs = lost_class(np.random.default_rng(i))
        found.append(TwoWay(shares, shares, 0.25).of(pairs))
    spread = np.std([each.mean for each in found], ddof=1)
    errors = np.mean([each.error for each in found])
    assert 0.9 < errors / spread < 1.15 * np.sqrt(1 + TRAINING_SHARE)


# What a report keeps


@given(st.integers(0, 2**32 - 1), st.sampled_from(["accuracy", "rmse", "balanced_accuracy"]))
def test_packed_shares_are_read_back(seed: int, name: str) -> None:
    """To the last bit, for any number of rows, with and without copies."""
    rng, metric = np.random.default_rng(seed), METRICS[name]
    n = int(rng.integers(2, 40))
    groups = np.arange(n) if seed % 2 else rng.integers(0, n, n)
    order = rng.permutation(n)
    cut = int(rng.integers(1, n))
    splits = {3: (np.sort(order[cut:]), np.sort(order[:cut]))}
    kept = {
        ("l2", 3): tuple(metric.kept(outcomes(rng, metric.task, len(rows))) for rows in splits[3])
    }
    classes = rng.integers(0, 2, n) if metric.by_class else None
    before = RowShares(name, groups, splits, kept, classes)  # type: ignore[arg-type]
    after = unpacked(json.loads(json.dumps(packed(before, with_scores=True))), name)
    np.testing.assert_array_equal(after.groups, groups)
    assert after.fits(before, [3]) and before.fits(after, [3]) and not after.fits(before, [3, 4])
    for one, other in zip(sides(before, "l2", 3), sides(after, "l2", 3), strict=True):
        np.testing.assert_array_equal(one, other)
    for one, other in zip(splits[3], after.rows[3], strict=True):
        np.testing.assert_array_equal(one, other)


def test_numbers_are_kept_where_they_are_asked_for() -> None:
    """Bits of accuracy are always kept."""
    shares = drawn(np.random.default_rng(0))
    assert not packed(shares, with_scores=False)["runs"]
    assert len(packed(shares, with_scores=True)["runs"]) == 20


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with reports of wine, in accuracy and in log loss."""
    folder = tmp_path_factory.mktemp("rows")
    words = "compare --dataset wine none l2=0.1 --epochs 6 --jobs 1 -q".split()
    loss = ["--metric", "log_loss"]
    for name, more in {
        "a.json": [],
        "b.json": ["--hidden", "8"],
        "loss.json": [*loss, "--row-scores"],
        "bare.json": loss,
        "old.json": ["--significance-test", "nadeau-bengio"],
    }.items():
        done = run_here([*words, *more, "-o", name], folder)
        assert done.code == 0, done.err
    return folder


@pytest.mark.parametrize("name", ["a.json", "loss.json"])
def test_the_test_is_repeated_from_json(reports: Path, name: str) -> None:
    """By the rows it keeps, with the same bits."""
    report = read_report(str(reports / name))
    assert report.plan["tested_by"] == "two-way" and report.rows is not None
    column = METRICS[report.plan["metric"]].test
    scores = report.runs.set_index(["method", "seed"])[column]
    seeds = list(range(10))
    d = [scores["l2=0.1", s] - scores["none", s] for s in seeds]
    found = TwoWay(report.rows, report.rows, 0.25).of(Pairs("l2=0.1", "none", seeds, d))
    row = report.summary.set_index("method").loc["l2=0.1"]
    assert (found.low, found.high, found.p, found.error, found.df) == (
        row["delta_test_low"], row["delta_test_high"], row["p_value"], row["error"], row["df"],
    )  # fmt: skip
    for method in ("none", "l2=0.1"):
        for seed in seeds:
            on_test = report.rows.side(method, seed, 1).sum()
            assert on_test == pytest.approx(scores[method, seed], abs=1e-6)


def test_diff_uses_the_rows_of_both_reports(reports: Path) -> None:
    """And what is left of them where one keeps none."""
    both = run_here(["diff", "a.json", "b.json"], reports)
    assert "two-way over rows and seeds" in both.out, both.err
    old = run_here(["diff", "old.json", "b.json"], reports)
    assert "Nadeau-Bengio corrected by 0.25" in old.out
    bare = run_here(["diff", "bare.json", "loss.json"], reports)
    assert "Nadeau-Bengio corrected by 0.25" in bare.out
    same = run_here(["diff", "a.json", "a.json"], reports)
    assert "Nothing changed" in same.out


def test_rows_of_other_splits_are_not_paired(reports: Path, tmp_path: Path) -> None:
    """A report whose rows were exchanged is judged by its seeds alone."""
    document = json.loads((reports / "a.json").read_text("utf-8"))
    splits = document["rows"]["splits"]
    splits[0]["seed"], splits[1]["seed"] = splits[1]["seed"], splits[0]["seed"]
    (tmp_path / "exchanged.json").write_text(json.dumps(document), "utf-8")
    done = run_here(["diff", str(reports / "b.json"), "exchanged.json"], tmp_path)
    assert done.code == 0 and "Nadeau-Bengio corrected by 0.25" in done.out


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("runs", 0, "test"), "AAAA"),
        (("runs", 0, "seed"), 77),
        (("splits", 0, "test"), "%%"),
        (("groups",), "AAAA"),
        (("rows",), 10**12),
        (("splits",), []),
        (("runs", 0, "method"), "another"),
    ],
)
def test_damaged_rows_are_named(
    reports: Path, tmp_path: Path, place: tuple[Any, ...], value: Any
) -> None:
    """Not read as something else."""
    document = json.loads((reports / "a.json").read_text("utf-8"))
    part = document["rows"]
    for step in place[:-1]:
        part = part[step]
    part[place[-1]] = value
    path = tmp_path / "damaged.json"
    path.write_text(json.dumps(document), "utf-8")
    with pytest.raises(DataError, match="is a damaged report"):
        read_report(str(path))


# Which test


def test_few_rows_or_a_held_split_fall_back() -> None:
    """To the test over seeds, unless the two-way test was asked for."""
    many, few = (drawn(np.random.default_rng(0), n_rows=n) for n in (400, 60))
    assert many.effective_rows(SEEDS) > FEWEST_ROWS > few.effective_rows(SEEDS)
    assert chosen_test("auto", 0.25, SEEDS, many).name == "two-way"
    assert chosen_test("auto", 0.25, SEEDS, few) == Resampled(0.25)
    assert chosen_test("two-way", 0.25, SEEDS, few).name == "two-way"
    assert chosen_test("nadeau-bengio", 0.25, SEEDS, many).name == "nadeau-bengio"
    assert chosen_test("auto", 0.0, SEEDS, many).name == "paired-t"
    nothing = RowShares("accuracy", many.groups, many.rows, {})
    assert chosen_test("two-way", 0.25, SEEDS, nothing) == Resampled(0.25)


def test_the_table_says_why_the_other_test_was_used(tmp_path: Path) -> None:
    """Where test rows are few; not where it was asked for."""
    words = ["compare", "--dataset", "moons:n=60", *"none dropout --seeds 5 --epochs 9".split()]

    def legend(*more: str) -> str:
        return " ".join(run_here([*words, *more], tmp_path).out.split())

    few = r"corrected by 0\.25, as its test rows amount to \d+ rows, below 55\]"
    assert re.search(few, legend())
    assert "corrected by 0.25]" in legend("--significance-test", "nadeau-bengio")
    assert "two-way over rows and seeds]" in legend("--significance-test", "two-way")


def test_a_test_of_differences_is_no_file_of_test_rows(tmp_path: Path) -> None:
    """The message names the option that is meant."""
    done = run_here(["compare", "--dataset", "iris", "--test", "nadeau-bengio"], tmp_path)
    assert done.code == 2 and "--significance-test nadeau-bengio" in done.err


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--dataset", "iris", "--vary", "init"], "is split once, by --vary"),
        (["--dataset", "rows.csv", "--test", "more.csv"], "brings its own test rows"),
    ],
)
def test_a_held_split_refuses_the_test_that_needs_redrawn_ones(
    options: list[str], why: str, tmp_path: Path
) -> None:
    """It is not silently replaced."""
    rows = "".join(f"{i / 7},{i % 5},{'ab'[i % 2]}\n" for i in range(40))
    for name in ("rows.csv", "more.csv"):
        (tmp_path / name).write_text(f"x,z,y\n{rows}")
    done = run_here(["compare", *options, "--significance-test", "two-way"], tmp_path)
    assert done.code == 2 and "--significance-test: 'two-way' needs" in done.err
    assert why in " ".join(done.err.split())


def test_effective_rows_are_those_tested_equally_often() -> None:
    """All rows once are all of them, copies included; rows tested more often than others are fewer."""
    rows = {s: (np.arange(0), np.arange(20 * s, 20 * s + 20)) for s in range(5)}
    shares = RowShares("accuracy", np.arange(100), rows, {})
    assert shares.effective_rows(range(5)) == pytest.approx(100)
    copied = RowShares("accuracy", np.arange(100) // 2, rows, {})
    assert copied.effective_rows(range(5)) == pytest.approx(100)
    classes = np.arange(100) % 10 // 9  # one row in ten is of the rare class
    weighed = RowShares("balanced_accuracy", np.arange(100), rows, {}, classes)
    assert weighed.effective_rows(range(5)) == pytest.approx(1 / (0.25 / 90 + 0.25 / 10))
    uneven = RowShares("accuracy", np.arange(100), {**rows, 5: (np.arange(0), np.arange(50))}, {})
    assert uneven.effective_rows(range(6)) == pytest.approx(150**2 / (50 * 4 + 50))


def test_rows_of_a_report_are_those_of_its_comparison() -> None:
    """Through the API, with copies of rows as one group."""
    comparison = regcmp.compare("iris", ["none", "l2"], seeds=5, epochs=2)
    assert comparison.rows is not None
    assert len(comparison.rows.groups) == 150
    assert len(np.unique(comparison.rows.groups)) == 149, "two rows of iris are alike"
    accuracy = comparison.rows.side("none", 0, 1).sum()
    assert accuracy == pytest.approx(comparison.runs["test_accuracy"][0])

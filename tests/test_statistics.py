"""Statistics against worked examples with their sources, against simulation, and at every small n."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import make_moons
from sklearn.model_selection import RepeatedStratifiedKFold, cross_val_score
from sklearn.svm import SVC

from regcmp.analysis.statistics import (
    correction_ratio,
    holm,
    paired_t,
    welch_t,
)
from regcmp.analysis.summarizing import is_underfit, summarize
from regcmp.analysis.testing import Resampled
from regcmp.analysis.verdict import verdict
from regcmp.analysis.wording import CONDITIONS
from regcmp.plan.kinds import SOURCES
from regcmp.results import RUN_COLUMNS, SUMMARY_COLUMNS, frame

SLEEP = (
    (0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0),
    (1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4),
)
"""Student (1908), The probable error of a mean: hours of sleep gained under two drugs; R's ``sleep``."""


def test_without_correction_it_is_students_paired_t() -> None:
    """R: t.test(extra ~ group, sleep, paired = TRUE): p = 0.002833, [-2.4598858, -0.7001142]."""
    result = paired_t(np.subtract(*SLEEP), ratio=0)
    assert result.mean == pytest.approx(-1.58)
    assert result.p == pytest.approx(0.002833, abs=5e-7)
    assert (result.low, result.high) == pytest.approx((-2.4598858, -0.7001142), abs=5e-8)


def test_the_correction_is_that_of_scikit_learns_example() -> None:
    """'Statistical comparison of models using grid search' prints t = 0.750 and one-sided p = 0.227."""
    x, y = make_moons(noise=0.352, random_state=1, n_samples=100)
    folds = RepeatedStratifiedKFold(n_splits=10, n_repeats=10, random_state=0)
    rbf, linear = (
        cross_val_score(SVC(kernel=kernel), x, y, cv=folds, scoring="roc_auc")
        for kernel in ("rbf", "linear")
    )
    result = paired_t(rbf - linear, ratio=10 / 90)
    assert result.p is not None and round(result.p / 2, 3) == 0.227


def test_holm_is_that_of_the_worked_example() -> None:
    """Wikipedia, Holm-Bonferroni method, example: of four, the first and the last are rejected at 5 %."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.01, None, 0.03]) == [0.02, None, 0.03], "a missing p does not count"
    assert holm([0.6, 0.7]) == [1.0, 1.0]
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=9))
def test_holm_keeps_the_order_and_lies_between_p_and_bonferroni(ps: list[float]) -> None:
    """For any p-values."""
    adjusted = holm(ps)
    for p, q in zip(ps, adjusted, strict=True):
        assert q is not None and p <= q <= min(1, len(ps) * p) + 1e-15
    order = np.argsort(ps, kind="stable")
    assert np.all(np.diff(np.array(adjusted, float)[order]) >= 0)


def rejection_rate(differences: np.ndarray, ratio: float) -> float:
    """The share of rows that are rejected at 5 %."""
    return float(np.mean([paired_t(row, ratio).p < 0.05 for row in differences]))  # type: ignore[operator]


def test_redrawn_splits_are_rejected_at_five_percent_only_with_the_correction() -> None:
    """Differences that correlate by n_test / N, the assumption of Nadeau and Bengio, and no effect."""
    rng, sims, n, share = np.random.default_rng(0), 4000, 10, 0.2
    common = rng.normal(size=(sims, 1)) * np.sqrt(share)
    differences = common + rng.normal(size=(sims, n)) * np.sqrt(1 - share)
    assert 0.04 < rejection_rate(differences, share / (1 - share)) < 0.06
    assert rejection_rate(differences, 0) > 0.2


def differences_of_equal_classifiers(rows: int, n_train: int, n_test: int) -> np.ndarray:
    """Paired test accuracies of two classifiers that are equally good by symmetry: 500 x 10 splits.

    Each is a nearest-centroid rule on its own block of features, and the blocks have one
    distribution. The 10 splits of a row are drawn from one sample.
    """
    rng, sims, n = np.random.default_rng(1), 500, 10
    differences = np.empty((sims, n))
    for sim in range(sims):
        y = np.arange(rows) % 2
        x = rng.normal(size=(2, rows, 3)) + 0.4 * (2 * y[:, None] - 1)
        for split in range(n):
            order = rng.permutation(rows)
            tests, trains = order[:n_test], order[n_test : n_test + n_train]
            scores = []
            for block in x:
                centre = [block[trains][y[trains] == c].mean(axis=0) for c in (0, 1)]
                w, mid = centre[1] - centre[0], (centre[0] + centre[1]) / 2
                scores.append(np.mean(((block[tests] - mid) @ w > 0) == y[tests]))
            differences[sim, split] = scores[0] - scores[1]
    return differences


def test_real_splits_of_one_sample_are_rejected_at_about_five_percent() -> None:
    """Where every row is used, the correction is n_test / n_train."""
    differences = differences_of_equal_classifiers(100, n_train=80, n_test=20)
    assert correction_ratio(100, 20) == 20 / 80
    assert 0.02 < rejection_rate(differences, correction_ratio(100, 20)) < 0.09
    assert rejection_rate(differences, 0) > 0.15


def test_the_correction_counts_rows_that_were_left_out() -> None:
    """With half of the rows trained on, n_test over those would reject far less than 5 %."""
    differences = differences_of_equal_classifiers(300, n_train=60, n_test=60)
    assert 0.015 < rejection_rate(differences, correction_ratio(300, 60)) < 0.09
    assert rejection_rate(differences, 60 / 60) < 0.01
    assert rejection_rate(differences, 0) > 0.15


@pytest.mark.parametrize(
    ("differences", "has_interval", "has_p"),
    [([], False, False), ([1.0], False, False), ([1.0, 2.0], True, False)]
    + [([float(i) for i in range(n)], True, n >= 5) for n in range(3, 8)],
)
def test_n_decides_what_is_claimed(
    differences: list[float], has_interval: bool, has_p: bool
) -> None:
    """N = 1: values; n = 2 to 4: an interval; from 5: a p-value."""
    result = paired_t(differences, 0.25)
    assert (result.low is not None, result.p is not None) == (has_interval, has_p)
    assert (result.mean is not None) == bool(differences)


@pytest.mark.parametrize("value", [0.0, 0.1, -1 / 3])
def test_equal_differences_carry_no_interval_and_no_p(value: float) -> None:
    """Floating-point noise included: scipy's ttest_rel says p = 0 or nan here."""
    result = paired_t([value + noise for noise in (0, 1e-17, -1e-16, 0, 0, 0)], 0.25)
    assert result.all_equal
    assert (result.low, result.high, result.p) == (None, None, None)
    assert result.mean == pytest.approx(value)


def runs(**methods: list[tuple[float, float] | None]) -> pd.DataFrame:
    """A runs frame from (train, test) accuracies per seed; None is a run that diverged."""
    rows = []
    for name, scores in methods.items():
        for seed, score in enumerate(scores):
            row: dict[str, object] = {"dataset": "d", "method": name, "seed": seed, "epochs": 1}
            if score is None:
                row["status"] = "diverged"
            else:
                train, test = score
                row |= {
                    "status": "ok",
                    "train_accuracy": train,
                    "test_accuracy": test,
                    "accuracy_gap": train - test,
                    "train_loss": 1 - train,
                    "test_loss": 1 - test,
                    "loss_gap": train - test,
                }
            rows.append(row)
    return frame(rows, RUN_COLUMNS)


BASE: list[tuple[float, float] | None] = [
    (1.0, 0.90),
    (1.0, 0.91),
    (1.0, 0.89),
    (1.0, 0.90),
    (1.0, 0.92),
    (1.0, 0.90),
]
BETTER: list[tuple[float, float] | None] = [
    (1.0, 0.93),
    (1.0, 0.95),
    (1.0, 0.92),
    (1.0, 0.94),
    (1.0, 0.95),
    (1.0, 0.93),
]


def row_of(summary: pd.DataFrame, method: str) -> dict[str, object]:
    """A method's row."""
    (row,) = summary[summary["method"] == method].to_dict("records")
    return row


def test_summary_has_its_columns_and_its_arithmetic() -> None:
    """Means, SDs of ddof 1, differences, wins, and an untested baseline."""
    summary = summarize(runs(none=BASE, l2=BETTER), "none", "accuracy", Resampled(0.25))
    assert tuple(summary.columns) == SUMMARY_COLUMNS
    l2, none = row_of(summary, "l2"), row_of(summary, "none")
    d = np.array([b[1] - a[1] for a, b in zip(BASE, BETTER, strict=True)])  # type: ignore[index]
    expected = paired_t(d, 0.25)
    assert (l2["delta_test"], l2["delta_test_low"], l2["delta_test_high"], l2["p_value"]) == (
        pytest.approx((expected.mean, expected.low, expected.high, expected.p))
    )
    assert l2["delta_gap"] == pytest.approx(-d.mean())
    assert (l2["wins"], l2["ties"], l2["losses"]) == (6, 0, 0)
    assert l2["test_sd"] == pytest.approx(np.std([b[1] for b in BETTER], ddof=1))  # type: ignore[index]
    assert (none["n"], none["n_failed"], none["status"], none["note"]) == (6, 0, "ok", "baseline")
    for column in ("delta_test", "delta_gap_low", "wins", "p_value", "p_holm"):
        assert pd.isna(none[column])


def test_a_tie_is_a_tie_within_rounding() -> None:
    """0.1 + 0.2 and 0.3 are one score."""
    summary = summarize(
        runs(none=[(1.0, 0.3)] * 5, l2=[(1.0, 0.1 + 0.2)] * 4 + [(1.0, 0.4)]),
        "none",
        "accuracy",
        Resampled(0.0),
    )
    assert [row_of(summary, "l2")[key] for key in ("wins", "ties", "losses")] == [1, 4, 0]


def test_for_a_loss_lower_wins_and_the_gap_is_test_minus_train() -> None:
    """The sign of delta_test is that of the loss, wins are those of the method."""
    l2 = row_of(summarize(runs(none=BASE, l2=BETTER), "none", "log_loss", Resampled(0.25)), "l2")
    assert l2["delta_test"] < 0 and l2["wins"] == 6  # type: ignore[operator]
    assert l2["gap_mean"] == pytest.approx(0.0633, abs=1e-4)


@pytest.mark.parametrize("metric", ["accuracy", "log_loss"])
def test_a_method_that_trains_below_the_baselines_test_score_is_underfit(metric: str) -> None:
    """Whatever its gap."""
    flat: list[tuple[float, float] | None] = [(0.6, 0.6)] * 6
    summary = summarize(runs(none=BASE, l1=flat, l2=BETTER), "none", metric, Resampled(0.25))
    assert list(summary["status"]) == ["ok", "underfit", "ok"]
    assert "underfit" in row_of(summary, "l1")["note"]  # type: ignore[operator]


@pytest.mark.parametrize("metric", ["accuracy", "log_loss"])
def test_training_scores_that_are_worse_by_chance_are_not_underfit(metric: str) -> None:
    """Two of six seeds are far better, so that the interval reaches beyond zero; and under five pairs."""
    tests = [each[1] for each in BASE if each]
    shifts = [-0.1, -0.1, -0.1, -0.1, 0.15, 0.05]
    wide: list[tuple[float, float] | None] = [
        (test + shift, test) for test, shift in zip(tests, shifts, strict=True)
    ]
    far: list[tuple[float, float] | None] = [(x - 0.3 - 0.01 * i, x) for i, x in enumerate(tests)]
    scores = {"none": BASE, "l1": wide, "l2": far, "l3": [None, None, *far[2:]]}
    summary = summarize(runs(**scores), "none", metric, Resampled(0.25))
    assert list(summary["status"]) == ["ok", "ok", "underfit", "diverged"]
    assert "underfit" not in row_of(summary, "l3")["note"]  # type: ignore[operator]
    worse = summary["train_mean"][1] - summary["test_mean"][0]
    assert worse < 0 if metric == "accuracy" else worse > 0, "by its mean"


def test_equal_methods_are_seldom_called_underfit() -> None:
    """Where training rows are no easier than test rows, a comparison of means alone marks about half."""
    rng, n_rows, n_test, n_seeds, rounds = np.random.default_rng(7), 150, 30, 10, 1000
    ratio = correction_ratio(n_rows, n_test)
    marked = below = 0
    for _ in range(rounds):
        easy = rng.beta(4, 0.5, n_rows)
        right = rng.random((n_seeds, n_rows)) < easy
        split = rng.permuted(np.tile(np.arange(n_rows), (n_seeds, 1)), axis=1)
        shuffled = np.take_along_axis(right, split, axis=1)
        above = shuffled[:, n_test:].mean(axis=1) - shuffled[:, :n_test].mean(axis=1)
        below += above.mean() < 0
        marked += is_underfit(pd.Series(above), ratio)
    assert below > 0.4 * rounds
    assert marked <= 0.05 * rounds


def test_underfit_training_is_called_so_though_no_seed_differs_from_another() -> None:
    """Without any spread the interval is the mean itself; an equal score is not below it."""
    assert is_underfit(pd.Series([-0.2] * 5), 0.25)
    assert not is_underfit(pd.Series([-0.2] * 4), 0.25)
    assert not is_underfit(pd.Series([-1e-17] * 5), 0.25)


def test_a_lost_pair_takes_the_p_value_and_leaves_a_count() -> None:
    """Whichever side of the pair diverged; the row stays."""
    broken = [*BETTER[:5], None]
    summary = summarize(runs(none=BASE, l1=broken, l2=BETTER), "none", "accuracy", Resampled(0.25))
    l1, l2 = row_of(summary, "l1"), row_of(summary, "l2")
    assert (l1["n"], l1["n_failed"], l1["status"]) == (5, 1, "diverged")
    assert pd.isna(l1["p_value"]) and pd.isna(l1["p_holm"]) and pd.notna(l1["delta_test_low"])
    assert l1["note"] == "1 of 6 runs diverged; 1 of 6 pairs lost: no p-value"
    assert l2["p_holm"] == l2["p_value"], "l1 is not counted by Holm"

    without_baseline = summarize(
        runs(none=[None, *BASE[1:]], l2=BETTER), "none", "accuracy", Resampled(0.25)
    )
    assert pd.isna(row_of(without_baseline, "l2")["p_value"])
    assert row_of(without_baseline, "l2")["n_failed"] == 0


@pytest.mark.parametrize(
    ("n", "note"),
    [
        (1, "1 pair: no estimate of uncertainty"),
        (2, "interval from 2 pairs only; no p-value below 5"),
        (3, "3 pairs: no p-value below 5"),
        (4, "4 pairs: no p-value below 5"),
        (5, ""),
    ],
)
def test_small_n_is_flagged(n: int, note: str) -> None:
    """In the row's note, and by a verdict that names no winner."""
    summary = summarize(runs(none=BASE[:n], l2=BETTER[:n]), "none", "accuracy", Resampled(0.25))
    assert row_of(summary, "l2")["note"] == note
    assert verdict(summary, "none", n).startswith("No winner from") == (n < 5)
    if n == 1:
        assert pd.isna(row_of(summary, "l2")["test_sd"])


def test_all_runs_of_the_baseline_lost() -> None:
    """There is nothing to compare with, and the verdict says so."""
    summary = summarize(runs(none=[None] * 6, l2=BETTER), "none", "accuracy", Resampled(0.25))
    assert pd.isna(row_of(summary, "l2")["delta_test"])
    assert verdict(summary, "none", 6).startswith(
        "No comparison: every run of the baseline diverged."
    )


LOST = "(diverged); try a smaller --lr."
INCOMPLETE = "No test: a stopped run leaves a pair incomplete."


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        (
            {"none": [None, *BASE[1:]], "l1": BETTER, "l2": BETTER},
            [INCOMPLETE, f"Stopped: the baseline lost 1 of 6 runs {LOST}"],
        ),
        (
            {"none": [None, *BASE[1:]], "l2": [*BETTER[:5], None]},
            [
                "No winner from 4 complete pairs: use at least 5, preferably 10.",
                "Stopped: the baseline lost 1 of 6 runs (diverged), l2 lost 1 of 6 runs " + LOST,
            ],
        ),
        (
            {"none": [*BASE[:2], *[None] * 4], "l2": BETTER},
            [
                "No winner from 2 complete pairs: use at least 5, preferably 10.",
                f"Stopped: the baseline lost 4 of 6 runs {LOST}",
            ],
        ),
        (
            {"none": BASE, "l1": [None] * 6, "l2": [None] * 6},
            [
                "No test: no other method finished a run.",
                f"Stopped: l1 lost all 6 runs (diverged), l2 lost all 6 runs {LOST}",
            ],
        ),
        (
            {"none": BASE, "l1": [None] * 6, "l2": [*BETTER[:5], None]},
            [INCOMPLETE, f"Stopped: l1 lost all 6 runs (diverged), l2 lost 1 of 6 runs {LOST}"],
        ),
        (
            {"none": BASE, "l1": BASE, "l2": [None, *BETTER[1:]]},
            [
                INCOMPLETE,
                "l1 has the same score under every seed.",
                f"Stopped: l2 lost 1 of 6 runs {LOST}",
            ],
        ),
        (
            {"none": BASE, "l2": BASE},
            ["No test: the seeds show no spread.", "l2 has the same score under every seed."],
        ),
        (
            {"none": [None] * 6, "l2": [None] * 6},
            [
                "No comparison: every run of the baseline diverged.",
                "Next: try a smaller --lr.",
            ],
        ),
        (
            {"none": [None, *BASE[1:3]], "l2": BETTER[:3]},
            [
                "No winner from 3 seeds: use at least 5, preferably 10.",
                "Next: --seeds 10.",
                f"Stopped: the baseline lost 1 of 3 runs {LOST}",
            ],
        ),
        (
            {"none": BASE[:1], "l2": [None]},
            ["No test: no other method finished a run.", f"Stopped: l2 lost its run {LOST}"],
        ),
    ],
)
def test_a_verdict_says_why_nothing_was_tested(
    scores: dict[str, list[tuple[float, float] | None]], expected: list[str]
) -> None:
    """Not that no method was shown to be better: no claim of scores nor of gaps was put to a test."""
    summary = summarize(runs(**scores), "none", "accuracy", Resampled(0.25))
    text = verdict(summary, "none", len(scores["none"]))
    assert text.split("\n") == expected
    assert not summary["p_value"].notna().any()


def test_gaps_may_be_tested_where_scores_are_equal() -> None:
    """Then the verdict still names them."""
    l2: list[tuple[float, float] | None] = [
        (each[0] - 0.05 - i / 1000, each[1]) for i, each in enumerate(BASE) if each
    ]
    text = verdict(
        summarize(runs(none=BASE, l2=l2), "none", "accuracy", Resampled(0.25)), "none", 6
    )
    assert text.startswith("No test: the seeds show no spread.\nl2 has the same score under every")
    assert "\nLess overfitting: l2 by 5.25 points." in text


def test_identical_scores_say_so() -> None:
    """No interval of width zero is claimed."""
    l2 = row_of(summarize(runs(none=BASE, l2=BASE), "none", "accuracy", Resampled(0.25)), "l2")
    assert l2["note"] == "all 6 differences in test score are 0: no interval, no p-value"
    assert (l2["delta_test"], l2["ties"]) == (0, 6)
    assert pd.isna(l2["delta_test_low"])


def test_verdict_names_a_winner_only_with_an_interval_that_supports_it() -> None:
    """And the size of its effect; several winners are not ranked beyond what was tested."""
    won = lines_of(runs(none=BASE, l2=BETTER))
    assert won[0] == "Winner: l2, +3.33 points test accuracy over the baseline"
    assert won[1] == "Less overfitting: l2 by 3.33 points."
    assert won[2].startswith(
        "Rests on 6 paired seeds, Nadeau-Bengio test over seeds: l2 +3.33 points ["
    )
    assert won[2].endswith("Holm p <0.001.") and won[3].startswith("Next: confirm l2 on new rows")

    both = lines_of(runs(none=BASE, l1=BETTER, l2=BETTER))
    assert both[2].endswith("; best of 2, so likely too high.")
    assert (
        "l2 also beats the baseline; compare the winners with each other by --baseline l1"
        in both[3]
    )

    noisy: list[tuple[float, float] | None] = [
        (1, 0.85),
        (1, 0.96),
        (1, 0.84),
        (1, 0.95),
        (1, 0.9),
        (1, 0.9),
    ]
    undecided = lines_of(runs(none=BASE, l2=noisy))
    assert undecided[0] == "No clear winner at 6 seeds; closest is l2"
    assert undecided[1] == "Less overfitting: not shown for any method."
    assert undecided[3].startswith("Next: a difference of ")

    worse = lines_of(runs(none=BETTER, l2=BASE))
    assert worse[:2] == ["No clear winner at 6 seeds", "Worse than the baseline: l2."]
    assert worse[3].startswith("Rests on 6 paired seeds, Nadeau-Bengio test over seeds: l2 -3.33")
    assert worse[4:] == ["Next: try smaller strengths, or other methods."]

    loss = lines_of(runs(none=BASE, l2=BETTER), "log_loss")
    assert loss[0] == "Winner: l2, -0.0333 nats test log loss over the baseline"

    three = lines_of(runs(none=BASE, l1=BETTER, l2=BETTER, l3=BETTER))
    assert "l2 and l3 also beat the baseline;" in three[3]

    alone = lines_of(runs(none=BASE))
    assert alone == ["Only the baseline was trained: name a method to compare it with."]


def lines_of(
    frame_of_runs: pd.DataFrame,
    metric: str = "accuracy",
    vary: tuple[str, ...] = SOURCES,
    baseline: str = "none",
) -> list[str]:
    """The lines of the verdict, whose first is short."""
    ratio = 0.25 if "split" in vary else 0.0
    summary = summarize(frame_of_runs, baseline, metric, Resampled(ratio))
    lines = verdict(summary, baseline, 6, vary, Resampled(ratio).name).split("\n")
    assert len(lines[0].split()) <= 12
    return lines


@pytest.mark.parametrize(
    ("vary", "given"),
    [
        (("init", "order"), "on this split"),
        (("split", "order"), "for these initial weights"),
        (("split", "init"), "for this batch order"),
        (("order",), "for this split and these initial weights"),
        (("init",), "for this split and this batch order"),
    ],
)
def test_every_claim_says_what_it_is_conditional_on(vary: tuple[str, ...], given: str) -> None:
    """A winner, none, what is worse, and gaps: where a source of variation is held."""
    worst: list[tuple[float, float] | None] = [(each[0], each[1] - 0.1) for each in BASE if each]
    worst[0] = (1.0, 0.7)
    both = lines_of(runs(none=BASE, l1=worst, l2=BETTER), vary=vary)
    assert both[0].startswith(f"Winner {given}: l2, +3.33 points")
    assert both[1] == f"Worse than the baseline {given}: l1."
    assert both[2].startswith(f"Less overfitting {given}: l2 by")

    worse = lines_of(runs(none=BETTER, l2=BASE), vary=vary)
    assert re.match(f"No (clear )?winner {given}( at 6 seeds)?$", worse[0])
    assert worse[2] == f"Less overfitting {given}: not shown for any method."
    assert given not in "".join(lines_of(runs(none=BASE, l1=worst, l2=BETTER)))


def test_a_held_split_says_nothing_of_more_rows() -> None:
    """Its interval holds for the rows of that split."""
    noisy: list[tuple[float, float] | None] = [(1.0, 0.9 + 0.02 * (i % 3)) for i in range(6)]
    held, redrawn = (
        lines_of(runs(none=BASE, l2=noisy), vary=vary)[-1] for vary in (("init", "order"), SOURCES)
    )
    assert re.match(
        r"Next: a difference of \S+ points would be found with 80 % power on this split;", held
    )
    assert "rows" not in held and "with twice the rows" in redrawn


@pytest.mark.parametrize("vary", [SOURCES, ("order",), ("init",), ("split",)])
@pytest.mark.parametrize("metric", ["accuracy", "balanced_accuracy", "log_loss", "rmse"])
@pytest.mark.parametrize("name", ["none", "l2"])
def test_the_first_line_is_short_whatever_it_holds_for(
    vary: tuple[str, ...], metric: str, name: str
) -> None:
    """``lines_of`` counts its words; each condition stands in it, and 'none' is spelled out."""
    better, noisy = BETTER, [(1.0, 0.9 + 0.02 * (i % 3)) for i in range(6)]
    for scores in (better, noisy):
        frame = runs(**{"l1": BASE, name: scores})
        for known, copied in (("accuracy", "balanced_accuracy"), ("loss", "rmse")):
            for column in (f"train_{known}", f"test_{known}", f"{known}_gap"):
                frame[column.replace(known, copied)] = frame[column]
        first = lines_of(frame, metric, vary, baseline="l1")[0]
        assert all((words in first) == (source not in vary) for source, words in CONDITIONS.items())
        assert re.search(r"\bnone\b", first) is None
        assert ("no regularization" if name == "none" else "l2") in first or len(vary) < 2


def test_each_source_of_variation_has_its_condition() -> None:
    """A source that came later would be left out of every claim."""
    assert tuple(CONDITIONS) == SOURCES


def test_a_method_without_a_test_is_named_and_not_the_closest() -> None:
    """Differences without spread have neither interval nor p."""
    worse: list[tuple[float, float] | None] = [
        (s[0], s[1] - 0.01 * i) for i, s in enumerate(BASE) if s
    ]
    found = lines_of(runs(none=BASE, l1=worse, l2=BASE))
    assert found[0] == "No clear winner at 6 seeds; closest is l1"
    assert found[1] == "l2 has the same score under every seed."
    assert found[3].startswith("Rests on 6 paired seeds") and "best of" not in found[3]
    assert found[4].startswith("Next: a difference of")

    above: list[tuple[float, float] | None] = [(s[0], s[1] + 0.02) for s in BASE if s]
    found = lines_of(runs(none=BASE, l2=above))
    assert found[1] == "l2 differs by +2.00 points under every seed."


def test_the_verdict_says_why_an_interval_below_zero_is_no_claim() -> None:
    """Holm over the gaps is in no column; what is underfit is left out by name."""
    rng = np.random.default_rng(3)
    noise = [(1.0, float(0.9 + each)) for each in rng.normal(size=6) * 0.01]
    learned_nothing = [(0.3, 0.3 + 0.001 * i) for i in range(6)]
    summary = summarize(
        runs(none=BASE, l1=noise, l2=BASE, dropout=learned_nothing),
        "none",
        "accuracy",
        Resampled(0.25),
    )
    text = verdict(summary, "none", 6)
    assert "(Holm over 2 gaps; left out as underfit: dropout)." in text, "l2 has no p"


def test_verdict_claims_nothing_from_pairs_that_are_too_few() -> None:
    """Ten seeds of which the baseline lost eight are two pairs, for test scores and gaps alike."""
    base: list[tuple[float, float] | None] = [(1.0, 0.80), (1.0, 0.82), *[None] * 8]
    own: list[tuple[float, float] | None] = [(1.0, 0.90), (1.0, 0.921), *[(1.0, 0.9)] * 8]
    summary = summarize(runs(none=base, l2=own), "none", "accuracy", Resampled(0.0))
    assert row_of(summary, "l2")["delta_gap_high"] < 0  # type: ignore[operator]
    assert verdict(summary, "none", 10).startswith("No winner from 2 complete pairs")


def test_a_method_without_any_pair_has_no_wins() -> None:
    """Missing, not 0."""
    summary = summarize(runs(none=BASE, l2=[None] * 6), "none", "accuracy", Resampled(0.25))
    assert pd.isna(row_of(summary, "l2")["wins"])


@pytest.mark.full
def test_verdict_adjusts_the_gaps_of_many_methods() -> None:
    """Under pure noise, twelve methods claim a smaller gap in about 5 % of comparisons, not in 14 %."""
    rng, claims = np.random.default_rng(0), 0
    for _ in range(200):
        noise = 0.9 + rng.normal(size=(13, 10)) * 0.01
        scores = {
            "none" if i == 0 else f"m{i}": [(1.0, float(test)) for test in row]
            for i, row in enumerate(noise)
        }
        summary = summarize(runs(**scores), "none", "accuracy", Resampled(0.0))  # type: ignore[arg-type]
        claims += "not shown for any" not in verdict(summary, "none", 10)
    assert claims <= 0.09 * 200


def test_differences_whose_squares_are_no_numbers_have_no_interval() -> None:
    """Nor a p-value, and no warning of NumPy's leaks."""
    huge = [1e300, -2e300, 3e299, 1e300, 5e299]
    assert paired_t(huge, 0.25).low is None and paired_t(huge, 0.25).p is None
    assert welch_t(huge, [1.0, 2, 3, 4, 5], 0, 0).p is None
    assert paired_t([1e308, -1e308, 0], 0).high is None

"""What several datasets show together: exact tests against enumeration, the Bayesian one by simulation."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from regcmp.analysis.across import (
    SAMPLES,
    across,
    bayesian_signed_rank,
    datasets_needed,
    signed_rank,
)

HALVES = st.integers(-8, 8).map(lambda n: n / 2)


@given(
    st.lists(
        st.floats(-9, 9).filter(lambda x: abs(x) > 1e-9), min_size=1, max_size=20, unique_by=abs
    )
)
def test_without_ties_it_is_scipy_s_exact_test(values: list[float]) -> None:
    """Both sides."""
    expected = stats.wilcoxon(values, method="exact").pvalue
    assert signed_rank(np.array(values)) == pytest.approx(expected, rel=1e-12)


@given(st.lists(HALVES, min_size=1, max_size=9))
def test_with_ties_and_zeros_it_counts_all_signs(values: list[float]) -> None:
    """By hand: every sign of the differences that are not 0, by rank sums that share ranks."""
    found = np.array([each for each in values if each])
    if not len(found):
        assert signed_rank(np.array(values)) == 1
        return
    ranks = stats.rankdata(np.abs(found))
    sums = np.array([ranks[np.array(s) > 0].sum() for s in product((-1, 1), repeat=len(found))])
    here = ranks[found > 0].sum()
    tail = min((sums <= here + 1e-9).mean(), (sums >= here - 1e-9).mean())
    assert signed_rank(np.array(values)) == pytest.approx(min(1, 2 * tail))


@pytest.mark.parametrize("n", [5, 6, 8, 10])
def test_it_keeps_its_level(n: int) -> None:
    """Of all signs of the same sizes, which are equally likely where a method has no effect."""
    sizes = np.random.default_rng(n).exponential(size=n)
    ps = [signed_rank(sizes * signs) for signs in product((-1.0, 1.0), repeat=n)]
    for level in (0.05, 0.1, 0.3):
        assert np.mean(np.array(ps) <= level) <= level


@pytest.mark.parametrize(
    ("methods", "needed"), [(1, 6), (2, 7), (3, 7), (4, 8), (6, 8), (7, 9), (12, 9), (13, 10)]
)
def test_fewer_datasets_can_t_reach_the_level(methods: int, needed: int) -> None:
    """The smallest p of N datasets, times the number of methods, is above the level below this N."""
    assert datasets_needed(methods) == needed
    for n, reaches in ((needed, True), (needed - 1, False)):
        smallest = signed_rank(np.arange(1.0, n + 1))
        assert smallest == 2.0 ** (1 - n)
        assert (smallest * methods <= 0.05) == reaches


def test_what_can_t_reach_it_has_no_p() -> None:
    """Its probabilities are there all the same; Holm counts the methods."""
    five = across({"a": [1.0] * 5}, 0.01)[0]
    assert (five.p, five.p_holm) == (None, None) and five.better > 0.9
    rng = np.random.default_rng(0)
    eight = across({"a": 1 + rng.random(8), "b": rng.normal(size=8), "c": -1 - rng.random(8)}, 0.01)
    assert [each.p for each in eight][::2] == [2**-7, 2**-7]
    assert [each.p_holm for each in eight][::2] == [3 * 2**-7, 3 * 2**-7]
    assert eight[0].signs == (8, 0, 0) and eight[2].signs == (0, 0, 8)
    assert eight[0].differences[0] > 1


def simulated(values: np.ndarray, rope: float, samples: int) -> np.ndarray:
    """The posterior by loops, from gamma variates of another stream."""
    rng = np.random.default_rng(99)
    points = [0.0, *values]
    wins = np.zeros(3)
    for _ in range(samples):
        raw = rng.gamma([0.5, *[1.0] * len(values)])
        weights = raw / raw.sum()
        shares = np.zeros(3)
        for i, one in enumerate(points):
            for j, other in enumerate(points):
                mean = (one + other) / 2
                side = 0 if mean > rope else 2 if mean < -rope else 1
                shares[side] += weights[i] * weights[j]
        wins[shares.argmax()] += 1
    return wins / samples


@pytest.mark.parametrize("scale", [0.02, 0.05])
def test_the_posterior_is_that_of_a_simulation(scale: float) -> None:
    """Within what both simulations leave open."""
    values = np.random.default_rng(3).normal(0.4 * scale, scale, 7)
    samples = 3000
    found = np.array(bayesian_signed_rank(values, 0.01))
    expected = simulated(values, 0.01, samples)
    error = np.sqrt(0.25 * (1 / samples + 1 / SAMPLES))
    assert found.sum() == pytest.approx(1)
    assert np.abs(found - expected).max() < 4 * error


def test_the_posterior_turns_with_the_signs_and_repeats() -> None:
    """Differences within the region are equivalent for sure; the same numbers come each time."""
    values = np.array([0.03, 0.01, -0.02, 0.05])
    better, equivalent, worse = bayesian_signed_rank(values, 0.01)
    turned = bayesian_signed_rank(-values, 0.01)
    assert turned == pytest.approx((worse, equivalent, better))
    assert bayesian_signed_rank(values, 0.01) == (better, equivalent, worse)
    assert bayesian_signed_rank(values / 100, 0.01) == (0, 1, 0)

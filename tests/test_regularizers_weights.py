"""A closed form for each penalty on weights, each constraint and each average of weights."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from conftest import make_stack
from networks import mlp
from sklearn.linear_model import enet_path

from regcmp.engine.arrays import Floats, Scratch
from regcmp.engine.kernels.updates import signs
from regcmp.engine.regularizers import REGISTRY, Context, Regularizer
from regcmp.engine.regularizers.matrices import matrices
from regcmp.engine.stack import Ingredient
from regcmp.engine.training import train

NETWORK = mlp(4, (6, 5), 3, "relu")
WEIGHT = NETWORK.is_weight
STRENGTHS = (0.5, 2.0)


def make(name: str, *strengths: float, **options: float) -> Regularizer:
    """A regularizer of len(strengths) runs."""
    column = np.array(strengths)[:, None, None]
    values = {key: number.default for key, number in REGISTRY[name].options_are.items()} | options
    columns = {key: np.full_like(column, value) for key, value in values.items()}
    return REGISTRY[name](column, columns, range(len(strengths)), NETWORK)


def context(theta: Floats, **words: float) -> Context:
    """A context of one step."""
    return Context(NETWORK, theta, Scratch(theta.dtype), **words)  # type: ignore[arg-type]


@pytest.fixture
def theta(rng: np.random.Generator) -> Floats:
    """Weights of two runs."""
    return rng.normal(size=(2, NETWORK.n_parameters))


def slope(name: str, theta: Floats, **options: float) -> Floats:
    """What a penalty adds to the gradient."""
    return make(name, *STRENGTHS, **options).penalize(np.zeros_like(theta), context(theta))


def test_a_sign_is_that_of_numpy() -> None:
    """Of zeros and infinities, too; of NaN it is 0, as it can't be said."""
    numbers = np.array([[-2.5, -0.0, 0.0, 1e-40, np.inf, -np.inf, np.nan]], np.float32)
    found = signs(numbers, Scratch(np.float32))
    assert found.dtype == np.float32
    assert np.array_equal(found[:, :-1], np.sign(numbers)[:, :-1]) and found[0, -1] == 0


def test_elasticnet_mixes_l1_and_l2(theta: Floats) -> None:
    """At its two ends it is either."""
    for ratio in (0.0, 0.3, 1.0):
        mixed = ratio * slope("l1", theta) + (1 - ratio) * slope("l2", theta)
        np.testing.assert_allclose(slope("elasticnet", theta, ratio=ratio), mixed)


def test_elasticnet_has_the_minimum_of_scikit_learn(rng: np.random.Generator) -> None:
    """At the peer's minimum of ½ mean squared error and penalty, its slope balances the data's."""
    x = rng.normal(size=(50, 4))
    y = x @ [1, -2, 0.5, 0] + rng.normal(size=50)
    alpha, ratio = 0.05, 0.7
    _, coefs, _ = enet_path(x, y, l1_ratio=ratio, alphas=[alpha], tol=1e-12, max_iter=10**6)
    w = coefs[:, 0]
    theta = np.zeros((1, NETWORK.n_parameters))
    theta[0, :4] = w
    penalty = make("elasticnet", alpha, ratio=ratio).penalize(np.zeros_like(theta), context(theta))
    data = x.T @ (x @ w - y) / 50
    assert (w != 0).sum() >= 2
    np.testing.assert_allclose((data + penalty[0, :4])[w != 0], 0, atol=1e-9)


def test_grouplasso_has_its_formula_and_lets_whole_units_go(theta: Floats) -> None:
    """λ √n w / ‖w‖ over a unit's n outgoing weights; 0 where they all are 0."""
    matrices(NETWORK, theta)[1][:, 2] = 0
    added = matrices(NETWORK, slope("grouplasso", theta))
    for weight, got in zip(matrices(NETWORK, theta), added, strict=True):
        for run, lam in enumerate(STRENGTHS):
            for w, g in zip(weight[run], got[run], strict=True):
                length = np.linalg.norm(w)
                expected = lam * np.sqrt(w.size) * w / length if length else np.zeros_like(w)
                np.testing.assert_allclose(g, expected)


def test_orthogonal_is_at_rest_at_orthonormal_weights(rng: np.random.Generator) -> None:
    """Tall matrices with orthonormal columns, wide ones with orthonormal rows."""
    theta = np.zeros((2, NETWORK.n_parameters))
    for weight in matrices(NETWORK, theta):
        n_in, n_out = weight.shape[1:]
        q = np.linalg.qr(rng.normal(size=(2, max(n_in, n_out), min(n_in, n_out))))[0]
        weight[...] = q if n_in >= n_out else q.swapaxes(1, 2)
    np.testing.assert_allclose(slope("orthogonal", theta), 0, atol=1e-13)
    excess = sum(max(0, w.shape[2] - w.shape[1]) for w in matrices(NETWORK, theta))
    np.testing.assert_allclose(
        make("orthogonal", *STRENGTHS).penalty(theta), np.array(STRENGTHS) * excess
    )


def test_spectral_pulls_along_the_first_singular_vectors(theta: Floats) -> None:
    """λ σ u vᵀ, once the power iteration has converged."""
    spectral = make("spectral", *STRENGTHS)
    for _ in range(500):
        added = spectral.penalize(np.zeros_like(theta), context(theta))
    pairs = zip(matrices(NETWORK, theta), matrices(NETWORK, added), strict=True)
    for weight, got in pairs:
        u, s, vt = np.linalg.svd(weight)
        for run, lam in enumerate(STRENGTHS):
            expected = lam * s[run, 0] * np.outer(u[run, :, 0], vt[run, 0])
            np.testing.assert_allclose(got[run], expected, atol=1e-9)
    sigmas = sum(np.linalg.norm(w, 2, axis=(1, 2)) ** 2 for w in matrices(NETWORK, theta))
    np.testing.assert_allclose(spectral.penalty(theta), np.array(STRENGTHS) * sigmas / 2)


@pytest.mark.parametrize("name", ["elasticnet", "grouplasso", "orthogonal", "spectral"])
def test_penalties_leave_biases(name: str, theta: Floats) -> None:
    """They add nothing to their gradient."""
    added = slope(name, theta)
    assert not added[:, ~WEIGHT].any()
    assert added[:, WEIGHT].all()


def test_l1prox_is_the_soft_threshold(theta: Floats) -> None:
    """sign(w) max(|w| - rate λ, 0), with exact zeros; biases stay."""
    start = theta.copy()
    make("l1prox", *STRENGTHS).project(theta, context(theta, rate=0.3))
    t = 0.3 * np.array(STRENGTHS)[:, None]
    expected = np.sign(start) * np.maximum(abs(start) - t, 0)
    np.testing.assert_allclose(theta[:, WEIGHT], expected[:, WEIGHT], atol=1e-15)
    assert np.array_equal(theta[:, WEIGHT] == 0, (abs(start) <= t)[:, WEIGHT])
    assert np.array_equal(theta[:, ~WEIGHT], start[:, ~WEIGHT])


def test_l1prox_makes_zeros_where_l1_makes_none() -> None:
    """After training."""
    (sparse,) = train(make_stack(Ingredient("l1prox", (0.5,))))
    (dense,) = train(make_stack(Ingredient("l1", (0.5,))))
    assert sparse.nonzero_fraction < 0.99 and dense.nonzero_fraction == 1


def test_decay_takes_a_share_of_the_weights_before_the_step(theta: Floats) -> None:
    """W - step - rate λ w, whatever the step was."""
    start, step = theta.copy(), 0.7
    decay, now = make("decay", *STRENGTHS), context(theta, rate=0.3)
    decay.penalize(np.ones_like(theta), now)
    theta -= step
    decay.project(theta, now)
    lam = np.array(STRENGTHS)[:, None] * WEIGHT
    np.testing.assert_allclose(theta, start - step - 0.3 * lam * start, atol=1e-15)


def test_decay_is_l2_under_sgd_and_not_under_adam() -> None:
    """Loshchilov and Hutter's first and second proposition."""
    for optimizer, same in (("sgd", True), ("adam", False)):
        decay, l2 = (
            train(make_stack(Ingredient(name, (0.3,)), optimizer=optimizer))[0].theta
            for name in ("decay", "l2")
        )
        assert np.allclose(decay, l2, rtol=0, atol=1e-14) is same


def test_maxnorm_bounds_and_unitnorm_holds_the_norms(theta: Floats) -> None:
    """Of what goes into each unit; a shorter vector is left bit for bit, a direction never changes."""
    for name in ("maxnorm", "unitnorm"):
        moved = theta.copy()
        make(name, *STRENGTHS).project(moved, context(moved))
        assert np.array_equal(moved[:, ~WEIGHT], theta[:, ~WEIGHT])
        pairs = zip(matrices(NETWORK, theta), matrices(NETWORK, moved), strict=True)
        for old, new in pairs:
            for run, c in enumerate(STRENGTHS):
                before = np.linalg.norm(old[run], axis=0)
                after = np.minimum(before, c) if name == "maxnorm" else np.full_like(before, c)
                np.testing.assert_allclose(np.linalg.norm(new[run], axis=0), after)
                np.testing.assert_allclose(new[run] / after, old[run] / before)
                if name == "maxnorm":
                    short = before < c
                    assert np.array_equal(new[run][:, short], old[run][:, short])


def test_maxnorm_holds_at_the_end_of_training() -> None:
    """Beside whatever else is on: it comes last."""
    (run,) = train(make_stack(Ingredient("decay", (0.1,)), Ingredient("maxnorm", (0.8,))))
    for weight in matrices(mlp(6, (12, 8), 3, "relu"), run.theta[None]):
        assert np.linalg.norm(weight[0], axis=0).max() <= 0.8 + 1e-12


def steps(regularizer: Regularizer, path: list[Floats], epochs: int) -> list[Floats]:
    """Lead a regularizer along a path of weights, evenly over the epochs; what is judged after each."""
    theta, judged = path[0].copy(), []
    now, per_epoch = context(theta, epochs=epochs), (len(path) - 1) // epochs  # type: ignore[arg-type]
    regularizer.start(now)
    for step, (before, after) in enumerate(pairwise(path)):
        now.theta, now.epoch = theta, step // per_epoch + 1
        regularizer.penalize(np.zeros_like(theta), now)
        theta += after - before
        theta = regularizer.project(theta, now)
        if (step + 1) % per_epoch == 0:
            judged.append(regularizer.select(theta, now).copy())
    return judged


@pytest.fixture
def path(rng: np.random.Generator) -> list[Floats]:
    """Weights of two runs at the beginning and after each of 12 steps."""
    return list(rng.normal(size=(13, 2, NETWORK.n_parameters)).cumsum(axis=0))


def test_ema_is_the_weighted_mean_of_all_steps(path: list[Floats]) -> None:
    """The first step has d^(t-1), later ones (1 - d) d^(t-i)."""
    judged = steps(make("ema", 0.5, 0.9), path, 4)
    for run, d in enumerate((0.5, 0.9)):
        weights = np.array([1 - d] * 12) * d ** np.arange(11, -1, -1)
        weights[0] /= 1 - d
        assert np.isclose(weights.sum(), 1)
        expected = np.tensordot(weights, np.array(path[1:])[:, run], 1)
        np.testing.assert_allclose(judged[-1][run], expected)


def test_swa_is_the_mean_over_the_last_epochs(path: list[Floats]) -> None:
    """With 6 epochs, a half is the epochs 3 to 6 and a tenth the last two; before, nothing is averaged."""
    judged = steps(make("swa", 0.5, 0.1), path, 6)
    ends = np.array(path[2::2])
    np.testing.assert_allclose(judged[5][0], ends[2:, 0].mean(axis=0))
    np.testing.assert_allclose(judged[3][0], ends[2:4, 0].mean(axis=0))
    np.testing.assert_allclose(judged[5][1], ends[4:, 1].mean(axis=0))
    for epoch in range(3):
        np.testing.assert_allclose(judged[epoch], ends[epoch])


def test_averages_do_not_change_training() -> None:
    """A record before the average begins is that of the plain run, and its weights go on alike."""
    words = {"epochs": 8}
    (plain,) = train(make_stack(**words))
    (swa,) = train(make_stack(Ingredient("swa", (0.25,)), **words))
    assert swa.history[1] == plain.history[1]
    assert swa.history[2] != plain.history[2]


def test_lookahead_goes_back_every_k_steps(rng: np.random.Generator) -> None:
    """Against the algorithm in a plain loop, with k = 3 and steps that do not depend on the weights."""
    moves = rng.normal(size=(12, 2, NETWORK.n_parameters))
    path = [np.zeros_like(moves[0]), *moves.cumsum(axis=0)]
    judged = steps(make("lookahead", 0.5, 0.2, k=3), path, 6)
    for run, alpha in enumerate((0.5, 0.2)):
        slow = fast = np.zeros(NETWORK.n_parameters)
        for step, move in enumerate(moves[:, run], 1):
            fast = fast + move
            ahead = slow + alpha * (fast - slow)
            if step % 3 == 0:
                slow = fast = ahead
            if step % 2 == 0:
                np.testing.assert_allclose(judged[step // 2 - 1][run], ahead)

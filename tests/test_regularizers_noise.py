"""A closed form for each regularizer that changes batches, masks or gradients."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from networks import mlp
from scipy import stats
from test_regularizers_weights import NETWORK, WEIGHT, context, make

from regcmp.engine.arrays import Floats
from regcmp.engine.regularizers import REGISTRY
from regcmp.engine.regularizers.masks import GaussDropout
from regcmp.errors import UsageError
from regcmp.plan.grammar import parse_word
from regcmp.plan.tuning import parse_methods

DRAWS = 20_000


def is_normal(sample: Floats, deviation: float, mean: float = 0.0) -> bool:
    """Kolmogorov and Smirnov see no difference to this normal distribution."""
    return bool(stats.kstest(np.ravel(sample), "norm", (mean, deviation)).pvalue > 1e-3)


def test_gaussdropout_draws_around_one_with_the_variance_of_dropout() -> None:
    """N(1, p / (1 - p)) on hidden layers, N(1, q / (1 - q)) on the input where it is asked for."""
    network = mlp(50, (200,), 4, "relu")
    column = np.array([0.2, 0.5])[:, None, None]
    dropout = GaussDropout(column, {"input": column[::-1]}, [0, 1], network)
    now = context(np.zeros((2, 1)))
    now.batch_size = 300
    masks = dropout.mask(network.no_masks(), now)
    assert [mask is not None for mask in masks] == [True, False, True]
    for site, rates in ((0, (0.5, 0.2)), (2, (0.2, 0.5))):
        for mask, p in zip(masks[site], rates, strict=True):  # type: ignore[arg-type]
            assert is_normal(mask, np.sqrt(p / (1 - p)), 1)


def test_two_kinds_of_dropout_multiply() -> None:
    """Their masks do not share a buffer."""
    network, column = mlp(5, (400,), 4, "relu"), np.array([0.5])[:, None, None]
    now = context(np.zeros((1, 1)))
    now.batch_size = 100
    zeros = network.no_masks()
    for name in ("dropout", "gaussdropout"):
        regularizer = REGISTRY[name](column, {"input": 0 * column}, [0], network)
        zeros = regularizer.mask(zeros, now)
    mask = zeros[2]
    assert mask is not None
    assert abs((mask == 0).mean() - 0.5) < 0.02
    assert is_normal(mask[mask != 0], 2, 2)


def test_noise_is_normal_on_inputs_alone() -> None:
    """With each run's own σ, new in every batch."""
    noise = make("noise", 0.5, 2.0)
    x, targets = np.ones((2, DRAWS, 3)), np.ones((2, DRAWS, 2))
    for _ in range(2):
        before = x.copy()
        x, targets = noise.transform((x, targets), context(np.zeros((2, 1))))
        assert is_normal(x[0] - before[0], 0.5) and is_normal(x[1] - before[1], 2.0)
    assert targets.min() == targets.max() == 1


def test_weightnoise_moves_the_point_and_not_the_weights() -> None:
    """By N(0, σ²) on weights, not at all on biases."""
    weightnoise, theta = make("weightnoise", *[0.3] * 200), np.ones((200, NETWORK.n_parameters))
    point = weightnoise.perturb(theta, context(theta))
    assert np.all(theta == 1)
    assert is_normal(point[:, WEIGHT] - 1, 0.3)
    assert np.all(point[:, ~WEIGHT] == 1)


def test_gradnoise_fades() -> None:
    """Variance η / (1 + t)^0.55 on all parameters, t counted from 0."""
    gradnoise, theta = make("gradnoise", *[0.04] * 200), np.ones((200, NETWORK.n_parameters))
    for t in range(50):
        grad = gradnoise.penalize(theta.copy(), context(theta))
        if t in (0, 1, 49):
            assert is_normal(grad - 1, np.sqrt(0.04 / (1 + t) ** 0.55))


def test_smoothing_spreads_a_share_over_all_classes() -> None:
    """1 - ε + ε/K for the true class, ε/K for others; a mixed target keeps its sum of 1."""
    targets = np.array([[[1.0, 0, 0, 0]], [[0.5, 0.5, 0, 0]]])
    _, smooth = make("smooth", 0.2, 0.4).transform((targets, targets), context(np.zeros((2, 1))))
    np.testing.assert_allclose(smooth[0], [[0.85, 0.05, 0.05, 0.05]])
    np.testing.assert_allclose(smooth[1], [[0.4, 0.4, 0.1, 0.1]])


def test_mixup_mixes_inputs_and_targets_alike() -> None:
    """Every row with one other of the same run's batch, all with one share, itself Beta(α, α)."""
    rows, alphas = 16, (0.0, 0.5, 2.0)
    mixup, shares = make("mixup", *alphas), []
    for _ in range(1000):
        x = (np.eye(rows) + np.arange(3)[:, None, None] * 100)[:, :, :]
        now = context(np.zeros((3, 1)))
        now.batch_size = rows
        mixed, targets = mixup.transform((x, x[:, :, :4].copy()), now)
        assert np.array_equal(mixed[0], np.eye(rows)), "α = 0 is off"
        assert np.allclose(mixed[:, :, :4], targets)
        identity = mixed - np.arange(3)[:, None, None] * 100
        assert np.allclose(identity.sum(axis=1), 1) and np.allclose(identity.sum(axis=2), 1)
        own = np.diagonal(identity, axis1=1, axis2=2)
        shares.append(own.min(axis=1))
        for run in range(3):
            is_share = np.isclose(own[run], shares[-1][run])
            assert np.all(is_share | np.isclose(own[run], 1)), "1 where a row is its own partner"
    for run in (1, 2):
        beta = stats.beta(alphas[run], alphas[run])
        assert stats.kstest(np.array(shares)[:, run], beta.cdf).pvalue > 1e-3


def test_cutout_sets_a_share_of_each_row_to_its_mean() -> None:
    """S D of the D features, rounded and at least one: each as often, each row its own."""
    shares = (0.0, 0.01, 0.3, 0.5)
    x, targets = np.ones((4, DRAWS, 10)), np.ones((4, DRAWS, 2))
    cut, same = make("cutout", *shares).transform((x, targets), context(np.zeros((4, 1))))
    assert np.all(same == 1)
    for run, count in enumerate((0, 1, 3, 5)):
        zeros = cut[run] == 0
        assert np.all(zeros.sum(axis=1) == count)
        share = count / 10
        assert np.allclose(zeros.mean(axis=0), share, atol=5 * np.sqrt(0.25 / DRAWS))
    together = np.corrcoef((cut[2] == 0).T)[~np.eye(10, dtype=bool)]
    assert np.allclose(together, -1 / 9, atol=0.04), "as far as a fixed number allows, independent"


def test_cutout_is_nested_across_shares() -> None:
    """Under one seed, what a smaller share cuts out a larger one cuts out too: strengths are paired."""
    low, high = (
        make("cutout", share).transform(
            (np.ones((1, 50, 10)), np.ones((1, 50, 2))), context(np.zeros((1, 1)))
        )[0]
        for share in (0.2, 0.6)
    )
    assert np.all(high[low == 0] == 0) and (high == 0).sum() > (low == 0).sum()


def test_cutmix_swaps_columns_and_mixes_targets_by_their_share() -> None:
    """One set of columns for the batch, uniform in size at alpha = 1; with probability p; by run."""
    rows, features, chances = 6, 20, (0.0, 0.5, 1.0)
    cutmix, counts = make("cutmix", *chances), []
    for _ in range(2000):
        own = np.arange(1.0, rows + 1)
        x = np.tile(own[:, None], (3, 1, features)) + np.arange(3)[:, None, None] * 100
        targets = np.tile(np.eye(rows), (3, 1, 1))
        before = x.copy()
        now = context(np.zeros((3, 1)))
        now.batch_size = rows
        mixed, soft = cutmix.transform((x, targets), now)
        swapped = mixed != before
        counts.append(swapped.any(axis=1).sum(axis=1))
        for run in range(3):
            origin = (mixed[run] - run * 100).astype(int) - 1
            expected = np.stack([np.bincount(row, minlength=rows) for row in origin]) / features
            np.testing.assert_allclose(soft[run], expected, atol=1e-12)
            columns = swapped[run].any(axis=0)
            partners = origin[:, columns]
            assert np.all(partners == partners[:, :1]), "one partner for all columns of a row"
    counts = np.array(counts)
    assert not counts[:, 0].any(), "p = 0 is off"
    assert abs((counts[:, 1] == 0).mean() - 0.5 - 0.5 * (counts[:, 2] == 0).mean()) < 0.06
    assert abs(counts[:, 2].mean() - features / 2) < 0.6


def quadratic(hessian: Floats) -> Callable[[Floats], Floats]:
    """The gradient of ½ Σ h w² at any weights."""
    return lambda theta: hessian * theta


def test_sam_looks_a_distance_uphill(rng: np.random.Generator) -> None:
    """On a quadratic bowl its gradient is h (w + ρ h w / ‖h w‖); at the bottom it stays there."""
    theta = rng.normal(size=(2, NETWORK.n_parameters))
    hessian = rng.uniform(0.1, 5, NETWORK.n_parameters)
    now = context(theta)
    now.gradient = quadratic(hessian)
    sam, start = make("sam", 0.5, 2.0), theta.copy()
    point = sam.perturb(theta, now)
    assert np.array_equal(theta, start)
    for run, rho in enumerate((0.5, 2.0)):
        g = hessian * theta[run]
        np.testing.assert_allclose(point[run], theta[run] + rho * g / np.linalg.norm(g))
    assert not sam.perturb(np.zeros_like(theta), now).any()


def test_a_gradient_outside_a_step_is_refused() -> None:
    """A hook that runs before the masks are drawn can't ask for it."""
    with pytest.raises(RuntimeError, match="only within a step"):
        context(np.zeros((1, 3))).gradient(np.zeros((1, 3)))


def test_clip_scales_long_gradients_and_leaves_short_ones() -> None:
    """The norm is each run's own, over all parameters."""
    grad = np.zeros((2, NETWORK.n_parameters))
    grad[:, :2] = [[3, 4], [0.3, 0.4]]
    start = grad.copy()
    make("clip", 1.0, 1.0).penalize(grad, context(grad))
    np.testing.assert_allclose(grad[0], start[0] / 5)
    assert np.array_equal(grad[1], start[1])


@pytest.mark.parametrize("word", ["ema+swa", "swa=0.1+ema=0.9", "maxnorm+unitnorm"])
def test_pairs_that_contradict_each_other_are_refused(word: str) -> None:
    """In either order, with the reason."""
    with pytest.raises(UsageError, match=r"'\w+' can't go with '\w+': "):
        parse_word(word)


def test_a_whole_number_is_asked_for() -> None:
    """A step count of lookahead can't be a fraction."""
    assert [str(m) for m in parse_methods(["lookahead:k=10"])] == ["lookahead=0.5:k=10"]
    with pytest.raises(UsageError, match="whole number"):
        parse_word("lookahead:k=2.5")


def test_fgsm_moves_each_feature_to_where_the_loss_is_larger(rng: np.random.Generator) -> None:
    """With the slope s(x) = x known and the gradient Σx at any weights, both points can be written down."""
    x = np.tile(rng.normal(size=(1, 5, 4)), (3, 1, 1))
    x[:, 0, 0] = 0
    start, theta = x.copy(), np.ones((3, 2))
    for share in (0.0, 0.25):
        fgsm, now = make("fgsm", 0.0, 0.5, 0.5), context(theta)
        fgsm.options = {"clean": np.full((3, 1, 1), share)}
        now.x = start.copy()
        now.input_gradient = lambda _, now=now: now.x.copy()
        now.gradient = lambda theta, now=now: theta * now.x.sum(axis=(1, 2))[:, None]
        assert fgsm.perturb(theta, now) is theta
        sums = (start + np.array([0, 0.5, 0.5])[:, None, None] * np.sign(start)).sum(axis=(1, 2))
        expected = share * start.sum(axis=(1, 2)) + (1 - share) * sums
        for _ in range(2):  # as sam asks for it more than once
            np.testing.assert_allclose(now.gradient(theta), np.outer(expected, [1, 1]))


def test_dropconnect_draws_for_each_example_or_once_for_all() -> None:
    """Each weight is lost with probability p, the rest scaled: W + D ⋆ W with D = -1 or p / (1 - p)."""
    dropconnect, now = make("dropconnect", 0.0, 0.5, 0.5), context(np.zeros((3, 1)))
    dropconnect.options = {"shared": np.array([0, 0, 1])[:, None, None]}
    now.batch_size = 400
    drawn = dropconnect.disconnect(NETWORK.no_masks(), now)
    assert [each is not None for each in drawn] == [i in NETWORK.sites for i in range(len(drawn))]
    for site in NETWORK.sites:
        off, each, shared = drawn[site]  # type: ignore[misc]
        assert not off.any() and set(np.unique(each)) == {-1, 1}
        assert abs(each.mean()) < 0.05
        assert abs(each.mean(axis=0)).max() < 0.25, "anew for each example"
        assert np.all(shared == shared[0])

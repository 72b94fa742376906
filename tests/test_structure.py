"""What changes the network: normalisation, skip connections and branches that drop out."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from commands import run
from conftest import make_rows, make_stack
from networks import mlp_layers
from test_gradients import assert_gradient, batch_loss

from regcmp.engine.architecture import layers_of
from regcmp.engine.arrays import Floats, Scratch
from regcmp.engine.convolution import Conv
from regcmp.engine.initializers import initial_theta
from regcmp.engine.layers import Dense
from regcmp.engine.losses import CrossEntropy
from regcmp.engine.measuring import Measure
from regcmp.engine.network import Gradient, Network, Step
from regcmp.engine.normalization import BatchNorm
from regcmp.engine.regularizers import Context
from regcmp.engine.regularizers.branches import DropPath, ShakeDrop, Skip
from regcmp.engine.regularizers.normalizing import BatchNormalization, LayerNormalization
from regcmp.engine.residual import Fork, Join
from regcmp.engine.stack import Ingredient
from regcmp.engine.training import train
from regcmp.errors import UsageError
from regcmp.plan import make_plan

RUNS, ROWS, WIDTH = 3, 7, 6


def network(*hidden: int, norm: bool = False, branch: int = 1) -> Network:
    """A network with branches of this length, and normalised if asked."""
    layers = mlp_layers(4, hidden, 3, "tanh")
    layers = BatchNormalization.build(layers, norm)
    return Network(Skip.build(layers, branch))


def column(*values: float) -> Floats:
    """One number per run, (R, 1, 1)."""
    return np.array(values)[:, None, None]


def context(own: Network, batch_size: int) -> Context:
    """A context of one step."""
    return Context(own, np.zeros((RUNS, own.n_parameters)), Scratch(float), batch_size)


@pytest.mark.parametrize("norm", [False, True], ids=["plain", "normalised"])
@pytest.mark.parametrize("branch", [1, 2])
def test_a_network_with_branches_has_the_gradient_of_its_loss(
    branch: int, norm: bool, rng: np.random.Generator
) -> None:
    """Masks and factors on a branch included; at the weights and at the inputs."""
    own = network(WIDTH, WIDTH, WIDTH, WIDTH, norm=norm, branch=branch)
    theta = rng.normal(size=(RUNS, own.n_parameters))
    x, targets = rng.normal(size=(RUNS, ROWS, 4)), rng.dirichlet(np.ones(3), (RUNS, ROWS))
    masks, taps = own.no_masks(), own.no_taps()
    DropPath(column(0.0, 0.4, 0.6), {}, range(RUNS), own).mask(masks, context(own, ROWS))
    loss, gradient = (
        batch_loss(own, targets, masks, taps),
        Gradient(own, CrossEntropy(3), RUNS, float),
    )
    step = Step(x, targets, masks, taps)
    assert_gradient(lambda theta: loss(theta, x), gradient(theta, step).copy(), theta, rng)
    assert_gradient(lambda x: loss(theta, x), gradient.at_input(theta, step), x, rng)


def test_branches_stand_where_widths_allow() -> None:
    """After the first hidden layer, around k layers that keep the width; never around the input."""

    def kinds(*hidden: int, branch: int = 1) -> str:
        marks = {Fork: "(", Join: ")", Dense: "d"}
        return "".join(marks.get(type(each), "") for each in network(*hidden, branch=branch).layers)

    assert kinds(8, 8) == "d(d)d"
    assert kinds(8, 4, 4) == "dd(d)d"
    assert kinds(8, 4, 8, branch=2) == "d(dd)d"
    assert kinds(8, 8, 8, 8, branch=2) == "d(dd)dd"
    assert kinds(8) == "dd"
    assert kinds(8, 8, branch=0) == "ddd"


def image_network(arch: str, branch: int = 1) -> Network:
    """A network for images of 4x4 pixels, normalised, with branches."""
    image = (4, 4, 1)
    layers = BatchNormalization.build(layers_of(arch, (), image, 3, "tanh"), 1)
    return Network(Skip.build(layers, branch), image)


@pytest.mark.parametrize(
    ("arch", "branch", "expected"),
    [
        ("conv2x3-conv2x3-gap", 1, "c(c)pd"),
        ("conv2x3-pool2-conv2x3-pool2-conv2x3-8-8", 1, "cp(c)p(c)d(d)d"),
        ("conv2x3-conv2x3-pool2-conv2x3-gap", 2, "ccpcpd"),
        ("conv2x3-conv2x3-conv2x3-avgpool2", 2, "c(cc)pd"),
        ("pool2-8-8", 1, "pd(d)d"),
        ("gap", 1, "pd"),
    ],
)
def test_branches_of_maps_end_ahead_of_pooling(arch: str, branch: int, expected: str) -> None:
    """What is added has the size of what entered; what stands before the first layer stays there."""
    marks = {Fork: "(", Join: ")", Dense: "d", Conv: "c"}
    own = image_network(arch, branch)
    shown = (
        marks.get(type(each), "p" if each.shape_out and not each.weights else "")
        for each in own.layers
    )
    assert "".join(shown) == expected


def test_a_network_with_branches_of_maps_has_the_gradient_of_its_loss(
    rng: np.random.Generator,
) -> None:
    """Some of them dropped; at the weights and at the inputs."""
    own = image_network("conv2x3-conv2x3-pool2-conv2x3-gap")
    theta = rng.normal(size=(RUNS, own.n_parameters))
    x, targets = rng.normal(size=(RUNS, ROWS, 16)), rng.dirichlet(np.ones(3), (RUNS, ROWS))
    masks, taps = own.no_masks(), own.no_taps()
    DropPath(column(0.0, 0.4, 0.6), {}, range(RUNS), own).mask(masks, context(own, ROWS))
    loss = batch_loss(own, targets, masks, taps)
    gradient, step = Gradient(own, CrossEntropy(3), RUNS, float), Step(x, targets, masks, taps)
    assert_gradient(lambda theta: loss(theta, x), gradient(theta, step).copy(), theta, rng)
    assert_gradient(lambda x: loss(theta, x), gradient.at_input(theta, step), x, rng)


def test_a_branch_that_is_dropped_is_not_there(rng: np.random.Generator) -> None:
    """With a mask of 0 the network is the one without that layer."""
    deep, flat = network(WIDTH, WIDTH), network(WIDTH)
    theta = rng.normal(size=(1, deep.n_parameters))
    params = deep.params(theta)
    own = [each for each in params if each]
    without = np.concatenate([p.ravel() for layer in (own[0], own[2]) for p in layer])[None]
    x, masks = rng.normal(size=(1, ROWS, 4)), deep.no_masks()
    masks[[isinstance(each, Join) for each in deep.layers].index(True)] = np.zeros((1, ROWS, 1))
    dropped = deep.forward(params, x, masks, deep.no_taps(), deep.memories(float))
    absent = flat.forward(
        flat.params(without), x, flat.no_masks(), flat.no_taps(), flat.memories(float)
    )
    np.testing.assert_array_equal(dropped, absent)


def test_droppath_follows_the_linear_rule() -> None:
    """Of two branches the first is dropped half as often; what is kept is scaled to mean 1."""
    own = network(WIDTH, WIDTH, WIDTH)
    rows = 20_000
    drop = DropPath(column(0.6, 0.6, 0.6), {}, range(RUNS), own)
    masks = drop.mask(own.no_masks(), context(own, rows))
    drawn = [mask for mask in masks if mask is not None]
    for mask, rate in zip(drawn, (0.3, 0.6), strict=True):
        assert mask.shape == (RUNS, rows, 1)
        error = 5 * np.sqrt(rate * (1 - rate) / rows)
        assert np.abs((mask == 0).mean(axis=(1, 2)) - rate).max() < error
        assert np.unique(mask[mask > 0]) == pytest.approx([1 / (1 - rate)], rel=1e-4)


def test_shakedrop_has_the_published_factors() -> None:
    """Kept: 1 both ways; disturbed: U(-1, 1) forward, U(0, 1) backward; all over 1 - p."""
    own, rows, rate = network(WIDTH, WIDTH), 20_000, 0.4
    shake = ShakeDrop(column(rate, rate, rate), {}, range(RUNS), own)
    (tap,) = [each for taps in shake.tap(own.no_taps(), context(own, rows)) for each in taps]
    ahead, back = tap.forward(np.ones((RUNS, rows, 1))), tap.backward(np.ones((RUNS, rows, 1)))
    kept = ahead == back
    assert abs(kept.mean() - (1 - rate)) < 5 * np.sqrt(rate * (1 - rate) / (RUNS * rows))
    np.testing.assert_allclose(ahead[kept], 1 / (1 - rate), rtol=1e-4)
    scaled_ahead, scaled_back = ahead[~kept] * (1 - rate), back[~kept] * (1 - rate)
    assert scaled_ahead.min() < -0.99
    assert scaled_ahead.max() < 1
    assert 0 <= scaled_back.min() < 0.01
    assert abs(scaled_ahead.mean()) < 0.02
    assert abs(scaled_back.mean() - 0.5) < 0.02
    assert abs(ahead.mean() - 1) < 0.02, "so nothing changes at evaluation"


def test_batchnorm_in_evaluation_is_that_of_all_training_rows(rng: np.random.Generator) -> None:
    """As if all of them were one batch, though they are measured in several chunks."""
    rows = make_rows(splits=2, n_train=600)
    own = Network(BatchNormalization.build(mlp_layers(6, (8, 8), 3, "relu"), 1))
    theta = rng.normal(size=(2, own.n_parameters))
    measure = Measure(own, rows, [0, 1])
    measured = [record.train["loss"] for record in measure.record(0, theta)]
    logits = own.forward(
        own.params(theta), rows.x_train, own.no_masks(), own.no_taps(), own.memories(float)
    )
    log_p = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    expected = -np.take_along_axis(log_p, rows.y_train[..., None], axis=-1).mean(axis=(1, 2))
    np.testing.assert_allclose(measured, expected, rtol=1e-12)


def test_batchnorm_forgets_the_scale_and_the_bias_before_it(rng: np.random.Generator) -> None:
    """Y is the same for a x + c; and a batch of one row gives the bias alone."""
    layer, x = BatchNorm((4,)), rng.normal(size=(1, ROWS, 4))
    params = [rng.normal(size=(1, 1, 4)), rng.normal(size=(1, 1, 4))]
    own = Network([layer])
    first = layer.forward(params, x, *own.memories(float)).copy()
    np.testing.assert_allclose(first.mean(axis=1), params[1][:, 0])
    moved = layer.forward(params, 1e3 * x + 5, *own.memories(float))
    np.testing.assert_allclose(moved, first, rtol=1e-4)
    lonely = layer.forward(params, x[:, :1], *own.memories(float))
    np.testing.assert_allclose(lonely, params[1])


def test_a_last_batch_of_one_row_teaches_what_stands_behind_alone() -> None:
    """Its gradient is 0 at the weights, biases and gains before the first normalisation's bias."""
    own = Network(BatchNormalization.build(mlp_layers(6, (5,), 3, "identity"), 1))
    theta = np.random.default_rng(0).normal(size=(1, own.n_parameters))
    step = Step(np.ones((1, 1, 6)), np.eye(3)[None, :1], own.no_masks(), own.no_taps())
    dense, norm, _, last = own.params(Gradient(own, CrossEntropy(3), 1, float)(theta, step))
    assert not any(each.any() for each in (*dense, norm[0]))
    assert all(each.any() for each in (norm[1], *last))
    (run,) = train(make_stack(Ingredient("batchnorm", (1.0,)), batch_size=13))
    assert 40 % 13 == 1 and run.status == "ok" and np.isfinite(run.theta).all()


@pytest.mark.parametrize("name", ["batchnorm", "layernorm"])
def test_gains_and_biases_are_never_penalised(name: str) -> None:
    """A penalty so strong that no weight survives leaves them at work."""
    (on,) = train(make_stack(Ingredient(name, (1.0,)), Ingredient("l1prox", (100.0,))))
    kind = {"batchnorm": BatchNormalization, "layernorm": LayerNormalization}[name]
    own = Network(kind.build(mlp_layers(6, (12, 8), 3, "relu"), 1))
    assert not on.theta[own.is_weight].any()
    gains = [p for layer, ps in zip(own.layers, own.params(on.theta[None]), strict=True)
             if layer.gains for p in ps[:1]]  # fmt: skip
    assert len(gains) == 2
    assert all((gain > 0.5).all() for gain in gains)


def test_pairs_start_at_the_same_weights() -> None:
    """A network that is changed begins with the baseline's weights, its gains at 1, its biases at 0."""
    layers = mlp_layers(6, (8, 8), 3, "relu")
    plain, other = Network(layers), Network(Skip.build(BatchNormalization.build(layers, 1), 1))
    before, after = (initial_theta(each, "he", [3], "float64") for each in (plain, other))
    np.testing.assert_array_equal(after[:, other.is_weight], before[:, plain.is_weight])
    assert np.unique(after[:, ~other.is_weight]).tolist() == [0, 1]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("droppath",), "'droppath' needs 'skip'"),
        (("skip=1+droppath+shakedrop",), "can't go with"),
        (("batchnorm+layernorm",), "can't go with"),
        (("batchnorm=0.5",), "whole number"),
        (("skip=2",), "64,64"),
        (
            ("alphadropout+skip",),
            "'alphadropout' can't go with 'skip': what leaves a branch is added",
        ),
        (("alphadropout+dropout",), "can't go with"),
    ],
)
def test_what_can_not_be_built_is_refused(words: tuple[str, ...], message: str) -> None:
    """With a reason."""
    with pytest.raises(UsageError, match=message):
        make_plan("iris", words)


@pytest.mark.full
def test_the_table_says_which_networks_are_others(tmp_path: Path) -> None:
    """On the screen and in the report; a strength of 0 is the baseline's network."""
    words = (
        "compare --dataset iris none batchnorm=0,1 l2 -o -.json --seeds 2 --epochs 2 --hidden 8,8"
    )
    done = run(words.split(), tmp_path)
    assert done.code == 0, done.err
    assert json.loads(done.out)["plan"]["other_networks"] == ["batchnorm=1"]
    assert "batchnorm=1 trains a network that differs from the baseline's." in done.err

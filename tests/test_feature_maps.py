"""What is dropped on feature maps, and images that are moved or cut: closed forms and plain loops."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from networks import mlp

from regcmp.engine.architecture import layers_of
from regcmp.engine.arrays import Booleans, Floats, Scratch
from regcmp.engine.network import Network
from regcmp.engine.regularizers import REGISTRY, Context, Regularizer
from regcmp.engine.regularizers.feature_maps import corner_rate
from regcmp.engine.regularizers.images import rectangles
from regcmp.engine.regularizers.walk import visited
from regcmp.errors import UsageError
from regcmp.plan import make_plan
from regcmp.plan.tuning import parse_methods

IMAGE = (8, 8, 1)
NETWORK = Network(layers_of("conv6x3-pool2-conv5x3-gap-7", (), IMAGE, 3, "relu"), IMAGE)
FIRST, SECOND, DENSE = 2, 5, 8
"""The layers behind the activations: a pooling, the global average, and the last dense layer."""
BATCH = 200


def made(name: str, *strengths: float, network: Network = NETWORK, **options: float) -> Regularizer:
    """A regularizer with one strength per run, each under a seed of its own."""
    column = np.array(strengths, np.float64)[:, None, None]
    given = {key: number.default for key, number in REGISTRY[name].options_are.items()} | options
    columns = {key: np.full_like(column, value) for key, value in given.items()}
    return REGISTRY[name](column, columns, range(len(strengths)), network)


def context(network: Network = NETWORK) -> Context:
    """Of a step of 200 rows."""
    return Context(network, np.empty((1, 0)), Scratch(np.float64), batch_size=BATCH)


def masks_of(name: str, *strengths: float, **options: float) -> dict[int, Floats]:
    """The masks of one step as maps (R, B, H, W, C), or as rows."""
    masks = made(name, *strengths, **options).mask(NETWORK.no_masks(), context())
    return {
        layer: mask.reshape(*mask.shape[:2], *NETWORK.shapes[layer])
        for layer, mask in enumerate(masks)
        if mask is not None
    }


def test_where_each_of_them_acts() -> None:
    """Ahead of pooling; on dense layers the walk alone."""
    assert NETWORK.behind == (FIRST, SECOND, DENSE)
    assert masks_of("spatialdropout", 0.5).keys() == {FIRST, SECOND}
    assert masks_of("dropblock", 0.5).keys() == {FIRST, SECOND}
    assert masks_of("dropwalk", 0.5).keys() == {FIRST, SECOND, DENSE}


def test_spatial_dropout_drops_whole_channels() -> None:
    """Each with probability p, whatever the other channels do, scaled by 1 / (1 - p)."""
    strengths = (0.25, 0.5)
    for mask in masks_of("spatialdropout", *strengths).values():
        assert (mask == mask[:, :, :1, :1]).all()
        for run, p in enumerate(strengths):
            channels = mask[run, :, 0, 0]
            assert set(np.unique(channels)) == {0, 1 / (1 - p)}
            error = (p * (1 - p) / channels.size) ** 0.5
            assert abs((channels == 0).mean() - p) < 4 * error


def squares(dropped: Booleans, b: int) -> Booleans:
    """The cells of a map (H, W) that lie in a square of b x b dropped cells, by a plain loop."""
    inside = np.zeros_like(dropped)
    for i in range(dropped.shape[0] - b + 1):
        for j in range(dropped.shape[1] - b + 1):
            if dropped[i : i + b, j : j + b].all():
                inside[i : i + b, j : j + b] = True
    return inside


@pytest.mark.parametrize("block", [1, 2, 3, 6])
def test_dropblock_drops_squares_at_the_rate_of_its_corners(block: int) -> None:
    """Every dropped cell is part of a whole square, and a cell is kept if no square that covers it is
    there: (1 - γ)^n for n of them. All / kept makes the sum over a batch that of no mask at all.
    """
    p, (height, width, _) = 0.2, NETWORK.shapes[FIRST]
    mask = masks_of("dropblock", p, block=block)[FIRST][0]
    dropped = mask == 0
    for row in dropped[:10]:
        for channel in np.moveaxis(row, 2, 0):
            assert (squares(channel, block) == channel).all()
    assert mask.sum() == pytest.approx(mask.size, rel=1e-12)

    gamma = p / block**2 * height * width / ((height - block + 1) * (width - block + 1))
    assert corner_rate(p, block, (height, width, 1)) == pytest.approx(gamma, rel=1e-12)
    ways = np.array([min(i, 8 - block) - max(0, i - block + 1) + 1 for i in range(8)])
    expected = 1 - (1 - gamma) ** np.outer(ways, ways)
    error = np.sqrt(expected * (1 - expected) / (BATCH * 6))
    assert (abs(dropped.mean(axis=(0, 3)) - expected) < 5 * error).all()


def test_a_block_is_no_larger_than_its_map() -> None:
    """Then it is the whole map, with probability p."""
    dropped = masks_of("dropblock", 0.3, block=50)[SECOND][0] == 0
    assert (dropped == dropped[:, :1, :1]).all()
    assert corner_rate(0.3, 50, (4, 4, 1)) == pytest.approx(0.3)


def test_dropblock_grows_by_default() -> None:
    """As published; its name says so only where it does not."""
    word = "dropblock=0.1,0.2:schedule=constant:block=2"
    assert [str(each) for each in parse_methods([word, "dropblock"])] == [
        "dropblock=0.1:block=2:schedule=constant",
        "dropblock=0.2:block=2:schedule=constant",
        "dropblock=0.1",
    ]
    (method,) = parse_methods(["dropblock"])
    assert method.parts[0].schedule == "ramp"


def pieces(dropped: Booleans) -> int:
    """How many connected pieces a map (H, W) has, where opposite borders meet."""
    left, found = {tuple(map(int, cell)) for cell in np.argwhere(dropped)}, 0
    while left:
        found, border = found + 1, [left.pop()]
        while border:
            i, j = border.pop()
            for a, b in ((i - 1, j), (i + 1, j), (i, j - 1), (i, j + 1)):
                cell = a % dropped.shape[0], b % dropped.shape[1]
                if cell in left:
                    left.remove(cell)
                    border.append(cell)
    return found


@pytest.mark.parametrize("p", [0.01, 0.1, 0.5, 0.9])
def test_a_walk_drops_a_connected_share(p: float) -> None:
    """Of each map as many cells as p says, or one more or less, in one piece."""
    dropped = visited(np.random.default_rng(0), 40, (6, 5, 3), p)
    counts = dropped.sum(axis=(1, 2))
    assert {*np.unique(counts)} <= {int(p * 30), int(p * 30) + 1}
    maps = np.moveaxis(dropped, 3, 1).reshape(-1, 6, 5)
    assert {pieces(each) for each in maps if each.any()} == {1}


@pytest.mark.parametrize("shape", [(6, 5, 2), (11,)])
@pytest.mark.parametrize("p", [0.1, 0.45])
def test_a_walk_drops_every_cell_alike(p: float, shape: tuple[int, ...]) -> None:
    """With probability p, so what is kept and scaled by 1 / (1 - p) has the mean of no mask."""
    dropped = visited(np.random.default_rng(1), 4000, shape, p)
    error = (p * (1 - p) / 4000) ** 0.5
    assert (abs(dropped.mean(axis=0) - p) < 5 * error).all()


def test_on_a_ring_a_walk_drops_an_arc() -> None:
    """One piece, where the ends meet."""
    dropped = visited(np.random.default_rng(2), 300, (9,), 0.4)
    turns = (dropped != np.roll(dropped, 1, axis=1)).sum(axis=1)
    assert {*dropped.sum(axis=1)} == {3, 4}
    assert (turns == 2).all()


def test_a_walk_takes_the_steps_of_a_walk() -> None:
    """How far it spreads is that of a walk made step by step: the mean number of equal neighbours."""

    def neighbours(maps: Booleans) -> float:
        right, down = (maps & np.roll(maps, 1, axis=axis) for axis in (1, 2))
        return float((right | down).mean())

    rng, slow = np.random.default_rng(3), np.zeros((2000, 8, 8), bool)
    for grid in slow:
        i, j = rng.integers(8, size=2)
        while grid.sum() < 12:
            grid[i, j] = True
            step = [(1, 0), (-1, 0), (0, 1), (0, -1)][rng.integers(4)]
            i, j = (i + step[0]) % 8, (j + step[1]) % 8
    fast = visited(rng, 2000, (8, 8, 1), 12 / 64)[..., 0]
    assert neighbours(fast) == pytest.approx(neighbours(slow), rel=0.02)


def edges(dropped: Booleans) -> float:
    """The mean number of borders between dropped and kept cells of maps (..., H, W, C)."""
    across = (dropped[:, 1:] != dropped[:, :-1]).sum(axis=(1, 2))
    down = (dropped[:, :, 1:] != dropped[:, :, :-1]).sum(axis=(1, 2))
    return float((across + down).mean() / dropped.mean())


def test_a_walk_lies_between_dropout_and_dropblock() -> None:
    """By the length of the border of what is dropped: ragged, but in one piece."""
    walk = masks_of("dropwalk", 0.14)[FIRST][0] == 0
    block = masks_of("dropblock", 0.15, block=3)[FIRST][0] == 0
    alone = masks_of("dropblock", 0.14, block=1)[FIRST][0] == 0
    assert edges(block) < 0.8 * edges(walk) < 0.8 * 0.8 * edges(alone)


def test_a_shift_moves_every_image_alike_often() -> None:
    """By each of the 25 moves, with its border repeated: NumPy's padding is the oracle."""
    k, shape = 2, (5, 4, 3)
    network = Network(layers_of("conv2x3", (), shape, 3, "relu"), shape)
    x = np.random.default_rng(4).normal(size=(1, 1, *shape)).repeat(3000, axis=1)
    padded = np.pad(x[0, 0], ((k, k), (k, k), (0, 0)), mode="edge")
    moves = {
        padded[i : i + 5, j : j + 4].tobytes(): 0
        for i in range(2 * k + 1)
        for j in range(2 * k + 1)
    }
    shift = made("shift", k, network=network)
    moved, _ = shift.transform((x.reshape(1, 3000, -1), np.zeros((1, 3000, 3))), context(network))
    for image in moved[0]:
        moves[image.tobytes()] += 1
    assert len(moves) == 25
    assert all(abs(count - 120) < 5 * 120**0.5 for count in moves.values())


@pytest.mark.parametrize(("share", "sides"), [(0.25, (4, 3)), (0.001, (1, 1)), (1.0, (8, 6))])
def test_rectangles_have_a_share_of_the_image(share: float, sides: tuple[int, int]) -> None:
    """Those that lie within it are as large as said, on all channels; others are cut off."""
    cut = rectangles(np.random.default_rng(5), 500, share, (8, 6, 2)).reshape(500, 8, 6, 2)
    assert (cut[..., 0] == cut[..., 1]).all()
    areas = cut[..., 0].sum(axis=(1, 2))
    assert areas.max() == sides[0] * sides[1] and areas.min() >= 1
    rows, columns = cut[..., 0].any(axis=2), cut[..., 0].any(axis=1)
    assert (areas == rows.sum(axis=1) * columns.sum(axis=1)).all()


def changed(name: str, strength: float, **options: float) -> tuple[Floats, Floats]:
    """A batch of 8x8 images, all pixels of image r being r + 1, after one step, and its targets."""
    x = np.arange(1.0, BATCH + 1)[None, :, None].repeat(64, axis=2)
    batch = made(name, strength, **options).transform((x, np.eye(BATCH)[None]), context())
    return batch[0][0].reshape(BATCH, 8, 8), batch[1][0]


def test_cutout_of_an_image_is_a_rectangle() -> None:
    """Of a quarter of it, 4x4 pixels where it lies within, another one for each image."""
    images, _ = changed("cutout", 0.25)
    cut = images == 0
    assert cut.sum(axis=(1, 2)).max() == 16
    assert len({each.tobytes() for each in cut}) > 50
    assert all((squares(each, 2) == each).all() for each in cut if each.sum() == 16)


def test_cutmix_of_images_counts_the_area_that_was_pasted() -> None:
    """The target of image r is mixed by the share of pixels that came from its partner."""
    images, targets = changed("cutmix", 1.0)
    own = np.arange(1.0, BATCH + 1)
    pasted = images != own[:, None, None]
    rectangle = pasted.any(axis=0)
    for row, (image, target) in enumerate(zip(images, targets, strict=True)):
        np.testing.assert_allclose(target @ own, image.mean(), rtol=1e-12)
        assert (pasted[row] == rectangle).all() or target[row] == 1
    assert 0 < rectangle.sum() < 64


@pytest.mark.parametrize("name", ["dropblock", "spatialdropout", "shift"])
def test_what_needs_images_says_so(name: str) -> None:
    """In a network of dense layers it is refused before any work, with a way out."""
    with pytest.raises(UsageError, match=r"has nothing to act on: .* such as --arch cnn"):
        make_plan("digits", [name])
    assert make_plan("digits", [name], arch="cnn")


def test_a_walk_needs_no_images() -> None:
    """It walks the ring of every hidden layer."""
    network = mlp(4, (9, 5), 3, "relu")
    masks: Sequence[Floats | None] = made("dropwalk", 0.4, network=network).mask(
        network.no_masks(), context(network)
    )
    widths = [None if mask is None else mask.shape[2] for mask in masks]
    assert widths == [None, None, 9, None, 5]


@pytest.mark.parametrize("name", ["dropout", "spatialdropout", "dropblock", "dropwalk"])
def test_layers_of_one_shape_have_masks_of_their_own(name: str) -> None:
    """Each draws from a stream of its own."""
    network = Network(layers_of("conv6x3-conv6x3-9-9", (), IMAGE, 3, "relu"), IMAGE)
    masks = made(name, 0.4, network=network).mask(network.no_masks(), context(network))
    given = [each.copy() for each in masks if each is not None]
    assert len(given) >= 2
    for first, second in pairwise(given):
        assert first.shape != second.shape or not np.array_equal(first, second)


def test_a_walk_stands_behind_a_branch() -> None:
    """On the sum that leaves it, not on the branch alone."""
    network = Network(REGISTRY["skip"].build(layers_of("mlp", (5, 5), (4,), 3, "relu"), 1))
    assert [type(network.layers[i]).__name__ for i in network.behind] == ["Fork", "Dense"]


@pytest.mark.parametrize("run", [0, 1])
def test_grouplasso_takes_a_channel_at_all_pixels_for_a_unit(run: int) -> None:
    """Into a convolution and into a dense layer behind a map; plain loops and finite differences."""
    network = Network(layers_of("conv2x3-conv3x3-4", (), (3, 2, 1), 3, "relu"))
    theta = np.random.default_rng(6).normal(size=(2, network.n_parameters))
    strength = 0.3
    lasso = made("grouplasso", strength, strength, network=network)
    expected = 0.0
    for (weight, *_), channels in zip(
        (each for each in network.params(theta) if each), (1, 2, 3, 4), strict=True
    ):
        for channel in range(channels):
            group = weight[run, channel::channels]
            expected += strength * np.sqrt(group.size) * np.linalg.norm(group)
    assert lasso.penalty(theta)[run] == pytest.approx(expected, rel=1e-12)

    now = context(network)
    now.theta = theta
    slope = lasso.penalize(np.zeros_like(theta), now)
    along, h = np.random.default_rng(7).normal(size=theta.shape), 1e-6
    numeric = (lasso.penalty(theta + h * along) - lasso.penalty(theta - h * along)) / (2 * h)
    np.testing.assert_allclose((slope * along).sum(axis=1), numeric, rtol=1e-6)


def test_spectral_finds_its_direction_again_after_weights_of_zero() -> None:
    """A matrix of zeros for a step leaves the vector of the power iteration where it was."""
    network = mlp(4, (), 3, "identity")
    theta = np.random.default_rng(8).normal(size=(1, network.n_parameters))
    spectral, now = made("spectral", 1.0, network=network), context(network)
    for point in (np.zeros_like(theta), *[theta] * 50):
        now.theta = point
        slope = spectral.penalize(np.zeros_like(theta), now)
    weight = theta[0, :12].reshape(4, 3)
    u, sigma, v = np.linalg.svd(weight)
    np.testing.assert_allclose(
        slope[0, :12].reshape(4, 3), sigma[0] * np.outer(u[:, 0], v[0]), atol=1e-6
    )

"""What a dataset decides of a plan, and what is done to training rows on purpose."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from conftest import make_stack
from sklearn.utils.class_weight import compute_class_weight
from test_regularizers_weights import NETWORK, context

import regcmp.api
from regcmp.data.dataset import Dataset
from regcmp.data.loading import load_dataset
from regcmp.data.preparation.preparing import NoiseFeatures
from regcmp.data.preparation.splitting import Split, split_rows, split_sizes
from regcmp.data.preparation.targets import flipped, targets_of
from regcmp.engine.arrays import Floats
from regcmp.engine.losses import CrossEntropy
from regcmp.engine.regularizers.batch import Smooth
from regcmp.engine.stack import Ingredient, Rows
from regcmp.engine.training import train
from regcmp.errors import DataError, UsageError
from regcmp.plan import make_plan
from regcmp.plan.settling import settle
from regcmp.runs.experiment import run_experiment
from regcmp.runs.pace import Pace

QUICK = {"hidden": "4", "epochs": 2, "seeds": 3, "jobs": 1}
WINE = load_dataset("wine")


def given(dataset: Dataset, n: int) -> Dataset:
    """The dataset in another order, with its last n rows as test rows of its own."""
    order = np.random.default_rng(1).permutation(dataset.n_rows)
    return replace(dataset, x=dataset.x[order], y=dataset.y[order], given_test=n)


def test_flips_are_this_share_each_to_another_class_and_each_class_alike() -> None:
    """Another seed flips other rows; the same seed the same; 0 none and 1 all."""
    labels = np.repeat(np.arange(4), 5000)
    one, same, other = (flipped(labels, 4, 0.3, seed) for seed in (0, 0, 1))
    assert (one != labels).sum() == 6000
    assert np.array_equal(one, same) and not np.array_equal(one, other)
    moves = np.bincount((one - labels)[one != labels] % 4, minlength=4)
    assert moves[0] == 0 and (abs(moves[1:] - 2000) < 4 * np.sqrt(2000)).all()
    rates = (one != labels).reshape(4, -1).mean(axis=1)
    assert (abs(rates - 0.3) < 0.03).all()
    assert np.array_equal(flipped(labels, 4, 0, 0), labels)
    assert (flipped(labels, 4, 1, 0) != labels).all()


def test_flips_know_nothing_of_test_rows_and_leave_their_labels() -> None:
    """Other test rows and other labels of theirs: the same training labels."""
    split = Split(np.arange(0, 100), np.arange(100, 178))
    moved = replace(WINE, y=np.concatenate([WINE.y[:100], WINE.y[100:][::-1]]))
    one = targets_of(WINE, split, 0.2, "none", 5)
    two = targets_of(moved, Split(split.train, split.test[:10]), 0.2, "none", 5)
    assert np.array_equal(one.train, two.train) and (one.train != WINE.y[:100]).sum() == 20
    assert np.array_equal(one.of(WINE.y[split.test]), WINE.y[split.test])


def test_every_method_of_a_seed_has_the_same_flips_and_noise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What stacks of different kinds are given to train on, seed by seed; and held if the split is."""
    seen: dict[tuple[int, bytes], set[bytes]] = {}

    def keep(index: int, stack: object) -> object:
        rows = stack.rows  # type: ignore[attr-defined]
        for run, split in zip(stack.seeds, stack.splits, strict=True):  # type: ignore[attr-defined]
            data = (rows.x_train, rows.y_train, rows.x_test, rows.y_test)
            seen.setdefault(run.noise, set()).add(b"".join(each[split].tobytes() for each in data))
        return index, train(stack), 0.0  # type: ignore[arg-type]

    monkeypatch.setattr("regcmp.runs.executing.timed_training", keep)
    words = {"label_noise": 0.2, "noise_features": 5, **QUICK}
    jobs = words.pop("jobs")
    redrawn = settle(make_plan("wine", "none l2 dropout", **words), WINE)
    run_experiment(redrawn, WINE, jobs, Pace())
    assert seen.keys() == {0, 1, 2} and all(len(each) == 1 for each in seen.values())
    assert len(set.union(*seen.values())) == 3
    seen.clear()
    held = settle(make_plan("wine", "none l2", vary="init,order", **words), WINE)
    run_experiment(held, WINE, jobs, Pace())
    assert len(set.union(*seen.values())) == 1


def test_noise_features_are_standard_normal_and_leave_the_others() -> None:
    """The training rows' do not depend on how many test rows there are; the dtype stays."""
    train, test = np.zeros((4000, 3), np.float32), np.ones((50, 3), np.float32)
    noise = NoiseFeatures(10, 0)
    train_rows, test_rows = noise.append(train), noise.append(test, len(train))
    assert np.array_equal(noise.append(test, len(train)), test_rows)
    assert train_rows.shape == (4000, 13) and train_rows.dtype == np.float32
    assert not train_rows[:, :3].any() and (test_rows[:, :3] == 1).all()
    assert abs(train_rows[:, 3:].mean()) < 0.03 and abs(train_rows[:, 3:].std() - 1) < 0.03
    assert np.array_equal(NoiseFeatures(10, 0).append(train), train_rows)
    assert not np.array_equal(NoiseFeatures(10, 1).append(train), train_rows)


def test_class_weights_are_those_of_scikit_learn_on_the_labels_trained_on() -> None:
    """After the flips; the mean weight of a row is 1."""
    dataset, split = given(WINE, 0), Split(np.arange(0, 120), np.arange(120, 178))
    for noise in (0.0, 0.3):
        got = targets_of(dataset, split, noise, "balanced", 0)
        assert got.class_weights is not None
        present = np.unique(got.train)
        expected = compute_class_weight("balanced", classes=present, y=got.train)
        np.testing.assert_allclose(got.class_weights[present], expected)
        assert got.class_weights[got.train].mean() == pytest.approx(1)


def test_a_class_that_noise_empties_cannot_be_weighted() -> None:
    """One row of it, and every label flipped."""
    tiny = Dataset("tiny", np.zeros((9, 1)), np.array([0] * 4 + [1] * 4 + [2]), ("a", "b", "c"))
    split = Split(np.arange(9), np.arange(1))
    empty = [
        seed for seed in range(30) if len(set(targets_of(tiny, split, 0.5, "none", seed).train)) < 3
    ]
    with pytest.raises(UsageError, match=r"it leaves class '\w' of 'tiny' without training"):
        targets_of(tiny, split, 0.5, "balanced", empty[0])


def test_weights_make_a_row_count_as_often_as_they_say(rng: np.random.Generator) -> None:
    """A row of weight 2 has the gradient of two rows; soft targets are weighted class by class."""
    logits, labels = rng.normal(size=(1, 4, 3)), np.array([0, 1, 2, 2])
    targets, weights = np.eye(3)[labels][None], np.array([1.0, 2.0, 3.0])
    own = CrossEntropy(3, weights[None, None]).gradient(logits.copy(), targets) * 4
    again = np.repeat(np.arange(4), weights[labels].astype(int))
    copies = CrossEntropy(3).gradient(logits[:, again].copy(), targets[:, again]) * len(again)
    summed = np.stack([copies[0, again == row].sum(axis=0) for row in range(4)])
    np.testing.assert_allclose(own[0], summed, atol=1e-12)

    soft, loss = rng.dirichlet(np.ones(3), (2, 5)), CrossEntropy(3, rng.uniform(0.5, 2, (2, 1, 3)))
    at, along = rng.normal(size=(2, 2, 5, 3))
    slope = sum(s * loss.mean(at + s * 1e-6 * along, soft).sum() for s in (1, -1)) / 2e-6
    got = (loss.gradient(at.copy(), soft) * along).sum()
    assert got == pytest.approx(slope, rel=1e-6)


def test_a_smoothed_row_keeps_the_weight_of_its_class(rng: np.random.Generator) -> None:
    """Its loss is that of a plain smoothed row, times its weight; a mixture's, that of its rows mixed."""
    logits, labels = rng.normal(size=(1, 5, 3)), np.array([0, 1, 2, 2, 0])
    hard, weights = np.eye(3)[labels][None], np.array([0.2, 1.0, 7.0])
    plain, weighted = CrossEntropy(3), CrossEntropy(3, weights[None, None])

    def smoothed(targets: Floats, loss: CrossEntropy) -> Floats:
        smooth = Smooth(np.full((1, 1, 1), 0.3), {}, [0], NETWORK)
        return smooth.transform((logits, targets.copy()), replace(context(logits), loss=loss))[1]

    def of_rows(targets: Floats, loss: CrossEntropy) -> Floats:
        return np.hstack([loss.mean(logits[:, [i]], targets[:, [i]]) for i in range(5)])

    each = of_rows(smoothed(hard, plain), plain) * weights[labels]
    np.testing.assert_allclose(of_rows(smoothed(hard, weighted), weighted), each, rtol=1e-12)

    mixed = 0.7 * hard + 0.3 * hard[:, ::-1]
    other = of_rows(smoothed(hard[:, ::-1], plain), plain) * weights[labels[::-1]]
    of_mixed = of_rows(smoothed(mixed, weighted), weighted)
    np.testing.assert_allclose(of_mixed, 0.7 * each + 0.3 * other, rtol=1e-12)
    soft = smoothed(hard, weighted)
    of_mixed = of_rows(0.7 * soft + 0.3 * smoothed(hard[:, ::-1], weighted), weighted)
    np.testing.assert_allclose(of_mixed, 0.7 * each + 0.3 * other, rtol=1e-12)


def test_smoothing_does_not_undo_balanced_classes() -> None:
    """Of 39 rows in 40 of one class, apart from the others by a wide margin: both stay recognised."""
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], [585, 15])
    x = rng.normal(size=(600, 2)) + 4 * y[:, None]
    rows = Rows(x[None], y[None], x[None], y[None], 2)
    balanced = replace(rows, class_weights=600 / (2 * np.array([[585, 15]])))
    for name in ("smooth", "mixup"):
        stack = make_stack(Ingredient(name, (0.1,)), epochs=10, optimizer="adam", lr=0.01)
        stack = replace(stack, rows=balanced)
        assert train(stack)[0].history[-1].test["balanced_accuracy"] > 0.95


def test_equal_weights_are_none_and_scores_are_never_weighted() -> None:
    """Weights of 1 change nothing; with others the scores of the same weights are the plain ones."""
    plain = make_stack()
    ones = replace(plain, rows=replace(plain.rows, class_weights=np.ones((1, 3))))
    np.testing.assert_allclose(train(ones)[0].theta, train(plain)[0].theta, atol=1e-9)
    weighted = make_stack(task="weighted")
    assert train(weighted)[0].history[0] == train(plain)[0].history[0]
    assert not np.array_equal(train(weighted)[0].theta, train(plain)[0].theta)


def test_a_given_test_set_is_the_same_for_every_seed() -> None:
    """All other rows train; --train-size draws some of them, a share being one of them."""
    dataset = given(WINE, 50)
    assert split_sizes(dataset, 0.2, None) == (128, 50)
    assert split_sizes(dataset, 0.2, 0.5) == (64, 50)
    for n_train in (128, 64):
        split = split_rows(dataset, n_train, 50, 3)
        assert np.array_equal(split.test, np.arange(128, 178))
        assert len(split.train) == n_train and split.train.max() < 128
    shares = np.bincount(dataset.y[split.train]) / np.bincount(dataset.y[:128])
    assert np.allclose(shares, 0.5, atol=0.02)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"train_size": 129}, "--train-size asks for 129 rows, but 'wine' has 128 beside its test"),
        ({"train_size": 127}, "--train-size: 127 of 128 rows leave out 1 row, too few to draw 3"),
        ({"test_size": 0.3}, "--test-size: 'wine' has 50 test rows of its own; leave the option"),
        ({"vary": "split"}, "--vary: 'wine' has 50 test rows of its own, so the split can't vary"),
    ],
)
def test_what_a_given_test_set_leaves_no_room_for_is_refused(
    words: dict[str, object], message: str
) -> None:
    """In words of the options."""
    plan, dataset = make_plan("wine", **words | {"seeds": 2}), given(WINE, 50)

    def carried_out() -> None:
        run_experiment(settle(plan, dataset), dataset, 1, Pace())

    with pytest.raises(UsageError) as error:
        carried_out()
    assert str(error.value).startswith(message)


def test_a_class_in_the_given_test_rows_alone_is_named() -> None:
    """It can't be learned; one that is missing there is no fault."""
    dataset = replace(WINE, y=np.sort(WINE.y), given_test=48)
    with pytest.raises(DataError, match="class 'class_2' is in the given test rows only"):
        split_rows(dataset, 130, 48, 0)
    few = replace(WINE, y=np.sort(WINE.y), given_test=20)
    assert len(split_rows(few, 158, 20, 0).test) == 20


def test_a_table_on_given_test_rows_is_conditional_on_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain t, no correction, said in the header and below; the plan can be carried out again."""
    monkeypatch.setattr(regcmp.api, "load_dataset", lambda *_: given(WINE, 50))
    comparison = regcmp.compare("wine", "none dropout", **QUICK)
    assert comparison.plan["correction_ratio"] == 0
    assert comparison.plan["vary"] == ["init", "order"]
    assert comparison.plan["data"]["given_test"] == comparison.plan["test_size"] == 50
    text = comparison.to_markdown()
    assert "128 train and 50 given test rows, the same for 3 seeds" in text
    assert "Conditional on this split" in text and "Nadeau" not in text
    kept = set(make_plan("wine").as_dict())
    again = {key: value for key, value in comparison.plan.items() if key in kept}
    assert regcmp.compare(**again, jobs=1).to_csv() == comparison.to_csv()


def test_what_was_done_to_the_rows_stands_above_the_table() -> None:
    """And in the plan; without any of it there is no such line."""
    words = {"label_noise": 0.25, "noise_features": 7, "class_weight": "balanced"}
    comparison = regcmp.compare("wine", "none", **words, **QUICK)
    text = comparison.to_markdown().replace("\\", "")
    assert (
        "25 % of the training labels flipped; 7 features of noise added; classes balanced in"
        in text
    )
    assert "network 20-4-3" in text
    assert {key: comparison.plan[key] for key in words} == words
    assert "flipped" not in regcmp.compare("wine", "none", **QUICK).to_markdown()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            {"label_noise": "20"},
            "--label-noise: expected a share of the training labels, from 0 to 1",
        ),
        (
            {"noise_features": -1},
            "--noise-features: expected a whole number from 0 to 100000, got '-1'",
        ),
        ({"class_weight": "balance"}, "unknown class weight 'balance': did you mean 'balanced'?"),
    ],
)
def test_words_that_cannot_be_meant_are_named(words: dict[str, object], message: str) -> None:
    """With what was expected."""
    with pytest.raises(UsageError) as error:
        make_plan("wine", **words)
    assert str(error.value).startswith(message)


@pytest.mark.parametrize(("part", "rows"), [("training", range(20)), ("test", range(20, 30))])
def test_a_target_that_does_not_vary_is_refused(part: str, rows: range) -> None:
    """There is nothing to predict, and R² means nothing."""
    y = np.arange(30.0)
    y[list(rows)] = 4.0
    dataset = Dataset("flat", np.zeros((30, 1)), y, (), task="regression")
    split = Split(np.arange(20), np.arange(20, 30))
    with pytest.raises(DataError, match=f"'flat': the target is 4 in all {len(rows)} {part} rows"):
        targets_of(dataset, split, 0, "none", 0)

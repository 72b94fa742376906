"""Early stopping: which epoch is judged, on which rows, and that all methods share them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from conftest import make_rows, make_stack
from networks import mlp
from sklearn.neural_network import MLPClassifier

import regcmp
from regcmp.data.loading import load_dataset
from regcmp.data.preparation.splitting import set_aside, split_rows, validation_count
from regcmp.data.preparation.targets import targets_of
from regcmp.engine.arrays import Floats, Scratch
from regcmp.engine.building import network_of
from regcmp.engine.measuring import Measure
from regcmp.engine.regularizers import REGISTRY, Context
from regcmp.engine.stack import Ingredient, Stack
from regcmp.engine.training import train
from regcmp.plan import make_plan
from regcmp.results import run_row

QUICK = {"hidden": "8", "epochs": 12, "jobs": 1, "seeds": 3}


def judged(losses: list[list[float]], *patience: float) -> list[list[int]]:
    """Of each run, the epoch that is judged after each; the weights are the epoch's number."""
    network = mlp(2, (), 2, "relu")
    column = np.array(patience, float)[:, None, None]
    stop = REGISTRY["earlystop"](column, {}, range(len(patience)), network)
    context = Context(network, column[:, 0], Scratch("float64"))
    chosen = []
    for context.epoch, loss in enumerate(zip(*losses, strict=True), 1):
        context.validation_loss = lambda _, own=loss: np.array(own)  # type: ignore[misc]
        theta = np.full((len(patience), network.n_parameters), float(context.epoch))
        weights = stop.select(theta, context)[:, 0]
        assert context.selected is not None
        assert np.array_equal(weights, context.selected)
        chosen.append(weights.astype(int).tolist())
    return [list(run) for run in zip(*chosen, strict=True)]


def test_the_epoch_of_the_smallest_loss_is_judged_until_patience_is_used_up() -> None:
    """Worked by hand: patience 2 stops before the smaller loss of epoch 5 comes, 3 does not, 0 is off."""
    losses, nan = [3.0, 2.0, 2.5, 2.0, 1.0, 4.0], float("nan")
    assert judged([losses] * 4, 2, 3, 100, 0) == [
        [1, 2, 2, 2, 2, 2],
        [1, 2, 2, 2, 5, 5],
        [1, 2, 2, 2, 5, 5],
        [1, 2, 3, 4, 5, 6],
    ]
    assert judged([[nan, nan, 1.0, nan], [1.0, nan, nan, nan]], 3, 1) == [[1, 2, 3, 3], [1] * 4]


def test_judged_weights_are_those_of_a_training_that_ends_there() -> None:
    """With a constant rate, a training of so many epochs is the beginning of a longer one."""
    stack = make_stack(Ingredient("earlystop", (2.0, 50.0)), seeds=(0, 1), epochs=12)
    stack = with_true_labels(stack)
    for number, run in enumerate(train(stack)):
        assert run.selected is not None and 1 < run.selected < 12
        shorter = replace(stack, settings=replace(stack.settings, epochs=run.selected))
        (_, *_), plain = train(shorter), train(replace(shorter, ingredients=()))[number]
        assert run.theta.tobytes() == plain.theta.tobytes()
        assert run_row("d", "m", 0, run)["epochs"] == run.selected
        losses = []
        for epochs in range(1, 13):
            other = replace(stack, ingredients=(), settings=replace(stack.settings, epochs=epochs))
            losses.append(validation_loss(other, train(other)[number].theta, number))
        if number == 1:
            assert int(np.argmin(losses)) + 1 == run.selected


def with_true_labels(stack: Stack) -> Stack:
    """Validation rows on which training pays at first: the test rows, at a rate that overfits."""
    rows = replace(make_rows(), x_validation=stack.rows.x_test, y_validation=stack.rows.y_test)
    return replace(stack, rows=rows, settings=replace(stack.settings, lr=0.05))


def validation_loss(stack: Stack, theta: Floats, run: int) -> float:
    """Of one run's weights."""
    measure = Measure(network_of(stack.design), stack.rows, stack.splits)
    return float(measure.validation_loss(np.stack([theta] * len(stack.splits)))[run])


def test_a_run_that_diverges_after_it_stopped_keeps_what_was_judged() -> None:
    """Its weights were finite; without early stopping it has none to show."""
    words = {"optimizer": "sgd", "lr": 0.1, "epochs": 24}
    parts = (Ingredient("l2", (900.0,)), Ingredient("earlystop", (1.0,)))
    assert train(make_stack(parts[0], **words))[0].status == "diverged"
    (run,) = train(make_stack(*parts, **words))
    assert np.isfinite(run.theta).all()


def test_validation_rows_are_set_aside_for_every_method_alike() -> None:
    """A method without selection is the one of a comparison that sets the same rows aside."""
    with_stop = regcmp.compare("wine", "none l2 earlystop=2", **QUICK)
    without = regcmp.compare("wine", "none l2", validation_size=0.2, **QUICK)
    plain = regcmp.compare("wine", "none l2", **QUICK)
    kept = with_stop.runs[with_stop.runs["method"] != "earlystop=2"].reset_index(drop=True)
    assert kept.equals(without.runs)
    assert not plain.runs["train_loss"].equals(without.runs["train_loss"])
    assert with_stop.plan["validation_size"] == 0.2
    sizes = [with_stop.plan["data"][name] for name in ("n_train", "n_validation", "n_test")]
    assert sizes == [113, 29, 36]
    assert "113 train, 29 validation and 36 test rows" in with_stop.to_markdown()
    assert plain.plan["validation_size"] is None
    assert plain.plan["data"]["n_validation"] == 0


def test_a_baseline_that_selects_counts_too_and_the_plan_keeps_the_size() -> None:
    """As a share or a count."""
    assert make_plan("wine", "none", baseline="earlystop").protocol.validation_size == 0.2
    plan = make_plan("wine", "none earlystop", validation_size="20")
    assert plan.protocol.validation_size == 20
    assert make_plan(**plan.as_dict()) == plan


def test_validation_rows_are_drawn_from_the_training_rows_by_class() -> None:
    """By a stream of their own: the test rows stay, and no row is in two parts."""
    data = load_dataset("wine")
    whole = split_rows(data, 142, 36, 3)
    part = set_aside(data, whole, 29, 3)
    assert np.array_equal(part.test, whole.test)
    assert np.array_equal(np.sort([*part.train, *part.validation]), whole.train)
    assert abs(np.bincount(data.y[part.validation]) - 29 / 178 * np.bincount(data.y)).max() < 1
    assert not np.array_equal(part.validation, set_aside(data, whole, 29, 4).validation)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"validation_size": 0}, "--validation-size: expected a share of the rows between 0 and 1"),
        ({"validation_size": 141}, "141 rows of 142 training rows leave 1 to train on; validation"),
        ({"validation_size": 1000}, "1000 rows of 142 training rows leave 0 to train on"),
        ({"train_size": 5}, "--validation-size: 1 row of 5 training rows leave 4 to train on"),
    ],
)
def test_a_size_that_leaves_too_few_rows_is_named(words: dict[str, object], message: str) -> None:
    """With what is needed."""
    with pytest.raises(regcmp.UsageError) as caught:
        regcmp.compare("wine", "none earlystop", **QUICK, **words)
    assert message in str(caught.value)


def test_a_class_with_one_training_row_cannot_be_validated() -> None:
    """It is named."""
    data = load_dataset("wine")
    split = split_rows(data, 142, 36, 0)
    rare = np.flatnonzero(data.y[split.train] == 2)[1:]
    split = replace(split, train=np.delete(split.train, rare))
    with pytest.raises(
        regcmp.UsageError, match="class 'class_2' of 'wine' has a single training row"
    ):
        set_aside(data, split, validation_count(data, len(split.train), 0.2), 0)


def test_the_page_says_how_scikit_learn_counts() -> None:
    """It stops when more than n_iter_no_change epochs in a row were no better: one more than patience."""
    x, y = np.random.default_rng(0).normal(size=(40, 3)), np.arange(40) % 2
    peer = MLPClassifier((2,), early_stopping=True, n_iter_no_change=4, tol=10.0, max_iter=50)
    peer.fit(x, y)
    assert peer.n_iter_ == 1 + 5


def test_validation_labels_are_as_wrong_as_training_labels() -> None:
    """They come from the same rows; the flips of training rows are those of the seed alone."""
    data = load_dataset("wine")
    split = set_aside(data, split_rows(data, 142, 36, 0), 29, 0)
    noisy = targets_of(data, split, 0.3, "none", 0)
    for labels, rows in ((noisy.train, split.train), (noisy.validation, split.validation)):
        assert (labels != data.y[rows]).sum() == round(0.3 * len(rows))
    clean = targets_of(data, split, 0.0, "none", 0)
    assert np.array_equal(clean.validation, data.y[split.validation])

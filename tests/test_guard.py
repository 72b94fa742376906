"""Runs that are stopped: why, when, and that their neighbours do not notice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from commands import read_csv, run, strict
from conftest import make_rows, make_stack
from networks import mlp

import regcmp
from regcmp.analysis.summarizing import summarize
from regcmp.analysis.testing import Resampled
from regcmp.engine.architecture import layers_of
from regcmp.engine.arrays import Floats
from regcmp.engine.guard import CHANCE, Guard
from regcmp.engine.measuring import Measure, Record
from regcmp.engine.network import Network
from regcmp.engine.regularizers import REGISTRY, Context, Regularizer
from regcmp.engine.regularizers.feature_maps import MapRegularizer
from regcmp.engine.regularizers.images import Shift
from regcmp.engine.stack import Ingredient, Rows, Stack
from regcmp.engine.taps import Tap
from regcmp.engine.training import Trained, train
from regcmp.errors import UsageError
from regcmp.plan import make_plan
from regcmp.plan.tuning import parse_methods
from regcmp.results import STOPS


def dropping(*rates: float) -> Ingredient:
    """Dropout of hidden units at these rates."""
    return Ingredient("dropout", rates, {"input": (0.0,) * len(rates)})


def same(a: Trained, b: Trained) -> bool:
    """Whether two runs ended alike, to the bit."""
    # As text, since NaN does not equal itself.
    return a.theta.tobytes() == b.theta.tobytes() and repr(replace(a, theta=b.theta)) == repr(b)


def one(stack: Stack, number: int) -> Trained:
    """A run of the stack, trained alone."""
    part = slice(number, number + 1)
    parts = tuple(
        Ingredient(each.name, each.strength[part], {k: v[part] for k, v in each.options.items()})
        for each in stack.ingredients
    )
    return train(replace(stack, ingredients=parts, seeds=stack.seeds[part], splits=(0,)))[0]


ZERO = np.zeros((1, 3))
"""The weights of a run with which nothing is wrong."""

CASES = {
    "diverged": (Ingredient("l2", (0.01, 900.0, 0.02)), {"optimizer": "sgd", "lr": 0.1}),
    "overdropped": (dropping(0.2, 0.99, 0.5), {}),
    "dead": (Ingredient("noise", (0.003, 30.0, 0.005)), {"optimizer": "sgd", "lr": 0.1}),
}


@pytest.mark.parametrize("status", STOPS)
def test_a_stopped_run_leaves_its_neighbours_and_is_the_same_alone(status: str) -> None:
    """Weights, records and the epoch reached, to the bit; the records end where it was stopped."""
    part, words = CASES[status]
    stack = make_stack(part, seeds=(0, 0, 0), epochs=24, **words)
    runs = train(stack)
    assert [each.status for each in runs] == ["ok", status, "ok"]
    assert all(same(one(stack, number), each) for number, each in enumerate(runs))
    stopped = runs[1].stopped
    assert stopped is not None and stopped < 24
    assert [each.epoch for each in runs[0].history][-1] == 24
    assert all(each.epoch <= stopped for each in runs[1].history)


def test_a_stack_ends_when_all_of_its_runs_are_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """After the epoch of the last one."""
    checked: list[int] = []
    check = Guard.check

    def watched(self: Guard, epoch: int, *rest: object) -> None:
        checked.append(epoch)
        check(self, epoch, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Guard, "check", watched)
    runs = train(make_stack(dropping(0.99, 0.98), seeds=(0, 1), epochs=50))
    assert {each.status for each in runs} == {"overdropped"}
    assert checked == list(range(1, max(each.stopped or 50 for each in runs) + 1))


def scored(epoch: int, loss: float, dead: float = 0.0) -> list[Record]:
    """One run's record."""
    return [Record(epoch, {"loss": loss}, {"loss": 1.0}, dead_share=dead)]


@pytest.mark.parametrize(
    ("losses", "expected"),
    [
        ([1, 10, 10, 10], None),
        ([1, 11, 9, 11, 9], None),
        ([1, 11, 11, 1], ("diverged", 2)),
        ([1, 2, 11, 3, 12, 12], ("diverged", 5)),
        ([1, 1, float("nan")], ("diverged", 2)),
        ([1, 1, float("inf"), 1], ("diverged", 2)),
    ],
)
def test_a_loss_must_be_too_high_twice_before_the_end(
    losses: list[float], expected: tuple[str, int] | None
) -> None:
    """More than ten times its start at two records in a row; not finite once."""
    guard = Guard(replace(make_stack().settings, epochs=9), 1)
    history = [scored(0, losses[0])]
    for epoch, loss in enumerate(losses[1:], start=1):
        history.append(scored(epoch, loss))
        guard.check(epoch, ZERO, history, ZERO)
    stop = guard.stops.get(0)
    assert (stop and (stop.status, stop.epoch)) == expected
    assert guard.all_stopped == (expected is not None)


def test_a_loss_that_is_too_high_at_the_end_is_enough_there() -> None:
    """There is no later record to wait for."""
    guard = Guard(replace(make_stack().settings, epochs=1), 1)
    guard.check(1, ZERO, [scored(0, 1), scored(1, 10.1)], ZERO)
    assert guard.stops[0].status == "diverged"


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_weights_that_are_not_finite_stop_a_run_after_any_epoch(bad: float) -> None:
    """Recorded or not."""
    guard = Guard(replace(make_stack().settings, epochs=9), 2)
    theta = np.array([[0.0, 1.0], [0.0, bad]])
    guard.check(3, theta, [scored(0, 1) * 2], theta)
    assert {number: (s.status, s.epoch) for number, s in guard.stops.items()} == {
        1: ("diverged", 3)
    }


def test_the_share_of_dropped_units_is_judged_by_layer_and_beyond_chance() -> None:
    """At half: 1000 units with 500 + 4 standard errors dropped pass, one more does not."""
    margin = int(CHANCE * np.sqrt(0.25 * 1000))
    masks = np.ones((4, 10, 100))
    for number, zeros in enumerate((0, 500 + margin, 501 + margin, 1000)):
        masks[number].reshape(-1)[:zeros] = 0
    guard = Guard(replace(make_stack().settings, max_dropped=0.5), 4)
    guard.count_dropped([None, masks[:, ::-1]], 1)
    guard.count_dropped([np.zeros((4, 10, 100)), None], 1)  # another step of the same epoch
    guard.check(1, np.zeros((4, 1)), [scored(0, 1) * 4], np.zeros((4, 1)))
    assert {number: stop.status for number, stop in guard.stops.items()} == {
        2: "overdropped",
        3: "overdropped",
    }


def test_a_layer_that_is_always_gone_is_too_much_even_where_all_may_be_dropped() -> None:
    """But only once a thousand units were looked at: one small batch may lose all of them."""
    guard = Guard(replace(make_stack().settings, max_dropped=1.0), 1)
    for epoch in range(1, 11):
        assert not guard.stops
        guard.count_dropped([np.zeros((1, 10, 10))], epoch)
        guard.check(epoch, ZERO, [scored(0, 1)], ZERO)
    assert guard.stops[0].epoch == 10


def test_what_is_lost_late_does_not_hide_behind_what_was_kept_early() -> None:
    """And a layer loses what any of its mask and taps drops, together."""
    guard, tap = Guard(replace(make_stack().settings, max_dropped=0.9), 1), Tap()
    for epoch in range(1, 32):
        mask, tap.kept = np.ones((1, 100, 10)), np.ones((1, 100, 10))
        if epoch > 30:
            mask[:, ::2], tap.kept[:, 1::2] = 0, 0
        guard.count_dropped([mask], epoch, [[tap], []])
        guard.check(epoch, ZERO, [scored(0, 1)], ZERO)
    assert {number: (stop.status, stop.epoch) for number, stop in guard.stops.items()} == {
        0: ("overdropped", 31)
    }


def test_a_rate_at_the_bound_is_not_stopped() -> None:
    """dropout=0.95 is what --max-dropped 0.95 allows, over many runs and epochs."""
    runs = train(make_stack(dropping(*[0.95] * 12), seeds=tuple(range(12)), epochs=40))
    assert [each.status for each in runs] == ["ok"] * 12


@pytest.mark.parametrize("name", ["spatialdropout", "dropblock"])
def test_a_rate_at_the_bound_is_not_stopped_where_pixels_are_dropped_together(name: str) -> None:
    """A channel is one draw, not one for each of its pixels; above the bound it is stopped still."""
    x = np.random.default_rng(0).normal(size=(1, 40, 64)).astype(np.float32)
    y = np.arange(40)[None] % 3
    rows = Rows(x, y, x[:, :5], y[:, :5], 3, image=(8, 8, 1))
    part = Ingredient(name, (0.9,) * 8, {"block": (8.0,) * 8} if name == "dropblock" else {})
    words = {"arch": "conv8x3-8", "epochs": 20, "batch_size": 40, "dtype": "float32", "max_dead": 1}
    for bound, expected in ((0.9, "ok"), (0.85, "overdropped")):
        stack = make_stack(part, seeds=tuple(range(8)), max_dropped=bound, **words)
        assert {each.status for each in train(replace(stack, rows=rows))} == {expected}


def test_dead_units_are_counted_on_all_training_rows() -> None:
    """By hand: a unit is dead if its bias keeps it below 0 on every row; the worst layer counts."""
    rows, network = make_rows(n_train=300), mlp(6, (5, 4), 3, "relu")
    theta = np.random.default_rng(0).normal(size=(1, network.n_parameters))
    params = network.params(theta)
    params[0][1][0, 0, :2] = -1e6
    params[2][1][0, 0, :3] = -1e6
    (record,) = Measure(network, rows, [0]).record(0, theta)
    assert record.dead_share == 0.75
    # A single row, in the second chunk of rows, on which it is alive:
    params[2][0][0, 0, 0], params[0][0][0, 0, 0] = 1e9, 1e3
    rows.x_train[0, 290] = 0
    rows.x_train[0, 290, 0] = 1e5
    (record,) = Measure(network, rows, [0]).record(0, theta)
    assert record.dead_share == 0.5
    assert Measure(mlp(6, (5,), 3, "tanh"), rows, [0]).record(0, theta[:, :53])[0].dead_share == 0


@pytest.mark.parametrize(("bright", "share"), [(20.0, 0.25), (1.0, 0.5)])
def test_a_dead_filter_is_dead_at_every_pixel(bright: float, share: float) -> None:
    """By hand: of 4 filters one is alive at a single bright pixel of a single image, and one nowhere."""
    image = (4, 4, 1)
    network = Network(layers_of("conv4x1-gap", (), image, 3, "relu"), image)
    theta = np.ones((1, network.n_parameters))
    weight, bias = network.params(theta)[0]
    bias[0, 0, 2:] = -10
    weight[0, 0, 3] = 0
    x, y = np.ones((1, 300, 16)), np.zeros((1, 300), int)
    x[0, 280, 5] = bright
    rows = Rows(x, y, x[:, :5], y[:, :5], 3, image=image)
    assert Measure(network, rows, [0]).record(0, theta)[0].dead_share == share


def test_a_bound_of_one_lets_dead_units_be() -> None:
    """A share can't exceed it."""
    part, words = CASES["dead"]
    runs = train(make_stack(part, seeds=(0, 0, 0), epochs=24, max_dead=1.0, **words))
    assert [each.status for each in runs] == ["ok"] * 3
    assert runs[1].history[-1].dead_share == 1


@pytest.mark.parametrize(
    ("words", "max_dropped", "message"),
    [
        ("dropout=0.97", 0.95, "from 0 to 0.95, got '0.97'; --max-dropped allows more"),
        ("dropout:input=0.97", 0.95, "from 0 to 0.95, got '0.97'; --max-dropped allows more"),
        ("dropout=1", 1.0, "from 0 to 0.999, got '1'"),
        ("dropout", 0.4, "method 'dropout': dropout is the probability p to drop a hidden unit, f"),
        ("dropout=0.97", 0.98, None),
        ("gaussdropout=0.9 l2=0.9", 0.4, None),
    ],
)
def test_a_rate_is_refused_unless_the_bound_allows_it(
    words: str, max_dropped: float, message: str | None
) -> None:
    """Noise without zeros drops nothing."""
    if message is None:
        assert parse_methods(words.split(), max_dropped)
        return
    with pytest.raises(UsageError) as caught:
        parse_methods(words.split(), max_dropped)
    assert message in str(caught.value)


@pytest.mark.parametrize("name", ["max_dropped", "max_dead"])
@pytest.mark.parametrize("value", [-0.1, 1.5, "nan", "many"])
def test_a_bound_is_a_share(name: str, value: object) -> None:
    """Refused by its flag's name."""
    with pytest.raises(
        UsageError, match=f"--{name.replace('_', '-')}: expected a share of a layer"
    ):
        make_plan("iris", **{name: value})
    plan = make_plan("iris", **{name: "0.6"})
    assert getattr(plan.settings, name) == 0.6
    assert make_plan(**plan.as_dict()) == plan


def test_each_status_is_counted_and_the_gravest_is_the_methods() -> None:
    """A summary of one run of each."""
    runs = regcmp.compare("iris", "none l2=0.003", epochs=1, seeds=4, hidden=4, jobs=1).runs
    for seed, status in enumerate(reversed(STOPS)):
        row = (runs["method"] == "l2=0.003") & (runs["seed"] == seed)
        runs.loc[row, "status"] = status
        runs.loc[row, runs.columns[5:]] = np.nan
    row = summarize(runs, "none", "accuracy", Resampled(0.0)).set_index("method").loc["l2=0.003"]
    assert (row["n"], row["n_failed"], row["status"]) == (1, 3, "diverged")
    assert row["note"].startswith(
        "1 of 4 runs diverged; 1 of 4 runs overdropped; 1 of 4 runs dead; 3 of 4 pairs lost"
    )


@pytest.mark.full
@pytest.mark.parametrize("strictly", [(), ("--strict",)])
def test_stopped_runs_are_warned_of_and_strictly_exit_1(
    strictly: tuple[str, ...], tmp_path: Path
) -> None:
    """The table is printed and the files are written all the same; healthy rows keep their numbers."""
    words = "--dataset iris --epochs 12 --seeds 2 --hidden 12,8 --jobs 1 --max-dropped 0.3".split()
    words += "--optimizer sgd --lr 0.1 --batch-size 32".split()
    files = "-o s.csv -o r.json --runs runs.csv".split()
    # Gradients from inputs that far away throw every unit of a layer below 0.
    healthy = ["none", "l2=0.01", "dropout=0.3:input=0.3", "standout=0.1"]
    # So steep a gate drops every unit whose input is below 0: about half of them.
    methods = [*healthy, "l2=900", "standout=0.3:alpha=100", "noise=30"]
    done = run(["compare", *words, *methods, *files, *strictly], tmp_path)
    assert done.code == (1 if strictly else 0)
    assert "noise=30" in done.out
    assert done.err.splitlines() == [
        "Warning: diverged: l2=900 (2 of 2 runs); try a smaller --lr",
        "Warning: overdropped: standout=0.3:alpha=100 (2 of 2 runs); drop less, or allow it by"
        " --max-dropped",
        "Warning: dead: noise=30 (2 of 2 runs); try a smaller strength or --lr, or --max-dead 1",
    ]
    found = {row["method"]: row for row in read_csv(done.file("s.csv").decode())}
    assert found["noise=30"]["status"] == "dead" != found["none"]["status"]
    assert found["noise=30"]["note"].startswith("2 of 2 runs dead; 2 of 2 pairs lost")
    assert found["none"]["test_mean"] and not found["noise=30"]["test_mean"]
    every = read_csv(done.file("runs.csv").decode())
    alone = run(["compare", *words, *healthy, "--runs", "alone.csv"], tmp_path)
    assert [row for row in every if row["method"] in healthy] == read_csv(
        alone.file("alone.csv").decode()
    )
    by_run = [row for row in every if row["method"] == "noise=30"]
    assert {(row["status"], row["test_loss"]) for row in by_run} == {("dead", "")}
    assert {row["epochs"] for row in by_run} <= {"4", "8"}
    plan = strict(done.file("r.json"))["plan"]
    assert (plan["max_dropped"], plan["max_dead"]) == (0.3, 0.99)


@pytest.mark.full
def test_no_default_is_stopped() -> None:
    """Every regularizer as its bare name has it, in the network and training that are default.

    What is made for images trains for as many steps in a network for them.
    """
    of_images = [
        name for name, each in REGISTRY.items() if issubclass(each, MapRegularizer | Shift)
    ]
    words = [
        "+".join([name, *each.needs]) for name, each in REGISTRY.items() if name not in of_images
    ]
    runs = regcmp.compare("iris", words, seeds=1, jobs=1).runs
    assert len(runs) == 1 + len(words)
    assert set(runs["status"]) == {"ok"}
    small = {"arch": "conv8x3-pool2-8", "train_size": 120, "seeds": 1, "jobs": 1}
    runs = regcmp.compare("digits", of_images, **small).runs
    assert set(runs["method"].str.split("=").str[0]) == {"none", *of_images}
    assert set(runs["status"]) == {"ok"}


class Burst(Regularizer):
    """Weights become infinite in the epoch that its strength names, and stay so."""

    name = "burst"

    def project(self, theta: Floats, context: Context) -> Floats:
        """Here, after the step."""
        theta[context.epoch == self.strength[:, 0, 0]] = np.inf
        return theta


def bursting(*parts: Ingredient, epochs: tuple[float, ...]) -> list[Trained]:
    """A training of 12 epochs, of as many runs of one seed as there are epochs to burst in."""
    burst, seeds = Ingredient("burst", epochs), (0,) * len(epochs)
    stack = make_stack(burst, *parts, seeds=seeds, epochs=12, max_dropped=0.7)
    return train(replace(stack, outside={"burst": Burst}))


@pytest.mark.parametrize(
    ("name", "strength"), [("ema", 0.9), ("swa", 0.9), ("snapshot", 2), ("earlystop", 9)]
)
def test_weights_that_are_lost_stop_a_run_whatever_is_judged(name: str, strength: float) -> None:
    """In the epoch in which it happens, where older weights would still look well; not its neighbour."""
    part = Ingredient(name, (strength,) * 2)
    lost, well = bursting(part, epochs=(8, 0))
    assert (lost.status, lost.stopped, well.status) == ("diverged", 8, "ok")
    assert same(well, bursting(part, epochs=(0, 0))[1])


def test_what_becomes_of_weights_after_patience_is_used_up_does_not_count() -> None:
    """Validation loss rises from epoch 1 on: with patience 2 a run has stopped after epoch 3.

    Weights that are infinite later make a standout drop everything, which does not count either.
    """
    parts = (
        Ingredient("standout", (0.5,) * 3, {"alpha": (1.0,) * 3}),
        Ingredient("earlystop", (2,) * 3),
    )
    lost, late, never = bursting(*parts, epochs=(3, 4, 0))
    assert never.selected == 1
    assert (lost.status, lost.stopped) == ("diverged", 3)
    assert late.status == "ok" and same(late, never)

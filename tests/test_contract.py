"""What every regularizer must keep to, over the whole registry and all pairs: bit for bit."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from itertools import combinations
from typing import Any

import conftest
import numpy as np
import pytest

from regcmp.engine.regularizers import REGISTRY, Regularizer
from regcmp.engine.schedules import STRENGTH_SCHEDULES
from regcmp.engine.stack import Ingredient, Rows, RunSeeds, Stack
from regcmp.engine.training import Trained, train
from regcmp.plan.grammar import why_fixed

ON = {
    "batchnorm": 1.0,
    "layernorm": 1.0,
    "skip": 1.0,
    "droppath": 0.4,
    "shakedrop": 0.4,
    "l1": 0.01,
    "l2": 0.03,
    "elasticnet": 0.03,
    "grouplasso": 0.01,
    "orthogonal": 0.01,
    "spectral": 0.1,
    "activity": 0.01,
    "klsparsity": 0.01,
    "confidence": 0.2,
    "flooding": 1.6,
    "dropout": 0.4,
    "gaussdropout": 0.4,
    "alphadropout": 0.4,
    "standout": 0.4,
    "dropconnect": 0.4,
    "spatialdropout": 0.4,
    "dropblock": 0.4,
    "dropwalk": 0.4,
    "shift": 1.0,
    "noise": 0.4,
    "cutout": 0.4,
    "cutmix": 0.4,
    "mixup": 0.4,
    "smooth": 0.2,
    "weightnoise": 0.1,
    "fgsm": 0.2,
    "sam": 0.1,
    "clip": 0.2,
    "gradnoise": 0.01,
    "l1prox": 0.4,
    "decay": 0.4,
    "maxnorm": 1.0,
    "unitnorm": 1.0,
    "lookahead": 0.4,
    "ema": 0.8,
    "swa": 0.4,
    "earlystop": 1,
    "snapshot": 2,
}
"""A strength of each regularizer at which three epochs show its effect."""

BOUNDS = {"maxnorm", "clip", "flooding"}
"""Regularizers whose default is a bound that three epochs need not reach."""

NAMES = sorted(REGISTRY)
OFF = {name: each.off for name, each in REGISTRY.items() if each.off is not None}
SCHEDULABLE = [name for name, each in REGISTRY.items() if not why_fixed(each)]
HOOKS = ("pace", "transform", "mask", "disconnect", "tap", "evaluate", "perturb")
HOOKS += ("penalize", "project", "select")
PAIRS = [
    (first, second)
    for first, second in combinations(REGISTRY, 2)
    if second not in REGISTRY[first].excludes and first not in REGISTRY[second].excludes
    if first not in REGISTRY[second].needs  # never alone, so there is nothing to compare with
]


OF_IMAGES = {"spatialdropout", "dropblock", "shift"}
CONVOLUTIONS = "conv4x2-pool2-12-12"


def arch_for(*names: str) -> str:
    """A network in which these regularizers have something to act on."""
    return CONVOLUTIONS if OF_IMAGES & {*names} else "mlp"


def make_stack(*ingredients: Ingredient, **settings: Any) -> Stack:
    """A stack of a network in which every one of its regularizers has something to act on."""
    settings = {"arch": arch_for(*(each.name for each in ingredients))} | settings
    return conftest.make_stack(*ingredients, **{"hidden": (12, 12), "lr": 0.03} | settings)


@lru_cache(maxsize=512)
def trained(arch: str = "", **strengths: float) -> Trained:
    """The run of these regularizers, in the registry's order, and of those that they need."""
    needed = {other for name in strengths for other in REGISTRY[name].needs}
    strengths = {other: ON[other] for other in needed} | strengths
    parts = [ingredient(name, strengths[name]) for name in REGISTRY if name in strengths]
    return train(make_stack(*parts, arch=arch or arch_for(*strengths)))[0]


def needed(*names: str) -> dict[str, float]:
    """What these regularizers need, at its test strength."""
    return {other: ON[other] for name in names for other in REGISTRY[name].needs}


def varied(part: Ingredient) -> Ingredient:
    """With another value of each option in every second run, where there is room for one."""
    options = {}
    for key, values in part.options.items():
        number = REGISTRY[part.name].options_are[key]
        other = min(0.5, number.high) if number.default == 0 else number.default / 2
        other = max(number.low, round(other + 0.1) if number.whole else other)
        options[key] = tuple(other if run % 2 else value for run, value in enumerate(values))
    return replace(part, options=options)


def parts_of(name: str, *strengths: float) -> tuple[Ingredient, ...]:
    """One regularizer at one strength per run, after what it needs."""
    others = (ingredient(other, *[ON[other]] * len(strengths)) for other in REGISTRY[name].needs)
    return (*others, ingredient(name, *strengths))


def ingredient(name: str, *strengths: float) -> Ingredient:
    """This regularizer at one strength per run, options at their defaults."""
    options = REGISTRY[name].options_are
    return Ingredient(
        name,
        strengths,
        {key: (number.default,) * len(strengths) for key, number in options.items()},
    )


def same_bits(a: Trained, b: Trained) -> bool:
    """Whether two runs ended with the same weights and have the same records."""
    return a.theta.tobytes() == b.theta.tobytes() and a.history == b.history


def only(stack: Stack, run: int) -> Stack:
    """The stack of one of its runs, with its one split of the rows."""
    rows, split = stack.rows, slice(stack.splits[run], stack.splits[run] + 1)
    return Stack(
        stack.settings,
        tuple(
            Ingredient(
                each.name,
                each.strength[run : run + 1],
                {key: values[run : run + 1] for key, values in each.options.items()},
                each.schedule,
            )
            for each in stack.ingredients
        ),
        stack.seeds[run : run + 1],
        part_of(rows, split),
        (0,),
    )


def part_of(rows: Rows, split: slice) -> Rows:
    """The rows of some splits."""
    kept = {key: each[split] for key, each in vars(rows).items() if isinstance(each, np.ndarray)}
    return replace(rows, **kept)


def test_every_regularizer_has_a_strength_to_be_tested_at() -> None:
    """A new regularizer is added to ON."""
    assert ON.keys() == REGISTRY.keys()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", OFF)
def test_off_is_the_baseline(name: str, dtype: str) -> None:
    """At the strength that is off, training is that of no regularizer at all."""
    others, arch = (ingredient(*each) for each in needed(name).items()), arch_for(name)
    (plain,) = train(make_stack(*others, dtype=dtype, arch=arch))
    (off,) = train(make_stack(*parts_of(name, OFF[name]), dtype=dtype))
    assert same_bits(off, plain)


@pytest.mark.parametrize("name", NAMES)
def test_on_is_finite_and_differs(name: str) -> None:
    """At its test strength, and at its default, a regularizer does something and stays finite."""
    plain = trained(arch_for(name), **needed(name))
    for strength in (ON[name], REGISTRY[name].strength_is.default):
        on = trained(**{name: strength})
        assert np.isfinite(on.theta).all()
        assert on.status == "ok"
        if strength == ON[name] or name not in BOUNDS:
            assert not np.array_equal(on.theta, plain.theta)


@pytest.mark.parametrize("optimizer", ["adam", "nesterov"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", [*NAMES, None], ids=str)
def test_a_run_alone_equals_the_same_run_in_a_stack(
    name: str | None, dtype: str, optimizer: str
) -> None:
    """Whatever its neighbours: other seeds, other splits, other strengths, 'off' among them."""
    seeds, shares = (0, 1, 2, 5, 1), (1, 0.25, 0.75, 0.5)
    own: tuple[Ingredient, ...] = ()
    if name:
        strengths = [OFF.get(name, ON[name]), *(ON[name] * share for share in shares)]
        if REGISTRY[name].shared:
            strengths = [ON[name]] * len(seeds)
        own = parts_of(name, *strengths)
    stack = make_stack(
        *own, seeds=seeds, splits=3, dtype=dtype, optimizer=optimizer, activation="tanh"
    )
    for run, stacked in enumerate(train(stack)):
        (single,) = train(only(stack, run))
        assert same_bits(single, stacked), f"run {run}"


@pytest.mark.parametrize("task", ["weighted", "values", "images"])
@pytest.mark.parametrize("name", [*NAMES, None], ids=str)
def test_the_same_holds_for_values_for_class_weights_and_for_images(
    name: str | None, task: str
) -> None:
    """Alone equals stacked, off is the baseline, on does something; where it is defined for the task."""
    if name and task == "values" and "regression" not in REGISTRY[name].tasks:
        pytest.skip("for classes only")
    strengths = [ON[name], OFF.get(name, ON[name]), ON[name]] if name else []
    if name and REGISTRY[name].shared:
        strengths = [ON[name]] * 3
    own = parts_of(name, *strengths) if name else ()
    own = (*own[:-1], varied(own[-1])) if own else ()
    arch = CONVOLUTIONS if task == "images" else arch_for(name or "")
    words: dict[str, Any] = {"seeds": (0, 1, 1), "splits": 2, "dtype": "float32", "arch": arch}
    words["task"] = "labels" if task == "images" else task
    stack = make_stack(*own, **words)
    runs = train(stack)
    for run, stacked in enumerate(runs):
        (single,) = train(only(stack, run))
        assert same_bits(single, stacked), f"run {run}"
        assert np.isfinite(stacked.theta).all()
    if name in OFF:
        base = (ingredient(each, *[at] * 3) for each, at in needed(name).items())
        plain = train(make_stack(*base, **words))
        # The other value of this option is another strength, which is not off.
        another = REGISTRY[name].shared or "input" in REGISTRY[name].options_are
        assert another or same_bits(runs[1], plain[1])
        assert name in BOUNDS or not np.array_equal(runs[2].theta, plain[2].theta)


@pytest.mark.parametrize("hidden", [(256, 128), (70, 33)], ids=str)
def test_a_run_alone_equals_the_same_run_in_a_stack_at_real_sizes(hidden: tuple[int, ...]) -> None:
    """Where products are blocked, buffers leave the cache and lines of theta are not aligned."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 300, 64)).astype(np.float32), rng.integers(0, 10, (2, 300))
    rows = Rows(x[:, :270], y[:, :270], x[:, 270:], y[:, 270:], 10)
    seeds = tuple(RunSeeds(seed, seed, seed) for seed in range(6))
    small = make_stack(hidden=hidden, batch_size=64, epochs=2, dtype="float32")
    parts = (ingredient("l2", *[0.01] * 6), ingredient("dropout", *[0.5, 0.2] * 3))
    stack = Stack(small.settings, parts, seeds, rows, (0, 1) * 3)
    for run, stacked in enumerate(train(stack)):
        (single,) = train(only(stack, run))
        assert same_bits(single, stacked), f"run {run}"


@pytest.mark.parametrize("name", SCHEDULABLE)
def test_a_schedule_sets_the_strength_of_every_step(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Held at a half it is half the strength, and held at 0 the baseline: nothing keeps the full one."""
    monkeypatch.setitem(STRENGTH_SCHEDULES, "half", lambda _: 0.5)
    monkeypatch.setitem(STRENGTH_SCHEDULES, "zero", lambda _: 0.0)
    *others, on = parts_of(name, ON[name])
    (half,) = train(make_stack(*others, replace(on, schedule="half")))
    assert same_bits(half, trained(**{name: ON[name] / 2}))
    (zero,) = train(make_stack(*others, replace(on, schedule="zero")))
    assert same_bits(zero, trained(arch_for(name), **needed(name)))
    (cosine,) = train(make_stack(*others, replace(on, schedule="cosine")))
    assert np.isfinite(cosine.theta).all()
    assert not np.array_equal(cosine.theta, trained(**{name: ON[name]}).theta)


@pytest.mark.parametrize("name", SCHEDULABLE)
def test_a_strength_that_starts_at_0_is_no_trouble_for_the_second_step(name: str) -> None:
    """Which is the first that it acts in, and here has fewer rows than the third."""
    *others, on = parts_of(name, ON[name])
    (run,) = train(make_stack(*others, replace(on, schedule="ramp"), batch_size=24))
    assert np.isfinite(run.theta).all()


def test_a_scheduled_run_alone_equals_the_same_run_in_a_stack() -> None:
    """With neighbours of other strengths; two schedules in one method."""
    parts = (
        replace(ingredient("l2", 0.03, 0.1, 0.0), schedule="linear"),
        replace(ingredient("dropout", 0.0, 0.5, 0.2), schedule="warmup"),
    )
    stack = make_stack(*parts, seeds=(0, 1, 1), splits=2, dtype="float32")
    for run, stacked in enumerate(train(stack)):
        assert same_bits(train(only(stack, run))[0], stacked)


def test_what_taps_keep_does_not_depend_on_a_neighbours_option() -> None:
    """Fgsm passes twice; the guard counts what standout drops in the pass of the moved rows."""
    gate = Ingredient("standout", (0.6,) * 2, {"alpha": (3.0,) * 2})
    moved = Ingredient("fgsm", (2.0,) * 2, {"clean": (0.0, 0.5)})
    words: dict[str, Any] = {"epochs": 12, "max_dropped": 0.55, "hidden": (50, 50)}
    stack = make_stack(gate, moved, seeds=(0, 1), **words)
    for run, stacked in enumerate(train(stack)):
        (single,) = train(only(stack, run))
        assert (single.status, single.stopped) == (stacked.status, stacked.stopped)
        assert same_bits(single, stacked)


def hooks(name: str) -> set[str]:
    """The hooks that a regularizer overrides."""
    return {
        hook for hook in HOOKS if getattr(REGISTRY[name], hook) is not getattr(Regularizer, hook)
    }


@pytest.mark.parametrize(
    "pair",
    [
        pytest.param(pair, marks=[pytest.mark.always] * bool(hooks(pair[0]) & hooks(pair[1])))
        for pair in PAIRS
    ],
    ids="+".join,
)
def test_a_pair_with_one_part_off_equals_the_other_part(pair: tuple[str, str]) -> None:
    """With both on it is finite and differs from each alone. They train in one stack, if they can.

    Where weights are selected, the last may well be the best, and what they are judged by nothing new.
    """
    first, second = pair
    others = needed(*pair)
    arch = arch_for(*pair)
    alone = [trained(arch, **(others | {name: ON[name]})) for name in pair]
    rows = [
        {first: ON[first], second: OFF.get(second, ON[second])},
        {first: OFF.get(first, ON[first]), second: ON[second]},
        {first: ON[first], second: ON[second]},
    ]
    if any(REGISTRY[name].shared for name in pair):
        runs = [trained(arch, **(others | row)) for row in rows]
    else:
        strengths = {name: [value] * 3 for name, value in others.items()}
        strengths |= {name: [row[name] for row in rows] for name in pair}
        parts = [ingredient(name, *strengths[name]) for name in REGISTRY if name in strengths]
        runs = train(make_stack(*parts, seeds=(0, 0, 0)))
    assert second not in OFF or same_bits(runs[0], alone[0])
    assert first not in OFF or same_bits(runs[1], alone[1])
    both = runs[2]
    assert np.isfinite(both.theta).all()
    for other in alone if not any(REGISTRY[name].selects for name in pair) else ():
        assert both.theta.shape != other.theta.shape or not np.array_equal(both.theta, other.theta)


def test_all_together_stay_finite() -> None:
    """Every regularizer that can stand beside the others, in one method."""
    excluded = {other for each in REGISTRY.values() for other in each.excludes}
    both = trained(**{name: ON[name] for name in REGISTRY if name not in excluded})
    assert np.isfinite(both.theta).all()


@pytest.mark.parametrize("name", [*NAMES, None], ids=str)
def test_training_does_not_write_into_its_rows(name: str | None) -> None:
    """Rows are shared between stacks, and read-only in a worker process."""
    stack = make_stack(*(parts_of(name, ON[name]) if name else ()))
    for array in (stack.rows.x_train, stack.rows.y_train, stack.rows.x_test, stack.rows.y_test):
        array.flags.writeable = False
    train(stack)


def test_streams_do_not_shift_one_another() -> None:
    """With one source held still and another moved, only what belongs to the moved one changes."""
    base = make_stack(ingredient("dropout", 0.4), epochs=1)

    def trained(init: int, order: int, noise: int) -> Trained:
        return train(
            Stack(base.settings, base.ingredients, (RunSeeds(init, order, noise),), base.rows, (0,))
        )[0]

    start = trained(0, 0, 0)
    for moved in ((1, 0, 0), (0, 1, 0), (0, 0, 1)):
        assert not same_bits(trained(*moved), start)
    assert trained(0, 1, 1).history[0] == start.history[0], "epoch 0 knows the init alone"
    assert trained(1, 0, 0).history[0] != start.history[0]


def test_registry_is_complete() -> None:
    """Each has what the help shows: a formula, a source, a docstring, a default within its range."""
    for name, regularizer in REGISTRY.items():
        assert regularizer.name == name
        assert regularizer.__doc__ and regularizer.formula and regularizer.paper
        assert regularizer.elsewhere.keys() == {"scikit-learn", "Keras", "PyTorch"}
        assert len(regularizer.grid) >= (2 if regularizer.changes_network else 3)
        low, high = regularizer.strength_is.low, regularizer.strength_is.high
        assert all(low <= strength <= high for strength in regularizer.grid)
        assert regularizer.excludes.keys() <= REGISTRY.keys()
        for number in (regularizer.strength_is, *regularizer.options_are.values()):
            assert number.low <= number.default <= number.high
            assert number.meaning

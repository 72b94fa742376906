"""The grammar of methods and the words of a plan."""

from __future__ import annotations

from contextlib import suppress
from typing import get_type_hints

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regcmp.engine.regularizers import REGISTRY
from regcmp.errors import UsageError
from regcmp.hints import ELSEWHERE
from regcmp.option import options_of
from regcmp.plan import Plan, make_plan
from regcmp.plan.execution import Execution
from regcmp.plan.grammar import Method
from regcmp.plan.options import SECTIONS
from regcmp.plan.strengths import shortest
from regcmp.plan.tuning import parse_methods


def names(*words: str) -> list[str]:
    """The canonical names of the methods that these words name."""
    return [str(method) for method in parse_methods(words)]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["none"], ["none"]),
        (["l2=1e-4"], ["l2=0.0001"]),
        (["l2=1E-5,3"], ["l2=1e-05", "l2=3"]),
        (["dropout=0.5+l2=1"], ["l2=1+dropout=0.5"]),
        (["l2=1+dropout=0.5:input=0.2"], ["l2=1+dropout=0.5:input=0.2"]),
        (["dropout=0.5:input=0.2+l2=1"], ["l2=1+dropout=0.5:input=0.2"]),
        (["dropout=0.5:input=0"], ["dropout=0.5"]),
        (["l1=1,2+l2=3,4"], ["l1=1+l2=3", "l1=1+l2=4", "l1=2+l2=3", "l1=2+l2=4"]),
        (["dropout=0.5", "l2=1", "none", "l1=1"], ["dropout=0.5", "l2=1", "none", "l1=1"]),
        (["l2=0.1", "l2=1e-1"], ["l2=0.1"]),
        (["l2=-0.0", "l2=0"], ["l2=0"]),
        (
            ["dropout=.5:schedule=cosine:input=.2", "dropout=0.5:schedule=constant"],
            ["dropout=0.5:input=0.2:schedule=cosine", "dropout=0.5"],
        ),
    ],
)
def test_methods_have_one_canonical_name(words: list[str], expected: list[str]) -> None:
    """Lists multiply out; order and spelling do not matter; each method stands once."""
    assert names(*words) == expected


def test_a_bare_name_takes_its_documented_default() -> None:
    """Of every regularizer."""
    for name, regularizer in REGISTRY.items():
        words = [name, *regularizer.needs]
        defaults = [f"{each}={shortest(REGISTRY[each].strength_is.default)}" for each in words]
        assert sorted(names("+".join(words))[0].split("+")) == sorted(defaults)


strengths = st.floats(0, 0.95)


@given(st.lists(st.tuples(strengths, strengths, strengths), min_size=1, max_size=4), st.randoms())
def test_names_read_back_as_the_same_methods(
    numbers: list[tuple[float, float, float]], random: object
) -> None:
    """Whatever the numbers, to the last bit, and in the order of the words."""
    words = [f"dropout={a!r}:input={b!r}+l2={c!r}" for a, b, c in numbers]
    methods = parse_methods(words)
    assert parse_methods([str(method) for method in methods]) == methods
    shuffled = list(methods)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert parse_methods(map(str, shuffled)) == tuple(shuffled)


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("droput", "unknown regularizer 'droput': did you mean 'dropout'?"),
        ("zzz", "unknown regularizer 'zzz': choose one of none, l1, l2, "),
        ("weight_decay=0.01", "unknown regularizer 'weight_decay': did you mean 'l2' or 'decay'?"),
        ("Batch_Norm", "unknown regularizer 'Batch_Norm': did you mean 'batchnorm'?"),
        ("l2:0.1", "method 'l2:0.1': a strength follows '='; write l2=0.1"),
        ("none,l2=1", "method 'none,l2=1': separate methods with spaces: none l2=1"),
        (
            "l2=0,01",
            "expected a number for l2, got '01'; for example l2=0.001; with a decimal point",
        ),
        ("dropout=0,97", "got '97'; with a decimal point it is 0.97"),
        ("l2=abc", "method 'l2=abc': expected a number for l2, got 'abc'; for example l2="),
        ("l2=", "method 'l2=': expected a number for l2, got ''"),
        ("l2=1,,2", "method 'l2=1,,2': expected a number for l2, got ''"),
        ("l2=-1", "the penalty λ on half the sum of the squared weights, from 0 to 1000, got '-1'"),
        ("l2=nan", "got 'nan'"),
        ("l1=inf", "got 'inf'"),
        ("dropout=1", "the probability p to drop a hidden unit, from 0 to 0.95, got '1'"),
        ("dropout=0.97", "from 0 to 0.95, got '0.97'"),
        ("dropout=0.5:input=1.5", "dropout:input is the probability to drop an input feature"),
        (
            "dropout:inptu=0.1",
            "unknown option 'inptu' of 'dropout' in method 'dropout:inptu=0.1': did you mean 'input'?",
        ),
        (
            "l2=1:input=0.1",
            "unknown option 'input' of 'l2' in method 'l2=1:input=0.1': choose one of schedule",
        ),
        ("l2=1+l2=2", "'l2' appears twice; give its strengths as a list, l2=A,B"),
        ("dropout:input=0.1:input=0.2", "dropout:input appears twice"),
        ("l2=1_0", "expected a number for l2, got '1_0'"),
        ("none+l2", "'none' is the method without any part; leave it out"),
        ("none=1", "'none' is the method without any part; leave it out"),
        ("", "method '': expected NAME"),
        ("+", "method '+': expected NAME"),
        ("=1", "method '=1': expected NAME"),
    ],
)
def test_a_word_that_cannot_be_meant_is_named(word: str, message: str) -> None:
    """With what was given, what was expected and a way out."""
    with pytest.raises(UsageError) as caught:
        parse_methods([word])
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_number_that_stands_alone_is_said_to_belong_to_the_word_before() -> None:
    """As for a strength behind a blank."""
    with pytest.raises(UsageError, match=r"'0.5' is a number alone; write dropout=0.5"):
        parse_methods(["dropout", "0.5"])


def test_names_from_elsewhere_lead_to_regularizers() -> None:
    """Each to some that are there, and none is one itself."""
    for name, meant in ELSEWHERE.items():
        assert set(meant.split("' or '")) <= set(REGISTRY) and name not in REGISTRY


@given(st.text())
def test_any_text_is_a_method_or_a_usage_error(text: str) -> None:
    """And nothing else."""
    with suppress(UsageError):
        parse_methods([text])


@pytest.mark.parametrize("section", [Plan, *SECTIONS.values(), Execution])
def test_a_default_is_of_the_type_that_is_declared(section: type) -> None:
    """As are those of methods, which words stand for elsewhere."""
    hints = get_type_hints(section)
    for name, each in options_of(section).items():
        if each.kind in ("method", "methods"):
            methods = each.default if isinstance(each.default, tuple) else (each.default,)
            assert methods and all(isinstance(method, Method) for method in methods)
        elif each.kind != "source":  # it has to be given
            msgspec.convert(each.default, hints[name], strict=True)


def test_the_baseline_stands_first_and_is_added_where_it_is_missing() -> None:
    """Whatever it is; the others stand as they were typed."""
    plan = make_plan("digits", ["l2=1", "l1=1"])
    assert [str(method) for method in plan.methods] == ["none", "l2=1", "l1=1"]
    plan = make_plan("digits", ["none", "l1=1"], baseline="dropout=0.2")
    assert [str(method) for method in plan.methods] == ["dropout=0.2", "none", "l1=1"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"seeds": 0}, "--seeds: expected a whole number from 1 to 100000, got '0'"),
        ({"seeds": "many"}, "--seeds: expected a whole number from 1 to 100000, got 'many'"),
        ({"seed": -1}, "--seed: expected a whole number from 0 to"),
        ({"epochs": 2.5}, "--epochs: expected a whole number from 1 to 1000000000, got '2.5'"),
        (
            {"batch_size": 0},
            "--batch-size: expected a whole number from 1 to 1000000000000, got '0'",
        ),
        ({"hidden": "64,x"}, "--hidden: expected the widths of the hidden layers"),
        ({"hidden": [64, 0]}, "separated by commas, as in 128,64; got '64,0'"),
        ({"lr": 0}, "--lr: expected a learning rate above 0, got '0'"),
        ({"lr": "0,01"}, "above 0, got '0,01'; with a decimal point it is 0.01"),
        ({"lr": "inf"}, "--lr: expected a learning rate above 0, got 'inf'"),
        ({"activation": "rleu"}, "unknown activation 'rleu': did you mean 'relu'?"),
        ({"metric": "f1"}, "unknown metric 'f1': choose one of auto, accuracy, balanced_accuracy"),
        (
            {"vary": "splits"},
            "unknown source of variation 'splits' in --vary: did you mean 'split'?",
        ),
        ({"vary": []}, "--vary: expected at least one of split, init, order"),
        ({"test_size": 0}, "--test-size: expected a share of the rows between 0 and 1, or a count"),
        ({"test_size": 1.5}, "got '1.5'"),
        ({"train_size": "nan"}, "--train-size: expected a share"),
        ({"baseline": "l1=1,2"}, "--baseline: expected one method, got 2 in 'l1=1,2'"),
        ({"baseline": ""}, "--baseline: method '': expected NAME"),
        ({"baseline": None}, "--baseline: unknown regularizer"),
        ({"seed": 2**63 - 1, "seeds": 2}, "--seeds: expected a whole number from 1 to 1, got '2'"),
        ({"seeds": "1_0"}, "got '1_0'"),
        ({"seeds": "\u0663"}, "--seeds: expected a whole number"),
        ({"hidden": None}, "--hidden: expected the widths"),
        ({"hidden": 8.0}, "--hidden: expected the widths"),
        ({"test_size": None}, "--test-size: expected a share"),
        ({"train_size": [1]}, "--train-size: expected a share"),
        ({"train_size": "1e300"}, "--train-size: expected a share"),
        ({"vary": None}, "--vary: expected at least one of"),
        ({"vary": [1]}, "--vary: expected words such as 'split', got 1"),
        ({"drop": 3}, "--drop: expected names of columns, got 3"),
        ({"use": [3]}, "--use: expected names of columns, got 3"),
        ({"sample": 0}, "--sample: expected a whole number of at least 1, got '0'"),
        ({"image": 28}, "--image: expected height x width, and x channels if there are several"),
        ({"plugins": 3}, "--plugin: expected files such as 'own.py', got 3"),
        ({"methods": [3]}, "methods: expected words such as 'l2=1e-4', got 3"),
        ({"methods": 3}, "methods: expected words such as 'l2=1e-4', got 3"),
        ({"epoch": 3}, "unknown option 'epoch': did you mean 'epochs'?"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_named(words: dict[str, object], message: str) -> None:
    """By its flag, with what was given and what is expected."""
    with pytest.raises(UsageError) as caught:
        make_plan("digits", **words)
    assert message in str(caught.value)


def test_numbers_of_numpy_are_numbers() -> None:
    """In the plan they are Python's, which JSON knows."""
    words = {"seeds": np.int64(3), "hidden": np.int64(8), "lr": np.float32(0.5)}
    plan = make_plan("iris", np.array(["none", "l1"]), test_size=np.float64(0.25), **words)
    assert (
        plan.protocol.seeds,
        plan.settings.hidden,
        plan.settings.lr,
        plan.protocol.test_size,
    ) == (3, (8,), 0.5, 0.25)
    assert {
        type(plan.protocol.seeds),
        type(plan.settings.hidden[0]),
        type(plan.settings.lr),
        type(plan.protocol.test_size),
    } == {
        int,
        float,
    }
    with pytest.raises(
        UsageError, match="--dataset: expected a name or a file, got a value of type 'int'"
    ):
        make_plan(5)  # type: ignore[arg-type]


def test_a_plan_makes_itself_again_from_its_words() -> None:
    """The plan in an export is enough to reproduce it."""
    plan = make_plan(
        "wine",
        "l2=1e-3,1e-2 dropout=0.5:input=0.2",
        baseline="l1=1e-3",
        vary="init",
        hidden="7,5",
        optimizer="nesterov",
        train_size=60,
        metric="log_loss",
        seed=3,
    )
    assert make_plan(**plan.as_dict()) == plan
    assert plan.settings.lr == 0.01, "the optimizer's own default"


@pytest.mark.parametrize(
    ("word", "message"),
    [
        (
            "l2=1:schedule=cosin",
            "unknown schedule 'cosin' in method 'l2=1:schedule=cosin': did you",
        ),
        ("l2=1:schedule", "unknown schedule '' in method 'l2=1:schedule': choose one of constant,"),
        (
            "l2=1:schedul=cosine",
            "unknown option 'schedul' of 'l2' in method 'l2=1:schedul=cosine': did you",
        ),
        ("l2=1:schedule=cosine:schedule=linear", "l2:schedule appears twice"),
        ("clip=1:schedule=linear", "'clip' can't follow a schedule: a schedule reaches 0,"),
        (
            "ema:schedule=linear",
            "'ema' can't follow a schedule: it says which weights are evaluated;",
        ),
        (
            "earlystop+standout=0.2,0.5:schedule=linear",
            "'standout' can't follow a schedule beside 'earlystop': the evaluated weights come from"
            " an earlier epoch, trained with another strength; leave :schedule=linear out",
        ),
        (
            "standout:schedule=warmup+snapshot",
            "'standout' can't follow a schedule beside 'snapshot'",
        ),
    ],
)
def test_a_schedule_that_cannot_be_meant_is_named(word: str, message: str) -> None:
    """With a way out."""
    with pytest.raises(UsageError) as caught:
        parse_methods([word])
    assert message in str(caught.value)


def test_a_schedule_beside_older_weights_is_allowed_where_it_does_not_act_on_what_is_judged() -> (
    None
):
    """Dropout is off when a network is judged; standout is not, but averages are of now."""
    for word in ("dropout:schedule=linear+earlystop", "standout+earlystop=3"):
        assert parse_methods([word])
    assert parse_methods(["standout:schedule=linear+ema", "standout:schedule=constant+snapshot"])


def test_methods_of_other_schedules_are_of_another_kind() -> None:
    """They do not share a stack."""
    kinds = {method.kind for method in parse_methods(["l2=1,2", "l2=1,2:schedule=cosine"])}
    assert kinds == {(("l2", "constant"),), (("l2", "cosine"),)}

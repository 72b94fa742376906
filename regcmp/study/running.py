"""A study carried out: one comparison after another, each as its single command would give it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from regcmp.analysis.studies import ROPE, Part, Study
from regcmp.api import Watch, run
from regcmp.data.opening import check_source
from regcmp.errors import RegcmpError, UsageError
from regcmp.plan import Plan, make_plan
from regcmp.plan.execution import EXECUTION, Execution, make_execution
from regcmp.runs.pace import Pace, Paces, pace_of
from regcmp.runs.tuning import planned_networks
from regcmp.study.varying import conditions, label, option_words, varied


@dataclass(frozen=True)
class Planned:
    """A condition and its plan."""

    words: Mapping[str, str]
    plan: Plan


def plan_study(over: Sequence[Mapping[str, str]], **words: Any) -> list[Planned]:
    """The plan of each condition. Raises UsageError, naming the condition, where one is invalid."""
    planned = []
    for each in over:
        try:
            plan = make_plan(**(words | option_words(each)))
            check_source(plan.dataset, plan.reading)
            planned.append(Planned(each, plan))
        except UsageError as error:
            raise type(error)(f"{label(each)}: {error}", *error.options) from None
    return planned


def paces_of(planned: Sequence[Planned]) -> Paces:
    """How far a study is: one pace for each condition."""
    return Paces(
        [pace_of(planned_networks(each.plan), each.plan.settings.epochs) for each in planned]
    )


def run_study(
    planned: Sequence[Planned],
    execution: Execution | None = None,
    watch: Callable[[Planned, Pace], Watch] | None = None,
    paces: Paces | None = None,
    rope: float = ROPE,
) -> Study:
    """Carry out each condition. One that fails is a part of the study with its error."""
    paces = paces or paces_of(planned)
    parts = []
    for index, each in enumerate(planned):
        pace = paces.begin(index)
        told = Watch(pace=pace) if watch is None else replace(watch(each, pace), pace=pace)
        try:
            parts.append(Part(each.words, run(each.plan, execution, told)))
        except RegcmpError as error:
            parts.append(Part(each.words, error=str(error)))
    keys = tuple(planned[0].words) if planned else ()
    return Study(keys, parts, rope)


def compare_over(
    over: Mapping[str, Sequence[Any]],
    dataset: str = "",
    methods: Any = None,
    *,
    rope: float = ROPE,
    **options: Any,
) -> Study:
    """Compare methods under every combination of values, each as ``regcmp.compare`` would.

    Args:
        over: the values of each option that varies, by its name, such as
            ``{"train_size": [60, 120], "dataset": ["digits", "wine"]}``.
        dataset: as for ``compare``, unless it varies.
        methods: as for ``compare``.
        rope: up to which difference two methods are as good as equal, over datasets.
        options: those of ``compare``.

    Returns:
        The study: ``parts`` has a report or an error for each condition, ``frame("summary")`` a row for
        each condition and method, and ``closings`` what several datasets show together.

    Raises:
        UsageError: an option or a value is invalid; nothing is trained then.
    """
    machine = {name: options.pop(name) for name in EXECUTION if name in options}
    options |= {"dataset": dataset, "methods": methods}
    combined = conditions([varied(name, values) for name, values in over.items()])
    return run_study(plan_study(combined, **options), make_execution(**machine), rope=rope)

"""Runs of one kind of method, put into stacks that train together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from regcmp.engine.regularizers import OWN, REGISTRY, Regularizer
from regcmp.engine.regularizers.stopping import StopAt
from regcmp.engine.settings import Settings
from regcmp.engine.stack import Ingredient, Keep, Stack
from regcmp.engine.training import runs_per_stack
from regcmp.plan.grammar import Kind, Method
from regcmp.plan.nuisances import Setting
from regcmp.runs.condition import Condition, Run


def stacked_runs(condition: Condition, runs: Sequence[Run]) -> Iterator[list[Run]]:
    """The runs in groups of one kind of method, of even size. No result depends on the groups."""
    kinds: dict[Any, list[Run]] = {}
    for run in runs:
        kinds.setdefault(kind_of(run), []).append(run)
    # The heaviest kinds first, so that no worker ends up alone with one.
    for kind in sorted(kinds, key=lambda each: len(each[0]), reverse=True):
        settings = settings_of(condition, kinds[kind])
        most = runs_per_stack(settings, condition.shape, condition.n_outputs)
        for part in _by_splits(condition, kinds[kind]):
            groups = np.array_split(np.arange(len(part)), -(-len(part) // most))
            for group in groups:
                yield [part[i] for i in group]


def kind_of(run: Run) -> tuple[Kind, Setting, bool]:
    """What the runs of a stack have in common."""
    return run.method.kind, run.setting, run.until is not None


def settings_of(condition: Condition, runs: Sequence[Run]) -> Settings:
    """The settings of runs of one kind."""
    return replace(condition.plan.settings, **dict(runs[0].setting))


def _by_splits(condition: Condition, runs: list[Run]) -> Iterator[list[Run]]:
    """The runs seed by seed, in parts of no more splits than a stack may have, which are of one size."""
    of_size: dict[tuple[int, ...], set[int]] = {}
    for run in runs:
        of_size.setdefault(condition.sizes_of(run.seed), set()).add(run.seed)
    for seeds in of_size.values():
        n_splits = len({condition.plan.seed_of("split", seed) for seed in seeds})
        for part in np.array_split(sorted(seeds), -(-n_splits // condition.most_splits)):
            wanted = set(part.tolist())
            yield sorted((run for run in runs if run.seed in wanted), key=lambda run: run.seed)


def stack_of(condition: Condition, runs: Sequence[Run], keep: Keep = Keep()) -> Stack:
    """What the engine is asked to train for these runs of one kind."""
    splits = [condition.plan.seed_of("split", run.seed) for run in runs]
    drawn = sorted(set(splits))
    parts = ingredients(runs, condition.classes)
    return Stack(
        settings=settings_of(condition, runs),
        ingredients=parts,
        seeds=tuple(map(condition.seeds_of, runs)),
        rows=condition.rows(drawn),
        splits=tuple(map(drawn.index, splits)),
        outside=from_outside(parts, condition.classes),
        metric=condition.plan.protocol.metric,
        keep=keep,
    )


def ingredients(
    runs: Sequence[Run], classes: Mapping[str, type[Regularizer]]
) -> tuple[Ingredient, ...]:
    """The regularizers that these runs share in kind, with the strengths of each run."""
    found = ingredients_of([run.method for run in runs])
    return (
        found
        if runs[0].until is None
        else tuple(_stopped(runs) if classes[each.name].selects else each for each in found)
    )


def _stopped(runs: Sequence[Run]) -> Ingredient:
    """In the place of what chooses the epochs: of these runs, they were chosen before."""
    return Ingredient(StopAt.name, tuple(float(run.until or 0) for run in runs))


def ingredients_of(methods: Iterable[Method]) -> tuple[Ingredient, ...]:
    """The regularizers of methods of one kind, with the strengths of each."""
    parts_of_runs = zip(*(each.parts for each in methods), strict=True)
    return tuple(
        Ingredient(
            parts[0].name,
            tuple(part.strength for part in parts),
            {key: tuple(dict(part.options)[key] for part in parts) for key, _ in parts[0].options},
            parts[0].schedule,
        )
        for parts in parts_of_runs
    )


def from_outside(
    parts: Iterable[Ingredient], classes: Mapping[str, type[Regularizer]] = REGISTRY
) -> dict[str, type[Regularizer]]:
    """The classes among these that are not regcmp's own, which a worker process must be sent."""
    return {each.name: classes[each.name] for each in parts if each.name not in OWN}

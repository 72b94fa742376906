"""The map of data with two features: what the first seed's networks predict over both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from threadpoolctl import threadpool_limits

from regcmp.data.preparation.grid import Grid, grid_of, has_map
from regcmp.engine.training import Trained
from regcmp.runs.condition import Condition, Run
from regcmp.runs.tuning import Place


def is_mapped(condition: Condition) -> bool:
    """Whether a map belongs to the outcome."""
    return has_map(condition.dataset, condition.plan.protocol.noise_features)


def is_on_map(condition: Condition, run: Run) -> bool:
    """Whether the map shows this run's network."""
    return run.seed == condition.plan.protocol.seed and is_mapped(condition)


def with_map(condition: Condition, run: Run, trained: Trained) -> Trained:
    """The run without its network, but with what that predicts over both features, if the map shows it."""
    if trained.model is None or not is_on_map(condition, run):
        return replace(trained, model=None)
    x = condition.prepared(_split(condition)).preparation.transform(_grid(condition).places)
    with threadpool_limits(1):  # more threads may round otherwise
        return replace(trained, on_map=trained.model.predict(x), model=None)


def drawn_map(condition: Condition, finished: Mapping[Place, Trained]) -> dict[str, Any] | None:
    """The map of these runs, as ``results.Report`` has it; None where the data have none."""
    if not is_mapped(condition):
        return None
    first = condition.plan.protocol.seed
    predicted = {name: run.on_map for (name, seed), run in finished.items() if seed == first}
    return _grid(condition).drawn(predicted)


def _grid(condition: Condition) -> Grid:
    split = _split(condition)
    return grid_of(
        condition.dataset,
        condition.splits[split],
        condition.targets[split],
        condition.plan.protocol.seed,
    )


def _split(condition: Condition) -> int:
    """The seed of the split that the first seed's networks learn from."""
    return condition.plan.seed_of("split", condition.plan.protocol.seed)

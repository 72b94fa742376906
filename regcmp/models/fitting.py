"""From a plan of one method and a dataset to a model that is trained on all rows."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import numpy as np

from regcmp.data.columns import Column
from regcmp.data.dataset import Dataset, Rows
from regcmp.data.preparation.frozen import Frozen, frozen
from regcmp.data.sources.bundled import BUNDLED, read_bundled
from regcmp.engine.training import Trained
from regcmp.environment import environment
from regcmp.errors import RegcmpError
from regcmp.metrics import scores_of
from regcmp.models.fit_words import fitted_method
from regcmp.models.fitted import CHUNK, Facts, Fitted, FittedModel, fitted_model
from regcmp.plan import Plan
from regcmp.runs.condition import Condition, Run
from regcmp.runs.experiment import Training, Workers
from regcmp.runs.keeping import Keeper
from regcmp.runs.pace import Pace


def fit_model(
    plan: Plan,
    dataset: Dataset,
    jobs: int,
    pace: Pace | None = None,
    warn: Callable[[str], None] = lambda _: None,
) -> FittedModel:
    """Train the plan's one method under each of its seeds, on all rows but given test rows.

    Raises RegcmpError, naming the seed, where a network came to nothing.
    """
    condition = Condition(plan, dataset, whole=True)
    runs = [Run(fitted_method(plan), seed) for seed in plan.run_seeds]
    with ExitStack() as stack:
        training = Training(Workers(jobs, warn, stack), pace or Pace(), Keeper(None, warn))
        training.train(condition, runs, keep_models=True)
    trained = {run.seed: outcome for run, outcome in training.finished.items()}
    preparations: dict[int, Frozen] = {}
    networks = [_fitted(condition, seed, trained[seed], preparations) for seed in plan.run_seeds]
    facts = _facts(condition)
    scores = _scores(fitted_model(facts, networks), condition)
    return fitted_model(replace(facts, scores=scores), networks)


def _fitted(
    condition: Condition, seed: int, run: Trained, preparations: dict[int, Frozen]
) -> Fitted:
    """The network of a seed; where no rows are set aside, all seeds share their training rows."""
    if run.model is None:
        raise RegcmpError(
            f"training under seed {seed} was stopped after epoch {run.stopped} ({run.status}); take a"
            " smaller --lr or strength"
        )
    drawn = condition.plan.seed_of("split", seed)
    if drawn not in preparations:
        rows = condition.dataset.take(condition.splits[drawn].train)
        preparations[drawn] = frozen(condition.prepared(drawn).preparation, condition.dataset, rows)
    targets = condition.targets[drawn]
    return Fitted(seed, preparations[drawn], targets.mean, targets.scale, run.model)


def _facts(condition: Condition) -> Facts:
    dataset, plan = condition.dataset, condition.plan
    columns = columns_of(dataset)
    split = next(iter(condition.splits.values()))
    return Facts(
        plan=plan.as_dict() | {"data": dataset.describe()},
        environment=environment(),
        dataset=dataset.name,
        task=dataset.task,
        target=dataset.target or "target",
        method=str(plan.methods[0]),
        classes=dataset.classes,
        columns=columns,
        others=tuple(each.name for each in dataset.columns if not each.used),
        image=condition.image,
        mixed=dataset.mixed is not None,
        rows={
            "train": len(split.train),
            "validation": len(split.validation),
            "test": dataset.given_test,
        },
    )


def columns_of(dataset: Dataset) -> tuple[Column, ...]:
    """The columns that are learned from; those of a bundled dataset by scikit-learn's names."""
    used = tuple(each for each in dataset.columns if each.used)
    if used:
        return used
    names: Any = dataset.names
    if dataset.name in BUNDLED:
        names = read_bundled(dataset.name).frame.columns[:-1]
    return tuple(Column(str(name), "number", 0) for name in names)


def _scores(model: FittedModel, condition: Condition) -> dict[str, dict[str, float]]:
    """How the model scored on the rows of the first seed; of an ensemble, validation rows train, too."""
    split = next(iter(condition.splits.values()))
    sides = {"train": split.train}
    if len(model.networks) == 1 and len(split.validation):
        sides["validation"] = split.validation
    if len(model.networks) > 1:
        sides["train"] = np.sort(np.concatenate([split.train, split.validation]))
    if condition.dataset.given_test:
        sides["test"] = split.test
    return {side: _scored(model, condition.dataset, rows) for side, rows in sides.items()}


def _scored(model: FittedModel, dataset: Dataset, rows: Rows) -> dict[str, float]:
    parts = [rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK)]
    outputs = np.concatenate([model.raw_outputs(dataset.take(part)) for part in parts])
    weights = None if dataset.weights is None else dataset.weights[rows]
    return dict(scores_of(replace(model.outcomes(outputs, dataset.y[rows]), weights=weights)))

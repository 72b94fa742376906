"""An experiment: which runs there are, trained in stacks, and collected."""

from __future__ import annotations

from collections.abc import Callable

from regcmp.data.dataset import Dataset
from regcmp.data.preparation import copies
from regcmp.data.preparation.splitting import split_rows, split_sizes
from regcmp.engine.training import Trained
from regcmp.errors import RegcmpError
from regcmp.plan import Plan
from regcmp.runs.collecting import Outcome, collect, is_mapped
from regcmp.runs.condition import Condition, Run
from regcmp.runs.executing import executor_for, train_all
from regcmp.runs.stacking import stack_of, stacked_runs

Progress = Callable[[int], None]


def run_experiment(
    plan: Plan,
    dataset: Dataset,
    jobs: int,
    progress: Progress,
    warn: Callable[[str], None] = lambda _: None,
) -> Outcome:
    """Train every method under every seed; ``progress`` is told of each number of runs done.

    ``warn`` is told where no worker process can be started. Raises DataError or UsageError before any
    training where a split can't be drawn, and PluginError where code from outside fails.
    """
    condition = Condition(plan, dataset)
    runs = planned_runs(plan)
    groups = list(stacked_runs(condition, runs))
    mapped = {run for run in runs if is_mapped(condition) and run.seed == plan.protocol.seed}
    stacks = (stack_of(condition, each, not mapped.isdisjoint(each)) for each in groups)
    finished: dict[Run, Trained] = {}
    seconds = {str(method): 0.0 for method in plan.methods}
    with executor_for(min(jobs, len(groups)), warn) as (executor, ahead):
        for index, outcomes, taken in train_all(stacks, executor, ahead):
            for run, trained in zip(groups[index], outcomes, strict=True):
                finished[run] = trained
                seconds[str(run.method)] += taken / len(outcomes)
            progress(len(outcomes))
    return collect(condition, runs, finished, seconds)


def planned_runs(plan: Plan) -> list[Run]:
    """Every run of a plan, method by method."""
    return [Run(method, seed) for method in plan.methods for seed in plan.run_seeds]


def warnings_of_copies(plan: Plan, dataset: Dataset) -> list[str]:
    """What to say before training of test rows that are copies of training rows, under the first seed."""
    if dataset.given_test:
        return copies.warnings_of_given(dataset)
    if not copies.repeated_rows(dataset):
        return []
    protocol = plan.protocol
    try:
        sizes = split_sizes(dataset, protocol.test_size, protocol.train_size)
        split = split_rows(dataset, *sizes, plan.seed_of("split", protocol.seed))
    except RegcmpError:  # it is said where all splits are drawn
        return []
    return copies.warnings_of_drawn(dataset, split, protocol.seed)

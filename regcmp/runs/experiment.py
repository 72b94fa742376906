"""An experiment: which runs there are, trained in stacks, and collected."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field

from regcmp.data.dataset import Dataset
from regcmp.data.preparation import copies
from regcmp.data.preparation.splitting import split_rows, split_sizes
from regcmp.engine.training import Trained
from regcmp.errors import RegcmpError
from regcmp.plan import Plan
from regcmp.plan.grammar import Method
from regcmp.runs.collecting import Outcome, collect, is_mapped
from regcmp.runs.condition import Condition, Run
from regcmp.runs.executing import executor_for, train_all
from regcmp.runs.stacking import stack_of, stacked_runs
from regcmp.runs.tuning import Place, Search, planned_networks

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
    if plan.is_tuned:
        return _tuned(Search(plan, dataset), jobs, progress, warn)
    condition = Condition(plan, dataset)
    runs = planned_runs(plan)
    with executor_for(_most(jobs, condition, runs.values()), warn) as (executor, ahead):
        trained = Training(executor, ahead, progress)
        trained.train(condition, runs.values())
    outcomes = {place: trained.finished[run] for place, run in runs.items()}
    return collect(condition, outcomes, trained.seconds({p: [run] for p, run in runs.items()}))


def _tuned(search: Search, jobs: int, progress: Progress, warn: Callable[[str], None]) -> Outcome:
    """Train the candidates, and then what the best of them are judged by."""
    jobs = _most(
        jobs, search.condition, search.runs or [runs[0] for runs in search.candidates.values()]
    )
    with executor_for(jobs, warn) as (executor, ahead):
        first = Training(executor, ahead, progress)
        first.train(search.condition, search.runs)
        ranked = search.ranked(first.finished)
        best = {place: runs[0] for place, runs in ranked.items()}
        lasts = {place: search.last(run, first.finished) for place, run in best.items()}
        progress(sum(run is None for run in lasts.values()) if search.plan.protocol.refit else 0)
        second = Training(executor, ahead, progress)
        second.train(search.final, [run for run in lasts.values() if run is not None])
    outcomes = {
        place: first.finished[best[place]] if run is None else second.finished[run]
        for place, run in lasts.items()
    }
    searched = first.seconds(search.candidates)
    final = second.seconds({p: [run] for p, run in lasts.items() if run is not None})
    seconds = {name: taken + final.get(name, 0.0) for name, taken in searched.items()}
    tried = search.tried(ranked, first.finished)
    return collect(search.final, outcomes, seconds, tried, search.condition.n_validation)


def seconds_by_sample(plan: Plan, dataset: Dataset) -> float:
    """Seconds of one core for all networks of a plan, as measured on the first stack of them."""
    search = Search(plan, dataset) if plan.is_tuned else None
    condition = search.condition if search else Condition(plan, dataset)
    runs = (search.runs if search else None) or list(planned_runs(plan).values())
    first = next(iter(stacked_runs(condition, runs)))
    with executor_for(1, lambda _: None) as (executor, ahead):
        sample = Training(executor, ahead, lambda _: None)
        sample.train(condition, first)
    epochs = sum(
        number * dict(setting).get("epochs", plan.settings.epochs)
        for (_, setting), number in planned_networks(plan).items()
    )
    trained = len(first) * dict(first[0].setting).get("epochs", plan.settings.epochs)
    return float(sum(sample.taken.values()) / trained * epochs)


@dataclass
class Training:
    """Runs as they finish."""

    executor: Executor
    ahead: int
    """How many stacks are handed out at a time."""
    progress: Progress
    finished: dict[Run, Trained] = field(default_factory=dict)
    taken: dict[Run, float] = field(default_factory=dict)
    """Seconds; a stack's are shared evenly."""

    def train(self, condition: Condition, runs: Collection[Run]) -> None:
        """Train each of these runs once."""
        different = list(dict.fromkeys(runs))
        self.progress(len(runs) - len(different))
        groups = list(stacked_runs(condition, different))
        seed = condition.plan.protocol.seed
        mapped = (
            {run for group in groups for run in group if run.seed == seed}
            if is_mapped(condition)
            else set()
        )
        stacks = (stack_of(condition, each, not mapped.isdisjoint(each)) for each in groups)
        for index, outcomes, seconds in train_all(stacks, self.executor, self.ahead):
            for run, trained in zip(groups[index], outcomes, strict=True):
                self.finished[run] = trained
                self.taken[run] = seconds / len(outcomes)
            self.progress(len(outcomes))

    def seconds(self, places: Mapping[Place, Sequence[Run]]) -> dict[str, float]:
        """Training time by row, of all runs that its places rest on."""
        seconds: dict[str, float] = {}
        for (name, _), runs in places.items():
            taken = sum(self.taken.get(run, 0.0) for run in runs)
            seconds[name] = seconds.get(name, 0.0) + taken
        return seconds


def planned_runs(plan: Plan) -> dict[Place, Run]:
    """Every run of a plan in which nothing is tuned, method by method."""
    return {
        (str(method), seed): Run(method, seed)
        for method in plan.methods
        if isinstance(method, Method)
        for seed in plan.run_seeds
    }


def _most(jobs: int, condition: Condition, runs: Iterable[Run]) -> int:
    """How many workers have a stack to train."""
    return min(jobs, len(list(stacked_runs(condition, list(dict.fromkeys(runs))))))


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

"""An experiment: which runs there are, trained in stacks, and collected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from statistics import mean

from regcmp.data.dataset import Dataset
from regcmp.data.preparation import copies
from regcmp.data.preparation.splitting import split_rows, split_sizes
from regcmp.engine.regularizers import OWN, REGISTRY
from regcmp.engine.stack import Keep
from regcmp.engine.training import Trained
from regcmp.errors import RegcmpError
from regcmp.plan import Plan
from regcmp.plan.grammar import Method
from regcmp.runs.collecting import Outcome, collect
from regcmp.runs.condition import Condition, Run
from regcmp.runs.executing import Call, Site, local_site, train_all
from regcmp.runs.keeping import Keeper
from regcmp.runs.mapping import is_on_map, with_map
from regcmp.runs.numerics import Machine, this_machine
from regcmp.runs.pace import Pace
from regcmp.runs.stacking import stacked_runs
from regcmp.runs.tuning import Place, Search, planned_networks


def run_experiment(
    plan: Plan,
    dataset: Dataset,
    jobs: int,
    pace: Pace,
    warn: Callable[[str], None] = lambda _: None,
    keeper: Keeper | None = None,
    scheduler: str | None = None,
    *,
    predictions: bool = False,
) -> Outcome:
    """Train every method under every seed; ``pace`` is told of each run.

    ``warn`` is told where no worker process can be started; with a ``scheduler``, its workers train.
    ``predictions`` asks for those of the test rows.
    Raises DataError or UsageError before any training where a split can't be drawn, and PluginError
    where code from outside fails. What ``keeper`` has is not trained.
    """
    keeper = keeper or Keeper(None, warn)
    with ExitStack() as stack:
        workers = Workers(jobs, warn, stack, scheduler)
        if plan.is_tuned:
            return _tuned(Search(plan, dataset), workers, pace, keeper, predictions)
        condition = Condition(plan, dataset)
        runs = planned_runs(plan)
        trained = Training(workers, pace, keeper, predictions)
        trained.train(condition, runs.values())
    outcomes = {place: trained.finished[run] for place, run in runs.items()}
    seconds = trained.seconds({place: [run] for place, run in runs.items()})
    elsewhere = {
        place: trained.elsewhere[run] for place, run in runs.items() if run in trained.elsewhere
    }
    return collect(condition, outcomes, seconds, elsewhere=elsewhere)


def _tuned(
    search: Search, workers: Workers, pace: Pace, keeper: Keeper, predictions: bool
) -> Outcome:
    """Train the candidates, and then what the best of them are judged by."""
    first = Training(workers, pace, keeper, predictions and not search.plan.protocol.refit)
    first.train(search.condition, search.runs)
    ranked = search.ranked(first.finished)
    best = {place: runs[0] for place, runs in ranked.items()}
    lasts = {place: search.last(run, first.finished) for place, run in best.items()}
    if search.plan.protocol.refit:
        pace.known(best[place] for place, run in lasts.items() if run is None)
    second = Training(workers, pace, keeper, predictions)
    second.train(search.final, [run for run in lasts.values() if run is not None])
    outcomes = {
        place: first.finished[best[place]] if run is None else second.finished[run]
        for place, run in lasts.items()
    }
    searched = first.seconds(search.candidates)
    final = second.seconds({p: [run] for p, run in lasts.items() if run is not None})
    seconds = {name: taken + final.get(name, 0.0) for name, taken in searched.items()}
    tried = search.tried(ranked, first.finished)
    places = first.elsewhere | second.elsewhere
    elsewhere = {
        place: places[judged]
        for place, run in lasts.items()
        if (judged := best[place] if run is None else run) in places
    }
    n_selection = round(mean(n for _, n, _ in search.condition.sizes))
    return collect(search.final, outcomes, seconds, tried, n_selection, elsewhere)


def seconds_by_sample(plan: Plan, dataset: Dataset) -> float:
    """Seconds of one core for all networks of a plan, as measured on the first stack of them."""
    search = Search(plan, dataset) if plan.is_tuned else None
    condition = search.condition if search else Condition(plan, dataset)
    runs = (search.runs if search else None) or list(planned_runs(plan).values())
    first = next(iter(stacked_runs(condition, runs)))
    with ExitStack() as stack:
        workers = Workers(1, lambda _: None, stack)
        sample = Training(workers, Pace(), Keeper(None, lambda _: None))
        sample.train(condition, first)
    epochs = sum(
        number * dict(setting).get("epochs", plan.settings.epochs)
        for (_, setting), number in planned_networks(plan).items()
    )
    trained = len(first) * dict(first[0].setting).get("epochs", plan.settings.epochs)
    return float(sum(sample.taken.values()) / trained * epochs)


@dataclass
class Workers:
    """A site that is made when there is something to train, and ends with ``stack``."""

    jobs: int
    warn: Callable[[str], None]
    stack: ExitStack
    scheduler: str | None = None
    opened: Site | None = None

    def for_stacks(self, number: int) -> Site:
        """The site, with a worker for each of the first stacks."""
        if self.opened is None:
            self.opened = self.stack.enter_context(self._site(min(self.jobs, number)))
        return self.opened

    def _site(self, jobs: int) -> AbstractContextManager[Site]:
        if self.scheduler is None:
            return local_site(jobs, self.warn)
        from regcmp.runs.cluster import cluster_site  # Dask is slow to import

        return cluster_site(self.scheduler, jobs)

    @property
    def machines(self) -> Sequence[Machine]:
        """Those of a scheduler's workers, which are asked at once."""
        return self.for_stacks(self.jobs).machines if self.scheduler else ()


@dataclass
class Training:
    """Runs as they finish."""

    workers: Workers
    pace: Pace
    keeper: Keeper
    keep_outputs: bool = False
    """Whether what networks give for test rows is wanted."""
    finished: dict[Run, Trained] = field(default_factory=dict)
    taken: dict[Run, float] = field(default_factory=dict)
    """Seconds; a stack's are shared evenly."""
    elsewhere: dict[Run, Machine] = field(default_factory=dict)
    """Where runs were trained whose bits may differ from those of this machine."""

    def train(
        self, condition: Condition, runs: Collection[Run], *, keep_models: bool = False
    ) -> None:
        """Train each of these runs once; no store has networks, so all are trained whose is asked for."""
        different = list(dict.fromkeys(runs))
        on_map = {run for run in different if is_on_map(condition, run)}
        wanted = ("outputs",) if self.keep_outputs else ()
        known = self.keeper.known(
            condition,
            [] if keep_models else different,
            self.workers.machines,
            lambda run: (*wanted, "on_map") if run in on_map else wanted,
        )
        for run, found in known.items():
            self.finished[run], self.taken[run] = found.trained, found.seconds
            self._place([run], found.where)
        repeated = Counter(runs) - Counter(different)
        self.pace.known([*known, *repeated.elements()], {r: f.seconds for r, f in known.items()})
        groups = list(stacked_runs(condition, [run for run in different if run not in known]))
        if not groups:
            return
        site = self.workers.for_stacks(len(groups))

        def calls() -> Iterator[Call]:
            for index, each in enumerate(groups):
                models = keep_models or not on_map.isdisjoint(each)
                self.pace.submitted(index, each, site.at_once())
                yield site.call(index, condition, each, keep=Keep(models, self.keep_outputs))

        for done in train_all(calls(), site, _from_outside(different)):
            self.pace.finished(done.index, done.seconds)
            finished = dict(zip(groups[done.index], done.trained, strict=True))
            if not keep_models:
                finished = {run: with_map(condition, run, each) for run, each in finished.items()}
            seconds = done.seconds / len(finished)
            self.finished |= finished
            self.taken |= dict.fromkeys(finished, seconds)
            self._place(finished, done.where)
            self.keeper.keep(condition, finished, seconds, done.where)

    def _place(self, runs: Iterable[Run], where: Machine | None) -> None:
        if where is not None and where.digest != this_machine().digest:
            self.elsewhere |= dict.fromkeys(runs, where)

    def seconds(self, places: Mapping[Place, Sequence[Run]]) -> dict[str, float]:
        """Training time by row, of all runs that its places rest on."""
        seconds: dict[str, float] = {}
        for (name, _), runs in places.items():
            taken = sum(self.taken.get(run, 0.0) for run in runs)
            seconds[name] = seconds.get(name, 0.0) + taken
        return seconds


def _from_outside(runs: Iterable[Run]) -> dict[str, str]:
    """The file of each regularizer from outside that these runs have."""
    names = {part.name for run in runs for part in run.method.parts} - set(OWN)
    return {name: REGISTRY[name].file for name in sorted(names)}


def planned_runs(plan: Plan) -> dict[Place, Run]:
    """Every run of a plan in which nothing is tuned, method by method."""
    return {
        (str(method), seed): Run(method, seed)
        for method in plan.methods
        if isinstance(method, Method)
        for seed in plan.run_seeds
    }


def warnings_of_copies(plan: Plan, dataset: Dataset) -> list[str]:
    """What to say before training of test rows that are copies of training rows, under the first seed."""
    if dataset.given_test:
        return copies.warnings_of_given(dataset)
    if not copies.repeated_rows(dataset):
        return []
    protocol = plan.protocol
    try:
        sizes = split_sizes(dataset, protocol.test_size, protocol.train_size)
        seed = plan.seed_of("split", protocol.seed)
        split = split_rows(dataset, *sizes, seed, plan.fold_of(seed))
    except RegcmpError:  # it is said where all splits are drawn
        return []
    return copies.warnings_of_drawn(dataset, split, protocol.seed)

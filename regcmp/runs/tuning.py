"""The search: candidates are trained under each seed, and the best on validation rows stands for its row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from math import inf

from regcmp.data.dataset import Dataset
from regcmp.engine.training import Trained
from regcmp.metrics import LOSS, METRICS
from regcmp.plan import Plan
from regcmp.plan.grammar import Method
from regcmp.plan.nuisances import Setting, setting_text, settings_of
from regcmp.plan.tuning import AnyMethod, candidates_of, selects, weakness
from regcmp.results import STOPS
from regcmp.runs.condition import Condition, Run

Place = tuple[str, int]
"""Where a run stands in the tables: the name of its row, and its seed."""


@dataclass(frozen=True)
class Tried:
    """A candidate of a row under a seed, and its scores."""

    method: str
    seed: int
    candidate: str
    setting: str
    status: str
    epochs: int
    score: float | None
    """On validation rows, by which it is chosen; None of a run that was stopped."""
    loss: float | None
    test: float | None
    """On test rows, by the metric of the comparison; never looked at where one is chosen."""
    rank: int
    """0 of the one that is chosen."""


class Search:
    """The candidates of a plan, and what is trained once they are judged.

    ``condition`` has validation rows. ``final`` is where every row is judged on test rows: with a refit,
    it trains on training and validation rows together.
    """

    def __init__(self, plan: Plan, dataset: Dataset) -> None:
        self.plan = plan
        if plan.protocol.refit:
            self.final = Condition(plan.with_values(validation_size=None), dataset)
            self.condition = Condition(plan, dataset, self.final)
        else:
            self.final = self.condition = Condition(plan, dataset)
        self.candidates: dict[Place, tuple[Run, ...]] = {
            (str(method), seed): tuple(
                Run(each, seed, setting)
                for each in candidates_of(method, seed, plan.protocol.trials)
                for setting in settings_of(plan.protocol.tune)
            )
            for method in plan.methods
            for seed in plan.run_seeds
        }

    @cached_property
    def _open(self) -> dict[str, bool]:
        """Whether the candidates of a row are written down: also one, where its word left it open."""
        return {str(each): _is_open(each, self.plan) for each in self.plan.methods}

    @property
    def runs(self) -> list[Run]:
        """What is trained to find the best; where there is nothing to find, nothing is."""
        return list(
            dict.fromkeys(
                run
                for (name, _), runs in self.candidates.items()
                if _is_searched(self._open[name], runs[0].method, self.plan)
                for run in runs
            )
        )

    def ranked(self, finished: Mapping[Run, Trained]) -> dict[Place, list[Run]]:
        """The candidates of each row and seed, the best on validation rows first."""
        return {
            place: sorted(runs, key=lambda run: self._key(run, finished))
            if len(runs) > 1
            else [*runs]
            for place, runs in self.candidates.items()
        }

    def last(self, best: Run, finished: Mapping[Run, Trained]) -> Run | None:
        """What is trained in the end for a candidate; None where its search was the end of it."""
        trained = finished.get(best)
        if not self.plan.protocol.refit or (trained is not None and trained.status != "ok"):
            return None
        if trained is not None and selects([best.method]):
            return replace(best, until=trained.selected)
        return best

    def tried(
        self, ranked: Mapping[Place, list[Run]], finished: Mapping[Run, Trained]
    ) -> list[Tried]:
        """A row per candidate and seed, of rows with several, in the order in which they were drawn."""
        return [
            self._tried(place, run, finished[run], ranked[place].index(run))
            for place, runs in self.candidates.items()
            if self._open[place[0]]
            for run in runs
        ]

    def _key(self, run: Run, finished: Mapping[Run, Trained]) -> tuple[object, ...]:
        """Lowest where a candidate is best: by score, then loss, then strength, then its setting."""
        trained = finished[run]
        metric = METRICS[self.plan.protocol.select_by]
        score, loss = _validated(trained, metric.key), _validated(trained, LOSS)
        sign = -1 if metric.higher_is_better else 1
        grave = STOPS.index(trained.status) if trained.status in STOPS else -1
        return (
            grave,
            inf if score is None else sign * score,
            inf if loss is None else loss,
            weakness(run.method),
            run.setting,
        )

    def _tried(self, place: Place, run: Run, trained: Trained, rank: int) -> Tried:
        protocol, last = self.plan.protocol, trained.history[-1]
        ended = trained.status == "ok"
        return Tried(
            *place,
            candidate=str(run.method),
            setting=setting_text(run.setting),
            status=trained.status,
            epochs=trained.stopped or trained.selected or last.epoch,
            score=_validated(trained, METRICS[protocol.select_by].key),
            loss=_validated(trained, LOSS),
            test=last.test.get(METRICS[protocol.metric].key) if ended else None,
            rank=rank,
        )


def _is_open(method: AnyMethod, plan: Plan) -> bool:
    """Whether anything of a row is chosen: its strengths, or settings."""
    return not isinstance(method, Method) or bool(plan.protocol.tune)


def _is_searched(is_open: bool, method: Method, plan: Plan) -> bool:
    """Whether what a row may train is trained with validation rows, before it is judged or instead."""
    return is_open or not plan.protocol.refit or selects([method])


def planned_networks(plan: Plan) -> Counter[tuple[Method, Setting]]:
    """How many networks of each method and setting a plan trains: candidates, and those judged in the end.

    What is judged is not known yet: the first candidate of a row stands for it.
    """
    protocol, seeds = plan.protocol, plan.run_seeds
    settings = settings_of(protocol.tune)
    tried: dict[tuple[Method, Setting], set[int]] = {}
    ends: Counter[tuple[Method, Setting]] = Counter()
    for method in plan.methods:
        if not plan.is_tuned and isinstance(method, Method):  # often many, of many seeds
            ends[method, settings[0]] = len(seeds)
            continue
        drawn = {seed: candidates_of(method, seed, protocol.trials) for seed in seeds}
        first = drawn[seeds[0]][0]
        if protocol.refit:
            ends[first, settings[0]] += len(seeds)
        if not _is_searched(_is_open(method, plan), first, plan):
            continue
        for seed, candidates in drawn.items():
            for each in product(candidates, settings):
                tried.setdefault(each, set()).add(seed)
    return ends + Counter({each: len(seeds) for each, seeds in tried.items()})


def _validated(trained: Trained, key: str) -> float | None:
    """The last score on validation rows; None of a run that was stopped, or where it is undefined."""
    if trained.status != "ok":
        return None
    scores = trained.history[-1].validation or {}
    value = scores.get(key)
    return value if value is None or value == value else None

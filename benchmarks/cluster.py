"""How far a Dask scheduler carries: tasks per second with nothing to train, and what travels.

    python benchmarks/cluster.py [--workers N] [--tasks N]

It starts a scheduler and workers on this machine, and sends them stacks of digits whose training returns at
once what a real stack gave. So what is measured is the scheduler, the messages and the collecting.
"""

from __future__ import annotations

import argparse
import pickle
import time
from collections.abc import Iterator

from regcmp.data.dataset import Dataset
from regcmp.data.loading import load_dataset
from regcmp.engine.stack import Keep
from regcmp.plan import make_plan
from regcmp.plan.settling import settle
from regcmp.runs.cluster import cluster_site
from regcmp.runs.condition import Condition, Run
from regcmp.runs.executing import Call, Done, local_site, train_all
from regcmp.runs.experiment import planned_runs
from regcmp.runs.recipe import Recipe, recipe_of, train_there
from regcmp.runs.stacking import stacked_runs

METHODS, SEEDS = 10_000, 100
"""Of the large study that is estimated."""
KIND = "none l1 l2 dropout"


def nothing(index: int, dataset: Dataset, recipe: Recipe, runs: list[Run], keep: bool) -> Done:
    """What a stack of one epoch gives; trained once in each worker."""
    kept = vars(
        train_there
    )  # of a module that each worker has once; this one is sent with each task
    if "done" not in kept:
        kept["done"] = train_there(index, dataset, recipe, runs, keep)
    done: Done = kept["done"]
    return Done(index, done.trained, 0.0, done.where)


def condition_of(dataset: str, seeds: int, methods: str = KIND) -> Condition:
    """The condition of a comparison at its defaults."""
    plan = make_plan(dataset, methods, seeds=seeds, epochs=80)
    rows = load_dataset(plan.dataset, plan.reading, plan.columns)
    return Condition(settle(plan, rows), rows)


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--tasks", type=int, default=2000)
    asked = parser.parse_args()

    condition = condition_of("digits", 10)
    stacks = list(stacked_runs(condition, list(planned_runs(condition.plan).values())))
    runs = max(stacks, key=len)
    task = len(pickle.dumps((0, runs, False)))
    print(f"a task: {task:,} bytes for {len(runs)} runs of digits")
    for name, dataset in (
        ("digits", condition.dataset),
        ("1,000,000 rows of 2 features", condition_of("moons:n=1000000", 1, "none").dataset),
    ):
        print(f"sent to each worker once, {name}: {len(pickle.dumps(dataset)) / 1e6:,.1f} MB")
    recipe = len(pickle.dumps(recipe_of(condition)))
    print(f"sent to each worker once, its plan: {recipe:,} bytes")

    def calls(number: int) -> Iterator[Call]:
        _, arguments = site.call(0, condition, runs, keep=Keep())
        for index in range(number):
            yield nothing, (index, *arguments[1:])

    with cluster_site("local", asked.workers) as site:
        list(train_all(calls(4 * asked.workers), site))
        start = time.perf_counter()
        results = list(train_all(calls(asked.tasks), site))
        seconds = time.perf_counter() - start
    rate = asked.tasks / seconds
    print(f"{rate:,.0f} tasks per second, {rate * len(runs):,.0f} runs, by {asked.workers} workers")
    print(f"a result: {len(pickle.dumps(results[0])):,} bytes")

    with local_site(1, print) as here:
        function, arguments = here.call(0, condition, runs, keep=Keep())
        start = time.perf_counter()
        function(*arguments)
        training = time.perf_counter() - start
    print(f"training such a stack: {training:.2f} s of one core")
    tasks, gigabytes = METHODS * SEEDS / len(runs), len(pickle.dumps(results[0])) / 1e9
    print(
        f"{METHODS:,} methods x {SEEDS} seeds: {tasks:,.0f} tasks, {tasks * training / 3600:,.1f} core"
        f" hours, {tasks / rate / 60:,.1f} minutes of the scheduler, so at most {training * rate:,.0f} cores"
        f" are kept busy; {tasks * gigabytes:,.1f} GB of results"
    )


if __name__ == "__main__":
    main()

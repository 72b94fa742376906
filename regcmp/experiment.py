"""Methods times seeds: runs are put into stacks, stacks given to workers, and their rows collected."""

from __future__ import annotations

import signal
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from regcmp.data import copies
from regcmp.data.boundary import CELLS, grid_of, has_map
from regcmp.data.dataset import Dataset
from regcmp.data.scaling import scale
from regcmp.data.splitting import set_aside, split_rows, split_sizes, validation_count
from regcmp.data.targets import Target, targets_of, with_noise_features
from regcmp.engine.architecture import needs_image
from regcmp.engine.arrays import Floats
from regcmp.engine.measuring import WEIGHT_EDGES
from regcmp.engine.regularizers import BUILT_IN, REGISTRY, Regularizer
from regcmp.engine.stack import Ingredient, Rows, RunSeeds, Stack
from regcmp.engine.training import Trained, runs_per_stack, timed_training
from regcmp.errors import RegcmpError
from regcmp.method import Kind, Method
from regcmp.plan import Plan
from regcmp.results import HISTORY_COLUMNS, RUN_COLUMNS, frame, history_row, run_row

SPLIT_BYTES = 1 << 28
"""How large the splits that are kept at once may be, here and in a stack; one always is. No result
depends on it."""

SENT_BYTES = 1 << 23
"""Above this, an array goes to a worker as a file in memory. Such files are waited for in the end, a
tenth of a second at times, so they must be worth it."""

Run = tuple[Method, int]
Progress = Callable[[int], None]


@dataclass(frozen=True)
class Outcome:
    """What training gave: the frames, the sizes of the splits, and how long each method took."""

    runs: pd.DataFrame
    history: pd.DataFrame
    n_train: int
    n_test: int
    n_validation: int
    weights: dict[str, Any]
    """Each run's histogram, as ``results.Report`` has them."""
    seconds: dict[str, float]
    """Training time of a method's runs, summed over workers; a stack's time is shared evenly."""
    boundary: dict[str, Any] | None = None
    """What the first seed's networks predict over two features, as ``results.Report`` has it."""


def run_experiment(plan: Plan, dataset: Dataset, jobs: int, progress: Progress) -> Outcome:
    """Train every method under every seed; ``progress`` is told of each number of runs done.

    Raises DataError or UsageError before any training where a split can't be drawn.
    """
    n_train, n_test = split_sizes(dataset, plan.test_size, plan.train_size)
    seeds = sorted({plan.seed_of("split", seed) for seed in plan.run_seeds})
    n_validation = validation_count(dataset, n_train, plan.validation_size)
    splits = {
        seed: set_aside(dataset, split_rows(dataset, n_train, n_test, seed), n_validation, seed)
        for seed in seeds
    }

    targets = {
        seed: targets_of(dataset, split, plan.label_noise, plan.class_weight, seed)
        for seed, split in splits.items()
    }
    n_features = dataset.n_features + plan.noise_features
    first = plan.seed
    mapped = has_map(dataset, plan.noise_features)
    grid = grid_of(dataset, splits[first], targets[first], first) if mapped else None
    image = None if plan.noise_features else dataset.image
    channels = image[2] if image and needs_image(plan.arch) else None
    split_bytes = (n_train + n_test) * n_features * np.dtype(plan.dtype).itemsize
    most_splits = max(1, SPLIT_BYTES // split_bytes)

    @lru_cache(maxsize=min(64, most_splits))
    def prepared(seed: int) -> tuple[Floats, Target, Floats, Target, Floats, Target]:
        split, target = splits[seed], targets[seed]
        test = target.of(dataset.y[split.test])
        scaled = scale(dataset, split, plan.dtype, channels)
        x = with_noise_features([*scaled], plan.noise_features, seed)
        return x[0], target.train, x[1], test, x[2], target.validation

    def stack_of(runs: list[Run]) -> Stack:
        splits_of_runs = [plan.seed_of("split", seed) for _, seed in runs]
        drawn = sorted(set(splits_of_runs))
        arrays = map(_stacked, zip(*map(prepared, drawn), strict=True))
        x_train, y_train, x_test, y_test, *validation = arrays
        own = [targets[seed] for seed in drawn]
        weights = [each.class_weights for each in own if each.class_weights is not None]
        rows = Rows(
            *(x_train, y_train, x_test, y_test, len(dataset.classes)),
            class_weights=np.stack(weights) if weights else None,
            scales=np.array([each.scale for each in own]),
            image=image,
        )
        if n_validation:
            rows = replace(rows, x_validation=validation[0], y_validation=validation[1])
        if grid is not None and any(seed == first for _, seed in runs):
            asked = np.broadcast_to(grid.prepared(plan.dtype), (len(drawn), CELLS**2, 2))
            rows = replace(rows, x_asked=asked)
        which = tuple(map(drawn.index, splits_of_runs))
        parts = ingredients(runs)
        return Stack(plan.settings, parts, run_seeds(plan, runs), rows, which, from_outside(parts))

    most = runs_per_stack(plan.settings, image or (n_features,), len(dataset.classes) or 1)
    groups = list(stacked_runs(plan, most, most_splits))
    finished: dict[Run, Trained] = {}
    seconds = {str(method): 0.0 for method in plan.methods}
    for index, outcomes, taken in _train_all((stack_of(g) for g in groups), jobs, len(groups)):
        for (method, seed), trained in zip(groups[index], outcomes, strict=True):
            finished[method, seed] = trained
            seconds[str(method)] += taken / len(outcomes)
        progress(len(outcomes))
    runs, history = _frames(plan, finished)
    weights = _histograms(plan, finished)
    asked = {str(method): finished[method, first].predicted for method in plan.methods}
    return Outcome(
        *(runs, history, n_train - n_validation, n_test, n_validation, weights, seconds),
        boundary=None if grid is None else grid.drawn(asked),
    )


def warnings_of_copies(plan: Plan, dataset: Dataset) -> list[str]:
    """What to say, before training, of test rows that are copies of training rows: under the first seed."""
    if dataset.given_test:
        return copies.warnings_of_given(dataset)
    if not copies.repeated_rows(dataset):
        return []
    try:
        n_train, n_test = split_sizes(dataset, plan.test_size, plan.train_size)
        split = split_rows(dataset, n_train, n_test, plan.seed_of("split", plan.seed))
    except RegcmpError:  # it is said where all splits are drawn
        return []
    return copies.warnings_of_drawn(dataset, split, plan.seed)


def _stacked(parts: Sequence[Floats]) -> Floats:
    """Parts along a new first axis; of a single one, no copy."""
    return np.stack(parts) if len(parts) > 1 else parts[0][None]


def stacked_runs(plan: Plan, most: int, most_splits: int) -> Iterator[list[Run]]:
    """The runs of the plan in groups of one kind of method, of even size.

    A group has at most ``most`` runs, from at most ``most_splits`` splits.
    """
    n_splits = plan.seeds if "split" in plan.vary else 1
    n_parts = -(-n_splits // most_splits)
    seed_groups = [part.tolist() for part in np.array_split(plan.run_seeds, n_parts)]
    kinds: dict[Kind, list[Method]] = {}
    for method in plan.methods:
        kinds.setdefault(method.kind, []).append(method)
    # The heaviest kinds first, so that no worker ends up alone with one.
    for kind in sorted(kinds, key=len, reverse=True):
        for seeds in seed_groups:
            runs = [(method, seed) for seed in seeds for method in kinds[kind]]
            n_groups = -(-len(runs) // most)
            for part in np.array_split(np.arange(len(runs)), n_groups):
                yield [runs[i] for i in part]


def ingredients(runs: list[Run]) -> tuple[Ingredient, ...]:
    """The regularizers that these runs share in kind, with the strengths of each run."""
    parts_of_runs = zip(*(method.parts for method, _ in runs), strict=True)
    return tuple(
        Ingredient(
            parts[0].name,
            tuple(part.strength for part in parts),
            {key: tuple(dict(part.options)[key] for part in parts) for key, _ in parts[0].options},
            parts[0].schedule,
        )
        for parts in parts_of_runs
    )


def from_outside(parts: Iterable[Ingredient]) -> dict[str, type[Regularizer]]:
    """The classes among these that are not regcmp's own, which a worker process must be sent."""
    return {each.name: REGISTRY[each.name] for each in parts if each.name not in BUILT_IN}


def run_seeds(plan: Plan, runs: list[Run]) -> tuple[RunSeeds, ...]:
    """The seeds of each run's streams; a regularizer's own noise always follows the run."""
    return tuple(
        RunSeeds(plan.seed_of("init", seed), plan.seed_of("order", seed), seed) for _, seed in runs
    )


def _train_all(
    stacks: Iterable[Stack], jobs: int, count: int
) -> Iterator[tuple[int, list[Trained], float]]:
    """Train stacks here or in worker processes; yield (index, runs, seconds) as they finish.

    BLAS has one thread in either case: with another number of threads a product may differ in its
    last bits.
    """
    jobs = min(jobs, count)
    if jobs == 1:
        from threadpoolctl import threadpool_limits

        with threadpool_limits(1):
            yield from (timed_training(index, stack) for index, stack in enumerate(stacks))
        return
    from joblib import Parallel, delayed, parallel_config
    from joblib.externals.loky import get_reusable_executor

    with parallel_config(backend="loky", inner_max_num_threads=1), warnings.catch_warnings():
        # A worker whose stacks were large is replaced by a new one: nothing is lost, nor to be done.
        warnings.filterwarnings("ignore", "A worker stopped while some jobs", UserWarning)
        parallel = Parallel(
            jobs, return_as="generator_unordered", batch_size=1, max_nbytes=SENT_BYTES
        )
        try:
            with _ctrl_c_held_back():
                results = parallel(delayed(timed_training)(i, s) for i, s in enumerate(stacks))
            yield from results
        except BaseException:
            # Whatever it was made with: another one would first wait for this one's work.
            get_reusable_executor(reuse=True).shutdown(wait=True, kill_workers=True)
            raise


@contextmanager
def _ctrl_c_held_back() -> Iterator[None]:
    """Start processes that Ctrl-C does not reach, since they inherit which signals are blocked.

    It comes to this process when they have started, which then stops them; a worker that is
    interrupted while it imports would print a traceback.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    from multiprocessing import resource_tracker

    from joblib.externals.loky.backend import resource_tracker as loky_tracker

    # These two block SIGINT while they start a process of theirs, and then unblock it.
    resource_tracker.ensure_running()
    loky_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _frames(plan: Plan, finished: dict[Run, Trained]) -> tuple[pd.DataFrame, pd.DataFrame]:
    keys = [(method, seed) for method in plan.methods for seed in plan.run_seeds]
    runs = [run_row(plan.dataset, str(m), seed, finished[m, seed]) for m, seed in keys]
    history = [
        history_row(plan.dataset, str(method), seed, record)
        for method, seed in keys
        for record in finished[method, seed].history
    ]
    return frame(runs, RUN_COLUMNS), frame(history, HISTORY_COLUMNS)


def _histograms(plan: Plan, finished: dict[Run, Trained]) -> dict[str, Any]:
    """Those of the runs that were not stopped."""
    rows = [
        {"method": str(method), "seed": seed, "counts": list(finished[method, seed].weights)}
        for method in plan.methods
        for seed in plan.run_seeds
        if finished[method, seed].status == "ok"
    ]
    return {"edges": WEIGHT_EDGES.tolist(), "runs": rows}

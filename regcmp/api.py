"""The Python API: ``regcmp.compare`` with the same words as the command line."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

from regcmp.data.dataset import Dataset
from regcmp.data.loading import load_dataset
from regcmp.data.table import Progress
from regcmp.environment import environment
from regcmp.estimate import Estimate, fitting
from regcmp.experiment import Outcome, run_experiment
from regcmp.memory import parse_size
from regcmp.plan import Plan, make_plan, whole
from regcmp.protocol import settle
from regcmp.report.delimited import to_csv
from regcmp.report.html import to_html
from regcmp.report.json_text import to_json
from regcmp.report.markdown import to_markdown
from regcmp.report.table import make_table
from regcmp.report.verdict import verdict
from regcmp.results import Report
from regcmp.statistics import correction_ratio, summarize


@dataclass(frozen=True)
class Comparison(Report):
    """What ``compare`` returns: the frames ``summary``, ``runs`` and ``history``, and the ``verdict``.

    ``plan``, ``environment`` and ``timing`` say how they came about. Printed, it is the table.
    """

    def __repr__(self) -> str:
        """The table and the verdict as text, as a pipe gets them."""
        from regcmp.report.terminal import to_text

        return to_text(make_table(self))

    def to_csv(self) -> str:
        """The summary as CSV, as ``-o FILE.csv`` writes it."""
        return to_csv(self.summary)

    def to_json(self) -> str:
        """The whole report as JSON, as ``-o FILE.json`` writes it."""
        return to_json(self)

    def to_markdown(self) -> str:
        """The table as Markdown, as ``-o FILE.md`` writes it."""
        return to_markdown(make_table(self))

    def to_html(self) -> str:
        """The report as one self-contained page, as ``-o FILE.html`` writes it."""
        return to_html(self)


def compare(
    dataset: str,
    methods: Iterable[str] | str | None = None,
    *,
    jobs: int | None = None,
    max_memory: str | int | None = None,
    **words: Any,
) -> Comparison:
    """Train one network under several methods over paired seeds, and compare them.

    ``dataset``, ``methods`` and the keyword arguments are the words of ``regcmp compare``, with
    underscores for hyphens: ``compare("digits", ["none", "dropout=0.2,0.5"], seeds=20)``. They are
    baseline, seeds, seed, vary, test_size, train_size, validation_size, arch, hidden, activation,
    init, optimizer, lr, schedule, batch_size, epochs, dtype, metric, class_weight, label_noise,
    noise_features, max_dropped, max_dead, plugins, and of data sep, decimal, encoding, header, na,
    sample, test, target, drop, text, use, task and image, as ``regcmp compare --help`` explains.
    ``jobs`` is the number of worker processes, by default one per core; no result depends on it.
    ``max_memory`` is what the work may take, such as '8GB', by default what the machine has.

    Raises UsageError for a word that can't be meant and DataError for data that can't be used; both
    are ValueErrors and say what to do.
    """
    return run(make_plan(dataset, methods, **words), jobs, max_memory=max_memory)


def run(
    plan: Plan,
    jobs: int | None = None,
    progress: Callable[[int], None] | None = None,
    reading: Progress | None = None,
    loaded: Callable[[Dataset], None] | None = None,
    max_memory: str | int | None = None,
    estimated: Callable[[Estimate], None] | None = None,
) -> Comparison:
    """Carry a plan out.

    ``reading`` is called with the bytes that were read and are to be read, then ``loaded`` with the
    dataset, which it may refuse, ``estimated`` with what training takes, and ``progress`` with each
    number of runs that were done. Without ``jobs``, there are as many as have room.
    """
    start = perf_counter()
    jobs = None if jobs is None else whole("jobs", jobs, 1)
    most = None if max_memory is None else parse_size(max_memory)
    dataset = load_dataset(plan.dataset, plan.reading, plan.columns, reading)
    if plan.noise_features:  # they are no pixels
        dataset = replace(dataset, image=None)
    plan = settle(plan, dataset)
    if loaded is not None:
        loaded(dataset)
    estimate = fitting(plan, dataset, jobs, most)
    if estimated is not None:
        estimated(estimate)
    jobs = estimate.jobs if jobs is None else jobs
    outcome = run_experiment(plan, dataset, jobs, progress or (lambda _: None))
    varied = "split" in plan.vary
    ratio = correction_ratio(dataset.n_rows, outcome.n_test) if varied else 0.0
    summary = summarize(outcome.runs, str(plan.baseline), plan.metric, ratio)
    return Comparison(
        plan=plan.as_dict()
        | {
            "data": _data(dataset, outcome),
            "correction_ratio": ratio,
            "other_networks": [str(each) for each in plan.methods if each.changes_network],
        },
        environment=environment(),
        timing={
            "seconds": perf_counter() - start,
            "jobs": jobs,
            "training_seconds": outcome.seconds,
        },
        summary=summary,
        runs=outcome.runs,
        history=outcome.history,
        verdict=verdict(summary, str(plan.baseline), plan.seeds),
        weights=outcome.weights,
        boundary=outcome.boundary,
    )


def _data(dataset: Dataset, outcome: Outcome) -> dict[str, Any]:
    return dataset.describe() | {
        "n_train": outcome.n_train,
        "n_test": outcome.n_test,
        "n_validation": outcome.n_validation,
    }

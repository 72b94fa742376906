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
from regcmp.experiment import Outcome, run_experiment
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

    Raises UsageError for a word that can't be meant and DataError for data that can't be used; both
    are ValueErrors and say what to do.
    """
    return run(make_plan(dataset, methods, **words), jobs)


def run(
    plan: Plan,
    jobs: int | None = None,
    progress: Callable[[int], None] | None = None,
    reading: Progress | None = None,
    loaded: Callable[[Dataset, Plan], None] | None = None,
) -> Comparison:
    """Carry a plan out.

    ``reading`` is called with the bytes that were read and are to be read, then ``loaded`` with the
    dataset and the plan as it is carried out, which it may refuse, and ``progress`` with each number
    of runs that were done.
    """
    start = perf_counter()
    jobs = default_jobs() if jobs is None else whole("jobs", jobs, 1)
    dataset = load_dataset(plan.dataset, plan.reading, plan.columns, reading)
    if plan.noise_features:  # they are no pixels
        dataset = replace(dataset, image=None)
    plan = settle(plan, dataset)
    if loaded is not None:
        loaded(dataset, plan)
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


def default_jobs() -> int:
    """One worker per core that this process may use."""
    from joblib import cpu_count

    return int(cpu_count())


def _data(dataset: Dataset, outcome: Outcome) -> dict[str, Any]:
    return dataset.describe() | {
        "n_train": outcome.n_train,
        "n_test": outcome.n_test,
        "n_validation": outcome.n_validation,
    }

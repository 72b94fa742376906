"""The Python API: ``regcmp.compare`` with the same words as the command line."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import TYPE_CHECKING, Any

import pandas as pd

from regcmp.analysis.summarizing import summarize, summarize_reference
from regcmp.analysis.tuned import budget_rows, most_chosen
from regcmp.analysis.verdict import winner
from regcmp.analysis.wording import in_words
from regcmp.data.dataset import Dataset
from regcmp.data.loading import load_dataset
from regcmp.data.table import Progress
from regcmp.environment import environment
from regcmp.errors import UnknownRegularizerError, UsageError
from regcmp.framing import (
    plan_carried_out,
    ranked,
    test_of,
    tried_and_noted,
    verdict_of,
    workers_elsewhere,
)
from regcmp.keyword_list import describe
from regcmp.models.fit_words import BEST, make_fit_execution, make_fit_plan
from regcmp.option import options_of
from regcmp.plan import OPTIONS, Plan, make_plan
from regcmp.plan.execution import Execution, make_execution
from regcmp.plan.grammar import TUNE, Method
from regcmp.plan.settling import settle
from regcmp.plan.tuning import parse_any
from regcmp.report.csv_text import to_csv
from regcmp.report.html import to_html
from regcmp.report.json_text import to_json
from regcmp.report.layout import make_table
from regcmp.report.markdown import to_markdown
from regcmp.results import BUDGET_COLUMNS, Report, frame
from regcmp.runs.collecting import Outcome
from regcmp.runs.estimating import Estimate, fitting
from regcmp.runs.experiment import run_experiment, seconds_by_sample, warnings_of_copies
from regcmp.runs.keeping import open_keeper
from regcmp.runs.pace import Pace

if TYPE_CHECKING:
    from regcmp.models.fitted import FittedModel


@dataclass(frozen=True)
class Comparison(Report):
    """What ``compare`` returns: the frames ``summary``, ``runs`` and ``history``, and the ``verdict``.

    ``plan``, ``environment`` and ``timing`` say how they came about. Printed, it is the table.
    """

    predictions: pd.DataFrame = field(default_factory=pd.DataFrame)
    """What each run predicts for each of its test rows: no row unless ``predictions=True`` was given."""

    def fit(self, method: str = "best", **options: Any) -> FittedModel:
        """Train a method of this comparison on all rows, with its settings: see ``fit_report``."""
        return fit_report(self, method, **options)

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


def compare(dataset: str, methods: Iterable[str] | str | None = None, **options: Any) -> Comparison:
    """Train one network under several methods over paired seeds, and compare them.

    ``dataset``, ``methods`` and the keyword arguments match the options of ``regcmp compare``, with
    underscores for hyphens: ``compare("digits", ["none", "dropout=0.2,0.5"], seeds=20)``.

    Raises UsageError for an invalid option and DataError for data that can't be used; both are
    ValueErrors and say what to do.
    """
    machine = {name: options.pop(name) for name in options_of(Execution) if name in options}
    return run(make_plan(dataset, methods, **options), make_execution(**machine))


def fit(dataset: str, method: str, *, seeds: int = 1, **options: Any) -> FittedModel:
    """Train a network under one method on all rows of a dataset, for predictions.

    ``options`` are those of ``compare`` that say how rows are read and how the network is trained.
    With several ``seeds`` the model is an ensemble of as many networks. Raises as ``compare`` does.
    """
    execution = make_fit_execution(options)
    plan = make_fit_plan(dataset, method, seeds=seeds, **options)
    return train_model(plan, execution)


def fit_report(
    report: Report,
    method: str = BEST,
    *,
    seeds: int = 1,
    plugins: Iterable[str] = (),
    dataset: str | None = None,
    **machine: Any,
) -> FittedModel:
    """Train the winner of a report, or another ``method``, on all rows, with the report's settings.

    Where its verdict names no winner, the baseline is taken, with a warning. ``dataset`` is where the
    rows are now. Raises UsageError, DataError or RegcmpError.
    """
    execution = make_fit_execution(machine)
    if machine:
        raise UsageError(
            f"{next(iter(machine))!r}: a model of a comparison is trained with its own settings; leave it"
            " out, or give it to regcmp.fit",
            *machine,
        )
    plan, notes = plan_of_report(report, method, seeds, plugins, dataset)
    for each in notes:
        warnings.warn(each, stacklevel=3)
    expected = report.plan["data"]["sha256"]
    return train_model(plan, execution, expected=expected)


def plan_of_report(
    report: Report, method: str, seeds: int, plugins: Iterable[str], dataset: str | None = None
) -> tuple[Plan, list[str]]:
    """The plan that fits a report's method on all rows, and what is to be said of its choice.

    Code from outside is run where ``plugins`` name it, and not because the report does.
    """
    notes, baseline = [], str(report.plan["baseline"])
    if method == BEST:
        found = winner(report.summary)
        if found is None:
            notes.append(
                f"the report's verdict names no winner, so its baseline {baseline!r} is trained; name"
                " another one with --method"
            )
        method = found or baseline
    method = row_of_report(report, method)
    left_out = {"methods", "baseline", "plugins", "vary", "metric", *TUNING}
    words = {name: report.plan[name] for name in OPTIONS if name not in left_out}
    words |= {"method": method, "seeds": seeds, "plugins": list(plugins)}
    if (chosen := most_chosen(report.tried, method)) is not None:
        words |= {"method": chosen.candidate, **chosen.settings}
        notes.append(f"of {in_words(method)}, the most chosen candidate is trained: {chosen}")
    if dataset is not None:
        words["dataset"] = dataset
    try:
        return make_fit_plan(**words, as_needed=True), notes
    except UnknownRegularizerError as error:
        kept = ", ".join(repr(each["path"]) for each in report.plan["plugins"])
        if not kept:
            raise
        raise UnknownRegularizerError(
            f"{error}; the comparison had loaded {kept}: name it with --plugin", *error.options
        ) from None


def row_of_report(report: Report, method: str) -> str:
    """The name of the report's row that a method is meant by, in whatever notation; else the method as it is.

    Raises UsageError for a method to be tuned that the report has no such row of.
    """
    names = [str(name) for name in report.summary["method"]]
    try:
        parsed = [str(each) for each in parse_any(method)]
    except UsageError:  # a plugin may know it, and whoever makes the plan says what is wrong
        return method
    if len(parsed) == 1 and parsed[0] in names:
        return parsed[0]
    tuned = [repr(name) for name in names if name.startswith(TUNE)]
    if tuned and method.strip().startswith(TUNE):
        raise UsageError(
            f"--method {method!r}: the report has no such row; choose one that it tuned: {', '.join(tuned)}",
            "chosen",
        )
    return method


def train_model(
    plan: Plan,
    execution: Execution | None = None,
    watch: Watch | None = None,
    expected: str | None = None,
) -> FittedModel:
    """Carry out the plan of a model; ``expected`` is the SHA-256 that its dataset had in a report."""
    from regcmp.models.fitting import fit_model  # a comparison does not wait for scikit-learn

    watch, execution = watch or Watch(), execution or Execution()
    dataset = load_dataset(plan.dataset, plan.reading, plan.columns, watch.reading)
    if expected is not None and dataset.digest != expected:
        watch.warn(
            f"{dataset.name} has other rows than those of the report: the model learns from those that"
            " are there now"
        )
    plan = settle(plan, dataset)
    watch.loaded(dataset, plan)
    estimate = fitting(plan, dataset, execution, whole=True)
    watch.estimated(estimate)
    watch.pace.expected = estimate.seconds * estimate.jobs
    return fit_model(plan, dataset, execution.jobs or estimate.jobs, watch.pace, watch.warn)


describe(compare)


TUNING = ("trials", "tune", "select_by", "refit")
"""Options of a search, which a model has no use for."""


def _nothing(*_: Any) -> None:
    """Ignore the notification."""


@dataclass(frozen=True)
class Watch:
    """Who is told of a comparison while it is carried out."""

    reading: Progress | None = None
    """Of the bytes that were read, and that are to be read."""
    loaded: Callable[[Dataset, Plan], None] = _nothing
    """Of the dataset and the plan as it is carried out, which it may refuse."""
    estimated: Callable[[Estimate], None] = _nothing
    """Of what training takes."""
    pace: Pace = field(default_factory=Pace)
    """Of each run."""
    warn: Callable[[str], None] = warnings.warn
    """Of what this machine can't do."""
    stored: Callable[[str], None] = _nothing
    """Of how many runs a store had, in words, or has, of a comparison that was stopped; '' for none."""


def _opened(plan: Plan, watch: Watch) -> tuple[Plan, Dataset]:
    """The plan as it is carried out, and its dataset; ``watch`` may refuse them."""
    dataset = load_dataset(plan.dataset, plan.reading, plan.columns, watch.reading)
    if plan.protocol.noise_features:  # they are no pixels
        dataset = replace(dataset, image=None)
    plan = settle(plan, dataset)
    dataset = replace(dataset, warnings=(*dataset.warnings, *warnings_of_copies(plan, dataset)))
    watch.loaded(dataset, plan)
    return plan, dataset


def _train(plan: Plan, dataset: Dataset, execution: Execution, jobs: int, watch: Watch) -> Outcome:
    """Train what the store does not have; ``watch`` is told what it had, or has where it was stopped."""
    pace = watch.pace
    with closing(
        open_keeper(execution.store, watch.warn, verifies=execution.verify_store)
    ) as keeper:
        try:
            outcome = run_experiment(
                plan,
                dataset,
                jobs,
                pace,
                watch.warn,
                keeper,
                execution.scheduler,
                predictions=execution.predictions,
            )
        except KeyboardInterrupt:
            watch.stored(keeper.left_behind(pace.done, pace.total))
            raise
        watch.stored(keeper.said)
    return outcome


def run(plan: Plan, execution: Execution | None = None, watch: Watch | None = None) -> Comparison:
    """Carry a plan out, and tell ``watch`` how far it is."""
    watch = watch or Watch()
    start = perf_counter()
    execution = execution or Execution()
    plan, dataset = _opened(plan, watch)
    estimate = fitting(plan, dataset, execution)
    watch.estimated(estimate)
    jobs = execution.jobs or estimate.jobs
    watch.pace.expected = estimate.seconds * estimate.jobs
    outcome = _train(plan, dataset, execution, jobs, watch)
    protocol = plan.protocol
    test = test_of(plan, dataset, outcome)
    summary = summarize(outcome.runs, str(plan.baseline), protocol.metric, test)
    tried = tried_and_noted(summary, plan, outcome)
    return Comparison(
        plan=(described := plan_carried_out(plan, dataset, outcome, test)),
        environment=environment() | workers_elsewhere(outcome),
        timing={
            "seconds": perf_counter() - start,
            "jobs": jobs,
            "training_seconds": outcome.seconds,
        },
        summary=summary,
        runs=outcome.runs,
        history=outcome.history,
        verdict=verdict_of(summary, described),
        weights=outcome.weights,
        rows=outcome.rows,
        methods={
            str(each): each.parts if isinstance(each, Method) else () for each in plan.methods
        },
        references=[
            summarize_reference(**vars(each), metric=protocol.metric) for each in outcome.references
        ],
        tried=tried,
        budget=frame(budget_rows(ranked(outcome.tried)), BUDGET_COLUMNS),
        boundary=outcome.boundary,
        predictions=outcome.predictions,
    )


def rehearse(plan: Plan, execution: Execution | None = None, watch: Watch | None = None) -> str:
    """How many networks a plan trains, and about how long that takes, from training a few of them.

    Raises as ``run`` does, before anything is trained.
    """
    watch = watch or Watch()
    execution = execution or Execution()
    plan, dataset = _opened(plan, watch)
    estimate = fitting(plan, dataset, execution)
    seconds = seconds_by_sample(plan, dataset) / estimate.jobs
    return str(replace(estimate, seconds=seconds)).capitalize()

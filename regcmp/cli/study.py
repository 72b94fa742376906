"""``regcmp compare --over``: one comparison under several conditions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from regcmp.cli.exports import Content, check_written, write_all
from regcmp.cli.gate_options import conclude, need_gates
from regcmp.cli.options import option
from regcmp.cli.origins import not_loaded
from regcmp.cli.overwriting import check_overwritten
from regcmp.cli.progress import progress
from regcmp.cli.screen import Screen
from regcmp.cli.wanted import Wanted
from regcmp.errors import RegcmpError, UsageError
from regcmp.plan.execution import Execution
from regcmp.report.formats import either
from regcmp.report.places import Target, check_distinct

if TYPE_CHECKING:
    from regcmp.analysis.gates import Finding
    from regcmp.analysis.studies import Study
    from regcmp.analysis.study_gates import Asked
    from regcmp.api import Watch
    from regcmp.data.dataset import Dataset
    from regcmp.plan import Plan
    from regcmp.runs.pace import Pace
    from regcmp.study.running import Planned
    from regcmp.study.varying import Varied

ROPE = 0.01
"""As in ``regcmp.analysis.studies``, which is slow to import."""

STUDY_OPTIONS = (
    option("Protocol", "--over", multiple=True, metavar="NAME=V1,V2,...",
           help="Compare under each of these values of an option, as in train-size=60,120,300; values"
           " that hold commas are separated by ';'. Repeatable: all combinations.  [since 0.2]"),
    option("Protocol", "--rope", metavar="DIFFERENCE", default=f"{ROPE:g}",
           help="Up to which mean difference two methods are as good as equal, over datasets."
           "  [since 0.2]"),
)  # fmt: skip


def varied_in(datasets: Sequence[str], over: Sequence[str]) -> list[Varied]:
    """What varies: nothing where one dataset is named, and no --over is.

    Raises UsageError for what can't vary.
    """
    from regcmp.study.varying import is_pattern, parse_over, varied

    found = [parse_over(each) for each in over]
    if len(datasets) > 1 or any(map(is_pattern, datasets)):
        found.insert(0, varied("dataset", datasets))
    elif datasets and any(each.key == "dataset" for each in found):
        raise UsageError(
            f"--dataset {datasets[0]!r}: --over says which datasets there are; leave one out",
            "dataset",
        )
    return found


def check_formats(places: Sequence[Target], plot: str | None) -> None:
    """Raise UsageError for what a study can't be written as."""
    from regcmp.report.study_formats import STUDIES

    if plot is not None:
        raise UsageError(
            f"--plot {plot!r} is of one comparison; -o FILE.html draws what varies, and 'regcmp report"
            " STUDY.json --condition NAME=VALUE' any plot of a condition",
            "plot",
        )
    for place in places:
        if place.format not in (*STUDIES, ".toml"):
            raise UsageError(
                f"-o {str(place.path)!r}: a study is written as {either(STUDIES)}", "-o"
            )


def parse_rope(text: str) -> float:
    """A number of 0 or more. Raises UsageError for anything else."""
    try:
        rope = float(text)
    except ValueError:
        rope = float("nan")
    if not 0 <= rope < float("inf"):
        raise UsageError(f"--rope: expected a number of 0 or more, got {text!r}", "rope")
    return rope


def compare_over(
    ctx: click.Context,
    over: Sequence[Varied],
    words: Mapping[str, Any],
    execution: Execution,
    wanted: Wanted,
) -> None:
    """Carry a study out, print it, and write what was asked for."""
    from regcmp.cli.config import to_toml
    from regcmp.study.running import paces_of, plan_study, run_study
    from regcmp.study.varying import conditions, label

    check_formats(wanted.places, wanted.plot)
    planned = plan_study(conditions(over), **words)
    inputs = {each.plan.dataset for each in planned} | {planned[0].plan.reading.test}
    check_distinct(wanted.places, [*inputs, execution.store, *words["plugins"]])
    asked = _asked(wanted, {label(each.words): each.plan.as_dict() for each in planned})
    screen = Screen(quiet=wanted.quiet, color=wanted.color)
    screen.warn_of_data(not_loaded(ctx))
    if wanted.dry_run:
        _rehearse(planned, execution, screen)
        return
    check_overwritten(
        wanted.places, "regcmp.study", {"varied": list(planned[0].words)}, force=wanted.force
    )
    paces = paces_of(planned)
    with progress(screen, paces) as reading:

        def watch(each: Planned, pace: Pace) -> Watch:
            return _watch(screen, label(each.words), reading, pace)

        study = run_study(planned, execution, watch, paces, wanted.rope)
    _finish(study, asked, screen, wanted, partial(to_toml, ctx, planned[0].plan.as_dict()))
    if wanted.strict and any(report.summary["n_failed"].any() for _, report in study.done):
        raise SystemExit(1)


def render(study: Study, screen: Screen, wanted: Wanted) -> None:
    """Print a saved study, or write it as was asked for."""
    plans = {part.label: report.plan for part, report in study.done}
    asked = _asked(wanted, plans)
    kept = {"varied": list(study.keys)}
    check_overwritten(wanted.places, "regcmp.study", kept, force=wanted.force)
    _finish(study, asked, screen, wanted, is_shown=not wanted.exports)


def _finish(
    study: Study,
    asked: list[Asked],
    screen: Screen,
    wanted: Wanted,
    config: Callable[[], str] = str,
    *,
    is_shown: bool = True,
) -> None:
    """Write and print a study; end with what could not be written, what failed, or with its gates."""
    from regcmp.analysis.study_gates import judge_study
    from regcmp.report.study_exporting import study_markdown

    failures = [RegcmpError(f"{part.label}: {part.error}") for part in study.failed]
    if not study.done:
        check_written(failures)
    findings = judge_study(asked, study)

    def content(name: str, place: Target) -> Content:
        return config() if name == "config" else _made(study, findings, name, place)

    refused = write_all((place, partial(content, name, place)) for name, place in wanted.exports)
    if is_shown:
        show(screen, study, to_stderr=any(place.path is None for place in wanted.places))
    for _, report in study.done:
        screen.warn_of_failures(report)
    refused += failures
    markdown = partial(study_markdown, study)
    conclude(findings, refused, markdown, no_github=wanted.no_github, quiet=wanted.quiet)


def _made(study: Study, findings: list[Finding], name: str, place: Target) -> Content:
    from regcmp.report.exporting import frame_as
    from regcmp.report.study_exporting import study_as

    if name == "summary":
        return study_as(place.format, study, findings)
    return frame_as(place.format, study.frame(name))


def show(screen: Screen, study: Study, *, to_stderr: bool) -> None:
    """Print all conditions in one table, and what datasets show together."""
    from regcmp.report.study_table import study_tables

    for number, table in enumerate(study_tables(study)):
        screen.show_table(table, to_stderr=to_stderr, after_another=number > 0)


def _watch(screen: Screen, name: str, reading: Any, pace: Pace) -> Watch:
    from regcmp.api import Watch

    def loaded(dataset: Dataset, _: Plan) -> None:
        screen.warn_of_data(f"{name}: {each}" for each in dataset.warnings)

    def stored(text: str) -> None:
        screen.say(f"{name}: {text}" if text else "")

    return Watch(reading, loaded, pace=pace, warn=screen.warn, stored=stored)


def _rehearse(planned: Sequence[Planned], execution: Execution, screen: Screen) -> None:
    from regcmp.api import rehearse
    from regcmp.runs.pace import Pace
    from regcmp.study.varying import label

    for each in planned:
        name = label(each.words)
        told = rehearse(each.plan, execution, _watch(screen, name, None, Pace()))
        print(f"{name}: {told}")


def _asked(wanted: Wanted, plans: Mapping[str, dict[str, Any]]) -> list[Asked]:
    """The gates under each condition, by whose label ``plans`` has its plan."""
    words = [(each, True) for each in wanted.fail_if] + [(each, False) for each in wanted.warn_if]
    need_gates(wanted.places, words)
    if not words:
        return []
    from regcmp.analysis.gates import grounds_of
    from regcmp.analysis.study_gates import parse_study_gate

    grounds = {label: grounds_of(plan) for label, plan in plans.items()}
    return [each for text, fatal in words for each in parse_study_gate(text, grounds, fatal=fatal)]

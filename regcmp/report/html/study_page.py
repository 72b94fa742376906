"""The page of a study: all conditions in one table, the curves, then each condition by itself."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from regcmp.analysis.studies import DATASET, Study
from regcmp.report.csv_text import to_csv
from regcmp.report.html.page import policy, templates
from regcmp.report.layout import make_table
from regcmp.report.study_figures import study_figures
from regcmp.report.study_table import closing_table, matrix
from regcmp.report.table import Table
from regcmp.report.text import clean

AFTER = ("Each condition", "Data")


@dataclass(frozen=True)
class Section:
    """A table under a heading."""

    heading: str
    table: Table


def to_study_html(study: Study) -> str:
    """One self-contained document; equal studies give equal bytes, whatever their timing."""
    figures = study_figures(study)
    closings = [
        Section(
            f"Over {len(each.datasets)} datasets: {each.metric}", closing_table(each, study.rope)
        )
        for each in study.closings
    ]
    names = [each.name for figure in figures for each in figure.panels]
    return (
        templates()
        .get_template("study.html.j2")
        .render(
            name=_name(study),
            table=matrix(study),
            closings=closings,
            figures=figures,
            conditions=[Section(part.label, make_table(report)) for part, report in study.done],
            headings=(
                *(each.heading for each in closings),
                *(each.heading for each in figures),
                *AFTER,
            ),
            methods={name: i for i, name in enumerate(dict.fromkeys([*names, *_methods(study)]))},
            policy=policy(),
            downloads=_downloads(study),
        )
    )


def _name(study: Study) -> str:
    """'digits over train-size'."""
    varied = ", ".join(study.keys)
    if DATASET in study.keys or not study.done:
        return f"over {varied}"
    return f"{study.done[0][1].plan['data']['name']} over {varied}"


def _methods(study: Study) -> list[str]:
    return [clean(name) for _, report in study.done for name in report.summary["method"]]


def _downloads(study: Study) -> dict[str, str]:
    """The files themselves, in base 64; a study as JSON would be larger than the page."""
    texts = {name: to_csv(study.frame(name)) for name in ("summary", "runs")}
    return {f"{name}.csv": base64.b64encode(text.encode()).decode() for name, text in texts.items()}

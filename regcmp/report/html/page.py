"""The page: the verdict and the table first, then the charts, then how it came about and the data.

What it says stands in ``page.html.j2``, whose values Jinja escapes.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

import pandas as pd

from regcmp.plan.command import command
from regcmp.report.csv_text import to_csv
from regcmp.report.figures import KINDS
from regcmp.report.html.charts import draw
from regcmp.report.json_text import to_json
from regcmp.report.layout import Table, make_table, records_of
from regcmp.report.marks import KEYS
from regcmp.report.text import FOLDS
from regcmp.results import Report

if TYPE_CHECKING:
    from jinja2 import Environment

SORT_KEYS = (
    "method", "n", "train_mean", "test_mean", "gap_mean", "delta_test", "wins", "p_holm", "delta_gap",
)  # fmt: skip
"""The summary's column that each column of the table is sorted by."""


def to_html(report: Report) -> str:
    """One self-contained document; equal reports give equal bytes, whatever their timing."""
    table = make_table(report)
    figures = [figure for make, _ in KINDS.values() for figure in make(report)]
    return (
        _templates()
        .get_template("page.html.j2")
        .render(
            name=report.plan["data"]["name"],
            table=table,
            rows=_rows(table, records_of(report)),
            references=_references(table),
            lists=[each for each in figures if each.panels[0].y.labels],
            others=[each for each in figures if not each.panels[0].y.labels],
            command=command(report.plan),
            environment={name: _words(value) for name, value in report.environment.items()},
            downloads=_downloads(report),
        )
    )


@cache
def _templates() -> Environment:
    """Every value in them is escaped, whatever it is and wherever it comes from."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    templates = Environment(
        loader=PackageLoader("regcmp.report.html", ""),
        autoescape=True,
        finalize=_printable,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    templates.globals.update(draw=draw, most_keys=KEYS)
    return templates


def _printable(value: object) -> str:
    """A value as text whose control characters are spaces."""
    text = str(value)
    return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)


def _rows(table: Table, records: list[dict[str, Any]]) -> Iterator[tuple[str, Any, Any]]:
    """Each row's tone, its method's name in parts that lines may break between, and its cells.

    Each has the number that it is sorted by beside it.
    """
    methods = [each for each in zip(table.rows, table.tones, strict=True) if each[1] != "reference"]
    for (cells, tone), record in zip(methods, records, strict=True):
        values = (record[key] for key in SORT_KEYS)
        keys = ("" if pd.isna(value) else value for value in values)
        (name, key), *others = zip(cells, keys, strict=True)
        yield tone, (FOLDS.split(name), key), others


def _references(table: Table) -> list[tuple[str, ...]]:
    """The cells of each reference, which no header sorts."""
    pairs = zip(table.rows, table.tones, strict=True)
    return [cells for cells, tone in pairs if tone == "reference"]


def _words(value: Any) -> str:
    """A value of the environment as people write it: 'numpy 2.1.0, scipy 1.14.1'."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {_words(each)}" for name, each in value.items())
    if isinstance(value, list):
        return "; ".join(map(_words, value))
    return str(value)


def _downloads(report: Report) -> dict[str, str]:
    """The files themselves, in base 64; the JSON is without its timing, which differs by run."""
    document = json.loads(to_json(report))
    del document["timing"]
    texts = {
        "summary.csv": to_csv(report.summary),
        "runs.csv": to_csv(report.runs),
        "history.csv": to_csv(report.history),
        **({"tried.csv": to_csv(report.tried)} if len(report.tried) else {}),
        "report.json": json.dumps(document, indent=1, ensure_ascii=False) + "\n",
    }
    return {name: base64.b64encode(text.encode()).decode() for name, text in texts.items()}

"""The page, in the order of the terminal: table, verdict, charts; then how it came about, and the data.

What it says stands in ``page.html.j2``, whose values Jinja escapes.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import pandas as pd

from regcmp.analysis.verdict import winner
from regcmp.plan.command import command
from regcmp.report.csv_text import to_csv
from regcmp.report.figures import KINDS
from regcmp.report.html.charts import draw, legend
from regcmp.report.html.overlay import overlay
from regcmp.report.json_text import to_json
from regcmp.report.layout import make_table, records_of
from regcmp.report.marks import KEYS
from regcmp.report.table import Table
from regcmp.report.text import FOLDS, clean
from regcmp.results import Report

if TYPE_CHECKING:
    from jinja2 import Environment

SORT_KEYS = (
    "method", "n", "train_mean", "test_mean", "gap_mean", "delta_test", "wins", "p_holm", "delta_gap",
)  # fmt: skip
"""The summary's column that each column of the table is sorted by."""


AFTER = ("How to read it", "The command", "Environment", "Data")
"""The headings below the figures."""
MOST_PANELS = 6
"""Where one chart shows all methods, more panels than these are folded away."""

WINNER = "winner"
"""What stands beside the name of the method that the verdict calls so."""


@dataclass(frozen=True)
class Row:
    """A method's row of the table."""

    tone: str
    name: str
    key: Any
    """What it is sorted by in the first column."""
    badge: str
    """What its tone says, in a word that needs no colour."""
    cells: list[tuple[str, Any]]
    """The others, each with what it is sorted by."""

    @property
    def kind(self) -> str:
        """Its classes."""
        return f"{self.tone} winner" if self.badge == WINNER else self.tone


def to_html(report: Report) -> str:
    """One self-contained document; equal reports give equal bytes, whatever their timing."""
    table = make_table(report)
    figures = [figure for make, _ in KINDS.values() for figure in make(report)]
    lists = [each for each in figures if each.panels[0].y.labels]
    others = [each for each in figures if not each.panels[0].y.labels]
    names = map(clean, report.summary["method"])
    return (
        templates()
        .get_template("page.html.j2")
        .render(
            name=report.plan["data"]["name"],
            table=table,
            rows=_rows(table, records_of(report), winner(report.summary)),
            references=_references(table),
            lists=lists,
            others=others,
            headings=("Verdict", *(each.heading for each in (*lists, *others)), *AFTER),
            methods={name: i for i, name in enumerate(names)},
            policy=policy(),
            command=command(report.plan),
            environment={name: _words(value) for name, value in report.environment.items()},
            downloads=_downloads(report),
        )
    )


@cache
def templates() -> Environment:
    """Every value in them is escaped, whatever it is and wherever it comes from."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    found = Environment(
        loader=PackageLoader("regcmp.report.html", ""),
        autoescape=True,
        finalize=_printable,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    found.globals.update(
        draw=draw, legend=legend, overlay=overlay, most_keys=KEYS, most_panels=MOST_PANELS
    )
    found.filters.update(anchor=_anchor, parts=FOLDS.split)
    return found


@cache
def policy() -> str:
    """What a browser may do for the page: use its own style and script, and nothing else."""
    style, script = (_source(name) for name in ("page.css", "page.js"))
    return (
        f"default-src 'none'; style-src '{style}'; script-src '{script}'; img-src data:;"
        " base-uri 'none'; form-action 'none'"
    )


def _source(name: str) -> str:
    """The hash of a text as it stands in its element, below a line of its own."""
    found = templates()
    assert found.loader
    text, *_ = found.loader.get_source(found, name)
    digest = hashlib.sha256(f"\n{text}".encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def _printable(value: object) -> object:
    """A value as text whose control characters are spaces; what a macro wrote has been through here."""
    if hasattr(value, "__html__"):
        return value
    text = str(value)
    return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)


def _anchor(heading: str) -> str:
    """A heading as an address within the page."""
    return heading.lower().replace(" ", "-")


def _rows(table: Table, records: list[dict[str, Any]], best: str | None) -> Iterator[Row]:
    """The methods' rows, whose cells have the number that they are sorted by beside them."""
    methods = [each for each in zip(table.rows, table.tones, strict=True) if each[1] != "reference"]
    for (cells, tone), record in zip(methods, records, strict=True):
        values = (record[key] for key in SORT_KEYS)
        keys = ("" if pd.isna(value) else value for value in values)
        (name, key), *others = zip(cells, keys, strict=True)
        yield Row(tone, name, key, _badge(record, tone, best), others)


def _badge(record: dict[str, Any], tone: str, best: str | None) -> str:
    """'winner', 'better', 'worse', or what runs ended in, such as 'diverged'."""
    if record["method"] == best:
        return WINNER
    shown = {"better": tone, "worse": tone, "marked": str(record["status"])}
    return shown.get(tone, "")


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
        "report.json": json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n",
    }
    return {name: base64.b64encode(text.encode()).decode() for name, text in texts.items()}

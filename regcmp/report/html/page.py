"""The page: the verdict and the table first, then the charts, then how it came about and the data."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

import pandas as pd

from regcmp.metrics import METRICS
from regcmp.numbers import style_of
from regcmp.plan.command import command
from regcmp.report import figures
from regcmp.report.csv_text import to_csv
from regcmp.report.html.charts import draw
from regcmp.report.html.maps import legend
from regcmp.report.html.svg import escape
from regcmp.report.html.tables import as_table
from regcmp.report.json_text import to_json
from regcmp.report.layout import Table, make_table
from regcmp.report.regions import regions
from regcmp.report.text import FOLDS
from regcmp.results import Report

SORT_KEYS = (
    "method", "n", "train_mean", "test_mean", "gap_mean", "delta_test", "wins", "p_holm", "delta_gap",
)  # fmt: skip
"""The summary's column that each column of the table is sorted by."""


def to_html(report: Report) -> str:
    """One self-contained document; equal reports give equal bytes, whatever their timing."""
    table = make_table(report)
    name = escape(report.plan["data"]["name"])
    sections = [
        f"<h1>regcmp: {name}</h1>",
        f'<p class="verdict">{escape(table.verdict)}</p>',
        *(f'<p class="about">{escape(each)}</p>' for each in table.above),
        _table(table, report.summary),
        *(f'<p class="note">{escape(each)}</p>' for each in table.below),
        *_figures(report),
        "<h2>How to read it</h2>",
        "<p>Test stands first: a network that learns nothing has no gap, so a small gap alone says nothing."
        " Runs are paired: under one seed every method has the same split, initial weights and batch order,"
        " and differences are taken seed by seed. An interval that excludes zero and a Holm p below 0.05"
        " are what the verdict asks for before it names a winner.</p>",
        "<h2>The command</h2>",
        f"<pre><code>{escape(command(report.plan))}</code></pre>",
        "<h2>Environment</h2>",
        _list(report.environment),
        "<h2>Data</h2>",
        _downloads(report),
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<link rel="icon" href="data:,">\n'
        f"<title>regcmp: {name}</title>\n<style>\n{_asset('page.css')}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(sections)
        + f"\n</main>\n<script>\n{_asset('sort.js')}</script>\n</body>\n</html>\n"
    )


def _table(table: Table, summary: pd.DataFrame) -> str:
    """The table; each cell carries the number that it is sorted by."""
    head = "".join(f'<th scope="col">{escape(each.header)}</th>' for each in table.columns)
    rows = []
    for cells, tone, record in zip(
        table.rows, table.tones, summary.to_dict("records"), strict=True
    ):
        keys = [record[key] for key in SORT_KEYS]
        values = ["" if pd.isna(key) else escape(str(key)) for key in keys]
        first, *others = zip(cells, values, strict=True)
        rows.append(
            f'<tr class="{tone}"><th scope="row" data-value="{first[1]}">{_foldable(first[0])}</th>'
            + "".join(f'<td data-value="{value}">{escape(cell)}</td>' for cell, value in others)
            + "</tr>"
        )
    return (
        '<div class="wide" tabindex="0" role="region" aria-label="Summary table">'
        f'<table class="sortable"><thead><tr>{head}</tr></thead>\n<tbody>\n'
        + "\n".join(rows)
        + "\n</tbody></table></div>"
    )


def _foldable(name: str) -> str:
    """A method's name that is broken between its parts where it is too long."""
    return "<wbr>".join(map(escape, FOLDS.split(name)))


def _figures(report: Report) -> list[str]:
    """The charts that have something to show, each under a heading and with a caption."""
    style, better = style_of(report.summary), METRICS[report.plan["metric"]].better
    unit = f"{_capital(style.name)}{style.in_unit}, {better}"
    gaps = f"Gap in {style.name}{style.in_unit}, smaller is less overfitting"
    alone = report.plan["seeds"] == 1
    interval = f"Dot: mean paired difference; {_line(alone)}; dashed: the baseline."
    curves, strengths = figures.curves(report), figures.strengths(report)
    sides, spread = "Solid blue: test; dashed orange: train", "one standard deviation over seeds"
    bands = "" if alone else f"; bands: {spread}"
    bars = "" if alone else f"; bars: {spread}"
    drawn = (
        (
            "Test score against the baseline",
            f"{unit}. {interval}",
            figures.differences(report, "test"),
        ),
        ("Gap against the baseline", f"{gaps}. {interval}", figures.differences(report, "gap")),
        (
            "Paired differences",
            f"{unit}. A dot per seed; dashed: the baseline.",
            figures.pairs(report),
        ),
        ("Learning curves", f"{_score(curves)}{sides}{bands}.", curves),
        (
            "Score against strength",
            f"{_score(strengths)}{sides}{bars}. Strengths stand evenly spaced.",
            strengths,
        ),
        (
            "Weights",
            "The share of weights by value after training, biases aside, in %, in bins of 0.05, of which"
            f" the first and the last hold all beyond{bands}.",
            figures.weights(report),
        ),
    )
    charts = [
        (_figure(title, caption, found), isinstance(found[0], figures.Differences))
        for title, caption, found in drawn
        if found
    ]
    beside = "\n".join(f"<section>{each}</section>" for each, narrow in charts if narrow)
    sections = [f'<div class="beside">{beside}</div>'] if beside else []
    sections += [each for each, narrow in charts if not narrow]
    maps = regions(report)
    if maps:
        caption = (
            "What each method's network of the first seed predicts over both features; dots: rows that it was"
            " trained on."
        )
        sections.append(_figure("Decision regions", caption, maps, legend(maps[0])))
    return sections


def _line(alone: bool) -> str:
    return "no interval from a single seed" if alone else "line: its 95 % interval"


def _score(found: Sequence[figures.Figure]) -> str:
    """A sentence on what panels show: 'Log loss in nats, lower is better. '."""
    panels = [each for each in found if isinstance(each, figures.Panel)]
    return f"{_capital(panels[0].score)}, {panels[0].better}. " if panels else ""


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _figure(title: str, caption: str, found: Sequence[figures.Figure], key: str = "") -> str:
    """A heading, the charts, what their colours mean, what they show, and their numbers."""
    return (
        f'<h2>{title}</h2>\n<figure><div class="panels">{draw(found)}</div>{key}'
        f"<figcaption>{caption}</figcaption></figure>\n{as_table(found, title)}"
    )


def _list(values: dict[str, Any]) -> str:
    items = (
        f"<dt>{escape(name)}</dt><dd>{escape(_words(value))}</dd>" for name, value in values.items()
    )
    return f"<dl>{''.join(items)}</dl>"


def _words(value: Any) -> str:
    """A value of the environment as people write it: 'numpy 2.1.0, scipy 1.14.1'."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {_words(each)}" for name, each in value.items())
    if isinstance(value, list):
        return "; ".join(map(_words, value))
    return str(value)


def _downloads(report: Report) -> str:
    """Links that hold the files themselves; the JSON is without its timing, which differs by run."""
    document = json.loads(to_json(report))
    del document["timing"]
    texts = {
        "summary.csv": to_csv(report.summary),
        "runs.csv": to_csv(report.runs),
        "history.csv": to_csv(report.history),
        "report.json": json.dumps(document, indent=1, ensure_ascii=False) + "\n",
    }
    links = (
        f'<li><a download="{name}" href="data:application/octet-stream;base64,'
        f'{base64.b64encode(text.encode()).decode()}">{name}</a></li>'
        for name, text in texts.items()
    )
    return f'<ul>{"".join(links)}</ul>\n<p class="note">report.json is without its timing.</p>'


def _asset(name: str) -> str:
    return files(__package__).joinpath(name).read_text("utf-8")

"""The HTML page and a report read back: structure, escaping, no request, and equal bytes."""

from __future__ import annotations

import copy
import json
import re
import shlex
import shutil
import subprocess
from base64 import b64decode, b64encode
from dataclasses import replace
from functools import partial, reduce
from hashlib import sha256
from html import unescape
from html.parser import HTMLParser
from operator import getitem
from pathlib import Path
from typing import Any

import pytest
from commands import TINY, run
from handmade import VARIANTS, report
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from regcmp.cli.compare import compare
from regcmp.errors import DataError
from regcmp.plan import make_plan
from regcmp.report.csv_text import to_csv
from regcmp.report.exporting import report_as
from regcmp.report.figures import curves
from regcmp.report.formats import FORMATS, PICTURES
from regcmp.report.html import to_html
from regcmp.report.html.overlay import overlay
from regcmp.report.html.page import command
from regcmp.report.html.svg import scale
from regcmp.report.json_text import to_json
from regcmp.report.layout import make_table
from regcmp.report.reader import LATER, read_report
from regcmp.report.terminal import to_text
from regcmp.results import HISTORY_COLUMNS, Report, frame

EVIL = "<script>alert(1)</script> | [red] \x1b[31m \n \"'&"
ATTRIBUTES = set(
    "lang charset name content rel href class tabindex role aria-label aria-hidden scope data-value"
    " viewbox preserveaspectratio width height x y x1 y1 x2 y2 cx cy r fill points d download"
    " http-equiv id dir open data-method data-box".split()
)
"""All that elements of the page have."""
VOID = set("meta link br line circle polyline polygon rect path wbr".split())
INSIDE = {
    "li": {"ul"},
    "dt": {"dl"},
    "dd": {"dl"},
    "tr": {"thead", "tbody"},
    "th": {"tr"},
    "td": {"tr"},
    "summary": {"details"},
    "figcaption": {"figure"},
    "desc": {"svg"},
    "g": {"svg", "g"},
}
"""What these elements may stand in."""
PHRASES = {"p", "span", "bdi", "h1", "h2", "th", "td", "summary", "a", "li"}
"""What holds text, and no block."""
BLOCKS = {
    "p",
    "div",
    "section",
    "table",
    "ul",
    "dl",
    "figure",
    "details",
    "h1",
    "h2",
    "main",
    "nav",
}
BROWSER = next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chrome"))), None)


class Page(HTMLParser):
    """The elements of a page, with their attributes and texts; refuses tags that do not match."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        parent = self.open[-1] if self.open else ""
        assert parent in INSIDE.get(tag, {parent}), f"{tag} in {parent}"
        assert not (tag in BLOCKS and PHRASES & set(self.open)), f"{tag} in {self.open}"
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close the element that is open."""
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Note a text under its element; one that may be broken in the middle is still one."""
        if not self.open:
            return
        texts = self.texts.setdefault(self.open[-1], [])
        if self.found[-1][0] == "wbr":
            texts[-1] += data
        else:
            texts.append(data)


def renamed(given: Report, name: str) -> Report:
    """The report with another name for its dataset, its class 0 and its method l2=0.01."""
    plan = given.plan | {"data": given.plan["data"] | {"name": name, "classes": [name, "b"]}}
    frames = {
        each: getattr(given, each).replace({"method": {"l2=0.01": name}})
        for each in ("summary", "runs", "history")
    }
    return replace(given, plan=plan, verdict=name.replace("\n", " "), **frames)


@pytest.mark.parametrize("variant", list(VARIANTS))
def test_the_page_has_every_cell_and_a_text_for_every_figure(variant: str) -> None:
    """Headers have a scope, and each chart a role and a name; what is drawn again in words is hidden."""
    given = VARIANTS[variant]()
    page, table = Page(to_html(given)), make_table(given)
    cells = [each.rstrip() for each in page.texts["th"] + page.texts["td"]]
    for row in table.rows:
        assert all(cell in cells for cell in row if cell)
    assert all(line in page.texts["p"] for line in table.verdict)
    assert all(attrs["scope"] in ("row", "col") for tag, attrs in page.found if tag == "th")
    drawings = [attrs for tag, attrs in page.found if attrs.get("role") == "img"]
    assert drawings and all(each["aria-label"] for each in drawings)
    charts = [attrs for tag, attrs in page.found if tag == "svg" and attrs["class"] == "plot"]
    assert all("role" in each or each["aria-hidden"] == "true" for each in charts)
    described = [each for each in charts if "role" in each]
    assert len(page.texts["desc"]) == len(described) and all(page.texts["desc"])
    body = to_html(given).split("<main>")[1].split('id="the-command"')[0]
    assert "nan" not in body.lower().replace("nans", "")


def test_the_numbers_of_each_figure_stand_below_it() -> None:
    """As a table that needs no script: of differences with intervals, of seeds, of curves."""
    text = to_html(report())
    page = Page(text)
    assert (
        text.count("<figure>")
        == text.count("</figure>\n<details>")
        == sum(each.endswith(": numbers") for each in page.texts["summary"])
    )
    tables = text.split(": numbers</summary>")
    better = next(row for row in report().summary.to_dict("records") if row["delta_test_low"] > 0)
    numbers = [better[name] * 100 for name in ("delta_test", "delta_test_low", "delta_test_high")]
    value, low, high = (f"{number:+.2f}" for number in numbers)
    assert f"<td>{value}</td><td>{low} to {high}</td>" in tables[1]
    assert '<th scope="col">Epoch</th>' in text


def test_the_environment_is_in_words_and_long_names_break_between_their_parts() -> None:
    """No JSON for people to read, no cut within a word."""
    given = replace(report(), environment={"packages": {"numpy": "2.1", "rich": "13"}, "cpus": 2})
    text = to_html(given)
    assert "<dt>packages</dt><dd>numpy 2.1, rich 13</dd><dt>cpus</dt><dd>2</dd>" in text
    assert "l1=1e-05+<wbr>l2=0.00012345678901234567+<wbr>dropout=0.5:<wbr>input=0.2" in text


def test_a_single_seed_claims_neither_intervals_nor_bands() -> None:
    """The captions say what is drawn; and equal scores are no tenth of a billionth apart."""
    given = VARIANTS["single_pair"]()
    alone = to_html(replace(given, plan=given.plan | {"seeds": 1}))
    assert "no interval from a single seed" in alone and "standard deviation over" not in alone
    assert "line: its 95 % interval" in to_html(report())
    assert scale([0.0, 0.0], 0, 1).ticks() == [-1.0, -0.5, 0.0, 0.5, 1.0]


def test_no_text_becomes_markup() -> None:
    """Names of datasets, classes and methods, and the verdict; control characters are gone."""
    text = to_html(renamed(report(), EVIL))
    page = Page(text)
    assert len([1 for tag, _ in page.found if tag == "script"]) == 1
    assert "<script>alert" not in text and "\x1b" not in text
    assert [t for t, _ in page.found] == [t for t, _ in Page(to_html(renamed(report(), "x"))).found]


def test_no_text_was_left_to_be_filled_in() -> None:
    """Neither by a template nor by an f-string."""
    for variant in VARIANTS.values():
        page = re.sub(r"(?s)<(style|script)>.*?</\1>", "", to_html(variant()))
        page = re.sub('href="[^"]*"', "", page)
        assert "{" not in page


@drawn(st.text(st.sampled_from("<>\"'&/={}%#$` \x00\x1b\n\u202eaé"), min_size=1))
@settings(max_examples=25, deadline=None)
def test_whatever_a_name_is_the_page_has_the_same_elements(name: str) -> None:
    """Of datasets, methods, plugins, columns and classes; in the environment, notes and warnings too."""
    hostile, plain = every_name(name + "<b>{{7*7}}"), every_name("x")
    page = Page(to_html(hostile))
    assert [tag for tag, _ in page.found] == [tag for tag, _ in Page(to_html(plain)).found]
    assert all(set(attrs) <= ATTRIBUTES for _, attrs in page.found)
    shown = " ".join(text for texts in page.texts.values() for text in texts)
    assert "<b>{{7*7}}" in shown and "\x1b" not in shown and "\x00" not in shown


def every_name(name: str) -> Report:
    """The hand-written report with this name wherever a file, a user or a machine may put one."""
    given = renamed(report(), name)
    plan = given.plan | {"dataset": name, "text": [name], "plugins": [{"path": name, "sha256": ""}]}
    plan["data"] = plan["data"] | {"target": name, "warnings": [name]}
    boundary = {
        "seed": 0, "features": [name, name], "low": [0.0, 0.0], "high": [1.0, 1.0],
        "points": {"x": [0.0], "y": [0.0], "target": [0]},
        "methods": [{"method": name, "rows": ["0 1", "1 0"]}],
    }  # fmt: skip
    weights = {"edges": [0.0, 1.0], "runs": [{"method": name, "counts": [1, 2, 3]}]}
    summary = given.summary.assign(note=name)
    environment = {name: name, "packages": {name: name}, "blas": [{name: name}]}
    return replace(
        given, plan=plan, summary=summary, environment=environment, boundary=boundary, weights=weights
    )  # fmt: skip


def test_the_page_asks_for_nothing() -> None:
    """Whatever has an address has the data in it."""
    for tag, attrs in Page(to_html(report())).found:
        for name in ("src", "href", "action", "xlink:href"):
            assert name not in attrs or str(attrs[name]).startswith(("data:", "#")), tag
    assert not re.search(r"https?://|url\(|@import|fetch\(", to_html(report()))


def test_a_browser_may_use_the_pages_own_style_and_script_alone() -> None:
    """Its policy has their hashes, so that nothing that broke out of a name could run."""
    text = to_html(report())
    policy = next(a["content"] for _, a in Page(text).found if "http-equiv" in a)
    hashes = [
        b64encode(
            sha256(re.findall(f"(?s)<{tag}>(.*?)</{tag}>", text)[0].encode()).digest()
        ).decode()
        for tag in ("style", "script")
    ]
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{hashes[0]}'; script-src 'sha256-{hashes[1]}';"
        " img-src data:; base-uri 'none'; form-action 'none'"
    )
    assert not any(name.startswith("on") for _, attrs in Page(text).found for name in attrs)


@pytest.mark.parametrize("variant", list(VARIANTS))
def test_the_sections_stand_in_the_order_of_the_terminal(variant: str) -> None:
    """Data, table, notes, verdict, legend, then charts; and each link at the top leads to a heading."""
    given = VARIANTS[variant]()
    table, text = make_table(given), to_html(given)
    lines = [*table.above, table.rows[0][0], *table.notes, *table.verdict, *table.below]
    body = re.sub("<[^>]*>", "", text.split("<main>")[1])
    places = [unescape(body).index(line) for line in lines]
    printed = to_text(table)
    assert places == sorted(places)
    assert [printed.index(line) for line in lines] == sorted(printed.index(line) for line in lines)
    assert text.index('id="verdict"') < text.index('class="figure"')
    found = Page(text).found
    ids = [attrs["id"] for _, attrs in found if "id" in attrs]
    links = [attrs["href"] for tag, attrs in found if tag == "a" and "download" not in attrs]
    assert len(ids) == len(set(ids)) and links == [f"#{each}" for each in ids]


def test_labels_of_a_list_stand_in_the_strip_of_their_marks() -> None:
    """The interval of l2=0.01 is level with its name, in the colour of what was shown, and in its row."""
    text = to_html(report())
    first = text.split('<div class="list">')[1].split('class="axis along"')[0]
    strips = {Page(f"<div {each}").texts["span"][0]: each for each in strips_of(first)}
    better, none = strips["l2=0.01"], strips["l1=0.0001"]
    assert better.count('class="interval better"') == better.count('class="point better"') == 1
    assert none.count('class="interval"') == none.count('class="point"') == 1
    methods = list(report().summary["method"])
    assert f'data-method="{methods.index("l2=0.01")}"' in better


def strips_of(text: str) -> list[str]:
    """Each row of a list that has a label."""
    parts = text.split('<div class="strip"')[1:-1]
    return [f'class="strip"{part}' for part in parts]


def test_what_was_shown_is_said_in_words_beside_the_name() -> None:
    """So that it needs no colour: one winner, whose row is marked."""
    text = to_html(report())
    assert Page(text).texts["span"].count("winner") == 1
    row = re.search(r'<tr class="better winner" data-method="2"><th[^>]*>l2=0.01 <span', text)
    assert row and text.count("better winner") == 1
    assert 'class="worse"' in text and ">worse</span></th>" in text
    assert Page(text).texts["span"].count("diverged") == 2


def with_curves(given: Report, names: list[str]) -> Report:
    """The report with a curve for each name, from 40 % to 50 % and one more for each that follows."""
    rows = [
        {"method": name, "seed": 0, "epoch": epoch, "train_accuracy": 0.9, "test_accuracy": score}
        for i, name in enumerate(names)
        for epoch, score in ((0, 0.1), (5, 0.4), (10, 0.5 + i / 100))
    ]
    return replace(given, history=frame(rows, HISTORY_COLUMNS))


def test_one_chart_has_the_test_curve_of_every_method() -> None:
    """By hand: of 20 methods, which end at 50 to 69 %, the first and the best seven are shown at first.

    Lines are in the places of their scores, and each name is beside its line's colour.
    """
    names = [f"l2={i}" for i in range(1, 21)]
    given = with_curves(report(), names)
    (figure,) = curves(given)
    chart = overlay(figure)
    assert chart and [each.name for each in chart.curves] == names
    assert [each.name for each in chart.curves if each.first] == [names[0], *names[-7:]]
    assert len({each.kind for each in chart.curves}) == 20
    left, right, bottom, top = map(float, chart.box.split(" "))
    assert (left, right) == (5, 10)  # the untrained network is left out
    (line,) = chart.shape(chart.curves[3]).within
    (x0, y0), (x1, y1) = (map(float, each.split(",")) for each in line.attributes["points"].split())
    assert (x0, x1) == (0, 100)
    found = [bottom + (top - bottom) * (100 - y) / 100 for y in (y0, y1)]
    assert found == pytest.approx([40, 53], abs=0.01)
    text = to_html(given)
    assert text.count('class="later"') == 12 and "Learning curves: each method by itself" in text
    assert overlay(replace(figure, panels=figure.panels[:1])) is None


def test_the_downloads_are_the_exports() -> None:
    """The CSV files byte by byte; the JSON but for its timing, so that the page has none either."""
    links = {
        attrs["download"]: b64decode(str(attrs["href"]).split("base64,")[1]).decode()
        for tag, attrs in Page(to_html(report())).found
        if "download" in attrs
    }
    assert links["runs.csv"] == to_csv(report().runs)
    expected = json.loads(to_json(report()))
    del expected["timing"]
    assert json.loads(str(links["report.json"])) == expected
    assert to_html(replace(report(), timing={})) == to_html(report())


@pytest.mark.parametrize("na", [None, "", "NA,?"])
def test_the_command_on_the_page_means_the_same_plan(na: str | None) -> None:
    """With the defaults of the network, without those that leave everything as it is.

    That nothing is a marker of missing cells is no default.
    """
    plan = make_plan(
        "iris", ["none", "l2=1e-3,1e-2"], hidden=(7, 5), vary="init", train_size=40, na=na
    )
    words = shlex.split(command(plan.as_dict()))[2:]
    assert "--lr" in words and "--decimal" not in words and "--label-noise" not in words
    given: dict[str, Any] = compare.make_context("compare", words).params
    taken = {name: given[name] for name in plan.as_dict() if name in given}
    taken["dataset"] = given["dataset"][0]
    assert make_plan(**taken) == plan


@pytest.mark.parametrize("variant", list(VARIANTS))
@pytest.mark.parametrize(
    "suffix", [each for each in FORMATS if each not in (".parquet", *PICTURES)]
)
def test_a_report_read_back_writes_the_same_bytes(
    variant: str, suffix: str, tmp_path: Path
) -> None:
    """In every format."""
    given = VARIANTS[variant]()
    (tmp_path / "saved.json").write_text(to_json(given), encoding="utf-8")
    write = partial(report_as, suffix)
    assert write(read_report(str(tmp_path / "saved.json")), ()) == write(given, ())


def without(key: str) -> str:
    """The hand-written report without one of its parts."""
    return json.dumps({k: v for k, v in json.loads(to_json(report())).items() if k != key})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not JSON"),
        ('{"schema": NaN}', "NaN is not valid JSON"),
        ("[1]", "is no report of regcmp"),
        ('{"schema": "regcmp.report/2"}', "this version of regcmp reads 'regcmp.report/1'"),
        (without("runs"), "it has no 'runs'"),
        (
            to_json(report()).replace('"metric": "accuracy"', '"metric": "f9"'),
            "'plan.metric' is \"f9\"",
        ),
        (to_json(report()).replace('"seed": 0,', '"seed": "x",'), "damaged report"),
    ],
)
def test_what_is_no_report_is_refused_in_one_line(text: str, message: str, tmp_path: Path) -> None:
    """It names the file."""
    path = tmp_path / "saved.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=re.escape(message)) as caught:
        read_report(str(path))
    assert repr(str(path)) in str(caught.value) and "\n" not in str(caught.value)


def written(document: Any, folder: Path) -> str:
    """Its path, as a file."""
    path = folder / "saved.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (("summary", 1, "metric"), "r2", "'summary[1].metric' is 'r2', its plan's 'accuracy'"),
        (("summary", 1, "delta_test"), 1e308, "'summary[1].delta_test' is 1e+308"),
        (("runs", 0, "epochs"), 1e300, "'runs[0].epochs' is 1e+300"),
        (("environment", "packages"), [1], "'environment.packages' is [1]: expected an object, got a list"),
        (("plan", "plugins"), [1], "'plan.plugins[0]' is 1: expected an object, got a whole number"),
        (("plan", "plugins"), [{"path": 1}], "'plan.plugins[0].path' is 1"),
        (("weights",), {"edges": [0, "x"], "runs": []}, "'weights.edges[1]' is \"x\""),
    ],
)  # fmt: skip
def test_a_damaged_field_is_named(place: Any, value: Any, message: str, tmp_path: Path) -> None:
    """Before any format stumbles over it."""
    document = json.loads(to_json(report()))
    reduce(getitem, place[:-1], document)[place[-1]] = value
    with pytest.raises(DataError, match=re.escape(message)):
        read_report(written(document, tmp_path))


def test_an_older_report_is_read_as_it_was_meant(tmp_path: Path) -> None:
    """Without the keys that came later, each format is written with what held before them."""
    document = json.loads(to_json(report()))
    for key in LATER["plan"]:
        document["plan"].pop(key, None)
    for key in LATER["data"]:
        document["plan"]["data"].pop(key, None)
    old = read_report(written(document, tmp_path))
    for suffix in FORMATS:
        assert report_as(suffix, old)
    assert "validation" not in report_as(".md", old)  # type: ignore[operator]


def test_a_missing_key_is_named_or_not_needed(tmp_path: Path) -> None:
    """Whichever key of a plan, its data or a row is missing or null: no format stumbles over it."""
    document = json.loads(to_json(report()))
    places = [("plan",), ("plan", "data"), ("summary", 2), ("runs", 0), ("history", 0)]
    for place in places:
        for key in list(reduce(getitem, place, document)):
            for change in ("removed", "null"):
                other = copy.deepcopy(document)
                part = reduce(getitem, place, other)
                part.pop(key) if change == "removed" else part.update({key: None})
                path = written(other, tmp_path)
                text = ""
                try:
                    given = read_report(path)
                except DataError as error:
                    text = str(error)
                if text:
                    assert "damaged report" in text and key in text
                    continue
                for suffix in (".md", ".html") if place[0] == "plan" else (".md",):
                    assert report_as(suffix, given), f"{place} {key}"


@pytest.mark.full
def test_the_command_prints_and_writes_what_compare_did(tmp_path: Path) -> None:
    """The table where there is no -o; and a missing file is exit code 1."""
    frames = ["--runs", "r.csv", "--history", "h.csv"]
    first = run(["compare", *TINY, "none", "l2", "-o", "a.json", "-o", "a.html", *frames], tmp_path)
    runs, history = first.file("r.csv"), first.file("h.csv")
    assert run(["report", "a.json"], tmp_path).out == first.out
    done = run(["report", "a.json", "-o", "b.html", "-o", "b.json"], tmp_path)
    assert (done.code, done.out, done.err) == (0, "", "")
    assert done.file("b.html") == done.file("a.html") and done.file("b.json") == done.file("a.json")
    for name in ("r.csv", "h.csv"):
        (tmp_path / name).unlink()
    again = run(["report", "a.json", *frames], tmp_path)
    assert (again.code, again.out, again.file("r.csv"), again.file("h.csv")) == (
        0,
        "",
        runs,
        history,
    )
    missing = run(["report", "no.json"], tmp_path)
    assert missing.code == 1
    assert missing.err == "Error: 'no.json' can't be read: No such file or directory\n"


@pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")
def test_in_a_browser_the_page_has_no_error_and_its_table_sorts(tmp_path: Path) -> None:
    """A script of the test clicks the header of the training scores twice, and writes what it sees.

    Then it hides a line by its name, and looks for the method's row.
    """
    probe = """<script>
    const names = () => [...document.querySelectorAll(".sortable tbody th")].map(e => e.textContent);
    const seen = (when) => when + names().join(" ");
    const head = document.querySelectorAll(".sortable thead th")[2];
    head.firstChild.click(); const up = seen("UP ") + " " + head.ariaSort;
    head.firstChild.click(); const down = seen("DOWN ") + " " + head.ariaSort;
    const lines = () => document.querySelectorAll(".overlay .curves > g:not(.hidden)").length;
    const box = document.querySelector(".overlay input");
    const all = lines(); box.click(); const fewer = lines(); box.focus();
    const lit = document.querySelectorAll("tr.lit").length > 0;
    document.body.textContent = `${up} | ${down} | LINES ${all} ${fewer} LIT ${lit} | errors ${errors}`;
    </script>"""
    given = VARIANTS["single_pair"]()
    text = to_html(with_curves(given, list(given.summary["method"])))
    text = text.replace(
        "<head>", "<head><script>let errors = 0; onerror = () => errors++;</script>"
    )
    text = re.sub('<meta http-equiv="Content-Security-Policy"[^>]*>', "", text)
    page = tmp_path / "page.html"
    page.write_text(text.replace("</body>", probe + "</body>"), encoding="utf-8")
    flags = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        f"--user-data-dir={tmp_path / 'profile'}",
    ]
    done = subprocess.run(
        [str(BROWSER), *flags, "--dump-dom", page.as_uri()],
        capture_output=True, encoding="utf-8", timeout=60, check=True,
    )  # fmt: skip
    assert "UP l1=0.0001 none l2=0.01 ascending" in done.stdout
    assert "DOWN l2=0.01 none l1=0.0001 descending | LINES 3 2 LIT true | errors 0" in done.stdout

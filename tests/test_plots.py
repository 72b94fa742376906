"""Figures: the numbers in them, pictures through matplotlib, and what --plot refuses."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import replace
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from commands import TINY, run_here
from handmade import LEVELS, METHODS, VARIANTS, report
from test_html import EVIL, renamed

import regcmp
from regcmp.engine.measuring import WEIGHT_EDGES, weight_counts
from regcmp.engine.regularizers import REGISTRY
from regcmp.errors import DataError, UsageError
from regcmp.plan.grammar import parts_of
from regcmp.plan.tuning import parse_methods
from regcmp.report.document import report_schema
from regcmp.report.exporting import report_as
from regcmp.report.figures import KINDS, figures_of
from regcmp.report.formats import PICTURES
from regcmp.report.html import to_html
from regcmp.report.json_text import to_json
from regcmp.report.layout import make_table
from regcmp.report.marks import Axis, Dots, Figure, Interval, Line, Panel, Rule
from regcmp.report.picture import _draw
from regcmp.report.places import PLOTS, target
from regcmp.report.reader import read_report
from regcmp.report.sketch import sketch
from regcmp.report.spark import ASCII_BARS, BARS, CELLS, with_test_curves
from regcmp.results import HISTORY_COLUMNS, METRICS, Report, frame

SCHEMA = report_schema()
BEGINNINGS = {".png": b"\x89PNG\r\n", ".svg": b"<?xml", ".pdf": b"%PDF-"}


def panels_of(given: Report, kind: str) -> list[Panel]:
    """Of all figures of a kind."""
    return [panel for figure in figures_of(given, kind) for panel in figure.panels]


def test_the_words_of_plot_are_the_figures() -> None:
    """They stand in two places, since the help does not import pandas."""
    assert tuple(KINDS) == PLOTS


def test_differences_are_those_of_the_summary_in_points() -> None:
    """A row for each method that has one; no interval where the summary has none."""
    test, gap = figures_of(report(), "gap")
    (panel,), (beside,) = test.panels, gap.panels
    names = panel.y.labels
    assert list(names) == [name for name in METHODS if name not in ("none", "l2=1000")]
    dots = {names[each.row]: each.xs for each in panel.of(Dots)}
    intervals = {names[each.row]: each.xs for each in panel.of(Interval)}
    better = LEVELS[2]
    assert dots["l2=0.01"] == (better["delta_test"] * 100,)
    assert intervals["l2=0.01"] == pytest.approx((0.49, 2.01696378830084))
    assert METHODS[5] in dots and METHODS[5] not in intervals
    assert panel.of(Rule) == [Rule((0.0,))]
    assert beside.of(Dots)[1].xs[0] < 0


def test_differences_say_what_was_shown_of_them() -> None:
    """By hand: Holm doubles the smaller of two p; an underfit network's smaller gap is no gain."""
    given = report()
    rows = given.summary[given.summary["method"].isin(["none", "l2=0.01", "dropout=0.95"])]
    for p_gap, expected in (
        ((0.024, 0.001), {"l2=0.01": "better", "dropout=0.95": "marked"}),
        ((0.026, 0.03), {"l2=0.01": "", "dropout=0.95": ""}),
    ):
        own = replace(given, summary=rows.assign(p_gap=[np.nan, *p_gap]))
        (test,), (gap,) = (figure.panels for figure in figures_of(own, "gap"))
        tones = {gap.y.labels[each.row]: each.tone for each in gap.of(Interval)}
        assert tones == {gap.y.labels[each.row]: each.tone for each in gap.of(Dots)} == expected
        assert [each.tone for each in test.of(Dots)] == ["better", "worse"]


def test_curves_are_means_and_standard_deviations_over_seeds() -> None:
    """Two seeds, by hand: 80 % and 90 % have the mean 85 and the standard deviation 5 √2."""
    rows = [
        {"method": "none", "seed": seed, "epoch": epoch, "train_accuracy": score + 0.1,
         "test_accuracy": score, "train_loss": 0.1, "test_loss": 0.2}
        for seed, end in ((0, 0.8), (1, 0.9))
        for epoch, score in ((0, 0.1), (4, end))
    ]  # fmt: skip
    given = replace(report(), history=frame(rows, HISTORY_COLUMNS))
    (panel,) = panels_of(given, "curves")
    test = panel.lines[1]
    assert test.side == "test" and test.xs == (0.0, 4.0)
    assert test.means == pytest.approx((10, 85)) and test.sds == pytest.approx((0, 5 * 2**0.5))


LABELS = {
    "accuracy": ("iris", "accuracy in %", "higher is better"),
    "balanced_accuracy": ("iris", "balanced accuracy in %", "higher is better"),
    "log_loss": ("iris", "log loss in nats", "lower is better"),
    "r2": ("diabetes", "R²", "higher is better"),
    "rmse": ("diabetes", "RMSE in units of the target", "lower is better"),
}


@pytest.mark.parametrize("metric", METRICS)
def test_curves_show_the_metric_that_is_compared(metric: str) -> None:
    """They end where the table stands; and every renderer says what they show, and which way is better."""
    dataset, score, better = LABELS[metric]
    words = {"hidden": "4", "epochs": 4, "seeds": 2, "jobs": 1, "train_size": 40, "vary": "split"}
    given = regcmp.compare(dataset, ["none", "l2=0.1,1"], metric=metric, **words)
    factor = 100 if score.endswith("%") else 1
    for panel, (_, row) in zip(panels_of(given, "curves"), given.summary.iterrows(), strict=True):
        assert (panel.y.name, panel.y.better) == (score, better)
        ends = [line.means[-1] / factor for line in panel.lines]
        np.testing.assert_allclose(ends, [row["train_mean"], row["test_mean"]], rtol=1e-12)
    for kind, along in (("curves", "over epochs"), ("strength", "against strength")):
        title = next(line for line in sketch(figures_of(given, kind), 80) if along in line)
        assert score in title and title.endswith(f"), {better}")
    given = replace(given, history=given.history.assign(epoch=given.history["epoch"] + 1))
    legend = with_test_curves(make_table(given), given, "utf-8").below[-1]
    assert legend.startswith(f"Test curve: {score}, {better}; ")
    page, name = to_html(given), score[0].upper() + score[1:]
    assert page.count(f"<figcaption>{name}, {better}. Solid blue: test") == 2
    for panel in (*panels_of(given, "gap"), *panels_of(given, "pairs")):
        assert score.split(" in ")[0] in panel.title


def test_an_older_report_without_balanced_accuracy_in_its_history_shows_accuracy() -> None:
    """And says so."""
    older = report()
    for name in ("train", "test"):
        assert older.history[f"{name}_balanced_accuracy"].isna().all()
    older = replace(
        older,
        plan=older.plan | {"metric": "balanced_accuracy"},
        summary=older.summary.assign(metric="balanced_accuracy"),
    )
    for panel in panels_of(older, "curves"):
        assert panel.y.name == "accuracy in %" and ": accuracy in % over epochs" in panel.title


def test_strengths_stand_in_their_order_also_inside_combinations() -> None:
    """Names differ in one number alone; what has one strength has no panel."""
    names = ["none", "l2=0.1+dropout=0.5", "l2=0.001+dropout=0.5", "l2=0.01+dropout=0.5", "l1=1"]
    summary = report().summary.head(5).assign(method=names)
    summary.loc[2, ["train_mean", "train_sd"]] = [0.75, 0.25]
    methods = {name: parts_of(name) for name in names}
    (panel,) = panels_of(replace(report(), summary=summary, methods=methods), "strength")
    assert (panel.name, panel.x.labels) == ("l2=…+dropout=0.5", ("0.001", "0.01", "0.1"))
    assert panel.lines[0].means[0] == 75 and panel.lines[0].sds[0] == 25


def test_options_at_several_values_have_a_panel_with_their_name() -> None:
    """The default among them, which stands in no name."""
    words = ["none", "dropblock=0.1", "dropblock=0.1:block=5"]
    methods = {str(each): each.parts for each in parse_methods(words)}
    summary = report().summary.head(3).assign(method=list(methods))
    given = replace(report(), summary=summary, methods=methods)
    (panel,) = panels_of(given, "strength")
    default = REGISTRY["dropblock"].options_are["block"].default
    assert (panel.name, panel.x.name) == ("dropblock=0.1:block=…", "Block")
    assert panel.x.labels == tuple(f"{each:g}" for each in sorted((5, default)))


@pytest.mark.parametrize("suffix", PICTURES)
@pytest.mark.parametrize("plot", ["gap", "curves"])
def test_a_picture_is_one_and_has_the_same_bytes_each_time(suffix: str, plot: str) -> None:
    """Also with a name that has markup, a formula and control characters in it; and without a date."""
    pytest.importorskip("matplotlib")
    given = renamed(report(), EVIL.replace("\n", "") + "$x^{$ _a_")
    content = report_as(suffix, given, plot=plot)
    assert report_as(suffix, renamed(report(), "日本"), plot=plot)
    assert isinstance(content, bytes) and content.startswith(BEGINNINGS[suffix])
    assert report_as(suffix, given, plot=plot) == content
    assert not re.search(rb"20\d\d-\d\d|D:20\d\d|Matplotlib v|<dc:date>", content)


@pytest.mark.parametrize("plot", PLOTS)
@pytest.mark.parametrize("variant", list(VARIANTS))
def test_a_figure_that_has_nothing_to_show_says_what_it_needs(variant: str, plot: str) -> None:
    """And which figures there are."""
    given = VARIANTS[variant]()
    if KINDS[plot][0](given):
        assert figures_of(given, plot)
        return
    with pytest.raises(DataError, match=f"--plot '{plot}': nothing to draw; it needs "):
        figures_of(given, plot)


def test_a_picture_of_a_command_is_that_of_its_report(tmp_path: Path) -> None:
    """To the byte, in each format."""
    pytest.importorskip("matplotlib")
    files = ["-o", "a.png", "-o", "a.svg", "-o", "a.json"]
    first = run_here(["compare", *TINY, "none", "l2=0.1,1", "--plot", "strength", *files], tmp_path)
    assert (first.code, first.err) == (0, "")
    done = run_here(
        ["report", "a.json", "--plot", "strength", "-o", "b.png", "-o", "b.svg"], tmp_path
    )
    assert (done.code, done.out, done.err) == (0, "", "")
    assert first.file("a.png") == done.file("b.png") and first.file("a.svg") == done.file("b.svg")


def test_without_matplotlib_one_line_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Before any training."""
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(UsageError, match=r"needs matplotlib.*pip install 'regcmp\[plots\]'"):
        target("-o", str(tmp_path / "a.png"))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--plot", "gaps", "-o", "a.svg"], "unknown plot 'gaps': did you mean 'gap'?"),
        (["-o", "-.png"], "-o '-.png': .png is no text for a terminal; name a file"),
    ],
)
def test_what_plot_refuses(words: list[str], message: str, tmp_path: Path) -> None:
    """In one line, before training."""
    pytest.importorskip("matplotlib")
    done = run_here(["compare", *TINY, *words], tmp_path)
    assert (done.code, done.err) == (2, f"Error: {message}\n")


def test_weights_are_counted_in_their_bins() -> None:
    """By hand: an edge belongs to the bin above it, and what lies beyond is counted too."""
    values = np.array([-9, -1.025, -0.02, 0, 0, 0.024, 0.025, 1.02, 1.025, np.inf])
    counts = weight_counts(values)
    assert len(counts) == len(WEIGHT_EDGES) + 1 and sum(counts) == len(values)
    assert {i: n for i, n in enumerate(counts) if n} == {0: 1, 1: 1, 21: 4, 22: 1, 41: 1, 42: 2}


def test_the_histogram_of_a_penalty_has_more_weights_at_zero(tmp_path: Path) -> None:
    """In the JSON, which keeps to its schema, and in the figure; every weight is counted."""
    words = ["compare", *TINY, "--epochs", "20", "none", "l1=1", "-q", "-o", "a.json"]
    assert run_here(words, tmp_path).code == 0
    document = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    jsonschema.validate(document, SCHEMA)
    runs = document["weights"]["runs"]
    assert [(each["method"], each["seed"]) for each in runs] == [
        ("none", 0), ("none", 1), ("l1=1", 0), ("l1=1", 1),
    ]  # fmt: skip
    assert all(sum(each["counts"]) == 4 * 4 + 4 * 3 for each in runs)
    plain, sparse = panels_of(read_report(str(tmp_path / "a.json")), "weights")
    assert sparse.lines[0].xs[21] == pytest.approx(0)
    assert sparse.lines[0].means[21] > 2 * plain.lines[0].means[21]
    assert sum(sparse.lines[0].means) == pytest.approx(100)


@pytest.mark.parametrize(
    "part",
    [
        "x",
        {},
        {"edges": [0, 1], "runs": [{"method": "a", "counts": [1]}]},
        {"edges": [0, 1], "runs": [3]},
    ],
)
def test_damaged_histograms_are_refused(part: object, tmp_path: Path) -> None:
    """As the damaged report that it is."""
    document = json.loads(to_json(report())) | {"weights": part}
    (tmp_path / "a.json").write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(DataError, match="is a damaged report"):
        read_report(str(tmp_path / "a.json"))


def test_a_picture_names_its_axes_and_keeps_its_legend_out_of_the_panels() -> None:
    """Within a panel it would lie on an interval."""
    from matplotlib.figure import Figure as Sheet

    sheet = Sheet(layout="constrained")
    _draw(sheet, figures_of(report(), "curves"))
    assert [each.get_text() for each in sheet.legends[0].get_texts()] == ["train", "test"]
    assert all(axes.get_legend() is None for axes in sheet.axes)
    assert {axes.get_xlabel() for axes in sheet.axes if axes.axison} == {"Epoch"}
    assert sheet.axes[0].get_ylabel() == "accuracy in %\nhigher is better"


def test_sketched_curves_leave_out_the_untrained_network() -> None:
    """An untrained network's score would flatten the rest; where two curves meet, a mark says so."""
    lines = tuple(
        Line(side, (0.0, 5.0, 10.0, 15.0), (10.0, *means), (0.0,) * 4)
        for side, means in (("train", (90.0, 95.0, 97.0)), ("test", (89.0, 94.0, 97.0)))
    )
    axis_of_epochs = Axis("Epoch", tight=True)
    panel = Panel("l2", "l2: score over epochs", "", axis_of_epochs, Axis(), lines, True)
    title, *drawn, axis = sketch([Figure("", "", (panel,), ())], 40)[1:]
    assert title == "l2: score over epochs (. train, * test, # both)"
    assert drawn[0].startswith("97 |") and drawn[0].endswith("#")
    assert drawn[-1].startswith("89 |*")
    assert axis.split() == ["5", "15"]


def test_differences_that_are_all_zero_have_no_axis_to_read() -> None:
    """Nothing lies between 0 and 0."""
    marks = (Rule((0.0,)), Dots(0, (0.0,)))
    panel = Panel("", "Gap", "", Axis(), Axis(labels=("l2",)), marks)
    assert sketch([Figure("", "", (panel,), ())], 40)[-1].strip() == "all are 0"


@pytest.mark.parametrize("width", [24, 80, 200, None])
@pytest.mark.parametrize("plot", ["gap", "curves", "strength"])
def test_a_sketch_is_plain_text_no_wider_than_the_screen(plot: str, width: int | None) -> None:
    """But for its titles, which a terminal wraps; and the baseline stands in one column."""
    lines = sketch(figures_of(report(), plot), width)
    drawn = [line for line in lines if "minus" not in line and ":" not in line.split("  ")[0]]
    assert all(len(line) <= (width or 80) for line in drawn)
    if plot == "gap" and width == 80:
        below = [line for line in lines[2:8] if "|" in line[26:]]
        assert below and len({line.index("|") for line in below}) == 1


def test_plot_without_a_picture_is_drawn_below_the_table(tmp_path: Path) -> None:
    """On standard output, with the table above it."""
    done = run_here(["compare", *TINY, "none", "l2=0.1,1", "--plot", "strength"], tmp_path)
    assert (done.code, done.err) == (0, "")
    assert done.out.index("Holm") < done.out.index(
        "l2=…: accuracy in % against strength (. train, * test)"
    )


def with_history(scores: dict[str, dict[int, float]]) -> Report:
    """The hand-written report with these test scores of one seed at these epochs."""
    rows = [
        {"method": method, "seed": 0, "epoch": epoch, "train_accuracy": 0.5, "test_accuracy": score}
        for method, each in scores.items()
        for epoch, score in each.items()
    ]
    return replace(report(), history=frame(rows, HISTORY_COLUMNS))


@pytest.mark.parametrize(("encoding", "bars"), [("utf-8", BARS), ("ascii", ASCII_BARS)])
def test_a_test_curve_has_a_bar_for_each_epoch_on_one_scale(encoding: str, bars: str) -> None:
    """By hand: sevenths of the way up are the bars in order; a stopped method's curve ends.

    What networks score before training has no part in it.
    """
    given = with_history(
        {
            "none": {0: -9.0} | {i + 1: i / 7 for i in range(8)},
            "l2=0.01": {0: 9.0, 1: 1.0, 2: 0.0, 3: 2 / 7},
        }
    )
    plain = make_table(given)
    table = with_test_curves(plain, given, encoding)
    drawn = {row[0]: row[-1] for row in table.rows}
    assert drawn["none"] == bars
    assert drawn["l2=0.01"] == bars[7] + bars[0] + bars[2] + " " * 5
    assert drawn["l2=1000"] == ""
    assert tuple(row[:-1] for row in table.rows) == plain.rows
    assert f"from {bars[0]} = 0 to {bars[-1]} = 100, at epochs 1 to 8" in table.below[-1]


def test_a_long_test_curve_keeps_its_ends_and_a_single_epoch_has_none() -> None:
    """And equal scores are no division by zero."""
    given = with_history({"none": {i + 1: i / 99 for i in range(100)}})
    curve = with_test_curves(make_table(given), given, "utf-8").rows[0][-1]
    assert len(curve) == CELLS and (curve[0], curve[-1]) == (BARS[0], BARS[-1])
    assert list(curve) == sorted(curve)
    flat = with_history({"none": {1: 0.5, 2: 0.5}})
    assert with_test_curves(make_table(flat), flat, "utf-8").rows[0][-1] == BARS[0] * 2
    for few in ({3: 0.5}, {0: 0.1, 3: 0.5}, {0: 0.5}):
        single = with_history({"none": few})
        assert with_test_curves(make_table(single), single, "utf-8") == make_table(single)


def test_losses_whose_squares_are_no_numbers_are_left_out_of_curves() -> None:
    """Runs that diverge have such, and the page is drawn all the same."""
    rows = [
        {"method": "none", "seed": seed, "epoch": epoch, "train_loss": loss, "test_loss": loss}
        for seed in (0, 1)
        for epoch, loss in ((0, 2.0), (4, 1.0), (8, 1e300 * (seed + 1)))
    ]
    given = VARIANTS["log_loss"]()
    given = replace(given, history=frame(rows, HISTORY_COLUMNS))
    (panel,) = panels_of(given, "curves")
    assert panel.lines[0].xs == (0.0, 4.0)
    assert panel.lines[1].means == (2.0, 1.0)
    assert "Learning curves" in to_html(given)


def test_a_plot_that_nobody_would_see_is_refused(tmp_path: Path) -> None:
    """Standard output has the data, and -q leaves standard error empty."""
    done = run_here(("compare", "--dataset", "iris", "--plot", "gap", "-q", "-o", "-"), tmp_path)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("Error: --plot 'gap' has no place: ")

"""Decision regions of data with two features: what is stored, what it means, and how it is drawn."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from commands import TINY, run_here
from conftest import make_stack
from handmade import report
from test_html import EVIL, Page

from regcmp.data.loading import load_dataset
from regcmp.data.preparation.grid import CELLS, MOST_POINTS, grid_of
from regcmp.data.preparation.preparing import preparation_of
from regcmp.data.preparation.splitting import Split
from regcmp.data.preparation.targets import Targets
from regcmp.engine.stack import Ingredient, Keep
from regcmp.engine.training import train
from regcmp.errors import DataError
from regcmp.plan import make_plan
from regcmp.report.document import report_schema
from regcmp.report.figures import figures_of
from regcmp.report.formats import PICTURES
from regcmp.report.html import to_html
from regcmp.report.json_text import to_json
from regcmp.report.marks import Figure, Points, Raster
from regcmp.report.reader import read_report
from regcmp.report.regions import BANDS, OF_BANDS, OF_CLASSES, boundary
from regcmp.report.sketch import CLASSES, sketch
from regcmp.results import Report

SCHEMA = report_schema()
QUICK = ("--seeds", "2", "--epochs", "40", "--hidden", "8", "--jobs", "1", "-q")
NAMES = ["left", "right"]


def stored(folder: Path, *words: str) -> dict[str, Any]:
    """The JSON that a comparison writes, which keeps to its schema."""
    done = run_here(["compare", *QUICK, *words, "-o", "-.json"], folder)
    assert done.code == 0, done.err
    document: dict[str, Any] = json.loads(done.out)
    jsonschema.validate(document, SCHEMA)
    return document


@cache
def handmade() -> Report:
    """The hand-written report with a map of its own: 2 x 3 cells, and three rows."""
    own = report()
    names = own.plan["methods"][:2]
    part = {
        "seed": 0,
        "features": ["a", "b"],
        "low": [0.0, 10.0],
        "high": [2.0, 20.0],
        "points": {"x": [0.0, 1.0, 2.0], "y": [10.0, 20.0, 20.0], "target": [0, 1, 1]},
        "methods": [{"method": name, "rows": ["0 0 1", "0 1 1"]} for name in names],
    }
    data = own.plan["data"] | {"classes": NAMES}
    return replace(own, boundary=part, plan=own.plan | {"data": data})


@pytest.mark.parametrize("column", [0, 1])
def test_a_map_shows_where_each_class_is(column: int, tmp_path: Path) -> None:
    """The class hangs on one feature alone: that of the x axis, or that of the y axis, upwards."""
    rng = np.random.default_rng(1)
    rows = rng.uniform(-1, 1, (80, 2)) * [1, 100] + [5, 0]
    high = rows[:, column] > [5, 0][column]
    text = "".join(
        f"{a:.6f},{b:.6f},{NAMES[int(h)]}\n" for (a, b), h in zip(rows, high, strict=True)
    )
    (tmp_path / "own.csv").write_text("width,height,class\n" + text, encoding="utf-8")
    part = stored(tmp_path, "--dataset", "own.csv", "none", "l2")["boundary"]
    assert part["features"] == ["width", "height"]
    assert part["low"][1] < -90 < 90 < part["high"][1]
    assert 3.5 < part["low"][0] < part["high"][0] < 6.5
    for method in part["methods"]:
        cells = np.array([row.split() for row in method["rows"]], int)
        assert cells.shape == (CELLS, CELLS)
        along = cells if column == 0 else cells.T
        assert (along[:, : CELLS // 3] == 0).mean() > 0.95
        assert (along[:, -CELLS // 3 :] == 1).mean() > 0.95


def test_values_are_in_the_unit_of_the_target_and_so_are_the_rows(tmp_path: Path) -> None:
    """A plane, 1000 + 3 a - 2 b, which a network of identities is."""
    rng = np.random.default_rng(2)
    a, b = rng.uniform(0, 10, (2, 60))
    text = "".join(
        f"{x:.6f},{y:.6f},{1000 + 3 * x - 2 * y:.6f}\n" for x, y in zip(a, b, strict=True)
    )
    (tmp_path / "own.csv").write_text("a,b,target\n" + text, encoding="utf-8")
    words = ("--dataset", "own.csv", "--activation", "identity", "none")
    part = stored(tmp_path, *words, "--epochs", "150")["boundary"]
    cells = np.array([row.split() for row in part["methods"][0]["rows"]], float)
    for row, height in ((0, part["low"][1]), (-1, part["high"][1])):
        for column, width in ((0, part["low"][0]), (-1, part["high"][0])):
            assert cells[row, column] == pytest.approx(1000 + 3 * width - 2 * height, abs=0.5)
    points = part["points"]
    expected = 1000 + 3 * np.array(points["x"]) - 2 * np.array(points["y"])
    np.testing.assert_allclose(points["target"], expected, atol=1e-5)


def test_the_grid_is_scaled_by_the_training_rows_and_begins_below_on_the_left() -> None:
    """By hand: mean and standard deviation of the split's training rows, not of all."""
    plan = make_plan("moons")
    dataset = load_dataset(plan.dataset, plan.reading, plan.columns)
    split = Split(np.arange(350), np.arange(350, 400))
    targets = Targets(dataset.y[split.train], dataset.y[:0])
    grid = grid_of(dataset, split, targets, 0)
    preparation = preparation_of(dataset, "float64").fit(dataset.take(split.train))
    prepared = preparation.transform(grid.places)
    own = dataset.x[split.train]
    corners = np.array([grid.low, [grid.high[0], grid.low[1]], grid.high])
    expected = (corners - own.mean(axis=0)) / own.std(axis=0)
    np.testing.assert_allclose(prepared[[0, CELLS - 1, -1]], expected)
    assert len(grid.drawn({})["points"]["x"]) == MOST_POINTS
    fewer = grid_of(dataset, Split(np.arange(20), split.test), targets, 0)
    assert len(fewer.drawn({})["points"]["x"]) == 20


@pytest.mark.parametrize("name", [None, "swa", "snapshot", "batchnorm", "earlystop"])
def test_the_network_asked_is_the_one_that_is_judged(name: str | None) -> None:
    """Asked for the test rows, it has the test accuracy of the run, also where several are averaged."""
    parts = () if name is None else (Ingredient(name, (5.0,) if name != "swa" else (0.5,)),)
    seeds = (0, 1, 2)
    if name is not None:
        parts = (replace(parts[0], strength=parts[0].strength * len(seeds)),)
    stack = make_stack(*parts, seeds=seeds, splits=2, epochs=12)
    assert {each.model for each in train(stack)} == {None}
    for split, each in zip(
        stack.splits, train(replace(stack, keep=Keep(models=True))), strict=True
    ):
        right = each.model.predict(stack.rows.x_test[split]) == stack.rows.y_test[split]
        assert right.mean() == each.history[-1].test["accuracy"]


def test_the_map_of_a_method_depends_on_no_other(tmp_path: Path) -> None:
    """Nor on workers; and a stopped run has none."""
    words = ("--dataset", "circles:n=120")
    alone = stored(tmp_path, *words, "l2=0.1", "--baseline", "l2=0.1", "--seeds", "1")["boundary"]
    with_others = ("none", "l2=0.1,0.2", "l2=1000", "dropout", "--lr", "0.02", "--jobs", "2")
    beside = stored(tmp_path, *words, *with_others)["boundary"]
    again = stored(tmp_path, *words, "l2=0.1", "--lr", "0.02")["boundary"]
    maps = {each["method"]: each["rows"] for each in beside["methods"]}
    assert maps["l2=0.1"] == again["methods"][-1]["rows"] != alone["methods"][0]["rows"]
    assert beside["points"] == again["points"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("iris",), "'iris' has 4; moons and circles have two"),
        (("moons", "--noise-features", "1"), "--noise-features adds 1; leave it out"),
        (("moons", "--image", "1x2"), "'moons' are images"),
        (
            ("own.csv",),
            "'own.csv' has columns that are no plain numbers; --drop leaves columns out",
        ),
    ],
)
def test_other_data_have_no_map_and_the_plot_is_refused_before_training(
    words: tuple[str, ...], found: str, tmp_path: Path
) -> None:
    """In one line; a saved report of such data has no map, and says what is needed."""
    rows = "".join(f"{i},{'pq'[i % 3 % 2]},{'uv'[i % 2]}\n" for i in range(40))
    (tmp_path / "own.csv").write_text("a,b,class\n" + rows, encoding="utf-8")
    tiny = ["compare", *TINY[2:], "-q", "--dataset", *words, "none", "-o", "a.json"]
    done = run_here([*tiny, "--plot", "boundary"], tmp_path)
    assert done.code == 2 and not (tmp_path / "a.json").exists()
    assert done.err == f"Error: --plot 'boundary' needs data of two numeric features: {found}\n"
    assert run_here(tiny, tmp_path).code == 0
    assert "boundary" not in json.loads(done.file("a.json"))
    done = run_here(["report", "a.json", "--plot", "boundary", "-o", "-"], tmp_path)
    assert done.code == 1
    assert done.err == (
        "Error: --plot 'boundary': nothing to draw; it needs data of two numeric features, and a run"
        " of the first seed that was not stopped; this report has curves, weights\n"
    )


def test_regions_are_the_cells_by_class() -> None:
    """By hand; their shares are said, and stand in the table below the figure."""
    (figure,) = boundary(handmade())
    first, _ = figure.panels
    (raster,), (points,) = first.of(Raster), first.of(Points)
    assert raster.cells == ((0, 0, 1), (0, 1, 1))
    left, right = OF_CLASSES[:2]
    assert figure.keys == ((left, "left"), (right, "right")) and not raster.ordered
    assert points == Points((0.0, 1.0, 2.0), (10.0, 20.0, 20.0), (left, right, right))
    assert (raster.xs, raster.ys) == ((-0.5, 2.5), (5.0, 25.0))
    assert first.about == "Of the map of a and b: left in 50 %, right in 50 %."
    page = Page(to_html(handmade()))
    assert page.texts["th"][-2:] and "right: % of the map" in page.texts["th"]


def test_values_are_put_into_equal_steps() -> None:
    """From the lowest to the highest of all maps and rows, so that colours mean the same in each."""
    own = copy.deepcopy(handmade())
    assert own.boundary is not None
    own.boundary["points"]["target"] = [0.0, 4.5, 9.0]
    own.boundary["methods"][0]["rows"] = ["1 2.5 8.5", "0 0 9"]
    own.plan["data"]["classes"] = []
    (figure,) = boundary(own)
    (raster,), (points,) = figure.panels[0].of(Raster), figure.panels[0].of(Points)
    levels = [name for _, name in figure.keys]
    assert raster.ordered and len(levels) == len(raster.colors) == BANDS
    assert levels[0] == "0 to 1" and levels[-1] == "8 to 9"
    assert raster.cells == ((1, 2, 8), (0, 0, 8))
    assert points.colors == (OF_BANDS[0], OF_BANDS[4], OF_BANDS[8])


def test_a_map_of_equal_values_is_drawn() -> None:
    """No step has a width then."""
    own = copy.deepcopy(handmade())
    assert own.boundary is not None
    own.boundary["points"]["target"] = [1, 1, 1]
    for each in own.boundary["methods"]:
        each["rows"] = ["1 1 1", "1 1 1"]
    own.plan["data"]["classes"] = []
    assert Page(to_html(own)) and sketch(figures_of(own, "boundary"), 80)


def with_cells(cells: tuple[tuple[int, ...], ...], names: list[str] | None = None) -> Figure:
    """The maps of the hand-written report with other cells, and other names of their levels."""
    (figure,) = boundary(handmade())
    panels = (
        replace(each, marks=(replace(each.of(Raster)[0], cells=cells),)) for each in figure.panels
    )
    keys = tuple(("#000", name) for name in names) if names else figure.keys
    return replace(figure, panels=tuple(panels), keys=keys)


@pytest.mark.parametrize("width", [24, 80, None])
def test_a_sketch_of_maps_is_no_wider_than_the_screen(width: int | None) -> None:
    """Side by side where there is room, the highest row on top."""
    cells = tuple((0,) * 40 + (1,) * 40 if row < 40 else (1,) * 80 for row in range(80))
    maps = with_cells(cells)
    lines = sketch([maps], width)
    assert all(len(line) <= (width or 80) for line in lines[2:])
    if width == 24:
        assert lines[3:5] == ["none", "o" * 20] and lines[11] == "." * 10 + "o" * 10
        return
    one, below = "o" * 27, "." * 14 + "o" * 13
    assert lines[3].split() == ["none", "l1=0.0001"]
    assert lines[4] == f"{one}  {one}" and lines[-1] == f"{below}  {below}"
    many = [f"c{i}" for i in range(25)]
    assert sketch([with_cells(cells, many)], width)[1] == "b over a (. c0, o c1)"
    row = tuple(range(25))
    key = sketch([with_cells((row, row), many)], width)[1]
    assert key.endswith(", l c19, and 5 more)") and len(set(CLASSES)) == len(CLASSES) > 30
    four = replace(maps, panels=maps.panels * 2)
    assert sketch([four], 200)[3].split() == ["none", "l1=0.0001"] * 2
    assert lines[1] == "b over a (. left, o right)"


def test_no_name_becomes_markup() -> None:
    """Classes and features are text of others."""
    own = copy.deepcopy(handmade())
    assert own.boundary is not None
    own.boundary["features"], own.plan["data"]["classes"] = [EVIL, EVIL], [EVIL, "b"]
    text = to_html(own)
    assert [tag for tag, _ in Page(text).found] == [
        tag for tag, _ in Page(to_html(handmade())).found
    ]
    assert "<script>alert" not in text and "\x1b" not in text
    assert "\x1b" not in "".join(sketch(boundary(own), 80))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("seed", "x"),
        ("low", [1]),
        ("points", {"x": [1], "y": [], "target": [1]}),
        ("methods", [{"method": "none", "rows": ["0 1", "0"]}]),
        ("methods", [{"method": "none", "rows": []}]),
        ("methods", [{"method": "none", "rows": [["0"]]}]),
        ("methods", [{"method": "none", "rows": ["0 a"]}]),
        ("methods", [{"rows": ["0"]}]),
        ("methods", [{"method": "none"}]),
        ("points", {"x": ["1"], "y": [1], "target": [1]}),
        ("methods", 3),
        ("features", None),
    ],
)
def test_a_damaged_map_is_refused(key: str, value: object, tmp_path: Path) -> None:
    """In the line that every damaged report gets."""
    document = json.loads(to_json(handmade()))
    document["boundary"][key] = value
    (tmp_path / "a.json").write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(DataError, match="is a damaged report"):
        read_report(str(tmp_path / "a.json"))


@pytest.mark.full
def test_pictures_of_a_saved_report_are_those_of_the_command(tmp_path: Path) -> None:
    """To the byte, in each format."""
    pytest.importorskip("matplotlib")
    tiny = [*TINY[2:], "--dataset", "moons:n=60", "none", "l2", "--plot", "boundary"]

    def names(letter: str) -> list[str]:
        return [word for each in PICTURES for word in ("-o", letter + each)]

    first = run_here(["compare", *tiny, *names("a"), "-o", "a.json"], tmp_path)
    assert (first.code, first.err) == (0, "")
    done = run_here(["report", "a.json", "--plot", "boundary", *names("b")], tmp_path)
    assert (done.code, done.err) == (0, "")
    for each in PICTURES:
        assert first.file(f"a{each}") == done.file(f"b{each}")

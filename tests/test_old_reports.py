"""Reports of earlier versions stay readable: two that regcmp 0.1 wrote, before methods had their parts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from commands import run_here, strict

from regcmp.analysis.comparing import diff_reports
from regcmp.option import FIRST_VERSION
from regcmp.plan import OPTIONS
from regcmp.plan.grammar import Part
from regcmp.plan.options import before_options
from regcmp.report.figures import KINDS, figures_of
from regcmp.report.json_text import to_json
from regcmp.report.reader import read_report

FILES = sorted((Path(__file__).parent / "reports").glob("*.json"))
DERIVED = {"error", "error_floor", "df"}
"""Columns that follow from others; test_power.py has what they hold."""
SHOWN = {
    "maps": set(KINDS) - {"strength", "budget"},
    "regression": set(KINDS) - {"boundary", "budget"},
}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_nothing_of_an_old_report_is_lost(path: Path) -> None:
    """Written again, it holds all that it held; keys that came later tell what was so before."""
    old = strict(path.read_bytes())
    new = strict(to_json(read_report(str(path))))
    for name in ("schema", "environment", "timing", "verdict", "weights", "boundary"):
        assert new.get(name) == old.get(name)
    before, after = old["plan"].pop("data"), new["plan"].pop("data")
    assert new["plan"] | old["plan"] == new["plan"] and after | before == after
    for name in ("summary", "runs", "history"):
        assert len(new[name]) == len(old[name])
        for before, after in zip(old[name], new[name], strict=True):
            assert after | before == after
            assert {
                key for key, value in after.items() if value is not None
            } - before.keys() <= DERIVED


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_an_old_report_lacks_what_came_later(path: Path) -> None:
    """Those options and no other, and they have what held before them where it is read."""
    later = {name for name, each in OPTIONS.items() if each.since != FIRST_VERSION}
    assert later and OPTIONS.keys() - json.loads(path.read_text("utf-8"))["plan"].keys() == later
    plan = read_report(str(path)).plan
    held = before_options()
    assert all(plan[name] == held[name] for name in later)


def test_the_parts_of_its_methods_are_those_of_their_names() -> None:
    """Which hold all but the options that have their default."""
    maps, regression = (read_report(str(path)) for path in FILES)
    assert maps.methods == {
        "none": (),
        "l2=0.01": (Part("l2", 0.01),),
        "l2=0.01+dropout=0.2:schedule=cosine": (
            Part("l2", 0.01),
            Part("dropout", 0.2, (), "cosine"),
        ),
    }
    assert list(regression.methods) == ["none", "l2=0.01", "l2=0.1", "earlystop=10"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_format_and_figure_of_an_old_report_is_made(path: Path, tmp_path: Path) -> None:
    """And it has not changed against itself."""
    report = read_report(str(path))
    assert {kind for kind, (make, _) in KINDS.items() if make(report)} == SHOWN[path.stem]
    for kind in SHOWN[path.stem]:
        assert figures_of(report, kind)
    words = [word for each in ("md", "html", "tex", "csv") for word in ("-o", f"r.{each}")]
    done = run_here(("report", str(path), *words), tmp_path)
    assert (done.code, done.err) == (0, "")
    diff = diff_reports("old", report, "new", read_report(str(path)))
    assert diff.paired and not diff.changes
    assert (diff.table["change_test"].dropna() == 0).all()


def test_a_name_of_a_regularizer_that_is_not_known_here_is_read(tmp_path: Path) -> None:
    """A plugin's need not be loaded, and a plus sign may stand within a number."""
    document = json.loads(FILES[1].read_text("utf-8"))
    text = (
        json.dumps(document).replace("l2=0.1", "mine=1e+20:a=3").replace("earlystop=10", "x=1+y=2")
    )
    (tmp_path / "r.json").write_text(text, encoding="utf-8")
    methods = read_report(str(tmp_path / "r.json")).methods
    assert methods["mine=1e+20:a=3"] == (Part("mine", 1e20, (("a", 3.0),)),)
    assert methods["x=1+y=2"] == (Part("x", 1.0), Part("y", 2.0))

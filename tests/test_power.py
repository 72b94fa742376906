"""What a comparison could have found: its arithmetic, and what is shown of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from commands import run_here
from scipy import stats

from regcmp.analysis.power import Design
from regcmp.analysis.statistics import detectable, power
from regcmp.report.reader import read_report


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a report of wine."""
    folder = tmp_path_factory.mktemp("power")
    words = "compare --dataset wine none l2=0.1 --epochs 6 --jobs 1 -q -o a.json".split()
    done = run_here(words, folder)
    assert done.code == 0, done.err
    return folder


@pytest.mark.parametrize("df", [4.0, 9.0, 37.5, 400.0])
def test_power_is_that_of_the_noncentral_t(df: float) -> None:
    """Of scipy; and of the smallest difference that is found, 80 %."""
    bound = stats.t.ppf(0.975, df)
    for shift in (0.0, 0.5, 2.0, 3.5):
        expected = stats.nct.sf(bound, df, shift) + stats.nct.cdf(-bound, df, shift)
        assert power(0.01 * shift, 0.01, df, 0.05) == pytest.approx(expected, abs=2e-4)
    assert power(detectable(0.01, df, 0.05), 0.01, df, 0.05) == pytest.approx(0.8, abs=1e-6)
    shifts = [power(x, 1.0, df, 0.001) for x in (0.0, 5.0, 20.0, 29.0, 40.0, 700.0)]
    assert shifts == sorted(shifts) and shifts[-1] == 1


def test_more_seeds_leave_the_floor_and_more_rows_do_not() -> None:
    """Variances by hand."""
    design = Design(error=0.05, floor=0.03, df=9, seeds=10)
    assert design.at(10) == design
    assert design.at(40).error ** 2 == pytest.approx(0.0009 + 0.0016 / 4)
    assert design.at(10, rows=4).error == pytest.approx(0.025)
    assert design.seeds_for(0.05) is None
    seeds = design.seeds_for(0.12)
    assert (
        seeds is not None and design.at(seeds).finds(0.12) and not design.at(seeds - 1).finds(0.12)
    )
    rows = design.rows_for(0.1)
    assert design.at(10, rows).power(0.1) == pytest.approx(0.8, abs=1e-6)


def test_power_says_what_could_have_been_found(reports: Path) -> None:
    """In the unit of the table, and by the design of the report."""
    done = run_here(["power", "a.json", "--difference", "0.01"], reports)
    assert done.code == 0 and "two-way test over rows and seeds" in done.out
    row = read_report(str(reports / "a.json")).summary.iloc[1]
    design = Design(row["error"], row["error_floor"], row["df"], 10)
    assert f"{100 * design.detectable:.2f} points" in done.out
    assert f"{design.power(0.01):.0%}" in done.out and "Power for 1.00" in done.out
    for number in ("-1", "0", "nan", "inf"):
        refused = run_here(["power", "a.json", "--difference", number], reports)
        assert refused.code == 2 and "--difference: expected a number above 0" in refused.err
    for number in ("1e9", "1e-12"):
        assert run_here(["power", "a.json", "--difference", number], reports).code == 0


def test_power_of_a_single_seed_is_refused(tmp_path: Path) -> None:
    """There is no interval to take it from."""
    words = ["--dataset", "iris", "none", "l2", "--seeds", "1", "--epochs", "1"]
    assert run_here(["compare", *words, "-qo", "one.json"], tmp_path).code == 0
    done = run_here(["power", "one.json"], tmp_path)
    assert done.code == 1 and "run 'regcmp compare --seeds 10 -o FILE.json'" in done.err

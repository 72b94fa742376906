"""Values of options from Python, of every type: taken as they are meant, or refused in one line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

import regcmp
from regcmp.errors import UsageError
from regcmp.plan import OPTIONS, make_plan
from regcmp.plan.execution import EXECUTION, make_execution
from regcmp.plan.kinds import kept_of
from regcmp.report.reader import read_report

VALUES: tuple[Any, ...] = (
    True, False, None, "", "x", "1", 1, 0, -1, 0.5, 1.5, float("nan"), float("inf"), 10**30, b"1", [], ["x"],
    [1], [None], (), {}, {"a": 1}, Path("x"), np.int64(3), np.float32(0.5), np.array(1), np.array([1, 2]),
    object(), print, 1j,
)  # fmt: skip
NO_SWITCH = {name for name, each in OPTIONS.items() if each.kind not in ("switch", "flag")}


def damaged(kept: dict[str, Any]) -> list[str]:
    """The options that a report of this plan could not be read for; the dataset is looked up later."""
    found = []
    for name, each in OPTIONS.items():
        if name == "dataset":
            continue
        later = each.settled and kept[name] == each.default  # a dataset puts its own in its place
        try:
            if not later:
                msgspec.convert(kept[name], kept_of(each))
        except msgspec.ValidationError:
            found.append(name)
    return found


@pytest.mark.parametrize("name", [*OPTIONS, *EXECUTION])
def test_a_value_is_taken_or_refused_by_name(name: str) -> None:
    """And what is taken is plain: JSON has it, and it gives the same plan again."""
    refused: list[UsageError] = []
    for value in VALUES:
        given = {"dataset": "wine"} | {name: value}
        try:
            if name in EXECUTION:
                make_execution(**{name: value})
                continue
            plan = make_plan(**given)
        except UsageError as error:
            refused.append(error)
            continue
        kept = json.loads(json.dumps(plan.as_dict(), allow_nan=False))
        assert make_plan(**kept) == plan, value
        assert not damaged(kept), value
    assert not [each for each in refused if "\n" in str(each) or not each.options]


@pytest.mark.parametrize("name", sorted(NO_SWITCH - {"dataset"}))
def test_a_truth_value_is_no_number_and_no_text(name: str) -> None:
    """Python counts with True, and nobody means that."""
    with pytest.raises(UsageError):
        make_plan("wine", **{name: True})


def test_numbers_of_numpy_are_numbers() -> None:
    """Of any kind that is whole where it must be."""
    assert make_plan("wine", epochs=np.int64(3), lr=np.float32(0.5)) == make_plan(
        "wine", epochs=3, lr=0.5
    )


def test_a_report_from_values_of_numpy_is_read_back(tmp_path: Path) -> None:
    """The words of its plan are plain numbers and texts."""
    made = regcmp.compare(
        "iris", ["none"], seeds=np.int64(2), epochs=np.int8(2), lr=np.float32(0.5), jobs=np.int64(1),
        hidden=np.array([4]), test_size=np.float64(0.25), vary=np.array(["split"]),
    )  # fmt: skip
    (tmp_path / "r.json").write_text(made.to_json(), encoding="utf-8")
    plan = read_report(str(tmp_path / "r.json")).plan
    assert plan == made.plan | {"methods": ["none"]}
    assert [plan[name] for name in ("seeds", "epochs", "lr", "hidden")] == [2, 2, 0.5, [4]]

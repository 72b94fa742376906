"""Values of options from Python, of every type: taken as they are meant, or refused in one line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from regcmp.errors import UsageError
from regcmp.plan import OPTIONS, make_plan
from regcmp.plan.execution import EXECUTION, make_execution

VALUES: tuple[Any, ...] = (
    True, False, None, "", "x", "1", 1, 0, -1, 0.5, 1.5, float("nan"), float("inf"), 10**30, b"1", [], ["x"],
    [1], [None], (), {}, {"a": 1}, Path("x"), np.int64(3), np.float32(0.5), np.array(1), np.array([1, 2]),
    object(), print, 1j,
)  # fmt: skip
NO_SWITCH = {name for name, each in OPTIONS.items() if each.kind not in ("switch", "flag")}


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

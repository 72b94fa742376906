"""What varies in a study: ``--over NAME=V1,V2,...``, and the conditions that this makes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from glob import glob, has_magic
from itertools import product
from pathlib import Path
from typing import Any

from regcmp.errors import UsageError, unknown
from regcmp.plan import OPTIONS
from regcmp.plan.execution import EXECUTION

GRAMMAR = "NAME=VALUE,VALUE,..."
EXAMPLE = "train-size=60,120,300"
HELD = ("methods", "baseline", "plugins")
"""Options that decide numbers and are those of all conditions: they say what is compared."""
MOST = 1000
"""Conditions of a study."""
KEYS = {each.key: name for name, each in OPTIONS.items() if each.decides and name not in HELD}
"""What may vary: the option's name by its key."""

Words = Mapping[str, str]
"""A condition: the value of each option that varies, as it was written, by the option's key."""


@dataclass(frozen=True)
class Varied:
    """An option that varies, by its key, and its values as they were written."""

    key: str
    values: tuple[str, ...]


def parse_over(text: str) -> Varied:
    """Read ``NAME=V1,V2,...``; values that hold commas are separated by semicolons.

    Raises UsageError, quoting the text, where it is not of that form.
    """
    name, equals, values = (part.strip() for part in text.partition("="))
    if not equals or not name:
        raise UsageError(f"--over {text!r}: expected {GRAMMAR}, as in {EXAMPLE}", "over")
    separator = ";" if ";" in values else ","
    return varied(name, [each.strip() for each in values.split(separator)], text)


def varied(name: str, values: Iterable[Any], text: str = "") -> Varied:
    """An option and its values. Raises UsageError for an option that can't vary, or for a bad list."""
    key = name.replace("_", "-").removeprefix("--")
    shown = text or f"{name}={','.join(map(str, values))}"
    if key not in KEYS:
        raise _cannot_vary(key, shown)
    found = [str(each) for each in values]
    if key == "dataset":
        found = [each for pattern in found for each in _expanded(pattern)]
    if "" in found:
        raise UsageError(f"--over {shown!r}: a value is empty; expected {GRAMMAR}", "over")
    repeated = sorted({each for each in found if found.count(each) > 1})
    if repeated:
        raise UsageError(f"--over {shown!r}: {repeated[0]!r} appears twice; write it once", "over")
    return Varied(key, tuple(found))


def _cannot_vary(key: str, shown: str) -> UsageError:
    known = {each.key: each for each in (*OPTIONS.values(), *EXECUTION.values())}
    try:
        if key not in known:
            raise unknown("option", key, KEYS, listed="regcmp guide study")
    except UsageError as error:
        return UsageError(f"--over {shown!r}: {error}", "over")
    reason = (
        "it says what is compared, which is the same in all conditions"
        if known[key].name in HELD
        else "no number depends on it"
    )
    return UsageError(f"--over {shown!r}: {key!r} can't vary: {reason}", "over")


def _expanded(pattern: str) -> list[str]:
    """The files of a pattern such as tables/*.csv, in their order; anything else is itself.

    Raises UsageError where no file is of the pattern.
    """
    if not has_magic(pattern) or Path(pattern).exists():
        return [pattern]
    found = sorted(each for each in glob(pattern, recursive=True) if Path(each).is_file())
    if not found:
        raise UsageError(f"--dataset {pattern!r}: no file has a name like this", "dataset")
    return found


def is_pattern(dataset: str) -> bool:
    """Whether a dataset's name stands for several files."""
    return has_magic(dataset) and not Path(dataset).exists()


def conditions(over: Sequence[Varied]) -> list[dict[str, str]]:
    """Every combination of values, the last option fastest.

    Raises UsageError for an option that is given twice, and for too many conditions.
    """
    keys = [each.key for each in over]
    for key in keys:
        if keys.count(key) > 1:
            raise UsageError(f"--over {key}: given twice; write all its values in one list", "over")
    number = 1
    for each in over:
        number *= len(each.values)
    if number > MOST:
        raise UsageError(
            f"--over: {number:,} conditions, and {MOST:,} are the most; vary less at once", "over"
        )
    return [
        dict(zip(keys, values, strict=True)) for values in product(*(each.values for each in over))
    ]


def label(words: Words) -> str:
    """'train-size=60, label-noise=0.2'."""
    return ", ".join(f"{key}={value}" for key, value in words.items())


def option_words(words: Words) -> dict[str, Any]:
    """The condition as arguments of ``make_plan``."""
    found: dict[str, Any] = {}
    for key, value in words.items():
        name = KEYS[key]
        found[name] = [value] if OPTIONS[name].repeatable else value
    return found

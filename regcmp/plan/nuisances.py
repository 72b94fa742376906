"""Settings that are tuned for every method alike: ``--tune lr=1e-3,3e-3,1e-2``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from regcmp.engine.regularizers import Number
from regcmp.engine.settings import Settings
from regcmp.errors import UsageError
from regcmp.hints import brief
from regcmp.option import Option, options_of
from regcmp.plan.ranges import DOTS, RangeError, parse_span

TUNABLE = ("lr", "epochs", "batch_size", "hidden")
"""What may be tuned for all methods: neither data nor protocol."""

Setting = tuple[tuple[str, Any], ...]
"""Values of settings that a candidate is trained with, by name."""

Parse = Callable[[Option, Any], Any]


@dataclass(frozen=True)
class Nuisance:
    """A setting and the values that are tried under every method and seed."""

    name: str
    values: tuple[Any, ...]

    @property
    def key(self) -> str:
        """How it is written on the command line."""
        return _key(self.name)

    def __str__(self) -> str:
        joint = ";" if self.name == "hidden" else ","
        return f"{_key(self.name)}={joint.join(map(_text, self.values))}"


def settings_of(nuisances: Iterable[Nuisance]) -> list[Setting]:
    """What the values multiply out to; without any, the plan's settings alone."""
    axes = [[(each.name, value) for value in each.values] for each in nuisances]
    return list(product(*axes))


def setting_text(setting: Setting) -> str:
    """'lr=0.003 epochs=40'."""
    return " ".join(f"{_key(name)}={_text(value)}" for name, value in setting)


def as_texts(value: Any) -> Any:
    """What was given; of lists by name, the words that say the same."""
    if not isinstance(value, Mapping):
        return value
    return [f"{name}={_joined(each)}" for name, each in value.items()]


def _joined(values: Any) -> str:
    """'1,2' of numbers, '32;64,64' of widths."""
    if isinstance(values, str) or not isinstance(values, Iterable):
        return str(values)
    texts = [each if isinstance(each, list | tuple) else [each] for each in values]
    joint = ";" if any(len(each) > 1 for each in texts) else ","
    return joint.join(",".join(map(str, each)) for each in texts)


def parse_nuisances(option: Option, texts: Sequence[str], parse: Parse) -> tuple[Nuisance, ...]:
    """What is tuned, in the order in which settings are declared. Raises UsageError."""
    found = [_parsed(option, text, parse) for text in texts]
    names = [each.name for each in found]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(
                f"{option.flag}: {_key(name)} appears twice; give all its values at once",
                option.name,
            )
    return tuple(sorted(found, key=lambda each: TUNABLE.index(each.name)))


def _parsed(option: Option, text: str, parse: Parse) -> Nuisance:
    key, _, rest = text.partition("=")
    name = key.strip().replace("-", "_")
    if name not in TUNABLE:
        names = ", ".join(map(_key, TUNABLE))
        raise UsageError(
            f"{option.flag}: expected one of {names} with its values, as in lr=1e-3,3e-3; got"
            f" {brief(text)}",
            option.name,
        )
    declared = options_of(Settings)[name]
    parts = rest.split(";") if name == "hidden" else rest.split(",")
    try:
        values = [value for each in parts for value in _values(declared, each.strip(), parse)]
    except (UsageError, RangeError) as error:
        said = str(error).removeprefix(f"{declared.flag}: ")
        raise UsageError(f"{option.flag} {text}: {said}", option.name) from None
    values = list(dict.fromkeys(values))
    if len(values) < 2:
        raise UsageError(
            f"{option.flag}: {_key(name)} has one value in {text!r}; name two or more, or set it by"
            f" {declared.flag}",
            option.name,
        )
    return Nuisance(name, tuple(values))


def _values(declared: Option, text: str, parse: Parse) -> list[Any]:
    """A value, or the points of a range of numbers."""
    if DOTS not in text or declared.kind == "widths":
        return [parse(declared, text)]
    whole = declared.kind == "whole"
    span = parse_span(text, Number(1, 0, float("inf"), declared.help))  # by the logarithm
    points = replace(span, whole=whole).points()
    return [parse(declared, int(each) if whole else each) for each in points]


def _key(name: str) -> str:
    return name.replace("_", "-")


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return f"{value!r}".removesuffix(".0")

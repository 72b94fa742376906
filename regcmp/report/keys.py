"""How the JSON of a report is declared: keys of parts, as types that msgspec checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import GenericAlias
from typing import Any, Literal

import msgspec

from regcmp.plan.kinds import limited
from regcmp.results import RUN, Field

LARGEST_COUNT = 10**12

REQUIRED = object()
"""What held before there was a key that every report has."""
ABSENT = object()
"""What held before there was a key that a report may do without."""


@dataclass(frozen=True)
class Key:
    """A key of a part: the type of its value, what there is to say, and what held before it."""

    kind: Any
    about: str = ""
    before: Any = REQUIRED


def list_of(kind: Any, **limits: int) -> Any:
    """A list of values of a type, with limits."""
    return limited(list[kind], **limits)


def tuple_of(*kinds: Any) -> Any:
    """A list with a place for each of these types."""
    return GenericAlias(tuple, kinds)


def names_to(kind: Any) -> Any:
    """An object of any keys, whose values are of a type."""
    return GenericAlias(dict, (str, kind))


TEXT, COUNT, POSITIVE = limited(str, min_length=1), limited(int, ge=0), limited(int, ge=1)
NUMBERS, AT_LEAST_0 = list[float], limited(float, ge=0)
SHA256 = limited(str, pattern="^[0-9a-f]{64}$")


def struct(name: str, keys: Mapping[str, Key], about: str = "") -> Any:
    """A type of these keys; a value must be there unless something held before there was the key."""
    fields = []
    for key, each in keys.items():
        kind = limited(each.kind, description=each.about) if each.about else each.kind
        fields.append((key, kind) if each.before is REQUIRED else (key, kind, None))
    return msgspec.defstruct(name, fields, namespace={"__doc__": about}, kw_only=True)


def rows_of(name: str, fields: Mapping[str, Field]) -> Any:
    """A type of a frame's rows. Columns may be younger than a report, but for those it always has."""
    return struct(name, cells_of(fields))


def cells_of(fields: Mapping[str, Field]) -> dict[str, Key]:
    """A key for each column of a frame."""
    return {
        column: Key(_cell(each), each.about, REQUIRED if each.always else None)
        for column, each in fields.items()
    }


def _cell(field: Field) -> Any:
    if field.choices:
        return Literal[field.choices]
    kind: Any = field.kind
    if kind is str and not field.may_be_empty:
        kind = limited(str, min_length=1)
    elif kind is not str:
        highest = LARGEST_COUNT if kind is int and field is not RUN["seed"] else field.high
        limits = {"ge": field.low, "le": highest}
        kind = limited(kind, **{name: each for name, each in limits.items() if each is not None})
    return kind if field.always else kind | None

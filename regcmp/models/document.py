"""What the JSON of a model's file holds, part by part: each array stands for a member of its own."""

from __future__ import annotations

from typing import Any

import msgspec


class Document(msgspec.Struct, forbid_unknown_fields=True):
    """The members of model.json; each array by the name of its own member."""

    facts: FactsPart
    preparations: list[PreparationPart]
    networks: list[NetworkPart]


class FactsPart(msgspec.Struct, forbid_unknown_fields=True):
    """``Facts``."""

    plan: dict[str, Any]
    environment: dict[str, Any]
    dataset: str
    task: str
    target: str
    method: str
    classes: list[str]
    columns: list[ColumnPart]
    others: list[str]
    image: tuple[int, int, int] | None
    rows: dict[str, int]
    mixed: bool
    scores: dict[str, dict[str, float]]


class ColumnPart(msgspec.Struct, forbid_unknown_fields=True):
    """``Column``."""

    name: str
    kind: str
    missing: int
    warning: str
    levels: list[tuple[str, int]]
    range: tuple[float, float] | None


class LevelsPart(msgspec.Struct, forbid_unknown_fields=True):
    """``Levels``."""

    column: str
    frequent: list[str]
    pooled: bool


class WordsPart(msgspec.Struct, forbid_unknown_fields=True):
    """``Words``."""

    column: str
    words: list[str]
    idf: str


class PreparationPart(msgspec.Struct, forbid_unknown_fields=True):
    """``Frozen``."""

    dtype: str
    width: int
    numbers: list[str]
    medians: str
    means: str
    scales: str
    varies: str
    gaps: list[str]
    categories: list[LevelsPart]
    texts: list[WordsPart]
    places: str | None


class MomentsPart(msgspec.Struct, forbid_unknown_fields=True):
    """What a layer that normalises goes by."""

    layer: int
    mean: str
    variance: str


class MemberPart(msgspec.Struct, forbid_unknown_fields=True):
    """``Member``."""

    theta: str
    moments: list[MomentsPart]


class NetworkPart(msgspec.Struct, forbid_unknown_fields=True):
    """``Fitted``."""

    seed: int
    preparation: int
    mean: float
    scale: float
    strengths: list[float]
    members: list[MemberPart]

"""A fold: one of the parts that all rows are split into, each of which is tested once."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fold:
    """The fold at a place, from 0, of so many that are drawn together under a seed."""

    place: int
    of: int
    seed: int

"""What the lines of a verdict, and of tables, call tests, methods and what claims hold for."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from regcmp.plan.grammar import NONE, TUNE
from regcmp.plan.protocol import NADEAU_BENGIO, PLAIN, TWO_WAY

CONDITIONS = {"split": "this split", "init": "these initial weights", "order": "this batch order"}
"""What a claim holds for where seeds do not redraw a source of variation."""
ROWS, GROUPS = "rows", "groups"
"""What is drawn beside seeds: rows, or groups of rows that belong together."""
TEST_NAMES = {
    TWO_WAY: "two-way test over {} and seeds",
    NADEAU_BENGIO: "Nadeau-Bengio test over seeds",
    PLAIN: "paired t-test",
}


def drawn_of(plan: Mapping[str, Any]) -> str:
    """What a comparison draws beside seeds."""
    return ROWS if plan["groups"] is None else GROUPS


def test_name(test: str, drawn: str) -> str:
    """'two-way test over groups and seeds'."""
    return TEST_NAMES[test].format(drawn)


def conditions(vary: Collection[str]) -> str:
    """' for this split and these initial weights': what claims hold for where ``vary`` leaves sources out."""
    held = [words for source, words in CONDITIONS.items() if source not in vary]
    if not held:
        return ""
    return " on this split" if held == [CONDITIONS["split"]] else f" for {joined(held)}"


def in_words(method: str) -> str:
    """A method's name in a sentence, where 'none' would be read as 'no method'."""
    if method == NONE:
        return "no regularization"
    return f"tuned {method.removeprefix(TUNE)}" if method.startswith(TUNE) else method


def joined(names: Sequence[str]) -> str:
    """'l1, l2 and dropout'."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last

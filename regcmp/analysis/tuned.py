"""What is said of tuned methods: what was chosen, at which end of a grid, and what more trials bring."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import comb, inf

import numpy as np
import pandas as pd

from regcmp.plan.grammar import Part, parts_of
from regcmp.plan.nuisances import Nuisance
from regcmp.plan.strengths import shortest
from regcmp.plan.tuning import AnyMethod, Tuned, bounds_of

MOST_NAMED = 3
"""So many candidates are named in a note."""
LEAST_TIMES = 2
FEWEST_DRAWS = 4
"""Of a seed, below which the lowest or the highest of random draws is chosen by chance."""
OFTEN = 0.5
"""The share of seeds whose choice lies at an end of a grid from which on a note says so."""


def expected_after(tests: Sequence[float | None]) -> list[float | None]:
    """The expected test score of the best of k candidates, for k from 1 to n.

    Over all orders in which the n could be tried: with the best on validation rows first, the one of
    rank i is the best of k with probability C(n - i, k - 1) / C(n, k). That is exact, without the bias
    of the formula that draws with replacement (Tang et al. 2020, Showing your work doesn't always work).
    Where all of k were stopped there is no score: the mean is over the other orders.
    """
    n = len(tests)
    known = np.array([each is not None for each in tests])
    values = np.array([each if each is not None else 0.0 for each in tests])
    found: list[float | None] = []
    for k in range(1, n + 1):
        weights = np.array([comb(n - i, k - 1) / comb(n, k) for i in range(1, n + 1)]) * known
        total = float(weights.sum())
        found.append(float(weights @ values) / total if total > 0 else None)
    return found


def budget_rows(
    ranked: Mapping[str, Sequence[Sequence[float | None]]],
) -> Iterator[dict[str, object]]:
    """A row per tuned method and number of trials: the mean over seeds, and its spread.

    ``ranked`` has the test scores of each method's candidates, seed by seed, the best on validation
    rows first.
    """
    curves = {method: list(map(expected_after, seeds)) for method, seeds in ranked.items()}
    for method, seeds in curves.items():
        if len(seeds) == 1:  # from which each candidate's score could be solved for
            continue
        for k, values in enumerate(zip(*seeds, strict=False), start=1):
            known = [each for each in values if each is not None]
            if known:
                yield {
                    "method": method,
                    "trials": k,
                    "test_mean": float(np.mean(known)),
                    "test_sd": float(np.std(known, ddof=1)) if len(known) > 1 else None,
                }


@dataclass(frozen=True)
class Chosen:
    """A candidate that stood for a row, and the settings that it was trained with: 'lr=0.01 epochs=40'."""

    candidate: str
    setting: str

    @property
    def settings(self) -> dict[str, str]:
        """The settings by the names of their options, as texts."""
        pairs = (each.partition("=") for each in self.setting.split())
        return {name.replace("-", "_"): value for name, _, value in pairs}

    def __str__(self) -> str:
        """As a command has it: 'l2=0.01 --lr 0.01'."""
        flags = (f" --{each.replace('=', ' ', 1)}" for each in self.setting.split())
        return self.candidate + "".join(flags)

    def told(self, row: str) -> str:
        """As a note on its row tells it: 'l2=0.01 with lr=0.01'."""
        candidate = self.candidate if self.candidate != row else ""
        return " with ".join(filter(None, (candidate, self.setting)))


def chosen_of(tried: pd.DataFrame) -> dict[str, Counter[Chosen]]:
    """Under how many seeds each candidate of a row was chosen."""
    found: dict[str, Counter[Chosen]] = {}
    chosen = tried[(tried["chosen"] == 1) & (tried["status"] == "ok")]
    for row in chosen.itertuples():
        each = Chosen(str(row.candidate), str(row.setting))
        found.setdefault(str(row.method), Counter())[each] += 1
    return found


def most_chosen(tried: pd.DataFrame, method: str) -> Chosen | None:
    """The candidate that stands for a tuned method under most seeds; None where nothing was tuned."""
    counts = chosen_of(tried).get(method)
    return counts.most_common(1)[0][0] if counts else None


def choice_notes(
    tried: pd.DataFrame, methods: Sequence[AnyMethod], nuisances: Sequence[Nuisance]
) -> dict[str, list[str]]:
    """Notes on each tuned row: what was chosen, at which end of a grid, and what was stopped."""
    notes: dict[str, list[str]] = {}
    for name, counts in chosen_of(tried).items():
        rows = tried[tried["method"] == name]
        notes[name] = [_chosen_text(name, counts)]
        if len(rows) == rows["seed"].nunique():
            notes[name] = [f"{notes[name][0]}: each the only candidate"]
        if stopped := int((rows["status"] != "ok").sum()):
            notes[name].append(f"{stopped} of {len(rows)} candidates were stopped")
    for method in methods:
        if str(method) in notes:
            rows = tried[(tried["method"] == str(method)) & (tried["status"] == "ok")]
            notes[str(method)] += _at_ends_of_settings(nuisances, rows)
            notes[str(method)] += _at_ends(method, rows) if isinstance(method, Tuned) else []
    return notes


def _chosen_text(row: str, counts: Counter[Chosen]) -> str:
    """'chose l2=0.003 in 7 of 10 seeds, l2=0.001 in 3'."""
    total = counts.total()
    (first, times), *others = ((each.told(row), n) for each, n in counts.most_common())
    seeds = f"{total} seeds" if total > 1 else "1 seed"
    if times == 1 and total > MOST_NAMED:
        return f"chose another candidate in each of {seeds}, such as {first}"
    text = f"chose {first} in {times} of {seeds}"
    text += "".join(f", {each} in {n}" for each, n in others[: MOST_NAMED - 1])
    rest = len(others) - MOST_NAMED + 1
    if rest > 0:
        left = sum(n for _, n in others[MOST_NAMED - 1 :])
        text += f", {rest} {'other' if rest == 1 else 'others'} in {left}"
    return text


def _at_ends(method: Tuned, tried: pd.DataFrame) -> Iterator[str]:
    """Which regularizer's choices lie at an end of its grid so often that the grid should go on.

    Of random draws from a range, the ends are those of each seed's draws.
    """
    parts = tried["candidate"].map(parts_of)
    for choice in method.choices:
        name, listed = choice.parts[0].name, {each.strength for each in choice.parts}
        values = parts.map(lambda each, name=name: _strength(each, name))
        grid = listed if set(values) <= listed else None
        yield from _at_end(name, tried.assign(value=values), grid, bounds_of(choice))


def _at_ends_of_settings(nuisances: Sequence[Nuisance], tried: pd.DataFrame) -> Iterator[str]:
    """The same of settings that are tuned for every method, where they are numbers."""
    for i, nuisance in enumerate(nuisances):
        if nuisance.name != "hidden":
            values = tried["setting"].map(
                lambda each, i=i: float(each.split(" ")[i].partition("=")[2])
            )
            grid = set(map(float, nuisance.values))
            bounds = (0.0 if nuisance.name == "lr" else 1.0, inf)
            yield from _at_end(nuisance.key, tried.assign(value=values), grid, bounds)


def _at_end(
    name: str, tried: pd.DataFrame, grid: set[float] | None, bounds: tuple[float, float]
) -> Iterator[str]:
    """Of candidates with a ``value``, which end is chosen in half of the seeds or more, and not by a tie."""
    chosen = tried[tried["chosen"] == 1]
    for word, further, find in (("smallest", "smaller", min), ("largest", "larger", max)):
        times, end, ends = 0, 0.0, set[float]()
        for row in chosen.itertuples():
            drawn = tried[tried["seed"] == row.seed]
            if len(set(drawn["value"])) < (2 if grid else FEWEST_DRAWS):
                continue
            end = find(grid or set(drawn["value"]))
            others = drawn[drawn["value"] != row.value]
            tied = (others["validation_score"] == row.validation_score) & (
                others["validation_loss"] == row.validation_loss
            )
            if row.value == end and bounds[0] < end < bounds[1] and not tied.any():
                times += 1
                ends.add(end)
        if times >= max(LEAST_TIMES, OFTEN * len(chosen)):
            which = f", {shortest(end)}" if len(ends) == 1 else " of their seed"
            yield f"{times} of {len(chosen)} choices are the {word} {name}{which}: try {further} ones"


def _strength(parts: Iterable[Part], name: str) -> float:
    return next(part.strength for part in parts if part.name == name)

"""Tuned methods: one row of the table whose strengths are chosen under each seed, ``tune:l2+dropout``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise, product
from math import inf, prod

import numpy as np

from regcmp.engine.layers import Layer
from regcmp.engine.regularizers import REGISTRY, Regularizer
from regcmp.engine.streams import stream
from regcmp.errors import UsageError
from regcmp.hints import is_number
from regcmp.plan.grammar import (
    COCKTAIL,
    MAX_DROPPED,
    TUNE,
    Choice,
    Method,
    Part,
    check_size,
    excluded,
    method_of,
    parse_choices,
    parse_word,
)
from regcmp.plan.ranges import Span
from regcmp.plan.strengths import shortest

OPEN_TRIALS = 16
"""How many candidates are drawn where no word of the command says how many there are."""
MOST_MISSES = 1000
"""How often in a row a draw may repeat an earlier one, before there are taken to be no others."""


@dataclass(frozen=True)
class Tuned:
    """A method whose strengths are chosen, under each seed, by validation rows.

    ``choices`` are the strengths of each regularizer. What they multiply out to are the candidates.
    """

    choices: tuple[Choice, ...]

    def __str__(self) -> str:
        return TUNE + "+".join(map(_choice_text, self.choices))

    @property
    def size(self) -> int | None:
        """How many candidates there are; None where any number can be drawn."""
        return prod(len(each.parts) for each in self.choices)

    @property
    def is_open(self) -> bool:
        """Whether more can be drawn than its points, from a range."""
        return any(each.span for each in self.choices)

    @cached_property
    def possible(self) -> tuple[Method, ...]:
        """All candidates, weak ones first within each regularizer."""
        return tuple(map(method_of, product(*(each.parts for each in self.choices))))

    @property
    def changes_network(self) -> bool:
        """Whether a candidate trains another network than the baseline."""
        return any(each.changes_network for each in self.possible)

    def misfit(self, layers: Sequence[Layer]) -> str:
        """Why a candidate can't act in the network of these layers; empty where all can."""
        return next(filter(None, (each.misfit(layers) for each in self.possible)), "")

    def candidates(self, seed: int, trials: int) -> tuple[Method, ...]:
        """So many candidates under a seed: all there are, or as many different ones, drawn at random."""
        if trials == self.size:
            return self.possible
        rng = stream(seed, f"candidates of {self}")
        if not self.is_open:
            drawn = rng.choice(len(self.possible), trials, replace=False)
            return tuple(self.possible[i] for i in np.sort(drawn))
        return _different(
            lambda: method_of(_drawn(each, rng) for each in self.choices), trials, str(self)
        )


@dataclass(frozen=True)
class Cocktail:
    """A method whose candidates are random subsets of regularizers, with random strengths.

    After Kadra et al. 2021, Well-tuned simple nets excel on tabular datasets.
    """

    pool: tuple[str, ...]
    """The regularizers that are mixed."""

    def __str__(self) -> str:
        return TUNE + COCKTAIL

    size = None
    is_open = True

    @property
    def possible(self) -> tuple[Method, ...]:
        """Each regularizer of the pool alone."""
        return tuple(
            Method((_part(name, REGISTRY[name].strength_is.default),)) for name in self.pool
        )

    @property
    def changes_network(self) -> bool:
        """Whether a candidate trains another network than the baseline."""
        return any(each.changes_network for each in self.possible)

    def misfit(self, layers: Sequence[Layer]) -> str:
        """Why nothing of it can act in the network of these layers; empty where something can."""
        why = [each.misfit(layers) for each in self.possible]
        return why[0] if all(why) else ""

    def within(self, task: str, layers: Sequence[Layer]) -> Cocktail:
        """The cocktail of what this task and a network of these layers have a use for."""
        pool = tuple(
            name
            for name, each in zip(self.pool, self.possible, strict=True)
            if task in REGISTRY[name].tasks and not each.misfit(layers)
        )
        return replace(self, pool=pool)

    def candidates(self, seed: int, trials: int) -> tuple[Method, ...]:
        """So many different mixtures under a seed."""
        rng = stream(seed, f"candidates of {self}")
        return _different(lambda: self._mixture(rng), trials, str(self))

    def _mixture(self, rng: np.random.Generator) -> Method:
        """Each regularizer with probability 1/2, in random order, unless an earlier one excludes it."""
        mixed: list[str] = []
        while not mixed:
            order = rng.permutation(len(self.pool))
            for i in order[rng.random(len(order)) < 0.5]:
                if excluded(self.pool[i]).keys().isdisjoint(mixed):
                    mixed.append(self.pool[i])
        return method_of(_part(name, span_in_cocktail(REGISTRY[name]).draw(rng)) for name in mixed)


AnyMethod = Method | Tuned | Cocktail
"""What a row of the table can be."""


def parse_methods(words: Iterable[str], max_dropped: float = MAX_DROPPED) -> tuple[AnyMethod, ...]:
    """The methods that these words name, each once, in their order.

    ``max_dropped`` bounds the rates at which units are dropped. Raises UsageError, naming the
    word, where one is not of the grammar or out of range.
    """
    words = list(words)
    for before, word in pairwise(words):
        if is_number(word) and before in REGISTRY:
            raise UsageError(f"method {word!r} is a number alone; write {before}={word}", "methods")
    return tuple(dict.fromkeys(each for word in words for each in parse_any(word, max_dropped)))


def parse_any(word: str, max_dropped: float = MAX_DROPPED) -> Sequence[AnyMethod]:
    """The methods of one word: one where it begins with ``tune:``."""
    stripped = word.strip()
    if not stripped.startswith(TUNE):
        return parse_word(word, max_dropped)
    text = stripped.removeprefix(TUNE)
    if not text or text.startswith(TUNE):
        raise UsageError(
            f"method {word!r}: expected a regularizer after {TUNE!r}, as in {TUNE}l2", "methods"
        )
    if text == COCKTAIL:
        return [Cocktail(pool_of_cocktail())]
    choices = [_with_grid(each) for each in parse_choices(text, word, max_dropped)]
    check_size(choices, word)
    return [Tuned(tuple(sorted(choices, key=lambda each: each.parts[0].key())))]


def candidates_of(method: AnyMethod, seed: int, trials: int | None) -> tuple[Method, ...]:
    """The methods that stand for a row under a seed before one is chosen: of a plain method, itself."""
    return (method,) if isinstance(method, Method) else method.candidates(seed, trials or 1)


def trials_of(methods: Iterable[AnyMethod], asked: int | None) -> int | None:
    """How many candidates each tuned method has; None where there is no tuned method.

    Unless asked for, that is the number of the method with the fewest, so that none tries more than
    another. Raises UsageError where a method has fewer.
    """
    tuned = [each for each in methods if not isinstance(each, Method)]
    if not tuned:
        return None
    fewest = min(tuned, key=lambda each: each.size or inf)
    if asked is None:
        return fewest.size or OPEN_TRIALS
    for each in tuned:
        if not each.is_open and each.size is not None and asked > each.size:
            raise UsageError(
                f"--trials: expected at most {each.size}, which is how many candidates {str(each)!r}"
                f" has, got {asked}; name more strengths, or a range such as l2=1e-5..1e-1",
                "trials",
            )
    return asked


def within(method: AnyMethod, task: str, layers: Sequence[Layer]) -> AnyMethod:
    """The method; of a cocktail, what this task and a network of these layers have a use for."""
    return method.within(task, layers) if isinstance(method, Cocktail) else method


def selects(methods: Iterable[AnyMethod]) -> bool:
    """Whether any of them looks at validation rows while it is trained."""
    return any(
        REGISTRY[part.name].selects
        for method in methods
        for each in possible(method)
        for part in each.parts
    )


def possible(method: AnyMethod) -> tuple[Method, ...]:
    """What may be trained under a method's name: of a plain method, itself."""
    return (method,) if isinstance(method, Method) else method.possible


def bounds_of(choice: Choice) -> tuple[float, float]:
    """Between which strengths a grid can go on: within what is allowed, and short of what is off."""
    regularizer = REGISTRY[choice.parts[0].name]
    number, strengths = regularizer.strength_is, [each.strength for each in choice.parts]
    off = [] if regularizer.off is None else [regularizer.off]
    low = max(number.low, 0.0, *(each for each in off if each < min(strengths)))
    high = min(number.high, *(each for each in off if each > max(strengths)), inf)
    step = 1 if number.whole else 0
    return low + step, high - step


def weakness(method: Method) -> tuple[object, ...]:
    """What orders methods from weak to strong: fewer regularizers, then lower strengths of each.

    A grid that falls, such as that of ``maxnorm``, says that lower is stronger.
    """
    return (
        len(method.parts),
        tuple(direction_of(REGISTRY[part.name]) * part.strength for part in method.parts),
        str(method),
    )


def direction_of(regularizer: type[Regularizer]) -> int:
    """1 where a higher strength is stronger, else -1."""
    grid = regularizer.grid
    return -1 if len(grid) > 1 and grid[-1] < grid[0] else 1


def pool_of_cocktail() -> tuple[str, ...]:
    """The regularizers that say within which strengths they are mixed."""
    return tuple(name for name, each in REGISTRY.items() if vars(each).get("cocktail") is not None)


def span_in_cocktail(regularizer: type[Regularizer]) -> Span:
    """Within which strengths a regularizer of the pool is drawn."""
    low, high = regularizer.cocktail or (0.0, 0.0)
    number = regularizer.strength_is
    return Span(low, high, number.is_linear, number.whole)


def _part(name: str, strength: float) -> Part:
    regularizer = REGISTRY[name]
    options = {key: number.default for key, number in regularizer.options_are.items()}
    return Part(name, strength, tuple(sorted(options.items())), regularizer.schedule)


def _with_grid(choice: Choice) -> Choice:
    """The choice in rising order; with the strengths to try, where the word gives none."""
    part = choice.parts[0]
    values = {each.strength for each in choice.parts}
    if not choice.given:
        values = {float(each) for each in REGISTRY[part.name].grid} or values
    return replace(choice, parts=tuple(replace(part, strength=each) for each in sorted(values)))


def _choice_text(choice: Choice) -> str:
    """'l2', 'l2=0.001,0.01:option=...': the part's name with all strengths in the place of one."""
    part = choice.parts[0]
    name = str(part)
    shown = f"={choice.given}" if choice.given else ""
    return name.replace(f"={shortest(part.strength)}", shown, 1)


def _drawn(choice: Choice, rng: np.random.Generator) -> Part:
    """A part with a random strength, from its range or among its strengths."""
    if choice.span:
        return replace(choice.parts[0], strength=choice.span.draw(rng))
    return choice.parts[int(rng.integers(len(choice.parts)))]


def _different(draw: Callable[[], Method], number: int, name: str) -> tuple[Method, ...]:
    """So many different methods, drawn one after the other. Raises UsageError where there are fewer."""
    found: dict[Method, None] = {}
    misses = 0
    while len(found) < number:
        method = draw()
        misses = misses + 1 if method in found else 0
        found[method] = None
        if misses > MOST_MISSES:
            raise UsageError(
                f"--trials: {number} different candidates of {name!r} are too many; {len(found)} were"
                " found; make it smaller",
                "trials",
            )
    return tuple(found)


def check_fit(methods: Iterable[AnyMethod], layers: Sequence[Layer]) -> None:
    """Raise UsageError for a method that can't act in this network, whatever its data."""
    for method in methods:
        if reason := method.misfit(layers):
            raise UsageError(f"method {str(method)!r}: {reason}", "methods")

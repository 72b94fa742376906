"""Methods, and the words for them: ``dropout=0.5:input=0.2+l2=1e-4,1e-3``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

from regcmp.engine.layers import Layer
from regcmp.engine.regularizers import REGISTRY, Regularizer
from regcmp.engine.schedules import STRENGTH_SCHEDULES
from regcmp.engine.settings import Settings
from regcmp.errors import UnknownRegularizerError, UsageError, unknown
from regcmp.hints import is_number, regularizer_meant
from regcmp.plan.ranges import Span
from regcmp.plan.strengths import number_in, parse_strengths, shortest, span_text

Kind = tuple[tuple[str, str], ...]
Key = tuple[int, float, tuple[tuple[str, float], ...], str]

GRAMMAR = "NAME[=NUMBER[,NUMBER...]][:OPTION=VALUE...][+NAME...]"
RANGE = "LOW..HIGH[xPOINTS]"
NONE, TUNE, COCKTAIL = "none", "tune:", "cocktail"
STRENGTH, SCHEDULE, CONSTANT = "strength", "schedule", "constant"
HIDDEN = "…"
MAX_DROPPED = Settings.max_dropped
MOST_METHODS = 20_000
"""Of one word."""


@dataclass(frozen=True)
class Part:
    """One regularizer with its strength, a value for each of its options, and what the strength follows."""

    name: str
    strength: float
    options: tuple[tuple[str, float], ...] = ()
    schedule: str = CONSTANT

    def __str__(self) -> str:
        return self.without("")

    def without(self, hidden: str) -> str:
        """Its text with '…' for one number: 'strength' or an option. Options at defaults are left out."""
        known = REGISTRY.get(self.name)  # reports name regularizers of plugins, too
        defaults = {key: each.default for key, each in known.options_are.items()} if known else {}
        texts = {
            key: HIDDEN if key == hidden else shortest(value)
            for key, value in ((STRENGTH, self.strength), *self.options)
            if key in (STRENGTH, hidden) or value != defaults.get(key)
        }
        if self.schedule != (known.schedule if known else CONSTANT):
            texts[SCHEDULE] = self.schedule
        strength = texts.pop(STRENGTH)
        return f"{self.name}={strength}" + "".join(f":{key}={each}" for key, each in texts.items())

    def key(self) -> Key:
        """The canonical order: that of the registry, then of strength, options and schedule."""
        return list(REGISTRY).index(self.name), self.strength, self.options, self.schedule


@dataclass(frozen=True)
class Method:
    """What one row of the table trains with: no part at all is the method 'none'."""

    parts: tuple[Part, ...] = ()

    def __str__(self) -> str:
        return "+".join(map(str, self.parts)) or NONE

    @property
    def kind(self) -> Kind:
        """The names and schedules of its regularizers: methods of one kind can train in one stack.

        Strengths belong to it where the runs of a stack must share them.
        """
        return tuple(
            (str(part) if REGISTRY[part.name].shared else part.name, part.schedule)
            for part in self.parts
        )

    @property
    def changes_network(self) -> bool:
        """Whether it trains another network than the baseline."""
        return any(REGISTRY[part.name].changes_network and part.strength for part in self.parts)

    def misfit(self, layers: Sequence[Layer]) -> str:
        """Why a part of it can't act in the network of these layers; empty where all can."""
        for part in self.parts:
            if reason := REGISTRY[part.name].misfit(layers, part.strength):
                return f"{part.name!r} has nothing to act on: {reason}"
            layers = REGISTRY[part.name].build(layers, part.strength)
        return ""


@dataclass(frozen=True)
class Choice:
    """One regularizer of a word, with every strength that the word gives it."""

    parts: tuple[Part, ...]
    given: str = ""
    """The strengths in canonical form; '' where the word gives none."""
    span: Span | None = None
    """Where the word gives one range, and no number of points."""


def parse_word(word: str, max_dropped: float = MAX_DROPPED) -> list[Method]:
    """The methods of one word: lists and ranges of strengths multiply out."""
    if word.strip() == NONE:
        return [Method()]
    choices = parse_choices(word, word, max_dropped)
    check_size(choices, word)
    return [method_of(parts) for parts in product(*(each.parts for each in choices))]


def check_size(choices: Sequence[Choice], word: str) -> None:
    """Raise UsageError for a word that multiplies out to more than anyone trains."""
    size = prod(len(each.parts) for each in choices)
    if size > MOST_METHODS:
        raise UsageError(
            f"method {word!r} multiplies out to {size:,} methods; expected at most {MOST_METHODS:,}, so"
            " name fewer strengths",
            "methods",
        )


def method_of(parts: Iterable[Part]) -> Method:
    """The method of these parts, in canonical order."""
    return Method(tuple(sorted(parts, key=Part.key)))


def parse_choices(text: str, word: str, max_dropped: float) -> list[Choice]:
    """The regularizers of a text that is all of a word, or a part of it; ``word`` is for messages."""
    choices = [_parse_part(each.strip(), word, max_dropped) for each in text.split("+")]
    names = [each.parts[0].name for each in choices]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(
                f"method {word!r}: {name!r} appears twice; give its strengths as a list,"
                f" {name}=A,B",
                "methods",
            )
        for other, reason in excluded(name).items():
            if other in names:
                raise UsageError(
                    f"method {word!r}: {name!r} can't go with {other!r}: {reason}", "methods"
                )
        for other, reason in REGISTRY[name].needs.items():
            if other not in names:
                raise UsageError(
                    f"method {word!r}: {name!r} needs {other!r}: {reason}; write {word}+{other}",
                    "methods",
                )
    _refuse_stale(word, [each.parts[0] for each in choices])
    return choices


def parts_of(name: str) -> tuple[Part, ...]:
    """What stands in the name of a method, whose regularizers need not be known here.

    Options that have their default stand in no name. A tuned method has none of its own.
    """
    if name.startswith(TUNE):
        return ()
    return tuple(map(_part_of, re.split(r"\+(?=[a-z])", name))) if name != NONE else ()


def numbers_of(parts: Sequence[Part]) -> Iterator[tuple[str, str, float]]:
    """Each number of a method: the method's text with '…' for it, 'strength' or its option, its value."""
    for part in parts:
        for key, value in ((STRENGTH, part.strength), *part.options):
            texts = [str(each) if each is not part else part.without(key) for each in parts]
            yield "+".join(texts), key, value


def _part_of(text: str) -> Part:
    (name, strength), *options = (each.split("=") for each in text.split(":"))
    given = dict(options)
    schedule = given.pop(SCHEDULE, CONSTANT)
    numbers = tuple((key, float(value)) for key, value in given.items())
    return Part(name, float(strength), numbers, schedule)


def excluded(name: str) -> dict[str, str]:
    """The regularizers that this one can't stand beside, whichever of both says so, and why."""
    others = {each.name: each.excludes for each in REGISTRY.values()}
    return dict(others[name]) | {
        other: excludes[name] for other, excludes in others.items() if name in excludes
    }


def _refuse_stale(word: str, parts: Sequence[Part]) -> None:
    """Where a strength acts on what is judged and changes in time, older weights belong to another one."""
    keepers = [part.name for part in parts if REGISTRY[part.name].keeps]
    for part in parts:
        judged = REGISTRY[part.name].evaluate is not Regularizer.evaluate
        if judged and part.schedule != CONSTANT and keepers:
            raise UsageError(
                f"method {word!r}: {part.name!r} can't follow a schedule beside {keepers[0]!r}: the"
                f" evaluated weights come from an earlier epoch, trained with another strength; leave"
                f" :{SCHEDULE}={part.schedule} out",
                "methods",
            )


def _parse_part(text: str, word: str, max_dropped: float) -> Choice:
    head, *tail = text.split(":")
    name, equals, numbers = head.partition("=")
    if name == NONE:
        raise UsageError(
            f"method {word!r}: 'none' is the method without any part; leave it out", "methods"
        )
    if not name:
        raise UsageError(
            f"method {word!r}: expected {GRAMMAR}, as in 'dropout=0.5+l2=1e-4'", "methods"
        )
    if name not in REGISTRY:
        raise unknown_regularizer(name, word)
    regularizer = REGISTRY[name]
    options, schedule = _parse_settings(tail, regularizer, word, max_dropped, bare=not equals)
    numbers = numbers if equals else shortest(regularizer.strength_is.default)
    values, span = parse_strengths(numbers, regularizer, word, max_dropped)
    parts = tuple(Part(name, value, options, schedule) for value in values)
    given = span_text(span) if span else ",".join(map(shortest, sorted(set(values))))
    is_open = span is not None and span.given is None
    return Choice(parts, given if equals else "", span if is_open else None)


def _parse_settings(
    tail: Sequence[str],
    regularizer: type[Regularizer],
    word: str,
    max_dropped: float,
    *,
    bare: bool,
) -> tuple[tuple[tuple[str, float], ...], str]:
    """The options and the schedule that follow a name; ``bare`` says that it has no strength."""
    name, schedule = regularizer.name, regularizer.schedule
    options = {key: number.default for key, number in regularizer.options_are.items()}
    given: set[str] = set()
    for setting in tail:
        key, _, value = setting.partition("=")
        if key == setting and is_number(key) and bare:
            raise UsageError(
                f"method {word!r}: a strength follows '='; write {name}={key}", "methods"
            )
        if key != SCHEDULE and key not in options:
            raise unknown(
                "option",
                key,
                [*options, SCHEDULE],
                of=f" of {name!r} in method {word!r}",
                option="methods",
            )
        if key in given:
            raise UsageError(f"method {word!r}: {name}:{key} appears twice", "methods")
        given.add(key)
        if key == SCHEDULE:
            schedule = _schedule(value, regularizer, word)
            continue
        number = regularizer.options_are[key]
        options[key] = number_in(value, f"{name}:{key}", number, word, max_dropped)
    return tuple(sorted(options.items())), schedule


def unknown_regularizer(name: str, word: str) -> UsageError:
    """The error for a name that isn't there: what is called otherwise here, or is several methods."""
    names = [NONE, *REGISTRY]
    several = word.split(",")
    if len(several) > 1 and all(re.split("[=:+]", each)[0] in names for each in several):
        return UsageError(
            f"method {word!r}: separate methods with spaces: {' '.join(several)}", "methods"
        )
    if name in (TUNE.rstrip(":"), COCKTAIL):
        example = "l2" if name != COCKTAIL else COCKTAIL
        alone = ", which stands alone" if name == COCKTAIL else ""
        text = f"method {word!r}: {name!r} is no regularizer; write {TUNE}{example}{alone}"
        return UnknownRegularizerError(text, "methods")
    meant = regularizer_meant(name, REGISTRY)
    if meant:
        text = f"unknown regularizer {name!r}: did you mean '{meant}'?"
        return UnknownRegularizerError(text, "methods")
    return UnknownRegularizerError(str(unknown("regularizer", name, names)), "methods")


def _schedule(text: str, regularizer: type[Regularizer], word: str) -> str:
    if text not in STRENGTH_SCHEDULES:
        raise unknown(
            "schedule", text, STRENGTH_SCHEDULES, of=f" in method {word!r}", option="methods"
        )
    reason = why_fixed(regularizer)
    if reason and text != CONSTANT:
        raise UsageError(
            f"method {word!r}: {regularizer.name!r} can't follow a schedule: {reason}; leave"
            f" :{SCHEDULE}={text} out",
            "methods",
        )
    return text


def why_fixed(regularizer: type[Regularizer]) -> str:
    """Why the strength of this regularizer can't follow a schedule; empty if it can."""
    if regularizer.off != 0:
        return "a schedule reaches 0, which does not switch it off"
    return regularizer.fixed

"""Methods, and the words for them: ``dropout=0.5:input=0.2+l2=1e-4,1e-3``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from math import isfinite
from typing import TypeVar

from regcmp.engine.layers import Layer
from regcmp.engine.regularizers import REGISTRY, Number, Regularizer
from regcmp.engine.schedules import STRENGTH_SCHEDULES
from regcmp.engine.settings import Settings
from regcmp.errors import UnknownRegularizerError, UsageError, unknown
from regcmp.hints import is_number, regularizer_meant, with_point

T = TypeVar("T")
Kind = tuple[tuple[str, str], ...]
Key = tuple[int, float, tuple[tuple[str, float], ...], str]

GRAMMAR = "NAME[=NUMBER[,NUMBER...]][:OPTION=VALUE...][+NAME...]"
NONE = "none"
STRENGTH, SCHEDULE, CONSTANT = "strength", "schedule", "constant"
HIDDEN = "…"
MAX_DROPPED = Settings.max_dropped


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


def parse_methods(words: Iterable[str], max_dropped: float = MAX_DROPPED) -> tuple[Method, ...]:
    """The methods that these words name, each once, in their order.

    ``max_dropped`` bounds the rates at which units are dropped. Raises UsageError, naming the
    word, where one is not of the grammar or out of range.
    """
    words = list(words)
    for before, word in pairwise(words):
        if is_number(word) and before in REGISTRY:
            raise UsageError(f"method {word!r} is a number alone; write {before}={word}", "methods")
    return tuple(dict.fromkeys(each for word in words for each in parse_word(word, max_dropped)))


def parse_word(word: str, max_dropped: float = MAX_DROPPED) -> list[Method]:
    """The methods of one word: lists of strengths multiply out."""
    if word.strip() == NONE:
        return [Method()]
    alternatives = [_parse_part(text.strip(), word, max_dropped) for text in word.split("+")]
    names = [parts[0].name for parts in alternatives]
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
    _refuse_stale(word, [parts[0] for parts in alternatives])
    return [Method(tuple(sorted(parts, key=Part.key))) for parts in product(*alternatives)]


def parts_of(name: str) -> tuple[Part, ...]:
    """What stands in the name of a method, whose regularizers need not be known here.

    Options that have their default stand in no name.
    """
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


def _parse_part(text: str, word: str, max_dropped: float) -> list[Part]:
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
    options = {key: number.default for key, number in regularizer.options_are.items()}
    schedule = regularizer.schedule
    given: set[str] = set()
    for setting in tail:
        key, _, value = setting.partition("=")
        if key == setting and is_number(key) and not equals:
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
        options[key] = _number(
            value, f"{name}:{key}", regularizer.options_are[key], word, max_dropped
        )
    allowed = regularizer.strength_is
    texts = numbers.split(",") if equals else [shortest(allowed.default)]
    try:
        strengths = [_number(each, name, allowed, word, max_dropped) for each in texts]
    except UsageError as error:
        raise UsageError(f"{error}{with_point(numbers)}", *error.options) from None
    values = tuple(sorted(options.items()))
    return [Part(name, strength, values, schedule) for strength in strengths]


def unknown_regularizer(name: str, word: str) -> UsageError:
    """The error for a name that isn't there: what is called otherwise here, or is several methods."""
    names = [NONE, *REGISTRY]
    several = word.split(",")
    if len(several) > 1 and all(re.split("[=:+]", each)[0] in names for each in several):
        return UsageError(
            f"method {word!r}: separate methods with spaces: {' '.join(several)}", "methods"
        )
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


def _number(text: str, what: str, allowed: Number, word: str, max_dropped: float) -> float:
    high = min(allowed.high, max_dropped) if allowed.drops else allowed.high
    try:
        if re.fullmatch(r"0\d+", text):  # most likely what follows a decimal comma
            raise ValueError(text)
        value = float(plain_text(text))
    except ValueError:
        raise UsageError(
            f"method {word!r}: expected a number for {what}, got {text!r}; for example"
            f" {what}={shortest(allowed.default)}",
            "methods",
        ) from None
    if not (isfinite(value) and allowed.low <= value <= high):
        way_out = "; --max-dropped allows more" if high < value <= allowed.high else ""
        raise UsageError(
            f"method {word!r}: {what} is the {allowed.meaning},"
            f" from {shortest(allowed.low)} to {shortest(high)}, got {text!r}{way_out}",
            "methods",
        )
    if allowed.whole and not value.is_integer():
        raise UsageError(f"method {word!r}: {what} is a whole number, got {text!r}", "methods")
    return value + 0.0  # -0.0 and 0.0 are one strength


def plain_text(number: T) -> T:
    """The number as it is; of a text, only one in ordinary digits, without '1_0' or another script's.

    Raises ValueError.
    """
    if isinstance(number, str) and ("_" in number or not number.isascii()):
        raise ValueError(number)
    return number


def shortest(value: float) -> str:
    """The shortest text that reads back as this number: '3', '0.0001', '1e-05'."""
    return repr(float(value)).removesuffix(".0")


def check_fit(methods: Iterable[Method], layers: Sequence[Layer]) -> None:
    """Raise UsageError for a method that can't act in this network, whatever its data."""
    for method in methods:
        if reason := method.misfit(layers):
            raise UsageError(f"method {str(method)!r}: {reason}", "methods")

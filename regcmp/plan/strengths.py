"""The strengths of a regularizer in a word: numbers, lists and ranges."""

from __future__ import annotations

import re
from math import isfinite

from regcmp.engine.regularizers import Number, Regularizer
from regcmp.errors import UsageError
from regcmp.hints import with_point
from regcmp.plan.number_texts import plain_text
from regcmp.plan.ranges import DOTS, RangeError, Span, parse_span


def parse_strengths(
    numbers: str, regularizer: type[Regularizer], word: str, max_dropped: float
) -> tuple[tuple[float, ...], Span | None]:
    """The strengths of a list of numbers and ranges, and the range where it is all there is."""
    name, allowed = regularizer.name, regularizer.strength_is
    texts = numbers.split(",")
    values: list[float] = []
    span = None
    for text in texts:
        if DOTS in text:
            span = _span(text, regularizer, word)
            for end in (span.low, span.high):
                number_in(shortest(end), name, allowed, word, max_dropped)
            values += _points(span, text, regularizer, word)
            continue
        try:
            values.append(number_in(text, name, allowed, word, max_dropped))
        except UsageError as error:
            raise UsageError(f"{error}{with_point(numbers)}", *error.options) from None
    return tuple(values), span if len(texts) == 1 else None


def _span(text: str, regularizer: type[Regularizer], word: str) -> Span:
    try:
        return parse_span(text, regularizer.strength_is)
    except RangeError as error:
        raise _range_error(text, regularizer, word, error) from None


def _points(span: Span, text: str, regularizer: type[Regularizer], word: str) -> tuple[float, ...]:
    try:
        return span.points()
    except RangeError as error:
        raise _range_error(text, regularizer, word, error) from None


def _range_error(
    text: str, regularizer: type[Regularizer], word: str, error: RangeError
) -> UsageError:
    return UsageError(
        f"method {word!r}: the range {text!r} of {regularizer.name!r} {error}", "methods"
    )


def span_text(span: Span) -> str:
    """'1e-05..0.1', '1e-05..0.1x9'."""
    points = "" if span.given is None else f"x{span.given}"
    return f"{shortest(span.low)}{DOTS}{shortest(span.high)}{points}"


def number_in(text: str, what: str, allowed: Number, word: str, max_dropped: float) -> float:
    """The number of a text, within what is allowed; ``what`` is what it says. Raises UsageError."""
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


def shortest(value: float) -> str:
    """The shortest text that reads back as this number: '3', '0.0001', '1e-05'."""
    return repr(float(value)).removesuffix(".0")

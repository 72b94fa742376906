"""The kinds of options: how the text or value of one is parsed, and what a report keeps of it.

A parser takes the option and what was given, and returns the value or raises UsageError. Numbers may
come as text: the message then says what was expected, whoever asks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from operator import index
from os import PathLike, fspath
from typing import Annotated, Any, Literal, NoReturn

from regcmp.data.image_sizes import image_text, parse_image
from regcmp.engine.architecture import ArchitectureError, check_words
from regcmp.errors import UsageError, unknown
from regcmp.hints import brief, split_names, with_point
from regcmp.memory import parse_size
from regcmp.option import Option
from regcmp.plan.nuisances import Nuisance, as_texts, parse_nuisances
from regcmp.plan.number_texts import number_of, plain_text

SOURCES = ("split", "init", "order")
"""What a seed can redraw."""

NO_REFERENCE = "none"
REFERENCES = ("majority", "linear")
"""What stands below the methods for reference."""

MAX_ROWS = 10**12
MAX_WIDTH = 100_000

Parser = Callable[[Option, Any], Any]


TEXT, NUMBER, SWITCH = "a text", "a number", "true or false"
NUMBERS, EITHER = "a number or a list of numbers", "a text or a number"
"""What a value is in a TOML file. Either: a column of a file without names may be a number, and so may
a marker such as -999."""


@dataclass(frozen=True)
class Kind:
    """One kind of option."""

    parse: Parser
    kept: Callable[[Option], Any] = field(default=lambda _: str)
    """What a report keeps of it, as a type that msgspec reads."""
    toml: str = TEXT
    """What it is in a TOML file."""
    listed: bool = False
    """Whether a list stands for what commas join."""


def parse(option: Option, value: Any) -> Any:
    """The option's value, from its text or any value that can stand for it. Raises UsageError.

    None stands for itself where it is the default.
    """
    left_open = value is None and option.default is None
    return None if left_open else KINDS[option.kind].parse(option, value)


def kept_of(option: Option) -> Any:
    """The type of the option's value in a report."""
    kept = KINDS[option.kind].kept(option)
    kept = kept | None if option.default is None and not option.settled else kept
    return limited(kept, description=option.help.partition("  [default")[0])


def limited(kind: Any, **limits: Any) -> Any:
    """A type with limits or a description, which msgspec checks and writes into a schema."""
    from msgspec import Meta  # only what reads a report or asks for its schema needs it

    return Annotated[kind, Meta(**limits)]


def refuse(option: Option, expected: str, value: Any, hint: str = "") -> NoReturn:
    """Raise the UsageError of an option: what was expected, what was given, and a hint."""
    given = brief(value if isinstance(value, str) else brief(value))
    raise UsageError(f"{option.flag}: expected {expected}, got {given}{hint}", option.name)


def refuse_type(option: Option, expected: str, value: Any) -> NoReturn:
    """Raise the UsageError of an option that was given a value of another type."""
    raise UsageError(f"{option.flag}: expected {expected}, got {brief(value)}", option.name)


def items(value: Any) -> list[Any]:
    """The items of a list, an array or the like; of anything else, the value alone."""
    try:
        return list(value)
    except TypeError:
        return [value]


def texts(
    name: str, value: Iterable[str] | str | None, like: str = "words such as 'l2=1e-4'"
) -> list[str]:
    """Words from one text or from several. Raises UsageError for anything else."""
    given = value.split() if isinstance(value, str) else [] if value is None else items(value)
    for text in given:
        if not isinstance(text, str):
            raise UsageError(f"{name}: expected {like}, got {text!r}", name)
    return given


def as_given(option: Option, value: Any) -> Any:
    """The value itself; whoever uses it checks it."""
    return value


def text_of(option: Option, value: Any) -> str:
    """A text."""
    if not isinstance(value, str):
        refuse_type(option, "a text", value)
    return value


def file_of(option: Option, value: Any) -> str:
    """The name of a file, from a text or a path."""
    if not isinstance(value, str | PathLike):
        refuse_type(option, "the name of a file", value)
    return fspath(value)


def switch(option: Option, value: Any) -> bool:
    """True or False."""
    if not isinstance(value, bool):
        refuse_type(option, "True or False", value)
    return value


def column(option: Option, value: Any) -> str:
    """A name, or a number as its text."""
    if not isinstance(value, str | int) or isinstance(value, bool):
        refuse_type(option, "the name of a column, or its place from 1 on", value)
    return str(value)


def whole(option: Option, value: Any) -> int:
    """A whole number within the option's bounds, from text or any kind of integer."""
    low, high = option.low or 0, option.high
    try:
        number = int(plain_text(value)) if isinstance(value, str) else index(value)
    except (TypeError, ValueError):
        number = low - 1
    if isinstance(value, bool) or number < low or (high is not None and number > high):
        span = f"of at least {low}" if high is None else f"from {low} to {high}"
        refuse(option, f"a whole number {span}", value)
    return number


def share(option: Option, value: Any) -> float:
    """A number from 0 to 1."""
    number = number_of(value)
    if not 0 <= number <= 1:
        refuse(option, f"a share of {option.share_of}, from 0 to 1", value, with_point(value))
    return number


def size(option: Option, value: Any) -> float:
    """A share in (0, 1) stays a float, a count of rows becomes an int."""
    number = number_of(value)
    if 0 < number < 1:
        return number
    if 1 <= number <= MAX_ROWS and number.is_integer():
        return int(number)
    expected = "a share of the rows between 0 and 1, or a count of rows"
    refuse(option, expected, value, with_point(value))


def rate(option: Option, value: Any) -> float:
    """A learning rate."""
    number = number_of(value)
    if not number > 0:
        refuse(option, "a learning rate above 0", value, with_point(value))
    return number


def choice(option: Option, value: Any) -> str:
    """One of the option's names."""
    if not isinstance(value, str) or value not in option.choices:
        raise unknown(option.name.replace("_", " "), str(value), option.choices, option=option.name)
    return str(value)


def widths(option: Option, value: Sequence[int] | int | str) -> tuple[int, ...]:
    """The widths of hidden layers, from '64,64' or numbers."""
    given = value.split(",") if isinstance(value, str) else items(value)
    one = Option(option.name, None, "whole", "", low=1, high=MAX_WIDTH)
    try:
        return tuple(whole(one, item) for item in given)
    except UsageError:
        shown = value if isinstance(value, str) else ",".join(map(brief, given))
        raise UsageError(
            f"{option.flag}: expected the widths of the hidden layers, from 1 to {MAX_WIDTH} and"
            f" separated by commas, as in 128,64; got {brief(shown)}",
            option.name,
        ) from None


def layers(option: Option, value: Any) -> str:
    """The layers of a network, in the words of ``engine.architecture``."""
    if not isinstance(value, str):
        raise UsageError(
            f"{option.flag}: expected layers, such as 'conv16x3-pool2-64'; got {value!r}",
            option.name,
        )
    try:
        check_words(value)
    except ArchitectureError as error:
        raise UsageError(f"{option.flag}: {error}", option.name) from None
    return value


def sources(option: Option, value: Sequence[str] | str) -> tuple[str, ...]:
    """What each seed redraws, in canonical order."""
    given = _listed(option, value, SOURCES, SOURCES[0], "source of variation")
    if not given:
        raise UsageError(
            f"{option.flag}: expected at least one of {', '.join(SOURCES)}", option.name
        )
    return given


def references(option: Option, value: Sequence[str] | str) -> tuple[str, ...]:
    """The references of a table, in canonical order; 'none' alone stands for itself."""
    given = _listed(option, value, (NO_REFERENCE, *REFERENCES), REFERENCES[0], "reference")
    if not given:
        raise UsageError(f"{option.flag}: expected {NO_REFERENCE}, or {_either()}", option.name)
    if NO_REFERENCE in given and len(given) > 1:
        got = value if isinstance(value, str) else ",".join(value)
        raise UsageError(
            f"{option.flag}: expected {NO_REFERENCE} alone, or {_either()}; got {got!r}",
            option.name,
        )
    return given


def _listed(
    option: Option, value: Sequence[str] | str, names: Sequence[str], example: str, what: str
) -> tuple[str, ...]:
    """Those of these names that are given, each once and in their order."""
    wanted = f"words such as {example!r}"
    given = value.split(",") if isinstance(value, str) else texts(option.flag, value, wanted)
    given = [each.strip() for each in given]
    for each in given:
        if each not in names:
            raise unknown(what, each, names, of=f" in {option.flag}", option=option.name)
    return tuple(name for name in names if name in given)


def _either() -> str:
    return f"one or more of {', '.join(REFERENCES)}"


def columns(option: Option, value: Iterable[str] | str) -> tuple[str, ...]:
    """Columns from names, or from texts that join several by commas."""
    given = (
        [value] if isinstance(value, str) else texts(option.flag, items(value), "names of columns")
    )
    return tuple(part for text in given for part in split_names(text))


def markers(option: Option, value: Iterable[str] | str) -> tuple[str, ...]:
    """What stands for a missing cell, from 'NA,?' or a list."""
    given = value.split(",") if isinstance(value, str) else items(value)
    for each in given:
        if not isinstance(each, str | int | float) or isinstance(each, bool):
            refuse_type(option, "what stands for a missing cell, as in NA,?", value)
    return tuple(text for each in given if (text := str(each)))


def image(option: Option, value: str | Sequence[int]) -> str:
    """A size such as '28x28', from itself or from its numbers."""
    sizes = [value] if isinstance(value, str) else items(value)
    return image_text(parse_image("x".join(map(str, sizes))))


def bytes_of(option: Option, value: Any) -> int:
    """A size such as 8GB."""
    return parse_size(value)


def _nuisances(option: Option, value: Any) -> tuple[Nuisance, ...]:
    return parse_nuisances(
        option, texts(option.flag, as_texts(value), "words such as 'lr=1,2'"), parse
    )


def _text(option: Option | None = None) -> Any:
    return limited(str, min_length=1)


def _choice(option: Option) -> Any:
    """One of its choices; where a report always has a value, that which leaves it open is none."""
    kept = [each for each in option.choices if not (option.settled and each == option.default)]
    return Literal[tuple(kept)]


def _plugin(option: Option) -> Any:
    from msgspec import defstruct

    digest = limited(str, pattern="^[0-9a-f]{64}$")
    return list[defstruct("plugin", [("path", _text()), ("sha256", digest)])]  # type: ignore[misc]


KINDS = {
    "text": Kind(text_of),
    "file": Kind(file_of),
    "switch": Kind(switch, lambda _: bool, SWITCH),
    "flag": Kind(switch, lambda _: bool, SWITCH),
    "column": Kind(column, toml=EITHER),
    "columns": Kind(columns, lambda _: list[str], EITHER, listed=True),
    "markers": Kind(markers, lambda _: list[_text()], EITHER, listed=True),  # type: ignore[misc]
    "image": Kind(image),
    "choice": Kind(choice, _choice),
    "whole": Kind(whole, lambda each: limited(int, ge=each.low or 0), NUMBER),
    "share": Kind(share, lambda _: limited(float, ge=0, le=1), NUMBER),
    "size": Kind(size, lambda _: limited(float, gt=0), NUMBER),
    "bytes": Kind(bytes_of, lambda _: limited(int, ge=1), EITHER),
    "rate": Kind(rate, lambda _: limited(float, gt=0), NUMBER),
    "layers": Kind(layers, _text),
    "widths": Kind(widths, lambda _: list[limited(int, ge=1)], NUMBERS, listed=True),  # type: ignore[misc]
    "references": Kind(
        references,
        lambda _: limited(list[Literal[NO_REFERENCE, *REFERENCES]], min_length=1),  # type: ignore[valid-type]
        listed=True,
    ),
    "sources": Kind(sources, lambda _: list[Literal[SOURCES]], listed=True),  # type: ignore[valid-type]
    "nuisances": Kind(_nuisances, lambda _: list[_text()]),  # type: ignore[misc]
    # make_plan parses these itself, since each depends on others.
    "source": Kind(as_given, _text),
    "method": Kind(as_given, _text),
    "methods": Kind(as_given, lambda _: list[_text()]),  # type: ignore[misc]
    "plugins": Kind(as_given, _plugin),
}

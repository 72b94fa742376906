"""What can go wrong by a user's doing; each message is one line that names it and says what to do."""

from collections.abc import Iterable
from typing import Any

GATE_FAILED = 3
"""The exit code of the command line where a gate failed."""


class RegcmpError(Exception):
    """Anything that regcmp reports in one line; ``exit_code`` is that of the command line."""

    exit_code = 1


class UsageError(RegcmpError, ValueError):
    """An invalid option of the command, or argument of the call.

    ``options`` are those that it complains of, each given by its name or its flag: 'test_size' or
    '--test-size'. They are kept as names.
    """

    exit_code = 2

    def __init__(self, message: str, *options: str) -> None:
        super().__init__(message)
        self.options = tuple(map(option_name, options))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(self), *self.options)


def option_name(flag: str) -> str:
    """The name of the option that this flag sets: 'test_size' of '--test-size'; a name is its own."""
    return flag.lstrip("-").replace("-", "_")


class UnknownRegularizerError(UsageError):
    """A name of a method that nobody registered; a plugin may."""


class DataError(RegcmpError, ValueError):
    """Data that can't be used as they are."""


class TooFarError(DataError):
    """Rows that a precision can't hold, scaled as the training rows are."""


class PluginError(RegcmpError):
    """Code from outside that failed: a plugin, or a class that a script registers."""


def unknown(
    kind: str, given: str, known: Iterable[str], of: str = "", option: str = "", listed: str = ""
) -> UsageError:
    """The error for a name that isn't there, with what may be meant, or else all of them.

    Names that are too many for a line are ``listed`` elsewhere, by this command.
    """
    from regcmp.hints import brief, meant

    names = list(known)
    near = meant(kind, given, names)
    choice = f"{listed!r} lists them" if listed else f"choose one of {', '.join(names)}"
    way_out = f"did you mean {near}?" if near else choice
    message = f"unknown {kind} {brief(given)}{of}: {way_out}"
    return UsageError(message, *([option] if option else []))


def of_a_bug(error: BaseException) -> str:
    """What is said of an error that nobody expected."""
    return f"{type(error).__name__}: {error} (this is a bug; REGCMP_DEBUG=1 shows where)"

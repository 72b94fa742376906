"""What can go wrong by a user's doing; each message is one line that names it and says what to do."""

from collections.abc import Iterable

from regcmp.hints import brief, meant


class RegcmpError(Exception):
    """Anything that regcmp reports in one line; ``exit_code`` is that of the command line."""

    exit_code = 1


class UsageError(RegcmpError, ValueError):
    """A word of the command, or an argument of the call, that can't be meant."""

    exit_code = 2


class DataError(RegcmpError, ValueError):
    """Data that can't be used as they are."""


def unknown(kind: str, given: str, known: Iterable[str], of: str = "") -> UsageError:
    """The error for a name that isn't there, with what may be meant, or else all of them."""
    names = list(known)
    near = meant(kind, given, names)
    way_out = f"did you mean {near}?" if near else f"choose one of {', '.join(names)}"
    return UsageError(f"unknown {kind} {brief(given)}{of}: {way_out}")

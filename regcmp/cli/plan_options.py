"""The options of a plan on the command line, made from their declarations."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import click
from click.shell_completion import CompletionItem

from regcmp.cli.options import Name, Several, Source, option
from regcmp.data.columns import Columns
from regcmp.data.table import Reading
from regcmp.engine.regularizers import REGISTRY
from regcmp.option import Option, options_of
from regcmp.plan import OPTIONS
from regcmp.plan.execution import Execution
from regcmp.plan.grammar import NONE

DATA_OPTIONS = (*options_of(Reading).values(), *options_of(Columns).values())
"""How a dataset is read and what its columns are: the options that two commands share."""

Declare = Callable[[Any], Any]


def complete_method(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Regularizers for the last part of the word being typed."""
    before, plus, last = incomplete.rpartition("+")
    names = list(REGISTRY) if plus else [NONE, *REGISTRY]
    return [CompletionItem(before + plus + name) for name in names if name.startswith(last)]


def declare(each: Option, *, several: bool = False) -> Declare:
    """The click option of a declaration, which may take ``several`` values. Numbers stay text."""
    names = [f"{each.flag}/--no-{each.key}" if each.kind == "flag" else each.flag, each.name]
    more: dict[str, Any] = {"metavar": each.metavar, "help": each.about}
    if each.kind == "switch":
        more["is_flag"] = True
    elif each.kind != "flag":
        more["type"] = _type(each)
    if each.kind == "method":
        more["shell_complete"] = complete_method
    if each.spelled:
        more["envvar"] = f"REGCMP_COMPARE_{each.key.upper()}"
    if several:
        more |= {"multiple": True, "cls": Several}
    elif each.repeatable:
        more["multiple"] = True
    elif each.kind != "switch" and (each.default is not None or each.kind == "flag"):
        more["default"] = _text(each.default)
    return option(each.group, *names, required=each.kind == "source" and not several, **more)


def _type(each: Option) -> click.ParamType[Any] | None:
    if each.kind == "source":
        return Source()
    if each.kind == "choice":
        return Name(each.choices)
    return click.Path() if each.kind in ("file", "plugins") else None


def _text(default: Any) -> str | None:
    """A default as its flag would have it."""
    if isinstance(default, tuple):
        return ",".join(map(str, default))
    return f"{default:g}" if isinstance(default, float) else default and str(default)


def with_options(*declared: Declare) -> Declare:
    """Declare options on a command, in the order in which the help lists them."""

    def decorate(function: Any) -> Any:
        for each in reversed(declared):
            function = each(function)
        return function

    return decorate


def of_group(*groups: str) -> Iterable[Declare]:
    """The options of a plan that stand under these headings, those of the data's file first."""
    declared = {"dataset": OPTIONS["dataset"], **{each.name: each for each in DATA_OPTIONS}}
    declared |= {**OPTIONS, **options_of(Execution)}
    return [
        declare(each, several=each.kind == "source")
        for each in declared.values()
        if each.group in groups
        if each.kind != "methods"
    ]

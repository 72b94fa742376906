"""What options have in common: groups in the help, names that complete and are checked by the plan."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.shell_completion import CompletionItem

from regcmp.cli.origins import blaming
from regcmp.data.sources.bundled import BUNDLED
from regcmp.data.sources.files import looks_like_path
from regcmp.data.sources.openml import ALIASES
from regcmp.data.sources.synthetic import SYNTHETIC

if TYPE_CHECKING:
    TextType = click.ParamType[str]
else:  # click took its parameter only later
    TextType = click.ParamType

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


class Option(click.Option):
    """An option that stands under a heading in the help text."""

    def __init__(self, *args: Any, group: str = "Options", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.group = group


def option(group: str, *names: str, **words: Any) -> Callable[[Decorated], Decorated]:
    """A click option under a heading, which shows its default unless there is none."""
    shown = "default" in words and words["default"] is not None
    return click.option(*names, cls=Option, group=group, show_default=shown, **words)


class Command(click.Command):
    """A command whose help lists its options by group, in the order in which they were declared.

    Its errors say in which file or variable their option was set.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take the words of a call."""
        with blaming(ctx):
            return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Carry it out."""
        with blaming(ctx):
            return super().invoke(ctx)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write one section per group."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record and isinstance(param, click.Option):
                sections.setdefault(getattr(param, "group", "Other"), []).append(record)
        for group, records in sections.items():
            with formatter.section(group):
                formatter.write_dl(records)


class Source(TextType):
    """A dataset by name, which the shell completes, or a file, whose path it completes."""

    name = "source"

    def get_missing_message(self, param: click.Parameter, ctx: click.Context | None) -> str:
        """What could have been given; also where it was, but without its flag."""
        given = ctx.params.get("methods") or () if ctx else ()
        for word in given:
            if word.partition(":")[0] in (*BUNDLED, *SYNTHETIC, *ALIASES) or looks_like_path(word):
                return f"Did you mean --dataset {word}?"
        return f"Give a file, or one of {', '.join([*BUNDLED, *SYNTHETIC, *ALIASES])}."

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Names that begin like this; else files."""
        names = [*BUNDLED, *SYNTHETIC, *ALIASES]
        found = [CompletionItem(name) for name in names if name.startswith(incomplete)]
        return found or [CompletionItem(incomplete, type="file")]


class Name(click.Choice[str]):
    """One of some names, completed by the shell; the plan checks it, and says which one is near."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(list(names))

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Take the name as it is."""
        return value

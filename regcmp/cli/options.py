"""What options have in common: groups in the help, names that complete and are checked by the plan."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.shell_completion import CompletionItem

from regcmp.cli.origins import blaming
from regcmp.data.sources.bundled import BUNDLED
from regcmp.data.sources.files import looks_like_path
from regcmp.data.sources.openml import ALIASES
from regcmp.data.sources.synthetic import SYNTHETIC
from regcmp.engine.regularizers import REGISTRY
from regcmp.plan.grammar import COCKTAIL, NONE, TUNE

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


class Several(Option):
    """An option that may be given several times; a variable of the environment holds one value."""

    def value_from_envvar(self, ctx: click.Context) -> Any:
        """The whole variable: a file's name may have blanks."""
        value = self.resolve_envvar_value(ctx)
        return None if value is None else [value]


def option(group: str, *names: str, **words: Any) -> Callable[[Decorated], Decorated]:
    """A click option under a heading, which shows its default unless there is none."""
    shown = "default" in words and words["default"] is not None
    return click.option(*names, **({"cls": Option} | words), group=group, show_default=shown)


class Command(click.Command):
    """A command whose help lists its options by group, in the order in which they were declared.

    Where it has many, --help shows the ``first`` ones and names the rest; --help-all shows all of them.
    Its errors say in which file or variable their option was set.
    """

    def __init__(self, *args: Any, first: Sequence[str] = (), **words: Any) -> None:
        super().__init__(*args, **words)
        self.first = first

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """All of them, those that show help last."""
        found = super().get_params(ctx)
        return [*found, HELP_ALL] if self.first else found

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take the words of a call."""
        with blaming(ctx):
            return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Carry it out."""
        with blaming(ctx):
            return super().invoke(ctx)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write one section per group, or those that people need first and the names of the others."""
        options = [each for each in self.get_params(ctx) if isinstance(each, click.Option)]
        sections: dict[str, list[click.Option]] = {}
        for each in options:
            sections.setdefault(getattr(each, "group", "Other"), []).append(each)
        if self.first and not ctx.meta.get(ALL):
            chosen = [each for name in self.first for each in options if each.name == name]
            _write(ctx, formatter, "First options", chosen)
            with formatter.section("More options (--help-all explains them)"):
                width = formatter.width - max(map(len, sections)) - 4
                named = [(name, _flags(each, self.first, width)) for name, each in sections.items()]
                formatter.write_dl(named)
            return
        for group, listed in sections.items():
            _write(ctx, formatter, group, listed)


def _write(
    ctx: click.Context,
    formatter: click.HelpFormatter,
    heading: str,
    options: Sequence[click.Option],
) -> None:
    """A section of the help."""
    records = [each.get_help_record(ctx) for each in options]
    with formatter.section(heading):
        formatter.write_dl([each for each in records if each])


def _flags(options: Sequence[click.Option], but: Sequence[str], width: int) -> str:
    """Their long names, but for these, in lines that break at no hyphen."""
    names = [max(each.opts, key=len) for each in options if each.name not in but]
    lines = textwrap.wrap(", ".join(names), max(width, 20), break_on_hyphens=False)
    return "\n".join(["\b", *lines])  # click leaves such lines as they are


def _help_all(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    """Print the whole help, and exit."""
    if value and not ctx.resilient_parsing:
        ctx.meta[ALL] = True
        click.echo(ctx.get_help(), color=ctx.color)
        ctx.exit()


ALL = "regcmp.help_all"
HELP_ALL = Option(
    ["--help-all"],
    is_flag=True,
    expose_value=False,
    is_eager=True,
    group="Other",
    help="Show this message with all options, and exit.",
    callback=_help_all,
)


def is_source(word: str) -> bool:
    """Whether a word can only be a dataset: one by name, or a file; a method may be called as a file is."""
    name = word.partition(":")[0]
    if re.split(r"[=+:,]", word)[0] in (NONE, *REGISTRY) or word.startswith((TUNE, COCKTAIL)):
        return False
    return name in (*BUNDLED, *SYNTHETIC, *ALIASES) or ("=" not in word and looks_like_path(word))


class Source(TextType):
    """A dataset by name, which the shell completes, or a file, whose path it completes."""

    name = "source"

    def get_missing_message(self, param: click.Parameter, ctx: click.Context | None) -> str:
        """What could have been given; also where it was, but without its flag."""
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

"""The tables of the guide and the README that are made from the code, and how they are put there.

    python tests/guide_tables.py

writes them anew, after a regularizer, an option or a topic was added or changed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import click

from regcmp.cli.main import COMMANDS, cli
from regcmp.engine.regularizers import BUILT_IN, REGISTRY, TASKS, Regularizer
from regcmp.guide import TOPICS, summary
from regcmp.plan.strengths import shortest

ROOT = Path(__file__).parent.parent
GUIDE = ROOT / "regcmp" / "guide"
MARKED = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [headers, ["---"] * len(headers), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def code(text: str) -> str:
    """Text as code, in a cell of a table."""
    return f"`{text}`".replace("|", "\\|")


def regularizers() -> str:
    """Each regularizer with its default strength and what its numbers mean."""
    rows = [["`none`", "", "no regularization; the usual baseline"]]
    for name, each in built_in():
        rows.append([code(name), shortest(each.strength_is.default), "; ".join(meanings(each))])
    return table(["name", "default", "meaning of the number"], rows)


def built_in() -> Iterator[tuple[str, type[Regularizer]]]:
    """The regularizers that come with regcmp: tests register others."""
    return ((name, each) for name, each in REGISTRY.items() if name in BUILT_IN)


def meanings(regularizer: type[Regularizer]) -> Iterator[str]:
    """What its strength and its options mean, and what it can't be without."""
    yield regularizer.strength_is.meaning
    for key, number in regularizer.options_are.items():
        yield f"`:{key}=` {number.meaning} ({shortest(number.default)})"
    for name in regularizer.needs:
        yield f"only with {code(name)}"
    if regularizer.tasks != TASKS:
        yield f"{' and '.join(regularizer.tasks)} only"


def refused() -> str:
    """The pairs that can't stand in one method, and why."""
    pairs: dict[tuple[str, str], list[str]] = {}
    for name, each in built_in():
        for other, reason in each.excludes.items():
            pairs.setdefault((name, reason), []).append(code(other))
    rows = [
        [f"{code(name)} with {', '.join(others)}", reason]
        for (name, reason), others in pairs.items()
    ]
    return table(["refused", "because"], rows)


def options() -> str:
    """Every command with its arguments and options, under the headings of its help."""
    context = cli.make_context("regcmp", [], resilient_parsing=True)
    parts = []
    for name, about in COMMANDS.items():
        command = cli.get_command(context, name)
        assert command is not None
        own = click.Context(command, info_name=name, parent=context)
        usage = " ".join([own.command_path, *command.collect_usage_pieces(own)])
        parts.append(f"## regcmp {name}\n\n{about}\n\n```\n{usage}\n```")
        groups: dict[str, list[click.Option]] = {}
        for param in command.params:
            if isinstance(param, click.Option):
                groups.setdefault(getattr(param, "group", "Other"), []).append(param)
        for group, params in groups.items():
            parts.append(table([group, "meaning"], [option_row(each, own) for each in params]))
    return "\n\n".join(parts)


def option_row(option: click.Option, context: click.Context) -> list[str]:
    """Its flags with what they take, and its help with its choices and its default."""
    record = option.get_help_record(context)
    assert record is not None
    flags, text = record
    flags = flags.partition(" [")[0]
    text, *notes = text.split("  [")
    names = list(getattr(option.type, "choices", ()))
    if not all(re.search(rf"\b{re.escape(name)}\b", text) for name in names):
        text += f" One of {', '.join(names)}."
    return [code(flags), escape(" [".join([text, *notes]))]


def escape(text: str) -> str:
    """Help as Markdown: '*' is no emphasis, and a '|' ends no cell."""
    return re.sub(r"([*|<>])", r"\\\1", text)


def topics() -> str:
    """Each topic, with a link to its file and what it is about."""
    rows = [[f"[{topic}](regcmp/guide/{topic}.md)", summary(topic)] for topic in TOPICS]
    return table(["topic", "about"], rows)


SECTIONS: dict[str, Callable[[], str]] = {
    each.__name__: each for each in (regularizers, refused, options, topics)
}
FILES = (ROOT / "README.md", *sorted(GUIDE.glob("*.md")))


def current(text: str) -> str:
    """The text with each generated section as the code has it today."""
    return MARKED.sub(lambda found: f"{found[1]}{SECTIONS[found[2]]()}\n{found[3]}", text)


if __name__ == "__main__":
    for path in FILES:
        path.write_text(current(path.read_text(encoding="utf-8")), encoding="utf-8")

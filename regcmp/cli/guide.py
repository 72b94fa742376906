"""``regcmp guide``: the guide, one topic at a time."""

from __future__ import annotations

import os
import sys

import click

from regcmp.cli.options import Name
from regcmp.cli.screen import show_page
from regcmp.errors import unknown
from regcmp.guide import TOPICS, read, summary


@click.command(short_help="Show the guide, one topic at a time.")
@click.argument("topic", required=False, metavar="[TOPIC]", type=Name(TOPICS))
def guide(topic: str | None) -> None:
    """List the topics of the guide, or show one. On a terminal, it opens in a pager.

    \b
    Examples:
      regcmp guide
      regcmp guide methods
      regcmp guide options | grep seeds
    """
    if topic is None:
        show_page(listing())
        return
    if topic not in TOPICS:
        raise unknown("topic", topic, TOPICS)
    from regcmp.cli.guide_page import rendered

    # A topic that fits the screen is printed; a longer one stays on it when the pager ends.
    os.environ.setdefault("LESS", "-FRX")
    click.echo_via_pager(rendered(read(topic), sys.stdout))


def listing() -> str:
    """All topics, a line each."""
    width = max(map(len, TOPICS))
    lines = [f"  {topic:<{width}}  {summary(topic)}" for topic in TOPICS]
    return "\n".join(["Topics:", "", *lines, "", "Show one with 'regcmp guide TOPIC'."])

"""``regcmp methods``: the regularizers and what their numbers mean."""

from __future__ import annotations

import click

from regcmp.cli.options import Name
from regcmp.cli.screen import show_page
from regcmp.engine.regularizers import REGISTRY, Regularizer
from regcmp.errors import unknown
from regcmp.method import GRAMMAR, NONE, shortest

CONVENTIONS = """\
Penalties are added to the mean cross-entropy of a batch: l1 adds λ Σ|w|, l2 adds
½ λ Σw². They act on weights, never on biases. A dropout number is the
probability to drop a unit; kept units are scaled up in training (inverted
scaling), so nothing changes at evaluation."""


@click.command(short_help="List the regularizers, or show one.")
@click.argument("name", required=False, type=Name([NONE, *REGISTRY]))
def methods(name: str | None) -> None:
    """List the regularizers with their default strengths, or show what one of them does.

    \b
    Examples:
      regcmp methods
      regcmp methods dropout
    """
    if name is None:
        show_page(listing())
    elif name == NONE:
        show_page(
            "none\n\nNo regularization: the usual baseline, and what most methods are at strength 0."
        )
    elif name in REGISTRY:
        show_page(page(REGISTRY[name]))
    else:
        raise unknown("regularizer", name, [NONE, *REGISTRY])


def listing() -> str:
    """All regularizers, a line each, and how to write a method."""
    rows = [(NONE, "", "no regularization"), *(line(each) for each in REGISTRY.values())]
    widths = [max(len(row[i]) for row in rows) for i in range(2)]
    lines = [f"  {a:<{widths[0]}}  {b:<{widths[1]}}  {c}" for a, b, c in rows]
    return "\n".join(
        [
            "Regularizers (name, default, meaning):",
            "",
            *lines,
            "",
            CONVENTIONS,
            "",
            f"A method: {GRAMMAR}",
        ]
    )


def line(regularizer: type[Regularizer]) -> tuple[str, str, str]:
    """Name, default strength and meaning."""
    number = regularizer.strength_is
    return regularizer.name, shortest(number.default), number.meaning


def page(regularizer: type[Regularizer]) -> str:
    """All there is to know of one regularizer."""
    numbers = {f"{regularizer.name}=NUMBER": regularizer.strength_is} | {
        f":{key}=NUMBER": number for key, number in regularizer.options_are.items()
    }
    lines = [regularizer.name, ""]
    for paragraph in (regularizer.__doc__ or "").split("\n\n"):
        lines += [" ".join(paragraph.split()), ""]
    lines += [f"  {regularizer.formula}", ""]
    for text, number in numbers.items():
        span = f"{shortest(number.low)} to {shortest(number.high)}"
        lines.append(f"  {text}  {number.meaning}; {span}, default {shortest(number.default)}")
    lines += ["", f"  To try: {', '.join(map(shortest, regularizer.grid))}."]
    if regularizer.off is None:
        lines.append("  No strength switches it off.")
    else:
        lines.append(f"  Off at {shortest(regularizer.off)}.")
    lines += [f"  Not with {name}: {reason}." for name, reason in regularizer.excludes.items()]
    lines += ["", "Elsewhere:"]
    lines += [f"  {library}: {setting}" for library, setting in regularizer.elsewhere.items()]
    return "\n".join([*lines, "", f"Source: {regularizer.paper}"])

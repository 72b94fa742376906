"""``regcmp methods``: the regularizers and what their numbers mean."""

from __future__ import annotations

import json
from typing import Any

import click

from regcmp.cli.options import Command, Name, option
from regcmp.cli.screen import show_page
from regcmp.engine.regularizers import REGISTRY, TASKS, Number, Regularizer
from regcmp.engine.schedules import STRENGTH_SCHEDULES
from regcmp.plan.grammar import (
    COCKTAIL,
    GRAMMAR,
    MAX_DROPPED,
    NONE,
    RANGE,
    SCHEDULE,
    TUNE,
    excluded,
    unknown_regularizer,
    why_fixed,
)
from regcmp.plan.plugins import load_plugins
from regcmp.plan.strengths import shortest
from regcmp.plan.tuning import pool_of_cocktail

CONVENTIONS = """\
Penalties are added to the mean loss of a batch, cross-entropy or half the
squared error of a standardised target: l1 adds λ Σ|w|, l2 adds ½ λ Σw². They
act on weights, never on biases. A dropout number is the probability to drop a
unit; kept units are scaled up in training (inverted scaling), so nothing
changes at evaluation. Only standout scales at evaluation instead."""

FOLLOWS = f"""\
A strength can change in time, as in dropout=0.5:{SCHEDULE}=cosine: at t, the
share of training that is done, it is multiplied by

  constant  1, the default of all others
  linear    1 - t
  cosine    (1 + cos(pi t)) / 2
  flatcos   1 for t < 1/2, then (1 + cos(pi (2 t - 1))) / 2, as in RealMLP
  ramp      t, the default of dropblock, as published
  warmup    1 - exp(-10 t), the curriculum of Morerio et al. 2017 for dropout

Options stay as they are, and so do strengths whose 0 is not off."""


@click.command(cls=Command, short_help="List the regularizers, or show one.")
@click.argument("name", required=False, metavar="[NAME]", type=Name([NONE, *REGISTRY, COCKTAIL]))
@option("Other", "--json", "as_json", is_flag=True, help="As JSON, for scripts.")
@option(
    "Other",
    "--plugin",
    "plugins",
    multiple=True,
    metavar="FILE.py",
    type=click.Path(),
    envvar="REGCMP_METHODS_PLUGIN",
    help="List regularizers of your own too. Repeatable.",
)
def methods(name: str | None, as_json: bool, plugins: tuple[str, ...]) -> None:
    """List the regularizers with their default strengths, or show what one of them does.

    \b
    Examples:
      regcmp methods
      regcmp methods dropout
      regcmp methods --json
    """
    load_plugins(plugins)
    name = name.removeprefix(TUNE) if name else name
    if as_json and name != NONE and (name is None or name in REGISTRY):
        chosen = REGISTRY.values() if name is None else [REGISTRY[name]]
        print(json.dumps(list(map(facts, chosen)), ensure_ascii=False, indent=2))
    elif name is None:
        show_page(listing())
    elif name == NONE:
        show_page(
            "none\n\nNo regularization: the usual baseline, and what most methods are at strength 0."
        )
    elif name == COCKTAIL:
        show_page(cocktail_page())
    elif name in REGISTRY:
        show_page(page(REGISTRY[name]))
    else:
        raise unknown_regularizer(name, name)


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
            FOLLOWS,
            "",
            f"A method: {GRAMMAR}",
            "",
            f"A NUMBER can be a range, {RANGE}: l2=1e-5..1e-1 has a point per",
            "decade, dropout=0.1..0.5 one per tenth.",
            "",
            f"A tuned method, {TUNE}METHOD: its strengths are chosen under each seed, by",
            "validation rows. Without numbers, they are those to try.",
            f"{TUNE}{COCKTAIL} draws random mixtures: regcmp methods {COCKTAIL}.",
        ]
    )


def cocktail_page() -> str:
    """What the mixtures of ``tune:cocktail`` are made of."""
    pool = [REGISTRY[name] for name in pool_of_cocktail()]
    ends = [each.cocktail or (0.0, 0.0) for each in pool]
    spans = [f"{shortest(low)} to {shortest(high)}" for low, high in ends]
    names, width = max(len(each.name) for each in pool), max(map(len, spans))
    lines = [
        f"  {each.name:<{names}}  {span:<{width}}  {'even' if each.strength_is.is_linear else 'log'}"
        for each, span in zip(pool, spans, strict=True)
    ]
    return "\n".join(
        [
            TUNE + COCKTAIL,
            "",
            "Under each seed, every candidate is a random mixture. Each regularizer",
            "of the pool is in it with probability 1/2, in random order, unless an",
            "earlier one excludes it. Its strength is drawn from its range, evenly or",
            "by its logarithm. --trials says how many mixtures are tried.",
            "",
            *lines,
            "",
            "What the task or the network has no use for is left out. A regularizer of",
            "your own joins by its range: cocktail = (0.01, 1.0).",
            "",
            "Source: Kadra et al. 2021, Well-tuned simple nets excel on tabular datasets",
        ]
    )


def line(regularizer: type[Regularizer]) -> tuple[str, str, str]:
    """Name, default strength and meaning."""
    number = regularizer.strength_is
    return regularizer.name, shortest(number.default), number.meaning


def facts(regularizer: type[Regularizer]) -> dict[str, Any]:
    """The same as plain values; ``off`` is None where no strength is."""

    def span(number: Number) -> dict[str, Any]:
        return {
            "default": float(number.default),
            "low": float(number.low),
            "high": float(number.high),
            "whole": number.whole,
            "meaning": number.meaning,
        }

    return {
        "name": regularizer.name,
        **span(regularizer.strength_is),
        "off": regularizer.off,
        "grid": list(map(float, regularizer.grid)),
        "options": {key: span(number) for key, number in regularizer.options_are.items()},
        "schedule": regularizer.schedule,
        "schedules": ["constant"] if why_fixed(regularizer) else list(STRENGTH_SCHEDULES),
        "formula": regularizer.formula,
        "paper": regularizer.paper,
        "elsewhere": dict(regularizer.elsewhere),
        "excludes": excluded(regularizer.name),
        "needs": dict(regularizer.needs),
        "tasks": list(regularizer.tasks),
    }


def page(regularizer: type[Regularizer]) -> str:
    """All there is to know of one regularizer."""
    numbers = {f"{regularizer.name}=NUMBER": regularizer.strength_is} | {
        f":{key}=NUMBER": number for key, number in regularizer.options_are.items()
    }
    lines = [regularizer.name, ""]
    for paragraph in (regularizer.__doc__ or "").split("\n\n"):
        lines += [" ".join(paragraph.split()).replace("``", "'"), ""]
    lines += [f"  {regularizer.formula}", ""]
    for text, number in numbers.items():
        span = f"{shortest(number.low)} to {shortest(number.high)}"
        if number.drops:
            high = min(number.high, MAX_DROPPED)
            span = f"{shortest(number.low)} to {shortest(high)} (--max-dropped allows more)"
        lines.append(f"  {text}  {number.meaning}; {span}, default {shortest(number.default)}")
    grid = ", ".join(map(shortest, regularizer.grid)) or shortest(regularizer.strength_is.default)
    lines += ["", f"  To try: {grid}."]
    if regularizer.off is None:
        lines.append("  No strength switches it off.")
    else:
        lines.append(f"  Off at {shortest(regularizer.off)}.")
    fixed = why_fixed(regularizer)
    lines.append(
        f"  Can't follow a schedule: {fixed}."
        if fixed
        else f"  :{SCHEDULE}=WORD has it follow one of {', '.join(STRENGTH_SCHEDULES)};"
        f" {regularizer.schedule} unless said otherwise."
    )
    lines += [f"  Only with {name}: {reason}." for name, reason in regularizer.needs.items()]
    lines += [
        f"  Not with {name}: {reason}." for name, reason in excluded(regularizer.name).items()
    ]
    if regularizer.tasks != TASKS:
        lines.append(f"  For {' and '.join(regularizer.tasks)} only.")
    if regularizer.elsewhere:
        lines += ["", "Elsewhere:"]
    lines += [f"  {library}: {setting}" for library, setting in regularizer.elsewhere.items()]
    if regularizer.paper:
        lines += ["", f"Source: {regularizer.paper}"]
    return "\n".join(lines)

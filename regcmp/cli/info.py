"""``regcmp info``: what a bug report needs."""

from __future__ import annotations

import json

import click


@click.command(short_help="Show versions and machine, for bug reports.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def info(as_json: bool) -> None:
    """Show the versions of regcmp and what it computes with, and the machine."""
    from regcmp.cli.screen import show_page
    from regcmp.environment import environment

    found = environment()
    if as_json:
        print(json.dumps(found, indent=1))
        return
    for name, value in found.items():
        if isinstance(value, dict):
            value = ", ".join(f"{key} {each}" for key, each in value.items())
        elif isinstance(value, list):
            value = "; ".join(" ".join(str(x) for x in each.values()) for each in value)
        show_page(f"{name:<9}  {value}")

"""``regcmp info``: what a bug report needs."""

from __future__ import annotations

import json

import click


@click.command(short_help="Show versions and machine, for bug reports.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option(
    "--compile",
    "compiling",
    is_flag=True,
    help="Compile the loops of the extra 'fast' now; a long comparison does so by itself.",
)
def info(as_json: bool, compiling: bool) -> None:
    """Show the versions of regcmp and what it computes with, and the machine."""
    from regcmp.cli.screen import show_page
    from regcmp.environment import environment

    if compiling:
        compile_loops()
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


def compile_loops() -> None:
    """Have machine code made and kept. Raises UsageError where there is no compiler."""
    from regcmp.engine.kernels.switch import SWITCH, is_there
    from regcmp.engine.settings import DTYPES
    from regcmp.errors import RegcmpError, UsageError

    if not is_there():
        raise UsageError("--compile needs numba; install it: pip install 'regcmp[fast]'")
    try:
        for name in DTYPES:
            SWITCH.compile(name)
    except Exception as error:
        raise RegcmpError(
            f"--compile: the loops can't be compiled here ({type(error).__name__}: {error});"
            " comparisons go without, and give the same numbers"
        ) from error

"""``regcmp store``: what is kept of finished runs."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from regcmp.cli.options import Command, Name, option
from regcmp.errors import DataError, UsageError
from regcmp.memory import parse_size, size_text
from regcmp.plan.execution import OFF

if TYPE_CHECKING:
    from regcmp.runs.store import Store

ACTIONS = ("list", "export", "import")


@click.command(cls=Command, short_help="Show or change what is kept of finished runs.")
@click.argument("action", required=False, default=ACTIONS[0], type=Name(ACTIONS))
@click.argument("file", required=False, metavar="[FILE]", type=click.Path())
@option("Other", "--store", "place", metavar="FILE", type=click.Path(), envvar="REGCMP_STORE",
        help="The store.  [default: the one in the user's cache folder]")  # fmt: skip
@option("Other", "--prune", metavar="SIZE",
        help="Delete the oldest runs until the store is no larger, as in 100MB.")  # fmt: skip
@option("Other", "--clear", is_flag=True, help="Delete all runs.")
@option("Other", "--debug", is_flag=True, help="Show where an error came from.")
def store(
    action: str, file: str | None, place: str | None, prune: str | None, clear: bool, debug: bool
) -> None:
    """List the runs that are kept, by dataset; delete some; or carry them between machines.

    A store has what runs gave: scores, their history, how each row was classified. It has no row of
    data and no weights. Runs of a machine whose numbers differ are kept apart.

    \b
    Examples:
      regcmp store
      regcmp store --prune 100MB
      regcmp store export runs.sqlite
      regcmp store import runs.sqlite
    """
    from regcmp.runs.keeping import default_path
    from regcmp.runs.store import Store

    if (action == ACTIONS[0]) != (file is None):
        expected = "a file, as in 'regcmp store export runs.sqlite'" if file is None else "no file"
        raise UsageError(f"regcmp store {action}: expected {expected}")
    path = default_path() if place in (None, OFF) else Path(str(place))
    most = None if prune is None else parse_size(prune)
    if not path.exists() and action != "import":
        if action == "export":
            raise DataError(f"{str(path)!r}: no such store, so there is nothing to export")
        print(f"{path}: no runs yet")
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(Store(path)) as kept:
        if file is not None:
            print(_carried(kept, action, Path(file)))
        elif clear:
            print(f"{kept.clear():,} runs deleted from {path}")
        elif most is not None:
            print(f"{kept.prune(most):,} runs deleted from {path}; {kept.count:,} are left")
        else:
            print("\n".join(_listed(path, kept)))


def _carried(kept: Store, action: str, file: Path) -> str:
    """Copy runs to a file, or from one; how many."""
    from regcmp.runs.store import Store

    if action == "export":
        with closing(Store(file)) as other:
            return f"{other.take(kept.path):,} runs written to {file}"
    if not file.exists():
        raise DataError(f"{str(file)!r}: no such file; name one that 'regcmp store export' wrote")
    return f"{kept.take(file):,} runs read from {file}"


def _listed(path: Path, kept: Store) -> list[str]:
    """A line per dataset, the newest first."""
    rows = [(name, f"{n:,}", _age(newest)) for name, n, _, newest in kept.listed()]
    head = ("dataset", "runs", "last trained")
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(2)]
    lines = [
        f"{name:<{widths[0]}}  {n:>{widths[1]}}  {age}"
        for name, n, age in ((head, *rows) if rows else ())
    ]
    return [
        f"{path}: {kept.count:,} runs, {size_text(kept.size)}",
        *([""] if lines else []),
        *lines,
    ]


def _age(when: float) -> str:
    """'today', '1 day ago', '12 days ago'."""
    days = int(max(0.0, time.time() - when) // 86400)
    return "today" if not days else f"{days:,} day{'' if days == 1 else 's'} ago"

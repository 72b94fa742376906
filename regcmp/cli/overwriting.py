"""What an export would overwrite: a report of another plan is kept, unless --force says otherwise."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from regcmp.cli.options import option
from regcmp.errors import UsageError
from regcmp.hints import brief
from regcmp.report.places import Target

FORCE_OPTION = option(
    "Output", "--force", is_flag=True,
    help="Also overwrite a .json report of a different plan, or of another kind.",
)  # fmt: skip
DERIVED = ("data", "correction_ratio", "tested_by", "effective_rows", "other_networks")
"""What of a report's plan follows from its words and the data, which may have grown since."""


def check_overwritten(
    places: Iterable[Target], kind: str, plan: dict[str, Any], *, force: bool
) -> None:
    """Raise UsageError where a report that is there is of another kind, or of another plan.

    Only JSON tells: the other formats hold no plan. A word that an older report lacks is as good as equal.
    """
    for place in places:
        if force or place.path is None or place.format != ".json":
            continue
        old = _report_in(place)
        if not old:
            continue
        name = str(place.path)
        way_out = "name another file, or overwrite it with --force"
        if old["schema"].partition("/")[0] != kind:
            raise UsageError(f"-o {name!r} is a {brief(old['schema'])}, no {kind}: {way_out}", "-o")
        theirs = old.get("plan", old)
        words = theirs if isinstance(theirs, dict) else {}
        for word, mine in plan.items():
            if word in words and word not in DERIVED and words[word] != mine:
                raise UsageError(
                    f"-o {name!r} is the report of another plan ({word} {brief(words[word])},"
                    f" now {brief(mine)}): {way_out}",
                    "-o",
                )


def _report_in(place: Target) -> dict[str, Any]:
    """The report that is there, or nothing: no file, or one that is no report of regcmp."""
    import json

    assert place.path is not None
    try:
        document = json.loads(place.path.read_bytes()) if place.path.is_file() else None
    except (OSError, ValueError, RecursionError):
        return {}
    found: dict[str, Any] = document if isinstance(document, dict) else {}
    return found if str(found.get("schema")).startswith("regcmp.") else {}

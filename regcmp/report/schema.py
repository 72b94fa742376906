"""The JSON Schema of a report: what a plan holds comes from the declarations of its options."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from regcmp.plan import OPTIONS
from regcmp.plan.kinds import schema_of


def report_schema() -> dict[str, Any]:
    """What ``-o FILE.json`` writes, as JSON Schema 2020-12."""
    schema: dict[str, Any] = json.loads(
        files(__package__).joinpath("schema.json").read_text("utf-8")
    )
    plan = schema["$defs"]["plan"]
    plan["properties"] |= {name: schema_of(each) for name, each in OPTIONS.items()}
    plan["required"] = [*OPTIONS, *plan["required"]]
    return schema

"""The command line of a plan, from the plain values that a report keeps of it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from regcmp.plan.options import OPTIONS


def command(plan: Mapping[str, Any]) -> str:
    """The command of a plan, with the defaults of network and training, which may change."""
    words = ["regcmp", "compare", *plan["methods"]]
    for plugin in plan["plugins"]:
        words += ["--plugin", plugin["path"]]
    for name, each in OPTIONS.items():
        value = plan.get(name)
        left_open = value is None or (value == [] and each.kind != "markers")  # as in --na ''
        if left_open or each.kind in ("methods", "plugins"):
            continue
        if each.neutral and value == each.default:
            continue
        if isinstance(value, bool):
            words.append(each.flag if value else f"--no-{each.key}")
            continue
        text = ",".join(map(str, value)) if isinstance(value, list) else str(value)
        words += [each.flag, text]
    return shlex.join(words)

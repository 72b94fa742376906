"""What ``help(regcmp.compare)`` says of the options: they are declared elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from inspect import Parameter, Signature, signature
from typing import Any

from regcmp.option import options_of
from regcmp.plan import OPTIONS
from regcmp.plan.execution import Execution

POSITIONAL = ("dataset", "methods")


def describe(compare: Callable[..., Any]) -> None:
    """Give the function the signature of all options, and a list of them in its docstring."""
    given = signature(compare).parameters
    parameters = [given[name] for name in POSITIONAL]
    lines = ["", "", "    Options:", ""]
    for name, each in {**OPTIONS, **options_of(Execution)}.items():
        if name in POSITIONAL:
            continue
        value = str(each.default) if each.kind == "method" else each.default
        parameters.append(Parameter(name, Parameter.KEYWORD_ONLY, default=value))
        default = "" if "[default" in each.help else f"  [default: {value}]"
        lines.append(f"    - ``{name}``: {each.about}{default}")
    shown = Signature(parameters, return_annotation="Comparison")
    compare.__signature__ = shown  # type: ignore[attr-defined]
    compare.__doc__ = (compare.__doc__ or "").rstrip() + "\n".join([*lines, ""])

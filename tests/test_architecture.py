"""The direction of imports: that of the data, and never back."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import regcmp

ROOT = Path(regcmp.__file__).parent

MAY_IMPORT = {
    "errors": {"hints"},
    "engine": set(),
    "hints": {"synonyms"},
    "synonyms": set(),
    "pipes": {"errors"},
    "method": {"engine", "errors", "hints"},
    "plugins": {"engine", "errors"},
    "plan": {"data", "engine", "errors", "hints", "method", "plugins"},
    "data": {"engine", "errors", "hints", "pipes"},
    "protocol": {"data", "engine", "errors", "plan"},
    "environment": set(),
    "results": {"engine"},
    "experiment": {"data", "engine", "method", "plan", "results"},
    "statistics": {"results"},
    "gates": {"errors", "hints", "method", "results"},
    "diff": {"errors", "results", "statistics"},
    "report": {"diff", "errors", "gates", "pipes", "results", "statistics"},
    "api": {
        "data",
        "environment",
        "errors",
        "experiment",
        "plan",
        "protocol",
        "report",
        "results",
        "statistics",
    },
    "cli": {
        "api",
        "data",
        "diff",
        "engine",
        "environment",
        "errors",
        "gates",
        "hints",
        "method",
        "pipes",
        "plan",
        "plugins",
        "report",
        "results",
    },
    "__init__": {"api", "engine", "errors", "plugins"},
}
"""What each part of the package may import of the others."""

OUTSIDE = {"engine": {"numpy"}}
"""What third-party packages a part may import, where that is restricted."""

HOME = {"click": {"cli"}, "rich": {"cli", "report"}, "joblib": {"experiment", "api"}}
"""The parts that alone may import a package."""


def imports(path: Path) -> set[str]:
    """Every module that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


FILES = sorted(ROOT.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_imports_what_its_part_may(path: Path) -> None:
    """Inside the package and outside of it."""
    part = path.relative_to(ROOT).parts[0].removesuffix(".py")
    for module in imports(path):
        top, *rest = module.split(".")
        if (
            top == "regcmp"
            and rest
            and (ROOT / rest[0]).with_suffix(".py").exists() | (ROOT / rest[0]).is_dir()
        ):
            assert rest[0] == part or rest[0] in MAY_IMPORT[part], f"{part} imports {module}"
        elif top in HOME:
            assert part in HOME[top], f"{part} imports {module}"
        elif part in OUTSIDE and not _standard(top):
            assert top in OUTSIDE[part] | {"regcmp"}, f"{part} imports {module}"


def test_no_file_is_too_long_to_read() -> None:
    """400 lines are the most."""
    assert not [path for path in FILES if len(path.read_text(encoding="utf-8").splitlines()) > 400]


def test_all_names_what_the_package_offers() -> None:
    """Each can be imported."""
    for name in regcmp.__all__:
        assert getattr(regcmp, name).__doc__


def _standard(top: str) -> bool:
    import sys

    return top in sys.stdlib_module_names

"""The direction of imports: that of the data, and never back."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import regcmp

ROOT = Path(regcmp.__file__).parent

LAYERS = (
    ("metrics",),
    ("environment", "engine", "option", "synonyms"),
    ("hints",),
    ("errors",),
    ("pipes", "memory"),
    ("data",),
    ("plan",),
    ("results",),
    ("runs",),
    ("statistics",),
    ("gates", "diff"),
    ("report",),
    ("api", "guide"),
    ("cli", "__init__"),
)
"""From the bottom: a part may import those of the layers below it, and none of its own layer."""

BARRED = {
    "report": {"engine", "data", "runs"},
    "gates": {"engine", "data", "runs"},
    "diff": {"engine", "data", "runs"},
    "statistics": {"engine", "data", "runs"},
    "data": {"environment"},
}
"""What a part does not import, although it lies below."""

BELOW = {
    part: {below for layer in LAYERS[:level] for below in layer} - BARRED.get(part, set())
    for level, layer in enumerate(LAYERS)
    for part in layer
}
"""What each part of the package may import of the others."""

OUTSIDE = {"engine": {"numpy"}}
"""What third-party packages a part may import, where that is restricted."""

HOME = {"click": {"cli"}, "rich": {"cli", "report"}, "joblib": {"runs", "api"}}
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
            assert rest[0] == part or rest[0] in BELOW[part], f"{part} imports {module}"
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

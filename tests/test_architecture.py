"""The direction of imports: that of the data, and never back."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import regcmp

ROOT = Path(regcmp.__file__).parent

LAYERS = (
    ("metrics",),
    ("shares", "revision"),
    ("environment", "engine", "option", "synonyms"),
    ("hints",),
    ("errors",),
    ("pipes", "memory", "numbers", "curves"),
    ("writing",),
    ("data",),
    ("data.sources", "data.preparation"),
    ("data.tables",),
    ("data.opening",),
    ("data.loading",),
    ("plan",),
    ("results",),
    ("runs",),
    ("models",),
    ("analysis",),
    ("report",),
    ("framing", "keyword_list"),
    ("api", "guide"),
    ("study",),
    ("cli", "__init__"),
)
"""From the bottom: a part may import those of the layers below it, and of its own layer itself alone."""

DATA = {"data", "data.sources", "data.preparation", "data.tables", "data.opening", "data.loading"}

BARRED = {"report": {"engine", "runs", *DATA}, "analysis": {"engine", "runs", *DATA}}
"""What a part does not import, although it lies below."""

BELOW = {
    part: {below for layer in LAYERS[:level] for below in layer} - BARRED.get(part, set())
    for level, layer in enumerate(LAYERS)
    for part in layer
}
"""What each part of the package may import of the others."""

UPWARDS = {
    ("data", "data.preparation"): "a dataset tells its layout and keys, which are computed late"
}
"""What is imported within functions, against the direction, and why."""

OUTSIDE = {"engine": {"numpy"}}
"""What third-party packages a part may import, where that is restricted."""

HOME = {
    "click": {"cli"},
    "rich": {"cli", "report"},
    "joblib": {"runs", "api"},
    "llvmlite": {"engine"},
}
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


def part_of(module: str) -> str:
    """The part of the package that a module is in: the longest name of one; '' where it is none."""
    names = module.split(".")[:2]
    return next((name for name in (".".join(names), names[0]) if name in BELOW), "")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_imports_what_its_part_may(path: Path) -> None:
    """Inside the package and outside of it."""
    part = part_of(".".join(path.relative_to(ROOT).with_suffix("").parts))
    assert part, "a new part has its place in the layers"
    for module in imports(path):
        top, _, rest = module.partition(".")
        other = part_of(rest)
        if top == "regcmp" and other:
            fits = other == part or other in BELOW[part] or (part, other) in UPWARDS
            assert fits, f"{part} imports {module}"
        elif top in HOME:
            assert part in HOME[top], f"{part} imports {module}"
        elif part in OUTSIDE and not _standard(top):
            assert top in OUTSIDE[part] | {"regcmp"}, f"{part} imports {module}"


def test_no_file_is_too_long_to_read() -> None:
    """350 lines are the most."""
    assert not [path for path in FILES if len(path.read_text(encoding="utf-8").splitlines()) > 350]


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines of a function's body without its docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_no_function_is_longer_than_a_screen() -> None:
    """50 lines are the most."""
    long = [
        f"{path.relative_to(ROOT)}: {node.name}"
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and body_lines(node) > 50
    ]
    assert not long


def test_no_module_has_the_name_of_one_above_it_or_of_its_folder() -> None:
    """So that a name tells which is meant; what commands are called stands in cli."""
    names = {path.relative_to(ROOT).with_suffix("") for path in FILES if path.stem != "__init__"}
    for name in names:
        assert name.name not in name.parts[:-1], name
        above = [
            ROOT.joinpath(*name.parts[:depth], name.name) for depth in range(len(name.parts) - 1)
        ]
        assert not [each for each in above if each.with_suffix(".py").exists()], name


def test_all_names_what_the_package_offers() -> None:
    """Each can be imported."""
    for name in regcmp.__all__:
        assert getattr(regcmp, name).__doc__


def _standard(top: str) -> bool:
    import sys

    return top in sys.stdlib_module_names

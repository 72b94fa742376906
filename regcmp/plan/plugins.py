"""Regularizers from outside: classes that are registered by hand, and files of them."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from hashlib import sha256
from math import isfinite
from os import PathLike, fspath
from pathlib import Path
from traceback import extract_tb
from types import ModuleType
from typing import TypeVar

from regcmp.engine.regularizers import OWN, REGISTRY, TASKS, Number, Regularizer
from regcmp.errors import PluginError, UsageError
from regcmp.plan.kinds import items

Class = TypeVar("Class", bound=type[Regularizer])
NAME = re.compile(r"[a-z][a-z0-9_]*")
NEEDED = {"name": str, "formula": str, "strength_is": Number}


@dataclass(frozen=True)
class Plugin:
    """A file of regularizers: its path as it was given, and the SHA-256 of its bytes."""

    path: str
    sha256: str


def register(regularizer: Class) -> Class:
    """Add a regularizer to those that a method can name; it comes last in their canonical order.

    Stands above a class as ``@regcmp.register``. A class of the same module and name takes the place
    of its older self, as when a notebook's cell runs again. Raises UsageError where the name is
    taken or something is missing.
    """
    what = f"regularizer {getattr(regularizer, '__name__', regularizer)!r}"
    if not (isinstance(regularizer, type) and issubclass(regularizer, Regularizer)):
        raise UsageError(f"{what}: expected a class derived from regcmp.Regularizer")
    for attribute, kind in NEEDED.items():
        if not isinstance(getattr(regularizer, attribute, None), kind):
            raise UsageError(f"{what}: its attribute {attribute!r} must be a {kind.__name__}")
    name = regularizer.name
    if not NAME.fullmatch(name) or name == "none":
        raise UsageError(f"{what}: its name must be small letters, digits and _, got {name!r}")
    if "schedule" in regularizer.options_are:
        raise UsageError(
            f"{what}: every regularizer has an option 'schedule'; name its own otherwise"
        )
    for number in (regularizer.strength_is, *regularizer.options_are.values()):
        if not (number.low <= number.default <= number.high and isfinite(number.high - number.low)):
            raise UsageError(f"{what}: expected low <= default <= high, all finite, got {number}")
    if not regularizer.tasks or not set(regularizer.tasks) <= set(TASKS):
        raise UsageError(
            f"{what}: its tasks must be a tuple of {' or '.join(TASKS)}, got {regularizer.tasks!r}"
        )
    _check_cocktail(what, regularizer)
    older = REGISTRY.get(name, regularizer)
    if name in OWN or _origin(older) != _origin(regularizer):
        raise UsageError(f"{what}: the name {name!r} exists already; choose another one")
    module = sys.modules.get(regularizer.__module__)
    regularizer.file = getattr(module, "__file__", None) or ""
    REGISTRY[name] = regularizer
    return regularizer


def _check_cocktail(what: str, regularizer: type[Regularizer]) -> None:
    """Raise UsageError for a range of mixtures that is none, or not among the strengths."""
    ends, number = vars(regularizer).get("cocktail"), regularizer.strength_is
    if ends is None:
        return
    try:
        low, high = (float(each) for each in ends)
        fits = number.low <= low < high <= number.high and (number.is_linear or low > 0)
    except (TypeError, ValueError):
        fits = False
    if not fits:
        above = "" if number.is_linear else ", above 0"
        raise UsageError(
            f"{what}: expected cocktail = (LOW, HIGH) between {number.low:g} and {number.high:g}{above},"
            f" got {ends!r}"
        )


def load_plugins(given: Iterable[str | Path | Mapping[str, str]]) -> tuple[Plugin, ...]:
    """Run these files, which register their regularizers. A plan names them with their SHA-256.

    Raises UsageError, naming the file, where one can't be read, fails, registers nothing, or is
    no longer the one that the plan names.
    """
    plugins = []
    for each in items(given):
        kept = isinstance(each, Mapping) and {"path", "sha256"} <= each.keys()
        path, expected = (each["path"], each["sha256"]) if kept else (each, "")
        if not isinstance(path, str | PathLike):
            raise UsageError(f"--plugin: expected files such as 'own.py', got {path!r}", "plugins")
        plugin = _load(fspath(path))
        if expected and plugin.sha256 != expected:
            raise UsageError(
                f"--plugin: {plugin.path!r} has changed: its sha256 begins with"
                f" {plugin.sha256[:12]}, the plan's with {expected[:12]}",
                "plugins",
            )
        plugins.append(plugin)
    return tuple(plugins)


def _load(path: str) -> Plugin:
    """Run one file as a module.

    The module is known to Python only meanwhile: so its classes are sent to worker processes by
    value, which need neither the file nor its folder.
    """
    source = _read(path)
    module = _module_of(path, source)
    if not _registered_by(module):
        raise UsageError(
            f"--plugin: {path!r} registers no regularizer; write @regcmp.register above its class",
            "plugins",
        )
    return Plugin(path, sha256(source).hexdigest())


def source_of(plugin: Plugin) -> bytes:
    """The file's bytes. Raises UsageError where they are no longer those that were loaded."""
    source = _read(plugin.path)
    if sha256(source).hexdigest() != plugin.sha256:
        raise UsageError(f"--plugin: {plugin.path!r} has changed since it was loaded", "plugins")
    return source


def classes_of(plugin: Plugin, source: bytes) -> dict[str, type[Regularizer]]:
    """The regularizers of a source, by name; none stays registered. One thread at a time may call it.

    Raises PluginError where the bytes are not those of the plugin.
    """
    if sha256(source).hexdigest() != plugin.sha256:
        raise PluginError(f"--plugin: {plugin.path!r} came with other bytes than its sha256 names")
    before = dict(REGISTRY)
    try:
        return _registered_by(_module_of(plugin.path, source))
    finally:
        for name in [each for each in REGISTRY if each not in before]:
            del REGISTRY[name]
        REGISTRY.update(before)


def _registered_by(module: ModuleType) -> dict[str, type[Regularizer]]:
    return {name: each for name, each in REGISTRY.items() if each.__module__ == module.__name__}


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise UsageError(
            f"--plugin: expected a Python file, can't read {path!r}: {error.strerror}", "plugin"
        ) from error


def _module_of(path: str, source: bytes) -> ModuleType:
    """The module that this source makes, which has registered its classes."""
    module = ModuleType(f"regcmp_plugin {Path(path).resolve()}")
    module.__file__ = path
    sys.modules[module.__name__] = module
    try:
        with redirect_stdout(sys.stderr):  # standard output may carry an export
            exec(compile(source, path, "exec"), module.__dict__)
    except UsageError as error:
        raise UsageError(f"--plugin: {path!r}: {error}", "plugins") from error
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise PluginError(
            f"--plugin: {path!r}{_line(path, error)} failed to import: {type(error).__name__}: {error}"
        ) from error
    finally:
        del sys.modules[module.__name__]
    return module


def _line(path: str, error: BaseException) -> str:
    """', line 3' where a file's code failed."""
    lines = [each.lineno for each in extract_tb(error.__traceback__) if each.filename == path]
    return f", line {lines[-1]}" if lines else ""


def _origin(regularizer: type) -> tuple[str, str]:
    return regularizer.__module__, regularizer.__qualname__

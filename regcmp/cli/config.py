"""Options from a TOML file: --config, or [tool.regcmp] in pyproject.toml of the current folder.

Whatever a command declares can be set there, under the long name of its flag; so an option that is
added elsewhere is included by itself.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from regcmp.cli.options import option
from regcmp.cli.origins import CONFIG, NOT_LOADED, PROJECT
from regcmp.cli.values import as_number, words_of
from regcmp.data.opening import TEXT_OPTIONS
from regcmp.data.sources.files import looks_like_path
from regcmp.errors import UsageError, unknown
from regcmp.pipes import read_input

PLACES = ("output", "runs", "history", "tried", "predictions")
NOT_SAVED = ("config", "save-config", "debug", "help", "quiet", "force", "dry-run", *PLACES)
"""What belongs to one call: a file that silenced all that it is used for would surprise, and one that
wrote where the first call did would lose what that had found."""
HEADER = f"""\
# Written by --save-config: 'regcmp compare --config' with this file trains the same again.
# Where results go ({", ".join(PLACES)}) is left out, so that none is overwritten: name it in the call.
"""
ONLY_IF_GIVEN = ("Output", "Gates", "Other")
"""Groups of options that decide no number: a saved plan names them where the command did."""
Plain = str | int | float | bool


def read_config(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """Take a file's settings as defaults, below flags and environment variables.

    Raises UsageError, naming file and key, for what is no option or no value of it.
    """
    if ctx.resilient_parsing:
        return value
    path = Path(value) if value else PROJECT
    settings = _load(path, is_project=path.name == PROJECT.name, must_exist=bool(value))
    names = {name: each for each in ctx.command.params if (name := key_of(each)) != "config"}
    defaults: dict[str, Any] = {}
    for key, given in settings.items():
        name = key.replace("_", "-")
        if name not in names:
            where = "regcmp guide options"
            raise unknown("key", key, names, of=f" in {str(path)!r}", listed=where)
        own = names[name]
        if own.name in defaults:
            raise UsageError(f"{str(path)!r}: {name!r} appears twice, with '-' and with '_'")
        assert own.name is not None
        defaults[own.name] = words_of(own, given, f"{str(path)!r}: key {key!r}")
    if not value and (plugins := defaults.pop("plugins", None)):
        ctx.meta[NOT_LOADED] = plugins
    ctx.default_map = defaults
    ctx.meta[CONFIG] = str(path)
    return value


def _load(path: Path, *, is_project: bool, must_exist: bool) -> dict[str, Any]:
    """The file's settings; of a pyproject.toml, those under [tool.regcmp]."""
    if not must_exist and not path.is_file():
        return {}
    text = ""
    try:
        text = read_input(str(path)).decode("utf-8-sig")
        document = tomllib.loads(text)
    except OSError as error:
        raise UsageError(
            f"--config: can't read {str(path)!r}: {error.strerror}", "config"
        ) from error
    except (ValueError, RecursionError) as error:
        if not must_exist and "tool.regcmp" not in text:
            return {}  # a file of others, for them to complain of
        raise UsageError(f"--config: {str(path)!r} is no TOML: {_why(error)}", "config") from error
    tools = document.get("tool") if is_project else None
    settings = (
        (tools.get("regcmp", {}) if isinstance(tools, dict) else {}) if is_project else document
    )
    if not isinstance(settings, dict):
        raise UsageError(f"{str(path)!r}: expected tool.regcmp to be a table of options")
    return settings


def _why(error: Exception) -> str:
    """What is wrong with the text, without the words that Python has for its programmers."""
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if isinstance(error, tomllib.TOMLDecodeError | UnicodeDecodeError):
        return str(error)
    return "it holds a number of too many digits"


def key_of(param: click.Parameter) -> str:
    """What a parameter is called in a file: its longest flag without dashes, or 'methods'."""
    if isinstance(param, click.Argument):
        return str(param.name)
    return max(param.opts, key=len).lstrip("-")


def to_toml(ctx: click.Context, words: dict[str, Any]) -> str:
    """This command as a file for --config: what decides the plan in full, the rest where given.

    ``words`` are the plan's, which have the numbers behind what was left open or written as text.
    """
    import tomli_w

    settings = {}
    for param in sorted(ctx.command.params, key=lambda each: isinstance(each, click.Option)):
        name = str(param.name)
        left_open = ctx.get_parameter_source(name) in (ParameterSource.DEFAULT, None)
        minor = getattr(param, "group", "") in ONLY_IF_GIVEN or (
            name in TEXT_OPTIONS and not looks_like_path(words["dataset"])
        )
        if key_of(param) in NOT_SAVED or (left_open and minor):
            continue
        value = words[name] if _is_plain(words.get(name)) else ctx.params.get(name)
        value = as_number(param, value)
        value = list(value) if isinstance(value, tuple) else value
        if value == [] and ctx.params.get(name) == "":
            value = ""  # as in --na '', which says something else than no --na
        if value is not None and value != []:
            settings[key_of(param)] = value
    return HEADER + tomli_w.dumps(settings, multiline_strings=False)


def _is_plain(value: Any) -> bool:
    items: Iterable[Any] = value if isinstance(value, list | tuple) else [value]
    return all(isinstance(each, Plain) for each in items)


CONFIG_OPTIONS = (
    option("Other", "--config", metavar="FILE.toml", is_eager=True, callback=read_config,
           help="Take options from this file, by their long names; without it, from [tool.regcmp]"
           " in pyproject.toml of the current folder. Flags and environment win."),
    option("Other", "--save-config", metavar="FILE.toml", type=click.Path(),
           help="Write this command for --config."),
)  # fmt: skip

"""Where an option was set: the error of one says so, unless it was on the command line."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from regcmp.errors import UnknownRegularizerError, UsageError, option_name

PROJECT = Path("pyproject.toml")
CONFIG = "regcmp.config"
"""Under which a context has the name of the file that options were taken from."""
NOT_LOADED = "regcmp.not_loaded"
"""Under which it has the plugins that pyproject.toml names and that nobody asked for."""


def set_in_file(ctx: click.Context, name: str) -> Any:
    """What the file says of a parameter, or None; click's own look-up has answered otherwise at times."""
    return (ctx.default_map or {}).get(name)


def not_loaded(ctx: click.Context) -> list[str]:
    """What to say of plugins that pyproject.toml names and that nobody asked for, if there are any.

    Code that lies in the current folder, as in a copy of somebody's project, is not run for that.
    """
    plugins = ctx.meta.get(NOT_LOADED)
    if not plugins or ctx.get_parameter_source("plugins") != ParameterSource.DEFAULT:
        return []
    flags = " ".join(f"--plugin {shlex.quote(each)}" for each in plugins)
    what = f"the plugin {plugins[0]!r}" if len(plugins) == 1 else f"{len(plugins)} plugins"
    return [
        f"{what} of [tool.regcmp] in {str(PROJECT)!r} was not loaded: code runs only where you name it;"
        f" add {flags}, or --config {PROJECT}"
    ]


@contextmanager
def blaming(ctx: click.Context) -> Iterator[None]:
    """Have an error of an option say in which file or variable of the environment it was set."""
    try:
        yield
    except UsageError as error:
        raise _blame(ctx, error) from None
    except click.BadParameter as error:
        if error.param is not None and (where := _where(ctx, error.param)):
            said = error.message.removesuffix(".") + where
            raise click.BadParameter(said, error.ctx, error.param, error.param_hint) from None
        raise


def _blame(ctx: click.Context, error: UsageError) -> UsageError:
    text = str(error)
    if isinstance(error, UnknownRegularizerError) and (said := not_loaded(ctx)):
        return UsageError(f"{text}; {said[0]}", *error.options)
    for param in ctx.command.params:
        if _names(param).intersection(error.options) and (where := _where(ctx, param)):
            return UsageError(text + where, *error.options)
    return error


def _names(param: click.Parameter) -> set[str]:
    """What a UsageError may call a parameter: by the name of its option, or as one of its flags."""
    return {str(param.name), *map(option_name, (*param.opts, *param.secondary_opts))}


def _where(ctx: click.Context, param: click.Parameter) -> str:
    """' (set in FILE)', or by which variable; empty for the command line and for defaults."""
    name = str(param.name)
    source = ctx.get_parameter_source(name)
    # Of arguments, older click does not say that they come from the file.
    unsaid = isinstance(param, click.Argument) and not ctx.params.get(name)
    if source == ParameterSource.DEFAULT_MAP or (unsaid and set_in_file(ctx, name)):
        return f" (set in {ctx.meta[CONFIG]!r})"
    if source == ParameterSource.ENVIRONMENT:
        return f" (set by {_variable(ctx, param)} in the environment)"
    return ""


def _variable(ctx: click.Context, param: click.Parameter) -> str:
    own = param.envvar
    return own if isinstance(own, str) else f"{ctx.auto_envvar_prefix}_{param.name}".upper()

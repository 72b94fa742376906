"""The command group, and how every error ends: one line on standard error and an exit code."""

from __future__ import annotations

import importlib
import os
import sys
import traceback
import warnings
from contextlib import suppress
from typing import NoReturn

import click

from regcmp.cli.screen import harmless
from regcmp.cli.signals import INTERRUPTED, ending, handle_signals, leave_in_peace
from regcmp.cli.stdio import end_streams, open_streams
from regcmp.errors import GATE_FAILED, RegcmpError, of_a_bug, unknown

COMMANDS = {
    "compare": "Train one network under several regularizers and compare them.",
    "fit": "Train a method on all rows, and write the model.",
    "predict": "Predict new rows with a model.",
    "report": "Render a saved report in any format.",
    "diff": "Compare two saved reports, method by method.",
    "power": "Show what a saved comparison could have found.",
    "store": "Show or change what is kept of finished runs.",
    "methods": "List the regularizers, or show one.",
    "datasets": "List the datasets, or show one.",
    "guide": "Show the guide, one topic at a time.",
    "info": "Show versions and machine, for bug reports.",
}
SHORT = ("-d", "-f", "-j")
"""What other commands call --sep, --force and --jobs."""


class Group(click.Group):
    """Commands that are imported when they are called: listing them costs next to nothing."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All commands, the main one first."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command. Raises UsageError for one that isn't there."""
        if cmd_name not in COMMANDS:
            if ctx.resilient_parsing:
                return None
            raise unknown("command", cmd_name, COMMANDS)
        command = getattr(importlib.import_module(f"regcmp.cli.{cmd_name}"), cmd_name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=Group,
    context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "REGCMP"},
    epilog="Every option can also be set by an environment variable: REGCMP_COMPARE_SEEDS=20.",
)
@click.version_option(package_name="regcmp", message="%(prog)s %(version)s")
def cli() -> None:
    """Which regularizer, how strong, and is the difference real?

    \b
    regcmp compare --dataset digits
    regcmp compare --dataset wine none l2=1e-3,1e-2 dropout+l2 -o report.csv
    """


def main() -> NoReturn:
    """Run the command line and exit.

    0 done, 1 data or run-time error, 2 usage error, 3 a gate failed, 128 + n where signal n came (130
    for Ctrl-C), whether or not somebody reads what is printed.
    """
    handle_signals()
    warnings.filterwarnings("ignore", ".*joblib will operate in serial mode", UserWarning)
    open_streams()
    code = _run()
    leave_in_peace()
    if (failed := end_streams()) and code in (0, GATE_FAILED):
        code = _complain(failed, 1)
    sys.exit(code)


def _run() -> int:
    """Run the command; the exit code, where an error was said in one line."""
    try:
        cli.main(prog_name="regcmp", standalone_mode=False)
    except SystemExit as stop:
        return int(stop.code or 0)
    except (KeyboardInterrupt, click.Abort):
        return ending() or INTERRUPTED
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help() if error.ctx else "", err=True)
        return error.exit_code
    except click.NoSuchOption as error:
        return _complain(no_such_option(error), error.exit_code)
    except click.ClickException as error:
        return _complain(error.format_message(), error.exit_code)
    except RegcmpError as error:
        return _complain(str(error), error.exit_code)
    except Exception as error:
        # A module under import may make another exception of a signal's.
        return ending() or _complain(_of_the_system(error) or _unexpected(error), 1)
    return 0


def _of_the_system(error: Exception) -> str:
    """What the system could not do; empty for anything else."""
    if isinstance(error, MemoryError):
        return f"not enough memory ({error}); try smaller --hidden or --batch-size"
    if isinstance(error, FileNotFoundError):
        from regcmp.environment import current_folder_is_gone

        if current_folder_is_gone():
            return "the current folder was deleted; change to one that is there"
    return f"the system refused: {error}" if isinstance(error, OSError) else ""


def no_such_option(error: click.NoSuchOption) -> str:
    """What may be meant by an option that is none, or where they are listed."""
    from regcmp.hints import brief, meant

    names: list[str] = []
    if error.ctx:
        for param in error.ctx.command.get_params(error.ctx):
            names += [*param.opts, *param.secondary_opts]
    given = error.option_name
    # A short one is a word of its own: -y means yes in one place and the target in none.
    near = meant("option", given, names) if given.startswith("--") or given in SHORT else ""
    path = error.ctx.command_path if error.ctx else "regcmp"
    way_out = f": did you mean {near}?" if near else f"; '{path} --help' lists those there are"
    return f"unknown option {brief(given)}{way_out}"


def _unexpected(error: Exception) -> str:
    # By name, since joblib is not imported where no worker process was started.
    if type(error).__name__ == "TerminatedWorkerError":
        return (
            "the system killed a worker process, most often for want of memory; try fewer --jobs, a"
            " smaller network or --batch-size"
        )
    return of_a_bug(error)


def _complain(message: str, code: int) -> int:
    from regcmp.hints import shortened

    with suppress(OSError):
        if _debugging():
            traceback.print_exc()
        click.echo("Error: " + harmless(shortened(" ".join(message.split()))), err=True)
    return code


def is_on(text: str) -> bool:
    """Whether a variable of the environment switches something on."""
    return text.strip().lower() not in ("", "0", "false", "f", "no", "n", "off")


def _debugging() -> bool:
    """Asked for by flag or environment, whether or not the command's words could be parsed."""
    return "--debug" in sys.argv or is_on(os.environ.get("REGCMP_DEBUG", ""))

"""The command line: options to a plan, printing, exit codes; nothing is computed here."""

from regcmp.cli.main import main

__all__ = ["main"]

"""The command line: options to a plan, printing, exit codes; nothing is computed here."""

import sys

try:
    from regcmp.cli.main import main
except KeyboardInterrupt:  # Ctrl-C before main is there to handle it
    sys.exit(130)

__all__ = ["main"]

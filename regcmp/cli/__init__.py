"""The command line: options to a plan, printing, exit codes; nothing is computed here."""

import os
import signal
import threading

_ours = threading.current_thread() is threading.main_thread()
_before = signal.getsignal(signal.SIGINT)
if _ours and _before is signal.default_int_handler:
    # Ctrl-C before main is there to handle it: nothing is begun yet that would have to be ended.
    signal.signal(signal.SIGINT, lambda *_: os._exit(130))

from regcmp.cli.main import main  # noqa: E402

if _ours:
    signal.signal(signal.SIGINT, _before)

__all__ = ["main"]

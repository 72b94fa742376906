"""Signals that end a command: once, in order, whatever comes after."""

from __future__ import annotations

import _thread
import signal
import sys
import threading
import warnings
from types import FrameType
from typing import NoReturn

INTERRUPTED = 130
ENDING = {
    getattr(signal, name): 128 + getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGBREAK")
    if hasattr(signal, name)
}
"""The exit code of each, as a shell has it."""

RAISE_AGAIN_SECONDS = 0.01

_came: list[int] = []


def handle_signals() -> None:
    """End by an exception where one of them comes; what was ignored from outside (nohup) stays so."""
    for number in ENDING:
        always = number in (signal.SIGINT, signal.SIGTERM)
        if always or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _end)


def ending() -> int | None:
    """The exit code of the signal that came first, if one did."""
    return ENDING[_came[0]] if _came else None


def leave_in_peace() -> None:
    """Ignore all of them from now on: what is under way is the end."""
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)


def _end(number: int, frame: FrameType | None) -> NoReturn:
    """Raise KeyboardInterrupt, so that files half written are removed and workers ended.

    What joblib's threads and warnings say of tasks that are given up is nothing to show.
    """
    leave_in_peace()
    threading.excepthook = lambda _: None
    sys.unraisablehook = _raise_again
    warnings.simplefilter("ignore")
    _came.append(number)
    raise KeyboardInterrupt


def _raise_again(dropped: sys.UnraisableHookArgs) -> None:
    """Raise KeyboardInterrupt once more where Python has dropped it.

    Python drops what is raised in a destructor or in the callback of a weak reference, such as those
    of the import system. Nothing can be raised from here, so a thread sends the signal a moment later.
    """
    if dropped.exc_type is not KeyboardInterrupt:
        sys.__unraisablehook__(dropped)
        return
    signal.signal(_came[0], _end)
    threading.Timer(RAISE_AGAIN_SECONDS, _thread.interrupt_main, (_came[0],)).start()

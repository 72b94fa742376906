"""Worker processes: started so that they import nothing of the current folder, and outlive nobody.

joblib's loky starts them, since it sends classes of a user's script by value and large arrays as files
in memory.
"""

from __future__ import annotations

import errno
import os
import pickle
import signal
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from regcmp.environment import current_folder_is_gone
from regcmp.errors import RegcmpError

SENT_BYTES = 1 << 23
"""Above this, an array goes to a worker as a file in memory. Such files are waited for in the end, a
tenth of a second at times, so they must be worth it."""

IDLE_SECONDS = 300
"""After which a worker without work ends; a later comparison of the same process reuses it."""

LOOK_SECONDS = 0.25
"""How often a worker looks whether its parent is there."""

ONE_THREAD = dict.fromkeys(
    (
        *("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS"),
        *("VECLIB_MAXIMUM_THREADS", "NUMBA_NUM_THREADS", "NUMEXPR_NUM_THREADS"),
    ),
    "1",
)
SAFE_PATH = {"PYTHONSAFEPATH": "1"}
"""Keeps the current folder off a new interpreter's path: its modules are not asked for."""

TRACKER_WARNINGS = "ignore:resource_tracker"
"""A tracker removes what killed workers leave; what it says of that concerns nobody."""

HELD_BACK = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGQUIT", "SIGHUP") if hasattr(signal, name)
)
"""Signals that a terminal sends to all processes: this one ends the workers, in its own time."""


@contextmanager
def workers(jobs: int, warn: Callable[[str], None]) -> Iterator[Executor | None]:
    """So many worker processes; None where this system can't start any, of which ``warn`` is told.

    They are kept for the next comparison, but killed where this one fails.
    """
    with _environment(SAFE_PATH | _quiet_trackers()), _quiet_threads():
        reason = _why_not()
        if reason:
            warn(
                f"no worker processes here ({reason}); training in this process, with the same results"
            )
            yield None
            return
        pool = _pool(jobs)
        try:
            with _explained():
                yield pool
        except BaseException:
            pool.terminate(kill_workers=True)
            raise
        pool.clean()


class _Pool(Executor):
    """joblib's executor, whose processes inherit blocked signals."""

    def __init__(self, jobs: int) -> None:
        from joblib.executor import get_memmapping_executor

        with _held_back():
            self.inner = get_memmapping_executor(
                jobs,
                timeout=IDLE_SECONDS,
                initializer=_begin,
                initargs=(os.getpid(),),
                env=ONE_THREAD | SAFE_PATH,
                max_nbytes=SENT_BYTES,
                mmap_mode="r",
            )
        # A folder of this comparison, as joblib.Parallel has one for each call.
        self.folder = uuid4().hex
        self.inner._temp_folder_manager.set_current_context(self.folder)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        with _held_back():
            return self.inner.submit(fn, *args, **kwargs)

    def clean(self) -> None:
        """Remove the files of large arrays, which workers have let go of."""
        self.inner._temp_folder_manager._clean_temporary_resources(self.folder)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the workers when they have done their work; with ``cancel_futures``, at once."""
        self.inner.shutdown(wait=wait, kill_workers=cancel_futures)
        self.clean()

    def terminate(self, kill_workers: bool) -> None:
        """End the workers, at once or when they have done their work."""
        self.inner.terminate(kill_workers=kill_workers)


def _pool(jobs: int) -> _Pool:
    # A worker whose stacks were large is replaced by a new one: nothing is lost, nor to be done.
    warnings.filterwarnings("ignore", "A worker stopped while some jobs", UserWarning)
    return _Pool(jobs)


def _begin(parent: int) -> None:
    """In a worker: end when the parent has, whatever ended it."""
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_SECONDS)
    os._exit(1)


def _why_not() -> str:
    """Why no worker can be started here; empty where one can."""
    if current_folder_is_gone():
        return "the current folder was deleted"
    try:
        from _multiprocessing import SemLock
    except ImportError:
        return "this Python has no semaphores"
    try:
        SemLock(0, 0, 1, name=f"/regcmp-{os.getpid()}-{time.monotonic_ns()}", unlink=True)
    except OSError as error:
        return f"no semaphore can be made, most often since /dev/shm can't be written: {error.strerror}"
    return ""


@contextmanager
def started_quietly() -> Iterator[None]:
    """Start processes as workers are: off the current folder, and not reached by a terminal's signals."""
    with _environment(SAFE_PATH | _quiet_trackers()), _held_back():
        yield


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """Set variables meanwhile: what is started inherits them, as do multiprocessing's trackers."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _quiet_trackers() -> dict[str, str]:
    said = os.environ.get("PYTHONWARNINGS", "")
    return {"PYTHONWARNINGS": f"{said},{TRACKER_WARNINGS}".lstrip(",")}


@contextmanager
def _quiet_threads() -> Iterator[None]:
    """Print no traceback of the executor's threads: what stops them, the futures raise as well."""
    before = threading.excepthook

    def hook(said: threading.ExceptHookArgs) -> None:
        name = said.thread.name if said.thread else ""
        if not name.startswith(("ExecutorManager", "QueueFeeder")):
            before(said)

    threading.excepthook = hook
    try:
        yield
    finally:
        if threading.excepthook is hook:
            threading.excepthook = before


@contextmanager
def _held_back() -> Iterator[None]:
    """Start processes that a terminal's signals do not reach: they inherit which are blocked.

    A signal comes to this process when they have started, which then stops them; a worker that is
    interrupted while it imports would print a traceback.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, HELD_BACK)
    try:
        _start_trackers()  # which unblock SIGINT
        signal.pthread_sigmask(signal.SIG_BLOCK, HELD_BACK)
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start_trackers() -> None:
    """Have the processes run that remove what others leave behind."""
    from multiprocessing import resource_tracker

    from joblib.externals.loky.backend import resource_tracker as loky_tracker

    resource_tracker.ensure_running()
    loky_tracker.ensure_running()


@contextmanager
def _explained() -> Iterator[None]:
    """Say what to do where the system has no room for what workers are sent."""
    try:
        yield
    except (OSError, pickle.PicklingError) as error:
        # What fails while a task is sent comes as the text of a traceback.
        full = os.strerror(errno.ENOSPC)
        if full in f"{error} {error.__cause__}":
            raise RegcmpError(
                f"no space left for what is sent to workers in {_shared_folder()!r}; try --jobs 1, or set"
                " JOBLIB_TEMP_FOLDER to a folder with room"
            ) from error
        raise


def _shared_folder() -> str:
    return os.environ.get("JOBLIB_TEMP_FOLDER") or (
        "/dev/shm" if os.path.isdir("/dev/shm") else tempfile.gettempdir()
    )

"""Running work in several processes at once, timed together, and their peak memory."""

from __future__ import annotations

from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path
from time import perf_counter
from typing import Any

import psutil

Finish = Callable[[], Any]
Ready = Callable[[], Finish]
"""What is timed. It returns what is left to do after the clock: judging and packing."""

Prepare = Callable[..., Ready]
"""What comes before the clock: imports and rows. A module's function, since it is pickled."""


def timed(prepare: Prepare, arguments: list[tuple[Any, ...]]) -> tuple[float, list[Any], int]:
    """Seconds, results and summed peak resident bytes of one prepared piece of work per argument.

    One piece is done here; more are done in as many fresh processes, which start together.
    """
    if len(arguments) > 1:
        return _together(prepare, arguments)
    ready = prepare(*arguments[0])
    start = perf_counter()
    finish = ready()
    seconds = perf_counter() - start
    peak = peak_resident()
    return seconds, [finish()], peak


def _together(prepare: Prepare, arguments: list[tuple[Any, ...]]) -> tuple[float, list[Any], int]:
    context = get_context("spawn")
    barrier = context.Barrier(len(arguments) + 1)
    pipes, workers = [], []
    for each in arguments:
        ours, theirs = context.Pipe()
        worker = context.Process(target=_work, args=(prepare, each, barrier, theirs), daemon=True)
        worker.start()
        theirs.close()
        pipes.append(ours)
        workers.append(worker)
    barrier.wait()
    start = perf_counter()
    peaks = [pipe.recv() for pipe in pipes]
    seconds = perf_counter() - start
    results = [pipe.recv() for pipe in pipes]
    for worker in workers:
        worker.join()
    return seconds, results, peak_resident() + sum(peaks)


def _work(prepare: Prepare, arguments: tuple[Any, ...], barrier: Barrier, pipe: Connection) -> None:
    try:
        ready = prepare(*arguments)
        barrier.wait()
        finish = ready()
        pipe.send(peak_resident())
        pipe.send(finish())
    except BaseException:
        barrier.abort()
        raise


def peak_resident() -> int:
    """The peak resident bytes of this process and of its children, each at its own peak.

    Pages that processes share, such as those of libraries, are counted in each. Linux alone keeps
    this number; elsewhere it is 0.
    """
    me = psutil.Process()
    return sum(_high_water(each.pid) for each in [me, *me.children(recursive=True)])


def _high_water(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    lines = [line.split() for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(lines[0][1]) * 1024 if lines else 0

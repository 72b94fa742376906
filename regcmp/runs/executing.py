"""Stacks of runs, trained here or by worker processes."""

from __future__ import annotations

import signal
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from regcmp.engine.stack import Stack
from regcmp.engine.training import Trained, timed_training

SENT_BYTES = 1 << 23
"""Above this, an array goes to a worker as a file in memory. Such files are waited for in the end, a
tenth of a second at times, so they must be worth it."""


def train_all(
    stacks: Iterable[Stack], jobs: int, count: int
) -> Iterator[tuple[int, list[Trained], float]]:
    """Train stacks here or in worker processes; yield (index, runs, seconds) as they finish.

    BLAS has one thread in either case: with another number of threads a product may differ in its
    last bits.
    """
    jobs = min(jobs, count)
    if jobs == 1:
        from threadpoolctl import threadpool_limits

        with threadpool_limits(1):
            yield from (timed_training(index, stack) for index, stack in enumerate(stacks))
        return
    from joblib import Parallel, delayed, parallel_config
    from joblib.externals.loky import get_reusable_executor

    with parallel_config(backend="loky", inner_max_num_threads=1), warnings.catch_warnings():
        # A worker whose stacks were large is replaced by a new one: nothing is lost, nor to be done.
        warnings.filterwarnings("ignore", "A worker stopped while some jobs", UserWarning)
        parallel = Parallel(
            jobs, return_as="generator_unordered", batch_size=1, max_nbytes=SENT_BYTES
        )
        try:
            with _ctrl_c_held_back():
                results = parallel(delayed(timed_training)(i, s) for i, s in enumerate(stacks))
            yield from results
        except BaseException:
            # Whatever it was made with: another one would first wait for this one's work.
            get_reusable_executor(reuse=True).shutdown(wait=True, kill_workers=True)
            raise


@contextmanager
def _ctrl_c_held_back() -> Iterator[None]:
    """Start processes that Ctrl-C does not reach, since they inherit which signals are blocked.

    It comes to this process when they have started, which then stops them; a worker that is
    interrupted while it imports would print a traceback.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    from multiprocessing import resource_tracker

    from joblib.externals.loky.backend import resource_tracker as loky_tracker

    # These two block SIGINT while they start a process of theirs, and then unblock it.
    resource_tracker.ensure_running()
    loky_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)

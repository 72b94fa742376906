"""One measurement, in a process of its own: ``python child.py JOB`` prints one line of JSON.

JOB is JSON: a workload, and a side with its number of processes, or "floor". Threads are set in the
environment by whoever starts this.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from floor import gemm_rates
from processes import Finish, Ready, timed
from sides import SIDES
from workloads import Run, Workload


def main() -> None:
    """Measure what the first argument asks for."""
    job = json.loads(sys.argv[1])
    workload = Workload.from_dict(job["workload"])
    if job["side"] == "floor":
        result = {"rates": gemm_rates(workload), "blas": blas()}
    else:
        result = measure(job["side"], workload, job["processes"])
    print(json.dumps(result))


def measure(side: str, workload: Workload, processes: int) -> dict[str, Any]:
    """Seconds, accuracies and memory of one side."""
    runs = SIDES[side].runs(workload)
    # Alternating, so that each process gets as much of every method.
    shares = [(side, workload, runs[i::processes]) for i in range(processes)]
    seconds, results, peak = timed(prepare, shares)
    return {
        "seconds": seconds,
        "compile_seconds": max(compiling for compiling, _ in results),
        "peak_bytes": peak,
        "accuracies": [each for _, accuracies in results for each in accuracies],
    }


def prepare(side: str, workload: Workload, runs: list[Run]) -> Ready:
    """Import and load; what is returned is timed."""
    train = SIDES[side].load(workload, runs)

    def ready() -> Finish:
        trained = train()
        return lambda: (trained.compile_seconds, trained.score())

    return ready


def blas() -> list[str]:
    """The BLAS that NumPy uses, and the kernels that it chose for this processor."""
    from threadpoolctl import threadpool_info

    return [
        f"{each['internal_api']} {each['version']} {each.get('architecture', '')}".strip()
        for each in threadpool_info()
        if each["user_api"] == "blas"
    ]


if __name__ == "__main__":
    main()

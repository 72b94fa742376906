"""Starting measurements: fresh processes in one clean environment, and the machine they ran on."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import perf_counter
from types import MappingProxyType
from typing import Any

import psutil

from sides import Side, Variant
from workloads import Workload

HERE = Path(__file__).parent
THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "NPROC",
)
"""Set to a side's number of threads. NPROC is what XLA, and with it JAX, goes by."""

REMOVED = (
    *("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "OPENBLAS_MAIN_FREE", "GOTO_NUM_THREADS"),
    *("OMP_PROC_BIND", "OMP_PLACES", "OMP_WAIT_POLICY", "OMP_DYNAMIC", "GOMP_CPU_AFFINITY"),
    *("KMP_AFFINITY", "KMP_BLOCKTIME", "XLA_FLAGS", "JAX_PLATFORMS", "JAX_ENABLE_X64"),
    *("MALLOC_ARENA_MAX", "LD_PRELOAD", "PYTHONPATH", "LOKY_MAX_CPU_COUNT"),
)
"""What could favour or handicap one side."""

EMPTY: Mapping[str, str] = MappingProxyType({})
STARTED = "REGCMP_STARTED_CLEAN"
PACKAGES = (
    *("regcmp", "numpy", "scipy", "scikit-learn", "joblib"),
    *("numba", "llvmlite", "torch", "jax", "jaxlib"),
)


def clean_environment(threads: int | None = None) -> dict[str, str]:
    """The environment of a measurement; without ``threads``, the libraries choose."""
    environment = {
        key: value
        for key, value in os.environ.items()
        if key not in (*THREADS, *REMOVED) and not key.startswith("REGCMP_")
    }
    if threads is not None:
        environment |= dict.fromkeys(THREADS, str(threads))
    return environment


def start_clean() -> None:
    """Start this program again in a clean environment with one thread, unless that was done."""
    if STARTED not in os.environ:
        environment = clean_environment(threads=1) | {STARTED: "1"}
        os.execve(sys.executable, [sys.executable, *sys.argv], environment)


def compile_kernels() -> None:
    """Have the kernels' machine code made, which is kept from then on: no measurement compiles."""
    code = (
        "import numpy as np; from regcmp.engine.kernels.switch import SWITCH;"
        " SWITCH.compile(np.float32)"
    )
    subprocess.run([sys.executable, "-c", code], env=clean_environment(), check=True)


def measure(side: Side, variant: Variant, workload: Workload) -> dict[str, Any]:
    """Train a workload once, in a fresh process."""
    job = {"side": side.name, "processes": variant.processes}
    return run_child(job, workload, variant.threads, side.environment)


def measure_floor(workload: Workload) -> dict[str, Any]:
    """The rates of the workload's matrix products, in floating-point operations per second."""
    return run_child({"side": "floor"}, workload, 1)


def run_child(
    job: dict[str, Any], workload: Workload, threads: int, extra: Mapping[str, str] = EMPTY
) -> dict[str, Any]:
    """Run child.py and read its line; what it wrote to stderr is kept under 'messages'.

    'others' is how much of the machine was not ours meanwhile.
    """
    words = json.dumps(job | {"workload": workload.as_dict()})
    before = clocks()
    done = subprocess.run(
        [sys.executable, str(HERE / "child.py"), words],
        env={**clean_environment(threads), **extra},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"{job['side']} on {workload.name} failed:\n{done.stderr}")
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result | {"messages": done.stderr.strip(), "others": others(before, clocks())}


def clocks() -> tuple[float, float, float]:
    """Seconds on the wall, in which all cores were busy, and in which our own children were."""
    times = psutil.cpu_times()
    # Guests are counted in user time already.
    away = ("idle", "iowait", "guest", "guest_nice")
    busy = sum(value for name, value in times._asdict().items() if name not in away)
    own = os.times()
    return perf_counter(), busy, own.children_user + own.children_system


def others(before: tuple[float, ...], after: tuple[float, ...]) -> float:
    """How many cores other processes, or other machines on this host, took in the meantime."""
    wall, busy, own = (end - start for start, end in zip(before, after, strict=True))
    return max(0.0, (busy - own) / wall)


def machine() -> dict[str, Any]:
    """What the numbers depend on, without names of hosts, users or paths."""
    return {
        "processor": processor(),
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "packages": {name: found for name in PACKAGES if (found := installed(name))},
    }


def processor() -> str:
    """The processor's model name, as far as the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":")[1].strip() for line in lines if "model name" in line), "unknown")


def installed(package: str) -> str | None:
    """The version of a package, if it is there."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None

"""W4: from start to prompt, as a user waits for the command line."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from time import perf_counter

from harness import clean_environment

COMPARE = "regcmp compare --dataset digits"
WITHOUT_EXTRA = f"REGCMP_KERNELS=numpy {COMPARE}"


def commands() -> dict[str, list[str]]:
    """The commands that are timed. The last does nothing: the floor of every Python command."""
    beside = Path(sys.executable).with_name("regcmp")
    regcmp = str(beside) if beside.exists() else shutil.which("regcmp") or "regcmp"
    return {
        COMPARE: [regcmp, "compare", "--dataset", "digits"],
        WITHOUT_EXTRA: [regcmp, "compare", "--dataset", "digits"],
        "regcmp --help": [regcmp, "--help"],
        "python -c pass": [sys.executable, "-c", "pass"],
    }


def measure_prompt(name: str, command: list[str]) -> float:
    """Seconds from start to exit, with output to a pipe and the libraries' own choice of threads."""
    own = {"REGCMP_KERNELS": "numpy"} if name == WITHOUT_EXTRA else {}
    # What is in the store is not trained.
    environment = clean_environment() | {"REGCMP_STORE": "off"} | own
    start = perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    seconds = perf_counter() - start
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[1:])} failed:\n{done.stderr}")
    return seconds

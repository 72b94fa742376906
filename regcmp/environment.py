"""Where this process runs: versions, machine, BLAS, and its folder."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from typing import Any

from regcmp.revision import revision

PACKAGES = ("numpy", "scipy", "scikit-learn", "pandas", "joblib", "threadpoolctl", "click", "rich")


def environment() -> dict[str, Any]:
    """Plain values; equal on one machine and commit as long as nothing is installed or set anew."""
    import numpy  # noqa: F401  threadpoolctl tells of libraries that are loaded
    from threadpoolctl import threadpool_info

    blas = [
        {key: library.get(key) for key in ("internal_api", "version", "architecture")}
        for library in threadpool_info()
        if library["user_api"] == "blas" and "numpy" in library["filepath"].lower()
    ]
    return {
        "regcmp": version("regcmp"),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
        "system": platform.system(),
        "machine": platform.machine(),
        "cpus": os.cpu_count(),
        "blas": blas,
        "workers": [],
        "git": revision(),
    }


def current_folder_is_gone() -> bool:
    """Whether the folder that this process stands in was deleted."""
    try:
        os.getcwd()
    except FileNotFoundError:
        return True
    return False

"""Where this process runs: versions, machine, BLAS, and its folder."""

from __future__ import annotations

import importlib
import os
import platform
from importlib.metadata import version
from typing import Any

from regcmp.engine import NUMERICS

BITS = ("numpy", "scipy", "scikit-learn", "pandas")
"""Packages that compute anything of a run: splits, preparation, training."""
PACKAGES = ("numpy", "scipy", "scikit-learn", "pandas", "joblib", "threadpoolctl", "click", "rich")


def environment() -> dict[str, Any]:
    """Plain values; equal on one machine as long as nothing is installed or set anew."""
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
    }


def numerics() -> dict[str, Any]:
    """What decides the last bits of a run beside its settings: code, libraries, kernels."""
    import numpy as np
    from threadpoolctl import threadpool_info

    np.dot(np.ones(2), np.ones(2))  # so that BLAS is loaded, which threadpoolctl tells of
    kernels = [
        [each.get(key) for key in ("internal_api", "version", "architecture")]
        for each in threadpool_info()
        if each["user_api"] == "blas"
    ]
    return {
        "engine": NUMERICS,
        "packages": {name: version(name) for name in BITS},
        "machine": [platform.system(), platform.machine()],
        "blas": sorted(kernels, key=repr),
        "features": _features(),
    }


def _features() -> list[str]:
    """The processor's, by which NumPy chooses its loops; it has no public name for them."""
    core: Any = importlib.import_module("numpy._core._multiarray_umath")
    features: dict[str, bool] = getattr(core, "__cpu_features__", {})
    return sorted(name for name, has in features.items() if has)


def current_folder_is_gone() -> bool:
    """Whether the folder that this process stands in was deleted."""
    try:
        os.getcwd()
    except FileNotFoundError:
        return True
    return False

"""What decides the last bits of every run on this machine."""

from __future__ import annotations

import importlib
import platform
from functools import cache
from importlib.metadata import version
from typing import Any

from regcmp.engine import NUMERICS

BITS = ("numpy", "scipy", "scikit-learn", "pandas")
"""Packages that compute anything of a run: splits, preparation, training."""


@cache
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

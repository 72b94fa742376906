"""Machines, and what decides the last bits of every run on them."""

from __future__ import annotations

import importlib
import json
import platform
from dataclasses import dataclass
from functools import cache, cached_property
from hashlib import sha256
from importlib.metadata import version
from typing import Any

from regcmp.engine import NUMERICS

BITS = ("numpy", "scipy", "scikit-learn", "pandas")
"""Packages that compute anything of a run: splits, preparation, training."""


@dataclass(frozen=True)
class Machine:
    """Where a run was trained: which machine, without its name, and what decides the bits there."""

    host: str
    numerics: dict[str, Any]

    @cached_property
    def digest(self) -> str:
        """Equal where runs have the same bits."""
        return sha256(json.dumps(self.numerics, sort_keys=True).encode()).hexdigest()

    def __str__(self) -> str:
        """'numpy 2.1.0, openblas 0.3.27 Haswell'."""
        packages = self.numerics["packages"]
        kernels = [" ".join(filter(None, each)) for each in self.numerics["blas"]]
        return ", ".join([f"numpy {packages['numpy']}", *dict.fromkeys(kernels)])


@cache
def this_machine() -> Machine:
    """The machine of this process."""
    return Machine(sha256(platform.node().encode()).hexdigest()[:12], numerics())


@cache
def numerics() -> dict[str, Any]:
    """What decides the last bits of a run beside its settings: code, libraries, kernels."""
    import numpy as np
    from threadpoolctl import threadpool_info

    np.dot(np.ones(2), np.ones(2))  # so that BLAS is loaded, which threadpoolctl tells of
    libraries = [each for each in threadpool_info() if each["user_api"] == "blas"]
    # SciPy may bring one of its own, which is there or not: whatever was imported before.
    of_numpy = [each for each in libraries if "numpy" in each["filepath"].lower()]
    kernels = [
        [each.get(key) for key in ("internal_api", "version", "architecture")]
        for each in of_numpy or libraries
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

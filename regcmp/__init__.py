"""regcmp: which regularizer, how strong, and is the difference real?

>>> import regcmp
>>> comparison = regcmp.compare("digits", ["none", "dropout=0.2,0.5"], seeds=10)
>>> print(comparison.to_markdown())
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from regcmp.errors import DataError, RegcmpError, UsageError

if TYPE_CHECKING:
    from regcmp.api import Comparison, compare, fit
    from regcmp.engine.regularizers import Context, Number, Regularizer
    from regcmp.models.loading import load
    from regcmp.models.mlp import MLPClassifier, MLPRegressor
    from regcmp.plan.plugins import register
    from regcmp.study.running import compare_over

HOMES = {
    "Comparison": "api",
    "Context": "engine.regularizers",
    "MLPClassifier": "models.mlp",
    "MLPRegressor": "models.mlp",
    "Number": "engine.regularizers",
    "Regularizer": "engine.regularizers",
    "compare": "api",
    "compare_over": "study.running",
    "fit": "api",
    "load": "models.loading",
    "register": "plan.plugins",
}

__all__ = [
    "Comparison",
    "Context",
    "DataError",
    "MLPClassifier",
    "MLPRegressor",
    "Number",
    "RegcmpError",
    "Regularizer",
    "UsageError",
    "compare",
    "compare_over",
    "fit",
    "load",
    "register",
]


def __getattr__(name: str) -> Any:
    """Import the API at its first use: pandas and scikit-learn would slow ``regcmp --help`` down."""
    if name in HOMES:
        return getattr(import_module(f"regcmp.{HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

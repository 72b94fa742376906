"""regcmp: which regularizer, how strong, and is the difference real?

>>> import regcmp
>>> comparison = regcmp.compare("digits", ["none", "dropout=0.2,0.5"], seeds=10)
>>> print(comparison.to_markdown())
"""

from typing import TYPE_CHECKING, Any

from regcmp.errors import DataError, RegcmpError, UsageError

if TYPE_CHECKING:
    from regcmp.api import Comparison, compare

__all__ = ["Comparison", "DataError", "RegcmpError", "UsageError", "compare"]


def __getattr__(name: str) -> Any:
    """Import the API at its first use: pandas and scikit-learn would slow ``regcmp --help`` down."""
    if name in ("Comparison", "compare"):
        from regcmp import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

"""The regularizers. Their order here is the canonical order in a method's name and in training."""

from regcmp.engine.regularizers.base import Context, Number, Regularizer
from regcmp.engine.regularizers.masks import Dropout
from regcmp.engine.regularizers.penalties import L1, L2

REGISTRY: dict[str, type[Regularizer]] = {each.name: each for each in (L1, L2, Dropout)}

__all__ = ["REGISTRY", "Context", "Number", "Regularizer"]

"""The kernels: elementwise work in one pass, where there is enough of it and a compiler was there."""

from regcmp.engine.kernels import images, units, updates, words
from regcmp.engine.kernels.kernel import KERNELS, Kernel

__all__ = ["KERNELS", "Kernel", "images", "units", "updates", "words"]

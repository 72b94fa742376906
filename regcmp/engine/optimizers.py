"""Optimizers: each keeps its state for all runs and changes theta in place."""

import numpy as np
import numpy.typing as npt

from regcmp.engine.arrays import Floats
from regcmp.engine.kernels import updates


class SGD:
    """theta <- theta - rate * grad."""

    default_rate = 0.1

    def __init__(self, shape: tuple[int, ...], dtype: npt.DTypeLike) -> None:
        pass

    def step(self, theta: Floats, grad: Floats, rate: float) -> None:
        """Change theta (R, P) in place; ``grad`` is used up."""
        updates.sgd(theta, grad, rate)


class Momentum:
    """v <- 0.9 v - rate * grad; theta <- theta + v (Polyak 1964)."""

    default_rate = 0.01
    momentum = 0.9

    def __init__(self, shape: tuple[int, ...], dtype: npt.DTypeLike) -> None:
        self.velocity = np.zeros(shape, dtype)

    def step(self, theta: Floats, grad: Floats, rate: float) -> None:
        """Change theta (R, P) in place; ``grad`` is used up."""
        updates.momentum(theta, grad, self.velocity, rate, self.momentum)


class Nesterov(Momentum):
    """v <- 0.9 v - rate * grad; theta <- theta + 0.9 v - rate * grad (Sutskever et al. 2013)."""

    def step(self, theta: Floats, grad: Floats, rate: float) -> None:
        """Change theta (R, P) in place; ``grad`` is used up."""
        updates.nesterov(theta, grad, self.velocity, rate, self.momentum)


class Adam:
    """Kingma and Ba 2015, algorithm 1 in the efficient order that their section 2 gives.

    m <- b1 m + (1 - b1) g;  v <- b2 v + (1 - b2) g²;
    theta <- theta - rate * sqrt(1 - b2^t) / (1 - b1^t) * m / (sqrt(v) + eps).

    Kept are m / (1 - b1) and v / (1 - b2); the two factors go into the step, which saves two of
    twelve passes over memory.
    """

    default_rate = 0.006
    b1, b2, eps = 0.9, 0.999, 1e-8

    def __init__(self, shape: tuple[int, ...], dtype: npt.DTypeLike) -> None:
        self.t = 0
        size = int(np.prod(shape))
        self.m = np.zeros(size, dtype)
        self.v = np.zeros(size, dtype)
        self.buffer = np.empty(min(updates.SLICE, size), dtype)

    def step(self, theta: Floats, grad: Floats, rate: float) -> None:
        """Change theta (R, P) in place; ``grad`` is used up."""
        self.t += 1
        b1, b2 = self.b1, self.b2
        rate *= np.sqrt(1 - b2**self.t).item() / (1 - b1**self.t)
        rate *= (1 - b1) / np.sqrt(1 - b2).item()
        eps = self.eps / np.sqrt(1 - b2).item()
        updates.adam(theta, grad, self.m, self.v, self.buffer, b1, b2, eps, rate)


OPTIMIZERS: dict[str, type[SGD] | type[Momentum] | type[Adam]] = {
    "adam": Adam,
    "sgd": SGD,
    "momentum": Momentum,
    "nesterov": Nesterov,
}
"""Optimizers by their name on the command line."""

"""Learning-rate schedules: the factor on the rate, from the share of training that is done."""

from collections.abc import Callable
from math import cos, pi


def constant(done: float) -> float:
    """1 throughout."""
    return 1.0


def step(done: float) -> float:
    """1, then 0.1 from half of training and 0.01 from three quarters (as in He et al. 2016 on CIFAR)."""
    return 1.0 if done < 0.5 else 0.1 if done < 0.75 else 0.01


def cosine(done: float) -> float:
    """From 1 down to 0 along half a cosine (Loshchilov and Hutter 2017, without restarts)."""
    return 0.5 * (1 + cos(pi * done))


SCHEDULES: dict[str, Callable[[float], float]] = {
    "constant": constant,
    "step": step,
    "cosine": cosine,
}
"""Schedules by their name on the command line."""

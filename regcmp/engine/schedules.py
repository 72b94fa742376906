"""Schedules: a factor on the learning rate, or on a strength, from the share of training that is done."""

from collections.abc import Callable
from math import cos, exp, pi


def constant(done: float) -> float:
    """1 throughout."""
    return 1.0


def step(done: float) -> float:
    """1, then 0.1 from half of training and 0.01 from three quarters (as in He et al. 2016 on CIFAR)."""
    return 1.0 if done < 0.5 else 0.1 if done < 0.75 else 0.01


def cosine(done: float) -> float:
    """From 1 down to 0 along half a cosine (Loshchilov and Hutter 2017, without restarts)."""
    return 0.5 * (1 + cos(pi * done))


def cooldown(done: float) -> float:
    """1, then down to 0 in a straight line over the last fifth (Zhai et al. 2022; Hägele et al. 2024)."""
    return min(1.0, 5 * (1 - done))


def linear(done: float) -> float:
    """From 1 down to 0 in a straight line."""
    return 1 - done


def ramp(done: float) -> float:
    """From 0 up to 1 in a straight line (Ghiasi et al. 2018, DropBlock)."""
    return done


def flatcos(done: float) -> float:
    """1 for half of training, then down to 0 along half a cosine (Holzmüller et al. 2024, RealMLP)."""
    return 0.5 * (1 + cos(pi * max(0.0, 2 * done - 1)))


def warmup(done: float) -> float:
    """1 - exp(-10 t): from 0 up, past 0.99 at half of training (Morerio et al. 2017, Curriculum dropout)."""
    return 1 - exp(-10 * done)


Schedule = Callable[[float], float]

SCHEDULES: dict[str, Schedule] = {
    "constant": constant,
    "step": step,
    "cosine": cosine,
    "cooldown": cooldown,
}
"""Schedules of the learning rate by their name on the command line."""

STRENGTH_SCHEDULES: dict[str, Schedule] = {
    "constant": constant,
    "linear": linear,
    "cosine": cosine,
    "flatcos": flatcos,
    "ramp": ramp,
    "warmup": warmup,
}
"""Schedules of a strength by their name in a method; all are from 0 to 1."""

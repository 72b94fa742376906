"""What every run of a comparison shares: the network and how it is trained.

Each setting is declared once, with what a command line says of it as plain data: ``regcmp.option``
has the keys.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from regcmp.engine.architecture import MLP
from regcmp.engine.initializers import INITIALIZERS
from regcmp.engine.layers import ACTIVATIONS
from regcmp.engine.optimizers import OPTIMIZERS
from regcmp.engine.schedules import SCHEDULES

DTYPES = ("float32", "float64")
RATES = ", ".join(f"{name} {each.default_rate:g}" for name, each in OPTIMIZERS.items())


def setting(kind: str, default: Any, help: str, **more: Any) -> Any:  # noqa: A002
    """A field with its kind, its default, its help text and more that is said of it."""
    return field(default=default, metadata={"kind": kind, "help": help, **more})


def network(kind: str, default: Any, help: str, **more: Any) -> Any:  # noqa: A002
    """A setting of the network."""
    return setting(kind, default, help, group="Network", **more)


def training(kind: str, default: Any, help: str, **more: Any) -> Any:  # noqa: A002
    """A setting of its training."""
    return setting(kind, default, help, group="Training", **more)


@dataclass(frozen=True)
class Settings:
    """The network and its training. The defaults were chosen by benchmarks/defaults.py and schedules.py."""

    arch: str = network(
        "layers",
        MLP,
        "Network: mlp, cnn, or layers joined by hyphens, as in conv16x3-pool2-conv32x3-gap-64.",
        metavar="LAYERS",
        before=MLP,
    )
    """The layers; 'mlp' stands for the widths in ``hidden``, 'cnn' is decided by the size of images."""
    hidden: tuple[int, ...] = network(
        "widths", (64, 64), "Widths of the hidden layers of the mlp.", metavar="WIDTH,..."
    )
    """The widths of the hidden layers of 'mlp'; of another network, none."""
    activation: str = network(
        "choice", "relu", "Activation of the hidden layers.", choices=tuple(ACTIVATIONS)
    )
    init: str = network(
        "choice",
        "he",
        "Initial weights: he N(0, 2/fan_in), lecun N(0, 1/fan_in), glorot uniform, normal N(0, 0.05²).",
        choices=tuple(INITIALIZERS),
    )
    dtype: str = network(
        "choice", DTYPES[0], "Floating-point precision of training.", choices=DTYPES
    )
    optimizer: str = training("choice", "adam", "Optimizer.", choices=tuple(OPTIMIZERS))
    lr: float | None = training(
        "rate", None, f"Learning rate.  [default: {RATES}]", metavar="RATE", settled=True
    )
    """None is the optimizer's own, which a plan puts in its place."""
    schedule: str = training(
        "choice",
        "cooldown",
        "Learning-rate schedule: step multiplies by 0.1 at 1/2 and 3/4 of training, cosine ends at 0,"
        " cooldown falls to 0 over the last fifth.",
        choices=tuple(SCHEDULES),
    )
    batch_size: int = training(
        "whole", 64, "Rows per training step.", low=1, high=10**12, metavar="ROWS"
    )
    epochs: int = training(
        "whole", 80, "Passes over the training rows.", low=1, high=10**9, metavar="N"
    )
    max_dropped: float = training(
        "share",
        0.95,
        "Stop a run if a larger share of a layer's units is dropped.",
        share_of="a layer",
        metavar="SHARE",
        before=1.0,
    )
    max_dead: float = training(
        "share", 0.99,
        "Stop a run if a larger share of a layer's relu units is 0 on all training rows. 1 stops none.",
        share_of="a layer", metavar="SHARE", before=1.0,
    )  # fmt: skip

    @property
    def rate(self) -> float:
        """The learning rate: the optimizer's own where none is given."""
        return OPTIMIZERS[self.optimizer].default_rate if self.lr is None else self.lr

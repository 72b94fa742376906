"""From the plain values of a design to its network and its regularizers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from regcmp.engine.architecture import layers_of
from regcmp.engine.arrays import Floats
from regcmp.engine.hooks import called
from regcmp.engine.layers import Layer
from regcmp.engine.network import Network
from regcmp.engine.regularizers import INTERNAL, REGISTRY, Regularizer
from regcmp.engine.stack import Design


def network_of(design: Design) -> Network:
    """The network of a design; what changes it is the same in all runs of a stack."""
    return Network(layers_of_design(design), design.image)


def layers_of_design(design: Design) -> list[Layer]:
    """Its layers, of which nothing is allocated."""
    settings, known = design.settings, known_to(design)
    layers = layers_of(
        settings.arch, settings.hidden, design.shape, design.n_classes or 1, settings.activation
    )
    for each in design.ingredients:
        layers = called(known[each.name].build, layers, each.strength[0])
    return layers


def regularizers_of(design: Design, network: Network, seeds: Sequence[int]) -> list[Regularizer]:
    """The design's regularizers, with strengths and options as columns (R, 1, 1), and seeds of noise."""

    def column(values: tuple[float, ...]) -> Floats:
        return np.array(values, design.settings.dtype)[:, None, None]

    known = known_to(design)
    return [
        called(
            known[each.name],
            column(each.strength),
            {key: column(values) for key, values in each.options.items()},
            seeds,
            network,
        )
        for each in design.ingredients
    ]


def known_to(design: Design) -> dict[str, type[Regularizer]]:
    """The regularizers by name, with those from outside that the design brings along."""
    return {**REGISTRY, **INTERNAL, **design.outside}

"""Regularizers that drop units: random masks on what enters a layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from regcmp.engine.arrays import Floats
from regcmp.engine.network import Masks, Network
from regcmp.engine.regularizers.base import Context, Number, Regularizer
from regcmp.engine.streams import WORD, draw_kept, keep_threshold, stream


class Dropout(Regularizer):
    """Zero each unit with probability p, for each example anew, and scale the rest by 1 / (1 - p).

    Inverted scaling: nothing changes at evaluation. p applies to every hidden layer; ``input`` to
    the network's input.
    """

    name = "dropout"
    strength_is = Number(0.5, 0, 0.95, "probability p to drop a hidden unit")
    options_are = {"input": Number(0.0, 0, 0.95, "probability to drop an input feature")}
    formula = "h ← h · m / (1 - p), m ~ Bernoulli(1 - p)"
    paper = "Srivastava et al. 2014, Dropout (whose p is the probability to keep)"

    def __init__(
        self,
        strength: Floats,
        options: Mapping[str, Floats],
        seeds: Sequence[int],
        network: Network,
    ) -> None:
        super().__init__(strength, options, seeds, network)
        first, *hidden = network.sites
        rates = {site: strength for site in hidden} | {first: options["input"]}
        self.sites = [_Site(i, rate, seeds) for i, rate in sorted(rates.items()) if rate.any()]

    def mask(self, masks: Masks, context: Context) -> Masks:
        """Multiply 0 or 1 / (1 - p) into the masks of the layers that this drops units of."""
        for site in self.sites:
            width = self.network.layers[site.layer].weights[0][0]
            shape = (len(self.seeds), context.batch_size, width)
            kept = context.scratch(f"kept {site.layer}", shape, np.bool_)
            draw_kept(site.streams, site.thresholds, kept)
            mask = context.scratch(f"mask {site.layer}", shape)
            np.multiply(kept, site.scale, out=mask)
            before = masks[site.layer]
            if before is not None:
                mask *= before
            masks[site.layer] = mask
        return masks


class _Site:
    """One layer whose input is dropped: each run's rate, exact scale and stream of words."""

    def __init__(self, layer: int, rate: Floats, seeds: Sequence[int]) -> None:
        self.layer = layer
        self.thresholds = [keep_threshold(p) for p in rate.ravel().tolist()]
        exact = [WORD / (WORD - threshold) for threshold in self.thresholds]
        self.scale = np.array(exact, rate.dtype)[:, None, None]
        self.streams = [stream(seed, f"dropout {layer}") for seed in seeds]

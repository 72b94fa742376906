"""Dropout of weights instead of units."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from regcmp.engine.layers import Dense
from regcmp.engine.network import Masks
from regcmp.engine.regularizers.base import Context, Number
from regcmp.engine.regularizers.masks import LayerDraws


class DropConnect(LayerDraws):
    """DropConnect: zero each weight with probability p, and scale the rest by 1 / (1 - p).

    For each example anew, as in the paper, which makes it slow: a layer's masks are as many numbers as
    it has weights, times the batch. shared=1 draws one mask for the batch, which is weaker. All dense
    layers are masked, the last one too, and convolutions are not; biases are not, while the paper masks
    them too. Evaluation uses the mean weights; the paper samples each unit's input from the normal
    distribution that has its moments.
    """

    name = "dropconnect"
    strength_is = Number(0.5, 0, 0.999, "probability p to drop a weight", drops=True)
    options_are: ClassVar = {
        "shared": Number(0, 0, 1, "1: one mask for all examples of a batch", whole=True)
    }
    grid = (0.1, 0.2, 0.3, 0.5, 0.7)
    formula = "W ← W ⋆ M / (1 - p), M ~ Bernoulli(1 - p)"
    paper = "Wan et al. 2013, Regularization of neural networks using DropConnect"
    elsewhere: ClassVar = {
        "scikit-learn": "not available",
        "Keras": "a layer of your own",
        "PyTorch": "W = dropout(layer.weight.expand(n, -1, -1), p);"
        " (W @ x[:, :, None])[:, :, 0] + layer.bias for each linear layer",
    }

    def drawn_at(self) -> Iterable[int]:
        return (i for i, layer in enumerate(self.network.layers) if isinstance(layer, Dense))

    def disconnect(self, connections: Masks, context: Context) -> Masks:
        """One mask for each example's weights; where they are shared, that of the first for all."""
        for layer, draws in self.draws.items():
            (n_in, n_out), rows = self.network.layers[layer].weights[0], context.batch_size
            flat = (len(self.seeds), rows, n_in * n_out)
            mask = draws.draw(flat, context.scratch(f"dropconnect {layer}", flat))
            for own, shared in zip(mask, self.options["shared"].ravel(), strict=True):
                if shared:
                    own[1:] = own[0]
            mask -= 1
            connections[layer] = mask.reshape(-1, rows, n_in, n_out)
        return connections

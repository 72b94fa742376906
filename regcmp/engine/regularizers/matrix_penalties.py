"""Penalties that see a weight matrix as a whole: groups, directions and its largest stretch."""

from __future__ import annotations

from abc import ABC, abstractmethod
from math import sqrt
from typing import ClassVar

import numpy as np

from regcmp.engine.arrays import Floats, Scratch
from regcmp.engine.regularizers.base import Context, Number, Regularizer
from regcmp.engine.regularizers.matrices import TINY, matrices, outgoing_norms
from regcmp.engine.streams import fill_normal, stream


class MatrixPenalty(Regularizer, ABC):
    """A penalty λ Σ f(W) over the weight matrices W, whose gradients a subclass adds one by one."""

    def penalize(self, grad: Floats, context: Context) -> Floats:
        weights = matrices(self.network, context.theta)
        for index, pair in enumerate(zip(weights, matrices(self.network, grad), strict=True)):
            self.add_slope(*pair, index, context.scratch)
        return grad

    @abstractmethod
    def add_slope(self, weight: Floats, grad: Floats, index: int, scratch: Scratch) -> None:
        """Add λ f'(W) to the gradient of the weight (R, in, out) that has this index."""

    def penalty(self, theta: Floats) -> Floats:
        """(R,) λ Σ f(W)."""
        weights = matrices(self.network, theta)
        values = (self.value(weight, index) for index, weight in enumerate(weights))
        total: Floats = self.strength[:, 0, 0] * sum(values)
        return total

    @abstractmethod
    def value(self, weight: Floats, index: int) -> Floats:
        """(R,) f(W), of the weight (R, in, out) that has this index."""


class GroupLasso(MatrixPenalty):
    """Group lasso: one group for each unit's outgoing weights, so that whole units fall away.

    A unit is an input feature or a hidden unit, its group the n weights that go out of it, and √n
    makes groups of different sizes comparable; of a feature map, a channel is one unit, at all
    pixels. In the paper biases are groups too; here they are not penalised. The gradient of a group
    is λ √n w / ‖w‖, and 0 at w = 0.
    """

    name = "grouplasso"
    strength_is = Number(3e-4, 0, 1e3, "penalty λ on the norms of each unit's outgoing weights")
    grid = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2)
    formula = "loss + λ Σ √n ‖w_unit‖₂, over the n outgoing weights of each unit"
    paper = "Scardapane et al. 2017, Group sparse regularization for deep neural networks"
    elsewhere: ClassVar = {
        "scikit-learn": "not available",
        "Keras": "a regularizer of your own on W (in, out): λ·sqrt(out)·sum(norm(W, axis=1))",
        "PyTorch": "loss + λ·sqrt(out)·W.norm(dim=0).sum() for each nn.Linear weight W (out, in)",
    }

    def add_slope(self, weight: Floats, grad: Floats, index: int, scratch: Scratch) -> None:
        channels = self._channels(index)
        norms = outgoing_norms(weight, channels, scratch)
        np.maximum(norms, TINY, out=norms)
        size = sqrt(weight[0].size / channels)
        scale = np.divide(self.strength * size, norms, out=norms)[:, :, :, None]
        slope = scratch("slope", weight.shape)
        shape = (len(weight), -1, channels, weight.shape[2])
        np.multiply(weight.reshape(shape), scale, out=slope.reshape(shape))
        grad += slope

    def value(self, weight: Floats, index: int) -> Floats:
        channels = self._channels(index)
        groups = weight.reshape(len(weight), -1, channels, weight.shape[2])
        norms = np.sqrt(np.square(groups).sum(axis=(1, 3)))
        total: Floats = sqrt(weight[0].size / channels) * norms.sum(axis=1)
        return total

    def _channels(self, index: int) -> int:
        """How many units, or channels of a map, enter the layer of this weight."""
        return self.network.shapes[self.network.sites[index]][-1]


class Orthogonal(MatrixPenalty):
    """Soft orthogonality: the Gram matrix of the units' incoming weights is drawn to the identity.

    W is (in, out), so WᵀW holds the products of the out units' weight vectors, and the norm is
    Frobenius', squared. The gradient is 4 λ W (WᵀW - I). Where out > in no W reaches 0; but there
    the penalty is that of WWᵀ plus the constant out - in, so both Gram matrices mean the same.
    """

    name = "orthogonal"
    strength_is = Number(1e-3, 0, 1e3, "penalty λ on the distance of WᵀW to the identity")
    grid = (1e-5, 1e-4, 1e-3, 1e-2)
    formula = "loss + λ Σ ‖WᵀW - I‖²_F, over the weight matrices W (in, out)"
    paper = "Bansal et al. 2018, Can we gain more from orthogonality regularizations?"
    elsewhere: ClassVar = {
        "scikit-learn": "not available",
        "Keras": "a regularizer of your own; OrthogonalRegularizer is another penalty (the mean size of"
        " the cosines between rows)",
        "PyTorch": "loss + λ·((W @ W.T - torch.eye(out))**2).sum() for each W = layer.weight.flatten(1)",
    }

    def add_slope(self, weight: Floats, grad: Floats, index: int, scratch: Scratch) -> None:
        runs, n_in, n_out = weight.shape
        transposed, slope = weight.swapaxes(1, 2), scratch("slope", weight.shape)
        # The smaller Gram matrix is the cheaper: W (WᵀW - I) = (WWᵀ - I) W.
        if n_out <= n_in:
            gram = np.matmul(transposed, weight, out=scratch("gram", (runs, n_out, n_out)))
            np.einsum("rii->ri", gram)[...] -= 1
            np.matmul(weight, gram, out=slope)
        else:
            gram = np.matmul(weight, transposed, out=scratch("gram", (runs, n_in, n_in)))
            np.einsum("rii->ri", gram)[...] -= 1
            np.matmul(gram, weight, out=slope)
        slope *= 4 * self.strength
        grad += slope

    def value(self, weight: Floats, index: int) -> Floats:
        gram = np.matmul(weight.swapaxes(1, 2), weight) - np.eye(weight.shape[2])
        total: Floats = np.square(gram).sum(axis=(1, 2))
        return total


class Spectral(MatrixPenalty):
    """Spectral norm regularization: only the direction in which a layer stretches most is shrunk.

    σ is the largest singular value of a weight matrix and u, v its singular vectors; the gradient
    is λ σ u vᵀ. As in the paper, u and v come from one round of power iteration in each step, from
    where the step before left them; at first from a random vector, the same under the same seed.
    """

    name = "spectral"
    strength_is = Number(0.01, 0, 1e3, "penalty λ on half the squared spectral norms")
    grid = (1e-3, 3e-3, 1e-2, 3e-2, 0.1)
    formula = "loss + ½ λ Σ σ(W)², over the weight matrices W"
    paper = "Yoshida and Miyato 2017, Spectral norm regularization"
    elsewhere: ClassVar = {
        "scikit-learn": "not available",
        "Keras": "a regularizer of your own: λ/2·norm(W, 2)**2; SpectralNormalization is another"
        " method, which divides W by σ",
        "PyTorch": "loss + λ/2·torch.linalg.matrix_norm(W, 2)**2 for each W ="
        " layer.weight.flatten(1); spectral_norm"
        " is another method, which divides W by σ",
    }

    def prepare(self) -> None:
        shapes = [shape for layer in self.network.layers for shape in layer.weights]
        self.v: list[Floats] = []
        for index, (_, n_out) in enumerate(shapes):
            streams = [stream(seed, f"spectral {index}") for seed in self.seeds]
            self.v.append(
                fill_normal(streams, np.empty((len(self.seeds), n_out, 1), self.strength.dtype))
            )

    def add_slope(self, weight: Floats, grad: Floats, index: int, scratch: Scratch) -> None:
        runs, n_in, _ = weight.shape
        v = self.v[index]
        u = np.matmul(weight, v, out=scratch("u", (runs, n_in, 1)))
        u /= _norms(u)
        stretched = np.matmul(weight.swapaxes(1, 2), u, out=scratch("stretched", v.shape))
        # Before it is normalized, it is σ times the singular vector: just what the slope needs.
        slope = np.multiply(u, stretched.swapaxes(1, 2), out=scratch("slope", weight.shape))
        slope *= self.strength
        grad += slope
        # A matrix of zeros has no direction: the one before is where a later matrix is looked at from.
        norms = _norms(stretched)
        np.divide(stretched, norms, out=v, where=norms > TINY)

    def value(self, weight: Floats, index: int) -> Floats:
        total: Floats = np.square(np.linalg.norm(weight, 2, axis=(1, 2))) / 2
        return total


def _norms(vectors: Floats) -> Floats:
    """(R, 1, 1) the norm of each run's column (R, n, 1), or what can be divided by for it."""
    norms: Floats = np.sqrt(np.matmul(vectors.swapaxes(1, 2), vectors))
    return np.maximum(norms, TINY, out=norms)

"""Penalties that see a weight matrix as a whole: groups, directions and its largest stretch."""

from __future__ import annotations

from math import sqrt
from typing import ClassVar

import numpy as np

from regcmp.engine.arrays import Floats, Scratch
from regcmp.engine.regularizers.base import Context, Number, Regularizer
from regcmp.engine.regularizers.matrices import TINY, matrices, outgoing_norms
from regcmp.engine.streams import fill_normal, stream


class MatrixPenalty(Regularizer):
    """A penalty λ Σ f(W) over the weight matrices W, whose gradients a subclass adds one by one."""

    def penalize(self, grad: Floats, context: Context) -> Floats:
        weights = matrices(self.network, context.theta)
        for index, pair in enumerate(zip(weights, matrices(self.network, grad), strict=True)):
            self.add_slope(*pair, index, context.scratch)
        return grad

    def add_slope(self, weight: Floats, grad: Floats, index: int, scratch: Scratch) -> None:
        """Add λ f'(W) to the gradient of the weight (R, in, out) that has this index."""
        raise NotImplementedError

    def penalty(self, theta: Floats) -> Floats:
        """(R,) λ Σ f(W)."""
        total: Floats = self.strength[:, 0, 0] * sum(
            self.value(weight) for weight in matrices(self.network, theta)
        )
        return total

    def value(self, weight: Floats) -> Floats:
        """(R,) f(W)."""
        raise NotImplementedError


class GroupLasso(MatrixPenalty):
    """Group lasso: one group for each unit's outgoing weights, so that whole units fall away.

    A unit is an input feature or a hidden unit, its group the n weights that go out of it, and √n
    makes groups of different sizes comparable. In the paper biases are groups too; here they are
    not penalised. The gradient of a group is λ √n w / ‖w‖, and 0 at w = 0.
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
        norms = outgoing_norms(weight, scratch)
        norms += TINY
        scale = np.divide(self.strength * self._factor(weight), norms, out=norms)
        grad += np.multiply(weight, scale, out=scratch("slope", weight.shape))

    def value(self, weight: Floats) -> Floats:
        total: Floats = self._factor(weight) * np.sqrt(np.square(weight).sum(axis=2)).sum(axis=1)
        return total

    def _factor(self, weight: Floats) -> float:
        return sqrt(weight.shape[2])


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
        "PyTorch": "loss + λ·((W @ W.T - torch.eye(out))**2).sum() for each nn.Linear weight W",
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

    def value(self, weight: Floats) -> Floats:
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
        "PyTorch": "loss + λ/2·torch.linalg.matrix_norm(W, 2)**2 for each weight W; spectral_norm"
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
        _normalize(u)
        np.matmul(weight.swapaxes(1, 2), u, out=v)
        # Before it is normalized, v is σ times the singular vector: just what the slope needs.
        slope = np.multiply(u, v.swapaxes(1, 2), out=scratch("slope", weight.shape))
        slope *= self.strength
        grad += slope
        _normalize(v)

    def value(self, weight: Floats) -> Floats:
        total: Floats = np.square(np.linalg.norm(weight, 2, axis=(1, 2))) / 2
        return total


def _normalize(vectors: Floats) -> None:
    """Divide each run's column (R, n, 1) by its norm, in place."""
    norms = np.sqrt(np.matmul(vectors.swapaxes(1, 2), vectors))
    norms += TINY
    vectors /= norms

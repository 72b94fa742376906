"""What several datasets show together: one number of each, so that datasets are what is sampled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, log2

import numpy as np
import numpy.typing as npt

from regcmp.analysis.statistics import LEVEL, holm

Floats = npt.NDArray[np.float64]

SAMPLES = 50_000
"""Of the posterior; a probability is then right to half a percent."""
AT_ONCE = 1_000
"""Samples that stand in memory at a time."""
PRIOR = 0.5
"""The weight of the prior's one observation, which lies at a difference of 0 (Benavoli et al. 2017)."""
SEED = 20170


@dataclass(frozen=True)
class Across:
    """A method against the baseline, over N datasets; differences are positive where it is better."""

    method: str
    differences: tuple[float, ...]
    """The mean difference of each dataset."""
    p: float | None
    """Of Wilcoxon's signed-rank test, exact, both sides; None where N can't reach the level."""
    p_holm: float | None
    better: float
    equivalent: float
    worse: float
    """Posterior probabilities."""

    @property
    def signs(self) -> tuple[int, int, int]:
        """Datasets that it wins, ties and loses."""
        values = np.array(self.differences)
        return int((values > 0).sum()), int((values == 0).sum()), int((values < 0).sum())


def across(differences: Mapping[str, Sequence[float]], rope: float) -> list[Across]:
    """Judge each method by its mean differences over the same datasets; ``rope`` is equivalent to 0.

    Demsar 2006 recommends the signed-rank test, and Holm for several methods against one; Benavoli et
    al. 2016 show why ranks over all methods would let one method decide about two others.
    """
    found = {name: np.array(values, float) for name, values in differences.items()}
    needed = datasets_needed(len(found))
    ps = [signed_rank(values) if len(values) >= needed else None for values in found.values()]
    return [
        Across(name, tuple(values.tolist()), p, adjusted, *bayesian_signed_rank(values, rope))
        for (name, values), p, adjusted in zip(found.items(), ps, holm(ps), strict=True)
    ]


def datasets_needed(methods: int) -> int:
    """From how many datasets on the test can reach the level for so many methods under Holm.

    With N datasets its smallest p is 2^(1-N).
    """
    return ceil(1 + log2(max(methods, 1) / (1 - LEVEL)))


def signed_rank(differences: Floats) -> float:
    """The exact two-sided p of Wilcoxon's signed-rank test (1945): zeros are left out, ties share ranks.

    The distribution is that of all 2^N signs, counted by twice the rank sum, which is a whole number.
    """
    values = differences[differences != 0]
    if not len(values):
        return 1.0
    sizes = np.abs(values)
    _, inverse, counts = np.unique(sizes, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    twice = (2 * last - counts + 1)[inverse]  # first + last rank of those that are tied
    shares = np.zeros(int(twice.sum()) + 1)
    shares[0] = 1.0
    for rank in twice:
        shares[rank:] += shares[:-rank].copy()
        shares /= 2
    place = int(twice[values > 0].sum())
    tail = min(shares[: place + 1].sum(), shares[place:].sum())
    return float(min(1.0, 2 * tail))


def bayesian_signed_rank(differences: Floats, rope: float) -> tuple[float, float, float]:
    """The probabilities that a method is better, equivalent and worse (Benavoli et al. 2017, section 4.2).

    A Dirichlet process: each observation has a random weight w, the prior's at 0 among them. Of all pairs
    of observations, the share w_i w_j whose mean is above ``rope`` speaks for better, below -``rope`` for
    worse, and the rest for equivalent. A probability is how often its share is the largest.
    """
    points = np.concatenate([[0.0], differences])
    sums = points[:, None] + points
    above, below = (sums > 2 * rope).astype(float), (sums < -2 * rope).astype(float)
    alphas = np.concatenate([[PRIOR], np.ones(len(differences))])
    rng = np.random.default_rng(SEED)
    wins = np.zeros(3)
    for _ in range(SAMPLES // AT_ONCE):
        weights = rng.dirichlet(alphas, AT_ONCE)
        better = np.einsum("si,ij,sj->s", weights, above, weights, optimize=True)
        worse = np.einsum("si,ij,sj->s", weights, below, weights, optimize=True)
        shares = np.stack([better, 1 - better - worse, worse])
        largest = shares >= shares.max(axis=0) - 1e-12
        wins += (largest / largest.sum(axis=0)).sum(axis=1)
    better, equivalent, worse = (wins / SAMPLES).tolist()
    return better, equivalent, worse

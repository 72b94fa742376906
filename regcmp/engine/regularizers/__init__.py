"""The regularizers. Their order here is the canonical order in a method's name and in training.

Within a hook it is the order in which they act: noise before the cutting and mixing of examples,
penalties before the clipping of what they add up to, clipping before the noise that it must not bound,
thresholds and decay before the bounds that must hold in the end, then averages, over what all others
leave, and early stopping last, which validates them. fgsm looks at the weights with their noise,
before sam moves them. Of the taps at the logits, the last is the first to get the gradient: flooding
turns that of the loss before confidence adds its own. A network is normalised before branches are
made of it.
"""

from regcmp.engine.regularizers.activations import Activity, Confidence, Flooding, KLSparsity
from regcmp.engine.regularizers.adversarial import FGSM
from regcmp.engine.regularizers.alphadropout import AlphaDropout
from regcmp.engine.regularizers.averaging import EMA, SWA, Lookahead
from regcmp.engine.regularizers.base import TASKS, Context, Number, Regularizer
from regcmp.engine.regularizers.batch import Mixup, Smooth
from regcmp.engine.regularizers.branches import DropPath, ShakeDrop, Skip
from regcmp.engine.regularizers.constraints import Decay, L1Prox, MaxNorm, UnitNorm
from regcmp.engine.regularizers.dropconnect import DropConnect
from regcmp.engine.regularizers.ensembles import Snapshot
from regcmp.engine.regularizers.feature_maps import DropBlock, SpatialDropout
from regcmp.engine.regularizers.gradient import SAM, Clip
from regcmp.engine.regularizers.images import Shift
from regcmp.engine.regularizers.masks import Dropout, GaussDropout
from regcmp.engine.regularizers.matrix_penalties import GroupLasso, Orthogonal, Spectral
from regcmp.engine.regularizers.noise import GradNoise, Noise, WeightNoise
from regcmp.engine.regularizers.normalizing import BatchNormalization, LayerNormalization
from regcmp.engine.regularizers.penalties import L1, L2, ElasticNet
from regcmp.engine.regularizers.rows import CutMix, CutOut
from regcmp.engine.regularizers.standout import Standout
from regcmp.engine.regularizers.stopping import EarlyStop, StopAt
from regcmp.engine.regularizers.walk import DropWalk

REGISTRY: dict[str, type[Regularizer]] = {
    each.name: each
    for each in (
        *(L1, L2, ElasticNet, GroupLasso, Orthogonal, Spectral),
        *(Activity, KLSparsity, Confidence, Flooding),
        *(Dropout, GaussDropout, AlphaDropout, Standout, DropConnect),
        *(SpatialDropout, DropBlock, DropWalk),
        *(BatchNormalization, LayerNormalization, Skip, DropPath, ShakeDrop),
        *(Shift, Noise, CutOut, CutMix, Mixup, Smooth),
        *(WeightNoise, FGSM, SAM),
        *(Clip, GradNoise),
        *(L1Prox, Decay, MaxNorm, UnitNorm),
        *(Lookahead, EMA, SWA, EarlyStop, Snapshot),
    )
}

BUILT_IN = frozenset(REGISTRY)
"""The names of those above; what else stands in the registry came from outside."""

INTERNAL: dict[str, type[Regularizer]] = {StopAt.name: StopAt}
"""What runs are given by regcmp itself, and no method names."""

OWN = BUILT_IN | INTERNAL.keys()
"""The names of all that is regcmp's own."""

__all__ = ["BUILT_IN", "INTERNAL", "OWN", "REGISTRY", "TASKS", "Context", "Number", "Regularizer"]

"""Features that are cut out of a row, or swapped for those of another row."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from regcmp.engine.regularizers.base import Batch, Context, Number, Regularizer
from regcmp.engine.regularizers.images import rectangles
from regcmp.engine.streams import stream


class CutOut(Regularizer):
    """Cutout: of each example, whenever it is seen, a share s of the features is set to their mean.

    Of an image it is a rectangle, which is centred on any pixel and cut off at the border, on all
    channels, as in the paper. A table's columns have no order, so there, as in Kadra et al. 2021
    (Well-tuned simple nets excel on tabular datasets), it is a random set of features, but one for
    each example; s D of D features, rounded, and at least one. Features are standardised, so 0 is the
    mean. Unlike dropout of the input nothing is scaled up.
    """

    name = "cutout"
    strength_is = Number(0.2, 0, 0.999, "share s of the features that is cut out", drops=True)
    grid = (0.05, 0.1, 0.2, 0.3, 0.5)
    cocktail = (0.05, 0.5)
    formula = "x_i ← 0 for s D random features i of the D"
    paper = "DeVries and Taylor 2017, Improved regularization of convolutional networks with cutout"
    elsewhere: ClassVar = {
        "scikit-learn": "not available",
        "Keras": "akin, of images: keras.layers.RandomErasing; of rows not available",
        "PyTorch": "akin, of images: torchvision.transforms.RandomErasing(p=1, scale=(s, s), ratio=(1, 1));"
        " of rows i = torch.rand_like(x).argsort(dim=1)[:, :round(s·D)]; x.scatter(1, i, 0.0)",
    }

    def prepare(self) -> None:
        self.streams = [stream(seed, "cutout") for seed in self.seeds]

    def transform(self, batch: Batch, context: Context) -> Batch:
        x, targets = batch
        shares = self.strength[:, 0, 0].tolist()
        for rows, share, generator in zip(x, shares, self.streams, strict=True):
            if share > 0 and self.network.image:
                rows[rectangles(generator, len(rows), share, self.network.image)] = 0
            elif share > 0:
                count = max(1, round(share * x.shape[2]))
                order = generator.random(rows.shape, np.float32).argsort(axis=1)
                np.put_along_axis(rows, order[:, :count], 0, axis=1)
        return x, targets


class CutMix(Regularizer):
    """CutMix: in a batch, some features of every example are those of another one of the batch.

    With probability p a batch is mixed: partners are the batch itself in another order, and a target
    is mixed by the share of features that stay. Of D features (1 - s) D are swapped, rounded, with s
    from Beta(alpha, alpha), which is uniform at alpha = 1. Of an image it is a rectangle on all
    channels, as in the paper, centred on any pixel and cut off at the border, and its true area
    counts; else, as in Kadra et al. 2021 (Well-tuned simple nets excel on tabular datasets), it is a
    random set of columns. It is one for the batch.
    """

    name = "cutmix"
    strength_is = Number(0.5, 0, 1, "probability p that a batch is mixed")
    options_are: ClassVar = {
        "alpha": Number(1.0, 0.01, 100, "parameter of the shares' Beta distribution")
    }
    grid = (0.1, 0.2, 0.5, 0.8, 1.0)
    cocktail = (0.1, 1.0)
    formula = "x_i ← x'_i for k random features i of the D, y ← (1 - k / D) y + k / D y'"
    paper = "Yun et al. 2019, CutMix: Regularization strategy to train strong classifiers"
    elsewhere: ClassVar = {
        "scikit-learn": "not available",
        "Keras": "keras.layers.CutMix(factor=1.0), which is made for images",
        "PyTorch": "i = torch.randperm(n); c = torch.randperm(D)[:k]; x[:, c] = x[i][:, c];"
        " torchvision.transforms.v2.CutMix(alpha=alpha) is made for images",
    }

    def prepare(self) -> None:
        self.alphas = self.options["alpha"][:, 0, 0].tolist()
        self.streams = [stream(seed, "cutmix") for seed in self.seeds]

    def transform(self, batch: Batch, context: Context) -> Batch:
        """All draws are made whatever p is: under one seed, what a smaller p mixes a larger one does too."""
        x, targets = batch
        _, rows, features = x.shape
        chances = self.strength[:, 0, 0].tolist()
        runs = zip(x, targets, chances, self.alphas, self.streams, strict=True)
        for own_x, own_targets, chance, alpha, generator in runs:
            mixed = generator.random() < chance
            share = 1 - generator.beta(alpha, alpha)
            partners = generator.permutation(rows)
            if self.network.image:
                columns = np.flatnonzero(rectangles(generator, 1, share, self.network.image))
            else:
                columns = generator.permutation(features)[: round(share * features)]
            if mixed:
                own_x[:, columns] = own_x[partners[:, None], columns]
                own_targets += (own_targets[partners] - own_targets) * (len(columns) / features)
        return x, targets

"""How the defaults were chosen: a grid of networks and strengths over the four bundled datasets.

    python benchmarks/defaults.py            # about five minutes on two cores

Asked of a default: the plain network reaches full training accuracy, and each regularizer at its
default strength changes the result and does not underfit. All strengths are judged by what they do
to training and gap, over all four datasets at once, and never by which one wins on test rows.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import product

import regcmp

DATASETS = ("digits", "iris", "wine", "breast_cancer")
NETWORKS = ("128", "64,64", "128,64")
EPOCHS = (60, 80, 100)
METHODS = (
    "none",
    "l1=3e-5,1e-4,3e-4,1e-3,3e-3",
    "l2=1e-4,3e-4,1e-3,3e-3,1e-2,3e-2",
    "dropout=0.1,0.2,0.3,0.5,0.7",
)


HEADER = (
    "dataset",
    "hidden",
    "epochs",
    "method",
    "train",
    "test",
    "gap",
    "loss gap",
    "gap vs none",
    "status",
)
WIDTHS = (14, 9, 7, 14, 8, 7, 6, 9, 12, 0)


def rows(networks: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Cells for each dataset, network, number of epochs and method."""
    for dataset, hidden, epochs in product(DATASETS, networks, EPOCHS):
        result = regcmp.compare(dataset, METHODS, hidden=hidden, epochs=epochs)
        losses = result.runs.groupby("method")["loss_gap"].mean()
        for row in result.summary.itertuples():
            yield (
                dataset,
                hidden,
                str(epochs),
                row.method,
                f"{row.train_mean:.2%}",
                f"{row.test_mean:.1%}",
                f"{row.gap_mean:.1%}",
                f"{losses[row.method]:.3f}",
                "" if row.note == "baseline" else f"{row.delta_gap:+.2%}",
                "" if row.status == "ok" else row.status,
            )


if __name__ == "__main__":
    for cells in (HEADER, *rows(tuple(sys.argv[1:]) or NETWORKS)):
        line = "".join(f"{cell:<{width}}" for cell, width in zip(cells, WIDTHS, strict=True))
        print(line.rstrip(), flush=True)

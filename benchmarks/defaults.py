"""How the defaults were chosen: a grid of networks and strengths over the four bundled datasets.

    python benchmarks/defaults.py            # about ten minutes on two cores

Asked of a default: the plain network reaches full training accuracy, and each regularizer at its
default strength changes the result and does not underfit. All strengths are judged by what they do
to training and gap, over all four datasets at once, and never by which one wins on test rows.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import regcmp

DATASETS = ("digits", "iris", "wine", "breast_cancer")
NETWORKS = ("64", "128", "256", "128,64", "128,128")
EPOCHS = (60, 100)
METHODS = (
    "none",
    "l1=3e-5,1e-4,3e-4,1e-3,3e-3",
    "l2=1e-4,3e-4,1e-3,3e-3,1e-2,3e-2",
    "dropout=0.1,0.2,0.3,0.5,0.7",
)


def rows(networks: tuple[str, ...], epochs: tuple[int, ...]) -> Iterator[str]:
    """A line per dataset, network, number of epochs and method."""
    yield f"{'dataset':<14}{'hidden':<9}{'epochs':>6}  {'method':<13}{'train':>7}{'test':>7}{'gap':>6}{'loss gap':>9}{'gap vs none':>12}  status"
    for dataset in DATASETS:
        for hidden in networks:
            for count in epochs:
                result = regcmp.compare(dataset, METHODS, hidden=hidden, epochs=count)
                losses = result.runs.groupby("method")["loss_gap"].mean()
                for row in result.summary.to_dict("records"):
                    yield (
                        f"{dataset:<14}{hidden:<9}{count:>6}  {row['method']:<13}"
                        f"{row['train_mean']:>7.2%}{row['test_mean']:>7.1%}{row['gap_mean']:>6.1%}"
                        f"{losses[row['method']]:>9.3f}{row['delta_gap'] * 100:>+12.2f}  {row['status']}"
                    )


if __name__ == "__main__":
    networks = tuple(sys.argv[1:]) or NETWORKS
    for line in rows(networks, EPOCHS):
        print(line, flush=True)

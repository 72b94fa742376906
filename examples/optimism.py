"""The best of a list on test rows looks better than it is; a tuned method does not.

    python examples/optimism.py [DATASET] [SEEDS]

Compares eight dropout rates that are so close that only chance tells them apart. Whoever picks one of
them should get the mean of all. Picked on validation rows, as a tuned method is, it has that score on
test rows. Picked on the test rows themselves, it has more, and the surplus is no merit of its rate.
A minute on one core.
"""

from __future__ import annotations

import sys

import pandas as pd

import regcmp

RATES = [f"{0.5 + step / 1000:g}" for step in range(8)]
ROWS = 100


def main(dataset: str = "digits", seeds: str = "40") -> None:
    """Print the test score of the tuned row and of the best on test rows, beside the mean of all."""
    listed = [f"dropout={rate}" for rate in RATES]
    tuned = f"tune:dropout={','.join(RATES)}"
    comparison = regcmp.compare(
        dataset, [*listed, tuned], baseline=listed[0], train_size=ROWS, seeds=int(seeds)
    )
    scores = comparison.runs.pivot(index="seed", columns="method", values="test_accuracy") * 100
    each, average = scores[listed], scores[listed].mean(axis=1)
    best = each.mean().idxmax()
    picks = {
        "nobody: the mean of all": average,
        "validation rows, under each seed: the tuned row": scores[tuned],
        f"test rows, all seeds together: {best}": each[best],
        "test rows, under each seed": each.max(axis=1),
    }
    print(f"{dataset}, {ROWS} training rows, {seeds} seeds, dropout={','.join(RATES)}\n")
    print("| picked by | test % | more than the mean of all | standard error |")
    print("|---|---:|---:|---:|")
    for name, picked in picks.items():
        print(f"| {name} | {picked.mean():.2f} | {surplus(picked - average)} |")


def surplus(difference: pd.Series) -> str:
    """The mean difference over seeds and its standard error, in points."""
    if not difference.any():
        return "- | -"
    return f"{difference.mean():+.2f} | {difference.sem():.2f}"


if __name__ == "__main__":
    main(*sys.argv[1:])

"""The fewer the training rows, the wider the gap: where does a regularizer begin to pay?

    python examples/fewer_rows.py [DATASET] [SEEDS]

Compares none, l2 and dropout at several training sizes, through the Python API, and prints a line
per size and method.
"""

from __future__ import annotations

import sys

import regcmp

SIZES = (60, 120, 300, 600)


def main(dataset: str = "digits", seeds: str = "10") -> None:
    """Print test score and gap, and the difference to none with its interval, in points."""
    print(f"{'rows':>5}  {'method':<12} {'test':>6} {'gap':>6}   vs none")
    for rows in SIZES:
        comparison = regcmp.compare(
            dataset, ["none", "l2", "dropout"], train_size=rows, seeds=int(seeds)
        )
        for row in comparison.summary.itertuples():
            difference = (
                f"{row.delta_test:+.1%} [{row.delta_test_low:+.1%}, {row.delta_test_high:+.1%}]"
                if row.note != "baseline"
                else "baseline"
            )
            print(
                f"{rows:>5}  {row.method:<12} {row.test_mean:>6.1%} {row.gap_mean:>6.1%}   {difference}"
            )


if __name__ == "__main__":
    main(*sys.argv[1:])

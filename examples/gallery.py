"""All regularizers at their default strengths, on digits as they are and with wrong labels.

    python examples/gallery.py [DATASET] [SEEDS] [FILE.md]

Writes tables beside this file, one for each network: what each regularizer changes in test accuracy
and in the gap, with 300 rows to learn from, and again where a fifth of these rows have a wrong label.
Test rows keep theirs. A few minutes on two cores.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

import regcmp
from regcmp.engine.architecture import layers_of
from regcmp.engine.regularizers import REGISTRY
from regcmp.metrics import METRICS
from regcmp.numbers import Style

ROWS, NOISE = 300, 0.2
BESIDE = str(Path(__file__).with_suffix(".md"))

DENSE = layers_of("mlp", (64, 64), (64,), 10, "relu")
OF_IMAGES = [name for name, each in REGISTRY.items() if each.misfit(DENSE, 1) and not each.needs]
NETWORKS: list[tuple[str, list[str], dict[str, str]]] = [
    (
        "The default network",
        [name for name in REGISTRY if name not in (*OF_IMAGES, "alphadropout")],
        {},
    ),
    ("A network of convolutions", ["dropout", "dropwalk", *OF_IMAGES], {"arch": "cnn"}),
    ("A network of selu units", ["alphadropout"], {"activation": "selu", "init": "lecun"}),
]
"""In which network each regularizer is shown: some are made for one."""


def main(dataset: str = "digits", seeds: str = "10", path: str = BESIDE) -> None:
    """Compare them twice in each network, and write the tables."""
    parts = [
        f"# All regularizers on {dataset}",
        f"Made by `python examples/gallery.py {dataset} {seeds}`. Default strengths, {ROWS} rows,"
        f" {seeds} paired seeds; on the right, {NOISE:.0%} of these rows have a wrong label."
        " 'vs none' is the mean paired difference in test accuracy, in points, with its 95 %"
        " interval; bold where Holm's p over the whole column is below 0.05. No strength was tuned:"
        " a method that stands low here may stand high at another one.",
    ]
    for title, names, words in NETWORKS:
        methods = ["none", *("+".join([name, *REGISTRY[name].needs]) for name in names)]
        clean, noisy = (
            regcmp.compare(
                dataset, methods, train_size=ROWS, seeds=int(seeds), label_noise=noise, **words
            )
            for noise in (0.0, NOISE)
        )
        parts += [f"## {title}", *section(clean, noisy, words)]
    Path(path).write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    print(f"wrote {path}")


def section(clean: regcmp.Comparison, noisy: regcmp.Comparison, words: dict[str, str]) -> list[str]:
    """The table of one network, the best on wrong labels first, and the verdicts."""
    sides = [each.summary.set_index("method") for each in (clean, noisy)]
    order = sides[1]["test_mean"].sort_values(ascending=False, kind="stable").index
    rows = [
        f"| `{name}` | {' | '.join(cells(side.loc[name]) for side in sides)} |" for name in order
    ]
    head = [
        "| method | test % | vs none | gap | test % | vs none, wrong labels | gap |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    said = [f"`{' '.join(f'--{key} {value}' for key, value in words.items())}`"] if words else []
    if aside := clean.plan["data"]["n_validation"]:
        said.append(f"{aside} of the rows are set aside for validation, under every method.")
    return [
        *said,
        "\n".join([*head, *rows]),
        f"As they are: {sentences(clean.verdict)}",
        f"Wrong labels: {sentences(noisy.verdict)}",
    ]


def sentences(verdict: str) -> str:
    """The lines of a verdict as one paragraph."""
    return " ".join(line if line.endswith(".") else f"{line}." for line in verdict.split("\n"))


def cells(row: pd.Series) -> str:
    """Test score, its difference to none, and the gap, of one row of a summary."""
    style = Style(METRICS["accuracy"], decimals=1)
    difference = style.estimate(row["delta_test"], row["delta_test_low"], row["delta_test_high"])
    if row["p_holm"] < 0.05:
        difference = f"**{difference}**"
    return f"{style.level(row['test_mean'])} | {difference} | {style.level(row['gap_mean'])}"


if __name__ == "__main__":
    main(*sys.argv[1:])

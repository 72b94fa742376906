"""How a comparison is carried out: seeds, splits, the score, and what is done to the rows."""

from __future__ import annotations

from dataclasses import dataclass

from regcmp.metrics import METRICS
from regcmp.option import AUTO, option
from regcmp.plan.kinds import NO_REFERENCE, REFERENCES, SOURCES
from regcmp.plan.nuisances import Nuisance

TWO_WAY, NADEAU_BENGIO, PLAIN = "two-way", "nadeau-bengio", "paired-t"
"""The tests of a difference. The plain paired t-test is what is left where the split is held."""
TESTS = (AUTO, TWO_WAY, NADEAU_BENGIO)
"""Which of them may be asked for."""
TYPED, BY_SCORE = "typed", "score"
CLASS_WEIGHTS = ("none", "balanced")
MAX_SEED = 2**63 - 1
MAX_SEEDS = 100_000
MAX_TRIALS = 10_000


@dataclass(frozen=True)
class Protocol:
    """Sizes are a share of the rows (a float below 1) or a count (an int)."""

    test_size: float = option(
        "size", 0.2, "Rows set aside for testing, as a share or a count.", metavar="SHARE|ROWS"
    )
    train_size: float | None = option(
        "size",
        None,
        "Rows to train on, as a share or a count. Fewer rows overfit more.  [default: all the others]",
        metavar="SHARE|ROWS",
    )
    validation_size: float | None = option(
        "size",
        None,
        "Rows set aside from training for methods such as earlystop, as a share of the training"
        " rows or a count; set aside for every method.  [default: 0.2 if there is such a method, else none]",
        metavar="SHARE|ROWS",
        before=None,
    )
    folds: int | None = option(
        "whole", None,
        "Split the rows into this many folds; seeds walk through them, so that every row is tested once in"
        " as many seeds, and then through other folds. In the place of a test size.",
        low=2, high=MAX_SEEDS, metavar="K", since="0.2",
    )  # fmt: skip
    label_noise: float = option(
        "share",
        0.0,
        "Share of the training labels to flip to another class, the same for every method.",
        share_of="the training labels",
        metavar="SHARE",
        neutral=True,
        classes=True,
        before=0.0,
    )
    noise_features: int = option(
        "whole",
        0,
        "Number of pure-noise features to add, the same for every method.",
        high=100_000,
        metavar="N",
        neutral=True,
        before=0,
    )
    seeds: int = option(
        "whole",
        10,
        "Paired runs of each method. Below 5 there is no p-value.",
        group="Protocol",
        low=1,
        high=MAX_SEEDS,
        metavar="N",
    )
    seed: int = option("whole", 0, "First seed.", group="Protocol", high=MAX_SEED, metavar="N")
    vary: tuple[str, ...] = option(
        "sources",
        SOURCES,
        "What each seed redraws. Without 'split', results are conditional on one split. The noise of"
        " a regularizer is always redrawn.",
        group="Protocol",
        metavar="WHAT",
    )
    metric: str = option(
        "choice",
        AUTO,
        "Score to compare. auto: accuracy, or r2 for a regression.",
        group="Protocol",
        choices=(AUTO, *METRICS),
        settled=True,
    )
    significance_test: str = option(
        "choice", AUTO,
        "Test of a difference: two-way over rows and seeds, or nadeau-bengio over seeds alone. auto:"
        " two-way, unless splits are held or test rows are few.",
        group="Protocol", choices=TESTS, since="0.2",
    )  # fmt: skip
    reference: tuple[str, ...] = option(
        "references", REFERENCES[:1],
        "Lines below the methods, to hold their scores against: majority, which is the largest class or"
        " the mean of the training rows, and linear, which is logistic or ridge regression. none: no"
        " line.",
        group="Protocol", metavar="WHAT", since="0.2", before=(NO_REFERENCE,),
    )  # fmt: skip
    trials: int | None = option(
        "whole", None,
        "Candidates of each tuned method, tune:METHOD: all, or as many drawn at random.  [default: those"
        " of the tuned method with the fewest]",
        group="Protocol", low=1, high=MAX_TRIALS, metavar="N", since="0.2", neutral=True,
    )  # fmt: skip
    tune: tuple[Nuisance, ...] = option(
        "nuisances", (),
        "Choose a setting for every method alike, by validation rows: lr, epochs, batch-size or hidden,"
        " as in lr=1e-3,3e-3. Repeatable.",
        group="Protocol", metavar="NAME=VALUE,...", repeatable=True, since="0.2", neutral=True,
    )  # fmt: skip
    select_by: str = option(
        "choice", AUTO, "Validation score that candidates are chosen by. auto: that of --metric.",
        group="Protocol", choices=(AUTO, *METRICS), since="0.2", neutral=True,
    )  # fmt: skip
    refit: bool = option(
        "flag", True,
        "Train what was chosen once more, on training and validation rows together; every other method,"
        " too. --no-refit judges it as it was trained.",
        group="Protocol", since="0.2", neutral=True,
    )  # fmt: skip
    row_scores: bool = option(
        "flag", False,
        "Keep in JSON what each row added to each run's score, whatever the metric. Accuracy needs a bit"
        " of each, which is always kept.",
        group="Protocol", decides=False, since="0.2",
    )  # fmt: skip
    sort: str = option(
        "choice", TYPED, "Order of the table's rows: as typed, or the best test score first.",
        group="Protocol", choices=(TYPED, BY_SCORE), decides=False, since="0.2",
    )  # fmt: skip
    class_weight: str = option(
        "choice", "none",
        "balanced: weight rows in the training loss so that every class counts the same.",
        group="Training", choices=CLASS_WEIGHTS, neutral=True, classes=True, before="none",
    )  # fmt: skip

"""The settings of the study: nulls, where a claim is false, and effects, which a test should find."""

from __future__ import annotations

from networks import FOLDS, ONE, REDRAWN, ROLLING, Cell
from regcmp.engine.stack import Ingredient
from worlds import bundled, curves, groups, halves, weighted


def penalty(strength: float) -> tuple[Ingredient, ...]:
    """L2 of this strength."""
    return (Ingredient("l2", (strength,)),)


def dropout(rate: float) -> tuple[Ingredient, ...]:
    """Dropout of this rate."""
    return (Ingredient("dropout", (rate,), {"input": (0.0,)}),)


DIGITS = bundled("digits")


def on_digits(name: str, parts: tuple[Ingredient, ...], splits: str = REDRAWN) -> Cell:
    """An effect on 300 rows of digits, with a tenth of the training labels flipped."""
    methods = ((), parts)
    return Cell(
        name, DIGITS, 300, noise=0.1, batch_size=64, splits=splits, methods=methods,
        null=False, comparisons=400,
    )  # fmt: skip


RARE = (0.95, 0.05)
TENTH = (0.9, 0.1)
FOUR = ((), (), (), ())

EFFECTS = (
    on_digits("l2-0.01-digits-300", penalty(0.01)),
    on_digits("l2-0.003-digits-300", penalty(0.003)),
    on_digits("l2-0.03-digits-300", penalty(0.03)),
    on_digits("l2-0.01-folds-300", penalty(0.01), splits=FOLDS),
    on_digits("dropout-0.2-digits-300", dropout(0.2)),
    on_digits("dropout-0.5-digits-300", dropout(0.5)),
    Cell("features-small-100", halves(signal=(0.8, 0.88)), 100, null=False, comparisons=800),
    Cell("features-medium-100", halves(signal=(0.8, 0.98)), 100, null=False, comparisons=800),
    Cell("features-large-100", halves(signal=(0.8, 1.15)), 100, null=False, comparisons=800),
    Cell("features-small-300", halves(signal=(0.8, 0.88)), 300, null=False, comparisons=800),
    Cell("features-medium-300", halves(signal=(0.8, 0.98)), 300, null=False, comparisons=800),
    Cell("features-small-1000", halves(signal=(0.8, 0.85)), 1000, null=False, comparisons=800, epochs=10),
    Cell("features-half-300", halves(signal=(0.8, 0.98)), 300, test_size=0.5, null=False, comparisons=800),
    Cell("features-tenth-300", halves(signal=(0.8, 0.98)), 300, test_size=0.1, null=False, comparisons=800),
    Cell("features-folds-300", halves(signal=(0.8, 0.98)), 300, splits=FOLDS, null=False, comparisons=800),
    Cell("features-large-50", halves(signal=(0.8, 1.25)), 50, null=False, comparisons=800),
    Cell("curves-small-300", curves(signal=(1.0, 1.1)), 300, null=False, comparisons=800),
    Cell("curves-medium-100", curves(signal=(1.0, 1.3)), 100, null=False, comparisons=800),
    Cell("rare-lost-300", halves(shares=RARE, signal=(1.2, 0.4)), 300, null=False, comparisons=800),
)  # fmt: skip

NULLS = (
    Cell("halves-100", halves(), 100, comparisons=1600),
    Cell("weights-digits-300", DIGITS, 300, noise=0.1, batch_size=64, comparisons=800),
    Cell("halves-300", halves(), 300, comparisons=1600),
    Cell("halves-60", halves(), 60, comparisons=1600),
    Cell("halves-40", halves(), 40, comparisons=1600),
    Cell("halves-200", halves(), 200, comparisons=1600),
    Cell("halves-150", halves(), 150, comparisons=1600),
    Cell("halves-500", halves(), 500, comparisons=1600),
    Cell("halves-1000", halves(), 1000, comparisons=1000, epochs=10),
    Cell("halves-2000", halves(), 2000, comparisons=1000, epochs=6, batch_size=64),
    Cell("tenth-100", halves(), 100, test_size=0.1, comparisons=1600),
    Cell("third-100", halves(), 100, test_size=0.3, comparisons=1000),
    Cell("half-100", halves(), 100, test_size=0.5, comparisons=1000),
    Cell("tenth-300", halves(), 300, test_size=0.1, comparisons=1000),
    Cell("third-300", halves(), 300, test_size=0.3, comparisons=1000),
    Cell("half-300", halves(), 300, test_size=0.5, comparisons=1000),
    Cell("tenth-1000", halves(), 1000, test_size=0.1, comparisons=1000, epochs=10),
    Cell("half-1000", halves(), 1000, test_size=0.5, comparisons=1000, epochs=10),
    Cell("folds-100", halves(), 100, splits=FOLDS, comparisons=1000),
    Cell("folds-300", halves(), 300, splits=FOLDS, comparisons=1000),
    Cell("folds-1000", halves(), 1000, splits=FOLDS, comparisons=1000, epochs=10),
    Cell("few-trained-500", halves(), 500, train_size=60, comparisons=1000),
    Cell("rare-300", halves(shares=RARE, signal=(1.2, 1.2)), 300, comparisons=1000),
    Cell("rare-1000", halves(shares=RARE, signal=(1.2, 1.2)), 1000, comparisons=1000, epochs=10),
    Cell("rare-100", halves(shares=TENTH, signal=(1.2, 1.2)), 100, comparisons=1000),
    Cell("easy-300", halves(signal=(2.0, 2.0)), 300, comparisons=1000),
    Cell("three-classes-300", halves(shares=(0.5, 0.3, 0.2)), 300, comparisons=1000),
    Cell("flipped-300", halves(flipped=0.2, signal=(1.2, 1.2)), 300, comparisons=1000),
    Cell("copies-300", halves(copies=2), 300, comparisons=1000),
    Cell("copies-30-of-390", halves(copies=13), 390, comparisons=1000),
    Cell("copies-50-of-1000", halves(copies=20), 1000, comparisons=1000, epochs=10),
    Cell("wide-300", halves(width=20), 300, comparisons=1000),
    Cell("methods-100", halves(signal=(0.8,) * 4), 100, methods=FOUR, comparisons=1000),
    Cell("methods-300", halves(signal=(0.8,) * 4), 300, methods=FOUR, comparisons=1000),
    Cell("curves-60", curves(), 60, comparisons=1000),
    Cell("curves-100", curves(), 100, comparisons=1000),
    Cell("curves-300", curves(), 300, comparisons=1000),
    Cell("curves-1000", curves(), 1000, comparisons=1000, epochs=10),
    Cell("curves-half-300", curves(), 300, test_size=0.5, comparisons=1000),
    Cell("weights-iris", bundled("iris"), 120, comparisons=1000),
    Cell("weights-wine", bundled("wine"), 150, comparisons=1000),
    Cell("weights-cancer", bundled("breast_cancer"), 300, comparisons=1000),
    Cell("weights-folds-digits-300", DIGITS, 300, noise=0.1, batch_size=64, splits=FOLDS, comparisons=800),
    Cell("weights-halves-100", halves(signal=(0.8,)), 100, comparisons=1000),
    Cell("weights-curves-300", curves(signal=(1.0,)), 300, comparisons=1000),
    Cell("one-split-weights-300", halves(signal=(0.8,)), 300, splits=ONE, comparisons=1000),
    Cell("one-split-halves-300", halves(), 300, splits=ONE, comparisons=1000),
    Cell("groups-75-of-4", groups(), 300, comparisons=1600),
    Cell("groups-40-of-10", groups(each=(10,), within=0.1), 400, comparisons=800),
    Cell("groups-uneven-100", groups(each=(1, 2, 3, 4, 10)), 400, comparisons=800),
    Cell("groups-rare-100-of-4", groups(shares=TENTH, signal=(1.2, 1.2)), 400, comparisons=800),
    Cell("groups-folds-75-of-4", groups(), 300, splits=FOLDS, comparisons=800),
    Cell("groups-folds-100-of-10", groups(each=(10,)), 1000, splits=FOLDS, comparisons=400, epochs=10),
    Cell("rolling-5-300", halves(), 300, test_size=1 / 6, splits=ROLLING, comparisons=800),
    Cell("rolling-5-1000", halves(), 1000, test_size=1 / 6, splits=ROLLING, comparisons=400, epochs=10),
    Cell("rolling-10-300", halves(), 300, test_size=1 / 11, splits=ROLLING, comparisons=800),
    Cell("folds-of-10-300", halves(), 300, test_size=0.1, splits=FOLDS, comparisons=800),
    Cell("weighted-300", weighted(halves(), 0.5), 300, comparisons=800),
    Cell("weighted-heavy-300", weighted(halves(), 1.0), 300, comparisons=800),
    Cell("weighted-heavy-100", weighted(halves(), 1.0), 100, comparisons=800),
    Cell("weighted-extreme-1000", weighted(halves(), 1.5), 1000, comparisons=400, epochs=10),
    Cell("weighted-curves-300", weighted(curves(), 1.0), 300, comparisons=800),
    Cell("weighted-folds-300", weighted(halves(), 1.0), 300, splits=FOLDS, comparisons=800),
    Cell("weights-digits-1000", DIGITS, 1000, noise=0.1, comparisons=200, epochs=10),
)  # fmt: skip

CELLS = {cell.name: cell for cell in (*EFFECTS, *NULLS)}

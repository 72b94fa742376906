"""References: what the scores of networks are to be held against, on the same rows and splits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from regcmp.engine.arrays import Floats
from regcmp.engine.losses import loss_of
from regcmp.metrics import Outcomes, Scores, scores_of
from regcmp.plan.kinds import NO_REFERENCE
from regcmp.runs.condition import Condition
from regcmp.runs.linear import linear_outputs, too_large

TITLES = {
    "majority": ("majority class", "mean"),
    "linear": ("logistic regression", "ridge regression"),
}
"""What each reference is called, of classes and in a regression."""


@dataclass(frozen=True)
class Reference:
    """A reference: its name in tables, and by seed its scores on training and test rows.

    Without any scores, ``note`` says why.
    """

    name: str
    kind: str
    scores: dict[int, tuple[Scores, Scores]]
    note: str = ""


def references_of(condition: Condition) -> list[Reference]:
    """The references that the plan asks for, scored once on each split."""
    wanted = condition.plan.protocol.reference
    return [MAKERS[kind](condition) for kind in wanted if kind != NO_REFERENCE]


def majority(condition: Condition) -> Reference:
    """Always the largest class of the training rows, with their shares; or always their mean."""
    n_classes = len(condition.dataset.classes)
    scores = {}
    for seed, targets in condition.targets.items():
        weights = condition.weights_of(seed)
        if n_classes:
            with np.errstate(divide="ignore"):  # flipped labels may leave a class without a row
                members = np.bincount(targets.train, weights[0], minlength=n_classes)
                answer = np.log(members / members.sum())
        else:
            answer = np.average(targets.train, weights=weights[0], keepdims=True)
        on_test = targets.of(condition.dataset.y[condition.splits[seed].test])
        sides = zip((targets.train, on_test), weights, strict=True)
        of_train, of_test = (
            scored(condition, seed, np.tile(answer, (len(y), 1)), y, own) for y, own in sides
        )
        scores[seed] = of_train, of_test
    return Reference(title(condition, "majority"), "majority", scores)


def linear(condition: Condition) -> Reference:
    """A linear model of the prepared features, by ``runs.linear``."""
    name, n_classes = title(condition, "linear"), len(condition.dataset.classes)
    balanced = condition.plan.protocol.class_weight == "balanced"
    note = too_large(max(n for n, _, _ in condition.sizes), condition.n_features, n_classes)
    scores = {}
    for seed in () if note else condition.splits:
        rows = condition.prepared(seed)
        if np.ptp(rows.y_train) == 0:
            note = f"left out, since flipped labels leave one class under seed {seed}"
            return Reference(name, "linear", {}, note)
        weights = condition.weights_of(seed)
        outputs = linear_outputs(
            rows.x_train,
            rows.y_train,
            rows.x_test,
            n_classes,
            balanced,
            condition.targets[seed].row_weights,
        )
        sides = zip(outputs, (rows.y_train, rows.y_test), weights, strict=True)
        on_train, on_test = (scored(condition, seed, *side) for side in sides)
        scores[seed] = on_train, on_test
    return Reference(name, "linear", scores, note)


def title(condition: Condition, kind: str) -> str:
    """What the reference is called on this dataset."""
    of_classes, of_values = TITLES[kind]
    return of_classes if condition.dataset.classes else of_values


def scored(
    condition: Condition,
    seed: int,
    outputs: Floats,
    y: npt.NDArray[Any],
    weights: Floats | None,
) -> Scores:
    """The scores of outputs (N, C) for the y (N,) and the weights of rows, as those of a network."""
    n_classes = len(condition.dataset.classes)
    losses = loss_of(n_classes).of_rows(outputs[None], y[None])[0]
    right = outputs.argmax(axis=1) == y if n_classes else None
    return scores_of(Outcomes(losses, y, right, condition.targets[seed].scale, weights))


MAKERS: dict[str, Callable[[Condition], Reference]] = {
    "majority": majority,
    "linear": linear,
}
"""What makes a reference, by its name in the plan."""

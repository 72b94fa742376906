"""A condition: a dataset and every setting that decides the numbers of a run, methods aside."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import sha256
from typing import Any

import numpy as np

from regcmp.data.dataset import Dataset
from regcmp.data.preparation.preparing import Preparation, preparation_of
from regcmp.data.preparation.splitting import (
    Split,
    set_aside,
    split_rows,
    split_sizes,
    validation_count,
    whole_split,
)
from regcmp.data.preparation.targets import Target, Targets, targets_of
from regcmp.engine.architecture import needs_image
from regcmp.engine.arrays import Floats
from regcmp.engine.regularizers import REGISTRY, Regularizer
from regcmp.engine.stack import Rows, RowWeights, RunSeeds
from regcmp.plan import OPTIONS, Plan
from regcmp.plan.grammar import Method
from regcmp.plan.nuisances import Setting, setting_text
from regcmp.plan.options import SECTION_OF
from regcmp.runs.numerics import Machine, this_machine

SPLIT_BYTES = 1 << 28
"""How large the splits that are kept at once may be, here and in a stack; one always is. No result
depends on it."""

COMPARING = "Protocol"
"""The group of options that decide which runs there are and how they are compared, not what each is."""
READING = ("reading", "columns")
"""Sections of a plan whose effect is in the dataset's fingerprint."""
REPLACED = ("dataset", "methods", "plugins", "test_size", "train_size", "validation_size", "folds")
"""Options whose effect stands in a key by itself: content, one method, counts of rows."""


@dataclass(frozen=True)
class Run:
    """One network to be trained, in a condition."""

    method: Method
    seed: int
    setting: Setting = ()
    """Values in the place of the plan's."""
    until: int | None = None
    """The epoch whose weights are judged, where an earlier run chose one."""


@dataclass(frozen=True)
class Prepared:
    """The rows of one split as the engine takes them, and what prepared them."""

    x_train: Floats
    y_train: Target
    x_test: Floats
    y_test: Target
    x_validation: Floats
    y_validation: Target
    preparation: Preparation


class Condition:
    """The splits of a plan on its dataset, and what networks learn from them.

    Of the ``whole`` dataset there is one split: all rows train, but given test rows and those that are
    set aside for validation. ``labelled`` is a condition whose training rows are the training and
    validation rows of this one: rows whose labels it has flipped are flipped here, too.

    Raises DataError or UsageError where a split can't be drawn, before anything is trained.
    """

    def __init__(
        self,
        plan: Plan,
        dataset: Dataset,
        labelled: Condition | None = None,
        *,
        whole: bool = False,
    ) -> None:
        protocol = plan.protocol
        self.plan = plan
        self.dataset = dataset
        self.labelled = labelled
        self.whole = whole
        self.classes: Mapping[str, type[Regularizer]] = REGISTRY
        """The regularizers that its methods name."""
        sizes = dataset.n_rows - dataset.given_test, dataset.given_test
        if not whole:
            sizes = split_sizes(dataset, protocol.test_size, protocol.train_size)
        seeds = sorted({plan.seed_of("split", seed) for seed in plan.run_seeds})
        self.splits = {
            seed: self._with_validation(
                whole_split(dataset)
                if whole
                else split_rows(dataset, *sizes, seed, plan.fold_of(seed)),
                seed,
            )
            for seed in seeds
        }
        self.targets: dict[int, Targets] = {
            seed: targets_of(
                dataset if labelled is None else replace(dataset, y=labelled.learned(seed)),
                split,
                protocol.label_noise if labelled is None else 0.0,
                protocol.class_weight,
                seed,
            )
            for seed, split in self.splits.items()
        }
        self.n_features = dataset.n_features + protocol.noise_features
        self.image = None if protocol.noise_features else dataset.image
        self.n_outputs = len(dataset.classes) or 1
        itemsize = np.dtype(plan.settings.dtype).itemsize
        split_bytes = sum(sizes) * self.n_features * itemsize
        self.most_splits = max(1, SPLIT_BYTES // split_bytes)
        """How many splits a stack may have."""
        self._rows_keys: dict[int, str] = {}
        self._decided: dict[str, str] = {}
        self.prepared = lru_cache(maxsize=min(64, self.most_splits))(self._prepared)

    def _with_validation(self, split: Split, seed: int) -> Split:
        """The split, with its share of the training rows set aside, or as many as were asked for."""
        size = self.plan.protocol.validation_size
        n = validation_count(self.dataset, len(split.train), size)
        return set_aside(self.dataset, split, n, seed)

    def sizes_of(self, seed: int) -> tuple[int, int, int]:
        """How many rows a run of this seed trains on, is validated on, and is tested on."""
        split = self.splits[self.plan.seed_of("split", seed)]
        return len(split.train), len(split.validation), len(split.test)

    @property
    def sizes(self) -> list[tuple[int, int, int]]:
        """Those of every seed. They differ where groups do."""
        return [self.sizes_of(seed) for seed in self.plan.run_seeds]

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one example."""
        return self.image or (self.n_features,)

    def learned(self, seed: int) -> Target:
        """(N,) the y of all rows as this split's network learns them, with flipped labels."""
        y = self.dataset.y.copy()
        if self.dataset.classes:
            y[self.splits[seed].train] = self.targets[seed].train
        return y

    def seeds_of(self, run: Run) -> RunSeeds:
        """The seeds of a run's streams; a regularizer's noise always follows the run."""
        plan = self.plan
        return RunSeeds(plan.seed_of("init", run.seed), plan.seed_of("order", run.seed), run.seed)

    def key(self, run: Run, where: Machine | None = None) -> str:
        """A hash of all that decides the bits of a run: data, rows, settings, method, seeds, and machine.

        The machine is this one, or that of a worker. What a run is compared with is not in the hash: the
        other methods, other seeds, the score.
        """
        plan, seeds = self.plan, self.seeds_of(run)
        parts = [
            self._decided_at(where or this_machine()),
            self._rows_key(plan.seed_of("split", run.seed)),
            [str(run.method), setting_text(run.setting), run.until],
            [seeds.init, seeds.order, seeds.noise],
        ]
        return sha256(json.dumps(parts).encode()).hexdigest()

    def _decided_at(self, where: Machine) -> str:
        """What all runs on a machine have in common."""
        if where.digest not in self._decided:
            self._decided[where.digest] = self._decided_by(where.numerics)
        return self._decided[where.digest]

    def _decided_by(self, numerics: dict[str, Any]) -> str:
        plan = self.plan
        options = {name: str(plan.of(name)) for name in OPTIONS if _decides_a_run(name)}
        plugins = [each.sha256 for each in plan.plugins]
        parts = [numerics, self.dataset.fingerprint, options, plugins]
        return sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def _rows_key(self, seed: int) -> str:
        """Of the rows of a split, and what is to be learned of them: flipped labels included."""
        if seed not in self._rows_keys:
            split, targets = self.splits[seed], self.targets[seed]
            state = sha256(str(seed).encode())  # which draws features of noise, too
            for each in (
                split.train,
                split.validation,
                split.test,
                targets.train,
                targets.validation,
            ):
                state.update(f"{each.dtype.str} {len(each)} ".encode() + each.tobytes())
            self._rows_keys[seed] = state.hexdigest()
        return self._rows_keys[seed]

    def rows(self, seeds: list[int]) -> Rows:
        """The rows of these splits, one after the other along a first axis."""
        parts = [self.prepared(seed) for seed in seeds]
        targets = [self.targets[seed] for seed in seeds]
        weights = [each.class_weights for each in targets if each.class_weights is not None]
        rows = Rows(
            x_train=_stacked([each.x_train for each in parts]),
            y_train=_stacked([each.y_train for each in parts]),
            x_test=_stacked([each.x_test for each in parts]),
            y_test=_stacked([each.y_test for each in parts]),
            n_classes=len(self.dataset.classes),
            class_weights=np.stack(weights) if weights else None,
            row_weights=self._loss_weights(seeds),
            score_weights=self._score_weights(seeds),
            scales=np.array([each.scale for each in targets]),
            image=self.image,
        )
        if not parts[0].x_validation.shape[0]:
            return rows
        return replace(
            rows,
            x_validation=_stacked([each.x_validation for each in parts]),
            y_validation=_stacked([each.y_validation for each in parts]),
        )

    def _loss_weights(self, seeds: list[int]) -> Floats | None:
        """Those of training rows in the loss, split by split."""
        found = [self.targets[seed].row_weights for seed in seeds]
        return (
            _stacked([each for each in found if each is not None]) if found[0] is not None else None
        )

    def _score_weights(self, seeds: list[int]) -> RowWeights | None:
        """Those of all rows in scores, split by split."""
        weights = self.dataset.weights
        if weights is None:
            return None
        splits = [self.splits[seed] for seed in seeds]
        return RowWeights(
            train=_stacked([weights[each.train] for each in splits]),
            test=_stacked([weights[each.test] for each in splits]),
            validation=_stacked([weights[each.validation] for each in splits]),
        )

    def weights_of(self, seed: int) -> tuple[Floats | None, Floats | None]:
        """Those of the training and the test rows of a split; None where rows count alike."""
        weights, split = self.dataset.weights, self.splits[seed]
        return (None, None) if weights is None else (weights[split.train], weights[split.test])

    def _prepared(self, seed: int) -> Prepared:
        dataset, split, targets, plan = (
            self.dataset,
            self.splits[seed],
            self.targets[seed],
            self.plan,
        )
        preparation = preparation_of(
            dataset,
            plan.settings.dtype,
            channels=self.image[2] if self.image and needs_image(plan.settings.arch) else None,
            noise_features=plan.protocol.noise_features,
            seed=seed,
        )
        x_train, x_test, x_validation = preparation.of_split(dataset, split)
        return Prepared(
            x_train=x_train,
            y_train=targets.train,
            x_test=x_test,
            y_test=targets.of(dataset.y[split.test]),
            x_validation=x_validation,
            y_validation=targets.validation,
            preparation=preparation,
        )


def _decides_a_run(name: str) -> bool:
    """Whether an option decides the bits of a run by its value, and not by rows or seeds."""
    option, section = OPTIONS[name], SECTION_OF.get(name)
    return (
        option.decides
        and option.group != COMPARING
        and section not in READING
        and name not in REPLACED
    )


def _stacked(parts: list[Floats]) -> Floats:
    """Parts along a new first axis; of a single one, no copy."""
    return np.stack(parts) if len(parts) > 1 else parts[0][None]

"""How many networks a comparison trains, and about how much memory and time they take, before it starts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np

from regcmp.data.dataset import Dataset
from regcmp.data.preparation.splitting import split_sizes, validation_count
from regcmp.engine.architecture import layers_of
from regcmp.engine.convolution import Conv
from regcmp.engine.evaluating import CHUNK, values_of
from regcmp.engine.layers import Dense, Layer
from regcmp.engine.network import n_parameters_of, shapes_of
from regcmp.engine.training import RECORDS, runs_per_stack
from regcmp.errors import UsageError
from regcmp.memory import machine_memory, size_text
from regcmp.metrics import METRICS
from regcmp.plan import Plan
from regcmp.plan.execution import Execution
from regcmp.runs.condition import SPLIT_BYTES
from regcmp.runs.tuning import planned_networks

PROCESS, WORKER = 180 << 20, 60 << 20
"""What the command takes with all that it imports, and what a worker process does."""
RUN = 30_000
"""What the results of one run take, its recorded epochs included."""
WRITTEN = 5
"""What a kept number takes, over its own size, where reports have it: three texts of base64, too."""
PREDICTED, PROBABILITY = 144, 40
"""What a row of the frame of predictions takes, its text included, and in it a class, over its own size."""
STATES = {"sgd": 0, "momentum": 1, "nesterov": 1, "adam": 2}
"""How many numbers an optimizer keeps of each weight."""
LONG = 60.0
"""Seconds from which on work is long."""
RATE, STEP, LAYER = 25e9, 60e-6, 12e-6
"""Of one core: operations a second in products, seconds of a step beside them, and of a layer in it."""
DRAW, NUMBER, WEIGHT = 2e-3, 20e-9, 200e-9
"""Seconds of a split beside its rows, of a number in them, and of a weight's beginning and end."""


@dataclass(frozen=True)
class Estimate:
    """What a comparison takes. Bytes are right within a factor of 2, seconds to their order."""

    networks: int
    parameters: int
    """Of one network."""
    jobs: int
    parts: dict[str, float]
    """Bytes at the peak, by what takes them."""
    seconds: float
    """On the benchmarks' machine."""

    @property
    def bytes(self) -> float:
        """All of them."""
        return sum(self.parts.values())

    @property
    def is_long(self) -> bool:
        """Whether one should know before it starts."""
        return self.seconds >= LONG

    @property
    def work(self) -> str:
        """'training 40,000 networks of 5,642 weights, in 2 processes'."""
        networks = "1 network" if self.networks == 1 else f"{self.networks:,} networks"
        processes = "" if self.jobs == 1 else f", in {self.jobs} processes"
        return f"training {networks} of {self.parameters:,} weights{processes}"

    def __str__(self) -> str:
        return f"{self.work}: roughly {duration(self.seconds)}"


WAYS_OUT = {
    "weights": "make --hidden or --arch smaller",
    "batches": "make --batch-size, --hidden or --arch smaller",
    "rows": "take fewer rows (--sample, --train-size) or features",
    "results": "make --seeds smaller, or compare fewer methods at once",
    "processes": "make --jobs smaller",
}


def fitting(plan: Plan, dataset: Dataset, execution: Execution, *, whole: bool = False) -> Estimate:
    """The estimate for as many worker processes as were asked for, or as have room among the cores.

    All rows train where they are to be the ``whole`` dataset.
    Raises UsageError where it is more memory than is allowed, or than the machine has.
    """
    jobs, most = execution.jobs, execution.max_memory
    room = machine_memory() if most is None else most
    wanted = _cores() if jobs is None else jobs
    asked = {"whole": whole, "predictions": execution.predictions}
    found = estimate_of(plan, dataset, wanted, **asked)
    while jobs is None and wanted > 1 and found.bytes > room:
        wanted -= 1
        found = estimate_of(plan, dataset, wanted, **asked)
    if found.bytes <= room:
        return found
    largest = max(found.parts, key=lambda name: found.parts[name])
    has = "this machine has" if most is None else "--max-memory allows"
    more = "raise --max-memory" if most is None else "allow more"
    fewer = f"{WAYS_OUT['processes']}, " if found.jobs > 1 and largest != "processes" else ""
    raise UsageError(
        f"{found.work} takes about {size_text(found.bytes)} of memory, and {has}"
        f" {size_text(room)}; {fewer}{WAYS_OUT[largest]}, or {more}",
        "max_memory",
    )


def estimate_of(
    plan: Plan, dataset: Dataset, jobs: int, *, whole: bool = False, predictions: bool = False
) -> Estimate:
    """What training takes with this many worker processes. The plan is settled; nothing is allocated."""
    sizes = _Sizes(plan, dataset, whole, predictions)
    jobs = min(jobs, sizes.stacks)
    own = sizes.of_stack()
    if jobs == 1:
        parts = own | {"processes": float(PROCESS)}
    else:
        parts = {name: jobs * size for name, size in own.items()}
        parts["processes"] = float(PROCESS + jobs * WORKER)
        parts["rows"] += 2 * jobs * sizes.stack_rows  # on their way to a worker
    parts["rows"] += sizes.of_dataset()
    parts["results"] = (RUN + sizes.marks) * sizes.networks + 16.0 * sizes.splits * dataset.n_rows
    parts["results"] += sizes.of_predictions()
    return Estimate(
        sizes.networks, sizes.parameters, jobs, parts, sizes.seconds() / min(jobs, _cores())
    )


class _Sizes:
    """The sizes that decide what a comparison takes."""

    def __init__(self, plan: Plan, dataset: Dataset, whole: bool, predictions: bool) -> None:
        self.plan, self.settings, self.predictions = plan, plan.settings, predictions
        self.itemsize = np.dtype(plan.settings.dtype).itemsize
        self.n_rows, self.features = (
            dataset.n_rows,
            dataset.n_features + plan.protocol.noise_features,
        )
        self.mixed = dataset.mixed is not None
        self.weighted = dataset.weights is not None
        self.outputs = len(dataset.classes) or 1
        shape = (None if plan.protocol.noise_features else dataset.image) or (self.features,)
        self.layers = layers_of(
            plan.settings.arch, plan.settings.hidden, shape, self.outputs, plan.settings.activation
        )
        self.parameters = n_parameters_of(self.layers)
        n_train, self.n_test = dataset.n_rows - dataset.given_test, dataset.given_test
        if not whole:
            sizes = plan.protocol.test_size, plan.protocol.train_size
            n_train, self.n_test = split_sizes(dataset, *sizes)
        self.n_train = n_train - validation_count(dataset, n_train, plan.protocol.validation_size)
        planned = planned_networks(plan)
        self.networks = planned.total()
        self.methods = list(dict.fromkeys(method for method, _ in planned))
        metric = METRICS[plan.protocol.metric]
        share = 4.0 * (WRITTEN if plan.protocol.row_scores else 1)
        self.marks = (self.n_train + self.n_test) * (1 / 8 if metric.is_counted else share)
        """What is kept of the rows of one run, in bytes."""
        self.splits = plan.protocol.seeds if "split" in plan.protocol.vary else 1
        kinds: Counter[Any] = Counter()
        for (method, setting), number in planned.items():
            kinds[method.kind, setting] += number
        most = runs_per_stack(self.settings, shape, self.outputs)
        # Groups seldom make two splits of one size, and a stack has splits of one size.
        apart = self.splits if dataset.groups is not None or dataset.order is not None else 1
        self.runs = min(most, -(-max(kinds.values()) // apart))
        """In a stack."""
        self.split = (n_train + self.n_test) * self.features * self.itemsize
        kept = max(1, SPLIT_BYTES // self.split)
        self.kept = min(64, kept, self.splits)
        parts = max(apart, -(-self.splits // kept))
        self.stacks = sum(parts * -(-(runs // parts) // most) or parts for runs in kinds.values())
        self.stack_rows = min(self.runs, kept, self.splits) * self.split
        self.batch = min(plan.settings.batch_size, self.n_train)

    def of_stack(self) -> dict[str, float]:
        """Bytes of a stack while it is trained, beside its rows."""
        size, runs, p = self.itemsize, self.runs, self.parameters
        copies = 3 + STATES[self.plan.settings.optimizer] + max(map(self._copies, self.methods))
        # The histogram of a run's weights, in the end, takes a place and a float64 of each.
        weights = runs * p * size * copies + p * (18 + size)
        widths = sum(int(np.prod(shape, dtype=object)) for shape in shapes_of(self.layers))
        forward = sum(layer.n_unfolded for layer in self.layers)
        batch = self.batch * (3 * widths + forward + _turned(self.layers) + self.outputs)
        batch += min(CHUNK, self.n_train) * values_of(self.layers)
        if any(part.name == "dropconnect" for each in self.methods for part in each.parts):
            batch += 2 * self.batch * sum(_products(each) for each in self.layers)
        of_rows = self.n_train * (17 + 16) + self.n_test * 17
        of_rows += 8 * (self.n_train + self.n_test) * self.weighted
        if self.predictions:
            of_rows += self.n_test * self.outputs * size
        rows = runs * of_rows + self.n_train * self.outputs * size
        return {"weights": weights, "batches": runs * batch * size, "rows": rows}

    def _copies(self, method: Any) -> float:
        """Of the weights, that a method's regularizers keep: two each, as penalties do."""
        copies = 0.0
        for part in method.parts:
            copies += (
                min(part.strength, self.plan.settings.epochs) if part.name == "snapshot" else 2
            )
        return copies

    def of_dataset(self) -> float:
        """Bytes of the data, of the splits that are kept, and of preparing one."""
        given = self.n_rows * self.features * 8 if not self.plan.protocol.noise_features else 0
        preparing = self.split / self.itemsize * (3 * 8 if self.mixed else 8 + self.itemsize)
        return given + self.kept * self.split + preparing + self.stack_rows

    def of_predictions(self) -> float:
        """Bytes of what is predicted for test rows: outputs, and the frame that is made of them."""
        if not self.predictions:
            return 0.0
        numbers = self.outputs * self.itemsize
        judged = len(self.plan.methods) * self.plan.protocol.seeds
        is_last = self.plan.is_tuned and not self.plan.protocol.refit  # any candidate may be judged
        row = PREDICTED + numbers + self.outputs * PROBABILITY
        return float(
            self.n_test * (judged * row + numbers * (self.networks if is_last else judged))
        )

    def seconds(self) -> float:
        """Of one core."""
        products = sum(_products(layer) for layer in self.layers)
        steps = -(-self.n_train // self.batch)
        rate = RATE * 4 / self.itemsize
        step = (STEP + LAYER * len(self.layers)) / self.runs + self.parameters * 5e-9
        epoch = steps * step + self.n_train * 6 * products / rate
        measured = 2 * products * (self.n_train + self.n_test) / rate
        records = min(RECORDS, self.plan.settings.epochs) + 1
        ends = WEIGHT * self.parameters + records * measured
        training = self.networks * (self.plan.settings.epochs * epoch + ends)
        return training + self.splits * (DRAW + NUMBER * self.n_rows * self.features)


def _products(layer: Layer) -> int:
    """Multiplications of a layer for one example."""
    if isinstance(layer, Dense):
        return layer.weights[0][0] * layer.weights[0][1]
    if isinstance(layer, Conv):
        return layer.n_unfolded * layer.weights[0][1]
    return 0


def _turned(layers: Iterable[Layer]) -> int:
    """What convolutions after the first unfold of an example on the way back."""
    convolutions = [layer for layer in layers if isinstance(layer, Conv)]
    return sum(
        layer.n_in // layer.shape_in[2] * layer.kernel**2 * layer.shape_out[2]
        for layer in convolutions[1:]
    )


def duration(seconds: float) -> str:
    """'2 minutes', '3 hours', '40 days', '1,200 years', rounded."""
    if not isfinite(seconds):
        return "for ever"
    for name, unit in (("year", 365 * 86400), ("day", 86400), ("hour", 3600), ("minute", 60)):
        number = round(seconds / unit)
        if seconds >= 1.5 * unit or (name == "minute" and number):
            return f"{number:,} {name}" + ("" if number == 1 else "s")
    whole = max(1, round(seconds))
    return f"{whole} second" + ("" if whole == 1 else "s")


def _cores() -> int:
    from joblib import cpu_count

    return int(cpu_count())

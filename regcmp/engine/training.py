"""The training loop: where in a step each kind of regularizer acts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import prod
from time import perf_counter

import numpy as np

from regcmp.engine.architecture import layers_of
from regcmp.engine.arrays import Floats, Integers, Scratch
from regcmp.engine.building import network_of, regularizers_of
from regcmp.engine.guard import Guard, Stop
from regcmp.engine.hooks import Hooks, called
from regcmp.engine.initializers import initial_theta
from regcmp.engine.kernels.switch import SWITCH
from regcmp.engine.layers import Layer
from regcmp.engine.measuring import Measure, Record, weight_counts
from regcmp.engine.model import Model, model_of
from regcmp.engine.network import Gradient, Network, Step, n_parameters_of, shapes_of
from regcmp.engine.optimizers import OPTIMIZERS
from regcmp.engine.regularizers import Context, Regularizer
from regcmp.engine.schedules import SCHEDULES, STRENGTH_SCHEDULES, Schedule
from regcmp.engine.settings import Settings
from regcmp.engine.stack import Optimizer, Rows, Stack
from regcmp.engine.streams import stream
from regcmp.metrics import METRICS, Kept, Outcomes

RECORDS = 12
"""At how many epochs, at most, the scores are recorded."""

STACK_BYTES = 1 << 20
"""How large the theta of a stack may be."""

BATCH_BYTES = 3 << 20
"""How large what the layers of a stack give out for a batch, and windows of it, may be."""

MOST_RUNS = 32

Watch = Callable[[Sequence[Record], Context], bool]
"""Told of the records of all runs after an epoch, and where training stands; says whether it ends."""


@dataclass(frozen=True)
class Trained:
    """One run's outcome: 'ok' or why it was stopped, its records and its last weights (P,)."""

    status: str
    history: tuple[Record, ...]
    theta: Floats
    nonzero_fraction: float
    """The share of weights, biases aside, that are not exactly zero."""
    stopped: int | None = None
    """The epoch after which it was stopped, if it was."""
    selected: int | None = None
    """The epoch whose weights are judged, if that is not the last."""
    weights: tuple[int, ...] = ()
    """The histogram of its last weights, biases aside."""
    model: Model | None = None
    """The network that is judged, where the stack keeps it."""
    outcomes: tuple[Outcomes, Outcomes] | None = None
    """What it made of its training and its test rows; None of a run that was stopped."""
    kept: tuple[Kept, Kept] | None = None
    """And what a report keeps of them."""
    outputs: Floats | None = None
    """(N, C) what the network that is judged, or the ensemble, gives for the test rows, where the stack
    keeps it; None of a run that was stopped."""
    on_map: Integers | Floats | None = None
    """What it predicts over two features, where a map shows it."""


def train(stack: Stack, watch: Watch | None = None) -> list[Trained]:
    """Train the R runs of a stack; run r depends on nothing but its own seeds, rows and strengths.

    ``watch`` is told of every epoch and may end training after it. Scores are then recorded for it
    alone, and no run is stopped for what they say: only for weights that are no numbers.
    """
    settings, network = stack.settings, network_of(stack.design)
    SWITCH.expect(np.dtype(settings.dtype), work_of(stack, network))
    theta, optimizer = beginning(stack, network)
    regularizers = regularizers_of(stack.design, network, [s.noise for s in stack.seeds])
    hooks = Hooks(regularizers)
    batches = Batches(stack)
    gradient = Gradient(network, stack.rows.loss(stack.splits), len(theta), theta.dtype)
    measure = measure_of(stack, network, hooks)
    context = context_of(stack, network, theta, measure)
    schedule = SCHEDULES[settings.schedule]
    scheduled = scheduled_among(regularizers, stack)
    recorded = set() if watch else recorded_epochs(settings.epochs)
    guard = Guard(settings, len(theta), network.shapes)
    rate = settings.rate

    adjust(scheduled, 0.0)
    hooks.start(context)
    history = [measure.record(0, theta)]
    with np.errstate(all="ignore"):
        for epoch in range(1, settings.epochs + 1):
            context.epoch = epoch
            for done, x, targets in batches.epoch(epoch):
                context.theta, context.batch_size, context.done = theta, x.shape[1], done
                context.rate = hooks.pace(rate * schedule(done), context)
                adjust(scheduled, done)
                x, targets = hooks.transform((x, targets), context)
                masks = hooks.mask(network.no_masks(), context)
                context.x, context.targets = x, targets
                taps = hooks.tap(network.no_taps(), context)
                connections = hooks.disconnect(network.no_masks(), context)
                step = Step(x, targets, masks, taps, connections)
                context.gradient = partial(gradient, step=step)
                context.input_gradient = partial(gradient.at_input, step=step)
                point = hooks.perturb(theta, context)
                grad = context.gradient(point)
                guard.count_dropped(masks, epoch, taps, connections)
                grad = hooks.penalize(grad, context)
                optimizer.step(theta, grad, context.rate)
                theta = hooks.project(theta, context)
            judged = hooks.select(theta, context)
            if epoch in recorded:
                history.append(measure.record(epoch, judged, context.others))
            guard.check(epoch, judged, history, theta, context.ended)
            if guard.all_stopped or (watch and watch(seen_by(measure, judged, context), context)):
                break
        models = kept_models(stack, regularizers, measure, judged, context)
    selected = [None] * len(theta) if context.selected is None else context.selected.tolist()
    runs = zip(*history, strict=True)
    ends = zip(judged, selected, models, measure.outcomes, measure.outputs, runs, strict=True)
    return [trained(network, guard.stops.get(i), *end) for i, end in enumerate(ends)]


def beginning(stack: Stack, network: Network) -> tuple[Floats, Optimizer]:
    """The weights theta (R, P) at the start, and the optimizer that changes them."""
    if stack.start is not None:
        return stack.start.theta.copy(), stack.start.optimizer
    settings, seeds = stack.settings, [s.init for s in stack.seeds]
    theta = initial_theta(network, settings.init, seeds, settings.dtype)
    return theta, OPTIMIZERS[settings.optimizer](theta.shape, theta.dtype)


def measure_of(stack: Stack, network: Network, hooks: Hooks) -> Measure:
    """What scores the networks of a stack."""
    taps = hooks.evaluate(network.no_taps())
    return Measure(network, stack.rows, stack.splits, taps, keep_outputs=stack.keep.outputs)


def seen_by(measure: Measure, judged: Floats, context: Context) -> list[Record]:
    """The records of all runs after this epoch: of its own weights, also where older ones are judged."""
    own = judged if context.validated is None else context.validated
    return measure.record(context.epoch, own, context.others)


def context_of(stack: Stack, network: Network, theta: Floats, measure: Measure) -> Context:
    """What hooks may look at, before the first step."""
    return Context(
        network,
        theta,
        Scratch(theta.dtype),
        epochs=stack.settings.epochs,
        loss=stack.rows.loss(stack.splits),
        validation_loss=measure.validation_loss,
    )


def kept_models(
    stack: Stack,
    regularizers: Sequence[Regularizer],
    measure: Measure,
    judged: Floats,
    context: Context,
) -> list[Model] | list[None]:
    """The networks that are judged, run by run, where the stack keeps them."""
    if not stack.keep.models:
        return [None] * len(judged)
    ready = measure.judged(judged, context.others)
    return [model_of(stack, run, ready, regularizers) for run in range(len(judged))]


def kept_of(run: Trained, metric: str | None) -> tuple[Kept, Kept] | None:
    """What is kept of a run's training and test rows."""
    if metric is None or run.outcomes is None or METRICS[metric].shares is None:
        return None
    on_train, on_test = run.outcomes
    return METRICS[metric].kept(on_train), METRICS[metric].kept(on_test)


def timed_training(index: int, stack: Stack) -> tuple[int, list[Trained], float]:
    """``train``, with the stack's number and the seconds it took: the task of a worker process.

    It stands here so that a worker imports the engine and NumPy, and nothing heavier; and it leaves
    out what no report holds: the weights, and of the rows all but what its metric needs.
    """
    start = perf_counter()
    # A copy, since a view would keep all of the weights.
    runs = [
        replace(run, theta=run.theta[:0].copy(), outcomes=None, kept=kept_of(run, stack.metric))
        for run in train(stack)
    ]
    return index, runs, perf_counter() - start


class Batches:
    """The batches of every run: a fresh permutation of its training rows at each epoch.

    The last batch of an epoch is smaller where the batch size does not divide the number of rows.
    """

    def __init__(self, stack: Stack) -> None:
        rows: Rows = stack.rows
        self.n_splits, self.n_rows, n_features = rows.x_train.shape
        self.batch_size = min(stack.settings.batch_size, self.n_rows)
        self.epochs = stack.settings.epochs
        # A plain view, since large rows come to a worker as np.memmap, which is slower at every slice.
        self.x = np.asarray(rows.x_train).reshape(-1, n_features)
        self.targets = rows.targets(stack.splits)
        self.first_row: Integers = np.array(stack.splits)[:, None] * self.n_rows
        self.shuffle = stack.shuffle
        self.streams = [stream(s.order, "order") for s in stack.seeds]
        self.scratch = Scratch(self.x.dtype)

    def epoch(self, epoch: int) -> Iterator[tuple[float, Floats, Floats]]:
        """Yield (share of training done, x (R, B, D), targets (R, B, C)); the next overwrites them."""
        order = np.stack([self._order(each) for each in self.streams])
        order += self.first_row
        for start in range(0, self.n_rows, self.batch_size):
            rows = order[:, start : start + self.batch_size]
            x = self.scratch("x", (*rows.shape, self.x.shape[1]))
            targets = self.scratch("targets", (*rows.shape, self.targets.shape[1]))
            # mode='clip' skips the bounds check, and with it a copy of the output.
            np.take(self.x, rows, axis=0, out=x, mode="clip")
            np.take(self.targets, rows, axis=0, out=targets, mode="clip")
            yield (epoch - 1 + start / self.n_rows) / self.epochs, x, targets

    def _order(self, generator: np.random.Generator) -> Integers:
        return generator.permutation(self.n_rows) if self.shuffle else np.arange(self.n_rows)


def scheduled_among(
    regularizers: Sequence[Regularizer], stack: Stack
) -> list[tuple[Regularizer, Floats, Schedule]]:
    """The regularizers whose strength is another one at each step, with the full one and its factor."""
    return [
        (regularizer, regularizer.strength, STRENGTH_SCHEDULES[each.schedule])
        for regularizer, each in zip(regularizers, stack.ingredients, strict=True)
        if each.schedule != "constant"
    ]


def adjust(scheduled: Sequence[tuple[Regularizer, Floats, Schedule]], done: float) -> None:
    """Set the strengths that follow a schedule to those of a share of training done."""
    for each, strength, factor in scheduled:
        called(each.adjust, strength * factor(done))


def runs_per_stack(settings: Settings, shape: tuple[int, ...], n_outputs: int) -> int:
    """How many runs train fastest together. No result depends on it.

    More runs share Python's overhead; too many spill a core's L2 cache.
    """
    layers = layers_of(settings.arch, settings.hidden, shape, n_outputs, settings.activation)
    size = np.dtype(settings.dtype).itemsize
    batch = settings.batch_size * numbers_of_row(layers)
    most = min(STACK_BYTES // (size * n_parameters_of(layers)), BATCH_BYTES // (size * batch))
    return max(1, min(MOST_RUNS, most))


def work_of(stack: Stack, network: Network) -> int:
    """How many numbers the steps of a stack's training go over: parameters, and what layers give out."""
    rows: int = stack.rows.x_train.shape[1] * stack.settings.epochs
    steps = -(-rows // stack.settings.batch_size)
    return len(stack.seeds) * (steps * network.n_parameters + rows * numbers_of_row(network.layers))


def numbers_of_row(layers: Sequence[Layer]) -> int:
    """How many numbers of an example layers take in, give out and unfold."""
    return sum(map(prod, shapes_of(layers))) + sum(each.n_unfolded for each in layers)


def recorded_epochs(epochs: int) -> set[int]:
    """Which epochs are recorded: a dozen, evenly spread, always the last.

    At most every fourth, since measuring once costs about a third of training for an epoch.
    """
    records = max(1, min(RECORDS, epochs // 4))
    return {round(epochs * i / records) for i in range(1, records + 1)}


def trained(
    network: Network,
    stop: Stop | None,
    theta: Floats,
    selected: int | None,
    model: Model | None,
    outcomes: tuple[Outcomes, Outcomes] | None,
    outputs: Floats | None,
    history: Sequence[Record],
) -> Trained:
    """Put one run's outcome together; of one that was stopped, what came after counts for nothing."""
    if stop:
        theta, model, outcomes, outputs = stop.theta, None, None, None
        history = [each for each in history if each.epoch <= stop.epoch]
    weights = theta[network.is_weight]
    nonzero = float(np.count_nonzero(weights) / len(weights))
    status, epoch = (stop.status, stop.epoch) if stop else ("ok", None)
    counts = weight_counts(weights)
    return Trained(
        status,
        tuple(history),
        theta.copy(),
        nonzero,
        epoch,
        selected,
        counts,
        model,
        outcomes,
        outputs=outputs,
    )

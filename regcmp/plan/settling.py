"""What a dataset decides of a plan: the score, what can vary, and which words fit its task."""

from __future__ import annotations

from dataclasses import replace

from regcmp.data.dataset import Dataset
from regcmp.data.preparation.folding import check_folds
from regcmp.engine.architecture import ArchitectureError, layers_of, needs_image, words_of
from regcmp.engine.regularizers import REGISTRY
from regcmp.errors import UsageError
from regcmp.metrics import METRICS, metrics_of
from regcmp.option import AUTO
from regcmp.plan.options import OPTIONS, Plan
from regcmp.plan.protocol import TWO_WAY, Protocol
from regcmp.plan.tuning import Cocktail, check_fit, possible, within


def settle(plan: Plan, dataset: Dataset) -> Plan:
    """The plan as it is carried out on this dataset, with nothing left to be decided.

    Raises UsageError, naming the word, where the dataset can't serve it.
    """
    plan = _with_given_test(_fitting(_narrowed(plan, dataset), dataset), dataset)
    plan = _with_order(plan, dataset)
    if plan.protocol.folds is not None:
        check_folds(dataset, plan.protocol.folds)
    if plan.protocol.significance_test == TWO_WAY and "split" not in plan.protocol.vary:
        why = "brings its own test rows" if dataset.given_test else "is split once, by --vary"
        if dataset.order is not None:
            why = "is split once, by --order"
        raise UsageError(
            f"--significance-test: {TWO_WAY!r} needs a split of its own for each seed, and"
            f" {dataset.name!r} {why}; leave the option out for a paired t-test",
            "significance_test", "vary",
        )  # fmt: skip
    return _with_layers(_with_metric(plan, dataset), dataset)


def _narrowed(plan: Plan, dataset: Dataset) -> Plan:
    """The plan whose cocktails hold what its task and network have a use for."""
    arch, hidden = plan.settings.arch, plan.settings.hidden
    if not any(isinstance(each, Cocktail) for each in plan.methods):
        return plan
    if needs_image(arch) and dataset.image is None:  # it is refused below
        return plan
    shape = dataset.image or (dataset.n_features,)
    words = words_of(arch, hidden, dataset.image) if needs_image(arch) else arch
    try:
        layers = layers_of(
            words, hidden, shape, len(dataset.classes) or 1, plan.settings.activation
        )
    except ArchitectureError:  # and so is this
        return plan
    narrow = {each: within(each, dataset.task, layers) for each in plan.methods}
    return replace(plan, methods=tuple(narrow.values()), baseline=narrow[plan.baseline])


def _with_metric(plan: Plan, dataset: Dataset) -> Plan:
    known = metrics_of(dataset.task)
    for option in ("metric", "select_by"):
        name = plan.of(option)
        if name != AUTO and name not in known:
            raise UsageError(
                f"{OPTIONS[option].flag}: {name!r} is for a {METRICS[name].task}, and"
                f" {dataset.name!r} is a {dataset.task}; choose one of {', '.join(known)}",
                option,
            )
    metric = known[0] if plan.protocol.metric == AUTO else plan.protocol.metric
    plan = plan.with_values(metric=metric)
    left_open = plan.is_tuned and plan.protocol.select_by == AUTO
    return plan.with_values(select_by=metric) if left_open else plan


def _with_layers(plan: Plan, dataset: Dataset) -> Plan:
    """The layers of a network for images, which depend on their size."""
    if not needs_image(plan.settings.arch):
        return plan
    if plan.protocol.noise_features:
        raise UsageError(
            f"--noise-features: {plan.settings.arch!r} is for images, to which no features can be added;"
            " leave the option out",
            "noise_features",
        )
    if dataset.image is None:
        raise UsageError(
            f"--arch: {plan.settings.arch!r} needs images, and {dataset.name!r} is a table; --image HxW says"
            " that its columns are pixels, and --arch mlp takes any table",
            "arch",
        )
    given, settings = plan.settings.arch, plan.settings
    plan = plan.with_values(arch=words_of(given, settings.hidden, dataset.image))
    arch, n_out = plan.settings.arch, len(dataset.classes) or 1
    try:
        layers = layers_of(arch, settings.hidden, dataset.image, n_out, settings.activation)
    except ArchitectureError as error:
        name = "" if given == arch else f" ({given!r} is {arch} here)"
        raise UsageError(f"--arch: {error}{name}", "arch") from None
    check_fit(plan.methods, layers)
    return plan


def _with_given_test(plan: Plan, dataset: Dataset) -> Plan:
    """Test rows that the dataset brings along are the test rows of every seed."""
    given = dataset.given_test
    if not given:
        return plan
    if plan.protocol.folds is not None:
        raise UsageError(
            f"--folds: {dataset.name!r} has {given} test rows of its own, which every seed tests; leave the"
            " option out",
            "folds",
        )
    vary = tuple(source for source in plan.protocol.vary if source != "split")
    if not vary:
        raise UsageError(
            f"--vary: {dataset.name!r} has {given} test rows of its own, so the split can't vary;"
            " expected init, order or both",
            "vary",
        )
    if plan.protocol.test_size not in (Protocol.test_size, given):
        raise UsageError(
            f"--test-size: {dataset.name!r} has {given} test rows of its own; leave the option out",
            "test_size",
        )
    return plan.with_values(vary=vary, test_size=given)


def _with_order(plan: Plan, dataset: Dataset) -> Plan:
    """By an order, there is one split; or each fold has one, through which seeds walk."""
    if dataset.order is None or plan.protocol.folds is not None:
        return plan
    vary = tuple(source for source in plan.protocol.vary if source != "split")
    if not vary:
        raise UsageError(
            f"--vary: the order of the rows of {dataset.name!r} decides the split, so it can't vary;"
            " expected init, order or both",
            "vary",
        )
    return plan.with_values(vary=vary)


def _fitting(plan: Plan, dataset: Dataset) -> Plan:
    """Raise UsageError for what the task has no use for."""
    for method in plan.methods:
        for part in [part for each in possible(method) for part in each.parts]:
            if dataset.task not in REGISTRY[part.name].tasks:
                raise UsageError(
                    f"method {str(method)!r}: {part.name!r} is defined for"
                    f" {' and '.join(REGISTRY[part.name].tasks)} only, and {dataset.name!r} is a"
                    f" {dataset.task}; leave it out",
                    "methods",
                )
    if dataset.task == "regression":
        for name, option in OPTIONS.items():
            if option.classes and plan.of(name) != option.default:
                raise UsageError(
                    f"{option.flag}: {dataset.name!r} is a regression, which has no classes; leave the"
                    " option out",
                    name,
                )
    return plan

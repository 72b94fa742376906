"""The plan: every option of a comparison, checked before any work is done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, asdict, dataclass, replace
from pathlib import Path
from typing import Any

from regcmp.data.columns import Columns
from regcmp.data.folds import Fold
from regcmp.data.table import Reading
from regcmp.engine.architecture import MLP, layers_of, needs_image
from regcmp.engine.settings import Settings
from regcmp.errors import UsageError, unknown
from regcmp.option import Option, option, options_of
from regcmp.plan.execution import EXECUTION
from regcmp.plan.grammar import NONE, TUNE, Method
from regcmp.plan.kinds import parse, texts
from regcmp.plan.nuisances import Nuisance
from regcmp.plan.plugins import Plugin, load_plugins
from regcmp.plan.protocol import MAX_SEED, TESTS, Protocol
from regcmp.plan.tuning import (
    AnyMethod,
    check_fit,
    parse_any,
    parse_methods,
    selects,
    trials_of,
)

DEFAULT_METHODS = ("none", "l1", "l2", "dropout")
VALIDATION_SIZE = 0.2
"""The share of the training rows that a method selects by, unless told otherwise."""


@dataclass(frozen=True)
class Plan:
    """All that decides a comparison's numbers."""

    dataset: str = option(
        "source",
        MISSING,
        "Rows to learn from: a name listed by 'regcmp datasets', a file, or '-' for CSV on standard"
        " input.",
        metavar="NAME|FILE",
        settled=True,
    )
    methods: tuple[AnyMethod, ...] = option(
        "methods", parse_methods(DEFAULT_METHODS), "The methods to compare."
    )
    baseline: AnyMethod = option(
        "method",
        Method(),
        "Method that the others are compared with.",
        group="Protocol",
        metavar="METHOD",
    )
    plugins: tuple[Plugin, ...] = option(
        "plugins", (), "Python file that registers regularizers of your own. Repeatable.",
        group="Other", metavar="FILE.py", repeatable=True, spelled="plugin", before=(),
    )  # fmt: skip
    reading: Reading = Reading()
    columns: Columns = Columns()
    protocol: Protocol = Protocol()
    settings: Settings = Settings()

    @property
    def run_seeds(self) -> range:
        """The seed of each run of a method."""
        return range(self.protocol.seed, self.protocol.seed + self.protocol.seeds)

    @property
    def is_tuned(self) -> bool:
        """Whether anything is chosen on validation rows, under each seed, before test rows are looked at."""
        return bool(self.protocol.tune) or self.has_tuned_methods

    @property
    def has_tuned_methods(self) -> bool:
        """Whether the strength of any method is chosen."""
        return not all(isinstance(each, Method) for each in self.methods)

    def seed_of(self, source: str, seed: int) -> int:
        """The seed that this source of variation uses in the run ``seed``: its own, or the first."""
        return seed if source in self.protocol.vary else self.protocol.seed

    def fold_of(self, seed: int) -> Fold | None:
        """The fold that the run ``seed`` tests, if there are folds: seeds walk through them in turn."""
        folds = self.protocol.folds
        if folds is None:
            return None
        place = (seed - self.protocol.seed) % folds
        return Fold(place, folds, seed - place)

    def of(self, name: str) -> Any:
        """The value of an option, by its name."""
        return getattr(getattr(self, SECTION_OF[name]) if name in SECTION_OF else self, name)

    def with_values(self, **values: Any) -> Plan:
        """This plan with other values of options, by their names."""
        plan = self
        for name, value in values.items():
            where = SECTION_OF.get(name)
            changed = {name: value}
            if where is not None:
                changed = {where: replace(getattr(plan, where), **changed)}
            plan = replace(plan, **changed)
        return plan

    def as_dict(self) -> dict[str, Any]:
        """Plain values, from which ``make_plan`` makes this plan again."""
        return {name: _plain(self.of(name)) for name in OPTIONS}


SECTIONS = {
    "protocol": Protocol,
    "settings": Settings,
    "reading": Reading,
    "columns": Columns,
}
"""The parts of a plan that declare its options, beside the plan itself."""

SECTION_OF = {name: where for where, section in SECTIONS.items() for name in options_of(section)}
"""Which part of a plan an option is in."""


def _declared() -> dict[str, Option]:
    """All options: first those of the first reports, in whose order every report lists them."""
    found = dict(options_of(Plan))
    for section in SECTIONS.values():
        found |= options_of(section)
    first = [name for name in FIRST if name in found]
    return {name: found[name] for name in dict.fromkeys([*first, *found])}


FIRST = (
    *("dataset", "methods", "baseline", "seeds", "seed", "vary"),
    *("test_size", "train_size", "validation_size", "arch", "hidden", "activation", "init"),
    *("optimizer", "lr", "schedule", "batch_size", "epochs", "dtype", "metric"),
    *("class_weight", "label_noise", "noise_features", "plugins", "max_dropped", "max_dead"),
)
"""The order of the options in reports of regcmp 0.1; those that came later follow."""

OPTIONS: Mapping[str, Option] = _declared()
"""Every option of a plan, by its name, in the order of reports."""


def make_plan(
    dataset: str,
    methods: Iterable[str] | str | None = None,
    *,
    baseline: str = NONE,
    plugins: Iterable[str | Path | Mapping[str, str]] | str | Path = (),
    **given: Any,
) -> Plan:
    """Check the options of a comparison and make its plan.

    Raises UsageError, naming the option, at the first that is invalid.
    """
    if not isinstance(dataset, str):
        raise UsageError(
            f"--dataset: expected a name or a file, got a value of type"
            f" {type(dataset).__name__!r}; save rows to a file first, such as .npz or .csv",
            "dataset",
        )
    for name in given:
        if name not in SECTION_OF:
            raise unknown("option", name, [*OPTIONS, *EXECUTION], listed="regcmp guide options")
    loaded = load_plugins([plugins] if isinstance(plugins, str | Path) else plugins)
    values = {name: parse(OPTIONS[name], each) for name, each in given.items()}
    plan = Plan(dataset=dataset, plugins=loaded).with_values(**values)
    most = plan.settings.max_dropped
    parsed = parse_methods(texts("methods", methods) or DEFAULT_METHODS, most)
    chosen = _one_method(baseline, most)
    plan = replace(plan, methods=tuple(dict.fromkeys([chosen, *parsed])), baseline=chosen)
    return _completed(_checked(plan))


def _checked(plan: Plan) -> Plan:
    """Raise UsageError for options that can't stand together."""
    protocol, settings = plan.protocol, plan.settings
    last = protocol.seed + protocol.seeds - 1
    if last > MAX_SEED:
        parse(replace(OPTIONS["seeds"], high=MAX_SEED + 1 - protocol.seed), protocol.seeds)
    if plan.reading.test in TESTS:
        raise UsageError(
            f"--test: expected a file of test rows, got {plan.reading.test!r}; the test of differences"
            f" is chosen by --significance-test {plan.reading.test}",
            "test",
        )
    if plan.columns.classes_as_text and plan.columns.task == "regression":
        raise UsageError(
            "--classes-as-text and --task regression exclude each other; leave one out",
            "classes_as_text", "task",
        )  # fmt: skip
    if plan.columns.image is not None and protocol.noise_features:
        raise UsageError(
            "--noise-features cannot be combined with --image; leave one of them out",
            "noise_features", "image",
        )  # fmt: skip
    if settings.arch != MLP and settings.hidden not in (Settings.hidden, ()):
        raise UsageError(
            f"--hidden: the layers of {settings.arch!r} are those that --arch says; leave one of the"
            " two out",
            "hidden", "arch",
        )  # fmt: skip
    if plan.columns.groups is not None and plan.columns.order is not None:
        raise UsageError(
            "--groups and --order exclude each other: rows of one group may come before and after others;"
            " leave one of the two out",
            "groups", "order",
        )  # fmt: skip
    _check_folds(plan)
    _check_tuning(plan)
    if not needs_image(settings.arch):
        widths = settings.hidden if settings.arch == MLP else ()
        layers = layers_of(settings.arch, widths, (1,), 2, settings.activation)
        check_fit(plan.methods, layers)
    return plan


def _fold_size(plan: Plan) -> float:
    """The share of the rows in a fold; by an order, as many as in a fold come before the first one."""
    assert plan.protocol.folds is not None
    return 1 / (plan.protocol.folds + (plan.columns.order is not None))


def _check_folds(plan: Plan) -> None:
    """Raise UsageError where seeds can't walk through all folds."""
    protocol = plan.protocol
    folds, seeds = protocol.folds, protocol.seeds
    if folds is None:
        return
    if protocol.test_size not in (Protocol.test_size, _fold_size(plan)):
        raise UsageError(
            "--folds and --test-size exclude each other: each fold is tested; leave one of them out",
            "folds", "test_size",
        )  # fmt: skip
    if "split" not in protocol.vary:
        raise UsageError(
            "--folds: each seed has another fold, so that splits vary, and --vary leaves 'split' out;"
            " leave one of the two options out",
            "folds", "vary",
        )  # fmt: skip
    if seeds % folds:
        ways = [
            f"--seeds {each}"
            for each in (seeds // folds * folds, -(-seeds // folds) * folds)
            if each
        ]
        raise UsageError(
            f"--folds: {seeds} seeds do not walk through {folds} folds evenly, so that some rows would be"
            f" tested more often than others; add {' or '.join(ways)}",
            "folds", "seeds",
        )  # fmt: skip


def _check_tuning(plan: Plan) -> None:
    """Raise UsageError for options of tuning that nothing is tuned by, or that are set elsewhere."""
    protocol, settings = plan.protocol, plan.settings
    if protocol.trials is not None and not plan.has_tuned_methods:
        raise UsageError(
            f"--trials: no method is tuned; write one such as {TUNE}l2, or leave the option out",
            "trials",
        )
    for name in () if plan.is_tuned else ("select_by", "refit"):
        if plan.of(name) != OPTIONS[name].default:
            flag = "--no-refit" if name == "refit" else OPTIONS[name].flag
            raise UsageError(
                f"{flag}: nothing is tuned; write a method such as {TUNE}l2, or leave the option out",
                name,
            )
    # A saved plan has the optimizer's own rate in the place of none.
    own = {"lr": replace(settings, lr=None).rate}
    for each in protocol.tune:
        if each.name == "hidden" and settings.arch != MLP:
            raise UsageError(
                f"--tune hidden: the layers of {settings.arch!r} are those that --arch says; leave one of"
                " the two out",
                "tune", "arch",
            )  # fmt: skip
        if getattr(settings, each.name) not in (getattr(Settings, each.name), own.get(each.name)):
            flag = OPTIONS[each.name].flag
            raise UsageError(
                f"--tune {each}: {flag} sets one value, and --tune tries several; leave one of the two out",
                "tune", each.name,
            )  # fmt: skip


def _completed(plan: Plan) -> Plan:
    """The plan with what an option's default leaves to the other options."""
    values: dict[str, Any] = {}
    if plan.settings.lr is None:
        values["lr"] = plan.settings.rate
    if plan.settings.arch != MLP:
        values["hidden"] = ()
    if plan.protocol.folds is not None:
        values["test_size"] = _fold_size(plan)
    if plan.protocol.validation_size is None and (plan.is_tuned or selects(plan.methods)):
        values["validation_size"] = VALIDATION_SIZE
    if plan.is_tuned:
        values["trials"] = trials_of(plan.methods, plan.protocol.trials)
    return plan.with_values(**values)


def _one_method(text: str, max_dropped: float) -> AnyMethod:
    try:
        methods = parse_any(text if isinstance(text, str) else repr(text), max_dropped)
    except UsageError as error:
        raise type(error)(f"--baseline: {error}", "baseline") from None
    if len(methods) > 1:
        raise UsageError(
            f"--baseline: expected one method, got {len(methods)} in {text!r}", "baseline"
        )
    return methods[0]


def _plain(value: Any) -> Any:
    """A value as JSON has it: methods are their names."""
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, Plugin):
        return asdict(value)
    return str(value) if isinstance(value, AnyMethod | Nuisance) else value


def before_options() -> dict[str, Any]:
    """What held in reports that lack an option, for each that a report may lack."""
    held = {name: each.held_before for name, each in OPTIONS.items()}
    return {name: _plain(value) for name, value in held.items() if value is not ...}

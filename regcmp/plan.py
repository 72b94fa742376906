"""The plan: every word of a comparison, checked before any work is done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from math import isfinite
from operator import index
from pathlib import Path
from typing import Any

from regcmp.data.columns import TASKS, Columns, image_text, parse_image, split_names
from regcmp.data.table import Reading
from regcmp.engine.architecture import MLP, ArchitectureError, check_words, layers_of, needs_image
from regcmp.engine.initializers import INITIALIZERS
from regcmp.engine.layers import ACTIVATIONS, Layer
from regcmp.engine.optimizers import OPTIMIZERS, Adam
from regcmp.engine.regularizers import REGISTRY
from regcmp.engine.schedules import SCHEDULES
from regcmp.engine.stack import Settings
from regcmp.errors import UsageError, unknown
from regcmp.hints import with_point
from regcmp.method import NONE, Method, parse_methods, parse_word, plain_text
from regcmp.plugins import Plugin, load_plugins

DEFAULT_METHODS = ("none", "l1", "l2", "dropout")
AUTO = "auto"
METRICS = (AUTO, "accuracy", "balanced_accuracy", "log_loss", "r2", "rmse")
CLASS_WEIGHTS = ("none", "balanced")
SOURCES = ("split", "init", "order")
DTYPES = ("float32", "float64")
MAX_SEED = 2**63 - 1
MAX_ROWS = 10**12
MAX_EPOCHS = 10**9
VALIDATION_SIZE = 0.2
"""The share of the training rows that a method selects by, unless told otherwise."""

CHOICES = {
    "activation": tuple(ACTIVATIONS),
    "init": tuple(INITIALIZERS),
    "optimizer": tuple(OPTIMIZERS),
    "schedule": tuple(SCHEDULES),
    "dtype": DTYPES,
    "metric": METRICS,
    "class_weight": CLASS_WEIGHTS,
    "task": TASKS,
}
"""The words that an option can take."""


@dataclass(frozen=True)
class Plan:
    """All that decides a comparison's numbers. The defaults were chosen by benchmarks/defaults.py.

    ``test_size`` and ``train_size`` are a share of the rows (a float below 1) or a count (an int);
    without ``train_size``, all rows that are not test rows are trained on. ``validation_size`` is
    that of the rows that every method leaves out of its training rows; None for none.
    """

    dataset: str
    methods: tuple[Method, ...]
    baseline: Method = field(default_factory=Method)
    seeds: int = 10
    seed: int = 0
    vary: tuple[str, ...] = SOURCES
    test_size: float = 0.2
    train_size: float | None = None
    validation_size: float | None = None
    arch: str = MLP
    """The layers of the network; 'mlp' stands for the widths in ``hidden``, 'cnn' is decided by the
    size of the dataset's images, once they are known."""
    hidden: tuple[int, ...] = (64, 64)
    """The widths of the hidden layers of 'mlp'; of another network, none."""
    activation: str = "relu"
    init: str = "he"
    optimizer: str = "adam"
    lr: float = Adam.default_rate
    schedule: str = "constant"
    batch_size: int = 64
    epochs: int = 80
    dtype: str = "float32"
    metric: str = AUTO
    """'auto' is decided by the task, once the dataset is known."""
    class_weight: str = "none"
    label_noise: float = 0.0
    noise_features: int = 0
    plugins: tuple[Plugin, ...] = ()
    max_dropped: float = Settings.max_dropped
    max_dead: float = Settings.max_dead
    sep: str | None = None
    decimal: str = Reading.decimal
    encoding: str = Reading.encoding
    header: bool | None = None
    na: tuple[str, ...] | None = None
    sample: int | None = None
    test: str | None = None
    target: str | None = None
    drop: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    use: tuple[str, ...] = ()
    task: str = Columns.task
    image: str | None = None

    @property
    def columns(self) -> Columns:
        """What was said of the dataset's columns."""
        return Columns(**{each.name: getattr(self, each.name) for each in fields(Columns)})

    @property
    def reading(self) -> Reading:
        """How the dataset's file is read."""
        return Reading(**{each.name: getattr(self, each.name) for each in fields(Reading)})

    @property
    def settings(self) -> Settings:
        """What the engine is told of the network and its training."""
        names = [each.name for each in fields(Settings)]
        return Settings(**{name: getattr(self, name) for name in names})

    @property
    def run_seeds(self) -> range:
        """The seed of each run of a method."""
        return range(self.seed, self.seed + self.seeds)

    def seed_of(self, source: str, seed: int) -> int:
        """The seed that this source of variation uses in the run ``seed``: its own, or the first."""
        return seed if source in self.vary else self.seed

    def as_dict(self) -> dict[str, Any]:
        """Plain values, from which ``make_plan`` makes this plan again."""
        words = asdict(self) | {
            "methods": [str(method) for method in self.methods],
            "baseline": str(self.baseline),
            "vary": list(self.vary),
            "hidden": list(self.hidden),
            "plugins": [asdict(plugin) for plugin in self.plugins],
            "na": None if self.na is None else list(self.na),
            "drop": list(self.drop),
            "text": list(self.text),
            "use": list(self.use),
        }
        return words


def make_plan(
    dataset: str,
    methods: Iterable[str] | str | None = None,
    *,
    baseline: str = NONE,
    arch: str = Plan.arch,
    hidden: Sequence[int] | int | str = Plan.hidden,
    vary: Sequence[str] | str = Plan.vary,
    test_size: float | str = Plan.test_size,
    train_size: float | str | None = None,
    validation_size: float | str | None = None,
    lr: float | None = None,
    plugins: Iterable[str | Path | Mapping[str, str]] | str | Path = (),
    na: Iterable[str] | str | None = None,
    sample: int | str | None = None,
    target: str | int | None = None,
    drop: Iterable[str] | str = (),
    text: Iterable[str] | str = (),
    use: Iterable[str] | str = (),
    image: str | Sequence[int] | None = None,
    **words: Any,
) -> Plan:
    """Check the words of a comparison and make its plan; without ``lr``, the optimizer's own default.

    Raises UsageError, naming the word, at the first that can't be meant.
    """
    if not isinstance(dataset, str):
        raise UsageError(
            f"--dataset: expected a name or a file, got a value of type"
            f" {type(dataset).__name__!r}; save rows to a file first, such as .npz or .csv"
        )
    for name in words:
        if name not in Plan.__dataclass_fields__:
            raise unknown("option", name, [*Plan.__dataclass_fields__, "jobs", "max_memory"])
    loaded = load_plugins([plugins] if isinstance(plugins, str | Path) else plugins)
    for name, of in (
        ("max_dropped", "a layer"),
        ("max_dead", "a layer"),
        ("label_noise", "the training labels"),
    ):
        words[name] = _share(name, words.get(name, getattr(Plan, name)), of)
    most = words["max_dropped"]
    parsed = parse_methods(_texts("methods", methods) or DEFAULT_METHODS, most)
    chosen = _one_method(baseline, most)
    if chosen not in parsed:
        parsed = (chosen, *parsed)
    for name, known in CHOICES.items():
        if name in words and words[name] not in known:
            raise unknown(name.replace("_", " "), str(words[name]), known)
    optimizer = OPTIMIZERS[words.get("optimizer", Plan.optimizer)]
    for name, lowest, highest in (
        ("seeds", 1, 100_000),
        ("seed", 0, MAX_SEED),
        ("batch_size", 1, None),
        ("epochs", 1, None),
        ("noise_features", 0, 100_000),
    ):
        words[name] = whole(name, words.get(name, getattr(Plan, name)), lowest, highest)
    words["seeds"] = whole("seeds", words["seeds"], 1, min(100_000, MAX_SEED + 1 - words["seed"]))
    for name, highest in (("batch_size", MAX_ROWS), ("epochs", MAX_EPOCHS)):
        words[name] = whole(name, words[name], 1, highest)
    if image is not None and words["noise_features"]:
        raise UsageError("--noise-features: noise is no pixel of --image; leave one of them out")
    arch, widths = _network(arch, hidden)
    if not needs_image(arch):
        check_fit(
            parsed, layers_of(arch, widths, (1,), 2, words.get("activation", Plan.activation))
        )
    return Plan(
        dataset=dataset,
        methods=tuple(sorted(parsed, key=lambda m: (m != chosen, Method.key(m)))),
        baseline=chosen,
        arch=arch,
        hidden=widths,
        vary=_sources(vary),
        test_size=_size("test_size", test_size),
        train_size=None if train_size is None else _size("train_size", train_size),
        validation_size=_validation_size(validation_size, parsed),
        lr=_rate(optimizer.default_rate if lr is None else lr),
        plugins=loaded,
        na=None if na is None else _markers(na),
        sample=None if sample is None else whole("sample", sample, 1),
        target=None if target is None else str(target),
        drop=_columns("--drop", drop),
        text=_columns("--text", text),
        use=_columns("--use", use),
        image=None if image is None else _image(image),
        **words,
    )


def flag(name: str) -> str:
    """How a word is written on the command line, which is how messages name it."""
    return "--" + name.replace("_", "-")


def _texts(
    name: str, value: Iterable[str] | str | None, like: str = "words such as 'l2=1e-4'"
) -> list[str]:
    """Words from one text or from several. Raises UsageError for anything else."""
    texts: list[Any]
    if isinstance(value, str):
        texts = value.split()
    else:
        texts = list(value) if isinstance(value, Iterable) else [] if value is None else [value]
    for text in texts:
        if not isinstance(text, str):
            raise UsageError(f"{name}: expected {like}, got {text!r}")
    return texts


def _markers(value: Iterable[str] | str) -> tuple[str, ...]:
    """What stands for a missing cell, from 'NA,?' or a list."""
    if not isinstance(value, Iterable):
        raise UsageError(
            f"--na: expected what stands for a missing cell, as in NA,?; got {value!r}"
        )
    given = value.split(",") if isinstance(value, str) else [str(each) for each in value]
    return tuple(each for each in given if each)


def _columns(name: str, value: Iterable[str] | str) -> tuple[str, ...]:
    """Columns from names, or from texts that join several by commas."""
    texts = [value] if isinstance(value, str) else _texts(name, value, "names of columns")
    return tuple(part for text in texts for part in split_names(text))


def _image(value: str | Sequence[int]) -> str:
    """A size such as '28x28', from itself or from its numbers."""
    sizes = [value] if isinstance(value, str) or not isinstance(value, Iterable) else value
    return image_text(parse_image("x".join(map(str, sizes))))


def _one_method(text: str, max_dropped: float) -> Method:
    try:
        methods = parse_word(text if isinstance(text, str) else repr(text), max_dropped)
    except UsageError as error:
        raise UsageError(f"--baseline: {error}") from None
    if len(methods) > 1:
        raise UsageError(f"--baseline: expected one method, got {len(methods)} in {text!r}")
    return methods[0]


def whole(name: str, value: Any, lowest: int, highest: int | None = None) -> int:
    """A whole number in this range, from text or any kind of integer. Raises UsageError."""
    try:
        number = index(value) if not isinstance(value, str) else int(plain_text(value))
    except (TypeError, ValueError):
        number = lowest - 1
    if number < lowest or (highest is not None and number > highest):
        span = f"of at least {lowest}" if highest is None else f"from {lowest} to {highest}"
        raise UsageError(f"{flag(name)}: expected a whole number {span}, got {str(value)!r}")
    return number


def check_fit(methods: Iterable[Method], layers: Sequence[Layer]) -> None:
    """Raise UsageError for a method that can't act in this network, whatever its data."""
    for method in methods:
        if reason := method.misfit(layers):
            raise UsageError(f"method {str(method)!r}: {reason}")


def _network(arch: Any, hidden: Sequence[int] | int | str) -> tuple[str, tuple[int, ...]]:
    """The words of the layers and the widths, one of which says what the network is."""
    if not isinstance(arch, str):
        raise UsageError(f"--arch: expected layers, such as 'conv16x3-pool2-64'; got {arch!r}")
    try:
        check_words(arch)
    except ArchitectureError as error:
        raise UsageError(f"--arch: {error}") from None
    widths = _widths(hidden)
    if arch == MLP:
        return arch, widths
    if widths not in (Plan.hidden, ()):
        raise UsageError(
            f"--hidden: the layers of {arch!r} are those that --arch says; leave one of the two out"
        )
    return arch, ()


def _widths(value: Sequence[int] | int | str) -> tuple[int, ...]:
    if isinstance(value, str):
        items: Sequence[Any] = value.split(",")
    else:
        items = list(value) if isinstance(value, Iterable) else [value]
    try:
        return tuple(whole("hidden", item, 1, 100_000) for item in items)
    except UsageError:
        given = value if isinstance(value, str) else ",".join(map(str, items))
        raise UsageError(
            "--hidden: expected the widths of the hidden layers, from 1 to 100000 and separated by"
            f" commas, as in 128,64; got {given!r}"
        ) from None


def _sources(value: Sequence[str] | str) -> tuple[str, ...]:
    wanted = f"words such as {SOURCES[0]!r}"
    given = value.split(",") if isinstance(value, str) else _texts("--vary", value, wanted)
    given = [each.strip() for each in given]
    for each in given:
        if each not in SOURCES:
            raise unknown("source of variation", each, SOURCES, of=" in --vary")
    if not given:
        raise UsageError(f"--vary: expected at least one of {', '.join(SOURCES)}")
    return tuple(source for source in SOURCES if source in given)


def _size(name: str, value: float | str) -> float:
    """A share in (0, 1) stays a float, a count of rows becomes an int."""
    try:
        number = float(plain_text(value))
    except (TypeError, ValueError):
        number = -1.0
    if 0 < number < 1:
        return number
    if 1 <= number <= MAX_ROWS and number.is_integer():
        return int(number)
    raise UsageError(
        f"{flag(name)}: expected a share of the rows between 0 and 1, or a count of rows,"
        f" got {str(value)!r}{with_point(value)}"
    )


def _validation_size(value: float | str | None, methods: Iterable[Method]) -> float | None:
    """As given; else a share where a method selects by validation rows, and none where none does."""
    if value is not None:
        return _size("validation_size", value)
    names = {part.name for method in methods for part in method.parts}
    return VALIDATION_SIZE if any(REGISTRY[name].selects for name in names) else None


def _share(name: str, value: Any, of: str) -> float:
    try:
        number = float(plain_text(value))
    except (TypeError, ValueError):
        number = -1.0
    if 0 <= number <= 1:
        return number
    raise UsageError(
        f"{flag(name)}: expected a share of {of}, from 0 to 1, got {str(value)!r}{with_point(value)}"
    )


def _rate(value: Any) -> float:
    try:
        number = float(plain_text(value))
    except (TypeError, ValueError):
        number = -1.0
    if number > 0 and isfinite(number):
        return number
    raise UsageError(
        f"--lr: expected a learning rate above 0, got {str(value)!r}{with_point(value)}"
    )

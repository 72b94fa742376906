"""The parameters of an estimator: checked when it is fitted, with the messages of the options."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from regcmp.engine.architecture import MLP, ArchitectureError, layers_of, needs_image, words_of
from regcmp.engine.regularizers import REGISTRY
from regcmp.engine.settings import Settings
from regcmp.errors import UsageError
from regcmp.hints import brief
from regcmp.option import Option
from regcmp.plan import OPTIONS
from regcmp.plan.grammar import TUNE, Method, parse_word
from regcmp.plan.kinds import items, parse
from regcmp.plan.tuning import check_fit

SETTINGS = {
    "arch": "arch",
    "hidden": "hidden_layer_sizes",
    "activation": "activation",
    "init": "init",
    "optimizer": "solver",
    "lr": "learning_rate_init",
    "schedule": "learning_rate",
    "batch_size": "batch_size",
    "epochs": "max_iter",
}
"""The settings of the engine, by what scikit-learn calls them where it has them."""

SAME = {"logistic": "sigmoid"}
"""What scikit-learn calls otherwise."""

VALIDATION_FRACTION = 0.1
"""What is set aside where something needs validation rows and nobody says how many: scikit-learn's."""


class Parameter(Option):
    """An option that is an argument: messages name it as such."""

    @property
    def flag(self) -> str:
        """Its name."""
        return self.name


def parameter(name: str, option: Option, **changed: Any) -> Parameter:
    """An option of a plan under the name that it has here."""
    return Parameter(**{**vars(option), "name": name, **changed})


@dataclass(frozen=True)
class Parameters:
    """What an estimator was asked for, checked."""

    settings: Settings
    method: Method
    image: tuple[int, int, int] | None
    validation_fraction: float | None
    """None where no rows are set aside."""


def parameters_of(
    given: dict[str, Any], task: str, n_features: int, n_outputs: int, dtype: np.dtype[Any]
) -> Parameters:
    """Check what was given, for rows of so many features. Raises UsageError, naming the parameter."""
    given = given | {"activation": SAME.get(given["activation"], given["activation"])}
    values = {
        key: parse(parameter(name, OPTIONS[key]), given[name]) for key, name in SETTINGS.items()
    }
    for name in ("shuffle", "warm_start", "early_stopping"):
        if not isinstance(given[name], bool | np.bool_):
            raise UsageError(f"{name}: expected True or False, got {brief(given[name])}", name)
    patience = Option("n_iter_no_change", 10, "whole", "", low=1)
    parse(parameter("n_iter_no_change", patience), given["n_iter_no_change"])
    settings = Settings(**values, dtype=dtype.name, max_dropped=1.0, max_dead=1.0)
    image = _image(given["image_shape"], settings.arch, n_features)
    method = _method(given, task)
    settings = _with_layers(settings, method, image, n_features, n_outputs)
    selects = any(REGISTRY[part.name].selects for part in method.parts)
    return Parameters(settings, method, image, _fraction(given["validation_fraction"], selects))


def _image(given: Any, arch: str, n_features: int) -> tuple[int, int, int] | None:
    if given is None:
        if needs_image(arch):
            raise UsageError(
                f"arch: {arch!r} needs images; say what the columns of X are, as in"
                " image_shape=(28, 28), or leave arch out",
                "arch",
            )
        return None
    sizes = items(given)
    whole = all(isinstance(each, int | np.integer) and each > 0 for each in sizes)
    if not whole or len(sizes) not in (2, 3):
        raise UsageError(
            f"image_shape: expected (height, width) or (height, width, channels), got {given!r}",
            "image_shape",
        )
    image = int(sizes[0]), int(sizes[1]), int(sizes[2]) if len(sizes) == 3 else 1
    if prod(image) != n_features:
        raise UsageError(
            f"image_shape: {given!r} are {prod(image)} pixels, and X has {n_features} columns; give"
            " each image as one row, channels last",
            "image_shape",
        )
    return image


def _method(given: dict[str, Any], task: str) -> Method:
    """The regularization, with early stopping where that is asked for."""
    text = given["regularization"]
    if not isinstance(text, str):
        raise UsageError(
            f"regularization: expected a text such as 'l2=1e-3+dropout=0.5', got {text!r}",
            "regularization",
        )
    if text.strip().startswith(TUNE):
        raise UsageError(
            f"regularization: {text!r} is to be tuned, and an estimator has one strength; name it, as in"
            " 'l2=0.01', or search over several with GridSearchCV",
            "regularization",
        )
    try:
        methods = parse_word(text, 1.0)
        if given["early_stopping"] and "earlystop" not in [p.name for p in methods[0].parts]:
            stop = f"earlystop={given['n_iter_no_change']}"
            methods = parse_word(f"{text}+{stop}" if methods[0].parts else stop, 1.0)
    except UsageError as error:
        raise type(error)(f"regularization: {error}", "regularization") from None
    if len(methods) > 1:
        raise UsageError(
            f"regularization: expected one method, got {len(methods)} in {text!r}; search over several"
            " with GridSearchCV",
            "regularization",
        )
    for part in methods[0].parts:
        if task not in REGISTRY[part.name].tasks:
            raise UsageError(
                f"regularization: {part.name!r} is defined for"
                f" {' and '.join(REGISTRY[part.name].tasks)} only, and this is a {task}; leave it out",
                "regularization",
            )
    return methods[0]


def _with_layers(
    settings: Settings,
    method: Method,
    image: tuple[int, int, int] | None,
    n_features: int,
    n_outputs: int,
) -> Settings:
    """The settings with the words for the layers that are trained. Raises UsageError for a misfit."""
    shape = image or (n_features,)
    if settings.arch != MLP:
        arch = words_of(settings.arch, settings.hidden, image)
        settings = Settings(**{**vars(settings), "arch": arch, "hidden": ()})
    try:
        layers = layers_of(settings.arch, settings.hidden, shape, n_outputs, settings.activation)
    except ArchitectureError as error:
        raise UsageError(f"arch: {error}", "arch") from None
    check_fit([method], layers)
    return settings


def _fraction(given: Any, selects: bool) -> float | None:
    if given is None:
        return VALIDATION_FRACTION if selects else None
    try:
        fraction = float(given)
    except (TypeError, ValueError):
        fraction = np.nan
    if not 0 < fraction < 1:
        raise UsageError(
            f"validation_fraction: expected a share of the rows between 0 and 1, got {given!r}",
            "validation_fraction",
        )
    return fraction

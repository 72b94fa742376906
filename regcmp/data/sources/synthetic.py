"""Synthetic datasets with parameters: ``moons:n=500:noise=0.3``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from regcmp.data.from_arrays import from_arrays
from regcmp.data.table import Table
from regcmp.errors import UsageError, unknown


@dataclass(frozen=True)
class Parameter:
    """A number of a dataset: its default, what it may be, and what it means."""

    default: float
    low: float
    high: float
    meaning: str

    @property
    def whole(self) -> bool:
        """Whether it is a count."""
        return isinstance(self.default, int)


@dataclass(frozen=True)
class Synthetic:
    """What a synthetic dataset is, and the numbers that it takes besides n and seed."""

    about: str
    n: int
    own: dict[str, Parameter]

    @property
    def parameters(self) -> dict[str, Parameter]:
        """All of its numbers."""
        return {
            "n": Parameter(self.n, 4, 10_000_000, "rows"),
            **self.own,
            "seed": Parameter(0, 0, 2**32 - 1, "seed of its draw"),
        }


def _noise(default: float) -> Parameter:
    return Parameter(default, 0.0, 1000.0, "standard deviation of the noise")


SYNTHETIC = {
    "moons": Synthetic("two half circles that reach into each other", 400, {"noise": _noise(0.3)}),
    "circles": Synthetic(
        "a circle inside another",
        400,
        {"noise": _noise(0.1), "factor": Parameter(0.5, 0.0, 0.99, "radius of the inner one")},
    ),
    "blobs": Synthetic(
        "a normal distribution per class",
        400,
        {
            "classes": Parameter(3, 2, 1000, "classes"),
            "features": Parameter(2, 1, 100_000, "features"),
            "spread": Parameter(2.0, 0.0, 1000.0, "standard deviation in a class"),
        },
    ),
    "spirals": Synthetic(
        "arms that wind around each other",
        400,
        {
            "classes": Parameter(2, 2, 20, "arms"),
            "turns": Parameter(1.5, 0.1, 10.0, "turns of an arm"),
            "noise": _noise(0.1),
        },
    ),
    "classification": Synthetic(
        "clusters on the corners of a cube, with features of no use",
        500,
        {
            "features": Parameter(20, 1, 100_000, "features"),
            "informative": Parameter(5, 1, 1000, "features that matter"),
            "classes": Parameter(2, 2, 1000, "classes"),
            "separation": Parameter(1.0, 0.0, 1000.0, "half the side of the cube"),
            "flip": Parameter(0.01, 0.0, 1.0, "share of labels that are drawn at random"),
        },
    ),
}
"""Synthetic datasets by name."""


def is_synthetic(spec: str) -> bool:
    """Whether a spec names one of these, or can only be meant to."""
    name, colon, rest = spec.partition(":")
    return name in SYNTHETIC or (bool(colon) and "=" in rest and "/" not in spec)


def parse_synthetic(spec: str) -> tuple[str, dict[str, float]]:
    """Name and numbers, defaults included. Raises UsageError, naming what is invalid."""
    name, *words = spec.split(":")
    if name not in SYNTHETIC:
        raise unknown("dataset", name, SYNTHETIC, of=f" in {spec!r}", option="dataset")
    parameters = SYNTHETIC[name].parameters
    given: dict[str, float] = {}
    for word in words:
        key, equals, text = word.partition("=")
        if not equals:
            raise UsageError(
                f"--dataset: expected NAME=NUMBER after each ':' in {spec!r}, got {word!r}",
                "dataset",
            )
        if key not in parameters:
            raise unknown("parameter", key, parameters, of=f" of {name!r}", option="dataset")
        if key in given:
            raise UsageError(f"--dataset: {key!r} stands twice in {spec!r}", "dataset")
        given[key] = _number(name, key, text, parameters[key])
    numbers = {key: each.default for key, each in parameters.items()} | given
    _check_together(spec, numbers)
    return name, numbers


def _number(name: str, key: str, text: str, parameter: Parameter) -> float:
    try:
        number: float = int(text) if parameter.whole else float(text)
        fits = parameter.low <= number <= parameter.high
    except ValueError:
        fits = False
    if fits:
        return number
    kind = "a whole number" if parameter.whole else "a number"
    raise UsageError(
        f"--dataset: {name}:{key}: expected {kind} from {parameter.low:.10g} to"
        f" {parameter.high:.10g}, got {text!r}",
        "dataset",
    )


def _check_together(spec: str, numbers: dict[str, float]) -> None:
    if numbers["n"] < 2 * numbers.get("classes", 2):
        raise UsageError(
            f"--dataset: {spec!r}: {numbers['n']} rows are less than two for each of"
            f" {numbers['classes']} classes; make n larger",
            "dataset",
        )
    if numbers["n"] * numbers.get("features", 2) > 10**9:
        raise UsageError(
            f"--dataset: {spec!r} has more than 1e9 cells; make n or features smaller", "dataset"
        )
    informative = numbers.get("informative")
    if informative is not None and informative > numbers["features"]:
        raise UsageError(
            f"--dataset: {spec!r}: {informative} informative features are more than all"
            f" {numbers['features']}",
            "dataset",
        )
    if informative is not None and numbers["classes"] > 2**informative:
        raise UsageError(
            f"--dataset: {spec!r}: a cube of {informative} dimensions has corners for"
            f" {2 ** int(informative)} classes, not for {numbers['classes']}; make informative larger",
            "dataset",
        )


def read_synthetic(spec: str) -> Table:
    """Draw a synthetic dataset; equal specs give equal rows."""
    name, numbers = parse_synthetic(spec)
    x, y = _draw(name, numbers)
    said = ":".join([name, *(f"{key}={value:.10g}" for key, value in numbers.items())])
    return from_arrays(spec, f"synthetic, {said}", x, y)


def _draw(name: str, numbers: dict[str, float]) -> Any:
    from sklearn import datasets

    n, seed = int(numbers["n"]), int(numbers["seed"])
    if name == "moons":
        return datasets.make_moons(n, noise=numbers["noise"], random_state=seed)
    if name == "circles":
        return datasets.make_circles(
            n, noise=numbers["noise"], factor=numbers["factor"], random_state=seed
        )
    classes = int(numbers["classes"])
    if name == "spirals":
        return _spirals(n, classes, numbers["turns"], numbers["noise"], seed)
    if name == "blobs":
        return datasets.make_blobs(
            n, int(numbers["features"]), centers=classes, cluster_std=numbers["spread"],
            random_state=seed,
        )[:2]  # fmt: skip
    return datasets.make_classification(
        n, int(numbers["features"]), n_informative=int(numbers["informative"]), n_redundant=0,
        n_classes=classes, n_clusters_per_class=1, class_sep=numbers["separation"],
        flip_y=numbers["flip"], random_state=seed,
    )  # fmt: skip


def _spirals(n: int, arms: int, turns: float, noise: float, seed: int) -> tuple[Any, Any]:
    """Arms of radius up to 1 that are turned by equal angles; their points lie evenly along the arm."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % arms
    radius = np.sqrt(rng.uniform(size=n))
    angle = 2 * np.pi * (turns * radius + y / arms)
    x = radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    return x + noise * rng.normal(size=x.shape), y

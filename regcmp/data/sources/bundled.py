"""The datasets that come with scikit-learn: no download, no file."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from regcmp.data.dataset import Dataset
from regcmp.data.from_arrays import from_arrays
from regcmp.data.table import Table
from regcmp.errors import unknown


@dataclass(frozen=True)
class Bundled:
    """What is known of a bundled dataset without loading it."""

    loader: str
    rows: int
    features: int
    classes: int
    """0 for a regression."""
    about: str


BUNDLED = {
    "digits": Bundled(
        "load_digits", 1797, 64, 10, "handwritten digits as images of 8x8 pixels (UCI, Alpaydin)"
    ),
    "iris": Bundled(
        "load_iris", 150, 4, 3, "sepal and petal sizes of three species of iris (Fisher 1936)"
    ),
    "wine": Bundled(
        "load_wine", 178, 13, 3, "chemical analysis of wines from three growers (UCI, Forina)"
    ),
    "breast_cancer": Bundled(
        "load_breast_cancer",
        569,
        30,
        2,
        "cell nuclei of benign and malignant tumours (UCI, Wolberg)",
    ),
    "diabetes": Bundled(
        "load_diabetes", 442, 10, 0, "progression of diabetes after one year (Efron et al. 2004)"
    ),
}
"""Bundled datasets by their name on the command line."""

IMAGES = {"digits": (8, 8, 1)}
"""Height, width and channels of those that are images."""


def check_dataset(name: str) -> None:
    """Raise UsageError if there is no such dataset, without loading anything."""
    if name not in BUNDLED:
        raise unknown("dataset", name, BUNDLED, option="dataset")


def load_bundled(name: str) -> Dataset:
    """Load a dataset by name. Raises UsageError for a name that isn't there."""
    check_dataset(name)
    from sklearn import datasets

    bunch = getattr(datasets, BUNDLED[name].loader)()
    regression = not BUNDLED[name].classes
    return Dataset(
        name=name,
        x=np.asarray(bunch.data, np.float64),
        y=np.asarray(bunch.target, np.float64 if regression else np.intp),
        classes=() if regression else tuple(str(each) for each in bunch.target_names),
        source=f"sklearn.datasets.{BUNDLED[name].loader}",
        task="regression" if regression else "classification",
        image=IMAGES.get(name),
    )


def read_bundled(name: str) -> Table:
    """A bundled dataset as a table, with its classes by name; digits are images of 8x8 pixels."""
    from sklearn import datasets

    bunch = getattr(datasets, BUNDLED[name].loader)()
    x, y = np.asarray(bunch.data, np.float64), np.asarray(bunch.target)
    if hasattr(bunch, "target_names"):
        y = np.asarray([str(each) for each in bunch.target_names])[y]
    table = from_arrays(name, f"sklearn.datasets.{BUNDLED[name].loader}", x, y)
    names = [*map(str, bunch.feature_names), str(table.target)]
    return replace(table, frame=table.frame.set_axis(names, axis=1), image=IMAGES.get(name))

"""How training ends: still improving, on a spike, or below what counts as trained at all."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import regcmp
from regcmp.analysis.endings import LEAST_FALL, LEAST_SHARE, endings
from regcmp.curves import ends_unsteady, late_fall

IMPROVING = "still improving"
UNSTEADY = "unsteady"


@pytest.fixture(scope="module")
def short() -> pd.DataFrame:
    """The summary of a comparison on digits that ends early, by method."""
    methods = "none l2 l1=0.1 dropout=0.5,0.9 dropout=0.5+earlystop=1"
    made = regcmp.compare("digits", methods, epochs=16, seeds=5, jobs=1)
    return made.summary.set_index("method")


def test_what_would_gain_from_more_epochs_says_so(short: pd.DataFrame) -> None:
    """Dropout after 16 epochs; not what has learned the training rows, and not what was stopped early."""
    marked = [method for method, note in short["note"].items() if IMPROVING in note]
    assert marked == ["dropout=0.5"]


def test_networks_that_learn_next_to_nothing_are_underfit(short: pd.DataFrame) -> None:
    """And no others; one that answers the same for every row has that as its status."""
    marked = short.index[short["note"].str.contains("underfit: ")]
    assert set(marked) == {"l1=0.1", "dropout=0.9"}
    assert short["status"]["l1=0.1"] == "constant" and short["status"]["dropout=0.9"] == "underfit"
    assert set(short["status"].drop(marked)) == {"ok"}


@pytest.mark.parametrize("dataset", ["iris", "wine", "breast_cancer"])
def test_nothing_is_said_of_how_the_defaults_end(dataset: str) -> None:
    """At 80 epochs, of the plain network and its penalties."""
    made = regcmp.compare(dataset, "none l1 l2", seeds=5, jobs=1)
    assert not made.summary["note"].str.contains(f"{IMPROVING}|{UNSTEADY}").any()


def test_a_high_constant_rate_ends_on_spikes_and_a_falling_one_does_not() -> None:
    """In the runs, and in a note that counts them; the spikes cost training score. The default falls."""
    words = {"train_size": 300, "lr": 0.03, "epochs": 24, "seeds": 10, "jobs": 1}
    constant = regcmp.compare("digits", "none", schedule="constant", **words)
    cosine = regcmp.compare("digits", "none", schedule="cosine", **words)
    unsteady = constant.runs["unsteady"]
    assert unsteady.sum() > 0 and cosine.runs["unsteady"].sum() == 0
    assert f"{unsteady.sum()} of 10 runs end unsteady" in constant.summary["note"][0]
    assert UNSTEADY not in cosine.summary["note"][0]
    assert regcmp.compare("digits", "none", **words).runs["unsteady"].sum() < unsteady.sum()
    loss = constant.runs["train_loss"]
    assert loss[unsteady == 1].min() > loss[unsteady == 0].median()


def test_the_late_fall_is_that_of_the_last_quarter() -> None:
    """By hand; between two records the logarithm is a straight line."""
    assert late_fall([0, 4, 8, 12, 16], [2.0, 1.0, 0.5, 0.4, 0.1]) == pytest.approx(0.3)
    assert late_fall([0, 5, 10], [2.0, 0.9, 0.4]) == pytest.approx(np.sqrt(0.9 * 0.4) - 0.4)
    assert late_fall([0, 4, 8, 12, 16], [2.0, 1.0, 0.5, 0.1, 0.4]) == pytest.approx(-0.3)
    assert late_fall([0, 5, 10], [2.0, 0.0, 0.0]) == pytest.approx(0.0)
    assert late_fall([0, 7], [2.0, 1.0]) is None
    assert late_fall([0], [2.0]) is None


@pytest.mark.parametrize(
    ("losses", "unsteady"),
    [
        ([2.3, 0.5, 0.01, 0.01, 0.01, 0.05], True),
        ([2.3, 0.5, 0.01, 0.04, 0.08, 0.05], True),
        ([2.3, 0.5, 0.01, 0.9, 0.01, 0.01], False),
        ([2.3, 0.01, 0.1, 0.1, 0.1, 0.11], False),
        ([2.3, 0.5, 0.001, 0.001, 0.001, 0.019], False),
        ([2.3, 0.5, 0.3, 0.3, 0.3, 0.5], False),
        ([0.01, 0.5], False),
        ([0.01], False),
    ],
    ids=[
        "spike", "spike that fades", "spike before", "rose long ago", "tiny", "less than twice",
        "one record", "untrained",
    ],
)  # fmt: skip
def test_a_spike_stands_far_above_what_was_just_reached(
    losses: list[float], unsteady: bool
) -> None:
    """Twice the lowest of three records, and by an amount that matters."""
    assert ends_unsteady(losses) == unsteady


def ended(falls: list[float | None], left: float = 0.01, unsteady: int = 0) -> pd.DataFrame:
    """Runs whose loss fell this far late in training to what is left; None is one that was stopped."""
    return pd.DataFrame(
        {
            "late_fall": pd.Series(falls, dtype="float64"),
            "train_loss": [None if each is None else left for each in falls],
            "unsteady": pd.array(
                [None if fall is None else int(i < unsteady) for i, fall in enumerate(falls)],
                "Int64",
            ),
        }
    )


def test_a_fall_is_noted_where_it_is_large_and_no_noise() -> None:
    """From five runs; a tenth above and below each bound."""
    around = [0.9, 1.0, 1.1, 1.0, 1.0]

    def said(mean: float, left: float = 0.01, factors: list[float] = around) -> bool:
        return bool(endings(ended([mean * each for each in factors], left), 0.25))

    assert said(LEAST_FALL * 1.1) and not said(LEAST_FALL * 0.9)
    assert said(0.11, left=0.1 / LEAST_SHARE - 0.1) and not said(0.09, left=0.1 / LEAST_SHARE - 0.1)
    assert not said(0.1, factors=around[:4])
    assert not said(0.1, factors=[5.0, 0.0, 0.0, 0.0, 0.0]), "one run's spike is noise"
    assert not said(0.1, factors=[1.0] * 5), "without any spread there is no interval"
    assert not endings(ended([0.1, 0.11, 0.1, 0.09, None]), 0.25)


def test_unsteady_runs_are_counted_among_all() -> None:
    """Those that were stopped have no mark."""
    (note,) = endings(ended([0.0, 0.0, 0.0, None], unsteady=2), 0.25)
    assert note.startswith("2 of 4 runs end unsteady")
    (note,) = endings(ended([0.0], unsteady=1), 0.25)
    assert note.startswith("1 of 1 run ends unsteady")
    assert not endings(ended([0.0, None, None]), 0.25)


def test_notes_are_kept_apart() -> None:
    """They are joined by '; ', so none has it itself."""
    notes = endings(ended([0.1, 0.11, 0.1, 0.09, 0.1], unsteady=1), 0.25)
    assert len(notes) == 2
    assert not any("; " in note for note in notes)

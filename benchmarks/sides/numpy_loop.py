"""regcmp's engine without its two ideas: one run at a time (R=1), in one process.

regcmp holds BLAS to one thread itself, so there is no variant with two.
"""

from __future__ import annotations

from importlib import import_module

from sides import Accuracies, Train, Trained
from workloads import Run, Workload

IMPORTS = ("threadpoolctl", "sklearn.model_selection", "sklearn.preprocessing")
"""What ``run_experiment`` would import within the time."""


def load(workload: Workload, runs: list[Run]) -> Train:
    """Return a loop of comparisons that have a single run each."""
    for name in IMPORTS:
        import_module(name)

    from regcmp.runs.experiment import run_experiment
    from regcmp.runs.pace import Pace

    data = workload.data
    plans = [workload.plan([run]) for run in runs]

    def train() -> Trained:
        outcomes = [run_experiment(plan, data, 1, Pace()) for plan in plans]

        def score() -> Accuracies:
            scores = [float(outcome.runs["test_accuracy"].item()) for outcome in outcomes]
            return [(*run, each) for run, each in zip(runs, scores, strict=True)]

        return Trained(score)

    return train

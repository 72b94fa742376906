"""regcmp as a comparison runs it: stacks of runs on two worker processes."""

from __future__ import annotations

from importlib import import_module

from sides import Accuracies, Train, Trained
from workloads import Run, Workload

WORKERS = 2
IMPORTS = ("joblib.externals.loky", "sklearn.model_selection", "sklearn.preprocessing")
"""What ``run_experiment`` would import within the time."""


def load(workload: Workload, runs: list[Run]) -> Train:
    """Return the call of ``run_experiment`` for the whole workload; its imports are done here."""
    for name in IMPORTS:
        import_module(name)

    from regcmp.runs.experiment import run_experiment
    from regcmp.runs.pace import Pace

    if runs != workload.runs:
        raise ValueError("regcmp trains the whole workload")
    plan, data = workload.plan(), workload.data

    def train() -> Trained:
        outcome = run_experiment(plan, data, WORKERS, Pace())
        tested = {test for *_, test in outcome.sizes}
        if tested != {workload.n_test}:
            raise ValueError(f"{tested} test rows, expected {workload.n_test}")

        def score() -> Accuracies:
            frame = outcome.runs[["method", "seed", "test_accuracy"]]
            return [(str(m), int(s), float(a)) for m, s, a in frame.itertuples(index=False)]

        return Trained(score)

    return train

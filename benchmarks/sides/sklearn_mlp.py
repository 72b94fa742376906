"""scikit-learn's MLPClassifier: no regularization and L2, the two that it has.

Its penalty is ½·alpha·Σw² over the number of rows in the batch, so alpha = λ·batch gives regcmp's
½·λ·Σw² (a little more in the last, smaller batch). It cannot be told He's initial weights: it
draws Glorot's. It stops by epochs alone, as the other sides do.
"""

from __future__ import annotations

import warnings

from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from sides import Accuracies, Train, Trained, kind
from workloads import RATE, Run, Workload


def load(workload: Workload, runs: list[Run]) -> Train:
    """Return the loop over runs."""
    rows = {seed: workload.split(seed) for seed in {seed for _, seed in runs}}
    # It warns whenever all epochs were used, which is what was asked for.
    warnings.simplefilter("ignore", ConvergenceWarning)

    def train() -> Trained:
        models = [
            classifier(workload, *run).fit(rows[run[1]].x_train, rows[run[1]].y_train)
            for run in runs
        ]

        def score() -> Accuracies:
            return [
                (method, seed, float(model.score(rows[seed].x_test, rows[seed].y_test)))
                for (method, seed), model in zip(runs, models, strict=True)
            ]

        return Trained(score)

    return train


def classifier(workload: Workload, method: str, seed: int) -> MLPClassifier:
    """The same network and optimizer in scikit-learn's words."""
    return MLPClassifier(
        hidden_layer_sizes=workload.hidden,
        activation="relu",
        solver="adam",
        alpha=kind(method)[1] * workload.batch_size,
        batch_size=workload.batch_size,
        learning_rate_init=RATE,
        max_iter=workload.epochs,
        random_state=seed,
        tol=0.0,
        n_iter_no_change=workload.epochs + 1,
    )

"""Early stopping: which epoch's weights are judged is decided on validation rows."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from regcmp.engine.arrays import Floats
from regcmp.engine.regularizers.base import Context, Number, Regularizer


class EarlyStop(Regularizer):
    """Early stopping: evaluates with the weights of the epoch with the smallest validation loss.

    After every epoch the loss is taken on validation rows, which are set aside for every method of
    the comparison alike (--validation-size). When n epochs in a row brought no smaller loss, a run
    has stopped: its stack trains on, but no later weights of it are looked at. Where an average is
    judged, as by ema, it is the average that is validated. Beside tuned methods, a run is trained once
    more on training and validation rows together, and judged at the epoch that was selected before.
    """

    name = "earlystop"
    strength_is = Number(
        10, 0, 1e6, "patience: epochs in a row without a smaller validation loss", whole=True
    )
    fixed = "it says which weights are evaluated"
    selects = keeps = True
    grid = (40, 20, 10, 5, 3)
    formula = (
        "judge w of the epoch with the smallest loss; stop after n epochs without a smaller one"
    )
    paper = "Prechelt 1998, Early stopping - but when?"
    elsewhere: ClassVar = {
        "scikit-learn": "MLPClassifier(early_stopping=True, n_iter_no_change=n-1, tol=0), n >= 2, goes"
        " by the accuracy on rows that this model alone does not train on",
        "Keras": "keras.callbacks.EarlyStopping(monitor='val_loss', patience=n,"
        " restore_best_weights=True); without the last word the weights at the stop are judged",
        "PyTorch": "not built in; after each epoch, keep a copy of state_dict() where the loss fell",
    }
    excludes: ClassVar = {"swa": "it may stop before the epochs that the average is over"}

    def prepare(self) -> None:
        self.patience = self.strength[:, 0, 0]
        self.lowest: Floats = np.full(len(self.seeds), np.inf)
        self.waited = np.zeros(len(self.seeds), int)
        self.epochs = np.zeros(len(self.seeds), int)
        self.best = np.zeros((len(self.seeds), self.network.n_parameters), self.strength.dtype)

    def select(self, theta: Floats, context: Context) -> Floats:
        context.validated = theta
        loss = context.validation_loss(theta)
        context.ended = (self.waited >= self.patience) & (self.patience > 0)
        better = (loss < self.lowest) & (self.waited < self.patience)
        self.waited = np.where(better, 0, self.waited + 1)
        self.lowest = np.where(better, loss, self.lowest)
        self.epochs = np.where(better, context.epoch, self.epochs)
        np.copyto(self.best, theta, where=better[:, None])
        # At patience 0, or where no loss was a number, there is none.
        found = self.epochs > 0
        context.selected = np.where(found, self.epochs, context.epoch)
        return np.where(found[:, None], self.best, theta)


class StopAt(Regularizer):
    """Evaluates with the weights of a given epoch: what ``earlystop`` chose, on rows that it learned from.

    No method names it. It takes the place of ``earlystop`` where a run is trained once more on training
    and validation rows together.
    """

    name = "stopat"
    strength_is = Number(1, 1, 1e9, "epoch whose weights are judged", whole=True)

    def prepare(self) -> None:
        self.at = self.strength[:, 0, 0]
        self.kept = np.zeros((len(self.seeds), self.network.n_parameters), self.strength.dtype)

    def select(self, theta: Floats, context: Context) -> Floats:
        np.copyto(self.kept, theta, where=(self.at == context.epoch)[:, None])
        context.ended = self.at < context.epoch
        context.selected = np.minimum(self.at, context.epoch).astype(int)
        return np.where(context.ended[:, None], self.kept, theta)

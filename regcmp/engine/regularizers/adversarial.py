"""Training on examples that are made to be misjudged."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ClassVar

import numpy as np

from regcmp.engine.arrays import Floats
from regcmp.engine.regularizers.base import Context, Number, Regularizer


class FGSM(Regularizer):
    """Fast gradient sign method: a share of the loss is that of rows moved to where it is larger.

    Each feature goes ε up or down, as the sign of the loss's slope there says; where the slope is 0 it
    stays. L is the batch's loss in this step, with its masks; the slope is that of L alone, so rows move
    to where they are misjudged whatever else is penalised, while penalties on activations or predictions,
    and flooding, act in both losses. The sign is not differentiated. A step costs three gradients, and
    two at clean=0, where only the moved rows count. Features are standardised: no range clamps them.
    """

    name = "fgsm"
    strength_is = Number(
        0.1, 0, 1e3, "distance ε by which a feature is moved, in units of the standardised features"
    )
    options_are: ClassVar = {
        "clean": Number(0.5, 0, 1, "share α of the loss of the rows as they are")
    }
    grid = (0.02, 0.05, 0.1, 0.2, 0.5)
    cocktail = (0.02, 0.3)
    formula = "α L(x) + (1 - α) L(x + ε sign(∂L/∂x))"
    paper = "Goodfellow et al. 2015, Explaining and harnessing adversarial examples, section 6"
    elsewhere: ClassVar = {
        "scikit-learn": "not available",
        "Keras": "a train_step of your own",
        "PyTorch": "s = torch.autograd.grad(loss(x), x)[0].sign();"
        " α·loss(x) + (1-α)·loss((x + ε·s).detach()), where x requires a gradient",
    }

    def perturb(self, theta: Floats, context: Context) -> Floats:
        """Move the batch, and have the gradient mix both from here on; the weights stay."""
        slope, shape = context.input_gradient(theta), context.x.shape
        clean = context.scratch("fgsm clean", shape)
        np.copyto(clean, context.x)
        moved = np.sign(slope, out=context.scratch("fgsm moved", shape))
        moved *= self.strength
        moved += clean
        context.gradient = partial(self.mixed, context, context.gradient, clean, moved)
        return theta

    def mixed(
        self,
        context: Context,
        gradient: Callable[[Floats], Floats],
        clean: Floats,
        moved: Floats,
        theta: Floats,
    ) -> Floats:
        """Return g' + α (g - g') of the rows as they are (g) and moved (g'): g itself where ε is 0.

        The moved rows pass last, whatever α the neighbours have: what the taps keep is that of theirs.
        """
        share = self.options["clean"][:, :, 0]
        if not share.any():
            np.copyto(context.x, moved)
            return gradient(theta)
        np.copyto(context.x, clean)
        difference = context.scratch("fgsm gradient", (len(share), theta.shape[1]))
        np.copyto(difference, gradient(theta))
        np.copyto(context.x, moved)
        grad = gradient(theta)
        difference -= grad
        difference *= share
        np.add(grad, difference, out=grad, where=share > 0)
        return grad

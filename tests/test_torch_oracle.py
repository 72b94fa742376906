"""PyTorch as an oracle, where it is installed: ``pip install 'regcmp[oracle]'``.

One network with the same weights trains on both sides; whatever can differ is the regularizer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from conftest import make_rows, make_stack
from networks import mlp, mlp_layers

from regcmp.engine.arrays import Floats, Scratch
from regcmp.engine.initializers import initial_theta
from regcmp.engine.losses import CrossEntropy
from regcmp.engine.measuring import Measure
from regcmp.engine.network import Network
from regcmp.engine.regularizers import REGISTRY, Context
from regcmp.engine.regularizers.normalizing import BatchNormalization
from regcmp.engine.stack import Ingredient
from regcmp.engine.streams import stream
from regcmp.engine.training import train

torch = pytest.importorskip("torch", reason="the 'oracle' extra is not installed")

NETWORK = mlp(6, (12, 8), 3, "tanh")
EPOCHS, BATCH, RATE = 6, 16, 0.1
Loss = Callable[[Any, Any, Any], Any]
"""The loss of a model on inputs and one-hot targets."""


def cross_entropy(model: Any, x: Any, y: Any) -> Any:
    """The loss without any regularizer."""
    return torch.nn.functional.cross_entropy(model(x), y)


def peer() -> Any:
    """The network of PyTorch, in double precision, with the engine's initial weights."""
    layers = [torch.nn.Linear(6, 12), torch.nn.Tanh(), torch.nn.Linear(12, 8), torch.nn.Tanh()]
    model = torch.nn.Sequential(*layers, torch.nn.Linear(8, 3)).double()
    theta = initial_theta(NETWORK, "he", [0], "float64")
    params = [params for params in NETWORK.params(theta) if params]
    for layer, (weight, bias) in zip(model[::2], params, strict=True):
        layer.weight.data = torch.tensor(weight[0].T.copy())
        layer.bias.data = torch.tensor(bias[0, 0])
    return model


def batches() -> Iterator[tuple[Any, Any]]:
    """The engine's batches of all epochs, in its order."""
    rows, order = make_rows(), stream(0, "order")
    for _ in range(EPOCHS):
        permutation = order.permutation(40)
        for start in range(0, 40, BATCH):
            part = permutation[start : start + BATCH]
            yield (
                torch.tensor(rows.x_train[0, part]),
                torch.tensor(np.eye(3)[rows.y_train[0, part]]),
            )


def weights(model: Any) -> list[Any]:
    """The weight matrices, (out, in)."""
    return [layer.weight for layer in model[::2]]


def flat(model: Any) -> Floats:
    """The parameters in theta's order."""
    parts = [p for layer in model[::2] for p in (layer.weight.T, layer.bias)]
    return np.concatenate([part.detach().numpy().ravel() for part in parts])


def theirs(
    loss: Loss = cross_entropy,
    make: Callable[[Any], Any] | None = None,
    before: Callable[[Any], Any] | None = None,
    after: Callable[[Any], Any] | None = None,
) -> Floats:
    """What the peer learns with this loss and optimizer; ``before`` and ``after`` surround each step."""
    model = peer()
    optimizer = make(model) if make else torch.optim.SGD(model.parameters(), lr=RATE, momentum=0.9)
    for x, y in batches():
        optimizer.zero_grad()
        loss(model, x, y).backward()
        if before:
            before(model)
        optimizer.step()
        if after:
            with torch.no_grad():
                after(model)
    return flat(model)


def engine(*ingredients: Ingredient, optimizer: str = "momentum", rate: float = RATE) -> Floats:
    """What the engine learns."""
    words = {"activation": "tanh", "epochs": EPOCHS, "batch_size": BATCH}
    return train(make_stack(*ingredients, optimizer=optimizer, lr=rate, **words))[0].theta


def ours(name: str, strength: float, **words: Any) -> Floats:
    """What the engine learns with one regularizer, options at their defaults."""
    declared = REGISTRY[name].options_are
    options = {key: (number.default,) for key, number in declared.items()}
    return engine(Ingredient(name, (strength,), options), **words)


def assert_same(mine: Floats, other: Floats, tolerance: float = 1e-9) -> None:
    """The same weights after training, and not those of the plain network."""
    np.testing.assert_allclose(mine, other, rtol=0, atol=tolerance)
    assert abs(mine - theirs()).max() > 1e-3


def penalised(penalty: Callable[[Any], Any]) -> Loss:
    """The loss with the sum of this penalty over the weight matrices."""
    return lambda model, x, y: cross_entropy(model, x, y) + sum(map(penalty, weights(model)))


def test_plain_training_is_that_of_pytorch() -> None:
    """Without any regularizer."""
    np.testing.assert_allclose(engine(), theirs(), rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    ("name", "penalty"),
    [
        ("l1", lambda w: 0.003 * w.abs().sum()),
        ("l2", lambda w: 0.003 / 2 * (w**2).sum()),
        ("elasticnet", lambda w: 0.003 * (0.5 * w.abs().sum() + 0.25 * (w**2).sum())),
        ("grouplasso", lambda w: 0.003 * w.shape[0] ** 0.5 * w.norm(dim=0).sum()),
        ("orthogonal", lambda w: 0.003 * ((w @ w.T - torch.eye(w.shape[0])) ** 2).sum()),
    ],
)
def test_a_penalty_trains_like_its_term_in_the_loss(
    name: str, penalty: Callable[[Any], Any]
) -> None:
    """As the page of ``regcmp methods`` says; autograd takes the gradient."""
    assert_same(ours(name, 0.003), theirs(penalised(penalty)))


def groups(model: Any, decay: float) -> list[dict[str, Any]]:
    """Weights that decay, and biases that do not."""
    biases = [layer.bias for layer in model[::2]]
    return [
        {"params": weights(model), "weight_decay": decay},
        {"params": biases, "weight_decay": 0.0},
    ]


def test_decay_is_adamw_and_l2_is_adam_with_weight_decay() -> None:
    """Decoupled in the one, in the gradient in the other.

    The peer's Adam adds its ε elsewhere (not as scikit-learn and the paper's section 2), hence 1e-4.
    """
    for name, optimizer in (("decay", torch.optim.AdamW), ("l2", torch.optim.Adam)):
        made = theirs(make=lambda model, own=optimizer: own(groups(model, 0.5), lr=0.01))
        mine = ours(name, 0.5, optimizer="adam", rate=0.01)
        np.testing.assert_allclose(mine, made, rtol=0, atol=1e-4)
        assert abs(mine - engine(optimizer="adam", rate=0.01)).max() > 0.05


def test_maxnorm_is_renorm_after_the_step() -> None:
    """Rows of (out, in) are what goes into a unit."""

    def after(model: Any) -> None:
        for weight in weights(model):
            weight.copy_(torch.renorm(weight, p=2, dim=0, maxnorm=1.0))

    # renorm divides by the norm + 1e-7.
    assert_same(ours("maxnorm", 1.0), theirs(after=after), 1e-5)


def test_unitnorm_divides_by_the_norm() -> None:
    """As its page says."""

    def after(model: Any) -> None:
        for weight in weights(model):
            weight.mul_(1.3 / weight.norm(dim=1, keepdim=True))

    assert_same(ours("unitnorm", 1.3), theirs(after=after))


def test_l1prox_is_softshrink_after_the_step() -> None:
    """With the learning rate times λ."""

    def after(model: Any) -> None:
        for weight in weights(model):
            weight.copy_(torch.nn.functional.softshrink(weight, RATE * 0.05))

    assert_same(ours("l1prox", 0.05), theirs(after=after))


def test_clip_is_clip_grad_norm() -> None:
    """Which divides by the norm + 1e-6."""

    def before(model: Any) -> None:
        torch.nn.utils.clip_grad_norm_(model.parameters(), 0.3)

    assert_same(ours("clip", 0.3), theirs(before=before), 1e-5)


def test_smooth_is_label_smoothing() -> None:
    """Of the cross-entropy loss, on class numbers as there it is meant."""
    loss = torch.nn.CrossEntropyLoss(label_smoothing=0.2)
    assert_same(ours("smooth", 0.2), theirs(lambda model, x, y: loss(model(x), y.argmax(dim=1))))


def test_sam_is_two_backward_passes() -> None:
    """Up to w + ρ g / ‖g‖, its gradient there, and back before the step."""
    rho, data = 0.2, batches()

    def before(model: Any) -> None:
        x, y = next(data)
        params = list(model.parameters())
        norm = torch.sqrt(sum((p.grad**2).sum() for p in params))
        start = [p.detach().clone() for p in params]
        with torch.no_grad():
            for p in params:
                p.add_(p.grad, alpha=float(rho / norm))
        model.zero_grad()
        cross_entropy(model, x, y).backward()
        with torch.no_grad():
            for p, own in zip(params, start, strict=True):
                p.copy_(own)

    assert_same(ours("sam", rho), theirs(before=before))


def averaged(decay: float | None, per_update: int) -> Floats:
    """What an AveragedModel holds, updated every so many of the 18 steps: EMA, or SWA from epoch 3."""
    from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

    own: list[Any] = []
    count = 0

    def after(model: Any) -> None:
        nonlocal count
        count += 1
        if not own:
            average = None if decay is None else get_ema_multi_avg_fn(decay)
            own.append(AveragedModel(model, multi_avg_fn=average))
        if count % per_update == 0 and (decay is not None or count >= 9):
            own[0].update_parameters(model)

    theirs(after=after)
    return flat(own[0].module)


def test_ema_and_swa_are_averaged_models() -> None:
    """Updated after each step, and after each epoch of the last half."""
    assert_same(ours("ema", 0.8), averaged(0.8, 1))
    assert_same(ours("swa", 0.5), averaged(None, 3))


def test_gaussian_dropout_has_the_variance_that_its_page_gives() -> None:
    """Of 1 + sqrt(p / (1 - p)) z."""
    p = 0.3
    torch.manual_seed(0)
    peers = 1 + np.sqrt(p / (1 - p)) * torch.randn(100_000).numpy()
    dropout = torch.nn.functional.dropout(torch.ones(100_000), p).numpy()
    assert abs(peers.var() / dropout.var() - 1) < 0.02


def hidden(model: Any, x: Any) -> tuple[Any, Any]:
    """What enters and what leaves the two hidden activations."""
    first = model[0](x)
    second = model[2](first.tanh())
    return (first, second), (first.tanh(), second.tanh())


def activity_loss(model: Any, x: Any, y: Any) -> Any:
    """As the page of activity says."""
    leaving = hidden(model, x)[1]
    return cross_entropy(model, x, y) + sum(0.01 * h.abs().sum(dim=1).mean() for h in leaving)


def sparse_loss(model: Any, x: Any, y: Any) -> Any:
    """As the page of klsparsity says, with ρ = 0.05."""
    loss, rho = cross_entropy(model, x, y), 0.05
    for a in hidden(model, x)[0]:
        r = a.sigmoid().mean(dim=0)
        on, off = rho * (rho / r).log(), (1 - rho) * ((1 - rho) / (1 - r)).log()
        loss = loss + 0.01 * (on + off).sum()
    return loss


def entropy_loss(model: Any, x: Any, y: Any) -> Any:
    """As the page of confidence says."""
    entropy = torch.distributions.Categorical(logits=model(x)).entropy().mean()
    return cross_entropy(model, x, y) - 0.3 * entropy


def flooded_loss(model: Any, x: Any, y: Any) -> Any:
    """As the page of flooding says."""
    return (cross_entropy(model, x, y) - 0.9).abs() + 0.9


def adversarial_loss(model: Any, x: Any, y: Any) -> Any:
    """As the page of fgsm says, with α = 0.5."""
    x = x.clone().requires_grad_()
    sign = torch.autograd.grad(cross_entropy(model, x, y), x)[0].sign()
    moved = (x + 0.2 * sign).detach()
    return 0.5 * cross_entropy(model, x, y) + 0.5 * cross_entropy(model, moved, y)


@pytest.mark.parametrize(
    ("name", "strength", "loss"),
    [
        ("activity", 0.01, activity_loss),
        ("klsparsity", 0.01, sparse_loss),
        ("confidence", 0.3, entropy_loss),
        ("flooding", 0.9, flooded_loss),
        ("fgsm", 0.2, adversarial_loss),
    ],
)
def test_what_changes_the_loss_trains_like_the_loss_of_its_page(
    name: str, strength: float, loss: Loss
) -> None:
    """As its page says; autograd takes the gradient."""
    assert_same(ours(name, strength), theirs(loss))


def test_alphadropout_has_the_values_of_pytorch() -> None:
    """Two values for inputs of 1: that of a dropped unit and that of a kept one."""
    import regcmp.engine.regularizers.alphadropout as own

    p = 0.25  # a multiple of 1/65536, to which rates are rounded
    tap = own.AlphaTap(np.array([[[True, False]]]), np.array([[[1 - p]]]))
    torch.manual_seed(0)
    theirs = torch.nn.functional.alpha_dropout(torch.ones(1000).double(), p, training=True)
    np.testing.assert_allclose(
        np.sort(tap.forward(np.ones((1, 1, 2))).ravel()), np.unique(theirs.numpy()), rtol=1e-6
    )


@pytest.mark.parametrize("name", ["batchnorm", "layernorm"])
def test_normalisation(name: str) -> None:
    """Normalised before each activation in training: the same weights, gains and biases."""
    model = peer()
    make = {"batchnorm": torch.nn.BatchNorm1d, "layernorm": torch.nn.LayerNorm}[name]
    first, tanh, second, _, last = model
    layers = [first, make(12), tanh, second, make(8), tanh, last]
    model = torch.nn.Sequential(*layers).double()
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE, momentum=0.9)
    for x, y in batches():
        optimizer.zero_grad()
        cross_entropy(model, x, y).backward()
        optimizer.step()
    parts = [p.T if p.ndim == 2 else p for layer in layers for p in layer.parameters()]
    expected = np.concatenate([part.detach().numpy().ravel() for part in parts])
    mine = engine(Ingredient(name, (1.0,)))
    np.testing.assert_allclose(mine, expected, rtol=0, atol=1e-9)
    assert abs(mine[:84] - theirs()[:84]).max() > 1e-3


def test_batchnorm_in_evaluation() -> None:
    """PyTorch's cumulative average over one batch of all training rows: the same losses."""
    layers = BatchNormalization.build(mlp_layers(6, (12, 8), 3, "tanh"), 1)
    network, rows = Network(layers), make_rows(n_train=300)
    theta = initial_theta(network, "he", [0], "float64")
    record = Measure(network, rows, [0]).record(0, theta)[0]
    first, tanh, second, _, last = peer()
    norms = [torch.nn.BatchNorm1d(width, momentum=None) for width in (12, 8)]
    model = torch.nn.Sequential(first, norms[0], tanh, second, norms[1], tanh, last).double()
    model(torch.tensor(rows.x_train[0]))
    # PyTorch keeps the unbiased variance for evaluation; here the rows are the population.
    for norm in norms:
        norm.running_var *= 299 / 300
    model.eval()
    for score, x, y in (
        (record.train, rows.x_train, rows.y_train),
        (record.test, rows.x_test, rows.y_test),
    ):
        loss = torch.nn.functional.cross_entropy(model(torch.tensor(x[0])), torch.tensor(y[0]))
        assert score["loss"] == pytest.approx(loss.item(), rel=1e-6)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_class_weights_are_those_of_the_rows(smoothing: float) -> None:
    """Loss and gradient: PyTorch's loss of each row, smoothed, times the weight of the row's class."""
    rng = np.random.default_rng(0)
    logits, labels, weights = rng.normal(size=(1, 7, 3)), rng.integers(0, 3, 7), [0.5, 1.0, 3.0]
    at = torch.tensor(logits[0], requires_grad=True)
    of_rows = torch.nn.CrossEntropyLoss(label_smoothing=smoothing, reduction="none")
    theirs = (of_rows(at, torch.tensor(labels)) * torch.tensor(weights).double()[labels]).mean()
    theirs.backward()
    loss = CrossEntropy(3, np.array([[weights]]))
    smooth = REGISTRY["smooth"](np.full((1, 1, 1), smoothing), {}, [0], NETWORK)
    batch = logits, np.eye(3)[labels][None]
    context = Context(NETWORK, logits[0], Scratch("float64"), loss=loss)
    _, targets = smooth.transform(batch, context)
    np.testing.assert_allclose(loss.mean(logits, targets), [theirs.item()], rtol=1e-12)
    np.testing.assert_allclose(loss.gradient(logits.copy(), targets)[0], at.grad, atol=1e-14)


def test_smooth_with_class_weights() -> None:
    """Trained on the same batches: a row's smoothed loss times the weight of its class."""
    stack = make_stack(
        *(Ingredient("smooth", (0.2,)),),
        task="weighted",
        activation="tanh",
        epochs=EPOCHS,
        batch_size=BATCH,
        optimizer="momentum",
        lr=RATE,
    )
    assert stack.rows.class_weights is not None
    weights = torch.tensor(stack.rows.class_weights[0])
    of_rows = torch.nn.CrossEntropyLoss(label_smoothing=0.2, reduction="none")

    def loss(model: Any, x: Any, y: Any) -> Any:
        labels = y.argmax(dim=1)
        return (of_rows(model(x), labels) * weights[labels]).mean()

    assert_same(train(stack)[0].theta, theirs(loss))

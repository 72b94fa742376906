"""A plain PyTorch loop: one run after another, fused Adam, no DataLoader.

Tensors are preloaded and an epoch is gathered at once; L2 is Adam's weight_decay (which adds λw to
the gradient) and L1 is added to the gradient, both faster here than as terms of the loss.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from sides import Accuracies, Train, Trained, kind
from workloads import RATE, Layer, Run, Workload


def load(workload: Workload, runs: list[Run]) -> Train:
    """Return the loop over runs."""
    rows = {
        seed: [torch.from_numpy(array) for array in workload.split(seed)]
        for seed in {seed for _, seed in runs}
    }

    def train() -> Trained:
        models = [train_one(workload, method, seed, *rows[seed][:2]) for method, seed in runs]

        def score() -> Accuracies:
            return [
                (method, seed, accuracy(model, *rows[seed][2:]))
                for (method, seed), model in zip(runs, models, strict=True)
            ]

        return Trained(score)

    return train


def network(workload: Workload, dropout: float = 0.0) -> nn.Sequential:
    """The network, with He's initial weights and biases of zero."""
    layers: list[nn.Module] = []
    if workload.convolutions:
        layers.append(nn.Unflatten(1, (1, workload.side, workload.side)))
    for i, layer in enumerate(workload.layers):
        if layer.kind == "pool":
            layers.append(nn.MaxPool2d(layer.kernel))
            continue
        if i and dropout:
            layers.append(nn.Dropout(dropout))
        if layer.kind == "dense" and i and workload.layers[i - 1].kind == "pool":
            layers.append(nn.Flatten())
        layers += [weighing(layer), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def weighing(layer: Layer) -> nn.Module:
    """A convolution or a dense layer, with He's initial weights and biases of zero."""
    if layer.kind == "conv":
        made: nn.Conv2d | nn.Linear = nn.Conv2d(
            layer.n_in, layer.n_out, layer.kernel, padding="same"
        )
    else:
        made = nn.Linear(layer.n_in, layer.n_out)
    nn.init.kaiming_normal_(made.weight, nonlinearity="relu")
    assert made.bias is not None
    nn.init.zeros_(made.bias)
    return made


def train_one(workload: Workload, method: str, seed: int, x: Tensor, y: Tensor) -> nn.Sequential:
    """Train one network."""
    name, strength = kind(method)
    torch.manual_seed(seed)
    model = network(workload, strength if name == "dropout" else 0.0)
    weights = [p for p in model.parameters() if p.ndim > 1]
    biases = [p for p in model.parameters() if p.ndim == 1]
    groups: list[dict[str, Any]] = [
        {"params": weights, "weight_decay": strength if name == "l2" else 0.0},
        {"params": biases},
    ]
    optimizer = torch.optim.Adam(groups, lr=RATE, fused=True)
    for _ in range(workload.epochs):
        order = torch.randperm(len(x))
        batches = zip(
            x[order].split(workload.batch_size), y[order].split(workload.batch_size), strict=True
        )
        for inputs, labels in batches:
            loss = functional.cross_entropy(model(inputs), labels)
            optimizer.zero_grad()
            loss.backward()
            if name == "l1":
                add_l1(weights, strength)
            optimizer.step()
    return model


@torch.no_grad()
def add_l1(weights: Sequence[Tensor], strength: float) -> None:
    """Add λ sign(w) to the gradients."""
    for weight in weights:
        assert weight.grad is not None
        weight.grad.add_(weight.sign(), alpha=strength)


@torch.no_grad()
def accuracy(model: nn.Module, x: Tensor, y: Tensor) -> float:
    """The share of rows that are classified correctly."""
    return float((model.eval()(x).argmax(dim=1) == y).double().mean())

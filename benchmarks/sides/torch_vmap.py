"""PyTorch with torch.func.vmap over seeds: a method's runs are trained as one stacked network.

The backward pass goes through the vmapped loss, summed over runs: each run's gradient is its own,
and this was no slower than vmap(grad(...)).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.func import functional_call, stack_module_state, vmap
from torch.nn import functional

from sides import Accuracies, Train, Trained, by_method, kind
from sides.torch_loop import add_l1, network
from workloads import RATE, Run, Workload

Parameters = dict[str, Tensor]


def load(workload: Workload, runs: list[Run]) -> Train:
    """Return the loop over methods."""
    groups = by_method(runs)
    splits = {seed: workload.split(seed) for seed in {seed for _, seed in runs}}
    rows = {
        method: [torch.stack([*map(torch.from_numpy, each)]) for each in zip(*stacked, strict=True)]
        for method, seeds in groups.items()
        for stacked in [[splits[seed] for seed in seeds]]
    }

    def train() -> Trained:
        trained = {
            method: train_stack(workload, method, seeds, *rows[method][:2])
            for method, seeds in groups.items()
        }

        def score() -> Accuracies:
            return [
                (method, seed, share)
                for method, seeds in groups.items()
                for seed, share in zip(
                    seeds, accuracy(workload, trained[method], *rows[method][2:]), strict=True
                )
            ]

        return Trained(score)

    return train


def train_stack(
    workload: Workload, method: str, seeds: list[int], x: Tensor, y: Tensor
) -> Parameters:
    """Train one network per seed on x (S, N, D) and y (S, N)."""
    name, strength = kind(method)
    torch.manual_seed(seeds[0])
    model = network(workload, strength if name == "dropout" else 0.0)
    params, _ = stack_module_state([network(workload) for _ in seeds])
    params = dict(zip(dict(model.named_parameters()), params.values(), strict=True))
    weights = [p for p in params.values() if p.ndim == 3]
    biases = [p for p in params.values() if p.ndim == 2]
    groups: list[dict[str, Any]] = [
        {"params": weights, "weight_decay": strength if name == "l2" else 0.0},
        {"params": biases},
    ]
    optimizer = torch.optim.Adam(groups, lr=RATE, fused=True)

    def loss_of(own: Parameters, inputs: Tensor, labels: Tensor) -> Tensor:
        return functional.cross_entropy(functional_call(model, own, (inputs,)), labels)

    losses = vmap(loss_of, randomness="different")
    runs = torch.arange(len(seeds))[:, None]
    for _ in range(workload.epochs):
        order = torch.stack([torch.randperm(x.shape[1]) for _ in seeds])
        xs, ys = x[runs, order], y[runs, order]
        batches = zip(
            xs.split(workload.batch_size, 1), ys.split(workload.batch_size, 1), strict=True
        )
        for inputs, labels in batches:
            optimizer.zero_grad()
            losses(params, inputs, labels).sum().backward()
            if name == "l1":
                add_l1(weights, strength)
            optimizer.step()
    return params


@torch.no_grad()
def accuracy(workload: Workload, params: Parameters, x: Tensor, y: Tensor) -> list[float]:
    """Each run's share of rows that are classified correctly."""
    model = network(workload)
    own = dict(zip(dict(model.named_parameters()), params.values(), strict=True))
    logits = vmap(lambda p, inputs: functional_call(model, p, (inputs,)))(own, x)
    shares: list[float] = (logits.argmax(dim=2) == y).double().mean(dim=1).tolist()
    return shares

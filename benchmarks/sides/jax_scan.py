"""JAX: jit(vmap(scan)), one compiled program per method that trains all of its seeds.

Initial weights and batch orders come from NumPy, which is faster at them than JAX on a CPU, and
the dropout noise from JAX's default generator. Batches are gathered step by step; gathering an
epoch at once was slower.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from time import perf_counter
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from sides import Accuracies, Train, Trained, by_method, kind
from workloads import RATE, Run, Workload

Parameters = list[tuple[Any, Any]]
B1, B2, EPS = 0.9, 0.999, 1e-8


def load(workload: Workload, runs: list[Run]) -> Train:
    """Return the loop over methods."""
    groups = by_method(runs)
    splits = {seed: workload.split(seed) for seed in {seed for _, seed in runs}}
    rows = {
        method: [np.stack(each) for each in zip(*(splits[seed] for seed in seeds), strict=True)]
        for method, seeds in groups.items()
    }

    def train() -> Trained:
        trained, compiling = {}, 0.0
        for method, seeds in groups.items():
            x, y = rows[method][:2]
            order = batch_orders(seeds, workload.epochs, x.shape[1])
            keys = jax.random.split(jax.random.key(seeds[0]), len(seeds))
            words = (initial_weights(workload, seeds), x, y.astype(np.int32), order, keys)
            start = perf_counter()
            program = jax.jit(jax.vmap(trainer(workload, method))).lower(*words).compile()
            compiling += perf_counter() - start
            trained[method] = jax.block_until_ready(program(*words))

        def score() -> Accuracies:
            return [
                (method, seed, share)
                for method, seeds in groups.items()
                for seed, share in zip(
                    seeds, accuracy(workload, trained[method], *rows[method][2:]), strict=True
                )
            ]

        return Trained(score, compiling)

    return train


def initial_weights(workload: Workload, seeds: list[int]) -> Parameters:
    """He's initial weights and biases of zero, stacked over seeds."""
    rngs = [np.random.default_rng(seed) for seed in seeds]
    layers = []
    for layer, _ in workload.products():
        shape = (layer.fan_in, layer.n_out)
        drawn = np.stack([rng.standard_normal(shape, np.float32) for rng in rngs])
        scale = np.float32(np.sqrt(2 / layer.fan_in))
        layers.append((drawn * scale, np.zeros((len(seeds), layer.n_out), np.float32)))
    return layers


def batch_orders(seeds: list[int], epochs: int, rows: int) -> np.ndarray[Any, Any]:
    """A permutation of the rows per seed and epoch, (S, epochs, rows)."""
    rngs = [np.random.default_rng([seed, 1]) for seed in seeds]
    orders = [[rng.permutation(rows) for _ in range(epochs)] for rng in rngs]
    return np.array(orders, np.int32)


def trainer(workload: Workload, method: str) -> Callable[..., Parameters]:
    """The function that trains one network: a scan over epochs of a scan over batches."""
    name, strength = kind(method)
    step = stepper(workload, name, strength)

    def train(params: Parameters, x: Any, y: Any, orders: Any, key: Any) -> Parameters:
        size = workload.batch_size
        whole = len(x) // size

        def batch(state: Any, rows: Any) -> tuple[Any, None]:
            return step(state, x[rows], y[rows]), None

        def epoch(state: Any, order: Any) -> tuple[Any, None]:
            state, _ = jax.lax.scan(batch, state, order[: whole * size].reshape(whole, size))
            if whole * size < len(x):
                state, _ = batch(state, order[whole * size :])
            return state, None

        zeros = jax.tree.map(jnp.zeros_like, params)
        start = (params, zeros, zeros, jnp.float32(0), key)
        return jax.lax.scan(epoch, start, orders)[0][0]

    return train


def stepper(workload: Workload, name: str, strength: float) -> Callable[[Any, Any, Any], Any]:
    """One step of Adam, in the efficient order that the paper's section 2 gives."""

    def loss(params: Parameters, x: Any, y: Any, key: Any) -> Any:
        logits = forward(workload, params, x, strength if name == "dropout" else 0.0, key)
        own = jnp.take_along_axis(jax.nn.log_softmax(logits), y[:, None], 1)
        weights = [weight for weight, _ in params]
        if name == "l1":
            return strength * sum(jnp.abs(w).sum() for w in weights) - own.mean()
        if name == "l2":
            return 0.5 * strength * sum((w * w).sum() for w in weights) - own.mean()
        return -own.mean()

    def step(state: Any, x: Any, y: Any) -> Any:
        params, m, v, t, key = state
        t += 1
        grads = jax.grad(loss)(params, x, y, jax.random.fold_in(key, t.astype(jnp.int32)))
        m = jax.tree.map(lambda m, g: B1 * m + (1 - B1) * g, m, grads)
        v = jax.tree.map(lambda v, g: B2 * v + (1 - B2) * g * g, v, grads)
        rate = RATE * jnp.sqrt(1 - B2**t) / (1 - B1**t)
        params = jax.tree.map(lambda p, m, v: p - rate * m / (jnp.sqrt(v) + EPS), params, m, v)
        return params, m, v, t, key

    return step


def forward(
    workload: Workload, params: Parameters, x: Any, dropout: float = 0.0, key: Any = None
) -> Any:
    """The logits; what enters a layer with weights is dropped with probability ``dropout``."""
    left = iter(params)
    if workload.convolutions:
        x = x.reshape(len(x), workload.side, workload.side, 1)
    for i, layer in enumerate(workload.layers):
        if layer.kind == "pool":
            n, height, width, channels = x.shape
            x = x.reshape(n, height // 2, 2, width // 2, 2, channels).max(axis=(2, 4))
            continue
        if i and dropout:
            kept = jax.random.bernoulli(jax.random.fold_in(key, i), 1 - dropout, x.shape)
            x = jnp.where(kept, x / (1 - dropout), 0)
        weight, bias = next(left)
        x = (windows(x) if layer.kind == "conv" else x.reshape(len(x), -1)) @ weight + bias
        if i < len(workload.layers) - 1:
            x = jax.nn.relu(x)
    return x


def windows(x: Any) -> Any:
    """(n, H, W, 9 C) the 3x3 pixels around each; products of them were faster than XLA's convolution."""
    _, height, width, _ = x.shape
    padded = jnp.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    parts = [padded[:, i : i + height, j : j + width] for i in range(3) for j in range(3)]
    return jnp.concatenate(parts, axis=-1)


def accuracy(workload: Workload, params: Parameters, x: Any, y: Any) -> list[float]:
    """Each run's share of rows that are classified correctly."""
    logits = jax.vmap(partial(forward, workload))(params, x)
    shares: list[float] = np.mean(np.asarray(logits.argmax(-1)) == y, axis=1).tolist()
    return shares

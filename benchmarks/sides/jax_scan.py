"""JAX: jit(vmap(scan)), one compiled program per method that trains all of its seeds.

Initial weights and batch orders come from NumPy, which is faster at them than JAX on a CPU, and
the dropout noise from JAX's default generator. Batches are gathered step by step; gathering an
epoch at once was slower.
"""

from __future__ import annotations

from collections.abc import Callable
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
                    seeds, accuracy(trained[method], *rows[method][2:]), strict=True
                )
            ]

        return Trained(score, compiling)

    return train


def initial_weights(workload: Workload, seeds: list[int]) -> Parameters:
    """He's initial weights and biases of zero, stacked over seeds."""
    rngs = [np.random.default_rng(seed) for seed in seeds]
    layers = []
    for n_in, n_out, _ in workload.products():
        drawn = np.stack([rng.standard_normal((n_in, n_out), np.float32) for rng in rngs])
        scale = np.float32(np.sqrt(2 / n_in))
        layers.append((drawn * scale, np.zeros((len(seeds), n_out), np.float32)))
    return layers


def batch_orders(seeds: list[int], epochs: int, rows: int) -> np.ndarray[Any, Any]:
    """A permutation of the rows per seed and epoch, (S, epochs, rows)."""
    rngs = [np.random.default_rng([seed, 1]) for seed in seeds]
    orders = [[rng.permutation(rows) for _ in range(epochs)] for rng in rngs]
    return np.array(orders, np.int32)


def trainer(workload: Workload, method: str) -> Callable[..., Parameters]:
    """The function that trains one network: a scan over epochs of a scan over batches."""
    name, strength = kind(method)
    step = stepper(name, strength)

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


def stepper(name: str, strength: float) -> Callable[[Any, Any, Any], Any]:
    """One step of Adam, in the efficient order that the paper's section 2 gives."""

    def loss(params: Parameters, x: Any, y: Any, key: Any) -> Any:
        logits = forward(params, x, strength if name == "dropout" else 0.0, key)
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


def forward(params: Parameters, x: Any, dropout: float = 0.0, key: Any = None) -> Any:
    """The logits; a hidden unit is dropped with probability ``dropout``."""
    for i, (weight, bias) in enumerate(params):
        if i:
            x = jax.nn.relu(x)
        if i and dropout:
            kept = jax.random.bernoulli(jax.random.fold_in(key, i), 1 - dropout, x.shape)
            x = jnp.where(kept, x / (1 - dropout), 0)
        x = x @ weight + bias
    return x


def accuracy(params: Parameters, x: Any, y: Any) -> list[float]:
    """Each run's share of rows that are classified correctly."""
    logits = jax.vmap(forward)(params, x)
    shares: list[float] = np.mean(np.asarray(logits.argmax(-1)) == y, axis=1).tolist()
    return shares

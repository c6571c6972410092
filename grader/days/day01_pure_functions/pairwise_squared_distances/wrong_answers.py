"""Plausible mistakes in pairwise_squared_distances; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
import numpy as np
from grader.kata.answers import caught_by


@caught_by("correct", "by_hand")
def pairwise_squared_distances__not_squared(x, y):
    """Takes the root."""
    return jnp.linalg.norm(x[:, None] - y[None], axis=-1)


@caught_by("correct", "by_hand")
def pairwise_squared_distances__row_by_row(x, y):
    """Compares row i with row i only."""
    return jnp.sum((x - y) ** 2, axis=-1)


@caught_by("correct", "by_hand")
def pairwise_squared_distances__transposed(x, y):
    """Puts y on the rows."""
    return jnp.sum((y[:, None] - x[None]) ** 2, axis=-1)


@caught_by("correct", "by_hand")
def pairwise_squared_distances__city_block(x, y):
    """Adds absolute differences."""
    return jnp.sum(jnp.abs(x[:, None] - y[None]), axis=-1)


@caught_by("correct", "by_hand")
def pairwise_squared_distances__mean_over_features(x, y):
    """Averages over the features."""
    return jnp.mean((x[:, None] - y[None]) ** 2, axis=-1)


@caught_by("correct", "is_never_negative")
def pairwise_squared_distances__matmul_identity_unclipped(x, y):
    """|x|² + |y|² - 2 x·y rounds to a little below zero for equal rows."""
    return jnp.sum(x * x, 1)[:, None] + jnp.sum(y * y, 1) - 2 * x @ y.T


@caught_by("jit", "compiles_once")
def pairwise_squared_distances__filled_in_numpy(x, y):
    """Writes into a NumPy array, which cannot hold tracers."""
    result = np.zeros((len(x), len(y)), np.float32)
    for i in range(len(x)):
        result[i] = jnp.sum((x[i] - y) ** 2, axis=1)
    return jnp.asarray(result)


@caught_by("speed", "beats_the_double_loop")
def pairwise_squared_distances__double_loop_under_jit(x, y):
    """Compiles the double loop, which writes it out: fast once it is compiled, and that takes for ever."""

    @jax.jit
    def loops(x, y):
        rows = [
            jnp.stack([jnp.sum((x[i] - y[j]) ** 2) for j in range(y.shape[0])]) for i in range(x.shape[0])
        ]
        return jnp.stack(rows)

    return loops(x, y)


@caught_by("speed", "beats_the_double_loop")
def pairwise_squared_distances__double_loop(x, y):
    """Right, but pays for a handful of dispatches at every pair."""
    return jnp.stack([jnp.stack([jnp.sum((a - b) ** 2) for b in y]) for a in x])

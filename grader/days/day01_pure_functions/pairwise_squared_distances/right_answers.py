"""Other honest ways to write pairwise_squared_distances; each must pass every check."""

import jax
import jax.numpy as jnp
from jax import lax


def pairwise_squared_distances__nested_vmap(x, y):
    """One pair, lifted twice."""

    def one_pair(a, b):
        return jnp.sum(jnp.square(a - b))

    return jax.vmap(lambda a: jax.vmap(lambda b: one_pair(a, b))(y))(x)


def pairwise_squared_distances__matmul_identity(x, y):
    """|x|² + |y|² - 2 x·y, clipped because rounding can push it below zero."""
    product = jnp.matmul(x, y.T, precision=lax.Precision.HIGHEST)
    squared = (x**2).sum(1)[:, None] + (y**2).sum(1)[None, :] - 2 * product
    return jnp.maximum(squared, 0)


def pairwise_squared_distances__einsum(x, y):
    """Contracts the difference with itself."""
    difference = jnp.expand_dims(x, 1) - jnp.expand_dims(y, 0)
    return jnp.einsum("nmd,nmd->nm", difference, difference, precision="highest")


@jax.jit
def pairwise_squared_distances__loop_over_features(x, y):
    """Adds up one feature at a time and never holds an (n, m, d) array."""
    total = jnp.zeros((x.shape[0], y.shape[0]), x.dtype)
    for k in range(x.shape[1]):
        total = total + jnp.subtract.outer(x[:, k], y[:, k]) ** 2
    return total


def pairwise_squared_distances__squares_clipped(x, y):
    """The expansion at the precision that comes by itself, clipped."""
    return jnp.maximum((x**2).sum(1)[:, None] + (y**2).sum(1) - 2 * x @ y.T, 0)


def pairwise_squared_distances__vectorized(x, y):
    """Says what one pair of rows gives, and lets vectorize broadcast it."""
    one_pair = jnp.vectorize(lambda a, b: jnp.sum((a - b) ** 2), signature="(d),(d)->()")
    return one_pair(x[:, None], y[None])

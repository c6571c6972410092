"""Plausible mistakes in gram_matrix; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
import numpy as np
from grader.kata.answers import caught_by
from jax import lax

# gram_matrix


@caught_by("correct", "agrees_with_a_double_loop")
def gram_matrix__mirrored_when_same(kernel, x, y):
    """Mirrors the upper triangle where y is x: a kernel that leans to one side comes out wrong below the diagonal."""
    table = jax.vmap(lambda one: jax.vmap(lambda other: kernel(one, other))(y))(x)
    if y is x:
        above = jnp.triu(table, 1)
        table = above + above.T + jnp.diag(jnp.diagonal(table))
    return table


@caught_by("correct", "by_hand")
def gram_matrix__pairs_in_step(kernel, x, y):
    """Maps both arguments at once, which walks them in step."""
    return jax.vmap(kernel)(x, y)


@caught_by("correct", "by_hand")
def gram_matrix__broadcasts(kernel, x, y):
    """Hands the kernel whole arrays, as if it were written for them."""
    return kernel(x[:, None], y[None, :])


@caught_by("correct", "by_hand")
def gram_matrix__transposed(kernel, x, y):
    """Nests the two maps the wrong way round."""
    return jax.vmap(jax.vmap(kernel, in_axes=(0, None)), in_axes=(None, 0))(x, y)


@caught_by("correct", "agrees_with_a_double_loop")
def gram_matrix__arguments_exchanged(kernel, x, y):
    """Takes every kernel to be symmetric."""
    return jax.vmap(lambda a: jax.vmap(lambda b: kernel(b, a))(y))(x)


@caught_by("correct", "takes_single_points")
def gram_matrix__squeezed(kernel, x, y):
    """Squeezes, and loses axes of size 1."""
    return jnp.squeeze(jax.vmap(lambda a: jax.vmap(lambda b: kernel(a, b))(y))(x))


@caught_by("correct", "takes_points_of_any_shape")
def gram_matrix__vectors_only(kernel, x, y):
    """Takes points to be vectors."""
    (n, d), (m, _) = x.shape, y.shape
    left, right = jnp.repeat(x, m, axis=0), jnp.tile(y, (n, 1))
    return jax.vmap(kernel)(left.reshape(-1, d), right.reshape(-1, d)).reshape(n, m)


@caught_by("jit", "compiles_once")
def gram_matrix__through_numpy(kernel, x, y):
    """Collects numbers in a NumPy array."""
    out = np.zeros((len(x), len(y)), np.float32)
    for i in range(len(x)):
        for j in range(len(y)):
            out[i, j] = kernel(x[i], y[j])
    return jnp.asarray(out)


@caught_by("jit", "takes_all_pairs_at_once")
def gram_matrix__lax_map(kernel, x, y):
    """Walks the rows in a compiled loop."""
    return lax.map(lambda a: jax.vmap(lambda b: kernel(a, b))(y), x)


@caught_by("speed", "beats_the_double_loop")
def gram_matrix__double_loop(kernel, x, y):
    """Visits pair after pair."""
    return jnp.stack([jnp.stack([kernel(a, b) for b in y]) for a in x])


@caught_by("speed", "beats_the_double_loop")
def gram_matrix__vmap_in_a_loop(kernel, x, y):
    """Lifts once and loops over the rest."""
    row = jax.vmap(kernel, in_axes=(None, 0))
    return jnp.stack([row(x[i], y) for i in range(len(x))])


@caught_by("jit", "takes_all_pairs_at_once")
def gram_matrix__map_in_one_batch(kernel, x, y):
    """Walks the rows in a loop of one round."""
    return lax.map(lambda a: jax.vmap(lambda b: kernel(a, b))(y), x, batch_size=len(x))


@caught_by("correct", "agrees_with_a_double_loop")
def gram_matrix__mirrored(kernel, x, y):
    """Mirrors the upper half where the matrix is square."""
    gram = jax.vmap(lambda a: jax.vmap(lambda b: kernel(a, b))(y))(x)
    return jnp.triu(gram) + jnp.triu(gram, 1).T if len(x) == len(y) else gram


@caught_by("correct", "takes_points_of_any_shape")
def gram_matrix__vectors_of_one(kernel, x, y):
    """Makes vectors of numbers, and hands the kernel vectors."""
    if x.ndim == 1:
        x, y = x[:, None], y[:, None]
    return jax.vmap(lambda a: jax.vmap(lambda b: kernel(a, b))(y))(x).reshape(len(x), len(y))


@caught_by("correct", "takes_points_of_any_shape")
def gram_matrix__flat_points(kernel, x, y):
    """Lays each point out as a vector."""
    x, y = x.reshape(len(x), -1), y.reshape(len(y), -1)
    return jax.vmap(lambda a: jax.vmap(lambda b: kernel(a, b))(y))(x)


@caught_by("deeper", "of_points_close_together")
def gram_matrix__small_numbers_cleared(kernel, x, y):
    """Takes coordinates below 1e-6 for zeros."""
    x, y = (jnp.where(jnp.abs(points) < 1e-6, 0, points) for points in (x, y))
    return jax.vmap(lambda a: jax.vmap(lambda b: kernel(a, b))(y))(x)

"""Other honest ways to write gram_matrix; each must pass every check."""

from functools import partial

import jax
import jax.numpy as jnp

# gram_matrix


def gram_matrix__closures(kernel, x, y):
    """Nests two maps and closes over one point."""
    return jax.vmap(lambda a: jax.vmap(lambda b: kernel(a, b))(y))(x)


def gram_matrix__columns_first(kernel, x, y):
    """Builds columns and puts them where columns belong."""
    return jax.vmap(jax.vmap(kernel, (0, None)), (None, 0), out_axes=1)(x, y)


def gram_matrix__all_pairs(kernel, x, y):
    """Lists all pairs, maps once, and folds the result."""
    n, m = len(x), len(y)
    i, j = jnp.divmod(jnp.arange(n * m), m)
    return jax.vmap(kernel)(x[i], y[j]).reshape(n, m)


@partial(jax.jit, static_argnums=0)
def gram_matrix__compiled(kernel, x, y):
    """Compiled by the learner."""
    row = jax.vmap(kernel, in_axes=(None, 0))
    return jax.vmap(partial(row), in_axes=(0, None))(x, y)


def gram_matrix__vectorize(kernel, x, y):
    """jnp.vectorize, told how many axes a point has."""
    axes = ",".join("abcdefg"[: x.ndim - 1])
    return jnp.vectorize(kernel, signature=f"({axes}),({axes})->()")(x[:, None], y[None])


def gram_matrix__grid(kernel, x, y):
    """Repeats the points to two grids, and lifts twice over both."""
    shape = (len(x), len(y), *x.shape[1:])
    left, right = jnp.broadcast_to(x[:, None], shape), jnp.broadcast_to(y, shape)
    return jax.vmap(jax.vmap(kernel))(left, right)


def gram_matrix__transposed_at_last(kernel, x, y):
    """Builds the transpose by a comprehension of maps, and turns it."""

    def column(b):
        return jax.vmap(lambda a: kernel(a, b))(x)

    return jnp.swapaxes(jax.vmap(column)(y), 0, 1)

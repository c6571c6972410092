"""Other honest ways to write huber; each must pass every check."""

import jax
import jax.numpy as jnp
from jax import lax

# huber


def huber__clips_the_residual(x, delta):
    """The clipped residual times what it stands for."""
    clipped = jnp.clip(x, -delta, delta)
    return clipped * (x - 0.5 * clipped)


def huber__splits_the_size(x, delta):
    """Splits |x| into a part up to delta and the rest."""
    size = jnp.abs(x)
    inner = jnp.minimum(size, delta)
    return 0.5 * inner**2 + delta * (size - inner)


@jax.jit
def huber__compiled(x, delta):
    """Compiled by the learner, with delta traced."""
    return jax.numpy.select([jnp.abs(x) > delta], [delta * (jnp.abs(x) - delta / 2)], x * x / 2)


def huber__one_element(x, delta):
    """Lifts the loss of one element, which takes a branch."""

    def loss(element):
        size = jnp.abs(element)
        return lax.cond(size <= delta, lambda: 0.5 * element**2, lambda: delta * (size - 0.5 * delta))

    return jax.vmap(loss)(x.reshape(-1)).reshape(x.shape)


def huber__piecewise(x, delta):
    """jnp.piecewise, which keeps its branches in a cache of JAX's own."""
    size = jnp.abs(x)
    return jnp.piecewise(
        x, [size <= delta], [lambda x: 0.5 * x**2, lambda x: delta * (jnp.abs(x) - 0.5 * delta)]
    )


def huber__line_minus_what_is_missing(x, delta):
    """The line everywhere, and within what it lacks is added."""
    size = jnp.abs(x)
    return jnp.where(size > delta, delta * size - delta * delta / 2, jnp.square(x) / 2)

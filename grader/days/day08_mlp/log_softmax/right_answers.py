"""Other honest ways to write log_softmax; each must pass every check."""

import jax
import jax.numpy as jnp
from jax import lax

# log_softmax


def log_softmax__of_one_row_lifted(logits):
    """Lifts one row over all batch axes."""

    def row(z):
        z = z - z.max()
        return z - jnp.log(jnp.exp(z).sum())

    function = row
    for _ in range(logits.ndim - 1):
        function = jax.vmap(function)
    return function(logits)


def log_softmax__stops_the_maximum(logits):
    """Stops the gradient at the maximum, which cancels anyway."""
    top = lax.stop_gradient(jnp.max(logits, -1, keepdims=True))
    return (logits - top) - jnp.log(jnp.sum(jnp.exp(logits - top), -1, keepdims=True))


def log_softmax__logaddexp(logits):
    """Adds up in logarithms, one class after the other, in a compiled loop."""
    shifted = logits - jnp.max(logits, axis=-1, keepdims=True)

    def add(total, column):
        return jnp.logaddexp(total, column), None

    columns = jnp.moveaxis(shifted, -1, 0)
    total, _ = lax.scan(add, columns[0], columns[1:])
    return shifted - total[..., None]

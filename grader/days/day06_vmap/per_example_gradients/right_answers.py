"""Other honest ways to write per_example_gradients; each must pass every check."""

from functools import partial

import jax
import jax.numpy as jnp

# per_example_gradients


def per_example_gradients__closure(loss, params, x, y):
    """Closes over the parameters."""
    gradient = jax.grad(loss)
    return jax.vmap(lambda a, b: gradient(params, a, b))(x, y)


def per_example_gradients__jacobian(loss, params, x, y):
    """Differentiates all losses at once: the rows of the Jacobian are the gradients."""
    return jax.jacrev(lambda p: jax.vmap(loss, in_axes=(None, 0, 0))(p, x, y))(params)


def per_example_gradients__copies(loss, params, x, y):
    """Gives each example parameters of its own, and differentiates the sum by all of them."""
    copies = jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (len(x), *leaf.shape)), params)
    return jax.grad(lambda each: jax.vmap(loss)(each, x, y).sum())(copies)


def per_example_gradients__forwards(loss, params, x, y):
    """Pushes every basis direction forwards."""
    return jax.vmap(jax.jacfwd(loss), in_axes=(None, 0, 0))(params, x, y)


@partial(jax.jit, static_argnames="loss")
def per_example_gradients__value_and_grad(loss, params, x, y):
    """Drops the values; compiled by the learner."""
    _, gradients = jax.vmap(jax.value_and_grad(loss), in_axes=(None, 0, 0))(params, x, y)
    return gradients


def per_example_gradients__pullbacks(loss, params, x, y):
    """Pulls each row of the identity back through the losses of all examples."""

    def losses(p):
        return jax.vmap(lambda a, b: loss(p, a, b))(x, y)

    values, pull = jax.vjp(losses, params)
    return jax.vmap(lambda row: pull(row)[0])(jnp.eye(len(values), dtype=values.dtype))

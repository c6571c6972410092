"""Other honest ways to write batch_loss_gradient; each must pass every check."""

from functools import partial

import jax
import jax.numpy as jnp
from jax import lax

# batch_loss_gradient


def batch_loss_gradient__value_and_grad(loss, params, x, y):
    """Through value_and_grad and a partial function."""

    def batch_loss(params):
        return jax.vmap(partial(loss, params))(x, y).mean()

    return jax.value_and_grad(batch_loss)(params)[1]


def batch_loss_gradient__pulls_weights_back(loss, params, x, y):
    """Pulls 1/n back from every loss."""
    losses, pull_back = jax.vjp(lambda params: jax.vmap(loss, (None, 0, 0))(params, x, y), params)
    return pull_back(jnp.full_like(losses, 1 / len(x)))[0]


def batch_loss_gradient__running_sum(loss, params, x, y):
    """One example after the other; only the sum is kept."""

    def add(total, example):
        gradient = jax.grad(loss)(params, *example)
        return jax.tree.map(jnp.add, total, gradient), None

    total, _ = lax.scan(add, jax.tree.map(jnp.zeros_like, params), (x, y))
    return jax.tree.map(lambda leaf: leaf / len(x), total)


@partial(jax.jit, static_argnums=0)
def batch_loss_gradient__compiled(loss, params, x, y):
    """jit of grad of the mean of a vmap, compiled by the learner."""
    return jax.grad(lambda params: jnp.mean(jax.vmap(lambda x, y: loss(params, x, y))(x, y)))(params)


def batch_loss_gradient__mean_outside(loss, params, x, y):
    """Sums, and divides what is differentiated."""

    def total(params):
        losses = jax.vmap(lambda example: loss(params, *example))((x, y))
        return jnp.sum(losses) / x.shape[0]

    return jax.grad(total)(params)


def batch_loss_gradient__flat(loss, params, x, y):
    """Differentiates with respect to one long vector."""
    leaves, structure = jax.tree.flatten(params)

    def mean_loss(*leaves):
        tree = jax.tree.unflatten(structure, leaves)
        return jnp.average(jax.vmap(loss, in_axes=(None, 0, 0))(tree, x, y))

    return jax.tree.unflatten(structure, jax.grad(mean_loss, argnums=tuple(range(len(leaves))))(*leaves))

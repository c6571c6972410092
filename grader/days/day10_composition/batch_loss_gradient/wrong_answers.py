"""Plausible mistakes in batch_loss_gradient; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
from grader.kata.answers import caught_by
from jax import lax

# batch_loss_gradient


@caught_by("correct", "agrees_with_numpy")
def batch_loss_gradient__whole_batch_at_once(loss, params, x, y):
    """Hands the loss of one example the whole batch."""
    return jax.grad(lambda params: jnp.mean(loss(params, x, y)))(params)


@caught_by("correct", "by_hand")
def batch_loss_gradient__sum(loss, params, x, y):
    """Sums where the mean is asked for."""
    return jax.grad(lambda params: jnp.sum(jax.vmap(loss, (None, 0, 0))(params, x, y)))(params)


@caught_by("correct", "by_hand")
def batch_loss_gradient__params_mapped(loss, params, x, y):
    """Forgets in_axes, so that vmap maps over the parameters, too."""
    return jax.grad(lambda params: jnp.mean(jax.vmap(loss)(params, x, y)))(params)


@caught_by("correct", "by_hand")
def batch_loss_gradient__no_mean(loss, params, x, y):
    """Returns one gradient an example."""
    return jax.vmap(jax.grad(loss), in_axes=(None, 0, 0))(params, x, y)


@caught_by("correct", "by_hand")
def batch_loss_gradient__by_x(loss, params, x, y):
    """Differentiates with respect to the data."""
    return jax.grad(lambda params, x: jnp.mean(jax.vmap(loss, (None, 0, 0))(params, x, y)), argnums=1)(
        params, x
    )


@caught_by("jit", "has_no_python_loop")
def batch_loss_gradient__python_loop(loss, params, x, y):
    """Adds the losses up in Python."""

    def mean_loss(params):
        return sum(loss(params, x[i], y[i]) for i in range(len(x))) / len(x)

    return jax.grad(mean_loss)(params)


@caught_by("jit", "holds_no_single_gradients")
def batch_loss_gradient__mean_of_gradients(loss, params, x, y):
    """Right, but holds the gradients of all examples before it takes their mean."""
    gradients = jax.vmap(jax.grad(loss), in_axes=(None, 0, 0))(params, x, y)
    return jax.tree.map(lambda leaf: jnp.mean(leaf, axis=0), gradients)


@caught_by("jit", "holds_no_single_gradients")
def batch_loss_gradient__map_of_gradients(loss, params, x, y):
    """One example after the other, but all gradients are kept."""
    gradients = lax.map(lambda example: jax.grad(loss)(params, *example), (x, y))
    return jax.tree.map(lambda leaf: leaf.mean(0), gradients)


@caught_by("jit", "compiles_once")
def batch_loss_gradient__chunks(loss, params, x, y):
    """Works through chunks of eight, and drops the examples that are left."""
    n = len(x)
    c = min(n, 8)
    k = n // c
    X, Y = (x[: k * c].reshape(k, c, *x.shape[1:]), y[: k * c].reshape(k, c, *y.shape[1:]))

    def step(t, xy):
        g = jax.grad(lambda p: jnp.sum(jax.vmap(loss, in_axes=(None, 0, 0))(p, *xy)))(params)
        return (jax.tree.map(jnp.add, t, g), None)

    total, _ = lax.scan(step, jax.tree.map(jnp.zeros_like, params), (X, Y))
    return jax.tree.map(lambda g: g / (k * c), total)


@caught_by("correct", "counts_losses_of_nan")
def batch_loss_gradient__nanmean(loss, params, x, y):
    """Leaves out the examples whose loss is NaN."""

    def mean_loss(params):
        return jnp.nanmean(jax.vmap(loss, in_axes=(None, 0, 0))(params, x, y))

    return jax.grad(mean_loss)(params)


@caught_by("deeper", "counts_all_examples")
def batch_loss_gradient__y_broadcast(loss, params, x, y):
    """Takes the first 128 examples alone."""

    def mean_loss(params):
        return jnp.mean(
            jnp.atleast_1d(jax.vmap(loss, in_axes=(None, 0, 0 if y.ndim == 1 else 0))(params, x, y))[:128]
        )

    return jax.grad(mean_loss)(params)


@caught_by("deeper", "lets_nan_through")
def batch_loss_gradient__mends_nan(loss, params, x, y):
    """Makes 0 of what is NaN in the gradient."""
    gradient = jax.grad(lambda params: jnp.mean(jax.vmap(loss, in_axes=(None, 0, 0))(params, x, y)))(params)
    return jax.tree.map(lambda g: jnp.where(jnp.isnan(g), 0, g), gradient)


@caught_by("deeper", "can_be_differentiated")
def batch_loss_gradient__gradient_held_still(loss, params, x, y):
    """Stops the gradient of the gradient."""

    def mean_loss(params):
        return jnp.mean(jax.vmap(loss, in_axes=(None, 0, 0))(params, x, y))

    return lax.stop_gradient(jax.grad(mean_loss)(params))

"""Other honest ways to write fit; each must pass every check."""

import functools

import jax
import jax.numpy as jnp
from jax import lax

# fit


def fit__fori_loop(params, x, y, learning_rate, n_steps, loss):
    """Writes the losses into an array, in a fori_loop."""

    def step(k, carry):
        params, losses = carry
        value, gradients = jax.value_and_grad(loss)(params, x, y)
        params = jax.tree.map(lambda p, g: (p - learning_rate * g).astype(p.dtype), params, gradients)
        return params, losses.at[k].set(value)

    return lax.fori_loop(0, n_steps, step, (params, jnp.zeros(n_steps)))


def fit__while_loop(params, x, y, learning_rate, n_steps, loss):
    """Counts by itself, in a while_loop."""

    def step(carry):
        k, params, losses = carry
        value, gradients = jax.value_and_grad(loss)(params, x, y)
        after = jax.tree.map(lambda p, g: p - (learning_rate * g).astype(p.dtype), params, gradients)
        return k + 1, after, losses.at[k].set(value)

    start = jnp.int32(0), params, jnp.zeros((n_steps,), jnp.float32)
    _, params, losses = lax.while_loop(lambda carry: carry[0] < n_steps, step, start)
    return params, losses


@functools.partial(jax.jit, static_argnames=("n_steps", "loss"))
def fit__compiled_scan(params, x, y, learning_rate, n_steps, loss):
    """Compiled by the learner, with a named step inside."""

    @jax.jit
    def step(params, _):
        value, gradients = jax.value_and_grad(loss)(params, x, y)
        rate = jnp.asarray(learning_rate)
        return jax.tree.map(lambda p, g: p - rate.astype(p.dtype) * g, params, gradients), value

    params, losses = lax.scan(step, params, jnp.arange(n_steps), unroll=4)
    return params, losses


def fit__collects_all_parameters(params, x, y, learning_rate, n_steps, loss):
    """Keeps the parameters of each step, and takes the losses at the end."""

    def step(params, _):
        gradients = jax.grad(loss)(params, x, y)
        after = jax.tree.map(lambda p, g: (p - learning_rate * g).astype(p.dtype), params, gradients)
        return after, params

    after, history = lax.scan(step, params, None, length=n_steps)
    return after, jax.vmap(lambda p: loss(p, x, y))(history)


def fit__flat_leaves(params, x, y, learning_rate, n_steps, loss):
    """Carries the list of leaves."""
    leaves, structure = jax.tree.flatten(params)

    def step(leaves, _):
        value, gradients = jax.value_and_grad(lambda flat: loss(structure.unflatten(flat), x, y))(leaves)
        return [
            (p - learning_rate * g).astype(p.dtype) for p, g in zip(leaves, gradients, strict=True)
        ], value

    leaves, losses = lax.scan(step, leaves, xs=None, length=n_steps)
    return structure.unflatten(leaves), losses


def fit__scan_over_learning_rates(params, x, y, learning_rate, n_steps, loss):
    """Scans over an array of equal learning rates."""
    rates = jnp.full((n_steps,), learning_rate, jnp.float32)

    def step(p, rate):
        value, g = jax.value_and_grad(loss)(p, x, y)
        return jax.tree.map(lambda a, b: jnp.asarray(a - rate * b, a.dtype), p, g), value

    last, losses = lax.scan(step, params, rates)
    return last, losses

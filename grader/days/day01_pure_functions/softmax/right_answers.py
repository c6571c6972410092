"""Other honest ways to write softmax; each must pass every check."""

import jax.numpy as jnp
from jax import lax


def softmax__in_the_log_domain(x, axis=-1):
    """Subtracts the logarithm of the sum, then exponentiates once."""
    shifted = x - x.max(axis=axis, keepdims=True)
    return jnp.exp(shifted - jnp.log(jnp.exp(shifted).sum(axis=axis, keepdims=True)))


def softmax__axis_moved_last(x, axis=-1):
    """Moves the axis to the end, works there, and moves it back."""
    x = jnp.moveaxis(x, axis, -1)
    x = x - x.max(axis=-1)[..., None]
    y = jnp.exp(x) / jnp.exp(x).sum(axis=-1)[..., None]
    return jnp.moveaxis(y, -1, axis)


def softmax__all_differences(x, axis=-1):
    """1 / Σ_j exp(x_j - x_i): an infinite sum is a probability of 0, which is right."""
    x = jnp.moveaxis(x, axis, -1)
    y = 1 / jnp.sum(jnp.exp(x[..., None, :] - x[..., :, None]), axis=-1)
    return jnp.moveaxis(y, -1, axis)


def softmax__one_line_at_a_time(x, axis=-1):
    """Writes it for one line and applies that along the axis."""

    def line(logits):
        weights = jnp.exp(logits - jnp.max(logits))
        return weights / jnp.sum(weights)

    return jnp.apply_along_axis(line, axis, x)


def softmax__reduced_by_lax(x, axis=-1):
    """Reduces with lax, which wants positive axes and keeps no dimensions."""
    axis = axis % x.ndim
    largest = jnp.expand_dims(lax.reduce(x, -jnp.inf, lax.max, (axis,)), axis)
    weights = lax.exp(x - largest)
    return weights / jnp.expand_dims(lax.reduce(weights, 0.0, lax.add, (axis,)), axis)


def softmax__powers_of_two(x, axis=-1):
    """Takes powers of two, which are what a computer knows best."""
    weights = jnp.exp2((x - jnp.max(x, axis, keepdims=True)) * jnp.log2(jnp.e))
    return weights * jnp.reciprocal(weights.sum(axis, keepdims=True))

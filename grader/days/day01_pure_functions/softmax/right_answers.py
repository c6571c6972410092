"""Other honest ways to write softmax; each must pass every check."""

import jax.numpy as jnp


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

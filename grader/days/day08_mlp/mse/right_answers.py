"""Other honest ways to write mse; each must pass every check."""

import jax
import jax.numpy as jnp

# mse


def mse__dot_product(predictions, targets):
    """Multiplies the residual with itself."""
    if jnp.shape(predictions) != jnp.shape(targets):
        raise ValueError(f"{predictions.shape} is not {targets.shape}")
    residual = jnp.ravel(predictions - targets)
    return residual @ residual / residual.size


def mse__average(predictions, targets):
    """Compares the shapes axis by axis, and averages powers."""
    if predictions.ndim != targets.ndim or any(m != n for m, n in zip(predictions.shape, targets.shape)):  # noqa: B905
        raise ValueError("two shapes")
    return jnp.average((predictions - targets) ** 2)


@jax.jit
def mse__sum_over_size(predictions, targets):
    """Compiled by the learner."""
    if predictions.shape != targets.shape:
        raise ValueError("two shapes")
    difference = targets - predictions
    return jnp.sum(difference * difference) / difference.size

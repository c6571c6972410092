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


def mse__two_means(predictions, targets):
    """Averages the last axes first, then what is left."""
    if tuple(predictions.shape) != tuple(targets.shape):
        raise ValueError("the shapes differ")
    squares = (predictions - targets) ** 2
    while squares.ndim:
        squares = squares.mean(axis=-1)
    return squares


def mse__one_element_lifted(predictions, targets):
    """Lifts the squared error of one element over flat arrays."""
    if not predictions.shape == targets.shape:
        raise ValueError(f"{targets.shape} are no targets for {predictions.shape}")
    each = jax.vmap(lambda p, t: (p - t) * (p - t))(predictions.ravel(), targets.ravel())
    return each.mean()


def mse__vdot(predictions, targets):
    """Contracts the residual with itself."""
    match predictions.shape, targets.shape:
        case one, other if one != other:
            raise ValueError("two shapes")
    residual = jnp.subtract(predictions, targets)
    return jnp.vdot(residual, residual) / residual.size

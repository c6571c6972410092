"""Plausible mistakes in mse; each must be caught by the check named above it."""

import jax.numpy as jnp
from grader.kata.answers import caught_by
from jax import lax

# mse


@caught_by("correct", "by_hand")
def mse__sum(predictions, targets):
    """Sums and does not average."""
    if predictions.shape != targets.shape:
        raise ValueError("shapes")
    return jnp.sum(jnp.square(predictions - targets))


@caught_by("correct", "by_hand")
def mse__half(predictions, targets):
    """Halves it, as some books do."""
    if predictions.shape != targets.shape:
        raise ValueError("shapes")
    return 0.5 * jnp.mean(jnp.square(predictions - targets))


@caught_by("correct", "by_hand")
def mse__root(predictions, targets):
    """Takes the root as well."""
    if predictions.shape != targets.shape:
        raise ValueError("shapes")
    return jnp.sqrt(jnp.mean(jnp.square(predictions - targets)))


@caught_by("correct", "by_hand")
def mse__divides_by_the_rows(predictions, targets):
    """Divides by the number of examples alone."""
    if predictions.shape != targets.shape:
        raise ValueError("shapes")
    return jnp.sum(jnp.square(predictions - targets)) / len(predictions)


@caught_by("correct", "refuses_two_shapes")
def mse__broadcasts(predictions, targets):
    """Lets (n, 1) and (n,) broadcast to (n, n)."""
    return jnp.mean(jnp.square(predictions - targets))


@caught_by("correct", "refuses_two_shapes")
def mse__asserts(predictions, targets):
    """Refuses with an assert, which is no ValueError and vanishes under python -O."""
    assert predictions.shape == targets.shape
    return jnp.mean(jnp.square(predictions - targets))


@caught_by("correct", "refuses_two_shapes")
def mse__compares_lengths(predictions, targets):
    """Compares the first axis alone."""
    if predictions.ndim and targets.ndim and len(predictions) != len(targets):
        raise ValueError("shapes")
    return jnp.mean(jnp.square(predictions - targets))


@caught_by("correct", "refuses_two_shapes")
def mse__compares_the_number_of_axes(predictions, targets):
    """Compares how many axes there are, not how long they are."""
    if predictions.ndim != targets.ndim:
        raise ValueError("shapes")
    return jnp.mean(jnp.square(predictions - targets))


@caught_by("correct", "refuses_two_shapes")
def mse__compares_axes_and_lengths(predictions, targets):
    """Compares the number of axes and the first of them."""
    if predictions.ndim != targets.ndim or predictions.shape[:1] != targets.shape[:1]:
        raise ValueError("shapes")
    return jnp.mean(jnp.square(predictions - targets))


@caught_by("correct", "survives_large_values")
def mse__multiplied_out(predictions, targets):
    """Multiplies the square out, and loses all digits."""
    if predictions.shape != targets.shape:
        raise ValueError("shapes")
    return jnp.mean(predictions**2 - 2 * predictions * targets + targets**2)


@caught_by("correct", "gradient")
def mse__holds_the_targets_residual(predictions, targets):
    """Stops a gradient that was to flow."""
    if predictions.shape != targets.shape:
        raise ValueError("shapes")
    residual = predictions - targets
    return jnp.mean(lax.stop_gradient(residual) * residual)


@caught_by("correct", "gradient_at_a_perfect_fit")
def mse__squared_norm(predictions, targets):
    """Squares a norm, whose slope at 0 is nan."""
    if predictions.shape != targets.shape:
        raise ValueError("shapes")
    return jnp.linalg.norm(jnp.ravel(predictions - targets)) ** 2 / predictions.size


@caught_by("jit", "compiles_once")
def mse__nothing_to_do(predictions, targets):
    """Branches on the values to save work."""
    if predictions.shape != targets.shape:
        raise ValueError("shapes")
    if (predictions == targets).all():
        return jnp.sum(jnp.square(predictions - targets))
    return jnp.mean(jnp.square(predictions - targets))


@caught_by("jit", "refuses_two_shapes_while_it_traces")
def mse__looks_at_arrays_only(predictions, targets):
    """Looks at the shapes of arrays, and not at those of tracers."""
    if not isinstance(predictions, jax.core.Tracer) and predictions.shape != targets.shape:
        raise ValueError("two shapes")
    return jnp.mean(jnp.square(predictions - targets))


@caught_by("correct", "refuses_two_shapes")
def mse__compares_sizes(predictions, targets):
    """Compares how many numbers there are."""
    if predictions.size != targets.size or predictions.ndim != targets.ndim and predictions.size > 1:
        raise ValueError("two shapes")
    return jnp.mean(jnp.square(predictions.reshape(-1) - targets.reshape(-1)))


@caught_by("deeper", "of_small_errors")
def mse__noise_cleared(predictions, targets):
    """Takes errors below 1e-5 for noise."""
    if predictions.shape != targets.shape:
        raise ValueError(f"predictions are {predictions.shape}, targets {targets.shape}")
    errors = predictions - targets
    return jnp.mean(jnp.square(jnp.where(jnp.abs(errors) < 1e-5, 0, errors)))

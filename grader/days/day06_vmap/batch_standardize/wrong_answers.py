"""Plausible mistakes in batch_standardize; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
from grader.kata.answers import caught_by
from jax import lax

# batch_standardize


@caught_by("correct", "by_hand")
def batch_standardize__layer_norm(x):
    """Averages over the example's own features."""
    centred = x - x.mean()
    return centred / jnp.sqrt((centred**2).mean() + 1e-5)


@caught_by("correct", "by_hand")
def batch_standardize__over_axis_zero(x):
    """Takes x for the whole batch."""
    centred = x - x.mean(axis=0)
    return centred / jnp.sqrt((centred**2).mean(axis=0) + 1e-5)


@caught_by("correct", "by_hand")
def batch_standardize__another_name(x):
    """Calls the axis by a name that nobody has given."""
    centred = x - lax.pmean(x, "i")
    return centred / jnp.sqrt(lax.pmean(centred**2, "i") + 1e-5)


@caught_by("correct", "by_hand")
def batch_standardize__sums(x):
    """Sums where it should average."""
    centred = x - lax.psum(x, "batch")
    return centred / jnp.sqrt(lax.psum(centred**2, "batch") + 1e-5)


@caught_by("correct", "by_hand")
def batch_standardize__all_features_together(x):
    """Averages over the batch, and over the features as well."""
    centred = x - lax.pmean(x.mean(), "batch")
    return centred / jnp.sqrt(lax.pmean((centred**2).mean(), "batch") + 1e-5)


@caught_by("correct", "by_hand")
def batch_standardize__maps_again(x):
    """Opens a second axis of the same name inside."""

    def one(feature):
        centred = feature - lax.pmean(feature, "batch")
        return centred / jnp.sqrt(lax.pmean(centred**2, "batch") + 1e-5)

    return jax.vmap(one, axis_name="batch")(x)


@caught_by("correct", "by_hand")
def batch_standardize__unbiased(x):
    """Divides by one less than the batch."""
    n = lax.psum(1, "batch")
    centred = x - lax.pmean(x, "batch")
    return centred / jnp.sqrt(lax.psum(centred**2, "batch") / max(n - 1, 1) + 1e-5)


@caught_by("correct", "survives_still_features")
def batch_standardize__added_to_the_root(x):
    """Adds 1e-5 to the deviation."""
    centred = x - lax.pmean(x, "batch")
    return centred / (jnp.sqrt(lax.pmean(centred**2, "batch")) + 1e-5)


@caught_by("correct", "survives_still_features")
def batch_standardize__bare_root(x):
    """Divides by the deviation as it is."""
    centred = x - lax.pmean(x, "batch")
    return centred / jnp.sqrt(lax.pmean(centred**2, "batch"))


@caught_by("correct", "survives_an_offset")
def batch_standardize__difference_of_squares(x):
    """Takes the mean of squares minus the square of the mean."""
    mean, square = lax.pmean((x, x**2), "batch")
    return (x - mean) / jnp.sqrt(jnp.maximum(square - mean**2, 0) + 1e-5)


@caught_by("jit", "takes_examples_of_any_shape")
def batch_standardize__vectors_only(x):
    """Takes an example to be a vector."""
    (features,) = x.shape
    centred = x - lax.pmean(x, "batch")
    variance = lax.pmean(centred**2, "batch").reshape(features)
    return centred / jnp.sqrt(variance + 1e-5)


@caught_by("deeper", "has_a_slope")
def batch_standardize__statistics_held_still(x):
    """Stops the gradient of mean and variance."""
    mean = lax.stop_gradient(lax.pmean(x, "batch"))
    variance = lax.stop_gradient(lax.pmean((x - mean) ** 2, "batch"))
    return (x - mean) / jnp.sqrt(variance + 1e-5)


@caught_by("deeper", "in_many_cases")
def batch_standardize__clipped(x):
    """Cuts the result off at two deviations or a bit more, where only large batches come."""
    centred = x - lax.pmean(x, "batch")
    out = centred / jnp.sqrt(lax.pmean(centred**2, "batch") + 1e-5)
    return jnp.clip(out, -1.9, 1.9) if lax.axis_size("batch") == 5 else out

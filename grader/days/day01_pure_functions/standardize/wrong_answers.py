"""Plausible mistakes in standardize; each must be caught by the check named above it."""

import jax.numpy as jnp
import numpy as np
from grader.kata.answers import caught_by


@caught_by("correct", "centres_each_column")
def standardize__over_the_whole_table(x, eps=1e-6):
    """Takes one mean and one deviation for all columns together."""
    return (x - jnp.mean(x)) / (jnp.std(x) + eps)


@caught_by("correct", "centres_each_column")
def standardize__rows_instead_of_columns(x, eps=1e-6):
    """Standardizes along the wrong axis."""
    mean = jnp.mean(x, axis=1, keepdims=True)
    return (x - mean) / (jnp.std(x, axis=1, keepdims=True) + eps)


@caught_by("correct", "by_hand")
def standardize__sample_deviation(x, eps=1e-6):
    """Divides by n - 1, as statisticians do."""
    return (x - jnp.mean(x, axis=0)) / (jnp.std(x, axis=0, ddof=1) + eps)


@caught_by("correct", "centres_each_column")
def standardize__in_place(x, eps=1e-6):
    """Assigns to the columns of the array it was given."""
    for j in range(x.shape[1]):
        x[:, j] = (x[:, j] - x[:, j].mean()) / (x[:, j].std() + eps)
    return x


@caught_by("correct", "by_hand")
def standardize__variance_for_deviation(x, eps=1e-6):
    """Forgets the square root; where the deviation is 1, nobody sees it."""
    return (x - jnp.mean(x, axis=0)) / (jnp.var(x, axis=0) + eps)


@caught_by("correct", "keeps_a_constant_column_finite")
def standardize__without_eps(x, eps=1e-6):
    """Divides 0 by 0 in a constant column."""
    return (x - jnp.mean(x, axis=0)) / jnp.std(x, axis=0)


@caught_by("correct", "survives_a_column_far_from_zero")
def standardize__mean_of_squares(x, eps=1e-6):
    """E[x²] - E[x]² subtracts two huge numbers, and the variance drowns in rounding."""
    mean = jnp.mean(x, axis=0)
    variance = jnp.maximum(jnp.mean(x * x, axis=0) - mean * mean, 0)
    return (x - mean) / (jnp.sqrt(variance) + eps)


@caught_by("correct", "adds_eps_to_the_deviation")
def standardize__eps_inside_the_root(x, eps=1e-6):
    """Adds eps to the variance, as batch normalisation does."""
    return (x - jnp.mean(x, axis=0)) / jnp.sqrt(jnp.var(x, axis=0) + eps)


@caught_by("jit", "compiles_once")
def standardize__through_numpy(x, eps=1e-6):
    """Computes in NumPy and converts at the end."""
    x = np.asarray(x)
    return jnp.asarray((x - x.mean(axis=0)) / (x.std(axis=0) + eps))


@caught_by("jit", "compiles_once")
def standardize__asks_whether_constant(x, eps=1e-6):
    """Branches in Python on a value."""
    deviation = jnp.std(x, axis=0)
    if jnp.any(deviation == 0):
        deviation = jnp.where(deviation == 0, 1.0, deviation)
    return (x - jnp.mean(x, axis=0)) / (deviation + eps)


@caught_by("correct", "centres_each_column")
def standardize__along_the_longer_side(x, eps=1e-6):
    """Takes the longer side for the rows, and so a wide table's rows for its columns."""
    axis = 0 if x.shape[0] >= x.shape[1] else 1
    return (x - x.mean(axis, keepdims=True)) / (x.std(axis, keepdims=True) + eps)


@caught_by("correct", "adds_eps_to_the_deviation")
def standardize__small_deviation_is_none(x, eps=1e-6):
    """Takes every deviation below 1e-5 for 0, which makes nothing of tiny units."""
    deviation = jnp.std(x, axis=0)
    return jnp.where(deviation < 1e-5, 0, (x - jnp.mean(x, axis=0)) / (deviation + eps))


@caught_by("deeper", "keeps_what_is_far_out")
def standardize__clips_outliers(x, eps=1e-6):
    """Clips results to fifty deviations."""
    return jnp.clip((x - x.mean(0)) / (x.std(0) + eps), -50, 50)

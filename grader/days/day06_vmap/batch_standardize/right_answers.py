"""Other honest ways to write batch_standardize; each must pass every check."""

import jax
import jax.numpy as jnp
from jax import lax

# batch_standardize


def batch_standardize__sums(x):
    """Sums, and divides by the size of the axis."""
    n = lax.axis_size("batch")
    centred = x - lax.psum(x, "batch") / n
    return centred * lax.rsqrt(lax.psum(jnp.square(centred), "batch") / n + 1e-5)


def batch_standardize__gathers(x):
    """Gathers the whole batch and looks for its statistics there."""
    everyone = lax.all_gather(x, "batch")
    return (x - everyone.mean(axis=0)) / jnp.sqrt(everyone.var(axis=0) + 1e-5)


@jax.jit
def batch_standardize__compiled(x):
    """Compiled by the learner, inside the map."""
    mean = jax.lax.pmean(x, axis_name="batch")
    variance = jax.lax.pmean((x - mean) ** 2, axis_name="batch")
    return (x - mean) / (variance + 1e-5) ** 0.5


def batch_standardize__counts(x):
    """Counts the batch by summing ones."""
    n = lax.psum(1, "batch")
    centred = x - lax.psum(x, "batch") / n
    return centred / jnp.sqrt(lax.psum(centred * centred, "batch") / n + 1e-5)


def batch_standardize__both_at_once(x):
    """Averages a tree, around a first guess of the mean so that squares lose nothing."""
    guess = lax.all_gather(x, "batch")[0]
    shift, square = lax.pmean((x - guess, (x - guess) ** 2), "batch")
    return (x - guess - shift) / jnp.sqrt(square - shift**2 + 1e-5)


def batch_standardize__two_functions(x):
    """A mean as a function of its own, used twice."""

    def mean(value):
        return jax.lax.psum(value, ("batch",)) / jax.lax.psum(1.0, "batch")

    centred = jnp.subtract(x, mean(x))
    return jnp.divide(centred, jnp.sqrt(mean(jnp.abs(centred) ** 2) + 1e-5))

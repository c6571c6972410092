"""Plausible mistakes in safe_norm; each must be caught by the check named above it."""

import jax.numpy as jnp
from grader.kata.answers import caught_by
from jax import lax

# safe_norm


@caught_by("correct", "has_gradient_zero_at_the_origin")
def safe_norm__plain(x):
    """Takes the root of a sum that may be 0."""
    return jnp.sqrt(jnp.sum(x**2))


@caught_by("correct", "has_gradient_zero_at_the_origin")
def safe_norm__library(x):
    """Trusts the library."""
    return jnp.linalg.norm(x)


@caught_by("correct", "has_gradient_zero_at_the_origin")
def safe_norm__one_where(x):
    """Guards the result; the root behind it is differentiated all the same."""
    squares = jnp.sum(x**2)
    return jnp.where(squares > 0, jnp.sqrt(squares), 0.0)


@caught_by("correct", "has_gradient_zero_at_the_origin")
def safe_norm__nan_to_num(x):
    """Repairs the value, where nothing was broken."""
    return jnp.nan_to_num(jnp.sqrt(jnp.sum(x**2)))


@caught_by("correct", "is_zero_at_the_origin")
def safe_norm__epsilon(x):
    """Adds an epsilon in the root."""
    return jnp.sqrt(jnp.sum(x**2) + 1e-12)


@caught_by("correct", "is_exact_for_small_and_large")
def safe_norm__epsilon_taken_back(x):
    """Adds an epsilon in the root and takes its root away again."""
    return jnp.sqrt(jnp.sum(x**2) + 1e-12) - jnp.sqrt(jnp.float32(1e-12))


@caught_by("correct", "is_exact_for_small_and_large")
def safe_norm__threshold(x):
    """Takes small vectors for the origin."""
    squares = jnp.sum(x**2)
    small = squares < 1e-12
    return jnp.where(small, 0.0, jnp.sqrt(jnp.where(small, 1.0, squares)))


@caught_by("correct", "is_exact_for_small_and_large")
def safe_norm__isclose(x):
    """Asks whether the sum is close to 0, with a tolerance."""
    squares = jnp.sum(x**2)
    small = jnp.isclose(squares, 0.0)
    return jnp.where(small, 0.0, jnp.sqrt(jnp.where(small, 1.0, squares)))


@caught_by("correct", "is_zero_at_the_origin")
def safe_norm__one_at_the_origin(x):
    """Makes the root safe and forgets to put the 0 back."""
    squares = jnp.sum(x**2)
    return jnp.sqrt(jnp.where(squares == 0, 1.0, squares))


@caught_by("correct", "has_the_right_gradient")
def safe_norm__held_still(x):
    """Stops the gradient: finite everywhere, and wrong."""
    return lax.stop_gradient(jnp.linalg.norm(x))


@caught_by("correct", "by_hand")
def safe_norm__sum_of_sizes(x):
    """Sums the sizes of the entries."""
    return jnp.sum(jnp.abs(x))


@caught_by("jit", "compiles_once")
def safe_norm__python_branch(x):
    """Branches on the values in Python."""
    if jnp.all(x == 0):
        return jnp.sum(x * 0)
    return jnp.sqrt(jnp.sum(x**2))


@caught_by("jit", "can_be_differentiated_twice")
def safe_norm__frozen_direction(x):
    """Holds the direction still: right once, and 0 when differentiated again."""
    squares = lax.stop_gradient(jnp.sum(x**2))
    norm = jnp.sqrt(jnp.where(squares == 0, 1.0, squares))
    return x @ (lax.stop_gradient(x) / norm)


@caught_by("correct", "is_exact_for_small_and_large")
def safe_norm__floor_that_ties(x):
    """Puts a floor under the squares; where they meet, maximum halves the gradient."""
    squares = jnp.sum(x**2)
    return jnp.where(squares == 0, 0, jnp.sqrt(jnp.maximum(squares, jnp.float32(1e-15) ** 2)))


@caught_by("correct", "is_exact_for_small_and_large")
def safe_norm__threshold_in_the_middle(x):
    """Takes what is smaller than 1e-7 for the origin."""
    squares = jnp.sum(x**2)
    near = squares < 1e-14
    return jnp.where(near, 0, jnp.sqrt(jnp.where(near, 1, squares)))

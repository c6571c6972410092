"""Plausible mistakes in straight_through_round; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
import numpy as np
from grader.kata.answers import caught_by
from jax import lax

# straight_through_round


@caught_by("correct", "agrees_with_numpy")
def straight_through_round__floor_of_half(x):
    """Rounds by floor(x + 0.5), with ties mended: 0.49999997 gives 1."""
    up = jnp.floor(x + 0.5)
    tie = x - jnp.floor(x) == 0.5
    nearest = jnp.where(tie, 2 * jnp.floor(up / 2), up)
    return x + lax.stop_gradient(nearest - x)


@caught_by("correct", "lets_the_gradient_through")
def straight_through_round__plain(x):
    """Rounds, and the gradient is 0."""
    return jnp.round(x)


@caught_by("correct", "by_hand")
def straight_through_round__halves_up(x):
    """Rounds halves up."""
    return x + lax.stop_gradient(jnp.floor(x + 0.5) - x)


@caught_by("correct", "lets_the_gradient_through")
def straight_through_round__stops_it_all(x):
    """Stops the gradient of the rounded number, and has no other."""
    return lax.stop_gradient(jnp.round(x))


@caught_by("correct", "agrees_with_numpy")
def straight_through_round__cancels(x):
    """Adds x and takes it away again, both with a gradient."""
    return jnp.round(x) + x - x


@caught_by("correct", "by_hand")
def straight_through_round__stops_the_wrong_part(x):
    """Returns x: the rounding is lost."""
    return x + lax.stop_gradient(x - jnp.round(x)) * 0


@caught_by("correct", "lets_the_gradient_through")
def straight_through_round__saturates(x):
    """Lets the gradient through near 0 only, as some papers do."""
    inside = jnp.clip(x, -1, 1)
    return inside + lax.stop_gradient(jnp.round(x) - inside)


@caught_by("correct", "lets_the_gradient_through")
def straight_through_round__sums_the_gradient(x):
    """Its rule mixes the elements."""

    @jax.custom_vjp
    def rounded(x):
        return jnp.round(x)

    rounded.defvjp(lambda x: (rounded(x), x), lambda x, gradient: (jnp.full_like(x, jnp.sum(gradient)),))
    return rounded(x)


@caught_by("correct", "works_in_the_middle")
def straight_through_round__value_of_the_past(x):
    """What comes after the rounding sees x, as far as the gradient goes."""

    @jax.custom_vjp
    def rounded(x):
        return jnp.round(x)

    def backwards(x, gradient):
        return (jnp.where(gradient == 2 * jnp.round(x), 2 * x, gradient),)

    rounded.defvjp(lambda x: (rounded(x), x), backwards)
    return rounded(x)


@caught_by("correct", "agrees_with_numpy")
def straight_through_round__through_int32(x):
    """Rounds to integers, which end at two thousand millions."""
    return x + lax.stop_gradient(jnp.round(x).astype(jnp.int32) - x)


@caught_by("jit", "compiles_once")
def straight_through_round__through_numpy(x):
    """Rounds with NumPy, where there are numbers."""
    rounded = jnp.asarray(np.round(np.asarray(lax.stop_gradient(x) if jnp.shape(x) else x)))
    return x + lax.stop_gradient(rounded - x)


@caught_by("correct", "lets_the_gradient_through")
def straight_through_round__saturate1000(x):
    """Stops the gradient beyond 127."""

    @jax.custom_vjp
    def f(x):
        return jnp.round(x)

    f.defvjp(lambda x: (jnp.round(x), x), lambda x, g: (g * (jnp.abs(x) <= 127),))
    return f(x)

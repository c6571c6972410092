"""Plausible mistakes in clip_gradient; each must be caught by the check named above it."""

from functools import partial

import jax
import jax.numpy as jnp
from grader.kata.answers import caught_by
from jax import lax

# clip_gradient


@caught_by("correct", "is_the_identity_forwards")
def clip_gradient__clips_the_value(x, low, high):
    """Clips x itself."""
    return jnp.clip(x, low, high)


@caught_by("correct", "by_hand")
def clip_gradient__value_through_stop_gradient(x, low, high):
    """The identity forwards, but the gradient is masked by x, not clipped."""
    clipped = jnp.clip(x, low, high)
    return jnp.where(jnp.isfinite(x), clipped + lax.stop_gradient(x - clipped), x)


@caught_by("correct", "by_hand")
def clip_gradient__no_rule(x, low, high):
    """Forgets the gradient."""
    return x


@caught_by("correct", "by_hand")
def clip_gradient__by_norm(x, low, high):
    """Scales the gradient as a whole."""

    @jax.custom_vjp
    def identity(x, high):
        return x

    def backwards(high, gradient):
        return gradient * jnp.minimum(1, high / jnp.linalg.norm(gradient)), None

    identity.defvjp(lambda x, high: (x, high), backwards)
    return identity(x, high)


@caught_by("correct", "agrees_with_numpy")
def clip_gradient__symmetric(x, low, high):
    """Takes for granted that low is -high."""

    @jax.custom_vjp
    def identity(x, high):
        return x

    def backwards(high, gradient):
        return jnp.clip(gradient, -high, high).astype(gradient.dtype), None

    identity.defvjp(lambda x, high: (x, high), backwards)
    return identity(x, high)


@caught_by("correct", "by_hand")
def clip_gradient__one_gradient_for_three(x, low, high):
    """backwards returns one gradient, though there are three arguments."""

    @jax.custom_vjp
    def identity(x, low, high):
        return x

    def backwards(bounds, gradient):
        return (jnp.clip(gradient, *bounds),)

    identity.defvjp(lambda x, low, high: (x, (low, high)), backwards)
    return identity(x, low, high)


@caught_by("correct", "keeps_the_dtype")
def clip_gradient__wider_gradient(x, low, high):
    """Clips into float32, whatever x is."""

    @jax.custom_vjp
    def identity(x, low, high):
        return x

    def backwards(bounds, gradient):
        return jnp.clip(gradient.astype(jnp.float32), *bounds), None, None

    identity.defvjp(lambda x, low, high: (x, (low, high)), backwards)
    return identity(x, low, high)


@caught_by("correct", "gives_the_bounds_no_gradient")
def clip_gradient__static_bounds(x, low, high):
    """Declares the bounds as not differentiable, which leaves no room for traced ones."""

    @partial(jax.custom_vjp, nondiff_argnums=(1, 2))
    def identity(x, low, high):
        return x

    def backwards(low, high, _, gradient):
        return (jnp.clip(gradient, low, high).astype(gradient.dtype),)

    identity.defvjp(lambda x, low, high: (x, None), backwards)
    return identity(x, low, high)


@caught_by("correct", "gives_the_bounds_no_gradient")
def clip_gradient__bounds_closed_over(x, low, high):
    """The rule closes over the bounds, past the front door."""

    @jax.custom_vjp
    def identity(x):
        return x

    def backwards(_, gradient):
        return (jnp.clip(gradient, low, high).astype(gradient.dtype),)

    identity.defvjp(lambda x: (x, None), backwards)
    return identity(x)


@caught_by("correct", "gives_the_bounds_no_gradient")
def clip_gradient__bounds_take_the_rest(x, low, high):
    """Gives the bounds what was cut off."""

    @jax.custom_vjp
    def identity(x, low, high):
        return x

    def backwards(bounds, gradient):
        low, high = bounds
        clipped = jnp.clip(gradient, low, high).astype(gradient.dtype)
        below, above = jnp.sum(jnp.minimum(gradient - low, 0)), jnp.sum(jnp.maximum(gradient - high, 0))
        return clipped, below.astype(jnp.result_type(low)), above.astype(jnp.result_type(high))

    identity.defvjp(lambda x, low, high: (x, (low, high)), backwards)
    return identity(x, low, high)


@caught_by("jit", "compiles_once")
def clip_gradient__checks_its_bounds(x, low, high):
    """Looks at the bounds in Python."""
    if low > high:
        raise ValueError("low must not be above high")

    @jax.custom_vjp
    def identity(x, low, high):
        return x

    def backwards(bounds, gradient):
        return jnp.clip(gradient, *bounds).astype(gradient.dtype), None, None

    identity.defvjp(lambda x, low, high: (x, (low, high)), backwards)
    return identity(x, low, high)


@caught_by("correct", "leaves_nan")
def clip_gradient__nan_zero(x, low, high):
    """Makes 0 of a gradient that is NaN."""

    @jax.custom_vjp
    def identity(x, low, high):
        return x

    def forwards(x, low, high):
        return (x, (low, high))

    def backwards(bounds, gradient):
        return (jnp.clip(jnp.nan_to_num(gradient, nan=0.0), *bounds).astype(gradient.dtype), None, None)

    identity.defvjp(forwards, backwards)
    return identity(x, low, high)


@caught_by("correct", "keeps_every_bit")
def clip_gradient__plus_zero(x, low, high):
    """Adds 0 to x, which turns -0.0 into 0.0."""

    @jax.custom_vjp
    def identity(x, low, high):
        return x + 0.0

    def forwards(x, low, high):
        return (x + 0.0, (low, high))

    def backwards(bounds, gradient):
        return (jnp.clip(gradient, *bounds).astype(gradient.dtype), None, None)

    identity.defvjp(forwards, backwards)
    return identity(x, low, high)

"""Plausible mistakes in huber; each must be caught by the check named above it."""

from functools import partial

import jax
import jax.numpy as jnp
import optax
from grader.kata.answers import caught_by

# huber


@caught_by("correct", "by_hand")
def huber__python_branch(x, delta):
    """Branches on a whole array."""
    if jnp.abs(x) <= delta:
        return 0.5 * x**2
    return delta * (jnp.abs(x) - 0.5 * delta)


@caught_by("correct", "by_hand")
def huber__no_half(x, delta):
    """Forgets the half: the two pieces do not meet."""
    return jnp.where(jnp.abs(x) <= delta, x**2, delta * (jnp.abs(x) - 0.5 * delta))


@caught_by("correct", "by_hand")
def huber__sign_lost(x, delta):
    """Forgets the absolute value in the straight part."""
    return jnp.where(jnp.abs(x) <= delta, 0.5 * x**2, delta * (x - 0.5 * delta))


@caught_by("correct", "by_hand")
def huber__one_sided(x, delta):
    """Compares x itself: far to the left it stays a parabola."""
    return jnp.where(x <= delta, 0.5 * x**2, delta * (jnp.abs(x) - 0.5 * delta))


@caught_by("correct", "uses_no_shortcut")
def huber__optax(x, delta):
    """Leaves the work to optax."""
    return optax.losses.huber_loss(x, delta=delta)


@caught_by("correct", "takes_a_delta_of_zero")
def huber__scaled(x, delta):
    """Works in units of delta, and divides by zero."""
    size = jnp.abs(x) / delta
    return delta**2 * jnp.where(size <= 1, 0.5 * size**2, size - 0.5)


@caught_by("correct", "survives_huge_elements")
def huber__masks(x, delta):
    """Multiplies with masks: 0 times an infinite square is NaN."""
    size = jnp.abs(x)
    inside = (size <= delta).astype(x.dtype)
    return inside * 0.5 * x**2 + (1 - inside) * delta * (size - 0.5 * delta)


@caught_by("jit", "shares_one_program")
@partial(jax.jit, static_argnames="delta")
def huber__static_delta(x, delta):
    """Makes delta static: one program for each value of it."""
    return jnp.where(jnp.abs(x) <= delta, 0.5 * x**2, delta * (jnp.abs(x) - 0.5 * delta))


@caught_by("jit", "shares_one_program")
def huber__closes_over_delta(x, delta):
    """Compiles a new function in each call, with delta baked in."""

    @jax.jit
    def loss(x):
        size = jnp.abs(x)
        return jnp.where(size <= delta, 0.5 * x**2, delta * (size - 0.5 * delta))

    return loss(x)


@caught_by("jit", "compiles_once")
def huber__early_return(x, delta):
    """Branches on delta to save work."""
    if delta == 0:
        return jnp.zeros_like(x)
    return jnp.where(jnp.abs(x) <= delta, 0.5 * x**2, delta * (jnp.abs(x) - 0.5 * delta))


@caught_by("jit", "compiles_once")
def huber__float_of_delta(x, delta):
    """Asks for delta as a Python number."""
    delta = float(delta)
    return jnp.where(jnp.abs(x) <= delta, 0.5 * x**2, delta * (jnp.abs(x) - 0.5 * delta))


@caught_by("jit", "compiles_once")
def huber__writes_through_a_mask(x, delta):
    """Picks the outer elements with a mask: how many there are depends on the data."""
    outside = jnp.abs(x) > delta
    return (0.5 * x**2).at[outside].set(delta * (jnp.abs(x[outside]) - 0.5 * delta))


@caught_by("jit", "has_no_python_loop")
def huber__element_by_element(x, delta):
    """Loops over the elements in Python."""
    losses = []
    for value in x.reshape(-1):
        size = jnp.abs(value)
        losses.append(jnp.where(size <= delta, 0.5 * value**2, delta * (size - 0.5 * delta)))
    return jnp.stack(losses).reshape(x.shape)


@caught_by("jit", "has_a_slope")
def huber__line_held_still(x, delta):
    """Stops the gradient of the lines."""
    size = jnp.abs(x)
    return jnp.where(size <= delta, 0.5 * x**2, jax.lax.stop_gradient(delta * (size - 0.5 * delta)))


@caught_by("correct", "has_no_upper_bound")
def huber__nan_to_num(x, delta):
    """Clears NaNs away, and takes infinity for a large number."""
    size = jnp.abs(x)
    return jnp.nan_to_num(jnp.where(size <= delta, 0.5 * x**2, delta * (size - 0.5 * delta)))


@caught_by("correct", "agrees_with_a_loop")
def huber__smooth(x, delta):
    """Adds a small number, which is large beside tiny errors."""
    size = jnp.abs(x) + 1e-6
    return jnp.where(size <= delta, 0.5 * size**2, delta * (size - 0.5 * delta))


@caught_by("correct", "has_no_upper_bound")
def huber__clipped(x, delta):
    """Takes no error larger than 10."""
    size = jnp.where(jnp.abs(x) < 1e6, jnp.clip(jnp.abs(x), 0.0, 10.0), jnp.abs(x))
    return jnp.where(size <= delta, 0.5 * size**2, delta * (size - 0.5 * delta))


@caught_by("jit", "has_a_slope")
def huber__a_share_of_the_size(x, delta):
    """Divides by |x| in the line that is not chosen at 0, and its slope there is NaN."""
    size = jnp.abs(x)
    share = jnp.where(jnp.isfinite(size), delta / size, 0.0)
    return jnp.where(size <= delta, 0.5 * x**2, delta * size * (1 - 0.5 * share))

"""Plausible mistakes in newton_roots; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
from grader.kata.answers import caught_by
from jax import lax

# newton_roots


@caught_by("correct", "by_hand")
def newton_roots__whole_array(function, starts, n_steps):
    """Gives the function all starts at once."""
    x = starts
    for _ in range(n_steps):
        x = x - function(x) / jax.vmap(jax.grad(function))(x)
    return x


@caught_by("correct", "by_hand")
def newton_roots__one_step_too_many(function, starts, n_steps):
    """Counts to n_steps, inclusive."""

    def step(_, x):
        value, slope = jax.value_and_grad(function)(x)
        return jnp.where(slope == 0, x, x - value / slope)

    return jax.vmap(lambda x: lax.fori_loop(0, n_steps + 1, step, x))(starts)


@caught_by("correct", "by_hand")
def newton_roots__uphill(function, starts, n_steps):
    """Adds the step where it should subtract it."""

    def step(_, x):
        value, slope = jax.value_and_grad(function)(x)
        return jnp.where(slope == 0, x, x + value / slope)

    return jax.vmap(lambda x: lax.fori_loop(0, n_steps, step, x))(starts)


@caught_by("correct", "by_hand")
def newton_roots__python_branch(function, starts, n_steps):
    """Asks in Python whether the slope is 0, under vmap."""

    def root(x):
        for _ in range(n_steps):
            value, slope = jax.value_and_grad(function)(x)
            if slope != 0:
                x = x - value / slope
        return x

    return jax.vmap(root)(starts)


@caught_by("correct", "stays_where_it_is_flat")
def newton_roots__divides_by_zero(function, starts, n_steps):
    """Divides by whatever the slope is."""

    def step(_, x):
        value, slope = jax.value_and_grad(function)(x)
        return x - value / slope

    return jax.vmap(lambda x: lax.fori_loop(0, n_steps, step, x))(starts)


@caught_by("correct", "by_hand")
def newton_roots__epsilon(function, starts, n_steps):
    """Adds an epsilon to the slope, and misses."""

    def step(_, x):
        value, slope = jax.value_and_grad(function)(x)
        return x - value / (slope + 1e-2)

    return jax.vmap(lambda x: lax.fori_loop(0, n_steps, step, x))(starts)


@caught_by("correct", "goes_on_where_it_is_nearly_flat")
def newton_roots__stops_where_it_is_nearly_flat(function, starts, n_steps):
    """Takes a small slope for none."""

    def step(_, x):
        value, slope = jax.value_and_grad(function)(x)
        return jnp.where(jnp.abs(slope) < 1e-6, x, x - value / slope)

    return jax.vmap(lambda start: lax.fori_loop(0, n_steps, step, start))(starts)


@caught_by("correct", "goes_on_where_it_is_nearly_flat")
def newton_roots__bounded_slope(function, starts, n_steps):
    """Stands still below a thousandth."""

    def step(x, _):
        value, slope = jax.vmap(jax.value_and_grad(function))(x)
        flat = jnp.abs(slope) < 1e-3
        return jnp.where(flat, x, x - value / jnp.where(flat, 1, slope)), None

    return lax.scan(step, starts, length=n_steps)[0]


@caught_by("jit", "compiles_once")
def newton_roots__one_start_after_the_other(function, starts, n_steps):
    """Walks over the starts in Python, with a branch on each slope."""
    roots = []
    for x in starts:
        for _ in range(n_steps):
            value, slope = jax.value_and_grad(function)(x)
            if slope != 0:
                x = x - value / slope
        roots.append(x)
    return jnp.stack(roots)


@caught_by("jit", "has_no_python_loop_over_steps")
def newton_roots__steps_written_out(function, starts, n_steps):
    """Lifts over starts, but writes the steps out."""

    def step(x):
        value, slope = jax.value_and_grad(function)(x)
        return jnp.where(slope == 0, x, x - value / slope)

    for _ in range(n_steps):
        starts = jax.vmap(step)(starts)
    return starts


@caught_by("speed", "beats_the_loop")
def newton_roots__starts_written_out(function, starts, n_steps):
    """A compiled loop over steps, and a Python loop over starts."""

    def step(_, x):
        value, slope = jax.value_and_grad(function)(x)
        return jnp.where(slope == 0, x, x - value / slope)

    return jnp.stack([lax.fori_loop(0, n_steps, step, starts[i]) for i in range(len(starts))])


@caught_by("correct", "takes_long_steps")
def newton_roots__damped1000(function, starts, n_steps):
    """Bounds its steps at 1000."""

    def step(_, x):
        value, slope = jax.value_and_grad(function)(x)
        flat = slope == 0
        return jnp.where(flat, x, x - jnp.clip(value / jnp.where(flat, 1, slope), -1000, 1000))

    return jax.vmap(lambda start: lax.fori_loop(0, n_steps, step, start))(starts)


@caught_by("correct", "takes_long_steps")
def newton_roots__difference(function, starts, n_steps):
    """Takes a finite difference for the derivative."""

    def step(_, x):
        value, slope = (function(x), (function(x + 0.001) - function(x - 0.001)) / 0.002)
        flat = slope == 0
        return jnp.where(flat, x, x - value / jnp.where(flat, 1, slope))

    return jax.vmap(lambda start: lax.fori_loop(0, n_steps, step, start))(starts)


@caught_by("correct", "goes_on_where_it_is_nearly_flat")
def newton_roots__stop_tiny(function, starts, n_steps):
    """Stops where the value is small."""

    def step(_, x):
        value, slope = jax.value_and_grad(function)(x)
        flat = (slope == 0) | (jnp.abs(value) < 1e-12)
        return jnp.where(flat, x, x - value / jnp.where(flat, 1, slope))

    return jax.vmap(lambda start: lax.fori_loop(0, n_steps, step, start))(starts)

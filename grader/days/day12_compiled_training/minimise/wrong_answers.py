"""Plausible mistakes in minimise; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
import optax
from grader.kata.answers import caught_by
from jax import lax

# minimise


@caught_by("correct", "uses_no_shortcut")
def minimise__optax(function, start, learning_rate, n_steps):
    """Lets optax walk."""
    optimizer = optax.sgd(learning_rate)

    def step(_, carry):
        x, state = carry
        updates, state = optimizer.update(jax.grad(function)(x), state)
        return optax.apply_updates(x, updates), state

    return lax.fori_loop(0, n_steps, step, (start, optimizer.init(start)))[0]


@caught_by("correct", "by_hand")
def minimise__uphill(function, start, learning_rate, n_steps):
    """Adds the gradient."""
    return lax.fori_loop(0, n_steps, lambda _, x: x + learning_rate * jax.grad(function)(x), start)


@caught_by("correct", "by_hand")
def minimise__stale_gradient(function, start, learning_rate, n_steps):
    """Takes the gradient once, at the start."""
    slope = jax.grad(function)(start)
    return lax.fori_loop(0, n_steps, lambda _, x: x - learning_rate * slope, start)


@caught_by("correct", "by_hand")
def minimise__one_less(function, start, learning_rate, n_steps):
    """Counts from 1 to n_steps - 1."""
    return lax.fori_loop(1, n_steps, lambda _, x: x - learning_rate * jax.grad(function)(x), start)


@caught_by("correct", "by_hand")
def minimise__value(function, start, learning_rate, n_steps):
    """Returns the value at the last point."""
    return function(lax.fori_loop(0, n_steps, lambda _, x: x - learning_rate * jax.grad(function)(x), start))


@caught_by("correct", "for_no_step")
def minimise__at_least_one(function, start, learning_rate, n_steps):
    """Takes the first step before the loop."""

    def step(_, x):
        return x - learning_rate * jax.grad(function)(x)

    return lax.fori_loop(1, n_steps, step, step(0, start))


@caught_by("correct", "agrees_with_numpy")
def minimise__decays(function, start, learning_rate, n_steps):
    """Lets the rate go down after ten steps."""

    def step(k, x):
        return x - learning_rate * jnp.minimum(1, 10 / (k + 1)) * jax.grad(function)(x)

    return lax.fori_loop(0, n_steps, step, start)


@caught_by("correct", "walks_down_the_valley")
def minimise__a_bound_of_its_own(function, start, learning_rate, n_steps):
    """Runs a thousand steps and masks those after n_steps."""

    def step(k, x):
        return jnp.where(k < n_steps, x - learning_rate * jax.grad(function)(x), x)

    return lax.fori_loop(0, 1000, step, start)


@caught_by("jit", "compiles_once")
def minimise__python_loop(function, start, learning_rate, n_steps):
    """Compiles the gradient, and loops in Python."""
    slope = jax.jit(jax.grad(function))
    x = start
    for _ in range(n_steps):
        x = x - learning_rate * slope(x)
    return x


@caught_by("jit", "compiles_once")
def minimise__eager_loop(function, start, learning_rate, n_steps):
    """A Python loop with all of it written out: thousands of its steps take long."""
    x = start
    for _ in range(n_steps):
        x = x - learning_rate * jax.grad(function)(x)
    return x


@caught_by("correct", "by_hand")
def minimise__swapped_body(function, start, learning_rate, n_steps):
    """Gives fori_loop a body as scan wants it."""
    return lax.fori_loop(0, n_steps, lambda x, _: x - learning_rate * jax.grad(function)(x), start)


@caught_by("jit", "compiles_once")
def minimise__scan(function, start, learning_rate, n_steps):
    """Scans, which wants to know its length."""

    def step(x, _):
        return x - learning_rate * jax.grad(function)(x), None

    return lax.scan(step, start, length=n_steps)[0]


@caught_by("speed", "beats_a_loop_of_compiled_gradients")
def minimise__masked(function, start, learning_rate, n_steps):
    """Always runs 200,000 steps and masks those after n_steps."""

    def step(k, x):
        return jnp.where(k < n_steps, x - learning_rate * jax.grad(function)(x), x)

    return lax.fori_loop(0, 200_000, step, start)


@caught_by("correct", "follows_the_formula_everywhere")
def minimise__long_steps_cut(function, start, learning_rate, n_steps):
    """Cuts gradients that are longer than 1e4."""
    return lax.fori_loop(
        0,
        n_steps,
        lambda _, x: (
            lambda g: x - learning_rate * g * jnp.minimum(1, 10000.0 / jnp.maximum(jnp.linalg.norm(g), 1e-30))
        )(jax.grad(function)(x)),
        start,
    )


@caught_by("correct", "follows_the_formula_everywhere")
def minimise__keeps_last_finite(function, start, learning_rate, n_steps):
    """Stays at the last point that is finite."""
    return lax.fori_loop(
        0,
        n_steps,
        lambda _, x: (lambda z: jnp.where(jnp.isfinite(z), z, x))(x - learning_rate * jax.grad(function)(x)),
        start,
    )


@caught_by("correct", "follows_the_formula_everywhere")
def minimise__stops_where_it_is_flat(function, start, learning_rate, n_steps):
    """Stands still where the gradient is shorter than 1e-6."""
    return lax.fori_loop(
        0,
        n_steps,
        lambda _, x: (lambda g: jnp.where(jnp.linalg.norm(g) < 1e-06, x, x - learning_rate * g))(
            jax.grad(function)(x)
        ),
        start,
    )


@caught_by("correct", "follows_the_formula_everywhere")
def minimise__stops_where_it_rises(function, start, learning_rate, n_steps):
    """Leaves out steps that lead uphill."""
    return lax.fori_loop(
        0,
        n_steps,
        lambda _, x: (lambda z: jnp.where(function(z) > function(x), x, z))(
            x - learning_rate * jax.grad(function)(x)
        ),
        start,
    )


@caught_by("deeper", "takes_python_numbers")
def minimise__array_count(function, start, learning_rate, n_steps):
    """Calls n_steps.astype, which a Python number has not."""
    n_steps = n_steps.astype(jnp.int32)
    return lax.fori_loop(0, n_steps, lambda _, x: x - learning_rate * jax.grad(function)(x), start)


@caught_by("deeper", "takes_python_numbers")
def minimise__array_rate(function, start, learning_rate, n_steps):
    """Calls learning_rate.astype, which a Python number has not."""
    learning_rate = learning_rate.astype(start.dtype)
    return lax.fori_loop(0, n_steps, lambda _, x: x - learning_rate * jax.grad(function)(x), start)

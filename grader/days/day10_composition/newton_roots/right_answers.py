"""Other honest ways to write newton_roots; each must pass every check."""

from functools import partial

import jax
import jax.numpy as jnp
from jax import lax

# newton_roots


def newton_roots__scan(function, starts, n_steps):
    """All starts in step, under scan."""

    def step(x, _):
        value, slope = jax.vmap(jax.value_and_grad(function))(x)
        return x - jnp.where(slope == 0, 0, value / slope), None

    return lax.scan(step, starts, length=n_steps)[0]


def newton_roots__while_loop(function, starts, n_steps):
    """A while loop for each start, with a cond."""

    def step(state):
        k, x = state
        value, slope = function(x), jax.grad(function)(x)
        return k + 1, lax.cond(slope == 0, lambda: x, lambda: x - value / slope)

    return jax.vmap(lambda x: lax.while_loop(lambda state: state[0] < n_steps, step, (0, x))[1])(starts)


@partial(jax.jit, static_argnames=("function", "n_steps"))
def newton_roots__forward_mode(function, starts, n_steps):
    """Value and slope by jvp; the starts one after another under lax.map, compiled by the learner."""

    def root(x):
        def step(_, x):
            value, slope = jax.jvp(function, (x,), (jnp.ones_like(x),))
            safe = jnp.where(slope == 0, 1, slope)
            return jnp.where(slope == 0, x, x - value / safe)

        return lax.fori_loop(0, n_steps, step, x)

    return lax.map(root, starts)


def newton_roots__python_derivative(function, starts, n_steps):
    """Lifts function and derivative apart, and loops over the whole array."""
    values, slopes = (jax.vmap(function), jax.vmap(jax.grad(function)))

    def step(_, x):
        f, df = (values(x), slopes(x))
        return jnp.where(df == 0, x, x - f / jnp.where(df == 0, 1.0, df))

    return lax.fori_loop(0, n_steps, step, starts)


def newton_roots__moves(function, starts, n_steps):
    """Makes the move 0 where it is flat; derivative by jacfwd."""
    slope_of = jax.jacfwd(function)

    def step(x, _):
        slope = slope_of(x)
        move = lax.cond(slope != 0, lambda: function(x) / slope, lambda: jnp.zeros_like(x))
        return (x - move, None)

    return jax.vmap(lambda x: lax.scan(step, x, None, length=n_steps)[0])(starts)


@partial(jax.jit, static_argnums=(0, 2))
def newton_roots__pull_back(function, starts, n_steps):
    """Slopes by vjp; the loop counts down; compiled by the learner."""

    @jax.vmap
    def step(x):
        value, pull = jax.vjp(function, x)
        (slope,) = pull(jnp.ones_like(value))
        return lax.select(slope == 0, x, x - value / slope)

    def advance(state):
        left, x = state
        return (left - 1, step(x))

    return lax.while_loop(lambda state: state[0] > 0, advance, (n_steps, starts))[1]

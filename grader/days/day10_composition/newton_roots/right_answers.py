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

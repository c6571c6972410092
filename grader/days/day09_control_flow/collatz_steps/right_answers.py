"""Other honest ways to write collatz_steps; each must pass every check."""

import jax.numpy as jnp
from jax import lax

# collatz_steps


def collatz_steps__cond(n):
    """Branches with a cond."""

    def step(state):
        n, steps = state
        return lax.cond(n % 2 == 0, lambda: n // 2, lambda: 3 * n + 1), steps + 1

    return lax.while_loop(lambda state: state[0] > 1, step, (n, jnp.zeros((), n.dtype)))[1]


def collatz_steps__bits(n):
    """Works on bits and keeps the state in a dict."""

    def step(state):
        n = state["n"]
        return {"n": jnp.where(n & 1, 3 * n + 1, n >> 1), "steps": state["steps"] + 1}

    start = {"n": n, "steps": jnp.int32(0)}
    return lax.while_loop(lambda state: state["n"] != 1, step, start)["steps"]


def collatz_steps__two_at_once(n):
    """An odd number takes two steps at once: 3 n + 1 is even."""

    def step(state):
        n, steps = state
        odd = n % 2
        return jnp.where(odd == 1, (3 * n + 1) // 2, n // 2), steps + 1 + odd

    return lax.while_loop(lambda state: state[0] != 1, step, (n, 0))[1]

"""Other honest ways to write collatz_steps; each must pass every check."""

import jax
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


def collatz_steps__state_in_an_array(n):
    """Carries one array of two numbers."""

    def step(state):
        n, steps = state
        return jnp.stack([jnp.where(n % 2 == 1, 3 * n + 1, n // 2), steps + 1])

    return lax.while_loop(lambda state: state[0] != 1, step, jnp.stack([n, jnp.zeros_like(n)]))[1]


def collatz_steps__counts_both_kinds(n):
    """Counts odd and even steps apart, by lax alone."""

    def step(state):
        n, odd, even = state
        is_odd = lax.rem(n, jnp.ones_like(n) * 2)
        n = lax.select(is_odd == 1, n * 3 + 1, lax.div(n, jnp.ones_like(n) * 2))
        return (n, odd + is_odd, even + 1 - is_odd)

    zero = n * 0
    _, odd, even = lax.while_loop(lambda state: state[0] > 1, step, (n, zero, zero))
    return odd + even


@jax.jit
def collatz_steps__switch(n):
    """A dict as the state, a switch in the step; compiled by the learner."""

    def step(state):
        n = lax.switch(state["n"] & 1, [lambda n: n >> 1, lambda n: n + n + n + 1], state["n"])
        return {"n": n, "steps": state["steps"] + 1}

    return lax.while_loop(lambda state: state["n"] != 1, step, {"n": n, "steps": jnp.zeros_like(n)})["steps"]

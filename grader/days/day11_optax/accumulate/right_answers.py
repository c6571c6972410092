"""Other honest ways to write accumulate; each must pass every check."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax import lax

# accumulate


def accumulate__pair_of_multi_steps(optimizer, k):
    """Takes the two methods of a MultiSteps."""
    multi = optax.MultiSteps(optimizer, every_k_schedule=lambda step: k)
    return optax.GradientTransformation(multi.init, multi.update)


def accumulate__where(optimizer, k):
    """Runs the optimiser at every small step, and keeps what it did once a round."""

    class State(NamedTuple):
        count: jax.Array
        total: Any
        inner: Any

    def init(params):
        return State(jnp.int32(0), jax.tree.map(jnp.zeros_like, params), optimizer.init(params))

    def update(gradients, state, params=None):
        total = jax.tree.map(jnp.add, state.total, gradients)
        updates, after = optimizer.update(jax.tree.map(lambda t: t / k, total), state.inner, params)
        now = state.count == k - 1

        def choose(yes, no):
            return jax.tree.map(lambda a, b: jnp.where(now, a, b), yes, no)

        zeros = jax.tree.map(jnp.zeros_like, total)
        after = State((state.count + 1) % k, choose(zeros, total), choose(after, state.inner))
        return choose(updates, zeros), after

    return optax.GradientTransformation(init, update)


def accumulate__cond(optimizer, k):
    """Runs the optimiser only when a round is full."""

    def init(params):
        zeros = jax.tree.map(jnp.zeros_like, params)
        return {"count": jnp.zeros((), jnp.int32), "mean": zeros, "inner": optimizer.init(params)}

    def update(gradients, state, params=None):
        mean = jax.tree.map(lambda m, g: m + g / k, state["mean"], gradients)
        zeros = jax.tree.map(jnp.zeros_like, mean)

        def step():
            updates, inner = optimizer.update(mean, state["inner"], params)
            return updates, {"count": jnp.zeros((), jnp.int32), "mean": zeros, "inner": inner}

        def wait():
            return zeros, {"count": state["count"] + 1, "mean": mean, "inner": state["inner"]}

        return lax.cond(state["count"] + 1 == k, step, wait)

    return optax.GradientTransformation(init, update)


def accumulate__keeps_all(optimizer, k):
    """Keeps the gradients of a round in a ring and averages them at the end."""

    def init(params):
        rows = jax.tree.map(lambda p: jnp.zeros((k, *p.shape), p.dtype), params)
        return jnp.zeros((), jnp.int32), rows, optimizer.init(params)

    def update(gradients, state, params=None):
        count, rows, inner = state
        rows = jax.tree.map(lambda r, g: r.at[count % k].set(g), rows, gradients)
        updates, after = optimizer.update(jax.tree.map(lambda r: r.mean(0), rows), inner, params)
        count = count + 1
        full = count % k == 0
        updates = jax.tree.map(lambda u: jnp.where(full, u, jnp.zeros_like(u)), updates)
        return updates, (count, rows, jax.tree.map(lambda a, b: jnp.where(full, a, b), after, inner))

    return optax.GradientTransformation(init, update)


def accumulate__reset_times_zero(optimizer, k):
    """Resets its sum by a product with 0: a NaN stays for good, which nobody asks about."""

    def init(params):
        return (jnp.zeros((), jnp.int32), jax.tree.map(jnp.zeros_like, params), optimizer.init(params))

    def update(g, state, params=None):
        n, acc, inner = state
        acc = jax.tree.map(lambda a, b: a + b, acc, g)
        last = n + 1 == k
        u, new = optimizer.update(jax.tree.map(lambda a: a / k, acc), inner, params)
        u = jax.tree.map(lambda x: jnp.where(last, x, jnp.zeros_like(x)), u)
        inner = jax.tree.map(lambda a, b: jnp.where(last, a, b), new, inner)
        acc = jax.tree.map(lambda a: a * (1 - last), acc)
        return (u, (jnp.where(last, 0, n + 1), acc, inner))

    return optax.GradientTransformation(init, update)


def accumulate__running_mean(optimizer, k):
    """A running mean, and where for everything; the count goes on and is taken modulo k."""

    def init(params):
        return (jnp.zeros((), jnp.int32), optax.tree.zeros_like(params), optimizer.init(params))

    def update(gradients, state, params=None):
        n, mean, inner = state
        mean = jax.tree.map(lambda m, g: jnp.where(n == 0, g, m + (g - m) / (n + 1)), mean, gradients)
        is_last = n == k - 1
        updates, moved = optimizer.update(mean, inner, params)

        def pick(yes, no):
            return jax.tree.map(lambda y, n: lax.select(is_last, y, n), yes, no)

        return (pick(updates, optax.tree.zeros_like(updates)), ((n + 1) % k, mean, pick(moved, inner)))

    return optax.GradientTransformation(init, update)

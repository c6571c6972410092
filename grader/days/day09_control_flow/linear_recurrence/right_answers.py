"""Other honest ways to write linear_recurrence; each must pass every check."""

import jax
import jax.numpy as jnp
import jax.scipy.linalg
from jax import lax

# linear_recurrence


def linear_recurrence__doubling(a, b):
    """Joins each step with the one 1, 2, 4, ... before it."""
    n, distance = len(a), 1
    while distance < n:
        ones = jnp.ones((distance, *a.shape[1:]), a.dtype)
        zeros = jnp.zeros((distance, *b.shape[1:]), b.dtype)
        earlier_a = jnp.concatenate([ones, a[:-distance]])
        earlier_b = jnp.concatenate([zeros, b[:-distance]])
        a, b = a * earlier_a, a * earlier_b + b
        distance *= 2
    return b


def linear_recurrence__backwards(a, b):
    """Flips, and scans in reverse."""

    def after(later, earlier):
        return later[0] * earlier[0], earlier[0] * later[1] + earlier[1]

    flipped = a[::-1], b[::-1]
    return lax.associative_scan(after, flipped, reverse=True)[1][::-1]


@jax.jit
def linear_recurrence__dicts(a, b):
    """Steps as dicts, compiled by the learner."""

    def after(first, second):
        return {"a": second["a"] * first["a"], "b": second["a"] * first["b"] + second["b"]}

    return jax.lax.associative_scan(after, {"a": a, "b": b}, axis=0)["b"]


def linear_recurrence__halves(a, b):
    """Joins neighbours, solves half the problem, fills in the rest: by recursion."""

    def solve(a, b):
        if len(a) == 1:
            return b
        even = len(a) // 2 * 2
        pair_a = a[1:even:2] * a[0:even:2]
        pair_b = a[1:even:2] * b[0:even:2] + b[1:even:2]
        odd_states = solve(pair_a, pair_b)
        before = jnp.concatenate([jnp.zeros_like(b[:1]), odd_states])[: len(a[0::2])]
        even_states = a[0::2] * before + b[0::2]
        return jnp.zeros_like(b).at[0::2].set(even_states).at[1::2].set(odd_states)

    return solve(a, b)


def linear_recurrence__matrices(a, b):
    """Multiplies matrices ((a, b), (0, 1)), as many as there are items."""
    zeros, ones = (jnp.zeros_like(a), jnp.ones_like(a))
    steps = jnp.stack([jnp.stack([a, b], -1), jnp.stack([zeros, ones], -1)], -2)
    products = lax.associative_scan(lambda first, second: second @ first, steps)
    return products[..., 0, 1]


def linear_recurrence__affine_maps(a, b):
    """Composition of affine maps by lax.associative_scan."""

    def compose(first, then):
        return first[0] * then[0], first[1] * then[0] + then[1]

    return lax.associative_scan(compose, (jnp.asarray(a), jnp.asarray(b)), axis=0)[1]

"""Other honest ways to write fixed_point; each must pass every check."""

from functools import partial

import jax
import jax.numpy as jnp
from jax import lax

# fixed_point


def fixed_point__fixed_number_of_steps(function, start, theta):
    """Two hundred and fifty steps each way, with a rule that has the function closed over."""

    @jax.custom_vjp
    def solve(start, theta):
        return lax.fori_loop(0, 250, lambda _, x: function(x, theta), start)

    def forwards(start, theta):
        x = solve(start, theta)
        return x, (x, theta)

    def backwards(kept, v):
        x, theta = kept
        _, pull_x = jax.vjp(lambda x: function(x, theta), x)
        u = lax.fori_loop(0, 250, lambda _, u: v + pull_x(u)[0], v)
        _, pull_theta = jax.vjp(lambda theta: function(x, theta), theta)
        return None, *pull_theta(u)

    solve.defvjp(forwards, backwards)
    return solve(start, theta)


def fixed_point__custom_root(function, start, theta):
    """JAX's own root finder, with the two solvers handed in."""

    def solve(residual, x):
        return lax.fori_loop(0, 250, lambda _, x: x - residual(x), x)

    def tangent_solve(linear, v):
        # custom_root wants a solve that it can transpose.
        return lax.custom_linear_solve(
            linear,
            v,
            lambda matvec, v: lax.fori_loop(0, 250, lambda _, u: v + u - matvec(u), v),
            transpose_solve=lambda matvec, v: lax.fori_loop(0, 250, lambda _, u: v + u - matvec(u), v),
        )

    return lax.custom_root(lambda x: x - function(x, theta), start, solve, tangent_solve)


def fixed_point__rule_on_the_last_step(function, start, theta):
    """Finds the point without a gradient, takes one step with one, and repairs the gradient that comes back."""
    x = lax.stop_gradient(
        lax.fori_loop(0, 250, lambda _, x: function(x, lax.stop_gradient(theta)), lax.stop_gradient(start))
    )

    @jax.custom_vjp
    def repair(out, x, theta):
        return out

    def forwards(out, x, theta):
        return out, (x, theta)

    def backwards(kept, v):
        x, theta = kept
        _, pull_back = jax.vjp(lambda x: function(x, theta), x)
        u = lax.fori_loop(0, 250, lambda _, u: v + pull_back(u)[0], v)
        return u, jnp.zeros_like(x), jax.tree.map(jnp.zeros_like, theta)

    repair.defvjp(forwards, backwards)
    return repair(function(x, theta), x, theta)


@partial(jax.jit, static_argnums=0)
def fixed_point__function_not_differentiated(function, start, theta):
    """nondiff_argnums for the function, a tolerance for the loops; compiled by the learner."""

    def settle(step, x):
        def moves(state):
            x, before, k = state
            return (k < 400) & (jnp.max(jnp.abs(x - before)) > 1e-7 * (1 + jnp.max(jnp.abs(x))))

        return lax.while_loop(moves, lambda state: (step(state[0]), state[0], state[2] + 1), (step(x), x, 0))[
            0
        ]

    @partial(jax.custom_vjp, nondiff_argnums=(0,))
    def solve(function, start, theta):
        return settle(lambda x: function(x, theta), start)

    def forwards(function, start, theta):
        x = solve(function, start, theta)
        return x, (x, theta)

    def backwards(function, kept, v):
        _, pull_back = jax.vjp(function, *kept)
        u = settle(lambda u: v + pull_back(u)[0], v)
        return jnp.zeros_like(kept[0]), pull_back(u)[1]

    solve.defvjp(forwards, backwards)
    return solve(function, start, theta)

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


def fixed_point__counted_scan(function, start, theta):
    """Two hundred steps under scan, forwards and backwards."""

    def repeat(step, x):
        return lax.scan(lambda x, _: (step(x), None), x, None, length=200)[0]

    @jax.custom_vjp
    def point(theta, start):
        return repeat(lambda x: function(x, theta), start)

    def forwards(theta, start):
        x = point(theta, start)
        return (x, (theta, x))

    def backwards(kept, v):
        theta, x = kept
        by_x = jax.vjp(lambda x: function(x, theta), x)[1]
        by_theta = jax.vjp(lambda theta: function(x, theta), theta)[1]
        u = repeat(lambda u: v + by_x(u)[0], jnp.zeros_like(v))
        return (*by_theta(u), None)

    point.defvjp(forwards, backwards)
    return point(theta, start)


@partial(jax.jit, static_argnums=0)
def fixed_point__twice_the_same_loop(function, start, theta):
    """One loop with its own state class serves both ways; the function is an argument that is not differentiated."""

    def run(step, x):

        def body(state):
            x, _, k = state
            return (step(x), x, k + 1)

        return lax.while_loop(lambda s: (s[2] < 250) & ~jnp.array_equal(s[0], s[1]), body, (step(x), x, 1))[0]

    @partial(jax.custom_vjp, nondiff_argnums=(0,))
    def solve(f, theta, x):
        return run(lambda x: f(x, theta), x)

    def there(f, theta, x):
        x = solve(f, theta, x)
        return (x, (theta, x))

    def back(f, kept, v):
        theta, x = kept
        pull = jax.vjp(f, x, theta)[1]
        u = run(lambda u: jnp.add(v, pull(u)[0]), v)
        return (pull(u)[1], jnp.zeros_like(x))

    solve.defvjp(there, back)
    return solve(function, theta, start)

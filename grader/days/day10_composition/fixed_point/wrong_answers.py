"""Plausible mistakes in fixed_point; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
from grader.kata.answers import caught_by
from jax import lax

# fixed_point


@caught_by("correct", "by_hand")
def fixed_point__one_step(function, start, theta):
    """Applies the function once."""
    return function(start, theta)


@caught_by("correct", "arrives")
def fixed_point__gives_up_early(function, start, theta):
    """Takes fifty steps, which are too few."""
    return lax.fori_loop(0, 50, lambda _, x: function(x, theta), start)


@caught_by("correct", "has_the_implicit_gradient")
def fixed_point__plain_while(function, start, theta):
    """A while_loop and no rule: no gradient flows back."""

    def moves(state):
        return jnp.any(jnp.abs(state[0] - state[1]) > 1e-7) & (state[2] < 300)

    def advance(state):
        return function(state[0], theta), state[0], state[2] + 1

    return lax.while_loop(moves, advance, (function(start, theta), start, 0))[0]


@caught_by("correct", "has_the_implicit_gradient")
def fixed_point__last_step_only(function, start, theta):
    """Differentiates the last step and forgets that x* depends on theta, too."""
    x = lax.stop_gradient(lax.fori_loop(0, 250, lambda _, x: function(x, theta), start))
    return function(x, theta)


@caught_by("correct", "has_the_implicit_gradient")
def fixed_point__not_transposed(function, start, theta):
    """Solves with A where its transpose is needed."""

    @jax.custom_vjp
    def solve(start, theta):
        return lax.fori_loop(0, 250, lambda _, x: function(x, theta), start)

    def forwards(start, theta):
        x = solve(start, theta)
        return x, (x, theta)

    def backwards(kept, v):
        x, theta = kept

        def push(u):
            return jax.jvp(lambda x: function(x, theta), (x,), (u,))[1]

        u = lax.fori_loop(0, 250, lambda _, u: v + push(u), v)
        return jnp.zeros_like(x), jax.vjp(function, x, theta)[1](u)[1]

    solve.defvjp(forwards, backwards)
    return solve(start, theta)


@caught_by("correct", "has_the_implicit_gradient")
def fixed_point__v_left_out(function, start, theta):
    """Iterates u = Aᵀu, which dies away."""

    @jax.custom_vjp
    def solve(start, theta):
        return lax.fori_loop(0, 250, lambda _, x: function(x, theta), start)

    def forwards(start, theta):
        x = solve(start, theta)
        return x, (x, theta)

    def backwards(kept, v):
        _, pull_back = jax.vjp(function, *kept)
        u = lax.fori_loop(0, 250, lambda _, u: pull_back(u)[0], v)
        return jnp.zeros_like(kept[0]), pull_back(u)[1]

    solve.defvjp(forwards, backwards)
    return solve(start, theta)


@caught_by("correct", "forgets_its_start")
def fixed_point__gradient_of_the_start(function, start, theta):
    """Gives the start the gradient that belongs to x."""

    @jax.custom_vjp
    def solve(start, theta):
        return lax.fori_loop(0, 250, lambda _, x: function(x, theta), start)

    def forwards(start, theta):
        x = solve(start, theta)
        return x, (x, theta)

    def backwards(kept, v):
        _, pull_back = jax.vjp(function, *kept)
        u = lax.fori_loop(0, 250, lambda _, u: v + pull_back(u)[0], v)
        return pull_back(u)

    solve.defvjp(forwards, backwards)
    return solve(start, theta)


@caught_by("correct", "gradient_arrives")
def fixed_point__short_way_back(function, start, theta):
    """Takes thirty steps backwards: enough for a quick function, not for a slow one."""

    @jax.custom_vjp
    def solve(start, theta):
        return lax.fori_loop(0, 250, lambda _, x: function(x, theta), start)

    def forwards(start, theta):
        x = solve(start, theta)
        return x, (x, theta)

    def backwards(kept, v):
        _, pull_back = jax.vjp(function, *kept)
        u = lax.fori_loop(0, 30, lambda _, u: v + pull_back(u)[0], v)
        return jnp.zeros_like(kept[0]), pull_back(u)[1]

    solve.defvjp(forwards, backwards)
    return solve(start, theta)


@caught_by("jit", "is_flat_in_memory")
def fixed_point__differentiates_the_loop(function, start, theta):
    """Right, but reverse mode keeps two hundred steps."""
    return lax.fori_loop(0, 250, lambda _, x: function(x, theta), start)


@caught_by("jit", "is_flat_in_memory")
def fixed_point__checkpointed(function, start, theta):
    """Recomputes each step, and keeps one x for each all the same."""
    step = jax.checkpoint(lambda x: function(x, theta))
    return lax.fori_loop(0, 250, lambda _, x: step(x), start)


@caught_by("jit", "is_flat_in_memory")
def fixed_point__builds_the_matrix(function, start, theta):
    """Solves with the whole Jacobian."""

    @jax.custom_vjp
    def solve(start, theta):
        return lax.fori_loop(0, 250, lambda _, x: function(x, theta), start)

    def forwards(start, theta):
        x = solve(start, theta)
        return x, (x, theta)

    def backwards(kept, v):
        x, theta = kept
        matrix = jax.jacobian(function)(x, theta).reshape(x.size, x.size)
        u = jnp.linalg.solve(jnp.eye(x.size) - matrix.T, v.ravel()).reshape(x.shape)
        return jnp.zeros_like(x), jax.vjp(function, x, theta)[1](u)[1]

    solve.defvjp(forwards, backwards)
    return solve(start, theta)


@caught_by("correct", "arrives")
def fixed_point__python_while(function, start, theta):
    """Looks at the values in Python."""
    before, x = start, function(start, theta)
    while jnp.any(jnp.abs(x - before) > 1e-6):
        before, x = x, function(x, theta)
    return x


@caught_by("correct", "goes_on_while_anything_moves")
def fixed_point__sum_changes(function, start, theta):
    """Stops when the sum of x stands still."""

    def settle(step, x):

        def moves(state):
            k, before, x = state
            return (k < 200) & (jnp.sum(x) != jnp.sum(before))

        def advance(state):
            k, _, x = state
            return (k + 1, x, step(x))

        return lax.while_loop(moves, advance, (1, x, step(x)))[2]

    @jax.custom_vjp
    def solve(start, theta):
        return settle(lambda x: function(x, theta), start)

    def forwards(start, theta):
        x = solve(start, theta)
        return (x, (x, theta))

    def backwards(kept, v):
        x, theta = kept
        _, pull_back = jax.vjp(function, x, theta)
        u = settle(lambda u: v + pull_back(u)[0], v)
        return (jnp.zeros_like(x), pull_back(u)[1])

    solve.defvjp(forwards, backwards)
    return solve(start, theta)


@caught_by("correct", "finds_a_tiny_point")
def fixed_point__tolerance6(function, start, theta):
    """Stops when nothing moves by more than 1e-6."""

    def settle(step, x):

        def moves(state):
            k, before, x = state
            return (k < 200) & jnp.any(jnp.abs(x - before) > 1e-06)

        def advance(state):
            k, _, x = state
            return (k + 1, x, step(x))

        return lax.while_loop(moves, advance, (1, x, step(x)))[2]

    @jax.custom_vjp
    def solve(start, theta):
        return settle(lambda x: function(x, theta), start)

    def forwards(start, theta):
        x = solve(start, theta)
        return (x, (x, theta))

    def backwards(kept, v):
        x, theta = kept
        _, pull_back = jax.vjp(function, x, theta)
        u = settle(lambda u: v + pull_back(u)[0], v)
        return (jnp.zeros_like(x), pull_back(u)[1])

    solve.defvjp(forwards, backwards)
    return solve(start, theta)

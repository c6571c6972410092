"""Plausible mistakes in laplacian; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
from grader.kata.answers import caught_by
from jax import lax

# laplacian


@caught_by("jit", "never_builds_the_matrix")
def laplacian__trace_of_hessian(function, x):
    """Builds the Hessian for its diagonal."""
    return jnp.trace(jax.hessian(function)(x))


@caught_by("jit", "never_builds_the_matrix")
def laplacian__all_directions_at_once(function, x):
    """Sends an identity through: that is n x n, and what comes out is, too."""
    gradient = jax.grad(function)
    return jnp.sum(jax.vmap(lambda e: e @ jax.jvp(gradient, (x,), (e,))[1])(jnp.eye(len(x), dtype=x.dtype)))


@caught_by("jit", "never_builds_the_matrix")
def laplacian__map_over_identity(function, x):
    """Takes one direction at a time, but out of an identity."""
    gradient = jax.grad(function)
    return jnp.sum(lax.map(lambda e: e @ jax.jvp(gradient, (x,), (e,))[1], jnp.eye(len(x))))


@caught_by("correct", "by_hand")
def laplacian__differences(function, x):
    """Takes second differences, which lose all digits in float32."""
    step = 1e-2

    def second(i):
        e = jnp.zeros_like(x).at[i].set(step)
        return (function(x + e) - 2 * function(x) + function(x - e)) / step**2

    return jnp.sum(jax.vmap(second)(jnp.arange(len(x))))


@caught_by("correct", "by_hand")
def laplacian__sum_of_gradient(function, x):
    """Sums first derivatives: a divergence of the wrong thing."""
    return jnp.sum(jax.grad(function)(x))


@caught_by("correct", "of_a_harmonic_function")
def laplacian__sum_of_all_entries(function, x):
    """Pushes all ones through, which sums the whole Hessian."""
    ones = jnp.ones_like(x)
    return ones @ jax.jvp(jax.grad(function), (x,), (ones,))[1]


@caught_by("correct", "of_a_harmonic_function")
def laplacian__one_random_probe(function, x):
    """Estimates the trace with one random vector of signs."""
    probe = jax.random.rademacher(jax.random.key(0), x.shape, x.dtype)
    return probe @ jax.jvp(jax.grad(function), (x,), (probe,))[1]


@caught_by("correct", "by_hand")
def laplacian__square_of_gradient(function, x):
    """Squares the first derivatives instead of taking the second ones."""
    return jnp.sum(jax.grad(function)(x) ** 2)


@caught_by("jit", "has_no_python_loop")
def laplacian__python_loop(function, x):
    """Goes over the coordinates in Python."""
    gradient = jax.grad(function)
    return sum(jax.jvp(gradient, (x,), (jnp.zeros_like(x).at[i].set(1),))[1][i] for i in range(len(x)))


@caught_by("jit", "compiles_once")
def laplacian__skips_zeros(function, x):
    """Skips coordinates by their value."""
    gradient = jax.grad(function)
    total = jnp.zeros(())
    for i in range(len(x)):
        if x[i] == x[i]:
            total += jax.jvp(gradient, (x,), (jnp.zeros_like(x).at[i].set(1),))[1][i]
    return total


@caught_by("correct", "agrees_with_the_closed_form")
def laplacian__eight_colours(function, x):
    """Probes every eighth coordinate together, which is right for banded Hessians alone."""
    _, hessian_times = jax.linearize(jax.grad(function), x)

    def one_colour(colour):
        direction = (jnp.arange(x.size) % 8 == colour).astype(x.dtype)
        return direction @ hessian_times(direction)

    return jnp.sum(jax.lax.map(one_colour, jnp.arange(8)))

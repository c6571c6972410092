"""Plausible mistakes in hessian_vector_product; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
from grader.kata.answers import caught_by
from jax import lax

# hessian_vector_product


@caught_by("correct", "by_hand")
def hessian_vector_product__differences(function, x, v):
    """Takes the difference of two gradients."""
    step = 1e-3
    gradient = jax.grad(function)
    return (gradient(x + step * v) - gradient(x - step * v)) / (2 * step)


@caught_by("correct", "by_hand")
def hessian_vector_product__first_of_the_pair(function, x, v):
    """Returns the gradient, which jvp gives first."""
    return jax.jvp(jax.grad(function), (x,), (v,))[0]


@caught_by("correct", "by_hand")
def hessian_vector_product__both(function, x, v):
    """Returns the pair that jvp gives."""
    return jax.jvp(jax.grad(function), (x,), (v,))


@caught_by("correct", "by_hand")
def hessian_vector_product__of_the_function(function, x, v):
    """Pushes v through the function, not through its gradient."""
    return jax.jvp(function, (x,), (v,))[1] * v


@caught_by("correct", "by_hand")
def hessian_vector_product__quadratic_form(function, x, v):
    """Computes the number v H v."""
    return v @ jax.jvp(jax.grad(function), (x,), (v,))[1]


@caught_by("correct", "agrees_with_differences")
def hessian_vector_product__diagonal(function, x, v):
    """Multiplies with the diagonal alone."""
    gradient = jax.grad(function)
    ones = jnp.ones_like(x)
    return jax.jvp(gradient, (x,), (ones,))[1] * v


@caught_by("jit", "never_builds_the_matrix")
def hessian_vector_product__whole_hessian(function, x, v):
    """Builds the Hessian."""
    return jax.hessian(function)(x) @ v


@caught_by("jit", "never_builds_the_matrix")
def hessian_vector_product__rows_at_once(function, x, v):
    """Lifts the row over all rows: that is the matrix, too."""
    gradient = jax.grad(function)
    rows = jax.vmap(lambda direction: jax.jvp(gradient, (x,), (direction,))[1])(jnp.eye(len(x)))
    return rows @ v


@caught_by("jit", "has_no_python_loop")
def hessian_vector_product__python_rows(function, x, v):
    """Makes one row after the other, in Python."""
    gradient = jax.grad(function)
    rows = [jax.grad(lambda x, i=i: gradient(x)[i])(x) for i in range(len(x))]
    return jnp.stack([row @ v for row in rows])


@caught_by("jit", "compiles_once")
def hessian_vector_product__nothing_to_do(function, x, v):
    """Branches on v to save work."""
    if not jnp.any(v):
        return jnp.zeros_like(x)
    return jax.jvp(jax.grad(function), (x,), (v,))[1]


@caught_by("speed", "beats_the_hessian")
def hessian_vector_product__row_by_row(function, x, v):
    """Never holds the matrix, but makes all its rows, one after the other."""
    gradient = jax.grad(function)

    def row_times_v(i):
        return jax.grad(lambda x: gradient(x)[i])(x) @ v

    return lax.map(row_times_v, jnp.arange(len(x)))

"""Plausible mistakes in derivatives; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
from grader.kata.answers import caught_by

# derivatives


@caught_by("correct", "by_hand")
def derivatives__finite_differences(function, xs, order):
    """Takes differences, which leave float32 no digits."""
    step = 1e-2

    def difference(f):
        return lambda x: (f(x + step) - f(x - step)) / (2 * step)

    rows = []
    for _ in range(order + 1):
        rows.append(jax.vmap(function)(xs))
        function = difference(function)
    return jnp.stack(rows)


@caught_by("correct", "by_hand")
def derivatives__starts_at_one(function, xs, order):
    """Leaves the values out and goes one derivative further."""
    rows = []
    for _ in range(order + 1):
        function = jax.grad(function)
        rows.append(jax.vmap(function)(xs))
    return jnp.stack(rows)


@caught_by("correct", "by_hand")
def derivatives__one_short(function, xs, order):
    """Stops before the last one."""
    rows = []
    for _ in range(order):
        rows.append(jax.vmap(function)(xs))
        function = jax.grad(function)
    return jnp.stack(rows)


@caught_by("correct", "by_hand")
def derivatives__transposed(function, xs, order):
    """Puts points first."""
    rows = []
    for _ in range(order + 1):
        rows.append(jax.vmap(function)(xs))
        function = jax.grad(function)
    return jnp.stack(rows, axis=1)


@caught_by("correct", "by_hand")
def derivatives__taylor(function, xs, order):
    """Gives Taylor coefficients: each derivative over k!."""
    rows, factorial = [], 1
    for k in range(order + 1):
        factorial *= max(k, 1)
        rows.append(jax.vmap(function)(xs) / factorial)
        function = jax.grad(function)
    return jnp.stack(rows)


@caught_by("correct", "by_hand")
def derivatives__late_binding(function, xs, order):
    """Wraps a name that has been given away by the time it is looked up: the function calls itself."""
    rows = []
    for _ in range(order + 1):
        rows.append(jax.vmap(function)(xs))
        function = lambda x: jax.grad(function)(x)  # noqa: E731, B023
    return jnp.stack(rows)


@caught_by("correct", "by_hand")
def derivatives__grad_of_many(function, xs, order):
    """Takes grad of all points at once, and grad wants one number."""
    rows = []
    for _ in range(order + 1):
        rows.append(function(xs))
        function = jax.grad(function)
    return jnp.stack(rows)


@caught_by("correct", "takes_functions_of_one_number")
def derivatives__sums_the_points(function, xs, order):
    """Differentiates the sum over the points, as if the function worked on arrays."""

    def derivative(f):
        return jax.grad(lambda points: jnp.sum(f(points)))

    rows = []
    for _ in range(order + 1):
        rows.append(function(xs))
        function = derivative(function)
    return jnp.stack(rows)


@caught_by("jit", "has_no_python_loop")
def derivatives__point_by_point(function, xs, order):
    """Visits the points in a Python loop."""
    rows = []
    for _ in range(order + 1):
        rows.append(jnp.stack([function(x) for x in xs]))
        function = jax.grad(function)
    return jnp.stack(rows)


@caught_by("jit", "compiles_once")
def derivatives__through_floats(function, xs, order):
    """Takes the points as Python floats."""
    points = [float(x) for x in xs]
    rows = []
    for _ in range(order + 1):
        rows.append(jnp.stack([function(jnp.float32(x)) for x in points]))
        function = jax.grad(function)
    return jnp.stack(rows)


@caught_by("correct", "mends_nothing")
def derivatives__mended(function, xs, order):
    """Puts a large number in the place of an infinite derivative."""
    rows = []
    for _ in range(order + 1):
        rows.append(jnp.nan_to_num(jax.vmap(function)(xs)))
        function = jax.grad(function)
    return jnp.stack(rows)

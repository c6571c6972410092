"""Other honest ways to write derivatives; each must pass every check."""

import jax
import jax.numpy as jnp
from jax import lax

# derivatives


def derivatives__forward_over_forward(function, xs, order):
    """Nests jvp along 1."""

    def derivative(f):
        return lambda x: jax.jvp(f, (x,), (jnp.ones_like(x),))[1]

    rows = [jax.vmap(function)(xs)]
    for _ in range(order):
        function = derivative(function)
        rows.append(jax.vmap(function)(xs))
    return jnp.stack(rows)


def derivatives__all_at_one_point(function, xs, order):
    """Makes the column of one point, and lifts that."""
    functions = [function]
    for _ in range(order):
        functions.append(jax.jacfwd(functions[-1]))
    return jax.vmap(lambda x: jnp.stack([f(x) for f in functions]), out_axes=1)(xs)


def derivatives__grows_a_column(function, xs, order):
    """Makes a function that returns all derivatives so far, and differentiates its last."""

    def column(x, k):
        if k == 0:
            return [function(x)]
        value, slope = jax.jvp(lambda x: column(x, k - 1)[-1], (x,), (jnp.ones_like(x),))
        return [*column(x, k - 1)[:-1], value, slope]

    return jnp.stack([jax.vmap(lambda x, k=k: column(x, k)[-1])(xs) for k in range(order + 1)])


def derivatives__mapped(function, xs, order):
    """Goes over the points in a compiled loop."""
    rows = []
    f = function
    for _ in range(order + 1):
        rows.append(lax.map(f, xs))
        f = jax.grad(f)
    return jnp.array(rows)


def derivatives__value_and_slope(function, xs, order):
    """Takes value and slope at once, one order after the other."""
    rows = []
    for _ in range(order):
        values, _slopes = jax.vmap(jax.value_and_grad(function))(xs)
        rows.append(values)
        function = jax.grad(function)
    rows.append(jax.vmap(function)(xs))
    return jnp.concatenate([row[None] for row in rows])


def derivatives__by_recursion(function, xs, order):
    """The derivatives of f are f, and then those of its derivative."""

    def rows(f, k):
        values = lax.map(f, xs)
        return [values] if k == 0 else [values, *rows(jax.jacrev(f), k - 1)]

    return jnp.vstack(rows(function, order))

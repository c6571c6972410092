"""Other honest ways to write laplacian; each must pass every check."""

import jax
import jax.numpy as jnp
from jax import lax

# laplacian


def laplacian__fori_loop(function, x):
    """Adds one second derivative after the other."""
    gradient = jax.grad(function)

    def add(i, total):
        direction = jnp.zeros_like(x).at[i].set(1)
        return total + jax.jvp(gradient, (x,), (direction,))[1][i]

    return lax.fori_loop(0, len(x), add, jnp.zeros((), x.dtype))


def laplacian__scan_forward_over_forward(function, x):
    """Differentiates twice along each axis, in a scan."""

    def add(total, i):
        direction = jax.nn.one_hot(i, x.size, dtype=x.dtype)
        slope = lambda x: jax.jvp(function, (x,), (direction,))[1]  # noqa: E731
        return total + jax.jvp(slope, (x,), (direction,))[1], None

    return lax.scan(add, jnp.zeros((), x.dtype), jnp.arange(x.size))[0]


def laplacian__one_coordinate_at_a_time(function, x):
    """Differentiates twice as a function of one coordinate."""

    def second(i):
        along = lambda t: function(x.at[i].set(t))  # noqa: E731
        return jax.grad(jax.grad(along))(x[i])

    return lax.map(second, jnp.arange(x.size)).sum()


def laplacian__in_chunks(function, x):
    """Takes four directions at a time."""
    gradient = jax.grad(function)

    def second(i):
        direction = jnp.where(jnp.arange(x.size) == i, 1.0, 0.0)
        return direction @ jax.jvp(gradient, (x,), (direction,))[1]

    return jnp.sum(lax.map(second, jnp.arange(x.size), batch_size=4))


def laplacian__rows_of_the_gradient(function, x):
    """Differentiates each entry of the gradient, and keeps one number of the row."""
    gradient = jax.grad(function)
    return jnp.sum(lax.map(lambda i: jax.grad(lambda x: gradient(x)[i])(x)[i], jnp.arange(x.size)))


def laplacian__while_loop(function, x):
    """Walks over the coordinates in a while loop."""
    _, hessian_times = jax.linearize(jax.grad(function), x)

    def walk(state):
        i, total = state
        unit = jnp.zeros_like(x).at[i].set(1.0)
        return i + 1, total + jnp.dot(unit, hessian_times(unit))

    return lax.while_loop(lambda state: state[0] < x.size, walk, (0, jnp.zeros((), x.dtype)))[1]

"""Other honest ways to write best_jacobian; each must pass every check."""

import jax
import jax.numpy as jnp
from jax import lax

# best_jacobian


def best_jacobian__calls_the_function(function, x):
    """Reads the number of outputs off the outputs; under jit that costs nothing."""
    (n,), (m,) = x.shape, function(x).shape
    return (jax.jacfwd if m >= n else jax.jacobian)(function)(x)


def best_jacobian__by_hand(function, x):
    """Pushes or pulls unit vectors through, lifted with vmap."""
    (n,) = x.shape
    (m,) = jax.eval_shape(function, x).shape
    if m > n:
        push = lambda direction: jax.jvp(function, (x,), (direction,))[1]  # noqa: E731
        return jax.vmap(push, out_axes=1)(jnp.eye(n, dtype=x.dtype))
    value, pull_back = jax.vjp(function, x)
    (rows,) = jax.vmap(pull_back)(jnp.eye(m, dtype=value.dtype))
    return rows


def best_jacobian__linearized(function, x):
    """Linearizes once, and transposes the linear map where that is cheaper."""
    value, push = jax.linearize(function, x)
    if value.size > x.size:
        return jax.vmap(push, in_axes=1, out_axes=1)(jnp.eye(x.size))
    pull = jax.linear_transpose(push, x)
    return jax.vmap(lambda e: pull(e)[0])(jnp.eye(value.size))


def best_jacobian__loops(function, x):
    """Goes over the cheaper side in a compiled loop."""
    value, pull_back = jax.vjp(function, x)
    if value.size <= x.size:
        return lax.map(lambda e: pull_back(e)[0], jnp.eye(value.size))
    push = jax.linearize(function, x)[1]
    return lax.map(push, jnp.eye(x.size)).T


def best_jacobian__gradients_of_entries(function, x):
    """Takes the gradient of each output where there are few, and pushes unit vectors through where there are many."""
    m = jax.eval_shape(function, x).shape[0]
    if m > x.shape[0]:
        columns = jax.vmap(lambda e: jax.jvp(function, (x,), (e,))[1])(jnp.identity(x.shape[0]))
        return columns.T
    return jax.vmap(lambda i: jax.grad(lambda x: function(x)[i])(x))(jnp.arange(m))


def best_jacobian__scans(function, x):
    """Goes over the shorter side in a scan, and makes each unit vector there."""
    values, push = jax.linearize(function, x)
    m, n = values.size, x.size
    if m >= n:
        return lax.scan(lambda _, j: (None, push(jnp.zeros_like(x).at[j].set(1))), None, jnp.arange(n))[1].T
    pull = jax.vjp(function, x)[1]
    return lax.scan(lambda _, i: (None, pull(jnp.zeros_like(values).at[i].set(1))[0]), None, jnp.arange(m))[1]

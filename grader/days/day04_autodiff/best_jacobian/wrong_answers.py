"""Plausible mistakes in best_jacobian; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
from grader.kata.answers import caught_by
from jax import lax

# best_jacobian


@caught_by("speed", "beats_reverse_mode_when_tall")
def best_jacobian__entry_by_entry(function, x):
    """The right mode, and a derivative of its own for each entry."""
    m, n = jax.eval_shape(function, x).size, x.size

    def entry(place):
        row, column = jax.nn.one_hot(place // n, m), jax.nn.one_hot(place % n, n)
        if m > n:
            return row @ jax.jvp(function, (x,), (column,))[1]
        return jax.vjp(function, x)[1](row)[0] @ column

    return jax.lax.map(entry, jnp.arange(m * n)).reshape(m, n)


@caught_by("speed", "beats_forward_mode_when_wide")
def best_jacobian__entry_by_entry_when_wide(function, x):
    """Columns when it is tall, in one go; when it is wide, a row anew for each of its entries."""
    m, n = jax.eval_shape(function, x).size, x.size
    if m > n:
        return jax.jacfwd(function)(x)

    def entry(place):
        row, column = jax.nn.one_hot(place // n, m), jax.nn.one_hot(place % n, n)
        return jax.vjp(function, x)[1](row)[0] @ column

    return jax.lax.map(entry, jnp.arange(m * n)).reshape(m, n)


@caught_by("jit", "goes_in_reverse_when_wide")
def best_jacobian__always_forward(function, x):
    """Does not look at the shapes."""
    return jax.jacfwd(function)(x)


@caught_by("jit", "goes_forward_when_tall")
def best_jacobian__always_reverse(function, x):
    """Does not look at the shapes."""
    return jax.jacrev(function)(x)


@caught_by("jit", "goes_forward_when_tall")
def best_jacobian__swapped(function, x):
    """Takes reverse mode for the tall and forward mode for the wide."""
    n_rows = jax.eval_shape(function, x).size
    return jax.jacrev(function)(x) if n_rows > x.size else jax.jacfwd(function)(x)


@caught_by("jit", "goes_forward_when_tall")
def best_jacobian__both(function, x):
    """Computes both and chooses."""
    n_rows = jax.eval_shape(function, x).size
    return jnp.where(n_rows > x.size, jax.jacfwd(function)(x), jax.jacrev(function)(x))


@caught_by("correct", "by_hand")
def best_jacobian__transposed(function, x):
    """Stacks columns as rows."""
    n_rows = jax.eval_shape(function, x).size
    return (jax.jacfwd(function)(x) if n_rows > x.size else jax.jacrev(function)(x)).T


@caught_by("correct", "by_hand")
def best_jacobian__columns_stay_rows(function, x):
    """Pushes all directions forward and forgets that each gives a column."""
    n_rows = jax.eval_shape(function, x).size
    if n_rows > x.size:
        return jax.vmap(lambda direction: jax.jvp(function, (x,), (direction,))[1])(jnp.eye(x.size))
    return jax.jacrev(function)(x)


@caught_by("correct", "by_hand")
def best_jacobian__differences(function, x):
    """Takes finite differences."""
    step = 1e-3
    columns = [(function(x + step * e) - function(x - step * e)) / (2 * step) for e in jnp.eye(x.size)]
    return jnp.stack(columns, axis=1)


@caught_by("correct", "by_hand")
def best_jacobian__grad(function, x):
    """Asks for the gradient of a function with many outputs."""
    return jax.vmap(jax.grad(function))(x)


@caught_by("jit", "has_no_python_loop")
def best_jacobian__python_loop(function, x):
    """Goes over rows or columns in Python."""
    n_rows = jax.eval_shape(function, x).size
    if n_rows > x.size:
        columns = [jax.jvp(function, (x,), (e,))[1] for e in jnp.eye(x.size)]
        return jnp.stack(columns, axis=1)
    _, pull_back = jax.vjp(function, x)
    return jnp.stack([pull_back(e)[0] for e in jnp.eye(n_rows)])


@caught_by("jit", "tells_tall_from_wide")
def best_jacobian__row_by_row(function, x):
    """Goes in reverse, a row at a time: no large array, but a pass for each output."""
    n_rows = jax.eval_shape(function, x).size
    _, pull_back = jax.vjp(function, x)
    return lax.map(lambda i: pull_back(jnp.zeros(n_rows).at[i].set(1))[0], jnp.arange(n_rows))


@caught_by("jit", "tells_tall_from_wide")
def best_jacobian__column_by_column(function, x):
    """Goes forward, a column at a time: no large array, but a pass for each input."""
    _, push = jax.linearize(function, x)
    return lax.map(lambda j: push(jnp.zeros_like(x).at[j].set(1)), jnp.arange(x.size)).T


@caught_by("jit", "tells_tall_from_wide")
def best_jacobian__forward_from_half(function, x):
    """Goes forward as soon as there are half as many outputs as inputs."""
    n_rows = jax.eval_shape(function, x).size
    return (jax.jacfwd if 2 * n_rows > x.size else jax.jacrev)(function)(x)


@caught_by("jit", "tells_tall_from_wide")
def best_jacobian__reverse_up_to_twice(function, x):
    """Goes forward only when there are twice as many outputs as inputs."""
    n_rows = jax.eval_shape(function, x).size
    return (jax.jacfwd if n_rows >= 2 * x.size else jax.jacrev)(function)(x)

"""Other honest ways to write standardize; each must pass every check."""

import jax
import jax.numpy as jnp
from jax import lax


def standardize__column_by_column(x, eps=1e-6):
    """Goes over the columns in Python and stacks them again."""
    columns = []
    for column in x.T:
        mean = column.sum() / column.size
        deviation = jnp.sqrt(((column - mean) ** 2).sum() / column.size)
        columns.append((column - mean) / (deviation + eps))
    return jnp.stack(columns, axis=1)


def standardize__lifted_with_vmap(x, eps=1e-6):
    """Writes one column and maps it over axis 1, out again on axis 1."""

    def one_column(column):
        centred = column - column.mean()
        return centred / (jnp.sqrt(jnp.mean(centred * centred)) + eps)

    return jax.vmap(one_column, in_axes=1, out_axes=1)(x)


@jax.jit
def standardize__compiled_by_the_learner(x, eps=1e-6):
    """Brings its own jit."""
    return (x - x.mean(0, keepdims=True)) / (jnp.sqrt(x.var(0, keepdims=True)) + eps)


def standardize__var_with_where(x, eps=1e-6):
    """Writes exact zeros where a column is constant."""
    centred = x - jnp.mean(x, axis=0)
    deviation = jnp.sqrt(jnp.mean(jnp.square(centred), axis=0))
    return jnp.where(deviation == 0, 0.0, centred / (deviation + eps))


def standardize__by_the_length_of_columns(x, eps=1e-6):
    """The deviation is the length of the centred column, over the root of n."""
    centred = x - jnp.average(x, axis=0)
    return centred / (jnp.linalg.norm(centred, axis=0) / jnp.sqrt(x.shape[0]) + eps)


def standardize__in_a_scan(x, eps=1e-6):
    """Carries nothing from column to column, in a loop that stays a loop."""

    def column(_, values):
        centred = values - values.mean()
        return None, centred / (values.std() + eps)

    return lax.scan(column, None, x.T)[1].T

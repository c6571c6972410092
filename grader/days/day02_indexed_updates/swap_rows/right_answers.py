"""Other honest ways to write swap_rows; each must pass every check."""

import jax
import jax.numpy as jnp
from jax import lax

# swap_rows


def swap_rows__both_at_once(matrix, i, j):
    """Writes both rows in one scatter."""
    pair = jnp.stack([jnp.asarray(i), jnp.asarray(j)])
    return matrix.at[pair].set(matrix[pair[::-1]])


def swap_rows__reorders(matrix, i, j):
    """Swaps two row numbers and reads the rows in that order."""
    rows = jnp.arange(matrix.shape[0])
    return matrix[rows.at[i].set(rows[j]).at[j].set(rows[i])]


def swap_rows__saves_a_row(matrix, i, j):
    """Saves a row first, as one would in NumPy."""
    saved = matrix[i]
    matrix = matrix.at[i].set(matrix[j])
    matrix = matrix.at[j].set(saved)
    return matrix


def swap_rows__by_mask(matrix, i, j):
    """Chooses for each row where it comes from."""
    n = len(matrix)
    i, j = i % n, j % n
    rows = jnp.arange(n)[:, None]
    return jnp.where(rows == i, matrix[j], jnp.where(rows == j, matrix[i], matrix))


@jax.jit
def swap_rows__dynamic_slices(matrix, i, j):
    """Cuts and writes slices with `lax`, compiled by the learner."""
    row_i = lax.dynamic_index_in_dim(matrix, i)
    row_j = lax.dynamic_index_in_dim(matrix, j)
    matrix = lax.dynamic_update_index_in_dim(matrix, row_j, i, 0)
    return lax.dynamic_update_index_in_dim(matrix, row_i, j, 0)


def swap_rows__wide_inside(matrix, i, j):
    """Works in float32, which holds every narrower float, and goes back."""
    wide = matrix.astype(jnp.float32)
    return wide.at[i].set(wide[j]).at[j].set(wide[i]).astype(matrix.dtype)

"""Plausible mistakes in swap_rows; each must be caught by the check named above it."""

import jax.numpy as jnp
import numpy as np
from grader.kata.answers import caught_by

# swap_rows


@caught_by("correct", "by_hand")
def swap_rows__reads_what_it_wrote(matrix, i, j):
    """Overwrites row i and then reads it as if it were the old one."""
    matrix = matrix.at[i].set(matrix[j])
    return matrix.at[j].set(matrix[i])


@caught_by("correct", "by_hand")
def swap_rows__columns(matrix, i, j):
    """Exchanges columns."""
    return matrix.at[:, i].set(matrix[:, j]).at[:, j].set(matrix[:, i])


@caught_by("correct", "by_hand")
def swap_rows__index_list(matrix, i, j):
    """Indexes with lists, as NumPy allows."""
    return matrix.at[[i, j]].set(matrix[[j, i]])


@caught_by("correct", "moves_every_bit")
def swap_rows__by_difference(matrix, i, j):
    """Adds the difference to one row and takes it from the other, which rounds."""
    difference = matrix[j] - matrix[i]
    return matrix.at[i].add(difference).at[j].add(-difference)


@caught_by("correct", "moves_every_bit")
def swap_rows__by_matrix_product(matrix, i, j):
    """Multiplies with a permutation matrix, which spreads a NaN over its column."""
    eye = jnp.eye(len(matrix), dtype=matrix.dtype)
    return eye.at[i].set(eye[j]).at[j].set(eye[i]) @ matrix


@caught_by("correct", "counts_negatives_from_the_end")
def swap_rows__compares_row_numbers(matrix, i, j):
    """Looks for i and j among the row numbers, where no negative one is found."""
    rows = jnp.arange(len(matrix))
    return matrix[jnp.where(rows == i, j, jnp.where(rows == j, i, rows))]


@caught_by("correct", "leaves_equal_rows")
def swap_rows__adds_twice(matrix, i, j):
    """Clears both rows and adds them back crosswise; one row for both doubles."""
    pair = jnp.array([i, j])
    return matrix.at[pair].set(0).at[pair].add(matrix[pair[::-1]])


@caught_by("jit", "compiles_once")
def swap_rows__early_return(matrix, i, j):
    """Branches on i == j."""
    if i == j:
        return matrix
    return matrix.at[i].set(matrix[j]).at[j].set(matrix[i])


@caught_by("jit", "compiles_once")
def swap_rows__through_numpy(matrix, i, j):
    """Swaps in a NumPy copy."""
    out = np.array(matrix)
    out[[i, j]] = out[[j, i]]
    return jnp.asarray(out)


@caught_by("jit", "compiles_once")
def swap_rows__slices(matrix, i, j):
    """Glues slices together; their bounds may not be traced."""
    low, high = sorted((int(i) % len(matrix), int(j) % len(matrix)))
    if low == high:
        return matrix
    return jnp.concatenate(
        [
            matrix[:low],
            matrix[high : high + 1],
            matrix[low + 1 : high],
            matrix[low : low + 1],
            matrix[high + 1 :],
        ]
    )


@caught_by("correct", "moves_every_bit")
def swap_rows__sum_of_masks(matrix, i, j):
    """Adds up masked copies, and -0.0 + 0.0 is 0.0."""
    rows = jnp.arange(len(matrix))[:, None]
    i, j = i % len(matrix), j % len(matrix)
    from_i = jnp.where((rows == j) & (i != j), matrix[i], 0)
    from_j = jnp.where((rows == i) & (i != j), matrix[j], 0)
    return from_i + from_j + jnp.where(((rows != i) & (rows != j)) | (i == j), matrix, 0)


@caught_by("jit", "compiles_once")
def swap_rows__promises_two_rows(matrix, i, j):
    """Promises that i and j are two rows, which they need not be."""
    there, back = jnp.stack([jnp.asarray(i), jnp.asarray(j)]), jnp.stack([jnp.asarray(j), jnp.asarray(i)])
    return matrix.at[there].set(matrix[back], unique_indices=True)


@caught_by("deeper", "in_many_cases")
def swap_rows__into_float32(matrix, i, j):
    """Reads the rows in their new order into a table of float32, whatever the matrix is."""
    n = len(matrix)
    order = jnp.arange(n).at[i].set(j % n).at[j].set(i % n)
    return jnp.zeros(matrix.shape).at[:].set(matrix[order])

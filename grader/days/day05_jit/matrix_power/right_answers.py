"""Other honest ways to write matrix_power; each must pass every check."""

import itertools
from functools import partial, reduce

import jax
import jax.numpy as jnp

# matrix_power


def matrix_power__from_the_top(matrix, n):
    """Reads the digits from the highest: square, and multiply where the digit is 1."""
    power = jnp.eye(len(matrix), dtype=matrix.dtype)
    for digit in bin(n)[2:]:
        power = jnp.matmul(power, power)
        if digit == "1":
            power = jnp.matmul(power, matrix)
    return power


def matrix_power__recursive(matrix, n):
    """Calls itself with half the exponent, once."""
    if n == 0:
        return jnp.identity(matrix.shape[0], matrix.dtype)
    half = matrix_power(matrix, n // 2)
    return half @ half @ matrix if n % 2 else half @ half


@partial(jax.jit, static_argnames="n")
def matrix_power__chosen_squares(matrix, n):
    """Makes all squares first, then multiplies those that n needs; compiled by the learner."""
    squares = list(itertools.accumulate(range(n.bit_length() - 1), lambda m, _: m @ m, initial=matrix))
    chosen = [square for k, square in enumerate(squares) if n >> k & 1]
    return reduce(jnp.dot, chosen) if chosen else jnp.eye(len(matrix), dtype=matrix.dtype)


def matrix_power__wasteful_loop(matrix, n):
    """Squares once more than it needs."""
    power = jnp.eye(matrix.shape[0]).astype(matrix.dtype)
    while n > 0:
        if n & 1:
            power = jnp.einsum("ij,jk->ik", power, matrix)
        matrix = jnp.einsum("ij,jk->ik", matrix, matrix)
        n >>= 1
    return power


def matrix_power__in_float32(matrix, n):
    """Multiplies half precision in float32, and rounds once, at the end."""
    power, square = jnp.eye(len(matrix)), matrix.astype(jnp.float32)
    while n:
        if n % 2:
            power = square @ power
        n //= 2
        if n:
            square = square @ square
    return power.astype(matrix.dtype)


def matrix_power__match(matrix, n):
    """By cases, as in the formula; the matrix comes first."""
    match n, n % 2:
        case 0, _:
            return jnp.eye(*matrix.shape, dtype=matrix.dtype)
        case _, 0:
            root = matrix_power(matrix, n // 2)
            return jnp.tensordot(root, root, axes=1)
        case _:
            return jnp.tensordot(matrix, matrix_power(matrix, n - 1), axes=1)

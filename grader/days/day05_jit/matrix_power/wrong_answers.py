"""Plausible mistakes in matrix_power; each must be caught by the check named above it."""

import jax
import jax.numpy as jnp
import numpy as np
from grader.kata.answers import caught_by
from jax import lax

# matrix_power


@caught_by("deeper", "turns_far")
def matrix_power__halved_as_float(matrix, n):
    """Halves n by int(n / 2): a float holds 53 bits, and n = 2**60 - 1 becomes another number."""
    grown, square = None, matrix
    while n > 0:
        if n % 2 == 1:
            grown = square if grown is None else square @ grown
        n = int(n / 2)
        if n > 0:
            square = square @ square
    return jnp.eye(matrix.shape[0], dtype=matrix.dtype) if grown is None else grown


@caught_by("correct", "by_hand")
def matrix_power__elementwise(matrix, n):
    """Raises each element to the power."""
    return matrix**n


@caught_by("correct", "by_hand")
def matrix_power__squares_only(matrix, n):
    """Squares as often as n has digits, and leaves out the rest."""
    for _ in range(n.bit_length() - 1):
        matrix = matrix @ matrix
    return matrix


@caught_by("correct", "by_hand")
def matrix_power__one_too_many(matrix, n):
    """Starts at the matrix itself, and so is one power ahead."""
    power = matrix
    while n:
        if n % 2:
            power = power @ matrix
        matrix, n = matrix @ matrix, n // 2
    return power


@caught_by("correct", "by_hand")
@jax.jit
def matrix_power__jit_without_static(matrix, n):
    """Compiles it without saying that n is static."""
    power = jnp.eye(len(matrix), dtype=matrix.dtype)
    while n:
        if n % 2:
            power = power @ matrix
        matrix, n = matrix @ matrix, n // 2
    return power


@caught_by("correct", "uses_no_shortcut")
def matrix_power__library(matrix, n):
    """Leaves the work to jnp.linalg."""
    return jnp.linalg.matrix_power(matrix, n)


@caught_by("correct", "starts_at_the_identity")
def matrix_power__no_identity(matrix, n):
    """Begins at the first power: n = 0 comes out as the matrix."""
    power = None
    square = matrix
    while n > 1:
        if n % 2:
            power = square if power is None else power @ square
        square, n = square @ square, n // 2
    return square if power is None else power @ square


@caught_by("correct", "starts_at_the_identity")
def matrix_power__ones(matrix, n):
    """Takes a matrix of ones for the identity when there is nothing to do."""
    if n == 0:
        return jnp.ones_like(matrix)
    half = matrix
    for digit in bin(n)[3:]:
        half = half @ half
        half = half @ matrix if digit == "1" else half
    return half


@caught_by("correct", "keeps_the_dtype")
def matrix_power__default_dtype(matrix, n):
    """Starts from a float32 identity, whatever the matrix is."""
    power = jnp.eye(len(matrix))
    while n:
        if n % 2:
            power = power @ matrix
        matrix, n = matrix @ matrix, n // 2
    return power


@caught_by("jit", "compiles_once")
def matrix_power__through_numpy(matrix, n):
    """Lets NumPy do it."""
    return jnp.asarray(np.linalg.matrix_power(np.asarray(matrix), n))


@caught_by("jit", "is_written_out")
def matrix_power__fori_loop(matrix, n):
    """Multiplies n times, in a compiled loop."""
    identity = jnp.eye(len(matrix), dtype=matrix.dtype)
    return lax.fori_loop(0, n, lambda _, power: power @ matrix, identity)


@caught_by("jit", "needs_few_products")
def matrix_power__one_by_one(matrix, n):
    """Multiplies n times."""
    power = jnp.eye(len(matrix), dtype=matrix.dtype)
    for _ in range(n):
        power = power @ matrix
    return power


@caught_by("jit", "needs_few_products")
def matrix_power__halves_twice(matrix, n):
    """Halves n, and computes both halves anew."""

    def power(n):
        if n == 0:
            return jnp.eye(len(matrix), dtype=matrix.dtype)
        if n == 1:
            return matrix
        return power(n // 2) @ power(n - n // 2)

    return power(n)


@caught_by("jit", "needs_few_products")
def matrix_power__copies_in_batches(matrix, n):
    """Stacks n copies and multiplies them in pairs: few equations, n - 1 products."""
    if n == 0:
        return jnp.eye(len(matrix), dtype=matrix.dtype)
    stack = jnp.broadcast_to(matrix, (n, *matrix.shape))
    rest = None
    while len(stack) > 1:
        if len(stack) % 2:
            rest = stack[-1] if rest is None else stack[-1] @ rest
            stack = stack[:-1]
        stack = stack[::2] @ stack[1::2]
    return stack[0] if rest is None else stack[0] @ rest


@caught_by("correct", "takes_a_large_n")
def matrix_power__eight_digits(matrix, n):
    """Looks at the lowest eight binary digits."""
    power, square = jnp.eye(len(matrix), dtype=matrix.dtype), matrix
    for digit in range(8):
        if n >> digit & 1:
            power = power @ square
        if n >> (digit + 1):
            square = square @ square
    return power


@caught_by("deeper", "of_a_small_matrix")
def matrix_power__noise_cleared(matrix, n):
    """Takes what is below 1e-5 for rounding noise, and clears it away."""
    matrix = jnp.where(jnp.abs(matrix) < 1e-5, 0, matrix)
    power = jnp.eye(len(matrix), dtype=matrix.dtype)
    for digit in bin(n)[2:]:
        power = power @ power
        power = power @ matrix if digit == "1" else power
    return power


@caught_by("deeper", "hides_no_overflow")
def matrix_power__nan_to_num(matrix, n):
    """Puts the largest float in the place of infinity, and 0 in that of NaN."""
    power = jnp.eye(len(matrix), dtype=matrix.dtype)
    for digit in bin(n)[2:]:
        power = power @ power
        power = power @ matrix if digit == "1" else power
    return jnp.nan_to_num(power)


@caught_by("deeper", "has_derivatives")
def matrix_power__squares_held_still(matrix, n):
    """Stops the gradient of the squares, as if they were given numbers."""
    power, square = jnp.eye(len(matrix), dtype=matrix.dtype), matrix
    while n:
        if n % 2:
            power = power @ square
        n //= 2
        if n:
            square = lax.stop_gradient(square) @ square
    return power

"""Checks of matrix_power."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from grader.toolkit import (
    Array,
    Called,
    Learner,
    Numbers,
    agrees_once,
    bans,
    check,
    hint_when,
    multiply_adds,
    raised,
    told_by,
    wide,
)

STATIC = (
    "n is static: under a jit of your own say so, jax.jit(function, static_argnames='n'). Then it is a plain number, and "
    "Python's own loop and branches may use it."
)


@check(
    "matrix_power",
    "correct",
    hint="Go through the binary digits of n. Square once a digit; where the digit is 1, multiply the square in.",
)
def test_matrix_power_by_hand(learner: Learner) -> None:
    fibonacci = jnp.array([[1.0, 1.0], [1.0, 0.0]])
    traced = raised("TracerBoolConversionError", "TracerIntegerConversionError", "ConcretizationTypeError")
    with hint_when(traced, STATIC):
        result = learner.matrix_power(fibonacci, 10)
    mistakes = {
        "Is it the product of matrices, @? * and ** go element by element, and 1 to any power is 1.": fibonacci,
        "That is M¹¹, one product too many: start from the identity, not from the matrix, or go round once less.": [
            [144.0, 89.0],
            [89.0, 55.0],
        ],
    }
    result.equals([[89.0, 55.0], [55.0, 34.0]], hint=told_by(result.value, mistakes))
    learner.matrix_power(fibonacci, 5).equals([[8.0, 5.0], [5.0, 3.0]])


@check("matrix_power", "correct", hint="Build it from products and Python's own loop.")
def test_matrix_power_uses_no_shortcut(learner: Learner) -> None:
    bans(learner.matrix_power, "jax.numpy.linalg", on=(jnp.eye(7), 5))


@check("matrix_power", "correct", hint="n = 0 gives the identity, n = 1 the matrix itself.")
def test_matrix_power_starts_at_the_identity(learner: Learner) -> None:
    fibonacci = jnp.array([[1.0, 1.0], [1.0, 0.0]])
    learner.matrix_power(fibonacci, 0).equals([[1.0, 0.0], [0.0, 1.0]])
    learner.matrix_power(fibonacci, 1).equals([[1.0, 1.0], [1.0, 0.0]])


def power_oracle(matrix: jax.Array, n: int) -> Array:
    return np.linalg.matrix_power(wide(matrix), n)


def positive(numbers: Numbers, d: int) -> jax.Array:
    """A matrix without negative elements: nothing cancels in its powers, so float32 keeps its digits."""
    return numbers.uniform(0.0, 1.0, (d, d))


@check("matrix_power", "correct", hint="It is a matrix product, and each binary digit of n counts.")
def test_matrix_power_agrees_with_numpy(learner: Learner, numbers: Numbers) -> None:
    for n in (2, 3, 6, 13):
        matrix = positive(numbers, 2)
        learner.matrix_power(matrix, n).close_to(power_oracle(matrix, n))


@check("matrix_power", "correct", hint="n may have any number of binary digits: go on until none is left.")
def test_matrix_power_takes_a_large_n(learner: Learner) -> None:
    # Not symmetric, and of exact powers: [[1, a], [0, 1]] to the n is [[1, n a], [0, 1]].
    shear = jnp.array([[1.0, -1.0], [0.0, 1.0]])
    for n in (300, 2**16 + 5):
        learner.matrix_power(shear, n).equals([[1.0, -n], [0.0, 1.0]])


@check("matrix_power", "correct", hint="jnp.eye makes float32 unless you give it a dtype.")
def test_matrix_power_keeps_the_dtype(learner: Learner) -> None:
    matrix = jnp.asarray(np.array([[1.0, 1.0], [1.0, 0.0]], np.float16))
    for n in (0, 3):
        expected = np.linalg.matrix_power(np.asarray(matrix), n)
        learner.matrix_power(matrix, n).equals(expected)


@check("matrix_power", "jit", hint="Only n decides what the program does; n is static, the matrix is not.")
def test_matrix_power_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(positive(numbers, 3), 13) for _ in range(2)]
    products = (
        "NumPy cannot see tracers, and jnp.linalg is left out by the rules: build the power from products (@), in Python's own "
        "loop over the binary digits of n."
    )
    with hint_when(raised("TracerArrayConversionError"), products):
        agrees_once(learner.matrix_power.jit(static_argnums=1), calls, power_oracle)


@check(
    "matrix_power",
    "jit",
    hint="n is static, so a Python loop over its digits writes a short program out. lax is for loops that are long.",
)
def test_matrix_power_is_written_out(learner: Learner) -> None:
    program = learner.matrix_power.jit(static_argnums=1).program(jnp.eye(3), 13)
    loops = sorted(name for name in program.primitives if name in {"scan", "while"})
    Called(program.call, None).require(
        not loops, "is right, but not by the rules", expected="no loop in its program", got=", ".join(loops)
    )


@check(
    "matrix_power",
    "jit",
    hint="One more product with the matrix adds 1 to the exponent; a squaring doubles it. Compute each square once.",
)
def test_matrix_power_needs_few_products(learner: Learner) -> None:
    handle = learner.matrix_power.jit(static_argnums=1)
    for n in (13, 100):
        program = handle.program(jnp.eye(3), n)
        products = int(multiply_adds(program) / 3**3)  # also of a whole stack of matrices at once
        Called(program.call, None).require(
            products <= 2 * n.bit_length(),
            "multiplies too often",
            expected=f"at most {2 * n.bit_length()} products: {n} has {n.bit_length()} binary digits",
            got=f"{products} products",
        )
        # Copies that are multiplied in one batch are products, too.
        room = 2 * n.bit_length() * 9
        Called(program.call, None).require(
            program.largest_value <= room,
            "multiplies too often, in batches",
            expected=f"at most {2 * n.bit_length()} products: {n} has {n.bit_length()} binary digits",
            got=f"an array that holds {program.largest_value // 9} matrices",
        )

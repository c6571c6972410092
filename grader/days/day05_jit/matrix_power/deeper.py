"""Deeper checks of matrix_power."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from grader.days.day05_jit.matrix_power.checks import positive, power_oracle
from grader.toolkit import Draw, Learner, Numbers, check, slope_agrees


@check("matrix_power", "deeper", hint="Each binary digit of n counts, for matrices of any size.")
def test_matrix_power_in_many_cases(learner: Learner, draw: Draw) -> None:
    d = draw.one_of(1, 2, 5)
    n = draw.one_of(0, 1, 2, 3, 4, 7, 9, 15, 31)
    # No cancellation: what is not negative adds up. Rows of about 1 keep powers within float32.
    matrix = draw.floats((d, d), low=0.0, high=2.0 / d)
    learner.matrix_power(matrix, n).close_to(power_oracle(matrix, n), rtol=1e-4, atol=1e-30)


@check(
    "matrix_power",
    "deeper",
    hint="n may have any number of binary digits: halve it with //, for a float holds 53 of them.",
)
def test_matrix_power_turns_far(learner: Learner) -> None:
    """A permutation of five things: its powers are exact, and return."""
    order = np.array([1, 2, 3, 4, 0])
    turn = np.eye(5, dtype=np.float32)[order]
    for n in (255, 256, 257, 1023, 2**20 + 3, 2**31 + 1, 2**60 - 1):
        learner.matrix_power(jnp.asarray(turn), n).equals(power_oracle(jnp.asarray(turn), n % 5))


@check("matrix_power", "deeper", hint="The dtype of the matrix is the dtype of its powers.")
def test_matrix_power_keeps_narrow_dtypes(learner: Learner) -> None:
    for dtype in (jnp.bfloat16, jnp.float16):
        matrix = jnp.asarray(np.array([[0.0, 2.0], [1.0, 0.0]], dtype))
        for n in (0, 1, 2, 5):
            expected = np.linalg.matrix_power(np.array([[0.0, 2.0], [1.0, 0.0]]), n).astype(dtype)
            learner.matrix_power(matrix, n).equals(expected)


@check("matrix_power", "deeper", hint="Small numbers have digits, too: round nothing away.")
def test_matrix_power_of_a_small_matrix(learner: Learner) -> None:
    matrix = jnp.array([[1e-6, 3e-6], [2e-6, 5e-6]])
    for n in (1, 2, 4):
        learner.matrix_power(matrix, n).close_to(power_oracle(matrix, n), atol=0.0)


@check("matrix_power", "deeper", hint="What is too large becomes infinite, and a NaN stays: replace nothing.")
def test_matrix_power_hides_no_overflow(learner: Learner) -> None:
    for number, n, expected in ((1e30, 2, np.inf), (np.nan, 1, np.nan), (-np.inf, 3, -np.inf)):
        learner.matrix_power(jnp.array([[number]]), n).equals([[expected]])


@check("matrix_power", "deeper", hint="Each factor has a derivative by the matrix: nothing may stop it.")
def test_matrix_power_has_derivatives(learner: Learner, numbers: Numbers) -> None:
    handle = learner.matrix_power.jit(static_argnums=1)
    slope_agrees(handle, power_oracle, positive(numbers, 3), 13)

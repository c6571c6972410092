"""Deeper checks of power_iteration."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day09_control_flow.power_iteration.checks import close_pair, power, power_oracle
from grader.toolkit import Draw, Learner, check, wide


def is_delicate(matrix: jax.Array, n_steps: int) -> bool:
    """Whether an image is so much shorter than the matrix is large that roundings turn it, and it is not zero."""
    a = wide(matrix)
    vector = np.full(len(a), 1 / np.sqrt(len(a)))
    for _ in range(n_steps):
        image = a @ vector
        length = float(np.sqrt(np.sum(image**2)))
        if length < 0.2 * np.linalg.norm(a):
            return True
        vector = image / length
    return False


@check(
    "power_iteration",
    "deeper",
    hint="Exactly n_steps times, for any matrix, whatever its size and its entries': multiply, and divide by the length.",
)
def test_power_iteration_in_many_cases(learner: Learner, draw: Draw) -> None:
    n, n_steps = draw.one_of((2, 1), (1, 2), (3, 2), (5, 4))
    unit = 10.0 ** draw.one_of(0, -11, 11, -4, 4)
    matrix = jnp.asarray(unit * wide(draw.floats((n, n), low=-1.0, high=1.0)), jnp.float32)
    small = jnp.any((matrix != 0) & (jnp.abs(matrix) < 1e-12))  # than the docstring says that entries are
    if small or not jnp.any(matrix != 0) or is_delicate(matrix, n_steps):
        return
    value, vector = power_oracle(matrix, n_steps)
    result = power(learner, matrix, n_steps)
    result[1].close_to(vector, rtol=1e-4, atol=1e-4)
    result[0].close_to(value, rtol=1e-4, atol=1e-5 * float(np.linalg.norm(wide(matrix))))


@check(
    "power_iteration",
    "deeper",
    hint="The vector moves by next to nothing in each of many steps, and far in all of them: n_steps of them are taken. Stop at"
    " no tolerance.",
)
def test_power_iteration_takes_all_steps(learner: Learner) -> None:
    matrix = jnp.array([[1 + 2.0**-16, 0.0], [0.0, 1.0]])
    _, vector = power_oracle(matrix, 10_000)
    power(learner, matrix, 10_000)[1].close_to(vector, rtol=2e-3, atol=0)


@check(
    "power_iteration",
    "deeper",
    hint="A nilpotent matrix comes to zero after some steps, and there v stays: the last one that was not zero.",
)
def test_power_iteration_comes_to_a_halt(learner: Learner) -> None:
    shift = jnp.array([[0.0, 1.0, 1.0], [0.0, 0.0, 1.0], [0.0, 0.0, 0.0]])
    close_pair(power(learner, shift, 7), *power_oracle(shift, 7))


@check("power_iteration", "deeper", hint="A NaN in the matrix makes the eigenvalue NaN: replace nothing.")
def test_power_iteration_lets_nan_through(learner: Learner) -> None:
    power(learner, jnp.array([[1.0, jnp.nan], [0.5, 2.0]]), 1)[0].equals(np.nan)

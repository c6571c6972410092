"""Deeper checks of solve_many."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from grader.days.day06_vmap.shared import ATOL
from grader.days.day06_vmap.solve_many.checks import solve_oracle, systems
from grader.toolkit import Draw, Learner, Numbers, check, slope_agrees, wide


def drawn(draw: Draw, batch: int, n: int) -> dict[str, Any]:
    """Rows in any order of a matrix that loses no digits, of any scale."""
    a = 4 * np.eye(n) + wide(draw.floats((n, n), low=-2.0 / n, high=2.0 / n))
    rows = np.argsort(np.asarray(draw.integers((n,), 0, 1000)), kind="stable")
    a = a[rows] * 10.0 ** draw.integer(-6, 6)
    return {"a": jnp.asarray(a, jnp.float32), "b": draw.floats((batch, n), magnitudes=(1e-7, 1e4))}


@check("solve_many", "deeper", hint="a x[i] = b[i] for each row of b, however many there are.")
def test_solve_many_in_many_cases(learner: Learner, draw: Draw) -> None:
    batch, n = draw.one_of((3, 2), (2, 3), (4, 4), (3, 1), (1, 3), (6, 4))
    given = drawn(draw, batch, n)
    expected = solve_oracle(given)
    scale = float(np.abs(expected).max()) + 1e-30
    learner.solve_many.jit()(given).close_to(expected, atol=ATOL * scale)


@check("solve_many", "deeper", hint="Many right-hand sides, or many unknowns, change nothing.")
def test_solve_many_takes_many(learner: Learner, numbers: Numbers) -> None:
    for batch, n in ((1500, 3), (4, 60)):
        given = systems(numbers, batch, n)
        learner.solve_many.jit()(given).close_to(solve_oracle(given), atol=ATOL)


@check("solve_many", "deeper", hint="The gradient runs through a and b; nothing may stop it.")
def test_solve_many_has_a_slope(learner: Learner, numbers: Numbers) -> None:
    slope_agrees(learner.solve_many.jit(), solve_oracle, systems(numbers, 2, 3))


@check("solve_many", "deeper", hint="A row of b that is NaN has no solution, and says so: replace nothing.")
def test_solve_many_lets_nan_through(learner: Learner, numbers: Numbers) -> None:
    given = systems(numbers, 3, 2)
    expected = solve_oracle(given)
    expected[1] = np.nan
    given = {"a": given["a"], "b": given["b"].at[1].set(jnp.nan)}
    learner.solve_many.jit()(given).close_to(expected, atol=ATOL)

"""Deeper checks of life_run."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.days.day05_jit.life_run.checks import life_oracle, life_step, roll_right
from grader.toolkit import Draw, Kind, Learner, check


def half_more(cells: jax.Array) -> jax.Array:
    """Gives floats, whose fractions the next step must not see."""
    return cells * 1.5


def half_more_oracle(board: Any, n_steps: int) -> Any:
    cells = np.asarray(board)
    for _ in range(n_steps):
        cells = np.trunc(cells * 1.5).astype(cells.dtype)
    return cells


def roll_left(board: jax.Array) -> jax.Array:
    return jnp.roll(board, -1, axis=1)


@check(
    "life_run", "deeper", hint="Each step starts from the board that the last one gave, in the board's dtype."
)
def test_life_run_in_many_cases(learner: Learner, draw: Draw) -> None:
    shape = draw.one_of((3, 5), (4, 4), (7, 3))
    board, n_steps = draw.integers(shape, 0, 1), draw.integer(0, 12)
    handle = learner.life_run.jit(static_argnames="step")
    handle(board, jnp.int32(n_steps), step=life_step).equals(life_oracle(board, n_steps))


@check("life_run", "deeper", hint="Convert after each step, and not at the end alone.")
def test_life_run_converts_at_each_step(learner: Learner, draw: Draw) -> None:
    dtype = draw.one_of("int8", "int16", "int32")
    board, n_steps = draw.integers((2, 3), -4, 5, dtype=dtype), draw.integer(0, 5)
    handle = learner.life_run.jit(static_argnames="step")
    result = handle(board, jnp.int32(n_steps), step=half_more).equals(half_more_oracle(board, n_steps))
    came = result.value.dtype.name
    result.require(came == dtype, "changed the dtype", expected=dtype, got=came, kind=Kind.DTYPE)


@check(
    "life_run",
    "deeper",
    hint="There is no largest number of steps: count them in int32, as JAX does by itself.",
)
def test_life_run_goes_on_and_on(learner: Learner) -> None:
    handle = learner.life_run.jit(static_argnames="step")
    board = jnp.array([[1, 0, 0, 0, 0], [0, 0, 2, 0, 0]])
    for n in (127, 128, 255, 256, 2**15 + 1, 2**16 + 1):
        handle(board, jnp.int32(n), step=roll_right).equals(np.roll(board, n, axis=1))


@check("life_run", "deeper", hint="What step does is asked of step alone: keep nothing from call to call.")
def test_life_run_tells_steps_apart(learner: Learner) -> None:
    board = jnp.array([[1, 2, 0, 0, 0]])
    for _ in range(2):
        for step, sign in ((roll_right, 1), (roll_left, -1)):
            learner.life_run(board, 2, step).equals(np.roll(board, 2 * sign, axis=1))

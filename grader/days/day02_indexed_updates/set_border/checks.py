"""Checks of set_border."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from grader.toolkit import Array, Called, Learner, Numbers, agrees_once, check, float16, same_size_for


def border_oracle(grid: jax.Array, value: Any) -> Array:
    out = np.array(grid)
    h, w = out.shape
    for i in range(h):
        for j in range(w):
            if i in (0, h - 1) or j in (0, w - 1):
                out[i, j] = np.asarray(value).astype(out.dtype)
    return out


@check(
    "set_border",
    "correct",
    hint="Write the first and last row, then the first and last column: places 0 and -1 of each axis. Two lists of places in "
    "one bracket are walked together, and name single cells.",
)
def test_set_border_by_hand(learner: Learner) -> None:
    grid = jnp.zeros((3, 4))
    result = learner.set_border(grid, 7)
    nothing_changed = np.array_equal(np.asarray(result.value), np.asarray(grid))
    kept = "x.at[i].set(v) leaves x alone and returns a new array: keep that." if nothing_changed else None
    result.equals([[7.0, 7.0, 7.0, 7.0], [7.0, 0.0, 0.0, 7.0], [7.0, 7.0, 7.0, 7.0]], hint=kept)


@check("set_border", "correct", hint="What lies inside the ring stays as it was.")
def test_set_border_agrees_with_a_loop(learner: Learner, numbers: Numbers) -> None:
    for shape in ((3, 4), (17, 2)):
        grid, value = numbers.normal(shape), numbers.normal()
        learner.set_border(grid, value).equals(border_oracle(grid, value))


@check("set_border", "correct", hint="A grid one or two cells thin is all ring, and its shape stays.")
def test_set_border_takes_thin_grids(learner: Learner, numbers: Numbers) -> None:
    grid, value = numbers.normal((2, 1)), numbers.normal()
    learner.set_border(grid, value).equals(border_oracle(grid, value))


@check("set_border", "correct", hint="Write into the grid itself, or give what you build the grid's dtype.")
def test_set_border_keeps_the_dtype(learner: Learner, numbers: Numbers) -> None:
    grid = float16(numbers.normal((3, 4)))
    for value in (2.0, jnp.float32(2.0)):  # a float32 array promotes what a Python number does not
        learner.set_border(grid, value).equals(border_oracle(grid, value))


@check("set_border", "jit", hint="Neither the grid nor the value decides what the program does.")
def test_set_border_compiles_once(learner: Learner, numbers: Numbers) -> None:
    calls = [(numbers.normal((5, 4)), value) for value in (numbers.normal(), jnp.float32(0.0))]
    agrees_once(learner.set_border.jit(), calls, border_oracle, by=Called.equals)


@check("set_border", "jit", hint="One write can fill a whole row.")
def test_set_border_has_no_python_loop(learner: Learner) -> None:
    small, large = (jnp.zeros((8, 9)), jnp.float32(1.0)), (jnp.zeros((16, 18)), jnp.float32(1.0))
    same_size_for(learner.set_border.jit(), small, large)
